package iec104

import (
	"context"
	"errors"
	"slices"
	"sync"

	"stellwerk/iec104/asdu"
)

// StartUp is what a control centre asks of its stations when data transfer has
// started, and of one of them again when it tells of the end of its
// initialisation (M_EI_NA_1). Its Setup is a [SupervisorOptions.Setup]. It must
// not be changed while it is in use.
type StartUp struct {
	// Stations are the common addresses, which are asked at the same time. Nil
	// asks all stations by the broadcast address.
	Stations []asdu.CommonAddress
	// Clock sets the clock first.
	Clock bool
	// Interrogations come next, one after the other. Nil is a station
	// interrogation; an empty slice asks for none.
	Interrogations []asdu.InterrogationQualifier
	// Counters come last, one after the other.
	Counters []asdu.CounterInterrogation
	// Refused is told of a request that a station refuses, which hinders
	// nothing else, and of what fails after the end of an initialisation. It is
	// called by several goroutines and must not close the client. Nil ignores
	// it.
	Refused func(station asdu.CommonAddress, err error)
}

// Setup starts data transfer and asks the stations. It returns when all have
// answered, and the error of a request that was not refused but failed.
func (s *StartUp) Setup(ctx context.Context, c *Client) error {
	if err := c.Start(ctx); err != nil {
		return err
	}
	c.startUp.Store(s)
	stations := s.Stations
	if stations == nil {
		stations = []asdu.CommonAddress{c.options.ASDU.Broadcast()}
	}
	failed := make([]error, len(stations))
	var wg sync.WaitGroup
	for i, station := range stations {
		wg.Go(func() { failed[i] = s.ask(ctx, c, station) })
	}
	wg.Wait()
	return errors.Join(failed...)
}

// ask carries out the requests to one station.
func (s *StartUp) ask(ctx context.Context, c *Client, station asdu.CommonAddress) error {
	outcome := func(err error) error {
		if !errors.Is(err, ErrRefused) {
			return err
		}
		s.refused(station, err)
		return nil
	}
	if s.Clock {
		_, err := c.SynchroniseClock(ctx, station)
		if err := outcome(err); err != nil {
			return err
		}
	}
	interrogations := s.Interrogations
	if interrogations == nil {
		interrogations = []asdu.InterrogationQualifier{asdu.InterrogateStation}
	}
	for _, q := range interrogations {
		if err := outcome(c.Interrogate(ctx, station, q)); err != nil {
			return err
		}
	}
	for _, q := range s.Counters {
		if err := outcome(c.ReadCounters(ctx, station, q.Request, q.Freeze)); err != nil {
			return err
		}
	}
	return nil
}

func (s *StartUp) refused(station asdu.CommonAddress, err error) {
	if s.Refused != nil {
		s.Refused(station, err)
	}
}

// initialized asks a station again that was initialised. While the same
// request to it is not confirmed yet, another is [ErrBusy], so that stations
// that repeat themselves start nothing more. The goroutine ends with the
// connection at the latest.
func (c *Client) initialized(a asdu.ASDU) {
	s := c.startUp.Load()
	if s == nil || s.Stations != nil && !slices.Contains(s.Stations, a.CommonAddress) {
		return
	}
	if c.askAgain.Add(1) > maxAskAgain {
		c.askAgain.Add(-1)
		s.refused(a.CommonAddress, fail("start up", ErrBusy))
		return
	}
	c.again.Go(func() {
		defer c.askAgain.Add(-1)
		if err := s.ask(context.Background(), c, a.CommonAddress); err != nil {
			s.refused(a.CommonAddress, err)
		}
	})
}

// maxAskAgain is how many stations are asked again at the same time.
const maxAskAgain = 64
