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
	stations := s.Stations
	if stations == nil {
		stations = []asdu.CommonAddress{c.options.ASDU.Broadcast()}
	}
	round := &startUp{
		StartUp:  s,
		answered: make(map[asdu.CommonAddress]bool),
		late:     make(map[asdu.CommonAddress]bool),
		asking:   make(map[asdu.CommonAddress]bool),
	}
	c.startUp.Store(round)
	failed := make([]error, len(stations))
	var wg sync.WaitGroup
	for i, station := range stations {
		wg.Go(func() { failed[i] = s.ask(ctx, c, station) })
	}
	wg.Wait()
	for range round.settle() {
		c.askAgain(round)
	}
	return errors.Join(failed...)
}

// startUp is a StartUp on one connection. A station is asked by one round of
// requests at a time: that of Setup, and later rounds of its own.
type startUp struct {
	*StartUp

	mu       sync.Mutex
	settled  bool                        // Setup has asked everybody; guarded by mu
	answered map[asdu.CommonAddress]bool // the first request of the round; guarded by mu
	late     map[asdu.CommonAddress]bool // to be asked once more after the round; guarded by mu
	asking   map[asdu.CommonAddress]bool // in a later round, or waiting for it; guarded by mu
	waiting  []asdu.CommonAddress        // those of asking whose round has not begun; guarded by mu
	rounds   int                         // goroutines; guarded by mu
}

// maxRounds is how many stations are asked again at the same time. Others wait.
const maxRounds = 64

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

// initialized notes that a station was initialised, and reports whether a
// goroutine must begin to ask. In the course of a round it must wait; and need not
// be asked again at all where it has not answered the first request yet: then
// everything that it answers is new.
func (s *startUp) initialized(station, all asdu.CommonAddress) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.settled && !s.asking[station] {
		return s.enqueue(station)
	}
	if s.answered[station] || s.answered[all] {
		s.late[station] = true
	}
	return false
}

// enqueue gives a station a round of its own, and reports whether a goroutine must
// begin. The caller holds mu.
func (s *startUp) enqueue(station asdu.CommonAddress) bool {
	s.asking[station] = true
	s.waiting = append(s.waiting, station)
	if s.rounds == maxRounds {
		return false
	}
	s.rounds++
	return true
}

// settle ends the round of Setup and returns how many goroutines must begin to ask.
func (s *startUp) settle() (begin int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settled = true
	clear(s.answered)
	for station := range s.late {
		if s.enqueue(station) {
			begin++
		}
	}
	clear(s.late)
	return begin
}

// next returns the station that is to be asked after another one, for which 0
// stands at first; it may be the same once more. False ends the goroutine.
func (s *startUp) next(asked asdu.CommonAddress) (asdu.CommonAddress, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.answered, asked)
	if s.late[asked] {
		delete(s.late, asked)
		return asked, true
	}
	delete(s.asking, asked)
	if len(s.waiting) == 0 {
		s.rounds--
		return 0, false
	}
	station := s.waiting[0]
	s.waiting = slices.Delete(s.waiting, 0, 1)
	return station, true
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

// initialized asks a station again that was initialised.
func (c *Client) initialized(a asdu.ASDU) {
	s := c.startUp.Load()
	if s == nil || s.Stations != nil && !slices.Contains(s.Stations, a.CommonAddress) {
		return
	}
	if s.initialized(a.CommonAddress, a.Params().Broadcast()) {
		c.askAgain(s)
	}
}

// heard tells the rounds of requests of an answer.
func (c *Client) heard(a asdu.ASDU) {
	if s := c.startUp.Load(); s != nil {
		s.heard(a)
	}
}

// askAgain asks stations that were initialised, one after the other, in a
// goroutine of its own. It ends with the connection at the latest.
func (c *Client) askAgain(s *startUp) {
	c.again.Go(func() {
		for station, more := s.next(0); more; station, more = s.next(station) {
			if err := s.ask(context.Background(), c, station); err != nil {
				s.refused(station, err)
			}
			if c.Err() != nil {
				return
			}
		}
	})
}
