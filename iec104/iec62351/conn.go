package iec62351

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Conn is a secure connection. Its handshake is bounded in time whoever runs it,
// and a handshake that fails closes the connection.
type Conn struct {
	*tls.Conn

	profile *Profile
	usage   x509.ExtKeyUsage // the peer's part
	name    string           // of the server, on the client's side
	shown   []*x509.Certificate
	asked   bool // the server wants a certificate

	once        sync.Once
	established atomic.Bool
	failure     error // of the handshake
	refused     atomic.Pointer[Error]
	closed      bool // guarded by profile.mu
}

// HandshakeContext runs the handshake, unless it has run, and returns how it went.
// It takes no longer than the profile allows.
func (c *Conn) HandshakeContext(ctx context.Context) error {
	c.once.Do(func() { c.failure = c.handshake(ctx) })
	return c.failure
}

// Handshake is HandshakeContext without a context.
func (c *Conn) Handshake() error { return c.HandshakeContext(context.Background()) }

func (c *Conn) handshake(ctx context.Context) error {
	limit := c.profile.config.HandshakeTimeout
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	err := c.Conn.HandshakeContext(ctx)
	if err == nil && c.usage == x509.ExtKeyUsageServerAuth && !c.asked {
		err = &Error{Kind: NoCertificate, Err: errors.New("the server does not ask for the client's")}
	}
	if err != nil {
		refused := classify(ctx, err, limit)
		c.tell(refused)
		_ = c.NetConn().Close() // it is of no use, whatever closing says
		return refused
	}
	c.shown = c.ConnectionState().PeerCertificates
	p := c.profile
	p.mu.Lock()
	if !c.closed {
		p.conns[c] = struct{}{}
	}
	p.mu.Unlock()
	c.established.Store(true)
	return nil
}

// classify says what a handshake has failed for.
func classify(ctx context.Context, err error, limit time.Duration) *Error {
	if refused, ok := errors.AsType[*Error](err); ok {
		return refused
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return &Error{Kind: HandshakeTimeout, Err: fmt.Errorf("not over within %v: %w", limit, err)}
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "remote error" {
		return &Error{Kind: PeerRefused, Err: err}
	}
	return &Error{Kind: HandshakeFailed, Err: err}
}

// verify is called in the handshake.
func (c *Conn) verify(m *material, state tls.ConnectionState) error {
	return c.profile.config.verify(m, state.PeerCertificates, c.usage, c.name)
}

func (c *Conn) tell(e *Error) {
	c.profile.tell(Event{Kind: e.Kind, Remote: c.RemoteAddr(), Subject: e.Subject, Serial: e.Serial, Err: e})
}

// refuse closes a connection whose certificate is in order no more.
func (c *Conn) refuse(reason *Error) {
	if !c.refused.CompareAndSwap(nil, reason) {
		return
	}
	c.tell(reason)
	c.forget()
	_ = c.NetConn().Close() // what matters is the reason
}

func (c *Conn) forget() {
	c.profile.mu.Lock()
	c.closed = true
	delete(c.profile.conns, c)
	c.profile.mu.Unlock()
}

// Read is part of [net.Conn].
func (c *Conn) Read(p []byte) (int, error) {
	if !c.established.Load() {
		if err := c.Handshake(); err != nil {
			return 0, err
		}
	}
	n, err := c.Conn.Read(p)
	return n, c.because(err)
}

// Write is part of [net.Conn].
func (c *Conn) Write(p []byte) (int, error) {
	if !c.established.Load() {
		if err := c.Handshake(); err != nil {
			return 0, err
		}
	}
	n, err := c.Conn.Write(p)
	return n, c.because(err)
}

// because names the reason why the connection was closed.
func (c *Conn) because(err error) error {
	if err == nil {
		return nil
	}
	// With TLS 1.3 a server refuses when the client takes the handshake for over.
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "remote error" {
		if refused := (&Error{Kind: PeerRefused, Err: err}); c.refused.CompareAndSwap(nil, refused) {
			c.tell(refused)
		}
	}
	if refused := c.refused.Load(); refused != nil {
		return refused
	}
	return err
}

// Close closes the connection.
func (c *Conn) Close() error {
	c.forget()
	return c.Conn.Close()
}
