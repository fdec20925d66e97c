//go:build linux && (amd64 || arm64) && !nolibssl

package libssl

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"slices"
	"sync"
	"time"

	"stellwerk/tlsconf"
)

// Results of SSL_get_error.
const (
	errorSSL        = 1
	errorWantRead   = 2
	errorZeroReturn = 6
)

// record is the most that one record of TLS carries.
const record = 16 << 10

// farewell is how long Close may take to tell the peer.
const farewell = 5 * time.Second

// conn is an SSL between two buffers in memory.
type conn struct {
	net.Conn // carries the records
	*library
	state   *handshake
	cleanup runtime.Cleanup

	// shaking is held by the goroutine that runs the handshake.
	shaking sync.Mutex
	shaken  bool  // guarded by shaking
	failed  error // guarded by shaking

	reading sync.Mutex // held by the goroutine that reads
	input   []byte     // records on their way in; guarded by reading

	// writing is held by the goroutine that writes, until the records are on
	// their way, so that they stay in order. Readers never take it: a peer that
	// does not read must not keep this side from reading.
	writing sync.Mutex
	output  []byte // guarded by writing
	stopped bool   // guarded by writing; nothing may be written any more

	mu      sync.Mutex // for everything about ssl; never held while waiting
	ssl     uintptr    // guarded by mu, 0 when closed
	in, out uintptr    // BIOs, owned by ssl
}

// connection makes an SSL.
func (m *maker) connection(raw net.Conn, host string) (*conn, error) {
	c := &conn{Conn: raw, library: m.library, state: &handshake{library: m.library, config: m.config, host: host}}
	var err error
	m.attempt(func() {
		if c.ssl = m.sessionNew.call(m.context); c.ssl == 0 {
			err = m.fail(tlsconf.Setup, "OpenSSL makes no connection")
		}
	})
	runtime.KeepAlive(m)
	if err != nil {
		return nil, err
	}
	c.in, c.out = m.bioNew.call(m.bioMethod.call()), m.bioNew.call(m.bioMethod.call())
	m.sessionBIO.call(c.ssl, c.in, c.out)
	connections.Store(c.ssl, c.state)
	c.cleanup = runtime.AddCleanup(c, m.free, c.ssl) // nobody closed it
	return c, nil
}

// free gives an SSL back, and its buffers with it.
func (l *library) free(ssl uintptr) {
	connections.Delete(ssl)
	l.sessionFree.call(ssl)
}

// step runs one function of the library. Its result is positive, or the error
// says what is wrong: errWant that records must come in first.
func (c *conn) step(body func(ssl uintptr) int) (n int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ssl == 0 {
		return 0, net.ErrClosed
	}
	c.attempt(func() {
		if n = body(c.ssl); n > 0 {
			return
		}
		switch code := c.sessionError.number(c.ssl, uintptr(n)); code {
		case errorWantRead:
			err = errWant
		case errorZeroReturn:
			err = io.EOF
		case errorSSL:
			err = fmt.Errorf("tls: %s", c.reason())
		default:
			err = fmt.Errorf("tls: OpenSSL reports error %d: %s", code, c.reason())
		}
	})
	if c.state.err != nil {
		err = c.state.err
	}
	return n, err
}

// errWant says that records must come in first.
var errWant = errors.New("records are wanted")

// errIdentity says that the identity of a client is not known.
func errIdentity(name string) error {
	return fmt.Errorf("the client has the identity %q, which is not known", name)
}

// take returns the records that wait to be sent. The caller holds writing.
func (c *conn) take() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ssl == 0 {
		return nil
	}
	size := int(c.bioCtrlPending.call(c.out))
	if size == 0 {
		return nil
	}
	c.output = slices.Grow(c.output[:0], size)[:size]
	n := c.bioRead.number(c.out, uintptr(address(c.output)), uintptr(size))
	return c.output[:max(n, 0)]
}

// flush sends the records that wait. The caller holds writing.
func (c *conn) flush() error {
	records := c.take()
	if len(records) == 0 {
		return nil
	}
	_, err := c.Conn.Write(records)
	return err
}

// fill waits for records. The caller holds reading.
func (c *conn) fill() error {
	if c.input == nil {
		c.input = make([]byte, record+1024)
	}
	n, err := c.Conn.Read(c.input)
	if n > 0 {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.ssl == 0 {
			return net.ErrClosed
		}
		c.bioWrite.call(c.in, uintptr(address(c.input)), uintptr(n))
		return nil
	}
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF // without close_notify
	}
	return err
}

// HandshakeContext runs the handshake, once.
func (c *conn) HandshakeContext(ctx context.Context) error {
	c.shaking.Lock()
	defer c.shaking.Unlock()
	if c.shaken || c.failed != nil {
		return c.failed
	}
	stop := context.AfterFunc(ctx, func() { _ = c.Conn.Close() })
	err := c.shake()
	if !stop() && ctx.Err() != nil {
		err = ctx.Err()
	}
	c.shaken, c.failed = err == nil, err
	return err
}

func (c *conn) shake() error {
	c.reading.Lock()
	defer c.reading.Unlock()
	c.writing.Lock()
	defer c.writing.Unlock()
	for {
		_, err := c.step(func(ssl uintptr) int { return c.sessionShake.number(ssl) })
		if sent := c.flush(); sent != nil && (err == nil || errors.Is(err, errWant)) {
			return sent // an alert may be lost: the reason is known
		}
		switch {
		case err == nil:
			return nil
		case !errors.Is(err, errWant):
			return err
		}
		if err := c.fill(); err != nil {
			return err
		}
	}
}

// ready runs the handshake where nobody has.
func (c *conn) ready() error { return c.HandshakeContext(context.Background()) }

// Read reads what the peer has sent. The error is io.EOF when the peer has said
// that nothing more comes, and [io.ErrUnexpectedEOF] when it went without.
func (c *conn) Read(data []byte) (int, error) {
	if err := c.ready(); err != nil {
		return 0, err
	}
	if len(data) == 0 {
		return 0, nil
	}
	c.reading.Lock()
	defer c.reading.Unlock()
	for {
		n, err := c.step(func(ssl uintptr) int {
			return c.sessionRead.number(ssl, uintptr(address(data)), uintptr(min(len(data), 1<<30)))
		})
		if err == nil {
			return n, nil
		}
		if !errors.Is(err, errWant) {
			return 0, err
		}
		if err := c.fill(); err != nil {
			return 0, err
		}
	}
}

// Write sends data. After an error, also one of a deadline, nothing more can be
// written: a record may have been cut.
func (c *conn) Write(data []byte) (int, error) {
	if err := c.ready(); err != nil {
		return 0, err
	}
	c.writing.Lock()
	defer c.writing.Unlock()
	written := 0
	for len(data) > 0 {
		if c.stopped {
			return written, errStopped
		}
		part := data[:min(len(data), record)]
		n, err := c.step(func(ssl uintptr) int {
			return c.sessionWrite.number(ssl, uintptr(address(part)), uintptr(len(part)))
		})
		if err == nil {
			err = c.flush()
		}
		if err != nil {
			c.stopped = true
			return written, err
		}
		written += n
		data = data[n:]
	}
	return written, nil
}

var errStopped = errors.New("tls: nothing may be written after CloseWrite or a failed write")

// CloseWrite tells the peer that nothing more comes.
func (c *conn) CloseWrite() error {
	if err := c.ready(); err != nil {
		return err
	}
	c.writing.Lock()
	defer c.writing.Unlock()
	return c.shutdown()
}

// shutdown says close_notify, once. The caller holds writing.
func (c *conn) shutdown() error {
	if c.stopped {
		return nil
	}
	c.stopped = true
	_, err := c.step(func(ssl uintptr) int { return c.sessionShutdown.number(ssl) + 1 })
	return errors.Join(err, c.flush())
}

// Close says close_notify, where that is possible at once, and closes.
func (c *conn) Close() error {
	// Whoever writes does not keep Close from closing.
	if c.writing.TryLock() {
		if c.shaking.TryLock() {
			shaken := c.shaken
			c.shaking.Unlock()
			if shaken {
				_ = c.Conn.SetWriteDeadline(time.Now().Add(farewell))
				_ = c.shutdown() // the peer may be gone
			}
		}
		c.writing.Unlock()
	}
	err := c.Conn.Close()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ssl == 0 {
		return net.ErrClosed
	}
	c.cleanup.Stop()
	c.free(c.ssl)
	c.ssl = 0
	return err
}

// State returns what the handshake has agreed on.
func (c *conn) State() tlsconf.State {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := tlsconf.State{Peer: c.state.peer, PSKIdentity: c.state.psk}
	if c.ssl == 0 {
		return s
	}
	s.Version = uint16(c.sessionVersion.number(c.ssl))
	if cipher := c.sessionCipher.call(c.ssl); cipher != 0 {
		s.Suite = uint16(c.cipherID.call(cipher))
	}
	s.Resumed = c.sessionReused.number(c.ssl) == 1
	return s
}

// NetConn returns the connection that carries the records, as that of
// crypto/tls does.
func (c *conn) NetConn() net.Conn { return c.Conn }
