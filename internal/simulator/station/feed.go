package station

import (
	"context"
	"sync"

	"stellwerk/iec104/asdu"
)

// feedRoom is how many ASDUs a feed holds that are not acknowledged yet.
const feedRoom = 256

// feed is an iec104.EventQueue whose writer waits while it is full, so that
// nothing is lost however fast it writes.
type feed struct {
	ready chan struct{}
	room  chan struct{}

	mu    sync.Mutex
	list  []asdu.ASDU // guarded by mu
	taken int         // guarded by mu
}

func newFeed() *feed {
	return &feed{ready: make(chan struct{}, 1), room: make(chan struct{}, 1)}
}

// push adds an ASDU, which must have octets of its own. It waits while the feed
// is full; the error is that of ctx.
func (f *feed) push(ctx context.Context, a asdu.ASDU) error {
	for {
		f.mu.Lock()
		if len(f.list) < feedRoom {
			f.list = append(f.list, a)
			f.mu.Unlock()
			notify(f.ready)
			return nil
		}
		f.mu.Unlock()
		select {
		case <-f.room:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// drained waits until the control centre has acknowledged everything.
func (f *feed) drained(ctx context.Context) error {
	for {
		f.mu.Lock()
		left := len(f.list)
		f.mu.Unlock()
		if left == 0 {
			return nil
		}
		select {
		case <-f.room:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func notify(channel chan struct{}) {
	select {
	case channel <- struct{}{}:
	default:
	}
}

// Next is part of iec104.EventQueue.
func (f *feed) Next() (asdu.ASDU, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.taken == len(f.list) {
		return asdu.ASDU{}, false
	}
	f.taken++
	return f.list[f.taken-1], true
}

// Done is part of iec104.EventQueue.
func (f *feed) Done(n int) {
	f.mu.Lock()
	f.list = append(f.list[:0], f.list[n:]...)
	f.taken -= n
	f.mu.Unlock()
	notify(f.room)
}

// Rewind is part of iec104.EventQueue.
func (f *feed) Rewind() {
	f.mu.Lock()
	f.taken = 0
	f.mu.Unlock()
	notify(f.ready)
}

// Ready is part of iec104.EventQueue.
func (f *feed) Ready() <-chan struct{} { return f.ready }
