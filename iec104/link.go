package iec104

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"stellwerk/iec104/asdu"
)

// Sizes of the buffers of a connection, in octets.
const (
	// maxBatch is how much is collected for one write.
	maxBatch = 128 << 10
	// maxReplies is how much S and U frames may wait while the peer takes
	// nothing. A peer that reads never lets so much pile up.
	maxReplies = 16 << 10
)

// slow is how long received frames may be in handling until others wait for
// it: until then acknowledgements are collected, and t1 is not affected.
const slow = time.Millisecond

// linkConfig is what the stations on both sides of a link differ in. The
// functions from events to ready may be nil.
type linkConfig struct {
	role       Role
	parameters Parameters
	params     *asdu.Params
	trace      traceFunc
	// queue is how many ASDUs may wait for the window; with 0, none: senders
	// wait until the window is open, so that nothing is sent later than its
	// caller knows of.
	queue int
	// handle takes over a received ASDU, which is not to be kept; an error
	// closes the connection without confirming the frame. The reader calls it.
	handle func(*asdu.ASDU) error
	// malformed is told of what of a malformed ASDU could be read; may be nil.
	malformed func(asdu.ASDU)
	// events returns the next ASDU of the event queue, and done lets go of the
	// oldest that it returned. Both are called with mu held.
	events func() (asdu.ASDU, bool)
	done   func(n int)
	// pull returns the next ASDU that is made while the window is open. It is
	// called without mu, by one goroutine at a time.
	pull func() (asdu.ASDU, bool)
	// ready signals that events may have something again.
	ready func() <-chan struct{}
	// changed is told of states before the peer gets the confirmation. The
	// reader calls it.
	changed func(State)
	// ended is called when both goroutines are done.
	ended func(error)
	// startWithin is how long the first start of data transfer may take; with
	// 0, any time. The connection is then ended with what late returns.
	startWithin time.Duration
	late        func() error
}

// link runs the link procedure on a connection with two goroutines: a reader,
// which also runs handle, and a writer, which also runs the timers. Its methods
// are safe for concurrent use.
type link struct {
	linkConfig
	conn   net.Conn
	direct *directWriter // nil where the connection has none
	begin  time.Time     // the machine's times count from here
	reader reader        // belongs to the goroutine that reads
	tracer *tracer
	turn   uint64 // of the tracer; belongs to the goroutine that has set writing

	watchdog *time.Timer // of the reader; nil until it is needed

	wake   chan struct{} // tells the idle writer to look again; capacity 1
	room   chan struct{} // tells one waiting sender to look again; capacity 1
	failed chan struct{} // closed with err
	gone   chan struct{} // closed when both goroutines are done

	running atomic.Int32 // goroutines

	// progress is how many I frames the reader has received and taken over
	// without mu: two counts of 32 bits, see absorb.
	progress atomic.Uint64
	// cuts is how often data transfer was stopped without STOPDT: what was asked
	// for before is of no interest after. It is written with mu held.
	cuts atomic.Uint32
	// attend asks the reader to take mu after the next frame: its handler lets
	// t2 run out.
	attend atomic.Bool

	mu       sync.Mutex // guards all below
	m        machine
	waiting  fifo          // ASDUs to be sent before all others
	held     []byte        // an ASDU of pull for which the window closed meanwhile
	waiters  int           // senders that wait for room
	writing  bool          // somebody fills and writes m.out
	changing bool          // the change of state is being told of; nothing is confirmed before
	again    bool          // something has come up while it was busy
	starved  bool          // the window closed before the sources ran dry
	idle     bool          // the writer waits for wake
	startBy  time.Duration // when data transfer must be started, or never
	armed    time.Duration // when the writer's timer fires, never if not
	handling bool          // received frames are being handled
	batch    time.Duration // since when
	received uint32        // of progress, what the machine knows
	taken    uint32
	patience time.Duration // t1 is not judged before
	spare    []byte        // the other buffer of m.out
	rest     []byte        // of spare: what a direct write left over
	change   chan struct{} // closed and replaced when the state changes
	counters Counters
	sent     time.Duration // when octets were written last
	finding  error
	err      error // what ended the connection
}

// newLink prepares the link procedure on a connection; run starts it.
func newLink(conn net.Conn, c linkConfig) *link {
	l := &link{
		linkConfig: c, conn: conn, direct: newDirectWriter(conn), begin: time.Now(), tracer: newTracer(c.trace),
		m:      newMachine(c.role, c.parameters, 0),
		wake:   make(chan struct{}, 1),
		room:   make(chan struct{}, 1),
		failed: make(chan struct{}),
		gone:   make(chan struct{}),
		change: make(chan struct{}),
		armed:  never, starved: true, startBy: never,
	}
	if c.startWithin > 0 {
		l.startBy = c.startWithin
	}
	return l
}

// run starts the goroutines, which end with the connection.
func (l *link) run() {
	l.running.Store(2)
	go l.read()
	go l.write()
}

// leave is the last thing that a goroutine does.
func (l *link) leave() {
	if l.running.Add(-1) > 0 {
		return
	}
	if l.ended != nil {
		l.ended(l.reason())
	}
	close(l.gone)
}

func (l *link) now() time.Duration { return time.Since(l.begin) }

// reason returns what ended the connection.
func (l *link) reason() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// end closes the connection for a reason; the first one counts. It does not
// wait.
func (l *link) end(err error) {
	l.mu.Lock()
	first := l.err == nil
	if first {
		l.err = fail("connection", err)
		close(l.failed)
	}
	l.mu.Unlock()
	if first {
		_ = l.conn.Close() // what matters is the reason
	}
}

// close ends the connection and waits for its goroutines.
func (l *link) close() {
	l.farewell()
	l.end(ErrClosed)
	<-l.gone
}

// absorb tells the machine what the reader has done without mu, which the
// caller holds.
func (l *link) absorb() {
	progress := l.progress.Load()
	received, taken := uint32(progress>>32), uint32(progress)
	if n := received - l.received; n > 0 {
		l.received = received
		l.counters.FramesReceived += uint64(n)
		l.counters.IFramesReceived += uint64(n)
		l.m.arrived(l.batch, int(n))
	}
	if n := taken - l.taken; n > 0 {
		l.taken = taken
		l.m.take(l.batch, int(n))
	}
}

// sendable reports whether there is something to write. What comes into a
// source that ran dry tells the writer by itself. The caller holds mu.
func (l *link) sendable() bool {
	return l.m.due || len(l.m.out) > 0 || len(l.rest) > 0 || l.starved && l.m.window() > 0
}

// kick makes the writer look again. The caller holds mu.
func (l *link) kick() {
	if !l.idle {
		l.again = true
		return
	}
	l.idle = false
	signal(l.wake)
}

// passRoom makes a waiting sender look again where there is room for it, or
// will be none. Of a queue half must be free, so that senders are not woken for
// each frame. The caller holds mu.
func (l *link) passRoom() {
	if l.waiters == 0 {
		return
	}
	n := l.waiting.waiting()
	if l.queue > 0 && 2*n <= l.queue || l.queue == 0 && n < l.m.window() || l.m.state != Started {
		signal(l.room)
	}
}

// signal leaves a token in a channel of capacity 1.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// transfer starts or stops data transfer and waits until the peer has
// confirmed it. step is called with mu held, each time the state is another.
func (l *link) transfer(ctx context.Context, step func(now time.Duration), want State) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.err == nil && l.m.state != want {
		l.absorb()
		step(l.now())
		l.kick()
		change := l.change
		l.mu.Unlock()
		var err error
		select {
		case <-change:
		case <-l.failed:
		case <-ctx.Done():
			err = ctx.Err()
		}
		l.mu.Lock()
		if err != nil {
			return err
		}
	}
	return l.err
}

// timeout puts the write that the peer did not take into words.
func timeout(err error, t1 time.Duration) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return fmt.Errorf("%w: the peer takes no octets for %v (t1)", ErrTimeout, t1)
	}
	return err
}
