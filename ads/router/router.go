package router

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"stellwerk/ads/ams"
)

// Router is an AMS router. Each connection has two goroutines, each target that
// was called one more. All methods are safe for concurrent use.
type Router struct {
	options  Options
	ctx      context.Context // ends with Close
	cancel   context.CancelFunc
	work     sync.WaitGroup // grows only while mu is held and closed is false
	invokeID atomic.Uint32  // of requests that the router makes itself
	counted  counters
	memory   budget

	changing sync.Mutex // held while routes change

	mu        sync.RWMutex
	closed    bool                      // guarded by mu
	listeners map[net.Listener]struct{} // guarded by mu
	peers     map[*peer]struct{}        // programs and machines; guarded by mu
	ports     map[ams.Port]*peer        // guarded by mu
	nextPort  ams.Port                  // guarded by mu
	routes    map[ams.NetID]*entry      // guarded by mu
	links     map[linkKey]*link         // guarded by mu
	machines  map[ams.NetID][]*peer     // those connected, the latest last; guarded by mu
	learned   map[ams.Address]*peer     // where requests of machines came from; guarded by mu
}

// New returns a router without connections. It connects to a target when the
// first telegram for it comes, and keeps that connection from then on.
func New(options *Options) (*Router, error) {
	o, err := options.withDefaults()
	if err != nil {
		return nil, fail("options", err)
	}
	r := &Router{
		options:   o,
		memory:    budget{limit: int64(o.Limits.Memory)},
		listeners: make(map[net.Listener]struct{}),
		peers:     make(map[*peer]struct{}),
		ports:     make(map[ams.Port]*peer),
		nextPort:  ams.PortFirstDynamic,
		routes:    make(map[ams.NetID]*entry),
		links:     make(map[linkKey]*link),
		machines:  make(map[ams.NetID][]*peer),
		learned:   make(map[ams.Address]*peer),
	}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	for _, route := range o.Routes {
		if err := r.enter(route); err != nil {
			r.cancel()
			return nil, fail("options", err)
		}
	}
	return r, nil
}

// NetID returns the NetId of this machine.
func (r *Router) NetID() ams.NetID { return r.options.NetID }

// ListenAndServe listens at an address, and serves until the router is closed or
// ctx ends. An empty address is 127.0.0.1:48898, which only programs of this
// machine reach; so do addresses without a host.
func (r *Router) ListenAndServe(ctx context.Context, address string) error {
	address, err := loopback(address, ams.TCPPort)
	if err != nil {
		return fail("listen", err)
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return fail("listen", err)
	}
	defer context.AfterFunc(ctx, func() { _ = listener.Close() })() // ends Serve
	if err := r.Serve(listener); ctx.Err() == nil {
		return err
	}
	return fail("serve", context.Cause(ctx))
}

// loopback completes an address.
func loopback(address string, port int) (string, error) {
	if address == "" {
		address = "127.0.0.1"
	}
	if host, given, err := net.SplitHostPort(address); err == nil {
		if host == "" {
			host = "127.0.0.1"
		}
		return net.JoinHostPort(host, given), nil // port 0 is any
	}
	return Endpoint(address, port)
}

// Serve accepts programs and machines until the router is closed, and then
// returns [ErrClosed]; it closes the listener. When accepting fails for another
// reason, such as too many open files, it tries again after a pause of up to a
// second, unless the listener is closed.
func (r *Router) Serve(listener net.Listener) error {
	return r.accept(listener, func(conn net.Conn) { _ = r.ServeConn(conn) }) // it is closed, and traced, where it is refused
}

// ServeSecured is Serve for a listener whose connections have been made secure, as
// that of package secure does; proven tells the NetId that was proven by that. See
// ServeSecure.
func (r *Router) ServeSecured(listener net.Listener, proven func(net.Conn) ams.NetID) error {
	return r.accept(listener, func(conn net.Conn) { _ = r.ServeSecure(conn, proven(conn)) }) // as in Serve
}

// accept hands all connections of a listener to serve.
func (r *Router) accept(listener net.Listener, serve func(net.Conn)) error {
	if !r.begin(func() { r.listeners[listener] = struct{}{} }) {
		return errors.Join(fail("serve", ErrClosed), listener.Close())
	}
	defer r.work.Done()
	defer func() {
		r.mu.Lock()
		delete(r.listeners, listener)
		r.mu.Unlock()
		_ = listener.Close()
	}()
	pause := time.Millisecond
	for {
		conn, err := listener.Accept()
		switch {
		case r.over():
			if conn != nil {
				_ = conn.Close()
			}
			return fail("serve", ErrClosed)
		case errors.Is(err, net.ErrClosed):
			return fail("serve", err)
		case err != nil:
			select {
			case <-time.After(pause):
			case <-r.ctx.Done():
			}
			pause = min(2*pause, time.Second)
			continue
		}
		pause = time.Millisecond
		serve(conn)
	}
}

func (r *Router) over() bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.closed
}

// begin runs f under the lock, and counts a goroutine, unless the router is
// closed.
func (r *Router) begin(f func()) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return false
	}
	r.work.Add(1)
	f()
	return true
}

// ServeConn serves a program, or a machine, on conn and returns at once. The
// connection is closed, and an error returned, where the router is closed or
// full.
func (r *Router) ServeConn(conn net.Conn) error {
	return r.serve(r.newPeer(conn, ams.OverTCP))
}

// ServeSecure serves a machine on a connection that has been made secure, with a
// NetId that was proven by that, see package secure. The machine speaks for this
// NetId alone, from wherever it connects.
func (r *Router) ServeSecure(conn net.Conn, proven ams.NetID) error {
	p := r.newPeer(conn, ams.Bare)
	p.proven = proven
	return r.serve(p)
}

func (r *Router) serve(p *peer) error {
	full := false
	if !r.begin(func() {
		if full = len(r.peers) >= r.options.Limits.Connections; !full {
			r.peers[p] = struct{}{}
			r.work.Add(1)
		}
	}) {
		return errors.Join(fail("serve", ErrClosed), p.conn.Close())
	}
	if full {
		r.work.Done()
		err := fmt.Errorf("there are %d connections already, which is the limit", r.options.Limits.Connections)
		r.trace(Event{Kind: ConnectionRefused, Peer: p.name, Err: err})
		return errors.Join(fail("serve", err), p.conn.Close())
	}
	go func() {
		defer r.work.Done()
		p.write()
	}()
	go func() {
		defer r.work.Done()
		p.abort(p.read())
		r.leave(p)
	}()
	return nil
}

// Close tells the programs, closes all connections, and waits until all
// goroutines have ended.
func (r *Router) Close() error {
	r.mu.Lock()
	first := !r.closed
	r.closed = true
	var all []*peer
	for p := range r.peers {
		all = append(all, p)
	}
	listeners := slices.Collect(maps.Keys(r.listeners))
	r.mu.Unlock()
	for _, listener := range listeners { // which may wait for handshakes, and they for the router
		_ = listener.Close() // ends Serve
	}
	if first {
		note := []byte{byte(ams.RouterStopped), 0, 0, 0}
		for _, p := range all {
			if p.program() {
				p.out.putBody(ams.TCPRouterNote, note)
			}
			p.drain(fail("close", ErrClosed))
		}
		r.cancel()
	}
	r.work.Wait()
	return nil
}
