package iec104

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// Limits say who may connect to a [Server] and what a peer may cost that nobody
// knows yet. The zero value allows everybody, as often as
// [ServerOptions.MaxConnections] lets it.
//
// A peer that has sent nothing, or nothing but halves of frames, costs a
// [Session] without buffers: some kilobytes and two goroutines. Halves of frames
// restart no timer, so that t3 and then t1 close its connection whatever it
// sends, after 35 s with the standard's values. What a whole frame may make the
// station keep is bounded: see [Session.Answer].
type Limits struct {
	// Allow are the networks from which connections are taken; nil takes all.
	// An IPv4 address in IPv6 counts as the IPv4 address. With a list, a
	// connection without an IP address, such as a Unix socket, is refused.
	Allow []netip.Prefix
	// PerAddress is how many connections one address may have at once. Zero
	// sets no limit. IPv6 addresses count by their /64 network.
	PerAddress int
	// NewPerMinute is how many connections one address may open within a
	// minute: so many at once, and further ones evenly spread. Zero sets no
	// limit. Up to 4096 addresses are told apart; while there are more, those
	// that are new share one account.
	NewPerMinute int
	// StartTimeout is how long a connection may be there until data transfer
	// is started for the first time; then it is closed. Zero sets no limit, as
	// the standby connections of a redundancy group need it.
	StartTimeout time.Duration
	// HandshakeTimeout bounds the TLS handshake, which [Server.Serve] runs
	// before a connection becomes a session. Zero is t0 of the parameters, 30 s
	// with the standard's values.
	HandshakeTimeout time.Duration
	// Observe is told of each refusal. It is called in the goroutine that
	// accepts, or in that of the connection, and must return soon.
	Observe func(Refusal)
}

// check reports limits that make no sense.
func (l *Limits) check() error {
	for _, n := range []struct {
		name  string
		value int
	}{
		{"PerAddress", l.PerAddress},
		{"NewPerMinute", l.NewPerMinute},
		{"StartTimeout", int(l.StartTimeout)},
		{"HandshakeTimeout", int(l.HandshakeTimeout)},
	} {
		if n.value < 0 {
			return fmt.Errorf("the limit %s is %d: must not be below 0", n.name, n.value)
		}
	}
	for _, prefix := range l.Allow {
		if !prefix.IsValid() {
			return errors.New("the list of allowed networks has one that is none")
		}
	}
	return nil
}

// RefusalReason says why a connection was refused.
type RefusalReason uint8

// The reasons.
const (
	// NotAllowed is an address that the list does not have.
	NotAllowed RefusalReason = iota
	// TooMany connections are there.
	TooMany
	// TooManyOfAddress connections of one address are there.
	TooManyOfAddress
	// TooFast is an address that connects too often.
	TooFast
	// HandshakeFailed is a TLS handshake that failed or was not over in time.
	HandshakeFailed
	// NotStarted is a connection on which data transfer was not started in
	// time.
	NotStarted

	refusalReasons
)

// String returns a few words.
func (r RefusalReason) String() string {
	switch r {
	case NotAllowed:
		return "address not allowed"
	case TooMany:
		return "too many connections"
	case TooManyOfAddress:
		return "too many connections of one address"
	case TooFast:
		return "new connections too fast"
	case HandshakeFailed:
		return "TLS handshake failed"
	case NotStarted:
		return "data transfer not started in time"
	default:
		return fmt.Sprintf("reason %d", uint8(r))
	}
}

// Refusal is a connection that was refused, or closed because it was of no use.
type Refusal struct {
	Time   time.Time
	Remote net.Addr
	Reason RefusalReason
	// Err says the same as a sentence, with what led to it.
	Err error
}

// Refusals counts refusals by their reason.
type Refusals [refusalReasons]uint64

// Total returns how many there were.
func (r Refusals) Total() uint64 {
	var sum uint64
	for _, n := range r {
		sum += n
	}
	return sum
}

// maxVisitors is how many addresses are told apart.
const maxVisitors = 4096

// gate holds connections against the limits. All methods are safe for
// concurrent use.
type gate struct {
	limits Limits
	most   int // connections at once
	life   context.Context
	end    context.CancelFunc // breaks handshakes off

	mu       sync.Mutex
	open     int                     // guarded by mu
	visitors map[netip.Addr]*visitor // guarded by mu; nil until needed
	refusals Refusals                // guarded by mu
	begin    time.Time               // accounts count from here
}

// visitor is the account of an address.
type visitor struct {
	open int
	// due is when the account is empty again: each new connection puts as
	// much time on it as connections are apart at the permitted rate.
	due time.Duration
}

func newGate(limits Limits, most int) *gate {
	limits.Allow = slices.Clone(limits.Allow)
	g := &gate{limits: limits, most: most, begin: time.Now()}
	g.life, g.end = context.WithCancel(context.Background())
	return g
}

// addressOf returns the address by which a connection is counted, the zero
// address where it has none.
func addressOf(remote net.Addr) netip.Addr {
	var ip netip.Addr
	switch a := remote.(type) {
	case *net.TCPAddr:
		ip, _ = netip.AddrFromSlice(a.IP)
	case nil:
	default:
		if ap, err := netip.ParseAddrPort(a.String()); err == nil {
			ip = ap.Addr()
		}
	}
	return ip.Unmap().WithZone("")
}

// account returns the address that stands for all of those that one peer may
// have.
func account(ip netip.Addr) netip.Addr {
	if ip.Is6() {
		if network, err := ip.Prefix(64); err == nil {
			return network.Addr()
		}
	}
	return ip
}

// enter takes a connection, for which leave must be called in the end, or
// refuses it.
func (g *gate) enter(remote net.Addr) error {
	ip := addressOf(remote)
	reason, err := g.judge(ip)
	if err == nil {
		return nil
	}
	return g.refuse(remote, reason, err)
}

func (g *gate) judge(ip netip.Addr) (RefusalReason, error) {
	if g.limits.Allow != nil && !slices.ContainsFunc(g.limits.Allow, func(p netip.Prefix) bool { return p.Contains(ip) }) {
		return NotAllowed, errors.New("the address is not in the list")
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.open >= g.most {
		return TooMany, fmt.Errorf("there are %d connections, as many as there may be", g.open)
	}
	if g.limits.PerAddress > 0 || g.limits.NewPerMinute > 0 {
		now := time.Since(g.begin)
		v := g.visitor(account(ip), now)
		if n := g.limits.PerAddress; n > 0 && v.open >= n {
			return TooManyOfAddress, fmt.Errorf("the address has %d connections, as many as it may have", v.open)
		}
		if n := time.Duration(g.limits.NewPerMinute); n > 0 {
			step := time.Minute / n
			if max(v.due, now)+step > now+time.Minute {
				return TooFast, fmt.Errorf("the address has opened more than %d connections within a minute", n)
			}
			v.due = max(v.due, now) + step
		}
		v.open++
	}
	g.open++
	return 0, nil
}

// visitor returns the account of an address. The caller holds mu.
func (g *gate) visitor(ip netip.Addr, now time.Duration) *visitor {
	if v := g.visitors[ip]; v != nil {
		return v
	}
	if g.visitors == nil {
		g.visitors = make(map[netip.Addr]*visitor)
	}
	if len(g.visitors) >= maxVisitors {
		for other, v := range g.visitors {
			if v.open == 0 && v.due <= now {
				delete(g.visitors, other)
			}
		}
	}
	if len(g.visitors) >= maxVisitors {
		ip = netip.Addr{} // the account of all others
		if v := g.visitors[ip]; v != nil {
			return v
		}
	}
	v := &visitor{}
	g.visitors[ip] = v
	return v
}

// leave lets go of a connection.
func (g *gate) leave(remote net.Addr) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.open--
	if g.visitors == nil {
		return
	}
	v := g.visitors[account(addressOf(remote))]
	if v == nil || v.open == 0 {
		v = g.visitors[netip.Addr{}] // it was counted with the others
	}
	if v != nil && v.open > 0 {
		v.open--
	}
}

// refuse counts a refusal, tells of it and returns it as an error.
func (g *gate) refuse(remote net.Addr, reason RefusalReason, err error) error {
	who := "unknown"
	if remote != nil {
		who = remote.String()
	}
	kind := ErrRefused
	switch reason {
	case TooMany, TooManyOfAddress, TooFast:
		kind = ErrBusy
	default:
	}
	err = fmt.Errorf("%w: %s: %s: %w", kind, who, reason, err)
	g.mu.Lock()
	g.refusals[reason]++
	g.mu.Unlock()
	if g.limits.Observe != nil {
		g.limits.Observe(Refusal{Time: time.Now(), Remote: remote, Reason: reason, Err: err})
	}
	return err
}

// bound has the link close a connection on which data transfer is not started in
// time.
func (g *gate) bound(c *linkConfig, remote net.Addr) {
	c.startWithin = g.limits.StartTimeout
	c.late = func() error {
		return g.refuse(remote, NotStarted, fmt.Errorf("no STARTDT act within %v", g.limits.StartTimeout))
	}
}

// refused returns the counts.
func (g *gate) refused() Refusals {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.refusals
}

// Refusals returns how many connections were refused, by reason.
func (s *Server) Refusals() Refusals { return s.gate.refused() }
