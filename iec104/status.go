package iec104

import (
	"time"

	"stellwerk/iec104/apci"
)

// Status is what a connection is doing at one moment.
type Status struct {
	State State
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
	// T1, T2 and T3 say how long each timer has to run; 0 where it is not
	// running.
	T1, T2, T3 time.Duration
	Counters   Counters
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
	// Findings counts received frames with something wrong.
	Findings uint64
}
