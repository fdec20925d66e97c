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

// freezeByCommand carries out a freeze or reset. Counters that the station
// freezes by itself (modes A and B) are not frozen by command.
func (s *Station) freezeByCommand(one *sector, group int, freeze asdu.Freeze) error {
	points := slices.DeleteFunc(one.countersOf(group), func(p *point) bool {
		return p.Counter.Mode.local() && freeze != asdu.FreezeReset
	})
	if len(points) == 0 {
		return errors.New("station: there are no counters that are frozen by command")
	}
	if freeze == asdu.FreezeReset {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, p := range points {
			p.counter.reset()
		}
		return nil
	}
	s.freeze(points, func(*point) bool { return freeze == asdu.FreezeWithReset })
	return nil
}

// freezeLocally freezes the counters of modes A and B.
func (s *Station) freezeLocally(points []*point) {
	s.freeze(points, func(p *point) bool { return p.Counter.Reset })
}

// freeze freezes counters and sends those that are sent by themselves (modes A
// and D), as few ASDUs as there can be.
func (s *Station) freeze(points []*point, reset func(*point) bool) {
	s.sending.Lock()
	defer s.sending.Unlock()
	var spontaneous []*point
	s.mu.Lock()
	for _, p := range points {
		p.counter.freeze(s.now(p.sector), reset(p))
		if (p.Counter.Mode == ModeA || p.Counter.Mode == ModeD) && !p.Quiet {
			spontaneous = append(spontaneous, p)
		}
	}
	s.mu.Unlock()
	if len(spontaneous) == 0 {
		return
	}
	for a := range s.telegrams(points[0].sector, asdu.Spontaneous, spontaneous) {
		_ = s.server.Send(a) // the ASDUs fit, and a server that is closed takes no events
	}
}
