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
	setting bool       // the points are being set; guarded by mu
	unsure  bool       // what was sent of the points may be lost; guarded by mu
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
			if step > 0 {
				// What the points themselves have pushed out is not marked: marking
				// it would push out more, without end.
				s.losses.risen = s.losses.risen || !s.losses.setting
				s.losses.unsure = s.losses.unsure || s.losses.setting
			}
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
// over by now. A state that may have been lost on the way is sent again when there
// is room.
func (s *Station) setOverflow() {
	s.losses.marking.Lock()
	defer s.losses.marking.Unlock()
	s.losses.mu.Lock()
	risen, losing, again := s.losses.risen, s.losses.count > 0, false
	s.losses.risen, s.losses.setting = false, true
	if !losing {
		again, s.losses.unsure = s.losses.unsure, false
	}
	s.losses.mu.Unlock()
	lost := false
	set := func(one *sector, on bool) {
		if err := s.Set(one.address, one.overflow, on); err != nil {
			lost = true // for want of room
		}
	}
	for _, one := range s.order {
		if one.overflow == 0 {
			continue
		}
		if risen {
			set(one, true)
		}
		if !losing {
			s.mu.Lock()
			one.points[one.overflow].untold = again
			s.mu.Unlock()
			set(one, false)
		}
	}
	s.losses.mu.Lock()
	s.losses.setting = false
	s.losses.unsure = s.losses.unsure || lost
	s.losses.mu.Unlock()
}
