package rig

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"time"
)

// backlog is the number of established connections that a listener holds before
// they are accepted. Further ones wait in DialContext, as a SYN is repeated
// while the queue of a real listener is full.
const backlog = 16

// firstEphemeral is where ports for port 0 and for callers begin (RFC 6335, 6).
const firstEphemeral = 49152

// Network is a network in memory: who listens at an address can be reached
// there. Addresses are IP literals with a port; "localhost" is 127.0.0.1, and a
// listener without a host, or at 0.0.0.0 or [::], takes every address of its
// port. All methods are safe for concurrent use.
type Network struct {
	options Options

	mu        sync.Mutex
	listeners map[netip.AddrPort]*listener // guarded by mu
	silent    map[netip.AddrPort]bool      // guarded by mu
	nextPort  uint16                       // guarded by mu
}

// NewNetwork returns a network without listeners; options hold for every
// connection in it.
func NewNetwork(options *Options) *Network {
	return &Network{
		options:   options.orDefault(),
		listeners: make(map[netip.AddrPort]*listener),
		silent:    make(map[netip.AddrPort]bool),
		nextPort:  firstEphemeral,
	}
}

// Listen takes an address; port 0 picks a free one. It fails with EADDRINUSE
// where somebody listens already.
func (n *Network) Listen(address string) (net.Listener, error) {
	at, err := parseAddress(address)
	if err != nil {
		return nil, &net.OpError{Op: "listen", Net: "tcp", Err: err}
	}
	pick := at.Port() == 0
	n.mu.Lock()
	defer n.mu.Unlock()
	_, taken := n.listeners[at]
	for at.Port() == 0 || taken && pick {
		at = netip.AddrPortFrom(at.Addr(), n.freePort())
		_, taken = n.listeners[at]
	}
	if taken {
		return nil, &net.OpError{
			Op: "listen", Net: "tcp", Addr: net.TCPAddrFromAddrPort(at),
			Err: os.NewSyscallError("bind", syscall.EADDRINUSE),
		}
	}
	l := &listener{network: n, at: at, pending: make(chan *Conn, backlog), done: make(chan struct{})}
	n.listeners[at] = l
	return l, nil
}

// Silence makes an address swallow calls without any answer, as a host that is
// switched off: a dial to it waits until its context ends. With false the
// address answers again.
func (n *Network) Silence(address string, silent bool) error {
	at, err := parseAddress(address)
	if err != nil {
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if silent {
		n.silent[at] = true
	} else {
		delete(n.silent, at)
	}
	return nil
}

// DialContext connects from 127.0.0.1; it has the form of
// [net.Dialer.DialContext] and its errors: ECONNREFUSED where nobody listens,
// a timeout when the context ends first.
func (n *Network) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	switch network {
	case "tcp", "tcp4", "tcp6":
		return n.DialFrom(ctx, "127.0.0.1", address)
	}
	return nil, &net.OpError{Op: "dial", Net: network, Err: net.UnknownNetworkError(network)}
}

// DialFrom is DialContext from the IP address of another host.
func (n *Network) DialFrom(ctx context.Context, from, address string) (net.Conn, error) {
	fail := func(to net.Addr, err error) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Addr: to, Err: err}
	}
	at, err := parseAddress(address)
	if err != nil {
		return fail(nil, err)
	}
	source, err := netip.ParseAddr(from)
	if err != nil {
		return fail(nil, err)
	}
	remote := net.TCPAddrFromAddrPort(at)
	if err := pause(ctx, n.options.Latency); err != nil {
		return fail(remote, err)
	}
	l, local, silent := n.find(at, source)
	switch {
	case silent:
		<-ctx.Done()
		return fail(remote, ctx.Err())
	case l == nil:
		if err := pause(ctx, n.options.Latency); err != nil {
			return fail(remote, err)
		}
		return fail(remote, os.NewSyscallError("connect", syscall.ECONNREFUSED))
	}
	near, far := pipe(n.options, net.TCPAddrFromAddrPort(local), remote)
	if err := l.offer(ctx, far); err != nil {
		return fail(remote, err)
	}
	if err := pause(ctx, n.options.Latency); err != nil {
		_ = near.Abort()
		return fail(remote, err)
	}
	return near, nil
}

// find looks up who answers at an address and picks the caller's port.
func (n *Network) find(at netip.AddrPort, source netip.Addr) (l *listener, local netip.AddrPort, silent bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, host := range []netip.Addr{at.Addr(), netip.IPv4Unspecified(), netip.IPv6Unspecified()} {
		if l = n.listeners[netip.AddrPortFrom(host, at.Port())]; l != nil {
			break
		}
	}
	return l, netip.AddrPortFrom(source, n.freePort()), n.silent[at]
}

// freePort returns the next port of the ephemeral range; after 16,384 of them
// it begins again. The caller holds mu.
func (n *Network) freePort() uint16 {
	port := n.nextPort
	n.nextPort++
	if n.nextPort == 0 {
		n.nextPort = firstEphemeral
	}
	return port
}

// pause waits for d or for the end of the context.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func parseAddress(address string) (netip.AddrPort, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return netip.AddrPort{}, err
	}
	switch host {
	case "":
		host = "0.0.0.0"
	case "localhost":
		host = "127.0.0.1"
	}
	at, err := netip.ParseAddrPort(net.JoinHostPort(host, port))
	if err != nil {
		return at, fmt.Errorf("address %q: the virtual network knows IP addresses with a numeric port only: %w", address, err)
	}
	return at, nil
}

// listener implements [net.Listener] in a Network.
type listener struct {
	network *Network
	at      netip.AddrPort
	pending chan *Conn
	done    chan struct{} // closed by Close
	once    sync.Once
}

// offer hands a new connection to Accept and waits while the backlog is full.
func (l *listener) offer(ctx context.Context, c *Conn) error {
	select {
	case l.pending <- c:
	case <-l.done:
		return os.NewSyscallError("connect", syscall.ECONNREFUSED)
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-l.done:
		l.reset() // Close may have emptied the queue before c came into it
	default:
	}
	return nil
}

// Accept returns the next connection, or net.ErrClosed after Close.
func (l *listener) Accept() (net.Conn, error) {
	closed := &net.OpError{Op: "accept", Net: "tcp", Addr: l.Addr(), Err: net.ErrClosed}
	select {
	case <-l.done:
		return nil, closed
	default:
	}
	select {
	case c := <-l.pending:
		return c, nil
	case <-l.done:
		return nil, closed
	}
}

// Close frees the address and resets the connections that nobody accepted.
func (l *listener) Close() error {
	err := errors.New("closed before")
	l.once.Do(func() {
		l.network.mu.Lock()
		delete(l.network.listeners, l.at)
		l.network.mu.Unlock()
		close(l.done)
		l.reset()
		err = nil
	})
	if err != nil {
		return &net.OpError{Op: "close", Net: "tcp", Addr: l.Addr(), Err: net.ErrClosed}
	}
	return nil
}

func (l *listener) reset() {
	for {
		select {
		case c := <-l.pending:
			_ = c.Abort()
		default:
			return
		}
	}
}

// Addr returns the address with the port that was picked.
func (l *listener) Addr() net.Addr { return net.TCPAddrFromAddrPort(l.at) }
