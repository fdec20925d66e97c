package iec104

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// acceptAll hands the connections of a listener to take until the listener is
// closed; with stop closed the error is [ErrClosed]. When accepting fails for
// another reason it tries again after a pause of up to a second.
func acceptAll(listener net.Listener, stop <-chan struct{}, take func(net.Conn)) error {
	var pause time.Duration
	for {
		conn, err := listener.Accept()
		if err == nil {
			pause = 0
			take(conn)
			continue
		}
		if errors.Is(err, net.ErrClosed) {
			select {
			case <-stop:
				return ErrClosed
			default: // somebody else closed the listener
				return err
			}
		}
		pause = min(max(2*pause, 5*time.Millisecond), time.Second)
		select {
		case <-time.After(pause):
		case <-stop:
		}
	}
}

// handshaker is a connection that is made secure before it is used, such as
// *tls.Conn.
type handshaker interface {
	HandshakeContext(ctx context.Context) error
}

// admit hands a connection of a listener to serve, for which leave must be
// called in the end, or refuses and closes it. A TLS handshake runs in a
// goroutine of its own, counted by work, so that a peer that is slow with it
// holds up nobody. Such a connection counts against the limits from the
// beginning.
func (g *gate) admit(conn net.Conn, work *sync.WaitGroup, t0 time.Duration, serve func(net.Conn)) {
	if g.enter(conn.RemoteAddr()) != nil {
		_ = conn.Close() // it is refused, and its errors are nobody's
		return
	}
	secure, ok := conn.(handshaker)
	if !ok {
		serve(conn)
		return
	}
	work.Go(func() {
		limit := g.limits.HandshakeTimeout
		if limit == 0 {
			limit = t0
		}
		ctx, cancel := context.WithTimeout(g.life, limit)
		defer cancel()
		err := secure.HandshakeContext(ctx)
		if err == nil {
			serve(conn)
			return
		}
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			err = fmt.Errorf("not over within %v: %w", limit, err)
		}
		_ = g.refuse(conn.RemoteAddr(), HandshakeFailed, err) // told of
		g.leave(conn.RemoteAddr())
		_ = conn.Close() // it is refused, and its errors are nobody's
	})
}
