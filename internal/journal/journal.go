package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/ncruces/go-sqlite3"

	"stellwerk/internal/point"
)

// ErrClosed is the error of a journal that was closed.
var ErrClosed = errors.New("the journal is closed")

// releaseDelay is how long what was confirmed may still be in the file where
// nothing else is written, so that many confirmations share a write.
const releaseDelay = 100 * time.Millisecond

// Journal is a file with queues. Open makes it, Close ends it. It is safe for
// concurrent use.
type Journal struct {
	path string
	lock *sqlite3.Conn

	work     chan struct{} // a batch waits
	released chan struct{} // something was confirmed
	stop     chan struct{} // closed by Close
	stopped  chan struct{} // closed when nothing is written any more
	ending   sync.Once

	list sync.Mutex
	// queues are in the order in which they were asked for. Guarded by list.
	queues []*Queue

	trouble trouble

	// store serialises what is done with the file. It is held for as long as a
	// transaction takes. What follows is guarded by it.
	store  sync.Mutex
	conn   *sqlite3.Conn // nil once it is closed
	insert *sqlite3.Stmt
	read   [classes]*sqlite3.Stmt
	oldest *sqlite3.Stmt
	free   *sqlite3.Stmt
	drop   *sqlite3.Stmt
	count  *sqlite3.Stmt
	names  map[string]string

	// Used by run alone.
	turn int       // the queue that is first in the next transaction
	full time.Time // when the disk was full last
}

// Open opens the journal in a file, or makes it. It fails where another process
// has it open, and where the file is damaged or none of ours; the error says what
// to do. The file and those beside it, with the suffixes -wal, -shm and -lock,
// are for the user of this process alone (mode 0600).
func Open(path string) (*Journal, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if err := findDirectory(path); err != nil {
		return nil, err
	}
	j := &Journal{
		path: path, names: map[string]string{}, work: make(chan struct{}, 1), released: make(chan struct{}, 1),
		stop: make(chan struct{}), stopped: make(chan struct{}),
	}
	if j.lock, err = take(path); err != nil {
		return nil, err
	}
	if err := j.open(); err != nil {
		_ = j.close() // the first error counts
		return nil, err
	}
	go j.run()
	return j, nil
}

func findDirectory(path string) error {
	directory := filepath.Dir(path)
	info, err := os.Stat(directory)
	switch {
	case errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir():
		return fmt.Errorf("the journal %s cannot be made: there is no directory %s; make it, or name another file", path, directory)
	case err != nil:
		return fmt.Errorf("the journal %s cannot be made: %w", path, err)
	}
	return nil
}

// take holds the lock that says who has the journal, until it is closed or the
// process ends: a transaction on a database of its own, so that the journal itself
// may be read by others.
func take(path string) (*sqlite3.Conn, error) {
	file := path + "-lock"
	if err := create(file); err != nil {
		return nil, fmt.Errorf("the journal %s cannot be opened: %w", path, err)
	}
	conn, err := connect(file)
	if err != nil {
		return nil, openError(path, err)
	}
	if err := conn.Exec(`PRAGMA busy_timeout = 0; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE`); err != nil {
		_ = conn.Close() // the first error counts
		if errors.Is(err, sqlite3.BUSY) {
			return nil, fmt.Errorf("the journal %s is in use by another process, or under another name by this one: one journal has one process; stop the other one, or name another file", path)
		}
		return nil, openError(path, err)
	}
	return conn, nil
}

// create makes an empty file where there is none.
func create(path string) error {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // the user names the file
	if err != nil {
		return err
	}
	return file.Close()
}

// connect opens an SQLite file that exists. Files that SQLite makes beside it get
// its mode.
func connect(path string) (*sqlite3.Conn, error) {
	uri := url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(path), RawQuery: "modeof=" + url.QueryEscape(path)}
	return sqlite3.OpenFlags(uri.String(), sqlite3.OPEN_READWRITE|sqlite3.OPEN_URI)
}

func (j *Journal) open() error {
	info, err := os.Stat(j.path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0 {
		// SQLite would take the log for a stale one and remove it.
		if log, err := os.Stat(j.path + "-wal"); err == nil && log.Size() > 0 {
			return fmt.Errorf("the journal %[1]s is missing, but %[1]s-wal is there and holds what was written last: put the journal back, or move %[1]s-wal away", j.path)
		}
	}
	for _, suffix := range []string{"", "-shm"} { // before SQLite makes them readable for all
		if err := create(j.path + suffix); err != nil {
			return fmt.Errorf("the journal %s cannot be opened: %w", j.path, err)
		}
	}
	if j.conn, err = connect(j.path); err != nil {
		return openError(j.path, err)
	}
	if err := prepare(j.conn, j.path); err != nil {
		return err
	}
	for _, s := range []struct {
		into **sqlite3.Stmt
		sql  string
	}{
		{&j.insert, `REPLACE INTO entries (queue, class, ` + columns + `) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`},
		{&j.read[events], readSQL},
		{&j.read[measurands], readSQL},
		{&j.oldest, `SELECT received FROM entries WHERE queue = ? AND class = ? AND position > ? ORDER BY position LIMIT 1`},
		{&j.free, `DELETE FROM entries WHERE queue = ? AND class = ? AND position <= ?`},
		{&j.drop, `DELETE FROM entries WHERE queue = ?1 AND class = ?2 AND position = (SELECT min(position) FROM entries WHERE queue = ?1 AND class = ?2)
			RETURNING position, point, trace, ` + sizeSQL},
		{&j.count, `UPDATE queues SET dropped = dropped + ?, dropped_at = ? WHERE id = ?`},
	} {
		if *s.into, _, err = j.conn.PrepareFlags(s.sql, sqlite3.PREPARE_PERSISTENT); err != nil {
			return openError(j.path, err)
		}
	}
	return syncDirectory(filepath.Dir(j.path))
}

const readSQL = `SELECT ` + columns + ` FROM entries WHERE queue = ? AND class = ? AND position > ? ORDER BY position LIMIT ?`

// syncDirectory makes sure that files that were just made are found again after a
// loss of power. Where directories cannot be synced, nothing is to be done.
func syncDirectory(path string) error {
	directory, err := os.Open(path) //nolint:gosec // the user names the file
	if err != nil {
		return err
	}
	_ = directory.Sync() // not on Windows
	return directory.Close()
}

// Path returns the file, as an absolute path.
func (j *Journal) Path() string { return j.path }

// Queue returns the queue of a destination, with what it held when the program
// ended. A name is asked for once.
func (j *Journal) Queue(name string, options QueueOptions) (*Queue, error) {
	q := newQueue(j, name, options)
	j.store.Lock()
	defer j.store.Unlock()
	if j.conn == nil {
		return nil, ErrClosed
	}
	if err := q.load(); err != nil {
		return nil, openError(j.path, err)
	}
	j.list.Lock()
	defer j.list.Unlock()
	for _, other := range j.queues {
		if other.name == name {
			return nil, fmt.Errorf("the journal %s has the queue %s twice", j.path, name)
		}
	}
	j.queues = append(j.queues, q)
	return q, nil
}

// Orphans returns how many entries the file holds for names that nobody has asked
// for, such as those of links that were renamed. They stay until somebody does.
func (j *Journal) Orphans() (map[string]int, error) {
	j.store.Lock()
	defer j.store.Unlock()
	if j.conn == nil {
		return nil, ErrClosed
	}
	orphans := map[string]int{}
	err := query(j.conn, `SELECT name, count(*) FROM entries JOIN queues ON queues.id = queue GROUP BY queue`, func(row *sqlite3.Stmt) {
		orphans[row.ColumnText(0)] = row.ColumnInt(1)
	})
	if err != nil {
		return nil, openError(j.path, err)
	}
	for _, q := range j.all() {
		delete(orphans, q.name)
	}
	return orphans, nil
}

// LastTrace returns the highest trace number in the file, so that new ones differ
// from those of what waits.
func (j *Journal) LastTrace() (point.Trace, error) {
	j.store.Lock()
	defer j.store.Unlock()
	if j.conn == nil {
		return 0, ErrClosed
	}
	last, err := number(j.conn, `SELECT max(trace) FROM entries`)
	return point.Trace(last), err
}

func (j *Journal) all() []*Queue {
	j.list.Lock()
	defer j.list.Unlock()
	return slices.Clip(j.queues)
}

// Close writes what was confirmed and closes the file. Batches that wait for room
// are refused with [ErrClosed].
func (j *Journal) Close() error {
	j.ending.Do(func() { close(j.stop) })
	<-j.stopped
	return j.close()
}

func (j *Journal) close() error {
	j.store.Lock()
	defer j.store.Unlock()
	var err error
	if j.conn != nil {
		for _, statement := range slices.Collect(j.conn.Stmts()) {
			_ = statement.Close() // reports the error of its last step
		}
		err = j.conn.Close()
		j.conn = nil
	}
	if j.lock != nil {
		_ = j.lock.Close() // holds nothing
		j.lock = nil
	}
	return err
}

// signal wakes the one goroutine that may be waiting.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
