package iec104

import (
	"time"

	"stellwerk/iec104/apci"
)

// Status is what a connection is doing at one moment.
type Status struct {
	State State
	// Begin is when the connection was handed to this package.
	Begin time.Time
	// Send is V(S), the number of the next I frame.
	Send apci.Sequence
	// Receive is V(R), the number of the I frame expected next.
	Receive apci.Sequence
	// Acknowledged is the lowest N(S) that the peer has not acknowledged: Ack.
	Acknowledged apci.Sequence
	// Unacknowledged is how many sent I frames the peer has not acknowledged,
	// at most k.
	Unacknowledged int
	// Unconfirmed is how many received I frames no N(R) has confirmed.
	Unconfirmed int
	// Queued is how many ASDUs wait for the window or for the start of data
	// transfer, the event queue not counted.
	Queued int
	// Pending is how many octets of frames are made and not yet written.
	Pending int
	// T1, T2 and T3 say how long each timer has to run; 0 where it is not
	// running.
	T1, T2, T3 time.Duration
	// LastSent and LastReceived are when octets were written and when a frame
	// came last; the zero time before the first.
	LastSent, LastReceived time.Time
	// RoundTrip is the time from the last confirmed TESTFR act of this side to
	// its confirmation, 0 where there was none.
	RoundTrip time.Duration
	Counters  Counters
	// Err is what ended the connection, nil while it lives.
	Err error
	// Finding is the last thing that was wrong with a received frame.
	Finding error
}

// Counters count from the beginning of the connection.
type Counters struct {
	OctetsSent, OctetsReceived   uint64
	FramesSent, FramesReceived   uint64 // of any format
	IFramesSent, IFramesReceived uint64
	SFramesSent, SFramesReceived uint64
	UFramesSent, UFramesReceived uint64
	// Findings counts received frames with something wrong.
	Findings uint64
}

// status returns what the link is doing.
func (l *link) status() Status {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.absorb()
	now := l.now()
	s := Status{
		State: l.m.state, Begin: l.begin, Send: l.m.vs, Receive: l.m.vr, Acknowledged: l.m.ack(),
		Unacknowledged: l.m.sent.len(), Unconfirmed: l.m.vr.Since(l.m.confirmed),
		Queued: l.waiting.waiting(), Pending: len(l.m.out) + len(l.rest),
		RoundTrip: l.m.roundTrip, Counters: l.counters, Err: l.err, Finding: l.finding,
	}
	s.Counters.SFramesSent, s.Counters.UFramesSent = l.m.sentS, l.m.sentU
	s.Counters.FramesSent = s.Counters.IFramesSent + l.m.sentS + l.m.sentU
	if s.Counters.OctetsSent > 0 {
		s.LastSent = l.begin.Add(l.sent)
	}
	if s.Counters.FramesReceived > 0 {
		s.LastReceived = l.begin.Add(l.m.received)
	}
	if l.err != nil {
		return s
	}
	left := func(at time.Duration) time.Duration {
		if at == never {
			return 0
		}
		return max(at-now, 1)
	}
	t1, t2, t3 := l.m.deadlines()
	s.T1, s.T2, s.T3 = left(t1), left(t2), left(t3)
	return s
}
