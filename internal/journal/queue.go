package journal

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/ncruces/go-sqlite3"

	"stellwerk/internal/point"
)

// DefaultOctets is what the entries of a queue may count for where nothing else is
// said: 1 GiB.
const DefaultOctets = 1 << 30

// QueueOptions are the settings of a [Queue].
type QueueOptions struct {
	// Limit is the number of updates held at most; 0 means
	// point.DefaultQueueLimit.
	Limit int
	// Octets bounds what the entries count for: their texts and telegrams, and 64
	// octets for each, which is about their place in the file. 0 means
	// DefaultOctets.
	Octets int64
	// Full is the rule for a full queue.
	Full point.FullRule
	// ReplaceTimed lets a newer measurand take the place of an older one even if
	// they carry times.
	ReplaceTimed bool
	// Dropped is told of each update that was let go because the queue was full,
	// and Replaced of each whose place a newer one took. Both may be nil. They must
	// not wait and must not call the journal.
	Dropped, Replaced func(point.ID, point.Trace)
}

// Queue is one queue of a [Journal]. Any number of goroutines may call Put, one at
// a time Next; Done, Rewind and the rest may be called at any time, and Done and
// Rewind never wait for the disk.
type Queue struct {
	journal *Journal
	name    string
	id      int64 // in the table queues
	options QueueOptions
	more    chan struct{} // signalled when entries came

	// Guarded by the journal's store.
	position point.Position     // of the newest entry
	waiting  map[point.ID]place // the replaceable one of a point that was not handed out

	mu       sync.Mutex // guards all below
	requests []*request // batches that wait to be taken over, in the order of their Put
	held     [classes]amount
	handed   []handed // handed out and not confirmed, in order
	sentTo   point.Position
	doneTo   point.Position // confirmed up to here
	freedTo  point.Position // and gone from the file up to here
	rewinds  uint64
	replaced uint64
	dropped  uint64
	ever     uint64 // dropped, since the file was made
	last     time.Time
	oldest   point.Instant
}

var _ point.Queue = (*Queue)(nil)

// place is where a replaceable entry stands.
type place struct {
	position point.Position
	trace    point.Trace
	octets   int64
}

// handed is an entry that is on its way.
type handed struct {
	position point.Position
	octets   int64
	class    class
}

// request is a batch that is to be taken over.
type request struct {
	batch     []point.Update
	octets    int64
	written   bool       // a transaction is under way; guarded by the queue's mu
	withdrawn bool       // its context has ended; guarded by the queue's mu
	done      chan error // has room for one
}

func newQueue(j *Journal, name string, options QueueOptions) *Queue {
	if options.Limit <= 0 {
		options.Limit = point.DefaultQueueLimit
	}
	if options.Octets <= 0 {
		options.Octets = DefaultOctets
	}
	return &Queue{
		journal: j, name: name, options: options,
		more: make(chan struct{}, 1), waiting: map[point.ID]place{},
	}
}

// load finds what the file holds of the queue.
func (q *Queue) load() error {
	const name = `INSERT INTO queues (name) VALUES (?1) ON CONFLICT (name) DO UPDATE SET name = ?1 RETURNING id, dropped, dropped_at`
	err := query(q.journal.conn, name, func(row *sqlite3.Stmt) {
		q.id, q.ever, q.last = row.ColumnInt64(0), uint64(row.ColumnInt64(1)), point.Instant(row.ColumnInt64(2)).Time()
	}, q.name)
	if err != nil {
		return err
	}
	const tally = `SELECT class, count(*), sum(` + sizeSQL + `), max(position) FROM entries WHERE queue = ? GROUP BY class`
	err = query(q.journal.conn, tally, func(row *sqlite3.Stmt) {
		if c := class(row.ColumnInt(0)); c == events || c == measurands {
			q.held[c] = amount{row.ColumnInt(1), row.ColumnInt64(2)}
			q.position = max(q.position, point.Position(row.ColumnInt64(3)))
		}
	}, q.id)
	if err != nil {
		return err
	}
	q.age()
	return nil
}

// Put takes a batch over: nil means that it is on disk. It waits while the queue
// is full, if that is its rule, and while the file cannot be written
// ([Journal.Trouble]). The error is that of ctx, or [ErrClosed].
func (q *Queue) Put(ctx context.Context, batch []point.Update) error {
	if len(batch) == 0 {
		return nil
	}
	r := &request{batch: batch, done: make(chan error, 1)}
	for i := range batch {
		r.octets += sizeOf(&batch[i])
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	q.mu.Lock()
	q.requests = append(q.requests, r)
	q.mu.Unlock()
	signal(q.journal.work)
	select {
	case err := <-r.done:
		return err
	case <-q.journal.stopped:
	case <-ctx.Done():
	}
	if !q.withdraw(r) && <-r.done == nil { // its transaction was under way
		return nil
	}
	if err := context.Cause(ctx); err != nil {
		return err
	}
	return ErrClosed
}

// withdraw takes a batch back, unless it is being written; then it is taken back if
// that fails.
func (q *Queue) withdraw(r *request) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	r.withdrawn = true
	if r.written {
		return false
	}
	q.requests = slices.DeleteFunc(q.requests, func(other *request) bool { return other == r })
	signal(q.journal.work) // one behind it may fit
	return true
}

// Next copies the oldest updates that were not handed out yet. While the file
// cannot be read it waits and tries again; the error is that of ctx, or
// [ErrClosed].
func (q *Queue) Next(ctx context.Context, buffer []point.Update) (n int, last point.Position, err error) {
	if len(buffer) == 0 {
		return 0, 0, nil
	}
	for {
		var again <-chan time.Time
		n, last, err = q.handOut(buffer)
		switch {
		case n > 0:
			q.journal.trouble.clear(reading)
			return n, last, nil
		case err == nil:
			q.journal.trouble.clear(reading)
		case err == ErrClosed: //nolint:errorlint // it is never wrapped
			return 0, 0, err
		default:
			q.journal.trouble.set(reading, q.journal.path, err)
			again = time.After(retryDelay)
		}
		select {
		case <-q.more:
		case <-again:
		case <-q.journal.stopped:
			return 0, 0, ErrClosed
		case <-ctx.Done():
			return 0, 0, context.Cause(ctx)
		}
	}
}

func (q *Queue) handOut(buffer []point.Update) (n int, last point.Position, err error) {
	j := q.journal
	j.store.Lock()
	defer j.store.Unlock()
	if j.conn == nil {
		return 0, 0, ErrClosed
	}
	for {
		q.mu.Lock()
		from, rewinds := q.sentTo, q.rewinds
		q.mu.Unlock()
		if from >= q.position {
			return 0, 0, nil
		}
		out, err := q.readFrom(from, buffer)
		if err != nil || len(out) == 0 {
			return 0, 0, err
		}
		q.mu.Lock()
		current := q.rewinds == rewinds
		if current {
			q.handed = append(q.handed, out...)
			q.sentTo = out[len(out)-1].position
		}
		q.mu.Unlock()
		if !current {
			continue
		}
		for i, entry := range out {
			if id := buffer[i].ID; entry.class == measurands && q.waiting[id].position == entry.position {
				delete(q.waiting, id)
			}
		}
		return len(out), out[len(out)-1].position, nil
	}
}

// readFrom reads the entries behind a position from both classes, in their order.
func (q *Queue) readFrom(from point.Position, buffer []point.Update) (out []handed, err error) {
	var (
		lanes [classes]*sqlite3.Stmt
		more  [classes]bool
	)
	for c := range classes {
		lanes[c] = q.journal.read[c]
		b := binder{statement: lanes[c]}
		b.integer(q.id)
		b.integer(int64(c))
		b.integer(int64(from))
		b.integer(int64(len(buffer)))
		defer lanes[c].Reset() //nolint:errcheck // repeats the error of Step
		more[c] = b.err == nil && lanes[c].Step()
		if err := firstOf(b.err, lanes[c].Err()); err != nil {
			return nil, err
		}
	}
	for len(out) < len(buffer) && (more[events] || more[measurands]) {
		c := events
		if !more[events] || more[measurands] && lanes[measurands].ColumnInt64(0) < lanes[events].ColumnInt64(0) {
			c = measurands
		}
		u, position, err := scan(lanes[c], q.journal.names)
		if err != nil {
			return nil, err
		}
		buffer[len(out)] = u
		out = append(out, handed{position, sizeOf(&u), c})
		more[c] = lanes[c].Step()
		if err := lanes[c].Err(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// Done lets go of what was handed out, up to and including last. It is gone from
// the file a moment later.
func (q *Queue) Done(last point.Position) {
	q.mu.Lock()
	n := 0
	for n < len(q.handed) && q.handed[n].position <= last {
		q.held[q.handed[n].class].remove(q.handed[n].octets)
		q.doneTo = q.handed[n].position
		n++
	}
	q.handed = q.handed[n:]
	q.mu.Unlock()
	if n > 0 {
		signal(q.journal.released)
	}
}

// Rewind makes Next start again with the oldest update that is still there.
func (q *Queue) Rewind() {
	q.mu.Lock()
	q.handed = nil
	q.sentTo = q.doneTo
	q.rewinds++
	q.mu.Unlock()
	signal(q.more)
}

// State says what the queue holds, and what it has done since it was opened.
func (q *Queue) State() point.QueueState {
	q.mu.Lock()
	defer q.mu.Unlock()
	return point.QueueState{
		Held: q.held[events].entries + q.held[measurands].entries, Sent: len(q.handed),
		Replaced: q.replaced, Dropped: q.dropped,
	}
}

// Status is what a queue in a file is besides its point.QueueState.
type Status struct {
	// Octets is what the entries count for, see [QueueOptions].
	Octets int64
	// Oldest is when the telegram of the oldest entry arrived; zero where there is
	// none, or it came of no telegram. It lags behind by what the file lags behind.
	Oldest time.Time
	// Dropped counts updates that were let go since the file was made, and
	// LastDropped is when that happened last.
	Dropped     uint64
	LastDropped time.Time
}

// Status says how the queue is.
func (q *Queue) Status() Status {
	q.mu.Lock()
	defer q.mu.Unlock()
	return Status{
		Octets: q.held[events].octets + q.held[measurands].octets,
		Oldest: q.oldest.Time(), Dropped: q.ever, LastDropped: q.last,
	}
}

// age finds out how old the oldest entry is. The caller holds the store.
func (q *Queue) age() {
	q.mu.Lock()
	from := q.doneTo
	q.mu.Unlock()
	var oldest point.Instant
	for c := range classes {
		b := binder{statement: q.journal.oldest}
		b.integer(q.id)
		b.integer(int64(c))
		b.integer(int64(from))
		if b.err == nil && q.journal.oldest.Step() {
			if received := point.Instant(q.journal.oldest.ColumnInt64(0)); received != 0 && (oldest == 0 || received < oldest) {
				oldest = received
			}
		}
		_ = q.journal.oldest.Reset() // whoever reads entries finds the error, too
	}
	q.mu.Lock()
	q.oldest = oldest
	q.mu.Unlock()
}

// settle makes what a transaction has written the state of the queue.
func (q *Queue) settle(c *change) {
	q.position = c.position
	for id, at := range c.waiting {
		if at == nil {
			delete(q.waiting, id)
		} else {
			q.waiting[id] = *at
		}
	}
	q.mu.Lock()
	q.freedTo = max(q.freedTo, c.freedTo)
	for class := range classes {
		q.held[class].entries += c.added[class].entries
		q.held[class].octets += c.added[class].octets
	}
	for _, gone := range c.dropped {
		if gone.position <= q.doneTo {
			continue // confirmed in the meantime
		}
		if at := slices.IndexFunc(q.handed, func(h handed) bool { return h.position == gone.position }); at >= 0 {
			q.handed = slices.Delete(q.handed, at, at+1)
		}
		q.held[gone.class].remove(gone.octets)
		q.dropped++
		q.ever++
		q.last = c.at
	}
	q.replaced += uint64(len(c.replaced))
	for _, r := range c.requests {
		r.done <- nil
	}
	q.requests = slices.Delete(q.requests, 0, len(c.requests)) // they are the first
	q.mu.Unlock()
	q.age()
	q.tell(c)
	if len(c.requests) > 0 {
		signal(q.more)
	}
}

func (q *Queue) tell(c *change) {
	if q.options.Dropped != nil {
		for _, gone := range c.dropped {
			q.options.Dropped(gone.id, gone.trace)
		}
	}
	if q.options.Replaced != nil {
		for _, old := range c.replaced {
			q.options.Replaced(old.id, old.trace)
		}
	}
}

// unsettle gives batches back that could not be written.
func (q *Queue) unsettle(c *change) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, r := range c.requests {
		r.written = false
		if r.withdrawn {
			r.done <- errWithdrawn
		}
	}
	q.requests = slices.DeleteFunc(q.requests, func(r *request) bool { return r.withdrawn })
}
