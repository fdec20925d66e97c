package tap

import (
	"context"
	"sync"
)

// Bounds of a subscription where nothing else is said.
const (
	DefaultEvents = 4096
	DefaultOctets = 4 << 20
)

// Options are the settings of a [Subscription]. The zero value is ready for use.
type Options struct {
	// Events is the number of events kept until they are read; 0 means
	// DefaultEvents.
	Events int
	// Octets is the number of octets that the telegrams of those events may have
	// together; 0 means DefaultOctets.
	Octets int
	// Want chooses the events that are kept, or is nil for all. It is called on
	// the data path, by several goroutines at the same time, and must be quick.
	Want func(*Event) bool
}

// Subscription is the ring in which one observer finds events. When it is full
// the oldest event goes and is counted. One goroutine at a time may read it.
type Subscription struct {
	want  func(*Event) bool
	leave func()
	more  chan struct{} // signalled when events came

	mu     sync.Mutex // guards all below
	kept   ring
	lost   uint64
	closed bool
}

func newSubscription(options Options) *Subscription {
	s := &Subscription{want: options.Want, more: make(chan struct{}, 1)}
	s.kept.limit, s.kept.octetLimit = options.Events, options.Octets
	if options.Events <= 0 {
		s.kept.limit = DefaultEvents
	}
	if options.Octets <= 0 {
		s.kept.octetLimit = DefaultOctets
	}
	return s
}

func (s *Subscription) put(e *Event) {
	if s.want != nil && !s.want(e) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	for s.kept.full(e) {
		s.kept.pop()
		s.lost++
	}
	s.kept.push(e)
	select {
	case s.more <- struct{}{}:
	default:
	}
}

// Next waits until there is at least one event, moves the oldest ones to buffer
// in their order and says how many there are, and how many were lost since the
// call before. The error is that of ctx.
func (s *Subscription) Next(ctx context.Context, buffer []Event) (n int, lost uint64, err error) {
	for {
		n, lost = s.take(buffer)
		if n > 0 || len(buffer) == 0 {
			return n, lost, nil
		}
		select {
		case <-s.more:
		case <-ctx.Done():
			return 0, 0, context.Cause(ctx)
		}
	}
}

func (s *Subscription) take(buffer []Event) (n int, lost uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for n < len(buffer) && s.kept.events > 0 {
		buffer[n] = s.kept.pop()
		n++
	}
	if n > 0 {
		lost, s.lost = s.lost, 0
	}
	return n, lost
}

// Close ends the observation; what was not read is gone.
func (s *Subscription) Close() {
	s.leave()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.kept = ring{}
}
