package tap

import (
	"bytes"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// MaxRaw is the number of octets of a telegram that observers get to see. Longer
// ones are cut short, and [Event.Length] says how long they were.
const MaxRaw = 64 << 10

// Tap is where events are reported. The zero Tap is ready, and a nil *Tap
// swallows everything, so that nobody needs to ask whether there is one. It may
// be used by several goroutines at the same time.
type Tap struct {
	subscriptions atomic.Pointer[[]*Subscription]
	mu            sync.Mutex // serialises changes of the list
}

// Listening says whether anybody observes. Whoever has to work to build an event
// asks first.
func (t *Tap) Listening() bool { return t != nil && t.subscriptions.Load() != nil }

// Emit gives the event to every subscription and never waits. It copies Raw and
// Related, and only if anybody observes.
func (t *Tap) Emit(e Event) {
	if t == nil {
		return
	}
	if list := t.subscriptions.Load(); list != nil {
		spread(*list, e)
	}
}

// spread is the part of Emit that costs something.
func spread(list []*Subscription, e Event) {
	if e.Time.IsZero() {
		e.Time = time.Now()
	}
	if len(e.Raw) > MaxRaw {
		e.Length = len(e.Raw)
		e.Raw = e.Raw[:MaxRaw]
	}
	e.Raw = bytes.Clone(e.Raw)
	e.Related = slices.Clone(e.Related)
	for _, s := range list {
		s.put(&e)
	}
}

// Subscribe begins to observe. The caller reads the subscription and closes it.
func (t *Tap) Subscribe(options Options) *Subscription {
	s := newSubscription(options)
	s.leave = func() { t.change(func(list []*Subscription) []*Subscription { return remove(list, s) }) }
	t.change(func(list []*Subscription) []*Subscription { return append(list, s) })
	return s
}

// change puts another list in place of the one that Emit may be reading.
func (t *Tap) change(edit func([]*Subscription) []*Subscription) {
	t.mu.Lock()
	defer t.mu.Unlock()
	var list []*Subscription
	if old := t.subscriptions.Load(); old != nil {
		list = slices.Clone(*old)
	}
	if list = edit(list); len(list) == 0 {
		t.subscriptions.Store(nil)
		return
	}
	t.subscriptions.Store(&list)
}

func remove(list []*Subscription, s *Subscription) []*Subscription {
	return slices.DeleteFunc(list, func(other *Subscription) bool { return other == s })
}
