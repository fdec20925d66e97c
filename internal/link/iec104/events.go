package iec104

import (
	"context"
	"sync"

	"stellwerk/iec104/asdu"
	"stellwerk/internal/point"
	"stellwerk/internal/tap"
)

// maxEncoded is how many ASDUs are kept ready for the wire: enough for a window
// to be filled, so few that measurands wait in the queue, where newer ones can take
// their place.
const maxEncoded = 64

// events is the queue of a link in the form in which a controlled station takes
// from it. It implements iec104.EventQueue over a point.Queue: an update is done
// when N(R) covers the last ASDU that carries a part of its batch.
type events struct {
	watcher *watcher
	encoder *encoder
	queue   point.Queue
	ready   chan struct{}
	room    chan struct{}

	mu    sync.Mutex
	list  []event // encoded and not done; guarded by mu
	taken int     // how many of the list are on their way; guarded by mu
	mark  overflow
}

// event is an encoded ASDU. Where it is the last of a batch, position says how
// far the queue is done with it.
type event struct {
	asdu     asdu.ASDU
	traces   []point.Trace
	position point.Position
}

func newEvents(w *watcher, e *encoder, queue point.Queue) *events {
	return &events{
		watcher: w, encoder: e, queue: queue,
		ready: make(chan struct{}, 1), room: make(chan struct{}, 1),
	}
}

// run encodes what comes into the queue until ctx ends.
func (q *events) run(ctx context.Context) {
	buffer := make([]point.Update, 128)
	q.queue.Rewind() // what a link before this one has sent and nobody confirmed
	for {
		for q.full() {
			select {
			case <-q.room:
			case <-ctx.Done():
				return
			}
		}
		n, last, err := q.queue.Next(ctx, buffer)
		if err != nil {
			return
		}
		q.add(buffer[:n], last)
	}
}

func (q *events) full() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.list) >= maxEncoded
}

// add encodes a batch. What cannot be sent is reported, and done.
func (q *events) add(updates []point.Update, last point.Position) {
	parts := q.encoder.encode(updates, func(u *point.Update, err error) {
		q.watcher.drop(u.ID, u.Trace, tap.NotEncodable, err)
	})
	q.mu.Lock()
	defer q.mu.Unlock()
	q.markLoss()
	sendable := 0
	for _, part := range parts {
		batch := updates[:part.updates]
		updates = updates[part.updates:]
		if part.asdu.Count() == 0 && len(part.asdu.Body()) == 0 {
			continue
		}
		sendable++
		q.list = append(q.list, event{asdu: part.asdu, traces: tracesOf(batch)})
	}
	switch {
	case sendable > 0:
		q.list[len(q.list)-1].position = last
		q.signal(q.ready)
	case len(q.list) > 0:
		// Nothing of the batch is sent: it is done when what precedes it is.
		q.list[len(q.list)-1].position = last
	default:
		q.queue.Done(last)
	}
}

// tracesOf returns the numbers of the telegrams that updates came in, each once.
func tracesOf(updates []point.Update) []point.Trace {
	var traces []point.Trace
	for _, u := range updates {
		if u.Trace != 0 && (len(traces) == 0 || traces[len(traces)-1] != u.Trace) {
			traces = append(traces, u.Trace)
		}
	}
	return traces
}

func (*events) signal(channel chan struct{}) {
	select {
	case channel <- struct{}{}:
	default:
	}
}

// Next is part of iec104.EventQueue.
func (q *events) Next() (asdu.ASDU, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.taken == len(q.list) {
		return asdu.ASDU{}, false
	}
	next := q.list[q.taken]
	q.taken++
	q.watcher.relate(next.asdu, next.traces)
	return next.asdu, true
}

// Done is part of iec104.EventQueue.
func (q *events) Done(n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	var position point.Position
	for _, e := range q.list[:n] {
		position = max(position, e.position)
		for _, trace := range e.traces {
			q.watcher.setup.Tap.Emit(tap.Event{
				Stage: tap.Confirmed, Direction: tap.Out, Link: q.watcher.setup.Name, Trace: trace,
			})
		}
	}
	q.list = append(q.list[:0], q.list[n:]...)
	q.taken -= n
	if position > 0 {
		q.queue.Done(position)
		q.markRelief()
	}
	q.signal(q.room)
}

// Rewind is part of iec104.EventQueue.
func (q *events) Rewind() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.taken = 0
	if len(q.list) > 0 {
		q.signal(q.ready)
	}
}

// Ready is part of iec104.EventQueue.
func (q *events) Ready() <-chan struct{} { return q.ready }
