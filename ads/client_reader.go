package ads

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"time"

	"stellwerk/ads/ams"
)

// lease is how long a caller reads before the goroutine takes the connection
// back, and how long that stays unread when no caller comes; twice at the most.
const lease = time.Millisecond

// clientReader is who reads a connection: one at a time, its goroutine or a
// caller that waits for an answer.
//
// Where answers come quickly the goroutine lends the connection, so that a caller
// that would only wait reads its answer itself and no goroutine has to be woken.
// While it is lent the goroutine looks after it each lease: it takes the
// connection back where nobody has read, and interrupts who has read since its
// last look, as a caller cannot wait for its context meanwhile. It lends nothing
// while others wait, and on connections with notifications.
type clientReader struct {
	stream *ams.Reader
	lends  bool          // reads can be interrupted
	recall chan struct{} // wakes the goroutine, with room for one

	lent     bool // guarded by clientConn.mu, as are all below
	reading  bool // a caller does
	recalled bool // a caller is interrupted
	pushed   bool // a notification has come
	quick    bool // the last answer came within a lease
	parked   int  // callers that wait and do not read
	turns    uint64
}

func (r *clientReader) init(conn net.Conn, options *ClientOptions) {
	r.stream = ams.NewReader(conn, options.Framing, options.MaxData)
	r.recall = make(chan struct{}, 1)
	_, r.lends = conn.(*net.TCPConn)
}

// free reports whether a caller may read. The caller holds mu.
func (r *clientReader) free() bool { return r.lent && !r.reading && !r.recalled }

// take makes the caller the reader. It holds mu.
func (r *clientReader) take() {
	r.reading = true
	r.turns++
}

// answered notes how long an answer took. The caller holds mu.
func (r *clientReader) answered(after time.Duration) { r.quick = after < lease }

// back gives the connection back to the goroutine. The caller holds mu.
func (r *clientReader) back() {
	r.lent = false
	select {
	case r.recall <- struct{}{}:
	default:
	}
}

// readFor reads until a call has its word, and reports that; false where it was
// interrupted. The caller has taken the reader.
func (cc *clientConn) readFor(k *call) bool {
	r := &cc.reader
	cc.mu.Lock()
	if len(cc.out) > 0 && !cc.writing && cc.err == nil {
		cc.writeNow(cc.now())
	}
	cc.mu.Unlock()
	over, broken := false, false
	for !over && !broken {
		broken = !cc.receive()
		over = k.there.Load()
	}
	cc.mu.Lock()
	defer cc.mu.Unlock()
	r.reading = false
	if broken || r.recalled || r.pushed || r.parked > 0 {
		r.back()
	}
	return over
}

// receive takes a packet and those that have come with it. It returns false where
// nothing more can be read, or the reader is interrupted.
func (cc *clientConn) receive() bool {
	stream := cc.reader.stream
	var now time.Duration
	for {
		p, err := stream.Next()
		if err != nil {
			if !errors.Is(err, os.ErrDeadlineExceeded) {
				cc.end(cc.closed(err))
			}
			return false
		}
		if now == 0 {
			now = cc.now()
			cc.heard.Store(int64(now))
		}
		cc.received.Add(1)
		cc.traceReceived(&p)
		if p.Command == ams.TCPFrame {
			cc.take(&p.Frame, now)
		} else {
			cc.fromRouter(&p)
		}
		if !stream.Ready() {
			return true
		}
	}
}

// read is the goroutine that reads while no caller does.
func (cc *clientConn) read() {
	for cc.receive() {
		if cc.lend() && !cc.await() {
			return
		}
	}
}

// lend lends the connection, where it may.
func (cc *clientConn) lend() bool {
	cc.mu.Lock()
	defer cc.mu.Unlock()
	r := &cc.reader
	r.lent = r.lends && r.quick && !r.pushed && r.parked == 0
	return r.lent
}

// await waits until the connection is the goroutine's again. It returns false
// where it has ended.
func (cc *clientConn) await() bool {
	r := &cc.reader
	look := time.NewTimer(lease)
	defer look.Stop()
	turns := uint64(0)
	failed := cc.failed
	for {
		select {
		case <-r.recall:
		case <-look.C:
			look.Reset(lease)
		case <-failed:
			failed = nil // and now for the caller that reads
		}
		if mine, ended := cc.look(&turns); mine || ended {
			return !ended
		}
	}
}

// look looks after the connection that is lent: turns is how many had been when
// it looked for the last time.
func (cc *clientConn) look(turns *uint64) (mine, ended bool) {
	cc.mu.Lock()
	defer cc.mu.Unlock()
	r := &cc.reader
	same := r.turns == *turns
	*turns = r.turns
	switch {
	case r.reading && same && !r.recalled && cc.err == nil:
		r.recalled = true
		_ = cc.conn.SetReadDeadline(time.Unix(1, 0)) // fails where the connection has ended, and then it is read no more
		return false, false
	case r.reading:
		return false, false
	case cc.err != nil:
		return false, true
	}
	if len(cc.out) > 0 && !cc.writing {
		cc.kick() // reads that were started, and nobody waits for them yet
	}
	if r.lent && !same {
		return false, false
	}
	if r.recalled {
		r.recalled = false
		_ = cc.conn.SetReadDeadline(time.Time{}) // as above
	}
	r.lent = false
	return true, false
}

// closed says why nothing more can be read.
func (cc *clientConn) closed(err error) error {
	if cc.received.Load() == 0 && (errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET)) {
		cc.mu.Lock()
		source, asked := cc.source, cc.sent > 0
		cc.mu.Unlock()
		if asked || cc.options.Register {
			return fmt.Errorf("%w (%w): the router at %v has no route back to the NetId %v, or takes one connection of it only; "+
				"add a route to %v there, with the IP address of this machine, and use the same NetId here",
				ErrNoRoute, err, cc.conn.RemoteAddr(), source.NetID, source.NetID)
		}
	}
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("the other end has closed the connection: %w", io.ErrUnexpectedEOF)
	}
	return err
}
