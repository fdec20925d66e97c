package iec104

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"stellwerk/iec104/apci"
	"stellwerk/iec104/asdu"
)

// Sizes of the buffers of a connection, in octets.
const (
	minRead = 2 << 10  // the read buffer at first
	maxRead = 64 << 10 // the read buffer of a connection with much to read
	// maxBatch is how much is collected for one write.
	maxBatch = 32 << 10
	// maxReplies is how much S and U frames may wait while the peer takes
	// nothing. A peer that reads never lets so much pile up.
	maxReplies = 16 << 10
)

// slow is how long received frames may be in handling until others wait for
// it: until then acknowledgements are collected, and no timer is affected.
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
	// handle takes over a received ASDU; an error closes the connection
	// without confirming the frame. The reader calls it.
	handle func(asdu.ASDU) error
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
	// changed is told of states. The reader calls it.
	changed func(State)
	// ended is called when both goroutines are done.
	ended func(error)
}

// link runs the link procedure on a connection with two goroutines: a reader,
// which also runs handle, and a writer, which also runs the timers. Its methods
// are safe for concurrent use.
type link struct {
	linkConfig
	conn   net.Conn
	direct *directWriter // nil where the connection has none
	begin  time.Time     // the machine's times count from here

	wake   chan struct{} // tells the idle writer to look again; capacity 1
	room   chan struct{} // tells one waiting sender to look again; capacity 1
	failed chan struct{} // closed with err
	gone   chan struct{} // closed when both goroutines are done

	running atomic.Int32 // goroutines

	mu       sync.Mutex // guards all below
	m        machine
	waiting  fifo          // ASDUs to be sent before all others
	held     []byte        // an ASDU of pull for which the window closed meanwhile
	waiters  int           // senders that wait for room
	writing  bool          // somebody fills and writes m.out
	again    bool          // something has come up while it was busy
	starved  bool          // the window closed before the sources ran dry
	idle     bool          // the writer waits for wake
	armed    time.Duration // when the writer's timer fires, never if not
	handling bool          // received frames are being handled
	batch    time.Duration // since when
	patience time.Duration // t1 is not judged before
	spare    []byte        // the other buffer of m.out
	rest     []byte        // of spare: what a direct write left over
	change   chan struct{} // closed and replaced when the state changes
	counters Counters
	finding  error
	err      error // what ended the connection
}

// newLink prepares the link procedure on a connection; run starts it.
func newLink(conn net.Conn, c linkConfig) *link {
	return &link{
		linkConfig: c, conn: conn, direct: newDirectWriter(conn), begin: time.Now(),
		m:      newMachine(c.role, c.parameters, 0),
		wake:   make(chan struct{}, 1),
		room:   make(chan struct{}, 1),
		failed: make(chan struct{}),
		gone:   make(chan struct{}),
		change: make(chan struct{}),
		armed:  never, starved: true,
	}
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

// read is the reader.
func (l *link) read() {
	defer l.leave()
	var framer apci.Framer
	buffer := make([]byte, minRead)
	for {
		n, err := l.conn.Read(buffer)
		if n > 0 {
			if fault := l.segment(&framer, buffer[:n]); fault != nil {
				l.farewell()
				l.end(fault)
				return
			}
		}
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = fmt.Errorf("closed by the peer: %w", err)
			}
			l.end(err)
			return
		}
		if n == len(buffer) && n < maxRead {
			buffer = make([]byte, 2*n) // the framer holds nothing of the old one
		}
	}
}

// segment handles what one read has brought.
func (l *link) segment(framer *apci.Framer, data []byte) error {
	now := l.now()
	l.mu.Lock()
	l.handling, l.batch = true, now
	begin := l.counters.OctetsReceived
	l.counters.OctetsReceived += uint64(len(data))
	l.mu.Unlock()
	framer.Feed(data)
	for {
		frame, err := framer.Next()
		switch {
		case err != nil:
			wrong := framer.Partial()
			if len(wrong) == 0 {
				wrong = data[framer.Offset()-int64(begin):]
			}
			return l.reject(wrong, err)
		case frame == nil:
			return l.handled()
		}
		if err := l.frame(now, frame); err != nil {
			return err
		}
	}
}

// reject reports octets that are no APDU.
func (l *link) reject(octets []byte, err error) error {
	err = fmt.Errorf("%w: %w", ErrProtocol, err)
	l.mu.Lock()
	l.counters.Findings++
	l.finding = err
	l.mu.Unlock()
	l.traceReceived(octets[:min(len(octets), apci.MaxAPDU)], err)
	return err
}

func (l *link) traceReceived(octets []byte, finding error) {
	if l.trace != nil {
		l.trace(Frame{Time: time.Now(), Octets: octets, Finding: finding})
	}
}

// frame handles one APDU.
func (l *link) frame(now time.Duration, octets []byte) error {
	apdu, err := apci.Decode(octets)
	if err != nil {
		return l.reject(octets, err)
	}
	l.mu.Lock()
	before := l.m.state
	deliver, events, err := l.m.receive(now, apdu)
	after, finding := l.m.state, l.m.finding
	l.counters.FramesReceived++
	if deliver {
		l.counters.IFramesReceived++
	}
	if events > 0 {
		l.done(events)
	}
	if before != after {
		close(l.change)
		l.change = make(chan struct{})
		l.again = true // the writer may have other sources now
		l.passRoom()
	}
	replies := len(l.m.out)
	l.mu.Unlock()

	var a asdu.ASDU
	var malformed error
	if deliver {
		if a, malformed = l.params.Decode(apdu.ASDU); malformed != nil {
			finding = fmt.Errorf("%w: %w", ErrASDU, malformed)
		}
	}
	if err != nil {
		finding = err
	}
	if finding != nil {
		l.mu.Lock()
		l.counters.Findings++
		l.finding = finding
		l.mu.Unlock()
	}
	l.traceReceived(octets, finding)
	switch {
	case err != nil:
		return err
	case replies > maxBatch+maxReplies:
		return fmt.Errorf("%w: the peer takes none of what it asks for, %d octets wait", ErrBusy, replies)
	}
	if before != after && l.changed != nil {
		l.changed(after)
	}
	if !deliver {
		return nil
	}
	switch {
	case malformed == nil:
		if err := l.handle(a); err != nil {
			return err
		}
	case l.malformed != nil:
		l.malformed(a)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.m.take(now)
	_, t2, _ := l.m.deadlines()
	if t2 < l.armed || l.m.due && l.now()-l.batch > slow {
		l.kick() // the others of this segment may take long
	}
	return nil
}

// handled ends the handling of a segment and sends what it has given rise to.
func (l *link) handled() error {
	now := l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.handling = false
	if now-l.batch > slow {
		// What t1 waits for may have come meanwhile: read before judging.
		l.patience = now + 100*slow
	}
	if !l.writing && l.direct != nil {
		if err := l.writeDirect(now); err != nil {
			return err
		}
	}
	l.passRoom()
	t1, t2, t3 := l.m.deadlines()
	if l.sendable() || l.again || min(t1, t2, t3) < l.armed {
		l.again = false
		l.kick()
	}
	return nil
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
// will be none. The caller holds mu.
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

// status returns what the link is doing.
func (l *link) status() Status {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	s := Status{
		State: l.m.state, Send: l.m.vs, Receive: l.m.vr, Acknowledged: l.m.ack(),
		Unacknowledged: l.m.sent.len(), Unconfirmed: l.m.vr.Since(l.m.confirmed),
		Queued: l.waiting.waiting(), Counters: l.counters, Err: l.err, Finding: l.finding,
	}
	s.Counters.FramesSent = s.Counters.IFramesSent + l.m.replies
	if l.err != nil {
		return s
	}
	left := func(at time.Duration) time.Duration {
		if at == never {
			return 0
		}
		return max(at-now, 1)
	}
	t1, t2, t3 := l.m.deadlines()
	s.T1, s.T2, s.T3 = left(t1), left(t2), left(t3)
	return s
}

// transfer starts or stops data transfer and waits until the peer has
// confirmed it. step is called with mu held, each time the state is another.
func (l *link) transfer(ctx context.Context, step func(now time.Duration), want State) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.err == nil && l.m.state != want {
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
