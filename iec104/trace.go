package iec104

import (
	"sync"
	"time"
)

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

// A trace function sees every frame of a connection in both directions, in the
// order in which they take effect: a frame that answers another comes after it.
// It is called on the data path, by one goroutine at a time: it must return soon
// and must not call the connection's methods.
type traceFunc = func(Frame)

// tracer calls the trace function for the goroutines that read and write, in the
// order in which they have taken their turns.
type tracer struct {
	trace traceFunc // nil where nobody looks on

	mu     sync.Mutex
	next   sync.Cond
	taken  uint64 // turns; guarded by mu
	served uint64 // guarded by mu
}

func newTracer(trace traceFunc) *tracer {
	t := &tracer{trace: trace}
	t.next.L = &t.mu
	return t
}

// turn takes the next one. It must be waited for and done.
func (t *tracer) turn() uint64 {
	if t.trace == nil {
		return 0
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.taken++
	return t.taken
}

// wait waits for the turn.
func (t *tracer) wait(turn uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for t.served+1 < turn {
		t.next.Wait()
	}
}

// done ends the turn.
func (t *tracer) done(turn uint64) {
	t.mu.Lock()
	t.served = turn
	t.mu.Unlock()
	t.next.Signal() // at most one other goroutine waits
}
