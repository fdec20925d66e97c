package websocket

import (
	"context"
	"sync"
	"time"
)

// lock is held by one goroutine. Unlike a mutex it can be waited for together
// with other things.
type lock chan struct{}

func newLock() lock { return make(lock, 1) }

// try takes the lock if nobody holds it.
func (l lock) try() bool {
	select {
	case l <- struct{}{}:
		return true
	default:
		return false
	}
}

// take waits for the lock until end is closed; it reports whether it has it.
func (l lock) take(end <-chan struct{}) bool {
	if l.try() {
		return true
	}
	select {
	case l <- struct{}{}:
		return true
	case <-end:
		return false
	}
}

// takeWithin is take with a limit.
func (l lock) takeWithin(end <-chan struct{}, limit time.Duration) bool {
	if l.try() {
		return true
	}
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case l <- struct{}{}:
		return true
	case <-end:
		return false
	case <-timer.C:
		return false
	}
}

func (l lock) release() { <-l }

// watches call a function when a context ends during a call. A context that
// comes twice in a row stays registered between the calls, so that a loop with
// one context does not register it for each message.
type watches struct {
	ended func(error) // is called with the error of the context

	mu     sync.Mutex
	all    []*watch        // guarded by mu
	last   <-chan struct{} // Done of the last one; guarded by mu
	closed bool            // guarded by mu
}

// watch is a context that is registered.
type watch struct {
	done  <-chan struct{}
	stop  func() bool
	calls int  // that are going on; guarded by watches.mu
	stays bool // also without calls
}

// begin begins a call. What it returns is for finish.
func (w *watches) begin(ctx context.Context) *watch {
	done := ctx.Done()
	if done == nil {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return nil
	}
	stays := w.last == done
	w.last = done
	for _, one := range w.all {
		if one.done == done {
			one.calls++
			one.stays = one.stays || stays
			return one
		}
	}
	if stays { // one of them, so that there are not many
		w.forget(func(one *watch) bool { return one.calls == 0 })
	}
	one := &watch{done: done, calls: 1, stays: stays}
	one.stop = context.AfterFunc(ctx, func() {
		w.mu.Lock()
		waiting := one.calls > 0 && !w.closed
		w.forget(func(other *watch) bool { return other == one })
		w.mu.Unlock()
		if waiting {
			w.ended(ctx.Err())
		}
	})
	w.all = append(w.all, one)
	return one
}

// finish ends a call.
func (w *watches) finish(one *watch) {
	if one == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if one.calls--; one.calls == 0 && !one.stays {
		w.forget(func(other *watch) bool { return other == one })
	}
}

// close forgets all, for ever.
func (w *watches) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed, w.last = true, nil
	w.forget(func(*watch) bool { return true })
}

// forget forgets some. The caller holds mu.
func (w *watches) forget(which func(*watch) bool) {
	kept := w.all[:0]
	for _, one := range w.all {
		if which(one) {
			one.stop()
		} else {
			kept = append(kept, one)
		}
	}
	clear(w.all[len(kept):])
	w.all = kept
}
