package station

import (
	"errors"
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
	for _, p := range points {
		p.counter.freeze(s.now(one), freeze == asdu.FreezeWithReset)
	}
	return func() { s.sendFrozen(one, points) }, nil
}

// freezeLocally freezes the counters of modes A and B.
func (s *Station) freezeLocally(one *sector, points []*point) {
	s.mu.Lock()
	for _, p := range points {
		p.counter.freeze(s.now(one), p.Counter.Reset)
	}
	s.mu.Unlock()
	s.sendFrozen(one, points)
}

// sendFrozen sends the counters that are sent by themselves (modes A and D), in
// as few ASDUs as there can be.
func (s *Station) sendFrozen(one *sector, points []*point) {
	var spontaneous []*point
	for _, p := range points {
		if (p.Counter.Mode == ModeA || p.Counter.Mode == ModeD) && !p.Quiet {
			spontaneous = append(spontaneous, p)
		}
	}
	s.sending.Lock()
	defer s.sending.Unlock()
	for a := range s.telegrams(one, asdu.Spontaneous, spontaneous) {
		_ = s.server.Send(a) // the ASDUs fit, and a server that is closed takes no events
	}
}
