package websocket

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"stellwerk/internal/link"
	proto "stellwerk/websocket"
	"stellwerk/websocket/frame"
	"stellwerk/wire"
)

const (
	// openingTime is how long a peer may take for TLS, and again for its request.
	openingTime = 10 * time.Second
	// maxOpening is how many connections may be in their opening at the same time,
	// beside those of the peers; further ones are closed.
	maxOpening = 32
)

// accept serves peers until ctx ends.
func (l *Link) accept(ctx context.Context) {
	l.condition.Set(link.Listening, wire.Text{})
	stop := context.AfterFunc(ctx, func() { _ = l.listener.Close() })
	defer stop()
	var work sync.WaitGroup
	defer work.Wait()
	places := make(chan struct{}, l.options.peers()+maxOpening)
	for {
		conn, err := l.listener.Accept()
		switch {
		case ctx.Err() != nil:
			if err == nil {
				_ = conn.Close() // nobody is served any more
			}
			return
		case errors.Is(err, net.ErrClosed):
			l.condition.Set(link.Fault, wire.Same(err.Error()))
			return
		case err != nil: // too many files, for example: it may get better
			l.condition.Set(link.Fault, wire.Same(err.Error()))
			select {
			case <-time.After(time.Second):
			case <-ctx.Done():
			}
			continue
		}
		name := conn.RemoteAddr().String()
		if !l.allowed.Has(conn.RemoteAddr()) {
			_ = conn.Close() // nobody that we talk to
			l.refuse(name, "connection closed: the address is not on the list allow")
			continue
		}
		select {
		case places <- struct{}{}:
		default:
			_ = conn.Close() // there is no room
			l.refuse(name, "connection closed: there are too many")
			continue
		}
		work.Go(func() {
			defer func() { <-places }()
			l.serve(ctx, conn, name)
		})
	}
}

// serve has one connection, from its opening to its end.
func (l *Link) serve(ctx context.Context, conn net.Conn, name string) {
	if l.endpoint != nil {
		opening, cancel := context.WithTimeout(ctx, openingTime)
		secured, err := l.endpoint.Server(opening, conn)
		cancel()
		if err != nil {
			l.refuse(name, "connection closed: "+err.Error())
			return
		}
		conn = secured
	}
	var expires time.Time
	ws, err := proto.Server(ctx, conn, &proto.ServerOptions{
		Common: l.common(), Subprotocols: []string{Subprotocol}, RequestTimeout: openingTime,
		CheckOrigin: l.checkOrigin,
		CheckRequest: func(r *http.Request) (err error) {
			if r.URL.Path != l.options.Path {
				return fmt.Errorf("there is nothing at %s", cutText(r.URL.Path))
			}
			if l.verifier != nil && l.verifier.settings.Via != viaMessage {
				expires, err = l.verifier.verify(l.verifier.requestToken(r))
			}
			return err
		},
	})
	if err != nil {
		l.refuse(name, "connection refused: "+err.Error())
		return
	}
	p := newPeer(l, ws, name)
	p.expires = expires
	if !l.enter(p) {
		l.refuse(name, "connection closed: there are as many peers as there may be")
		_ = ws.Close(frame.TryAgainLater, "there are as many peers as there may be")
		return
	}
	l.tell()
	_ = p.run(ctx) // what ended it, the log of the peer has
	l.leave(p)
	l.tell()
}

// checkOrigin takes requests that no page has made, those of pages that are named
// in origins, and those of pages that this host itself has served under an address
// or as localhost: a name could lead here without being ours (DNS rebinding).
func (l *Link) checkOrigin(r *http.Request) error {
	origin := r.Header.Get("Origin")
	if origin == "" || slices.ContainsFunc(l.options.Origins, func(each string) bool { return strings.EqualFold(each, origin) }) {
		return nil
	}
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	_, err := netip.ParseAddr(strings.Trim(host, "[]"))
	u, broken := url.Parse(origin)
	if (err == nil || strings.EqualFold(host, "localhost")) && broken == nil && strings.EqualFold(u.Host, r.Host) {
		return nil
	}
	return fmt.Errorf("pages of %q may not connect: name them in origins", cutText(origin))
}
