package rig

import (
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// segment is what one write put on the way.
type segment struct {
	data    []byte
	arrives time.Time // readable from then on
	apart   bool      // a Read returns these octets alone
}

// stream is one direction of a connection: a bounded queue of octets between a
// writer and a reader. All methods are safe for concurrent use.
type stream struct {
	mu       sync.Mutex
	changed  *sync.Cond // of mu; every change is broadcast
	capacity int

	// All below is guarded by mu.
	queue   []segment
	held    int       // octets in queue
	last    time.Time // arrival of the newest segment or of the end: order is kept
	writing bool      // a Write has the turn; others wait, so that writes do not mix

	ended bool      // the writer's side is at its end, in order or by a reset
	end   error     // what Read returns behind the last octet
	endAt time.Time // arrival of the end

	writerClosed bool
	readerClosed bool
	brokenAt     time.Time // writes fail with broken from then on; zero: not broken
	broken       error

	readDeadline  time.Time
	writeDeadline time.Time
}

func newStream(capacity int) *stream {
	s := &stream{capacity: capacity}
	s.changed = sync.NewCond(&s.mu)
	return s
}

// wait returns when something has changed or at the earliest of the times that
// are not zero. The caller holds mu and looks at everything again.
func (s *stream) wait(times ...time.Time) {
	var first time.Time
	for _, at := range times {
		if !at.IsZero() && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	if !first.IsZero() {
		// The callback takes mu, so it cannot broadcast before Wait listens.
		timer := time.AfterFunc(time.Until(first), func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.changed.Broadcast()
		})
		defer timer.Stop()
	}
	s.changed.Wait()
}

// reached tells whether a time is set and has come.
func reached(at time.Time) bool { return !at.IsZero() && !time.Now().Before(at) }

// read takes octets that have arrived. It blocks while there are none and
// returns io.EOF or the error of the writer's reset behind the last one,
// net.ErrClosed after closeReader and os.ErrDeadlineExceeded at the deadline.
func (s *stream) read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		switch {
		case s.readerClosed:
			return 0, net.ErrClosed
		case reached(s.readDeadline):
			return 0, os.ErrDeadlineExceeded
		case len(p) == 0:
			return 0, nil
		}
		if n := s.take(p); n > 0 {
			s.changed.Broadcast()
			return n, nil
		}
		var next time.Time
		switch {
		case len(s.queue) > 0:
			next = s.queue[0].arrives
		case s.ended && reached(s.endAt):
			return 0, s.end
		case s.ended:
			next = s.endAt
		}
		s.wait(next, s.readDeadline)
	}
}

// take moves arrived octets into p: those of several writes together, as TCP
// may, unless a segment is to stay apart. The caller holds mu.
func (s *stream) take(p []byte) int {
	n := 0
	for len(s.queue) > 0 && n < len(p) {
		head := &s.queue[0]
		if !reached(head.arrives) || head.apart && n > 0 {
			break
		}
		k := copy(p[n:], head.data)
		n += k
		s.held -= k
		head.data = head.data[k:]
		if len(head.data) > 0 {
			break
		}
		apart := head.apart
		s.queue[0] = segment{}
		s.queue = s.queue[1:]
		if apart {
			break
		}
	}
	return n
}

// write puts a copy of p on the way, to arrive after latency, and blocks while
// the stream is full. The count is what was put on the way before an error.
// Where the reader has closed, what still fits in is lost without an error until
// its reset comes back, as on TCP; with a latency of 0 that is one write.
func (s *stream) write(p []byte, latency time.Duration, apart bool) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.writing {
		if err := s.writeError(); err != nil {
			return 0, err
		}
		s.wait(s.writeDeadline)
	}
	s.writing = true
	defer func() {
		s.writing = false
		s.changed.Broadcast()
	}()
	n := 0
	for {
		if err := s.writeError(); err != nil {
			return n, err
		}
		if n == len(p) {
			return n, nil
		}
		if s.readerClosed && s.brokenAt.IsZero() {
			s.brokenAt, s.broken = time.Now().Add(2*latency), syscall.EPIPE
		}
		room := min(s.capacity-s.held, len(p)-n)
		if room == 0 {
			s.wait(s.writeDeadline, s.brokenAt)
			continue
		}
		if !s.readerClosed {
			s.queue = append(s.queue, segment{append([]byte(nil), p[n:n+room]...), s.arrival(latency), apart})
			s.changed.Broadcast()
		}
		s.held += room
		n += room
		if n == len(p) {
			return n, nil
		}
	}
}

// writeError says why a write cannot go on now, or returns nil. The caller
// holds mu.
func (s *stream) writeError() error {
	switch {
	case s.writerClosed:
		return net.ErrClosed
	case reached(s.writeDeadline):
		return os.ErrDeadlineExceeded
	case s.ended:
		return syscall.EPIPE
	case reached(s.brokenAt):
		return s.broken
	}
	return nil
}

// arrival returns when what is sent now arrives: never before what was sent
// earlier. The caller holds mu.
func (s *stream) arrival(latency time.Duration) time.Time {
	at := time.Now().Add(latency)
	if at.Before(s.last) {
		at = s.last
	}
	s.last = at
	return at
}

// finish ends the writer's side; reads return err behind the last octet, which
// is io.EOF for an orderly end. Only the first call counts.
func (s *stream) finish(err error, latency time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return
	}
	s.ended, s.end, s.endAt = true, err, s.arrival(latency)
	s.changed.Broadcast()
}

// closeWriter makes writes that are waiting or to come return net.ErrClosed.
func (s *stream) closeWriter() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writerClosed = true
	s.changed.Broadcast()
}

// closeReader discards what is not read and tells whether that was anything
// that had arrived. Reads that are waiting or to come return net.ErrClosed.
func (s *stream) closeReader() (unread bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	unread = len(s.queue) > 0 && reached(s.queue[0].arrives)
	s.readerClosed = true
	s.queue = nil
	s.changed.Broadcast()
	return unread
}

// breakWriter makes writes fail with ECONNRESET once latency has passed.
func (s *stream) breakWriter(latency time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.brokenAt, s.broken = time.Now().Add(latency), syscall.ECONNRESET
	s.changed.Broadcast()
}

func (s *stream) setReadDeadline(at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.readDeadline = at
	s.changed.Broadcast()
}

func (s *stream) setWriteDeadline(at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writeDeadline = at
	s.changed.Broadcast()
}

// orderly tells whether a stream ended because its writer closed it.
func orderly(err error) bool { return err == io.EOF } //nolint:errorlint // net.Conn promises the bare io.EOF
