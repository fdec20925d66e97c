package point

import (
	"context"
	"sync"
)

// FullRule says what a [MemoryQueue] does with new updates when it is full.
type FullRule uint8

// Rules for a full queue.
const (
	// FullWait makes Put wait until there is room or its context ends. The link in
	// front then stops confirming, and in the end its peer keeps the events.
	FullWait FullRule = iota
	// FullDropOldest lets the oldest updates go, measurands before events. Each
	// one is counted and reported.
	FullDropOldest
)

// DefaultQueueLimit is the number of updates that a [MemoryQueue] holds at most
// where nothing else is said.
const DefaultQueueLimit = 65536

// QueueOptions are the settings of a [MemoryQueue]. The zero value is ready for
// use.
type QueueOptions struct {
	// Limit is the number of updates held at most; 0 means DefaultQueueLimit.
	Limit int
	// Full is the rule for a full queue.
	Full FullRule
	// ReplaceTimed lets a newer measurand take the place of an older one even if
	// they carry times. Without it only measurands without a time are replaced.
	ReplaceTimed bool
	// Dropped is called for each update that was let go because the queue was
	// full, and Replaced for each whose place a newer one took. Both may be nil.
	// They are called while the queue is locked: they must not wait and must not
	// call the queue.
	Dropped, Replaced func(Update)
}

// QueueState is what a [MemoryQueue] holds and has done.
type QueueState struct {
	// Held is the number of updates in the queue, Sent of them were handed out and
	// are not confirmed yet.
	Held, Sent int
	// Replaced counts updates whose place a newer one took, Dropped those that
	// were let go because the queue was full.
	Replaced, Dropped uint64
}

// MemoryQueue is a bounded [Queue] in memory: what it holds is lost when the
// program ends.
//
// It tells events from measurands. An event is something that happened and must
// not be lost: every kind of value except Number, unless its cause is one that
// repeats a state. All else is a measurand. The rules are:
//
//   - Order is kept. Only where a measurand without a time waits, was not handed
//     out yet, and is the last that waits for its point, does a newer measurand of
//     the same point, also without a time, take its place. So a destination that
//     is away for long costs one place for each measured value and finds the
//     newest one when it comes back, while events wait one behind the other.
//   - A full queue makes Put wait ([FullWait]), or lets the oldest measurands go
//     and only then the oldest events ([FullDropOldest]). An update that takes the
//     place of another needs no room.
//   - A batch is taken as a whole or not at all. One that is larger than the limit
//     waits until the queue is empty.
//
// Any number of goroutines may call Put; one at a time Next, Done and Rewind.
type MemoryQueue struct {
	options QueueOptions
	turn    chan struct{} // held during Put, so that a waiting batch is not overtaken
	room    chan struct{} // signalled when updates left
	more    chan struct{} // signalled when updates came

	mu         sync.Mutex // guards all below
	position   Position   // of the newest update
	events     lane
	measurands lane
	waiting    map[ID]uint64 // index in measurands of the replaceable one of a point
	replaced   uint64
	dropped    uint64
}

var _ Queue = (*MemoryQueue)(nil)

// NewMemoryQueue makes an empty queue. It starts no goroutine and needs no
// closing.
func NewMemoryQueue(options QueueOptions) *MemoryQueue {
	if options.Limit <= 0 {
		options.Limit = DefaultQueueLimit
	}
	return &MemoryQueue{
		options: options,
		turn:    make(chan struct{}, 1),
		room:    make(chan struct{}, 1),
		more:    make(chan struct{}, 1),
		waiting: make(map[ID]uint64),
	}
}

// Put takes a batch over. It waits while the queue is full, if that is its rule;
// the only error is that of ctx.
func (q *MemoryQueue) Put(ctx context.Context, batch []Update) error {
	if len(batch) == 0 {
		return nil
	}
	select {
	case q.turn <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { <-q.turn }()
	for !q.take(batch) {
		select {
		case <-q.room:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// take appends the batch if there is room for it or room can be made.
func (q *MemoryQueue) take(batch []Update) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	held := q.events.len() + q.measurands.len()
	if q.options.Full == FullWait && held > 0 && held+q.places(batch) > q.options.Limit {
		return false
	}
	for i := range batch {
		q.append(&batch[i])
	}
	signal(q.more)
	return true
}

// places says how many places the batch needs at most.
func (q *MemoryQueue) places(batch []Update) int {
	places := len(batch)
	for i := range batch {
		if _, waits := q.waiting[batch[i].ID]; waits && q.replaceable(&batch[i]) {
			places--
		}
	}
	return places
}

func (q *MemoryQueue) append(u *Update) {
	if q.replaceable(u) {
		if index, waits := q.waiting[u.ID]; waits {
			place := q.measurands.at(index)
			if q.options.Replaced != nil {
				q.options.Replaced(place.update)
			}
			place.update = *u
			q.replaced++
			return
		}
	}
	if q.options.Full == FullDropOldest && q.events.len()+q.measurands.len() >= q.options.Limit {
		q.drop()
	}
	q.position++
	s := slot{update: *u, position: q.position}
	if !u.Measurand() {
		q.events.push(s)
		delete(q.waiting, u.ID)
		return
	}
	index := q.measurands.push(s)
	if q.replaceable(u) {
		q.waiting[u.ID] = index
	} else {
		delete(q.waiting, u.ID)
	}
}

func (q *MemoryQueue) drop() {
	from := &q.measurands
	if from.len() == 0 {
		from = &q.events
	}
	gone := q.remove(from)
	q.dropped++
	if q.options.Dropped != nil {
		q.options.Dropped(gone)
	}
}

// remove takes the oldest update off a lane.
func (q *MemoryQueue) remove(from *lane) Update {
	index, s := from.pop()
	if from == &q.measurands && q.waiting[s.update.ID] == index {
		delete(q.waiting, s.update.ID)
	}
	return s.update
}

// Next copies the oldest updates that were not handed out yet.
func (q *MemoryQueue) Next(ctx context.Context, buffer []Update) (n int, last Position, err error) {
	if len(buffer) == 0 {
		return 0, 0, nil
	}
	for {
		if n, last = q.handOut(buffer); n > 0 {
			return n, last, nil
		}
		select {
		case <-q.more:
		case <-ctx.Done():
			return 0, 0, context.Cause(ctx)
		}
	}
}

func (q *MemoryQueue) handOut(buffer []Update) (n int, last Position) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for n < len(buffer) {
		from := &q.events
		if q.measurands.next().before(q.events.next()) {
			from = &q.measurands
		}
		s := from.next()
		if s == nil {
			break
		}
		if index := from.sent; from == &q.measurands && q.waiting[s.update.ID] == index {
			delete(q.waiting, s.update.ID)
		}
		from.sent++
		buffer[n], last = s.update, s.position
		n++
	}
	return n, last
}

// Done lets go of what was handed out, up to and including last.
func (q *MemoryQueue) Done(last Position) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, from := range [...]*lane{&q.events, &q.measurands} {
		for from.first < from.sent && from.at(from.first).position <= last {
			q.remove(from)
		}
	}
	signal(q.room)
}

// Rewind makes Next start again with the oldest update that is still there.
func (q *MemoryQueue) Rewind() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.events.sent, q.measurands.sent = q.events.first, q.measurands.first
	signal(q.more)
}

// State says what the queue holds and has done.
func (q *MemoryQueue) State() QueueState {
	q.mu.Lock()
	defer q.mu.Unlock()
	return QueueState{
		Held:     q.events.len() + q.measurands.len(),
		Sent:     int(q.events.sent - q.events.first + q.measurands.sent - q.measurands.first),
		Replaced: q.replaced,
		Dropped:  q.dropped,
	}
}

func (q *MemoryQueue) replaceable(u *Update) bool { return u.Replaceable(q.options.ReplaceTimed) }

// signal wakes the one goroutine that may be waiting.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// slot is one update in a lane.
type slot struct {
	update   Update
	position Position
}

// before says whether s is to be handed out before t. A nil slot is last.
func (s *slot) before(t *slot) bool {
	return s != nil && (t == nil || s.position < t.position)
}

// lane is a ring of slots in rising order of position. Slots are addressed by an
// index that counts all that were ever pushed.
type lane struct {
	ring  []slot // its length is 0 or a power of two
	first uint64 // the oldest slot
	sent  uint64 // the oldest slot that was not handed out
	end   uint64 // behind the newest slot
}

func (l *lane) len() int { return int(l.end - l.first) }

func (l *lane) at(index uint64) *slot { return &l.ring[index&uint64(len(l.ring)-1)] }

// next gives the oldest slot that was not handed out, or nil.
func (l *lane) next() *slot {
	if l.sent == l.end {
		return nil
	}
	return l.at(l.sent)
}

func (l *lane) push(s slot) (index uint64) {
	if l.len() == len(l.ring) {
		larger := lane{ring: make([]slot, max(64, 2*len(l.ring)))}
		for i := l.first; i < l.end; i++ {
			*larger.at(i) = *l.at(i)
		}
		l.ring = larger.ring
	}
	index = l.end
	*l.at(index) = s
	l.end++
	return index
}

func (l *lane) pop() (index uint64, s slot) {
	index = l.first
	s, *l.at(index) = *l.at(index), slot{}
	l.first++
	l.sent = max(l.sent, l.first)
	return index, s
}
