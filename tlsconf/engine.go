package tlsconf

import (
	"context"
	"errors"
	"net"
	"strings"
)

// Conn is a TLS connection.
type Conn interface {
	net.Conn
	// HandshakeContext runs the handshake. When ctx ends before that, the
	// connection cannot be used any more.
	HandshakeContext(ctx context.Context) error
	// CloseWrite tells the peer that nothing more comes, and leaves the other
	// direction open.
	CloseWrite() error
	// State returns what the handshake has agreed on.
	State() State
}

// State is what a handshake has agreed on.
type State struct {
	Version uint16 // as in crypto/tls
	Suite   uint16 // the number in the registry of IANA; see [SuiteName]
	// Peer is the peer's certificate and its chain, in DER.
	Peer [][]byte
	// PSKIdentity is the identity of the pre-shared key, empty without one.
	PSKIdentity string
	// Resumed tells that an earlier session was continued.
	Resumed bool
}

// Engine is an implementation of TLS.
type Engine interface {
	// Name is a word or two for people.
	Name() string
	// Prepare makes ready for connections with a configuration. Where the
	// engine cannot do what it needs, the [*Error] says what is lacking.
	Prepare(c *Config) (Maker, error)
}

// Maker puts TLS on connections. It is safe for concurrent use.
type Maker interface {
	// Client returns the client's end on a connection, before the handshake.
	// The host is the name or the address that was called.
	Client(conn net.Conn, host string) (Conn, error)
	// Server returns the server's end.
	Server(conn net.Conn) (Conn, error)
}

// Endpoint makes TLS connections. It is safe for concurrent use.
type Endpoint struct {
	engine string
	maker  Maker
}

// New checks settings, reads their files and chooses the engine: crypto/tls
// where it can do what they need, otherwise the first of those given that can.
// The error is an [*Error].
func New(s Settings, role Role, engines ...Engine) (*Endpoint, error) {
	c, err := Load(s, role)
	if err != nil {
		return nil, err
	}
	for _, engine := range append([]Engine{cryptoTLS{}}, engines...) {
		var maker Maker
		if maker, err = engine.Prepare(c); err == nil {
			return &Endpoint{engine: engine.Name(), maker: maker}, nil
		}
	}
	return nil, err // of the last one, which is the most capable
}

// Engine returns the name of the engine in use.
func (e *Endpoint) Engine() string { return e.engine }

// Client runs the client's handshake on a connection, which it owns from then
// on: where the handshake fails, or ctx ends, the connection is closed. The
// host is the name or the address that was called; it is held against the
// certificate.
func (e *Endpoint) Client(ctx context.Context, conn net.Conn, host string) (Conn, error) {
	secure, err := e.maker.Client(conn, strings.Trim(host, "[]"))
	return shake(ctx, conn, secure, err)
}

// Server runs the server's handshake on a connection, as Client does.
func (e *Endpoint) Server(ctx context.Context, conn net.Conn) (Conn, error) {
	secure, err := e.maker.Server(conn)
	return shake(ctx, conn, secure, err)
}

func shake(ctx context.Context, conn net.Conn, secure Conn, err error) (Conn, error) {
	if err == nil {
		err = secure.HandshakeContext(ctx)
	}
	if err == nil {
		return secure, nil
	}
	_ = conn.Close() // the reason is known
	if known, ok := errors.AsType[*Error](err); ok {
		return nil, known
	}
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	return nil, fail(HandshakeFail, "%w", err)
}
