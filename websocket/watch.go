package websocket

import (
	"context"
	"sync"
	"sync/atomic"
)

// watches call a function when a context ends during a call. A context that
// comes twice in a row stays registered between the calls, so that a loop with
// one context does not register it for each message.
type watches struct {
	ended func(error) // is called with the error of the context

	kept   atomic.Pointer[watch] // changed under mu
	mu     sync.Mutex
	last   <-chan struct{} // Done of the last one that was registered; guarded by mu
	closed bool            // guarded by mu
}

// watch is a context that is registered.
type watch struct {
	done  <-chan struct{}
	stop  func() bool
	calls atomic.Int32 // that are going on
	stays atomic.Bool  // also without calls
	over  atomic.Bool  // the context has ended
}

// begin begins a call. What it returns is for finish.
func (w *watches) begin(ctx context.Context) *watch {
	done := ctx.Done()
	if done == nil {
		return nil
	}
	if one := w.kept.Load(); one != nil && one.done == done {
		one.calls.Add(1)
		if w.kept.Load() == one { // and drop sees the call
			if one.over.Load() {
				w.ended(ctx.Err())
			}
			return one
		}
		w.finish(one)
	}
	return w.register(ctx, done)
}

func (w *watches) register(ctx context.Context, done <-chan struct{}) *watch {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return nil
	}
	one := &watch{done: done}
	one.calls.Store(1)
	one.stop = context.AfterFunc(ctx, func() {
		one.over.Store(true)
		if one.calls.Load() > 0 { // who calls later sees over
			w.ended(ctx.Err())
		}
	})
	if w.last == done {
		one.stays.Store(true)
		w.keep(one)
	}
	w.last = done
	return one
}

// finish ends a call.
func (w *watches) finish(one *watch) {
	if one != nil && one.calls.Add(-1) == 0 && !one.stays.Load() {
		one.stop()
	}
}

// keep keeps another one, nil for none. The caller holds mu.
func (w *watches) keep(one *watch) {
	old := w.kept.Swap(one)
	if old == nil {
		return
	}
	old.stays.Store(false)
	if old.calls.Load() == 0 { // otherwise finish does it
		old.stop()
	}
}

// close forgets all, for ever.
func (w *watches) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed, w.last = true, nil
	w.keep(nil)
}
