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
// when the last one is over.
type hurry struct {
	conn net.Conn

	begin time.Time
	until atomic.Int64 // ns after begin, 0 for no limit
	limit time.Duration
	armed atomic.Bool // the timer runs
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
	h.until.Store(max(1, int64(time.Since(h.begin)+limit)))
	if h.armed.CompareAndSwap(false, true) {
		h.arm(limit)
	}
}

// lift lifts the limit.
func (h *hurry) lift() { h.until.Store(0) }

func (h *hurry) arm(in time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.closed:
	case h.timer == nil:
		h.timer = time.AfterFunc(in, h.look)
	default:
		h.timer.Reset(in)
	}
}

// look is what the timer calls.
func (h *hurry) look() {
	for {
		until := h.until.Load()
		if until != 0 {
			if left := time.Duration(until) - time.Since(h.begin); left > 0 {
				h.arm(left)
				return
			}
			h.over.Store(true)
			_ = h.conn.SetReadDeadline(time.Unix(1, 0)) // who reads is woken; a connection that is broken wakes him anyway
			return
		}
		h.armed.Store(false)
		if h.until.Load() == 0 || !h.armed.CompareAndSwap(false, true) {
			return // otherwise a limit was set in between
		}
	}
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
