package iec104

import (
	"context"
	"errors"
	"maps"
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
	stations := s.Stations
	if stations == nil {
		stations = []asdu.CommonAddress{c.options.ASDU.Broadcast()}
	}
	round := &startUp{StartUp: s, answered: make(map[asdu.CommonAddress]bool), late: make(map[asdu.CommonAddress]bool)}
	c.startUp.Store(round)
	failed := make([]error, len(stations))
	var wg sync.WaitGroup
	for i, station := range stations {
		wg.Go(func() { failed[i] = s.ask(ctx, c, station) })
	}
	wg.Wait()
	for _, station := range round.settle() {
		c.askLater(s, station)
	}
	return errors.Join(failed...)
}

// startUp is a StartUp on one connection.
type startUp struct {
	*StartUp

	mu       sync.Mutex
	settled  bool                        // Setup has asked everybody; guarded by mu
	answered map[asdu.CommonAddress]bool // the first request; guarded by mu
	late     map[asdu.CommonAddress]bool // to be asked again after that; guarded by mu
}

// heard notes who has confirmed or refused the first request. It is called as
// ASDUs come, so that what comes behind one finds it noted.
func (s *startUp) heard(a asdu.ASDU) {
	if a.Type != s.first() || a.Cause != asdu.ActivationCon && !a.Cause.Unknown() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answered[a.CommonAddress] = true
}

// postpone reports whether Setup is still asking, so that a station that was
// initialised must wait. It need not be asked again at all where it has not
// answered the first request yet: then everything that it answers is new.
func (s *startUp) postpone(station, all asdu.CommonAddress) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.settled {
		return false
	}
	if s.answered[station] || s.answered[all] {
		s.late[station] = true
	}
	return true
}

// settle ends the time of postponing and returns who must be asked again.
func (s *startUp) settle() []asdu.CommonAddress {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settled = true
	return slices.Collect(maps.Keys(s.late))
}

// first is the type of the first request.
func (s *StartUp) first() asdu.TypeID {
	switch {
	case s.Clock:
		return asdu.C_CS_NA_1
	case s.Interrogations == nil || len(s.Interrogations) > 0:
		return asdu.C_IC_NA_1
	default:
		return asdu.C_CI_NA_1
	}
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
	if s == nil || s.Stations != nil && !slices.Contains(s.Stations, a.CommonAddress) ||
		s.postpone(a.CommonAddress, a.Params().Broadcast()) {
		return
	}
	c.askLater(s.StartUp, a.CommonAddress)
}

// heard tells a round of requests of an answer.
func (c *Client) heard(a asdu.ASDU) {
	if s := c.startUp.Load(); s != nil {
		s.heard(a)
	}
}

// askLater asks a station in a goroutine of its own.
func (c *Client) askLater(s *StartUp, station asdu.CommonAddress) {
	if c.askAgain.Add(1) > maxAskAgain {
		c.askAgain.Add(-1)
		s.refused(station, fail("start up", ErrBusy))
		return
	}
	c.again.Go(func() {
		defer c.askAgain.Add(-1)
		if err := s.ask(context.Background(), c, station); err != nil {
			s.refused(station, err)
		}
	})
}

// maxAskAgain is how many stations are asked again at the same time.
const maxAskAgain = 64
