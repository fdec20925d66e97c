package iec104

import (
	"fmt"
	"sync"

	"stellwerk/iec104/asdu"
)

// EventQueue is what a controlled station takes spontaneous ASDUs from, to
// send them on a connection on which data transfer is started. An ASDU that
// was taken stays the queue's until the controlling station has acknowledged
// it; when the connection breaks before that, it is sent again on the next
// one. [EventBuffer] is the queue in memory; one that survives a restart is
// for the application to make.
//
// Next, Done and Rewind are never called at the same time. They are called on
// the data path: they must not wait, and must not call the server or one of
// its sessions.
type EventQueue interface {
	// Next returns the oldest ASDU that was not taken yet, and false where
	// there is none. Its octets must be valid until the next call.
	Next() (asdu.ASDU, bool)
	// Done lets go of the n oldest ASDUs that were taken: an N(R) covers them.
	Done(n int)
	// Rewind offers again what was taken and is not done: the connection is
	// gone.
	Rewind()
	// Ready returns a channel that receives when Next has something again
	// after it had nothing. The channel is always the same.
	Ready() <-chan struct{}
}

// EventBuffer is a bounded [EventQueue] in memory. When it is full the oldest
// ASDU that is not on its way gives way to the new one, and is counted; where
// all are on their way the new one is refused. All methods are safe for
// concurrent use.
type EventBuffer struct {
	params   *asdu.Params
	capacity int
	ready    chan struct{}

	mu      sync.Mutex
	fifo    fifo                 // guarded by mu
	lost    uint64               // guarded by mu
	scratch [asdu.MaxOctets]byte // guarded by mu; what Next returned
}

// NewEventBuffer returns a buffer for as many ASDUs as capacity says, at least
// one. The parameters must be those of the server.
func NewEventBuffer(params *asdu.Params, capacity int) *EventBuffer {
	return &EventBuffer{params: params, capacity: max(1, capacity), ready: make(chan struct{}, 1)}
}

// Put adds an ASDU, whose octets it copies.
func (b *EventBuffer) Put(a asdu.ASDU) error {
	a, err := fit(a, b.params)
	if err != nil {
		return fail("event", err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fifo.count >= b.capacity {
		b.lost++
		if b.fifo.waiting() == 0 {
			return fail("event", fmt.Errorf("%w: all %d ASDUs of the buffer are on their way", ErrBusy, b.capacity))
		}
		b.fifo.drop()
	}
	b.fifo.commit(a.Append(b.fifo.reserve()))
	if b.fifo.waiting() == 1 {
		signal(b.ready)
	}
	return nil
}

// Len returns how many ASDUs are in the buffer, those on their way included.
func (b *EventBuffer) Len() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.fifo.count
}

// Lost returns how many ASDUs gave way or were refused.
func (b *EventBuffer) Lost() uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.lost
}

// Next is part of [EventQueue].
func (b *EventBuffer) Next() (asdu.ASDU, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	octets, ok := b.fifo.next()
	if !ok {
		return asdu.ASDU{}, false
	}
	// Put may move the buffer's octets meanwhile.
	n := copy(b.scratch[:], octets)
	a, _ := b.params.Decode(b.scratch[:n]) // what was put in malformed is sent as it is
	return a, true
}

// Done is part of [EventQueue].
func (b *EventBuffer) Done(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fifo.done(n)
}

// Rewind is part of [EventQueue].
func (b *EventBuffer) Rewind() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fifo.rewind()
}

// Ready is part of [EventQueue].
func (b *EventBuffer) Ready() <-chan struct{} { return b.ready }
