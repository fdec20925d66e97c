package station

import (
	"errors"
	"maps"
	"slices"

	"stellwerk/iec104/asdu"
)

// countersOf returns the integrated totals of a counter group, all of them for
// group 0, in the order of their addresses.
func (one *sector) countersOf(group int) []*point {
	var points []*point
	for _, p := range one.points {
		if p.family == integratedTotal && (group == 0 && !p.NotInterrogated || slices.Contains(p.Groups, group)) {
			points = append(points, p)
		}
	}
	slices.SortFunc(points, func(a, b *point) int { return int(a.Address) - int(b.Address) })
	return points
}

// freezeByCommand carries out a freeze or reset and returns what sends the
// totals that are sent by themselves. Counters that the station freezes by
// itself (modes A and B) are not frozen by command.
func (s *Station) freezeByCommand(one *sector, group int, freeze asdu.Freeze) (func(), error) {
	points := slices.DeleteFunc(one.countersOf(group), func(p *point) bool {
		return p.Counter.Mode.local() && freeze != asdu.FreezeReset
	})
	if len(points) == 0 {
		return nil, errors.New("station: there are no counters that are frozen by command")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if freeze == asdu.FreezeReset {
		for _, p := range points {
			p.counter.reset()
		}
		return nil, nil
	}
	r := &report{frozen: s.freeze(one, points, freeze == asdu.FreezeWithReset)}
	one.reports = append(one.reports, r)
	return func() { s.confirmed(one, r) }, nil
}

// report is what a freeze by command has brought about, and is to be sent when the
// command is confirmed, in the order of freezes.
type report struct {
	frozen    []asdu.ASDU
	confirmed bool
}

// confirmed sends the report of a freeze with those before it, unless one of
// these is to be sent first and not confirmed yet.
func (s *Station) confirmed(one *sector, r *report) {
	s.sending.Lock()
	defer s.sending.Unlock()
	s.mu.Lock()
	r.confirmed = true
	n := 0
	for n < len(one.reports) && one.reports[n].confirmed {
		n++
	}
	ready := slices.Clone(one.reports[:n])
	one.reports = slices.Delete(one.reports, 0, n)
	s.mu.Unlock()
	for _, r := range ready {
		s.sendAll(r.frozen)
	}
}

// freezeLocally freezes the counters of modes A and B.
func (s *Station) freezeLocally(one *sector, points []*point) {
	s.sending.Lock()
	defer s.sending.Unlock()
	s.mu.Lock()
	frozen := s.freeze(one, points, false)
	s.mu.Unlock()
	s.sendAll(frozen)
}

// freeze freezes counters and returns those that are sent by themselves (modes A
// and D), as they were frozen, in as few ASDUs as there can be. Reset lets them
// begin with 0 again, as do those that are made so. The caller holds mu.
func (s *Station) freeze(one *sector, points []*point, reset bool) (frozen []asdu.ASDU) {
	t := s.now(one)
	spontaneous := make(map[asdu.TypeID][]asdu.ObjectAddress)
	for _, p := range points {
		p.counter.freeze(t, reset || p.Counter.Mode.local() && p.Counter.Reset)
		if (p.Counter.Mode == ModeA || p.Counter.Mode == ModeD) && !p.Quiet {
			spontaneous[p.event] = append(spontaneous[p.event], p.Address)
		}
	}
	for _, t := range slices.Sorted(maps.Keys(spontaneous)) {
		h := asdu.Header{Type: t, Cause: asdu.Spontaneous, CommonAddress: one.address, Test: one.mode == Test}
		packed, err := Pack(s.params, h, spontaneous[t], func(address asdu.ObjectAddress) (asdu.Object, bool) {
			return s.state(one.points[address]), true
		})
		if err == nil { // cannot be otherwise: the points are integrated totals
			frozen = slices.AppendSeq(frozen, packed)
		}
	}
	return frozen
}

// sendAll sends ASDUs in their order. The caller holds sending.
func (s *Station) sendAll(all []asdu.ASDU) {
	for _, a := range all {
		_ = s.server.Send(a) // the ASDUs fit, and a server that is closed takes no events
	}
}
