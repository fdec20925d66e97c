package ads

import (
	"sync"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
	"stellwerk/internal/point"
)

// maxStamps bounds the time stamps whose telegrams are remembered: those of what
// waits in the queue, as a rule.
const maxStamps = 4096

// stamps tell which telegram brought the samples with a time stamp. It is safe for
// concurrent use.
type stamps struct {
	mu     sync.Mutex
	traces map[command.FileTime]point.Trace // guarded by mu
	order  []command.FileTime               // a ring, the oldest at next; guarded by mu
	next   int                              // guarded by mu
}

// note remembers a packet, if it has samples.
func (s *stamps) note(packet []byte, trace point.Trace) {
	if len(packet) < ams.TCPHeaderLength {
		return
	}
	frame, err := ams.DecodeFrame(packet[ams.TCPHeaderLength:])
	if err != nil || frame.Command != ams.DeviceNotification {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.traces == nil {
		s.traces = make(map[command.FileTime]point.Trace)
	}
	var last command.FileTime
	for sample, err := range command.Samples(frame.Data) {
		if err != nil {
			return
		}
		if sample.Time != last {
			s.add(sample.Time, trace)
		}
		last = sample.Time
	}
}

// add needs the lock.
func (s *stamps) add(at command.FileTime, trace point.Trace) {
	if _, known := s.traces[at]; !known {
		if len(s.order) < maxStamps {
			s.order = append(s.order, at)
		} else {
			delete(s.traces, s.order[s.next])
			s.order[s.next] = at
			s.next = (s.next + 1) % maxStamps
		}
	}
	s.traces[at] = trace
}

// of returns the telegram, 0 where it is not known.
func (s *stamps) of(at command.FileTime) point.Trace {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.traces[at]
}
