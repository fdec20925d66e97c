package journal

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/ncruces/go-sqlite3"

	"stellwerk/internal/point"
)

// errWithdrawn never leaves the package: the context says why.
var errWithdrawn = errors.New("withdrawn")

// maxTransaction is how many entries a transaction writes, in batches as a whole:
// enough for one fsync to cost next to nothing for each, so few that nobody waits
// long.
const maxTransaction = 4096

// change is what one transaction does to one queue.
type change struct {
	queue    *Queue
	at       time.Time
	requests []*request
	freedTo  point.Position // confirmed, and deleted up to here
	freed    point.Position // gone already
	position point.Position
	held     [classes]amount // during the transaction
	added    [classes]amount
	waiting  map[point.ID]*place // what changes in that of the queue; nil goes
	dropped  []gone
	replaced []gone
}

// gone is an entry that was dropped or replaced.
type gone struct {
	id       point.ID
	trace    point.Trace
	position point.Position
	octets   int64
	class    class
}

// run writes what waits until the journal is closed.
func (j *Journal) run() {
	defer close(j.stopped)
	var later <-chan time.Time
	for {
		select {
		case <-j.work:
		case <-later:
		case <-j.released:
			if !j.pressed() {
				if later == nil {
					later = time.After(releaseDelay)
				}
				continue
			}
		case <-j.stop:
			_, _ = j.transact(0, 0) // what is not deleted now is sent again
			return
		}
		later = nil
		for again := true; again; {
			var err error
			if again, err = j.write(); err != nil {
				later = time.After(retryDelay)
			}
			select {
			case <-j.stop:
				again = false
			default:
			}
		}
	}
}

// pressed reports whether a batch waits.
func (j *Journal) pressed() bool {
	return slices.ContainsFunc(j.all(), func(q *Queue) bool {
		q.mu.Lock()
		defer q.mu.Unlock()
		return len(q.requests) > 0
	})
}

// write writes what waits, as much as belongs into a transaction, and says whether
// there may be more. Where that fails it tries with less.
func (j *Journal) write() (again bool, err error) {
	j.turn++
	if time.Since(j.full) < tight {
		j.checkpoint()
	}
	taken, err := j.transact(j.turn, maxTransaction)
	if err != nil && noRoom(j.path, err) {
		j.full = time.Now()
		taken, err = j.squeeze()
	}
	if err != nil {
		j.trouble.set(writing, j.path, err)
		return false, err
	}
	j.trouble.clear(writing)
	return taken > 0, nil
}

// tight is how long after the disk was full the log is kept as short as can be:
// otherwise it grows to some megabytes, and takes the room that is needed to move
// what is in it to the file.
const tight = 10 * time.Minute

// squeeze writes on a full disk: what was confirmed goes first, whose place can be
// used again, and then each queue tries with a single batch.
func (j *Journal) squeeze() (taken int, err error) {
	j.checkpoint()
	if _, err := j.transact(0, 0); err != nil {
		return 0, err
	}
	j.checkpoint()
	for first := range j.all() {
		n, failed := j.transact(first, 1)
		taken += n
		err = firstOf(err, failed)
	}
	return taken, err
}

// checkpoint moves what is in the write-ahead log to the file, and gives the room
// of the log back.
func (j *Journal) checkpoint() {
	j.store.Lock()
	defer j.store.Unlock()
	_, _, _ = j.conn.WALCheckpoint("main", sqlite3.CHECKPOINT_TRUNCATE) // a reader or the full disk may prevent it
}

// transact runs one transaction with what was confirmed and with new batches: as
// many as have budget entries together, or one that has more. Each queue gets its
// turn, beginning with first. It returns how many batches were taken over: none,
// where it fails.
func (j *Journal) transact(first, budget int) (taken int, err error) {
	j.store.Lock()
	defer j.store.Unlock()
	var changes []*change
	queues := j.all()
	for i := range queues {
		c := queues[(first+i)%len(queues)].begin()
		r := c.next(budget)
		if r == nil && c.freedTo == c.freed {
			continue
		}
		if len(changes) == 0 {
			err = j.conn.Exec(`BEGIN IMMEDIATE`)
		}
		changes = append(changes, c)
		if err == nil {
			err = c.free()
		}
		for ; r != nil && err == nil; r = c.next(budget) {
			budget -= len(r.batch)
			err = c.take(r)
		}
		if err != nil {
			break
		}
	}
	if len(changes) > 0 && err == nil {
		for _, c := range changes {
			err = firstOf(err, c.count())
		}
		if err == nil {
			err = j.conn.Exec(`COMMIT`)
		}
	}
	if err != nil && !j.conn.GetAutocommit() {
		_ = j.conn.Exec(`ROLLBACK`) // where that fails, so does the next BEGIN, and says why
	}
	for _, c := range changes {
		if err != nil {
			c.queue.unsettle(c)
		} else {
			c.queue.settle(c)
			taken += len(c.requests)
		}
	}
	return taken, err
}

// begin begins a change.
func (q *Queue) begin() *change {
	q.mu.Lock()
	defer q.mu.Unlock()
	return &change{
		queue: q, at: time.Now(), freedTo: q.doneTo, freed: q.freedTo, position: q.position, held: q.held,
		waiting: map[point.ID]*place{},
	}
}

// next returns the next batch, if there is one that belongs into this transaction.
func (c *change) next(budget int) *request {
	c.queue.mu.Lock()
	defer c.queue.mu.Unlock()
	if budget <= 0 || len(c.requests) >= len(c.queue.requests) {
		return nil
	}
	r := c.queue.requests[len(c.requests)]
	if len(c.requests) > 0 && len(r.batch) > budget || !c.fits(r) {
		return nil
	}
	r.written = true
	c.requests = append(c.requests, r)
	return r
}

// fits says whether there is room, or the rule is to make room. A batch that is
// larger than the queue fits when that is empty.
func (c *change) fits(r *request) bool {
	entries, octets := c.holds()
	options := &c.queue.options
	if entries == 0 || options.Full == point.FullDropOldest {
		return true
	}
	places, more := len(r.batch), r.octets
	for i := range r.batch {
		u := &r.batch[i]
		if _, waits := c.replaces(u); waits {
			places--
			more -= sizeOf(u)
		}
	}
	return (places <= 0 || entries+places <= options.Limit) && (more <= 0 || octets+more <= options.Octets)
}

func (c *change) holds() (entries int, octets int64) {
	return c.held[events].entries + c.held[measurands].entries, c.held[events].octets + c.held[measurands].octets
}

// replaces returns the entry whose place an update takes.
func (c *change) replaces(u *point.Update) (place, bool) {
	if !u.Replaceable(c.queue.options.ReplaceTimed) {
		return place{}, false
	}
	return c.stands(u.ID)
}

// free deletes what was confirmed.
func (c *change) free() error {
	if c.freedTo == c.freed {
		return nil
	}
	for class := range classes {
		b := binder{statement: c.queue.journal.free}
		b.integer(c.queue.id)
		b.integer(int64(class))
		b.integer(int64(c.freedTo))
		if err := firstOf(b.err, c.queue.journal.free.Exec()); err != nil {
			return err
		}
	}
	return nil
}

// take writes a batch.
func (c *change) take(r *request) error {
	for i := range r.batch {
		if err := c.append(&r.batch[i]); err != nil {
			return err
		}
	}
	return nil
}

func (c *change) append(u *point.Update) error {
	octets := sizeOf(u)
	if old, waits := c.replaces(u); waits {
		c.add(measurands, amount{octets: octets - old.octets})
		c.replaced = append(c.replaced, gone{id: u.ID, trace: old.trace})
		c.waiting[u.ID] = &place{old.position, u.Trace, octets}
		return c.write(measurands, old.position, u)
	}
	options := &c.queue.options
	for options.Full == point.FullDropOldest {
		entries, held := c.holds()
		if entries == 0 || entries < options.Limit && held+octets <= options.Octets {
			break
		}
		if err := c.drop(); err != nil {
			return err
		}
	}
	c.position++
	class := classOf(u)
	c.add(class, amount{1, octets})
	if u.Replaceable(options.ReplaceTimed) {
		c.waiting[u.ID] = &place{c.position, u.Trace, octets}
	} else if _, waits := c.stands(u.ID); waits {
		c.waiting[u.ID] = nil // it must not jump over this one
	}
	return c.write(class, c.position, u)
}

func (c *change) add(class class, a amount) {
	c.added[class].entries += a.entries
	c.added[class].octets += a.octets
	c.held[class].entries += a.entries
	c.held[class].octets += a.octets
}

func (c *change) write(class class, position point.Position, u *point.Update) error {
	insert := c.queue.journal.insert
	return firstOf(bind(insert, c.queue.id, class, position, u), insert.Exec())
}

// drop lets the oldest measurand go, and where there is none the oldest event.
func (c *change) drop() error {
	class := measurands
	if c.held[class].entries == 0 {
		class = events
	}
	statement := c.queue.journal.drop
	b := binder{statement: statement}
	b.integer(c.queue.id)
	b.integer(int64(class))
	if b.err != nil {
		return b.err
	}
	if !statement.Step() {
		// Nothing is there that should be: never go round in circles.
		c.held[class] = amount{}
		return statement.Reset()
	}
	old := gone{
		position: point.Position(statement.ColumnInt64(0)), trace: point.Trace(statement.ColumnInt64(2)),
		octets: statement.ColumnInt64(3), class: class,
	}
	link, address, _ := strings.Cut(statement.ColumnText(1), "/")
	old.id = point.ID{Link: link, Address: address}
	if at, waits := c.stands(old.id); waits && at.position == old.position {
		c.waiting[old.id] = nil
	}
	c.held[class].remove(old.octets)
	c.dropped = append(c.dropped, old)
	return statement.Reset()
}

// stands returns the replaceable entry of a point.
func (c *change) stands(id point.ID) (place, bool) {
	if at, changed := c.waiting[id]; changed {
		if at == nil {
			return place{}, false
		}
		return *at, true
	}
	at, waits := c.queue.waiting[id]
	return at, waits
}

// count notes in the file what was dropped.
func (c *change) count() error {
	if len(c.dropped) == 0 {
		return nil
	}
	b := binder{statement: c.queue.journal.count}
	b.integer(int64(len(c.dropped)))
	b.integer(int64(point.InstantOf(c.at)))
	b.integer(c.queue.id)
	return firstOf(b.err, c.queue.journal.count.Exec())
}
