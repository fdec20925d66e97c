package websocket

import (
	"bufio"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"stellwerk/websocket/frame"
)

// Conn is a WebSocket connection. See the package for who may do what at the
// same time.
type Conn struct {
	conn        net.Conn
	server      bool
	subprotocol string
	limits      Limits
	trace       func(Frame)
	deflate     agreed

	reading lock   // held by who reads
	in      reader // guarded by reading, but its watches

	writing  lock        // held by who writes
	out      writer      // guarded by writing, but its watches
	waiting  sync.Mutex  // for pong; never held while waiting
	pong     []byte      // of the last ping that is not answered; guarded by waiting
	pongDue  atomic.Bool // set under waiting
	opened   time.Time
	received atomic.Int64 // ns after opened

	ending sync.Once
	ended  chan struct{} // closed when err is set
	err    error         // what ended the connection
	gone   chan struct{} // closed when conn is closed
	going  sync.Once
}

// newConn makes a connection after the handshake. What the handshake has read
// too much is in buffered.
func newConn(conn net.Conn, buffered *bufio.Reader, server bool, subprotocol string, c Common, a agreed) (*Conn, error) {
	rest, _ := buffered.Peek(buffered.Buffered()) // it is there
	w := &Conn{
		conn: conn, server: server, subprotocol: subprotocol, limits: c.Limits.withDefaults(),
		trace: c.Trace, deflate: a, opened: time.Now(), reading: newLock(), writing: newLock(),
		ended: make(chan struct{}), gone: make(chan struct{}),
	}
	w.in.ahead = newReadAhead(conn, rest)
	w.in.hurry.conn, w.in.hurry.begin = conn, w.opened
	w.out.vectored = vectored(conn)
	ended := func(err error) { _ = w.end(err) }
	w.in.watches.ended, w.out.watches.ended = ended, ended
	if !a.on {
		return w, nil
	}
	ownBits, peerBits, ownNoTakeover, peerNoTakeover := a.clientWindow, a.serverWindowBits, a.clientNoTakeover, a.serverNoTakeover
	if server {
		ownBits, peerBits, ownNoTakeover, peerNoTakeover = peerBits, ownBits, peerNoTakeover, ownNoTakeover
	}
	var err error
	if w.out.deflater, err = frame.NewDeflater(ownBits, !ownNoTakeover); err != nil {
		return nil, err
	}
	if w.in.inflater, err = frame.NewInflater(peerBits, !peerNoTakeover); err != nil {
		return nil, err
	}
	return w, nil
}

// Subprotocol returns the one agreed on, empty for none.
func (c *Conn) Subprotocol() string { return c.subprotocol }

// Compressed reports whether messages may be compressed.
func (c *Conn) Compressed() bool { return c.deflate.on }

// LocalAddr and RemoteAddr return the network addresses.
func (c *Conn) LocalAddr() net.Addr { return c.conn.LocalAddr() }

// RemoteAddr returns the peer's network address.
func (c *Conn) RemoteAddr() net.Addr { return c.conn.RemoteAddr() }

// LastReceived returns when the last frame has come, at first when the
// connection was opened.
func (c *Conn) LastReceived() time.Time { return c.opened.Add(time.Duration(c.received.Load())) }

// Done is closed when the connection has ended.
func (c *Conn) Done() <-chan struct{} { return c.ended }

// Err returns what ended the connection, nil while it lives.
func (c *Conn) Err() error {
	select {
	case <-c.ended:
		return c.err
	default:
		return nil
	}
}
