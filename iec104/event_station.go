package iec104

import "stellwerk/iec104/asdu"

// EventForgetter is an [EventQueue] that can forget what was not taken yet. A
// reset process command with qualifier 2 needs it.
type EventForgetter interface {
	// Forget lets go of the ASDUs that match and are not on their way, and
	// returns how many they were.
	Forget(match func(asdu.ASDU) bool) int
}

// Forget is part of [EventForgetter].
func (b *EventBuffer) Forget(match func(asdu.ASDU) bool) int {
	forgotten, relieved := b.forget(match)
	b.tell(relieved)
	return forgotten
}

func (b *EventBuffer) forget(match func(asdu.ASDU) bool) (forgotten int, relieved [eventClasses]bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range b.classes {
		q := &b.classes[i]
		forgotten += q.fifo.forget(func(octets []byte) bool {
			a, err := b.params.Decode(octets)
			return err == nil && match(a)
		})
		if q.losing && q.fifo.count == 0 {
			q.losing, relieved[i] = false, true
		}
	}
	return forgotten, relieved
}

// forget lets go of the strings that match and were not handed out.
func (f *fifo) forget(match func([]byte) bool) (forgotten int) {
	kept := f.data[:f.cursor]
	for at := f.cursor; at < len(f.data); {
		end := at + 1 + int(f.data[at])
		if match(f.data[at+1 : end]) {
			forgotten++
		} else {
			kept = append(kept, f.data[at:end]...)
		}
		at = end
	}
	f.data = kept
	f.count -= forgotten
	return forgotten
}

// forgetEvents lets go of the pending events of a station that have a time tag
// (IEC 60870-5-101, 7.2.6.27).
func (s *Server) forgetEvents(station asdu.CommonAddress) {
	queues := make(map[EventQueue]struct{})
	for _, g := range s.groups {
		queues[g.queue] = struct{}{}
	}
	for _, session := range s.Sessions() {
		queues[session.queue] = struct{}{}
	}
	for queue := range queues {
		if queue, ok := queue.(EventForgetter); ok {
			queue.Forget(func(a asdu.ASDU) bool {
				return a.CommonAddress == station && a.TimeKind() != asdu.TimeNone
			})
		}
	}
}
