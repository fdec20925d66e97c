package websocket

import (
	"bufio"
	"context"
	"errors"
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

	reading sync.Mutex // held by who reads
	in      reader     // guarded by reading

	writing  sync.Mutex // held by who writes
	out      writer     // guarded by writing
	waiting  sync.Mutex // for pong and hello; never held while waiting
	pong     []byte     // of the last ping that is not answered; guarded by waiting
	pongDue  bool       // guarded by waiting
	received atomic.Int64

	ending sync.Once
	ended  chan struct{} // closed when err is set
	err    error         // what ended the connection
}

// newConn makes a connection after the handshake. What the handshake has read
// too much is in buffered.
func newConn(conn net.Conn, buffered *bufio.Reader, server bool, subprotocol string, c Common, a agreed) (*Conn, error) {
	w := &Conn{
		conn: conn, server: server, subprotocol: subprotocol, limits: c.Limits.withDefaults(),
		trace: c.Trace, deflate: a, ended: make(chan struct{}),
	}
	w.in.buffered = buffered
	w.received.Store(time.Now().UnixNano())
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
func (c *Conn) LastReceived() time.Time { return time.Unix(0, c.received.Load()) }

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

// end ends the connection, once, and returns what ended it.
func (c *Conn) end(err error) error {
	c.ending.Do(func() {
		c.err = err
		_ = c.conn.Close() // what ended it is known
		close(c.ended)
	})
	<-c.ended
	return c.err
}

// watch ends the connection when ctx does. The function returned stops that.
func (c *Conn) watch(ctx context.Context) (stop func()) {
	if ctx.Done() == nil {
		return func() {}
	}
	release := context.AfterFunc(ctx, func() { _ = c.end(ctx.Err()) })
	return func() { release() }
}

// Abort closes the connection at once, without a close frame.
func (c *Conn) Abort() error {
	err := c.end(ErrClosed)
	if errors.Is(err, ErrClosed) {
		return nil
	}
	return err
}
