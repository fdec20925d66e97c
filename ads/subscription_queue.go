package ads

import (
	"context"
	"errors"
	"iter"
	"sync"
	"time"
)

// DefaultQueue is how many notifications a [NotificationQueue] holds where
// nothing else is said.
const DefaultQueue = 4096

// NotificationEvent says what a [Notification] tells.
type NotificationEvent uint8

// The events.
const (
	// Sample is a value.
	Sample NotificationEvent = iota
	// Lost says that no values come until further notice, for the reason in
	// Err: what was received before is stale. A [Supervisor] subscribes again;
	// then a sample comes with a Gap. Where that fails for a reason of the
	// variable's own, such as that it is gone, it comes once more.
	Lost
	// Ended says that nothing comes any more, for the reason in Err.
	Ended
)

// String returns the event's name.
func (e NotificationEvent) String() string {
	switch e {
	case Sample:
		return "sample"
	case Lost:
		return "lost"
	case Ended:
		return "ended"
	default:
		return "unknown event"
	}
}

// Notification is what a subscription has brought.
type Notification struct {
	Subscription *Subscription
	Event        NotificationEvent
	// Time is the device's time stamp of a sample, and the time of this machine
	// of other events.
	Time time.Time
	// Data are the octets of a sample, which belong to the receiver.
	Data []byte
	// Dropped is how many samples of the subscription were thrown away before
	// this notification as the queue was full.
	Dropped uint64
	// Gap is there with the first sample after a time without any.
	Gap *Gap
	// Err is the reason of an event.
	Err error

	symbol *named
}

// Value decodes a sample of a variable that was subscribed to by name; see
// [symbol.Type.Decode]. Without a name it is the octets.
func (n *Notification) Value() (any, error) {
	switch {
	case n.Event != Sample:
		return nil, n.Err
	case n.symbol == nil:
		return n.Data, nil
	}
	return n.symbol.value(n.Data)
}

// Unmarshal decodes a sample of a variable that was subscribed to by name into
// the Go variable that into points to; see [symbol.Type.Unmarshal].
func (n *Notification) Unmarshal(into any) error {
	switch {
	case n.Event != Sample:
		return n.Err
	case n.symbol == nil:
		return errors.New("unmarshal: the subscription has no name, and so no type")
	}
	return n.symbol.unmarshal(n.Data, into)
}

// Gap is a time in which a subscription could not bring samples.
type Gap struct {
	// From is when samples were last known to come, and To when they came again,
	// by the clock of this machine.
	From, To time.Time
	// Err is why they did not come.
	Err error
}

// NotificationQueue takes what subscriptions bring until somebody asks for it.
// Any number of subscriptions, also of several clients, may share a queue. The
// connection never waits for it: when it is full the oldest notification is
// thrown away for the new one, counted, and told with the next notification of
// the same subscription; the gap that it may have told goes over to that one. All
// methods are safe for concurrent use.
type NotificationQueue struct {
	mu      sync.Mutex
	ring    []Notification // guarded by mu, as are all below
	first   int
	count   int
	most    int
	dropped uint64
	wake    chan struct{}
}

// NewNotificationQueue returns a queue for so many notifications; 0 is
// [DefaultQueue].
func NewNotificationQueue(capacity int) *NotificationQueue {
	if capacity <= 0 {
		capacity = DefaultQueue
	}
	return &NotificationQueue{most: capacity, wake: make(chan struct{}, 1)}
}

// Next returns the next notification. It waits until there is one; the error is
// the cause of the context's end.
func (q *NotificationQueue) Next(ctx context.Context) (Notification, error) {
	for {
		if n, ok := q.TryNext(); ok {
			return n, nil
		}
		select {
		case <-q.wake:
		case <-ctx.Done():
			return Notification{}, context.Cause(ctx)
		}
	}
}

// TryNext returns the next notification where there is one.
func (q *NotificationQueue) TryNext() (Notification, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.count == 0 {
		return Notification{}, false
	}
	n := q.pop()
	if q.count > 0 {
		q.signal() // for another one that waits
	}
	s := n.Subscription
	n.Dropped, s.dropped = s.dropped, 0
	if s.gap != nil {
		if n.Gap != nil {
			s.gap.To = n.Gap.To
		}
		n.Gap, s.gap = s.gap, nil
	}
	return n, true
}

// All walks notifications as they come, until the context ends.
func (q *NotificationQueue) All(ctx context.Context) iter.Seq[Notification] {
	return func(yield func(Notification) bool) {
		for {
			n, err := q.Next(ctx)
			if err != nil || !yield(n) {
				return
			}
		}
	}
}

// Len returns how many notifications wait.
func (q *NotificationQueue) Len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.count
}

// Dropped returns how many notifications were thrown away, all subscriptions
// together.
func (q *NotificationQueue) Dropped() uint64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.dropped
}

func (q *NotificationQueue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// pop takes the oldest out. The caller holds mu.
func (q *NotificationQueue) pop() Notification {
	n := q.ring[q.first]
	q.ring[q.first] = Notification{}
	q.first = (q.first + 1) % len(q.ring)
	q.count--
	return n
}

// push puts a notification in. It never waits.
func (q *NotificationQueue) push(n Notification) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.count == q.most {
		old := q.pop()
		q.dropped++
		if old.Event == Sample {
			old.Subscription.dropped++
		}
		if old.Gap != nil && old.Subscription.gap == nil {
			old.Subscription.gap = old.Gap
		}
	}
	if q.count == len(q.ring) {
		q.grow()
	}
	q.ring[(q.first+q.count)%len(q.ring)] = n
	q.count++
	q.signal()
}

func (q *NotificationQueue) grow() {
	ring := make([]Notification, min(q.most, max(16, 2*len(q.ring))))
	for i := range q.count {
		ring[i] = q.ring[(q.first+i)%len(q.ring)]
	}
	q.ring, q.first = ring, 0
}
