package router

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"time"

	"stellwerk/ads/ams"
)

// LinkState is the state of the connection to a target.
type LinkState uint8

// The states.
const (
	LinkIdle       LinkState = iota // nothing was sent to it yet
	LinkConnecting                  // telegrams wait until it is there
	LinkConnected
	LinkWaiting // it failed; telegrams are refused until it is tried again
)

// String returns a word.
func (s LinkState) String() string {
	switch s {
	case LinkIdle:
		return "idle"
	case LinkConnecting:
		return "connecting"
	case LinkConnected:
		return "connected"
	case LinkWaiting:
		return "waiting"
	default:
		return fmt.Sprintf("link state %d", uint8(s))
	}
}

// MarshalText returns the word.
func (s LinkState) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// linkKey is what routes have in common that share a connection.
type linkKey struct{ endpoint, secure string }

// link is the connection to a target, shared by the routes that lead there. It
// begins with the first telegram, and is made again whenever it is lost.
type link struct {
	router *Router
	key    linkKey
	ctx    context.Context // ends with the last route
	cancel context.CancelFunc

	// Guarded by router.mu.
	route    Route // the first one, for what makes the connection secure
	routes   int
	peer     *peer // while it connects, and is connected
	state    LinkState
	since    time.Time // of the state
	attempts int       // without success
	err      error     // of the last attempt
}

// call returns the connection for a telegram, nil where there is none, and
// begins to connect where nobody did yet.
func (l *link) call() *peer {
	r := l.router
	r.mu.Lock()
	defer r.mu.Unlock()
	if l.peer != nil || l.state != LinkIdle || r.closed || l.ctx.Err() != nil {
		return l.peer
	}
	p := l.newPeer()
	l.peer, l.state, l.since = p, LinkConnecting, time.Now()
	r.work.Go(func() { l.run(p) })
	return p
}

func (l *link) newPeer() *peer {
	framing := ams.OverTCP
	if l.key.secure != "" {
		framing = ams.Bare
	}
	p := l.router.newPeer(nil, framing)
	p.name, p.home, p.calm = l.key.endpoint, l, true
	p.kind.Store(uint32(target))
	return p
}

// run keeps the connection until the last route is removed.
func (l *link) run(p *peer) {
	r := l.router
	pause := r.options.Limits.FirstPause
	for {
		r.trace(Event{Kind: TargetConnecting, Peer: p.name})
		begin, err := l.connected(p)
		if !begin.IsZero() && time.Since(begin) > pause {
			pause = r.options.Limits.FirstPause
		}
		p.abort(err)
		r.mu.Lock()
		l.peer, l.state, l.since, l.err = nil, LinkWaiting, time.Now(), p.why()
		l.attempts++
		r.mu.Unlock()
		r.abandon(p, ams.TargetMachineNotFound)
		r.trace(Event{Kind: TargetDisconnected, Peer: p.name, Err: p.why()})
		select {
		case <-time.After(pause):
		case <-l.ctx.Done():
			return
		}
		pause = min(2*pause, r.options.Limits.LongestPause)
		p = l.newPeer()
		r.mu.Lock()
		l.peer, l.state, l.since = p, LinkConnecting, time.Now()
		r.mu.Unlock()
	}
}

// connected connects, and serves the connection until it ends. It returns since
// when there was one, and why there is none any more.
func (l *link) connected(p *peer) (begin time.Time, err error) {
	stop := context.AfterFunc(l.ctx, func() { p.abort(l.over()) })
	defer stop()
	conn, err := l.dial()
	if err != nil {
		return begin, err
	}
	if !p.attach(conn) {
		return begin, p.why()
	}
	r := l.router
	begin = time.Now()
	r.mu.Lock()
	l.state, l.since, l.attempts, l.err = LinkConnected, begin, 0, nil
	r.mu.Unlock()
	r.trace(Event{Kind: TargetConnected, Peer: p.name})
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.write()
	}()
	err = p.read()
	if hungUp(err) && p.counted.received.Load() == 0 {
		err = fmt.Errorf("the machine accepts the connection and closes it again: it has no route to %s with our address: %w", r.options.NetID, err)
	}
	p.abort(err)
	<-done
	return begin, err
}

// over says why the link ends.
func (l *link) over() error {
	if l.router.ctx.Err() != nil {
		return fail("close", ErrClosed)
	}
	return errRouteRemoved
}

// dial makes a connection, with TLS where the route says so.
func (l *link) dial() (net.Conn, error) {
	r := l.router
	ctx, cancel := context.WithTimeout(l.ctx, r.options.Limits.Connect)
	defer cancel()
	conn, err := r.options.Dial(ctx, "tcp", l.key.endpoint)
	if err != nil || l.key.secure == "" {
		return conn, err
	}
	if r.options.Secure == nil {
		return nil, errors.Join(fmt.Errorf("the route wants the connection secure (%q), but the router was not told how", l.key.secure), conn.Close())
	}
	r.mu.RLock()
	route := l.route
	r.mu.RUnlock()
	return r.options.Secure(ctx, conn, route)
}

// hungUp reports whether an error says that the other side has closed the
// connection.
func hungUp(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}
