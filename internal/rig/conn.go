package rig

import (
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// Options say how a connection in memory carries octets. Nil stands for the
// zero value.
type Options struct {
	// Capacity is the number of octets that one direction holds, written and
	// not yet read; a Write beyond it blocks until the reader has made room.
	// 0 stands for 64 KiB.
	Capacity int
	// Latency is the time from a Write until the octets can be read at the
	// other end; order is kept. Establishing a connection takes it twice.
	Latency time.Duration
}

const defaultCapacity = 64 << 10

func (o *Options) orDefault() Options {
	var filled Options
	if o != nil {
		filled = *o
	}
	if filled.Capacity <= 0 {
		filled.Capacity = defaultCapacity
	}
	return filled
}

// Conn is one end of a connection in memory. It behaves like a *net.TCPConn on
// Linux, down to the errors:
//
//   - A Read returns what has arrived, of several writes together. Octets are
//     buffered, so a Write returns before they are read.
//   - After Close the other end reads what is on the way and then io.EOF; the
//     first Write of the other end succeeds and is lost, later ones fail with
//     EPIPE. Close while octets wait unread resets the connection instead.
//   - After [Conn.Abort] the other end reads what is on the way and then
//     ECONNRESET; its writes fail with ECONNRESET.
//   - Errors other than io.EOF are *net.OpError around os.ErrDeadlineExceeded,
//     net.ErrClosed or an errno.
//
// All methods are safe for concurrent use; Writes do not mix.
type Conn struct {
	in, out       *stream
	local, remote net.Addr
	latency       time.Duration

	mu     sync.Mutex
	closed bool // guarded by mu
}

// Pipe returns the two ends of a connection.
func Pipe(options *Options) (a, b *Conn) {
	return pipe(options.orDefault(),
		&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1},
		&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 2})
}

func pipe(options Options, addrA, addrB net.Addr) (a, b *Conn) {
	ab, ba := newStream(options.Capacity), newStream(options.Capacity)
	a = &Conn{in: ba, out: ab, local: addrA, remote: addrB, latency: options.Latency}
	b = &Conn{in: ab, out: ba, local: addrB, remote: addrA, latency: options.Latency}
	return a, b
}

// Read implements [net.Conn].
func (c *Conn) Read(p []byte) (int, error) {
	n, err := c.in.read(p)
	return n, c.wrap("read", err)
}

// Write implements [net.Conn].
func (c *Conn) Write(p []byte) (int, error) {
	n, err := c.out.write(p, c.latency, false)
	return n, c.wrap("write", err)
}

// writeApart writes octets that one Read of the other end returns alone.
func (c *Conn) writeApart(p []byte) (int, error) {
	n, err := c.out.write(p, c.latency, true)
	return n, c.wrap("write", err)
}

// CloseWrite ends this direction in order: the other end reads io.EOF behind
// the last octet and can go on writing.
func (c *Conn) CloseWrite() error {
	if c.isClosed() {
		return c.wrap("close", net.ErrClosed)
	}
	c.out.finish(io.EOF, c.latency)
	return nil
}

// Close ends both directions. A second call returns net.ErrClosed.
func (c *Conn) Close() error { return c.close(false) }

// Abort ends both directions with a reset, as a TCP connection whose host
// reboots. A call after Close returns net.ErrClosed.
func (c *Conn) Abort() error { return c.close(true) }

func (c *Conn) close(reset bool) error {
	c.mu.Lock()
	closed := c.closed
	c.closed = true
	c.mu.Unlock()
	if closed {
		return c.wrap("close", net.ErrClosed)
	}
	if c.in.closeReader() || reset {
		c.in.breakWriter(c.latency)
		c.out.finish(syscall.ECONNRESET, c.latency)
	} else {
		c.out.finish(io.EOF, c.latency)
	}
	c.out.closeWriter()
	return nil
}

func (c *Conn) isClosed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed
}

// LocalAddr implements [net.Conn]; in a [Network] it is a *net.TCPAddr.
func (c *Conn) LocalAddr() net.Addr { return c.local }

// RemoteAddr implements [net.Conn]; in a [Network] it is a *net.TCPAddr.
func (c *Conn) RemoteAddr() net.Addr { return c.remote }

// SetDeadline implements [net.Conn].
func (c *Conn) SetDeadline(at time.Time) error {
	if err := c.SetReadDeadline(at); err != nil {
		return err
	}
	return c.SetWriteDeadline(at)
}

// SetReadDeadline implements [net.Conn].
func (c *Conn) SetReadDeadline(at time.Time) error {
	if c.isClosed() {
		return c.wrap("set", net.ErrClosed)
	}
	c.in.setReadDeadline(at)
	return nil
}

// SetWriteDeadline implements [net.Conn].
func (c *Conn) SetWriteDeadline(at time.Time) error {
	if c.isClosed() {
		return c.wrap("set", net.ErrClosed)
	}
	c.out.setWriteDeadline(at)
	return nil
}

// wrap puts an error into the form that package net gives it.
func (c *Conn) wrap(op string, err error) error {
	if err == nil || orderly(err) {
		return err
	}
	if errno, ok := err.(syscall.Errno); ok { //nolint:errorlint // a stream returns errnos bare
		err = os.NewSyscallError(op, errno)
	}
	return &net.OpError{Op: op, Net: "tcp", Source: c.local, Addr: c.remote, Err: err}
}
