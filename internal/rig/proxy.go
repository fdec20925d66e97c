package rig

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"
)

// Proxy stands between clients and a server and spoils what passes, according
// to its two Faults, which hold for all its connections. All methods are safe
// for concurrent use.
type Proxy struct {
	// ToServer and ToClient are the faults of each direction.
	ToServer, ToClient Faults

	t        testing.TB
	listener net.Listener
	dial     func(context.Context) (net.Conn, error)
	ctx      context.Context // ends with the proxy
	stop     context.CancelFunc
	running  sync.WaitGroup

	mu      sync.Mutex
	refuse  bool            // guarded by mu
	closed  bool            // guarded by mu
	relays  map[*relay]bool // guarded by mu
	refused int             // guarded by mu
}

// NewProxy accepts connections at a listener, which belongs to the proxy from
// then on, and connects each with the server that dial reaches. Where dial
// fails the client is reset. The proxy ends with the test, or at Close.
func NewProxy(t testing.TB, l net.Listener, dial func(context.Context) (net.Conn, error)) *Proxy {
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	p := &Proxy{t: t, listener: l, dial: dial, ctx: ctx, stop: stop, relays: make(map[*relay]bool)}
	p.running.Go(p.accept)
	t.Cleanup(p.Close)
	return p
}

// NewTCPProxy is a proxy at a free port of 127.0.0.1 before a server's address.
func NewTCPProxy(t testing.TB, server string) *Proxy {
	t.Helper()
	var config net.ListenConfig
	l, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("proxy before %s: %v", server, err)
	}
	return NewProxy(t, l, func(ctx context.Context) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "tcp", server)
	})
}

// Addr returns where clients connect to.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// Cut resets all connections that there are; new ones are accepted.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for r := range p.relays {
		r.cut()
	}
}

// Refuse makes the proxy reset every new connection at once, until it is called
// with false. Connections that there are stay.
func (p *Proxy) Refuse(refuse bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refuse = refuse
}

// Refused returns how many connections Refuse has turned away.
func (p *Proxy) Refused() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.refused
}

// Connections returns how many connections pass the proxy now.
func (p *Proxy) Connections() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.relays)
}

// Close stops listening, resets all connections and waits until nothing of the
// proxy runs any more. It may be called more than once.
func (p *Proxy) Close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.stop()
	_ = p.listener.Close()
	p.Cut()
	p.running.Wait()
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if errors.Is(err, net.ErrClosed) || p.ctx.Err() != nil {
			if err == nil {
				abort(client)
			}
			return
		}
		if err != nil {
			p.t.Errorf("proxy at %s accepts no more: %v", p.Addr(), err)
			return
		}
		p.mu.Lock()
		refuse := p.refuse
		if refuse {
			p.refused++
		}
		p.mu.Unlock()
		if refuse {
			abort(client)
			continue
		}
		p.running.Go(func() { p.serve(client) })
	}
}

// serve carries one connection until it ends.
func (p *Proxy) serve(client net.Conn) {
	server, err := p.dial(p.ctx)
	if err != nil {
		abort(client)
		return
	}
	r := newRelay(client, server, &p.ToServer, &p.ToClient)
	p.mu.Lock()
	p.relays[r] = true
	if p.closed {
		r.cut()
	}
	p.mu.Unlock()
	r.run()
	p.mu.Lock()
	delete(p.relays, r)
	p.mu.Unlock()
}
