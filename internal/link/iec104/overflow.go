package iec104

import (
	"slices"
	"time"

	"stellwerk/internal/point"
)

// overflow is the point that tells the control centre that updates for it were let
// go because the queue was full. It does not go through that queue, where it could be
// let go itself: it is put before what is sent next. It is part of events, whose
// mutex guards it.
type overflow struct {
	id   point.ID // zero where there is none
	on   bool
	lost uint64 // updates let go that were told of
}

// update returns the state of the point.
func (o *overflow) update() point.Update {
	return point.Update{ID: o.id, Value: point.SingleValue(o.on), Cause: point.CauseSpontaneous}
}

// counting is a queue that says what it holds and what it let go.
type counting interface{ State() point.QueueState }

// markLoss sets the point when the queue has let updates go. The caller holds the
// mutex.
func (q *events) markLoss() {
	queue, counts := q.queue.(counting)
	if !counts || q.mark.id == (point.ID{}) {
		return
	}
	if lost := queue.State().Dropped; lost != q.mark.lost {
		q.mark.lost = lost
		q.setMark(true)
	}
}

// markRelief resets the point when nothing waits any more. The caller holds the
// mutex.
func (q *events) markRelief() {
	queue, counts := q.queue.(counting)
	if counts && q.mark.on && queue.State().Held == 0 {
		q.setMark(false)
	}
}

func (q *events) setMark(on bool) {
	if q.mark.on == on {
		return
	}
	q.mark.on = on
	update := q.mark.update()
	update.Time = point.SourceTime(time.Now(), 0)
	for _, part := range q.encoder.encode([]point.Update{update}, func(*point.Update, error) {}) {
		q.list = slices.Insert(q.list, q.taken, event{asdu: part.asdu})
	}
	q.signal(q.ready)
}

// marked returns the state of the point, for those who ask; false where the point is
// another one.
func (q *events) marked(id point.ID) (point.Update, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if id != q.mark.id || id == (point.ID{}) {
		return point.Update{}, false
	}
	return q.mark.update(), true
}
