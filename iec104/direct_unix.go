//go:build unix

package iec104

import (
	"errors"
	"net"
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

// newDirectWriter returns nil for connections other than TCP, among them TLS
// and all wrappers.
func newDirectWriter(conn net.Conn) *directWriter {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return nil
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
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
