//go:build unix

package ads

import (
	"errors"
	"net"
	"syscall"
)

// connDirect writes to a TCP connection as much as its send buffer takes
// without waiting. It is not safe for concurrent use.
type connDirect struct {
	raw     syscall.RawConn
	data    []byte
	written int
	attempt func(fd uintptr) bool
}

// newConnDirect returns nil for connections other than TCP, among them TLS.
func newConnDirect(conn net.Conn) *connDirect {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return nil
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return nil
	}
	d := &connDirect{raw: raw}
	d.attempt = func(fd uintptr) bool {
		for {
			n, err := syscall.Write(int(fd), d.data)
			if errors.Is(err, syscall.EINTR) {
				continue
			}
			d.written = max(n, 0)
			return true
		}
	}
	return d
}

// write returns how many octets were written. Errors are left to the next
// ordinary write, which finds them too.
func (d *connDirect) write(data []byte) int {
	d.data, d.written = data, 0
	if err := d.raw.Write(d.attempt); err != nil {
		return 0
	}
	d.data = nil
	return d.written
}
