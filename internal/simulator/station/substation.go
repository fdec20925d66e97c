package station

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net"
	"sync"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
	"stellwerk/iec104/station"
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
// commands and answer with return information.
type Substation struct {
	random *rand.Rand
	model  model
}

// NewSubstation returns a substation whose load wanders as the seed says. It does
// nothing until it is run.
func NewSubstation(seed uint64) *Substation {
	s := &Substation{
		random: rand.New(rand.NewPCG(seed, seed)), //nolint:gosec // no secret: it must repeat
		model:  newModel(),
	}
	s.model.electrics(plant{closed: switches, tap: 8}, 0)
	return s
}

// Signals returns all points in monitoring direction, and behind them the
// commands.
func (*Substation) Signals() []Signal { return append([]Signal(nil), signals...) }

// Run serves a listener and lets the process move until ctx ends. It is called
// once.
func (s *Substation) Run(ctx context.Context, listener net.Listener) error {
	running, err := station.New(nil, s.model.sector())
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var served error
	var work sync.WaitGroup
	work.Go(func() {
		defer cancel()
		served = running.Serve(listener)
	})
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for ctx.Err() == nil {
		select {
		case <-ticker.C:
			s.step(running)
		case <-ctx.Done():
		}
	}
	_ = running.Close() // always nil: what it waits for has ended
	work.Wait()
	if errors.Is(served, iec104.ErrClosed) {
		return nil
	}
	return served
}

// step lets a second go by.
func (s *Substation) step(running *station.Station) {
	before := s.model.energy
	tap := s.model.step(s.random, look(running))
	for address := range bands {
		must(running.Set(SubstationAddress, address, math.Round(s.model.numbers[address]*1000)/1000))
	}
	for i, address := range []asdu.ObjectAddress{imported, exported} {
		must(running.Count(SubstationAddress, address, int64(s.model.energy[i])-int64(before[i])))
	}
	must(running.Set(SubstationAddress, doorContact, s.model.second/doorEvery%2))
	if tap != 0 {
		o := asdu.StepCommand{Address: tapCommand, Value: asdu.NextHigher}
		if tap < 0 {
			o.Value = asdu.NextLower
		}
		_ = running.Operate(SubstationAddress, o) // at its end, or a command was first
	}
}

// look returns what the switchgear is like.
func look(running *station.Station) plant {
	p := plant{closed: map[asdu.ObjectAddress]bool{}}
	for address := range switches {
		o, _ := running.Get(SubstationAddress, address)
		state, _ := o.(asdu.DoublePoint)
		p.closed[address] = state.Value == asdu.On
	}
	o, _ := running.Get(SubstationAddress, tapPosition)
	position, _ := o.(asdu.StepPosition)
	p.tap, p.moving = int(position.Value), position.Transient
	return p
}

// must holds that a point is there and can have its value.
func must(err error) {
	if err != nil {
		panic(fmt.Sprintf("station: %v", err)) // a mistake in this package
	}
}
