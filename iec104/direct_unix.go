//go:build unix

package iec104

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
)

// directWriter writes to a TCP connection as much as its send buffer takes
// without waiting. It is not safe for concurrent use.
type directWriter struct {
	raw     syscall.RawConn
	data    []byte
	written int
	attempt func(fd uintptr) bool
}

// rawTCP returns nil for connections other than TCP, among them TLS and all
// wrappers.
func rawTCP(conn net.Conn) syscall.RawConn {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return nil
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return nil
	}
	return raw
}

// newDirectWriter returns nil for connections other than TCP.
func newDirectWriter(conn net.Conn) *directWriter {
	raw := rawTCP(conn)
	if raw == nil {
		return nil
	}
	w := &directWriter{raw: raw}
	w.attempt = func(fd uintptr) bool {
		for {
			n, err := syscall.Write(int(fd), w.data)
			if errors.Is(err, syscall.EINTR) {
				continue
			}
			w.written = max(n, 0)
			return true
		}
	}
	return w
}

// write returns how many octets were written. Errors are left to the next
// ordinary write, which finds them too.
func (w *directWriter) write(data []byte) int {
	w.data, w.written = data, 0
	if err := w.raw.Write(w.attempt); err != nil {
		return 0
	}
	w.data = nil
	return w.written
}

// directReader reads from a TCP connection with a buffer that is taken when
// there is something to read. It is not safe for concurrent use.
type directReader struct {
	raw     syscall.RawConn
	in      *input
	n       int
	err     error
	attempt func(fd uintptr) bool
}

// newDirectReader returns nil for connections other than TCP.
func newDirectReader(conn net.Conn) *directReader {
	raw := rawTCP(conn)
	if raw == nil {
		return nil
	}
	r := &directReader{raw: raw}
	r.attempt = func(fd uintptr) bool {
		for {
			n, err := syscall.Read(int(fd), r.in.acquire())
			switch err {
			case nil:
				r.n, r.err = n, nil
				if n == 0 {
					r.err = io.EOF
				}
			case syscall.EINTR:
				continue
			case syscall.EAGAIN:
				r.in.release()
				return false
			default:
				r.n, r.err = 0, os.NewSyscallError("read", err)
			}
			return true
		}
	}
	return r
}

// read waits until there is something to read.
func (r *directReader) read(in *input) (int, error) {
	r.in, r.n = in, 0
	if err := r.raw.Read(r.attempt); err != nil {
		return 0, err
	}
	return r.n, r.err
}
