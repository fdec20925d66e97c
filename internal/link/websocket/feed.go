package websocket

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync"

	"stellwerk/internal/point"
	"stellwerk/internal/tap"
)

// A window of so many messages, and about so many octets, of changes may be without
// confirmation: half of what may wait for a peer.
const (
	window       = 32
	windowOctets = maxWaiting / 2
)

// feed takes what is to be sent out of the queue and gives it to the peers.
type feed struct {
	link *Link
	wake chan struct{} // something below has changed

	mu      sync.Mutex
	joining []*peer // that wait for their snapshot; guarded by mu
	ready   []*peer // that get changes; guarded by mu
	left    []*peer // that were ready, and are not any more; guarded by mu

	// Used by run alone.
	sequence    uint64
	outstanding []batch
	told        uint64 // updates let go by the queue that peers were told of
}

// batch is a message whose updates are still in the queue.
type batch struct {
	sequence uint64
	position point.Position
	octets   int
}

func newFeed(l *Link) *feed { return &feed{link: l, wake: make(chan struct{}, 1)} }

func (f *feed) signal() {
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// join asks for a snapshot for a peer, and for every change from then on.
func (f *feed) join(p *peer) {
	f.mu.Lock()
	f.joining = append(f.joining, p)
	f.mu.Unlock()
	f.signal()
}

// leave takes a peer out.
func (f *feed) leave(p *peer) {
	is := func(each *peer) bool { return each == p }
	f.mu.Lock()
	f.joining = slices.DeleteFunc(f.joining, is)
	if slices.ContainsFunc(f.ready, is) {
		f.ready = slices.DeleteFunc(f.ready, is)
		f.left = append(f.left, p)
	}
	f.mu.Unlock()
	f.signal()
}

var errWoken = errors.New("woken")

// run feeds the peers until ctx ends.
func (f *feed) run(ctx context.Context) {
	queue := f.link.setup.Queue
	queue.Rewind() // what a link before this one has sent and nobody confirmed
	buffer := make([]point.Update, f.link.options.Batch)
	for ctx.Err() == nil {
		ready := f.settle(queue)
		if len(ready) == 0 || f.full(ready) {
			select {
			case <-f.wake:
			case <-ctx.Done():
			}
			continue
		}
		n, last, err := f.next(ctx, queue, buffer)
		switch {
		case err == nil:
			f.overflow(ready)
			f.changes(ready, buffer[:n], last)
		case ctx.Err() == nil && !errors.Is(err, errWoken):
			f.link.drop(point.ID{Link: f.link.setup.Name}, 0, tap.QueueFull, err)
			return
		}
	}
}

// full reports whether no more may be sent without confirmation, or a peer that
// confirms has as much before it still, as after changes that come again.
func (f *feed) full(ready []*peer) bool {
	if slices.ContainsFunc(ready, func(p *peer) bool { return p.confirms.Load() && p.backlog() >= windowOctets }) {
		return true
	}
	octets := 0
	for _, b := range f.outstanding {
		octets += b.octets
	}
	return len(f.outstanding) >= window || octets >= windowOctets
}

// next waits for updates, or until something has changed.
func (f *feed) next(ctx context.Context, queue point.Queue, buffer []point.Update) (int, point.Position, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	var watch sync.WaitGroup
	watch.Go(func() {
		select {
		case <-f.wake:
			cancel(errWoken)
		case <-ctx.Done():
		}
	})
	n, last, err := queue.Next(ctx, buffer)
	cancel(nil)
	watch.Wait()
	return n, last, err
}

// settle lets new peers in, lets go of what is confirmed, and returns who is ready.
func (f *feed) settle(queue point.Queue) []*peer {
	f.mu.Lock()
	left, joining := f.left, f.joining
	f.left, f.joining = nil, nil
	again := slices.ContainsFunc(left, func(p *peer) bool { return len(f.ready) == 0 || p.confirms.Load() && f.lacks(p) })
	f.mu.Unlock()
	if again { // what a peer has not confirmed goes to those that are there, or come
		f.outstanding = f.outstanding[:0]
		queue.Rewind()
	}
	for _, p := range joining {
		f.snapshot(p)
	}
	f.mu.Lock()
	for _, p := range joining {
		if !p.gone.Load() {
			f.ready = append(f.ready, p)
		}
	}
	ready := slices.Clone(f.ready)
	moved := len(f.left) > 0
	f.mu.Unlock()
	if moved { // what they lack is looked at first, in the next round, which leave has asked for
		return ready
	}
	for done := confirmed(ready); len(f.outstanding) > 0 && f.outstanding[0].sequence <= done; {
		queue.Done(f.outstanding[0].position)
		f.outstanding = slices.Delete(f.outstanding, 0, 1)
	}
	return ready
}

// confirmed returns up to where changes have arrived: at all peers that confirm, or
// where none does, at one of those that only listen, since nobody knows more.
func confirmed(ready []*peer) uint64 {
	all, some, confirming := uint64(math.MaxUint64), uint64(0), false
	for _, p := range ready {
		sequence := p.confirmed.Load()
		if p.confirms.Load() {
			all, confirming = min(all, sequence), true
		} else {
			some = max(some, sequence)
		}
	}
	if confirming {
		return all
	}
	return some
}

// lacks reports whether a peer has not confirmed all that it was sent.
func (f *feed) lacks(p *peer) bool {
	n := len(f.outstanding)
	return n > 0 && p.confirmed.Load() < f.outstanding[n-1].sequence
}

// snapshot gives a peer the state of all points. Which points there are is asked
// now, what they are when their turn comes.
func (f *feed) snapshot(p *peer) {
	p.confirmed.Store(f.sequence)
	l := f.link
	var message []byte
	count := 0
	begin := func() { message, count = appendHead(nil, kindSnapshot, f.sequence), 0 }
	begin()
	var traces []point.Trace
	for update := range l.setup.Source.Snapshot(l.setup.Name) {
		if count == l.options.Batch {
			p.send(outgoing{data: append(message, `],"last":false}`...), traces: traces})
			begin()
			traces = nil
		}
		start := len(message)
		if count > 0 {
			message = append(message, ',')
		}
		var err error
		if message, err = appendPoint(message, &update); err != nil {
			message = message[:start] // untouched telegrams have no place here
			continue
		}
		count++
		traces = related(traces, update.Trace)
	}
	p.send(outgoing{data: append(message, `],"last":true}`...), traces: traces})
}

// changes gives updates to all peers that are ready.
func (f *feed) changes(ready []*peer, updates []point.Update, last point.Position) {
	f.sequence++
	message, count := appendHead(nil, kindChange, f.sequence), 0
	var traces []point.Trace
	for i := range updates {
		u := &updates[i]
		start := len(message)
		if count > 0 {
			message = append(message, ',')
		}
		var err error
		if message, err = appendPoint(message, u); err != nil {
			message = message[:start]
			f.link.drop(u.ID, u.Trace, tap.NotEncodable, err)
			continue
		}
		count++
		traces = related(traces, u.Trace)
	}
	message = append(message, "]}"...)
	f.outstanding = append(f.outstanding, batch{f.sequence, last, len(message)})
	for _, p := range ready {
		p.send(outgoing{data: message, sequence: f.sequence, traces: traces})
	}
}

// related adds a trace that is not the last one already.
func related(traces []point.Trace, trace point.Trace) []point.Trace {
	if trace == 0 || len(traces) > 0 && traces[len(traces)-1] == trace {
		return traces
	}
	return append(traces, trace)
}

// overflow tells of updates that the queue had no room for.
func (f *feed) overflow(ready []*peer) {
	counting, ok := f.link.setup.Queue.(interface{ State() point.QueueState })
	if !ok {
		return
	}
	dropped := counting.State().Dropped
	if dropped == f.told {
		return
	}
	for _, p := range ready {
		p.send(outgoing{data: encode(&message{Kind: kindOverflow, Dropped: dropped - f.told})})
	}
	f.told = dropped
}
