package router

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/netip"
	"time"

	"stellwerk/ads/ams"
)

// Options are the settings of a [Router]. Fields that are zero have the values
// named beside them.
type Options struct {
	// NetID is that of this machine. It is required.
	NetID ams.NetID
	// Routes are there from the beginning.
	Routes []Route
	// AcceptUnknown lets machines connect to which there is no route. Their
	// answers and notifications go back the way they came.
	AcceptUnknown bool
	// Transit passes telegrams on from one machine to another.
	Transit bool
	// Programs says from which addresses programs may register ports. Nil is the
	// loopback, and connections without an IP address, as those in memory are.
	Programs func(net.Addr) bool
	// Changed is told all routes that are not temporary when they have changed,
	// so that they can be kept. An error undoes the change. Calls come one at a
	// time and must not change routes.
	Changed func([]Route) error
	// Dial connects to targets; nil is that of [net.Dialer].
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Secure makes a connection to a target secure whose route names how. It
	// closes the connection where it fails. Nil refuses such routes.
	Secure func(ctx context.Context, conn net.Conn, route Route) (net.Conn, error)
	// Resolve looks up the addresses of a route's machine when one connects from
	// somewhere; nil is that of [net.Resolver].
	Resolve func(ctx context.Context, host string) ([]netip.Addr, error)
	// Limits bound what others can cost.
	Limits Limits
	// Trace sees what happens. It is called by several goroutines at once, must
	// return soon, and must not call the router.
	Trace func(Event)
}

// Limits bound a router. Fields that are zero have the values named beside them.
type Limits struct {
	// Connections is how many programs and machines may be connected at once;
	// further ones are closed at once. Zero is 8192.
	Connections int
	// Ports is how many ports may be registered at once. Zero is 16384.
	Ports int
	// Routes is how many routes there may be. Zero is 4096.
	Routes int
	// Data is how many octets of data a frame may have. Zero is [ams.MaxData].
	Data uint32
	// QueueFrames and QueueOctets are how much may wait to be sent on a
	// connection. A request that finds the queue full is answered with
	// [ams.MailboxFull]; an answer or a notification that does is dropped and
	// counted. A frame that is longer than the queue is taken when it is empty.
	// Zero is 4096 frames and 8 MiB.
	QueueFrames, QueueOctets int
	// Requests is how many requests may wait for their answers on a connection;
	// further ones are answered with [ams.MailboxFull]. Zero is 65536.
	Requests int
	// Memory is how many octets may wait to be sent on all connections together,
	// requests that wait for their answers counted with 256 each, and so the ports
	// of machines that have spoken. It is as if the queue of the connection were
	// full then; machines are not heard from further ports. Zero is 512 MiB.
	Memory int
	// FirstPacket is how long whoever connects may be silent at first. Zero is
	// 10 s.
	FirstPacket time.Duration
	// Answer is how long the router remembers at least who asked; an answer that
	// comes twice as late goes to nobody. Zero is 5 minutes.
	Answer time.Duration
	// Connect is how long connecting to a target may take, with TLS. Zero is 5 s.
	Connect time.Duration
	// Write is how long a connection may take nothing before it is closed. Zero
	// is 20 s.
	Write time.Duration
	// FirstPause and LongestPause are between two attempts to connect to a
	// target; the pause doubles with each. Zero is 1 s and 30 s.
	FirstPause, LongestPause time.Duration
}

func (l Limits) withDefaults() Limits {
	return Limits{
		Connections:  cmp.Or(l.Connections, 8192),
		Ports:        cmp.Or(l.Ports, 16384),
		Routes:       cmp.Or(l.Routes, 4096),
		Data:         cmp.Or(l.Data, ams.MaxData),
		QueueFrames:  cmp.Or(l.QueueFrames, 4096),
		QueueOctets:  cmp.Or(l.QueueOctets, 8<<20),
		Requests:     cmp.Or(l.Requests, 65536),
		Memory:       cmp.Or(l.Memory, 512<<20),
		FirstPacket:  cmp.Or(l.FirstPacket, 10*time.Second),
		Answer:       cmp.Or(l.Answer, 5*time.Minute),
		Connect:      cmp.Or(l.Connect, 5*time.Second),
		Write:        cmp.Or(l.Write, 20*time.Second),
		FirstPause:   cmp.Or(l.FirstPause, time.Second),
		LongestPause: cmp.Or(l.LongestPause, 30*time.Second),
	}
}

func (l Limits) check() error {
	for _, n := range []int{
		l.Connections, l.Ports, l.Routes, l.QueueFrames, l.QueueOctets, l.Requests, l.Memory,
		int(l.FirstPacket), int(l.Answer), int(l.Connect), int(l.Write), int(l.FirstPause), int(l.LongestPause),
	} {
		if n < 0 {
			return errors.New("a limit is negative; 0 is the default")
		}
	}
	return nil
}

func (o *Options) withDefaults() (Options, error) {
	filled := Options{}
	if o != nil {
		filled = *o
	}
	if filled.NetID.IsZero() {
		return filled, errors.New("the router has no NetId; give it one, such as the machine's IP address with .1.1 behind it")
	}
	if filled.NetID == ams.LocalNetID && !filled.AcceptUnknown && len(filled.Routes) > 0 {
		return filled, errors.New("the NetId 127.0.0.1.1.1 means this machine on every machine: no other one could answer; give the router one of its own")
	}
	if err := filled.Limits.check(); err != nil {
		return filled, err
	}
	filled.Limits = filled.Limits.withDefaults()
	if filled.Dial == nil {
		filled.Dial = (&net.Dialer{}).DialContext
	}
	if filled.Resolve == nil {
		filled.Resolve = func(ctx context.Context, host string) ([]netip.Addr, error) {
			return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		}
	}
	if filled.Programs == nil {
		filled.Programs = local
	}
	return filled, nil
}

// local reports whether an address is that of this machine itself, or of a
// connection in memory.
func local(addr net.Addr) bool {
	ip, ok := ipOf(addr)
	return !ok || ip.IsLoopback()
}

// ipOf returns the IP address of an end of a connection.
func ipOf(addr net.Addr) (netip.Addr, bool) {
	if addr == nil {
		return netip.Addr{}, false
	}
	at, err := netip.ParseAddrPort(addr.String())
	if err != nil {
		return netip.Addr{}, false
	}
	return at.Addr().Unmap().WithZone(""), true
}
