package conformance

import (
	"bytes"
	"net"
	"sync"
	"time"

	"stellwerk/iec104/apci"
)

// spare is a connection of a control centre that no case uses yet. Its goroutine
// answers test frames, as the far end of a connection on standby must, and keeps
// everything else for the case.
type spare struct {
	net.Conn
	since   time.Time // when it was accepted
	changed func()    // is called when state changes
	done    chan struct{}

	mu     sync.Mutex
	unread []byte    // guarded by mu
	said   time.Time // when the first of it came; guarded by mu
	ended  bool      // guarded by mu
	handed bool      // guarded by mu
}

// maxUnread is how much is kept for a case, in octets: more than a control
// centre may say before it is answered.
const maxUnread = 64 << 10

var (
	testAct = apci.AppendU(nil, apci.TestFRAct)
	testCon = apci.AppendU(nil, apci.TestFRCon)
)

// keep reads until the connection is handed to a case, or ends.
func (s *spare) keep() {
	defer close(s.done)
	var octets []byte // that may become a test frame
	silent := true
	buffer := make([]byte, 4096)
	for kept := 0; kept <= maxUnread; {
		n, err := s.Conn.Read(buffer)
		octets = append(octets, buffer[:n]...)
		for silent && err == nil && bytes.HasPrefix(octets, testAct) {
			octets = octets[len(testAct):]
			_, err = s.Conn.Write(testCon)
		}
		silent = silent && bytes.HasPrefix(testAct, octets)
		s.mu.Lock()
		if !silent || s.handed {
			if s.said.IsZero() && !silent {
				s.said = time.Now()
			}
			s.unread, octets = append(s.unread, octets...), nil
		}
		s.ended = err != nil && !s.handed
		kept = len(s.unread)
		s.mu.Unlock()
		s.changed()
		if err != nil {
			return
		}
	}
}

// state returns when the control centre has first said something that waits for
// an answer, and whether the connection has ended.
func (s *spare) state() (said time.Time, ended bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.said, s.ended
}

// hand ends the goroutine: the connection is the case's from now on.
func (s *spare) hand() {
	s.mu.Lock()
	s.handed = true
	s.mu.Unlock()
	_ = s.Conn.SetReadDeadline(time.Unix(1, 0)) // what fails now fails in the case
	<-s.done
	_ = s.Conn.SetReadDeadline(time.Time{})
}

// usedConn is a connection that a case uses.
type usedConn struct {
	*spare
	release func(open bool) // works once
}

// Read returns first what had been read before the case began.
func (c *usedConn) Read(b []byte) (int, error) {
	c.mu.Lock()
	n := copy(b, c.unread)
	c.unread = c.unread[n:]
	c.mu.Unlock()
	if n > 0 {
		return n, nil
	}
	n, err := c.Conn.Read(b)
	if err != nil {
		c.release(false)
	}
	return n, err
}

// Close ends the use and the connection.
func (c *usedConn) Close() error {
	c.release(true)
	return c.Conn.Close()
}

// Abort ends them by a reset.
func (c *usedConn) Abort() error {
	conn := c.Conn
	if secured, ok := conn.(interface{ NetConn() net.Conn }); ok {
		conn = secured.NetConn()
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // it is ended all the same
	}
	return c.Close()
}
