package station

import (
	"sync"
	"time"
)

// timers run functions later, each in a goroutine of its own, until they are
// closed.
type timers struct {
	mu      sync.Mutex
	closed  bool                     // guarded by mu
	all     map[*time.Timer]struct{} // guarded by mu
	running sync.WaitGroup
}

// after runs a function after some time, unless the timers are closed before.
func (t *timers) after(d time.Duration, f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return
	}
	if t.all == nil {
		t.all = make(map[*time.Timer]struct{})
	}
	var timer *time.Timer
	t.running.Add(1)
	timer = time.AfterFunc(d, func() {
		defer t.running.Done()
		t.mu.Lock()
		delete(t.all, timer)
		closed := t.closed
		t.mu.Unlock()
		if !closed {
			f()
		}
	})
	t.all[timer] = struct{}{}
}

// every runs a function at a period, which does not drift. Times that pass
// while the function runs are left out.
func (t *timers) every(period time.Duration, f func()) {
	next := time.Now().Add(period)
	var tick func()
	tick = func() {
		f()
		now := time.Now()
		if next = next.Add(period); next.Before(now) {
			next = now.Add(period)
		}
		t.after(next.Sub(now), tick)
	}
	t.after(period, tick)
}

// close stops the timers and waits for what is running.
func (t *timers) close() {
	t.mu.Lock()
	t.closed = true
	for timer := range t.all {
		if timer.Stop() {
			t.running.Done()
		}
	}
	t.all = nil
	t.mu.Unlock()
	t.running.Wait()
}
