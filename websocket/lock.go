package websocket

import (
	"sync/atomic"
	"time"
)

// lock is held by one goroutine. Unlike a mutex it can be waited for together
// with other things.
type lock struct {
	held    atomic.Bool
	waiters atomic.Int32
	wake    chan struct{} // of one: somebody who waits is to look again
}

func newLock() lock { return lock{wake: make(chan struct{}, 1)} }

// try takes the lock if nobody holds it.
func (l *lock) try() bool { return l.held.CompareAndSwap(false, true) }

// take waits for the lock until end is closed; it reports whether it has it.
func (l *lock) take(end <-chan struct{}) bool {
	return l.try() || l.wait(end, nil)
}

// takeWithin is take with a limit.
func (l *lock) takeWithin(end <-chan struct{}, limit time.Duration) bool {
	if l.try() {
		return true
	}
	timer := time.NewTimer(limit)
	defer timer.Stop()
	return l.wait(end, timer.C)
}

func (l *lock) wait(end <-chan struct{}, over <-chan time.Time) bool {
	l.waiters.Add(1)
	defer l.waiters.Add(-1)
	for !l.try() {
		select {
		case <-l.wake:
		case <-end:
			return false
		case <-over:
			return false
		}
	}
	return true
}

func (l *lock) release() {
	l.held.Store(false)
	if l.waiters.Load() > 0 { // who begins to wait now tries once more before
		select {
		case l.wake <- struct{}{}:
		default: // one has been told and has not looked yet
		}
	}
}
