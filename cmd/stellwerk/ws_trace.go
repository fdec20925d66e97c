package main

import (
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"stellwerk/internal/capture/fabricate"
	"stellwerk/websocket"
	"stellwerk/websocket/frame"
)

// mostShown is how many octets of a frame --trace shows.
const mostShown = 64

// tracedFrame shows a frame: when, who (> is us), and what.
func tracedFrame(f websocket.Frame) string {
	sign := "<"
	if f.Sent {
		sign = ">"
	}
	h := f.Header
	marks := []string{h.Opcode.String()}
	for _, bit := range []struct {
		set  bool
		name string
	}{{h.Fin, "FIN"}, {h.RSV1, "RSV1"}, {h.RSV2, "RSV2"}, {h.RSV3, "RSV3"}, {h.Masked, "masked"}} {
		if bit.set {
			marks = append(marks, bit.name)
		}
	}
	shown := f.Payload[:min(len(f.Payload), mostShown)]
	body := ""
	switch {
	case len(f.Payload) == 0:
	case h.Opcode == frame.Close && len(f.Payload) >= 2:
		code := frame.CloseCode(uint16(f.Payload[0])<<8 | uint16(f.Payload[1]))
		body = "  " + code.String()
		if len(f.Payload) > 2 {
			body += fmt.Sprintf(" %q", f.Payload[2:])
		}
	case h.Opcode == frame.Text && !h.RSV1:
		body = fmt.Sprintf("  %q", shown)
	default:
		body = fmt.Sprintf("  % x", shown)
	}
	if len(shown) < len(f.Payload) || int64(len(f.Payload)) < h.Length {
		body += " …"
	}
	return fmt.Sprintf("%s %s %s, %s%s", f.Time.Format("15:04:05.000"), sign, strings.Join(marks, " "), number(int(h.Length), "octet"), body)
}

// wsTape is the file of -w. Its methods are safe for concurrent use.
type wsTape struct {
	file     *os.File
	name     string
	recorder *fabricate.Recorder

	mu     sync.Mutex
	failed error // guarded by mu
}

// newWSTape creates the file; without a name there is none, and nothing is kept.
func newWSTape(name string) (*wsTape, error) {
	if name == "" {
		return nil, nil
	}
	file, err := os.Create(name) //nolint:gosec // the user names the file
	if err != nil {
		return nil, unwritable(name, err)
	}
	return &wsTape{file: file, name: name, recorder: fabricate.NewRecorder(file, "stellwerk "+programVersion(), "websocket")}, nil
}

// record records what passes over a connection; own is our side of it.
func (t *wsTape) record(conn net.Conn, own fabricate.Side) net.Conn {
	if t == nil {
		return conn
	}
	client, server := endpoint(conn.LocalAddr()), endpoint(conn.RemoteAddr())
	if own == fabricate.Server {
		client, server = server, client
	}
	r := &recordedConn{Conn: conn, tape: t, own: own, talk: t.recorder.Conversation(client, server)}
	t.keep(r.talk.Open(time.Now()))
	return r
}

func (t *wsTape) keep(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.failed == nil {
		t.failed = err
	}
}

// close completes the file.
func (t *wsTape) close() error {
	if t == nil {
		return nil
	}
	t.keep(t.recorder.Flush())
	t.keep(t.file.Close())
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.failed != nil {
		return withStatus(statusNo, unwritable(t.name, t.failed))
	}
	return nil
}

// recordedConn is a connection whose octets are recorded.
type recordedConn struct {
	net.Conn
	tape *wsTape
	own  fabricate.Side
	talk *fabricate.Conversation
	over sync.Once
}

// Read is part of net.Conn.
func (c *recordedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 {
		c.tape.keep(c.talk.Send(time.Now(), 1-c.own, p[:n]))
	}
	return n, err
}

// Write is part of net.Conn. Octets are recorded before they leave, so that an
// answer never stands before them.
func (c *recordedConn) Write(p []byte) (int, error) {
	c.tape.keep(c.talk.Send(time.Now(), c.own, p))
	return c.Conn.Write(p)
}

// CloseWrite ends one direction, where the connection can do that.
func (c *recordedConn) CloseWrite() error {
	half, ok := c.Conn.(interface{ CloseWrite() error })
	if !ok {
		return nil
	}
	c.tape.keep(c.talk.Close(time.Now(), c.own))
	return half.CloseWrite()
}

// Close is part of net.Conn.
func (c *recordedConn) Close() error {
	c.over.Do(func() {
		now := time.Now()
		c.tape.keep(c.talk.Close(now, c.own))
		c.tape.keep(c.talk.Close(now, 1-c.own))
	})
	return c.Conn.Close()
}
