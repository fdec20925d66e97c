package iec104

import "time"

// Frame is an APDU on its way, as a trace function sees it.
type Frame struct {
	// Time is when it was received, or is being written.
	Time time.Time
	// Sent tells that this side sends it.
	Sent bool
	// Octets are the APDU; of octets that are none, as many as came. They are
	// valid until the function returns.
	Octets []byte
	// Finding is what is wrong with a received frame, nil where nothing is. It
	// wraps [ErrTolerated] where the link procedure goes on, [ErrASDU] where
	// the ASDU is malformed and ignored, and [ErrProtocol] where the
	// connection is closed.
	Finding error
}

// A trace function sees every frame of a connection in both directions. It is
// called on the data path, possibly by two goroutines at the same time: it must
// return soon and must not call the connection's methods.
type traceFunc = func(Frame)
