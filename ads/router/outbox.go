package router

import (
	"sync"

	"stellwerk/ads/ams"
)

// outbox is what waits to be sent on a connection, bounded by [Limits]. All
// methods are safe for concurrent use.
type outbox struct {
	framing   ams.Framing
	maxFrames int
	maxOctets int
	memory    *budget       // of the router
	wake      chan struct{} // has room for one

	mu     sync.Mutex
	data   []byte // guarded by mu
	frames int    // in data; guarded by mu
	closed bool   // guarded by mu
}

// outcome is what became of something that was to be sent.
type outcome uint8

const (
	queued outcome = iota
	full
	ended
)

func newOutbox(framing ams.Framing, l *Limits, memory *budget) outbox {
	return outbox{framing: framing, maxFrames: l.QueueFrames, maxOctets: l.QueueOctets, memory: memory, wake: make(chan struct{}, 1)}
}

// put takes a frame over, and keeps nothing of its data.
func (o *outbox) put(f *ams.Frame) outcome {
	return o.add(ams.TCPHeaderLength+ams.HeaderLength+len(f.Data), func(dst []byte) []byte { return f.Append(dst, o.framing) })
}

// putBody takes over what a router says to a program. A program that takes
// nothing has itself to blame when it does not hear it.
func (o *outbox) putBody(command ams.TCPCommand, body []byte) {
	_ = o.add(ams.TCPHeaderLength+len(body), func(dst []byte) []byte {
		return append(ams.TCPHeader{Command: command, Length: uint32(len(body))}.Append(dst), body...)
	})
}

func (o *outbox) add(octets int, encode func([]byte) []byte) outcome {
	o.mu.Lock()
	switch {
	case o.closed:
		o.mu.Unlock()
		return ended
	case o.frames > 0 && (o.frames >= o.maxFrames || len(o.data)+octets > o.maxOctets), !o.memory.take(octets):
		o.mu.Unlock()
		return full
	}
	before := len(o.data)
	o.data = encode(o.data)
	o.memory.release(octets - (len(o.data) - before)) // less where the framing is
	o.frames++
	o.mu.Unlock()
	select {
	case o.wake <- struct{}{}:
	default:
	}
	return queued
}

// take returns all that waits, in exchange for an empty buffer. It reports false
// when nothing will come any more. What it returns goes to written when it has
// been sent, or never will be.
func (o *outbox) take(empty []byte) (data []byte, more bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	data, o.data, o.frames = o.data, empty, 0
	return data, !o.closed
}

// written lets go of what take has returned.
func (o *outbox) written(data []byte) { o.memory.release(len(data)) }

// len returns how many frames wait.
func (o *outbox) len() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.frames
}

// close lets nothing more in.
func (o *outbox) close() { o.end(false) }

// discard lets nothing more in, and nothing of what waits out.
func (o *outbox) discard() { o.end(true) }

func (o *outbox) end(discard bool) {
	o.mu.Lock()
	o.closed = true
	if discard {
		o.memory.release(len(o.data))
		o.data, o.frames = nil, 0
	}
	o.mu.Unlock()
	select {
	case o.wake <- struct{}{}:
	default:
	}
}
