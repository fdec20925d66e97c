package station

import (
	"slices"
	"sync"

	"stellwerk/iec104"
)

// losses are the event classes of buffers that are losing events.
type losses struct {
	marking sync.Mutex // held while points are set; it is taken before mu
	mu      sync.Mutex
	count   int        // guarded by mu
	risen   bool       // since the points were last set; guarded by mu
	telling sync.Mutex // held while the application is told; it is taken before mu
	news    []func()   // what it is to be told, in order; guarded by mu
}

// markOverflow has the overflow points follow the buffers, and the application
// told by a timer: the server tells of overflows while the station is sending, and
// whoever hears of one may well set a point.
func (s *Station) markOverflow(o *iec104.ServerOptions) {
	marked := slices.ContainsFunc(s.order, func(one *sector) bool { return one.overflow != 0 })
	follow := func(step int, told func(iec104.EventClass)) func(iec104.EventClass) {
		if !marked && told == nil {
			return nil
		}
		return func(class iec104.EventClass) {
			s.losses.mu.Lock()
			s.losses.count += step
			s.losses.risen = s.losses.risen || step > 0
			if told != nil {
				s.losses.news = append(s.losses.news, func() { told(class) })
			}
			s.losses.mu.Unlock()
			if marked {
				s.timers.after(0, s.setOverflow)
			}
			if told != nil {
				s.timers.after(0, s.tellLosses)
			}
		}
	}
	o.Overflow, o.Relieved = follow(1, o.Overflow), follow(-1, o.Relieved)
	o.Groups = slices.Clone(o.Groups)
	for i := range o.Groups {
		events := &o.Groups[i].Events
		if events.Overflow != nil || events.Relieved != nil {
			events.Overflow, events.Relieved = follow(1, events.Overflow), follow(-1, events.Relieved)
		}
	}
}

// tellLosses tells the application what there is to tell.
func (s *Station) tellLosses() {
	s.losses.telling.Lock()
	defer s.losses.telling.Unlock()
	s.losses.mu.Lock()
	news := s.losses.news
	s.losses.news = nil
	s.losses.mu.Unlock()
	for _, tell := range news {
		tell()
	}
}

// setOverflow sets the overflow points; also to on and off again where all is
// over by now.
func (s *Station) setOverflow() {
	s.losses.marking.Lock()
	defer s.losses.marking.Unlock()
	s.losses.mu.Lock()
	risen, losing := s.losses.risen, s.losses.count > 0
	s.losses.risen = false
	s.losses.mu.Unlock()
	for _, one := range s.order {
		if one.overflow == 0 {
			continue
		}
		if risen {
			_ = s.Set(one.address, one.overflow, true) // what has no room is counted by its buffer
		}
		if !losing {
			_ = s.Set(one.address, one.overflow, false)
		}
	}
}
