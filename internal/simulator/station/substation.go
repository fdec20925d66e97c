package station

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"net"
	"sync"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
)

// Signal is a point of a simulated station, in the terms of a signal list.
type Signal struct {
	Address     asdu.ObjectAddress
	Type        asdu.TypeID
	Name        string
	Unit        string
	Group       string
	Description string
}

// SubstationAddress is the common address of a [Substation].
const SubstationAddress asdu.CommonAddress = 1

// Substation is a simulated substation with two feeder bays and a transformer
// with tap changer. Its load wanders, currents and voltages follow it, counters
// count, and the tap changer keeps the voltage. Breakers and tap changer obey
// commands and answer with return information. It implements iec104.Station.
type Substation struct {
	server  *iec104.Server
	process *process
	random  *rand.Rand // used by step alone

	mu    sync.Mutex
	model model // guarded by mu
	work  sync.WaitGroup
	ctx   context.Context //nolint:containedctx // that of Run: commands outlast the call that brings them
}

// NewSubstation returns a substation whose load wanders as the seed says.
func NewSubstation(seed uint64) (*Substation, error) {
	s := &Substation{
		process: newProcess(),
		random:  rand.New(rand.NewPCG(seed, seed)), //nolint:gosec // no secret: it must repeat
		model:   newModel(),
	}
	server, err := iec104.NewServer(s, &iec104.ServerOptions{CommonAddresses: []asdu.CommonAddress{SubstationAddress}})
	s.server = server
	return s, err
}

// Signals returns all points in monitoring direction, and behind them the
// commands.
func (*Substation) Signals() []Signal { return append([]Signal(nil), signals...) }

// Run serves a listener and lets the process move until ctx ends.
func (s *Substation) Run(ctx context.Context, listener net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s.ctx = ctx
	s.report(asdu.Spontaneous, allAddresses()...)
	var served error
	s.work.Go(func() {
		defer cancel()
		served = s.server.Serve(listener)
	})
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for ctx.Err() == nil {
		select {
		case <-ticker.C:
			s.step()
		case <-ctx.Done():
		}
	}
	_ = s.server.Close() // always nil: what it waits for has ended
	s.work.Wait()
	if errors.Is(served, iec104.ErrClosed) {
		return nil
	}
	return served
}

// step lets a second go by.
func (s *Substation) step() {
	s.mu.Lock()
	changed, tap := s.model.step(s.random)
	s.mu.Unlock()
	s.report(asdu.Spontaneous, changed...)
	if tap != 0 {
		s.work.Go(func() { s.moveTap(tap, asdu.ReturnLocal) })
	}
}

// report sends points as they are now.
func (s *Substation) report(cause asdu.Cause, addresses ...asdu.ObjectAddress) {
	for _, address := range addresses {
		s.mu.Lock()
		a, err := s.model.telegram(address, cause, time.Now())
		s.mu.Unlock()
		if err == nil {
			s.process.keep(a)
			err = s.server.Send(a)
		}
		if err != nil {
			panic(fmt.Sprintf("station: point %d: %v", address, err)) // a mistake in this package
		}
	}
}

// pause waits, and reports false when the station stops.
func (s *Substation) pause(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-s.ctx.Done():
		return false
	}
}

// Interrogate is part of iec104.Station.
func (s *Substation) Interrogate(_ *iec104.Session, station asdu.CommonAddress, q asdu.InterrogationQualifier) iter.Seq[asdu.ASDU] {
	if q != asdu.InterrogateStation {
		return nil
	}
	return s.process.interrogate(nil, station)
}

// Command is part of iec104.Station. Breakers want to be selected first.
func (s *Substation) Command(c *iec104.Command) {
	switch o := c.Object.(type) {
	case asdu.DoubleCommand:
		breaker, ok := breakers[o.Address]
		switch {
		case !ok:
			_ = c.Disown()
		case !o.Value.Permitted() || !c.Select && !c.Selected:
			_ = c.Refuse()
		case c.Select:
			_ = c.Confirm()
		default:
			s.work.Go(func() { s.operate(c, breaker, asdu.DoublePointState(o.Value)) })
		}
	case asdu.StepCommand:
		switch {
		case o.Address != tapCommand:
			_ = c.Disown()
		case !o.Value.Permitted():
			_ = c.Refuse()
		case c.Select:
			_ = c.Confirm()
		default:
			direction := 1
			if o.Value == asdu.NextLower {
				direction = -1
			}
			s.work.Go(func() {
				if c.Confirm() == nil && s.moveTap(direction, asdu.ReturnRemote) {
					_ = c.Terminate()
				}
			})
		}
	default:
		_ = c.Disown()
	}
}

// operate moves a breaker: it is under way for a moment, and then there.
func (s *Substation) operate(c *iec104.Command, breaker asdu.ObjectAddress, state asdu.DoublePointState) {
	if c.Confirm() != nil {
		return
	}
	for _, position := range [...]asdu.DoublePointState{asdu.Intermediate, state} {
		s.mu.Lock()
		s.model.doubles[breaker] = position
		s.mu.Unlock()
		s.report(asdu.ReturnRemote, breaker)
		if position == asdu.Intermediate && !s.pause(150*time.Millisecond) {
			return
		}
	}
	_ = c.Terminate() // fails only where the connection is gone
}

// moveTap moves the tap changer by one step, which takes three seconds. It
// reports false where the end is reached or the tap changer is under way.
func (s *Substation) moveTap(direction int, cause asdu.Cause) bool {
	s.mu.Lock()
	begun := s.model.beginTap(direction)
	s.mu.Unlock()
	if !begun {
		return false
	}
	s.report(cause, tapPosition)
	if !s.pause(3 * time.Second) {
		return false
	}
	s.mu.Lock()
	s.model.endTap(direction)
	s.mu.Unlock()
	s.report(cause, tapPosition)
	return true
}
