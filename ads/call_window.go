package ads

import (
	"time"

	"stellwerk/ads/ams"
)

// Pauses after a full mailbox: the first, and what its doubling ends at.
const (
	firstPause = 2 * time.Millisecond
	lastPause  = 250 * time.Millisecond
)

// callWindow is how many requests may be open at a target. A full mailbox halves
// it, once for all requests that were under way then, and as many answers as it
// is wide widen it by one. Guarded by clientConn.mu.
type callWindow struct {
	most    int
	limit   int
	open    int
	good    int           // answers since the last change
	epoch   uint64        // counts the times that the limit was halved
	pause   time.Duration // the next one
	resume  time.Duration // until then nothing is sent
	waiting callQueue
}

func newCallWindow(most int) callWindow {
	return callWindow{most: most, limit: most, pause: firstPause}
}

// free reports whether a request may be sent.
func (w *callWindow) free(now time.Duration) bool {
	return w.open < w.limit && (w.resume == 0 || now >= w.resume)
}

// answered widens the window.
func (w *callWindow) answered() {
	w.pause = firstPause
	if w.limit == w.most {
		return
	}
	if w.good++; w.good >= w.limit {
		w.limit++
		w.good = 0
	}
}

// refused narrows the window for a request that a full mailbox has not taken.
func (w *callWindow) refused(k *call, now time.Duration) {
	if k.epoch != w.epoch {
		return // sent before the last time
	}
	w.epoch++
	w.limit, w.good = max(1, w.limit/2), 0
	w.resume = now + w.pause
	w.pause = min(2*w.pause, lastPause)
}

// mailboxFull reports whether a return code says that the target has not taken
// the request for want of room.
func mailboxFull(code ams.ReturnCode) bool {
	return code == ams.Mailbox || code == ams.MailboxFull
}
