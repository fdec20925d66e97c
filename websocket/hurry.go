package websocket

import (
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// hurry bounds the time of a frame. A deadline of the connection for each frame
// would cost more than a small frame itself; this is one timer, which is set only
// when it would ring too late.
type hurry struct {
	conn net.Conn

	begin time.Time
	until atomic.Int64 // ns after begin, 0 for no limit
	rings atomic.Int64 // when the timer rings, 0 for never; changed under mu
	limit time.Duration
	over  atomic.Bool

	mu     sync.Mutex
	timer  *time.Timer // guarded by mu
	closed bool        // guarded by mu
}

// errSlow is a frame whose rest does not come.
var errSlow error = timeoutError("the peer is too slow")

// set sets the limit. Only the reader calls it, and lift and explain.
func (h *hurry) set(limit time.Duration) {
	h.limit = limit
	until := max(1, int64(time.Since(h.begin)+limit))
	h.until.Store(until)
	if rings := h.rings.Load(); rings == 0 || rings > until {
		h.look()
	}
}

// lift lifts the limit.
func (h *hurry) lift() { h.until.Store(0) }

// ring is what the timer calls.
func (h *hurry) ring() {
	h.mu.Lock()
	h.rings.Store(0) // who sets a limit now looks for himself
	h.mu.Unlock()
	h.look()
}

// look sets the timer, or ends the limit.
func (h *hurry) look() {
	h.mu.Lock()
	defer h.mu.Unlock()
	until, rings := h.until.Load(), h.rings.Load()
	if h.closed || until == 0 || rings != 0 && rings <= until {
		return
	}
	left := time.Duration(until) - time.Since(h.begin)
	switch {
	case left <= 0:
		h.over.Store(true)
		_ = h.conn.SetReadDeadline(time.Unix(1, 0)) // who reads is woken; a connection that is broken wakes him anyway
		return
	case h.timer == nil:
		h.timer = time.AfterFunc(left, h.ring)
	default:
		h.timer.Reset(left)
	}
	h.rings.Store(until)
}

// explain makes of an error of reading that the limit is over.
func (h *hurry) explain(err error) error {
	if h.over.Load() && errors.Is(err, os.ErrDeadlineExceeded) {
		return fmt.Errorf("%w: the rest of a frame has not come within %v", errSlow, h.limit)
	}
	return err
}

// close ends the timer.
func (h *hurry) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	if h.timer != nil {
		h.timer.Stop()
	}
}
