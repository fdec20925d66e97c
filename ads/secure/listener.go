package secure

import (
	"context"
	"errors"
	"net"
	"sync"
)

// ListenerOptions are the settings of a [Listener]. Nil options, and fields that
// are zero, have the values named beside them.
type ListenerOptions struct {
	// Handshakes is how many machines may be in the handshake at once, those
	// included that Accept has not taken yet; further ones are refused. Zero is
	// 256.
	Handshakes int
	// Admit decides by the address whether there is a handshake at all; an error
	// refuses. Nil admits all.
	Admit func(remote net.Addr) error
	// Refused is told of connections that came to nothing, and why; the error
	// has [ErrAdded] for a machine that was entered. It is called by several
	// goroutines at once, and must return soon. Nil tells nobody.
	Refused func(remote net.Addr, err error)
}

// ErrBusy is in errors about connections that are refused because too many
// machines are in the handshake.
var ErrBusy = errors.New("too many machines are in the handshake")

// Listener accepts machines by secure ADS: what Accept returns has the handshakes
// behind it, and is a [*Conn]. Each machine has a goroutine of its own and the
// time of [ServerOptions.Wait], so that one that is silent holds up no other. It
// implements [net.Listener], for a server whose framing is
// [stellwerk/ads/ams.Bare]. All methods are safe for concurrent use.
type Listener struct {
	listener net.Listener
	server   *Server
	options  ListenerOptions
	ctx      context.Context //nolint:containedctx // Close ends it, and with it all handshakes
	cancel   context.CancelFunc
	room     chan struct{} // a place for each handshake
	accepted chan accepted
	work     sync.WaitGroup
}

// accepted is what Accept returns.
type accepted struct {
	conn *Conn
	err  error
}

// NewListener makes connections of a listener secure, which it owns from then on.
// Close must be called in the end.
func NewListener(listener net.Listener, server *Server, options *ListenerOptions) *Listener {
	l := &Listener{listener: listener, server: server, accepted: make(chan accepted)}
	if options != nil {
		l.options = *options
	}
	if l.options.Handshakes <= 0 {
		l.options.Handshakes = 256
	}
	l.room = make(chan struct{}, l.options.Handshakes)
	l.ctx, l.cancel = context.WithCancel(context.Background())
	l.work.Go(l.run)
	return l
}

// Accept waits for a machine that has been taken, or for an error of the listener
// below, such as too many open files, after which it may be called again. After
// Close the error is [net.ErrClosed].
func (l *Listener) Accept() (net.Conn, error) {
	select {
	case a := <-l.accepted:
		if a.err != nil {
			return nil, a.err
		}
		return a.conn, nil
	case <-l.ctx.Done():
		return nil, fail("accept", "%w", net.ErrClosed)
	}
}

// Addr returns the address of the listener below.
func (l *Listener) Addr() net.Addr { return l.listener.Addr() }

// Close ends listening and all handshakes, and waits for them. Connections that
// Accept has returned stay.
func (l *Listener) Close() error {
	l.cancel()
	err := l.listener.Close()
	l.work.Wait()
	if errors.Is(err, net.ErrClosed) {
		return nil // it was before
	}
	return err
}

// run accepts until the listener below is closed.
func (l *Listener) run() {
	defer l.cancel()
	for {
		conn, err := l.listener.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil:
			l.give(accepted{err: err}) // who accepts sets the pace of trying again
			if l.ctx.Err() != nil {
				return
			}
			continue
		}
		if err := l.admit(conn.RemoteAddr()); err != nil {
			l.refuse(conn.RemoteAddr(), errors.Join(err, conn.Close()))
			continue
		}
		l.work.Go(func() { l.shake(conn) })
	}
}

// admit takes a place for a handshake, where there is to be one.
func (l *Listener) admit(remote net.Addr) error {
	if l.options.Admit != nil {
		if err := l.options.Admit(remote); err != nil {
			return &Error{Op: "accept", Err: err}
		}
	}
	select {
	case l.room <- struct{}{}:
		return nil
	default:
		return fail("accept", "%w: %d", ErrBusy, l.options.Handshakes)
	}
}

// shake has the handshake with one machine.
func (l *Listener) shake(conn net.Conn) {
	remote := conn.RemoteAddr()
	secured, err := l.server.Handshake(l.ctx, conn)
	if err == nil && !l.give(accepted{conn: secured}) {
		_ = secured.Close() // nobody is there any more
	}
	<-l.room
	if err != nil && l.ctx.Err() == nil {
		l.refuse(remote, err)
	}
}

// give hands something to Accept; false where nobody takes it any more.
func (l *Listener) give(a accepted) bool {
	select {
	case l.accepted <- a:
		return true
	case <-l.ctx.Done():
		return false
	}
}

func (l *Listener) refuse(remote net.Addr, err error) {
	if l.options.Refused != nil {
		l.options.Refused(remote, err)
	}
}
