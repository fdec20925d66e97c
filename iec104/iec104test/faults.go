package iec104test

import (
	"net"
	"sync"
	"time"

	"stellwerk/iec104/apci"
)

// Fault decides what becomes of one APDU on its way: it returns the octets
// that go on in its place, which may be none, the same, others, or more. The
// frame belongs to the caller; a fault that changes it works on a copy. It is
// called for one APDU after the other.
type Fault func(frame []byte) [][]byte

// Faults spoil a connection. Nil faults let everything pass.
type Faults struct {
	// Sent is for what the connection's owner sends.
	Sent Fault
	// Received is for what it receives.
	Received Fault
}

// Faulty returns a connection that behaves like conn, apart from the faults.
func Faulty(conn net.Conn, faults Faults) net.Conn {
	return &faultyConn{Conn: conn, faults: faults}
}

// Drop loses frames, from the given one on, counted from 1, as many as n. Only
// those count that match; nil matches all.
func Drop(from, n int, match func(apci.APDU) bool) Fault {
	seen := 0
	return func(frame []byte) [][]byte {
		if matches(frame, match) {
			if seen++; seen >= from && seen-from < n {
				return nil
			}
		}
		return [][]byte{frame}
	}
}

// Delay holds every frame that matches for a time, and those behind it with
// it. Nil matches all.
func Delay(d time.Duration, match func(apci.APDU) bool) Fault {
	return func(frame []byte) [][]byte {
		if matches(frame, match) {
			time.Sleep(d)
		}
		return [][]byte{frame}
	}
}

// Repeat sends the n-th I frame, counted from 1, twice.
func Repeat(n int) Fault {
	seen := 0
	return func(frame []byte) [][]byte {
		if matches(frame, IFrame) {
			if seen++; seen == n {
				return [][]byte{frame, frame}
			}
		}
		return [][]byte{frame}
	}
}

// WithoutAcknowledgement replaces every N(R) by 0 and loses S frames: as if
// nothing ever arrived.
func WithoutAcknowledgement() Fault {
	return func(frame []byte) [][]byte {
		apdu, err := apci.Decode(frame)
		switch {
		case err != nil || apdu.Format == apci.FormatU:
			return [][]byte{frame}
		case apdu.Format == apci.FormatS:
			return nil
		default:
			return [][]byte{apci.AppendI(nil, apdu.Send, 0, apdu.ASDU)}
		}
	}
}

// IFrame matches frames in I format, SFrame those in S format.
func IFrame(apdu apci.APDU) bool { return apdu.Format == apci.FormatI }

// SFrame matches frames in S format.
func SFrame(apdu apci.APDU) bool { return apdu.Format == apci.FormatS }

func matches(frame []byte, match func(apci.APDU) bool) bool {
	apdu, err := apci.Decode(frame)
	return err == nil && (match == nil || match(apdu))
}

// faultyConn puts faults around a connection, frame by frame.
type faultyConn struct {
	net.Conn
	faults Faults

	writing sync.Mutex
	out     apci.Framer // guarded by writing

	reading sync.Mutex
	in      apci.Framer // guarded by reading
	buffer  []byte      // of in; guarded by reading
	ready   []byte      // not yet read; guarded by reading
}

// pass puts octets through a framer and a fault. Octets that are no APDU are
// lost, and all behind them.
func pass(framer *apci.Framer, octets []byte, fault Fault) []byte {
	if fault == nil {
		return octets
	}
	var passed []byte
	framer.Feed(octets)
	for {
		frame, err := framer.Next()
		if err != nil || frame == nil {
			return passed
		}
		for _, out := range fault(append([]byte(nil), frame...)) {
			passed = append(passed, out...)
		}
	}
}

func (c *faultyConn) Write(octets []byte) (int, error) {
	c.writing.Lock()
	defer c.writing.Unlock()
	passed := pass(&c.out, octets, c.faults.Sent)
	if len(passed) > 0 {
		if _, err := c.Conn.Write(passed); err != nil {
			return 0, err
		}
	}
	return len(octets), nil
}

func (c *faultyConn) Read(octets []byte) (int, error) {
	c.reading.Lock()
	defer c.reading.Unlock()
	if c.buffer == nil {
		c.buffer = make([]byte, 4096)
	}
	for len(c.ready) == 0 {
		n, err := c.Conn.Read(c.buffer)
		if err != nil {
			return 0, err
		}
		c.ready = pass(&c.in, c.buffer[:n], c.faults.Received)
	}
	n := copy(octets, c.ready)
	c.ready = c.ready[n:]
	return n, nil
}
