package iec104test

import (
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"sync"
	"time"

	"stellwerk/iec104/apci"
)

// arrival is something that came from the subject.
type arrival struct {
	at   time.Time
	apdu apci.APDU
	err  error // the end of the connection, or octets that are no APDU

	foreign bool // the latter
}

func (a arrival) String() string {
	op, isOp := errors.AsType[*net.OpError](a.err)
	call, isCall := errors.AsType[*os.SyscallError](a.err)
	switch {
	case a.err == nil:
		return a.apdu.String()
	case a.foreign:
		return "what is no APDU: " + a.err.Error()
	case errors.Is(a.err, io.EOF):
		return "the connection closed"
	case isCall: // without the addresses, which a report has already
		return "the connection closed: " + call.Err.Error()
	case isOp:
		return "the connection closed: " + op.Err.Error()
	default:
		return "the connection closed: " + a.err.Error()
	}
}

// wire is one connection of the tester. A goroutine takes in what comes, so
// that the subject never waits for the tester.
type wire struct {
	number int
	conn   net.Conn
	log    *transcript
	more   chan struct{} // tells of arrivals; capacity 1
	done   chan struct{} // closed when the goroutine has ended

	send    apci.Sequence // of the tester's next I frame
	receive apci.Sequence // of the subject's next I frame
	base    apci.Sequence // of the subject's next I frame when data transfer had started
	// acknowledged is the N(R) that was taken in last.
	acknowledged apci.Sequence
	served       bool // what a controlling station asks for by itself was answered

	mu       sync.Mutex
	arrivals []arrival // guarded by mu
}

// maxForeign is how many octets that are no APDU are shown.
const maxForeign = 255

func newWire(conn net.Conn, number int, log *transcript) *wire {
	w := &wire{number: number, conn: conn, log: log, more: make(chan struct{}, 1), done: make(chan struct{})}
	go w.read()
	return w
}

func (w *wire) read() {
	defer close(w.done)
	var framer apci.Framer
	var pending []byte // what came since the last frame
	for {
		buffer := make([]byte, 4096) // frames alias it
		n, err := w.conn.Read(buffer)
		now := time.Now()
		framer.Feed(buffer[:n])
		pending = append(pending, buffer[:n]...)
		for {
			frame, fault := framer.Next()
			if fault == nil && frame == nil {
				break
			}
			a := arrival{at: now, err: fault, foreign: true}
			if fault == nil {
				pending = pending[len(frame):]
				frame = append([]byte(nil), frame...)
				a.apdu, a.err = apci.Decode(frame)
				w.log.add(Frame{Time: now, Connection: w.number, Octets: frame})
			} else {
				w.log.add(Frame{Time: now, Connection: w.number, Octets: pending[:min(len(pending), maxForeign)]})
			}
			w.push(a)
			if fault != nil {
				return
			}
		}
		if err != nil {
			if !errors.Is(err, net.ErrClosed) && !errors.Is(err, io.ErrClosedPipe) { // not by the tester itself
				w.log.add(Frame{Time: now, Connection: w.number})
			}
			w.push(arrival{at: now, err: err})
			return
		}
	}
}

func (w *wire) push(a arrival) {
	w.mu.Lock()
	w.arrivals = append(w.arrivals, a)
	w.mu.Unlock()
	select {
	case w.more <- struct{}{}:
	default:
	}
}

func (w *wire) pop() (arrival, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.arrivals) == 0 {
		return arrival{}, false
	}
	a := w.arrivals[0]
	w.arrivals = w.arrivals[1:]
	return a, true
}

// popTests takes out the test frames that wait for a confirmation, and reports
// whether there are any.
func (w *wire) popTests() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	before := len(w.arrivals)
	w.arrivals = slices.DeleteFunc(w.arrivals, func(a arrival) bool {
		return a.err == nil && a.apdu.Format == apci.FormatU && a.apdu.Function == apci.TestFRAct
	})
	return len(w.arrivals) < before
}

func (w *wire) write(octets []byte) error {
	w.log.add(Frame{Time: time.Now(), Connection: w.number, Sent: true, Octets: octets})
	_, err := w.conn.Write(octets)
	return err
}

func (w *wire) close() {
	if w.conn == nil {
		return // there never was a connection
	}
	_ = w.conn.Close() // the case is over
	<-w.done
}

// abort ends the connection without a farewell, by a reset where the kind of
// connection has one.
func (w *wire) abort() {
	switch c := w.conn.(type) {
	case interface{ Abort() error }:
		_ = c.Abort()
	case *net.TCPConn:
		_ = c.SetLinger(0)
	}
	w.close()
}

// transcript collects frames.
type transcript struct {
	mu     sync.Mutex
	frames []Frame // guarded by mu
}

func (t *transcript) add(f Frame) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.frames = append(t.frames, f)
}

func (t *transcript) all() []Frame {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.frames
}
