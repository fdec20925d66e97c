package websocket

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"stellwerk/internal/link"
	proto "stellwerk/websocket"
	"stellwerk/wire"
)

// Pauses between attempts to connect: they double up to the longest, and begin anew
// when a connection has lasted.
const (
	minPause = time.Second
	maxPause = 15 * time.Second
	lasting  = 30 * time.Second
)

// connect keeps a client connected until ctx ends.
func (l *Link) connect(ctx context.Context) {
	pause := minPause
	l.condition.Set(link.Connecting, wire.Text{})
	for ctx.Err() == nil {
		began := time.Now()
		err := l.session(ctx)
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) >= lasting {
			pause = minPause
		}
		l.condition.Set(link.Connecting, wire.Same(explain(err)))
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
		pause = min(2*pause, maxPause)
	}
}

// explain says why a connection could not be had, or has ended.
func explain(err error) string {
	var closed *proto.CloseError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &closed) && closed.Reason != "":
		return "closed by the peer: " + closed.Code.String() + ": " + closed.Reason
	case errors.As(err, &closed):
		return "closed by the peer: " + closed.Code.String()
	}
	return err.Error()
}

// session has one connection, from its opening to its end.
func (l *Link) session(ctx context.Context) error {
	u, err := url.Parse(l.options.Connect)
	if err != nil {
		return err // cannot be: it was checked
	}
	header := http.Header{}
	for name, value := range l.options.Header {
		header.Set(name, value)
	}
	subprotocols := []string{Subprotocol}
	token := ""
	if l.tokens != nil {
		if token, err = l.tokens.Token(); err != nil {
			return err
		}
		subprotocols = l.options.JWT.show(token, u, header, subprotocols)
	}
	opening, cancel := context.WithTimeout(ctx, 30*time.Second)
	conn, err := proto.Dial(opening, u.String(), &proto.ClientOptions{
		Common: l.common(), Subprotocols: subprotocols, Header: header, ResponseTimeout: 15 * time.Second,
		Secure: l.secure(),
	})
	cancel()
	if err != nil {
		return err
	}
	p := newPeer(l, conn, l.options.Connect)
	if l.tokens != nil && l.options.JWT.withDefaults().Via == viaMessage {
		p.token = token
	}
	if !l.enter(p) { // cannot be: a client has one connection after the other
		return conn.Abort()
	}
	l.condition.Set(link.Connected, wire.Text{}, l.options.Connect)
	err = p.run(ctx)
	l.leave(p)
	return err
}
