package station

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
)

// cycle is what is done at a period: a cause to send, or a freeze.
type cycle struct {
	period time.Duration
	cause  asdu.Cause // 0 freezes counters
}

// beginCycles begins the cycles of a sector.
func (s *Station) beginCycles(one *sector) {
	cycles := make(map[cycle][]*point)
	for _, address := range slices.Sorted(maps.Keys(one.points)) {
		p := one.points[address]
		if p.Cyclic > 0 {
			cycles[cycle{p.Cyclic, asdu.Cyclic}] = append(cycles[cycle{p.Cyclic, asdu.Cyclic}], p)
		}
		if p.Background > 0 {
			cycles[cycle{p.Background, asdu.Background}] = append(cycles[cycle{p.Background, asdu.Background}], p)
		}
		if p.family == integratedTotal && p.Counter.Mode.local() {
			cycles[cycle{period: p.Counter.Period}] = append(cycles[cycle{period: p.Counter.Period}], p)
		}
	}
	inOrder := slices.SortedFunc(maps.Keys(cycles), func(a, b cycle) int {
		return cmp.Or(cmp.Compare(a.period, b.period), cmp.Compare(a.cause, b.cause))
	})
	for _, c := range inOrder {
		points := cycles[c]
		if c.cause == 0 {
			s.timers.every(c.period, func() { s.freezeLocally(one, points) })
		} else {
			s.timers.every(c.period, func() { s.transmit(one, c.cause, points) })
		}
	}
}

// transmit sends points where data transfer is started and the last cycles are
// through. They are read when there is room for them.
func (s *Station) transmit(one *sector, cause asdu.Cause, points []*point) {
	for _, session := range s.server.Sessions() {
		if session.Status().State == iec104.Started {
			session.Supply(s.telegrams(one, cause, points))
		}
	}
}

// telegrams packs points as they are when their turn comes, without time tag.
func (s *Station) telegrams(one *sector, cause asdu.Cause, points []*point) iter.Seq[asdu.ASDU] {
	types := make(map[asdu.TypeID][]asdu.ObjectAddress)
	for _, p := range points {
		t := cmp.Or(p.plain, p.event)
		types[t] = append(types[t], p.Address)
	}
	return func(yield func(asdu.ASDU) bool) {
		for _, t := range slices.Sorted(maps.Keys(types)) {
			s.mu.Lock()
			h := asdu.Header{Type: t, Cause: cause, CommonAddress: one.address, Test: one.mode == Test}
			s.mu.Unlock()
			packed, err := Pack(s.params, h, types[t], func(address asdu.ObjectAddress) (asdu.Object, bool) {
				s.mu.Lock()
				defer s.mu.Unlock()
				p := one.points[address]
				return s.state(p), !p.hidden() && (cause != asdu.Cyclic || p.cyclic)
			})
			if err != nil {
				continue // cannot be: points have types of process information
			}
			for a := range packed {
				if !yield(a) {
					return
				}
			}
		}
	}
}

// interrogate returns the points of a group; group 0 is the whole sector.
func (s *Station) interrogate(one *sector, group int, counters bool, cause asdu.Cause) iter.Seq[asdu.ASDU] {
	var points []*point
	for _, p := range one.points {
		switch {
		case p.family.event(), counters != (p.family == integratedTotal):
		case group == 0 && p.NotInterrogated, group > 0 && !slices.Contains(p.Groups, group):
		default:
			points = append(points, p)
		}
	}
	return s.telegrams(one, cause, points)
}

// SetCyclic switches cyclic transmission of a point on or off, as P_AC_NA_1
// does.
func (s *Station) SetCyclic(station asdu.CommonAddress, address asdu.ObjectAddress, on bool) error {
	p, err := s.point(station, address)
	if err != nil {
		return err
	}
	return s.setCyclic(p, on)
}

func (s *Station) setCyclic(p *point, on bool) error {
	if p.Cyclic == 0 {
		return fmt.Errorf("station: point %d/%d has no cycle", p.sector.address, p.Address)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p.cyclic = on
	return nil
}
