package ads

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"stellwerk/ads/ams"
)

// ErrServerClosed is what calls of a [Server] return once Close was called.
var ErrServerClosed = errors.New("ads: the server is closed")

// ErrServerRefused is in errors about a connection that the limits refuse.
var ErrServerRefused = errors.New("ads: connection refused")

// ServerOptions are the settings of a [Server]. Nil options, and fields that are
// zero, have the values named beside them.
//
// A peer that sends nothing right costs two goroutines and some kilobytes, and
// one that sends or asks for as much as it can at most MaxData, OpenData,
// MaxOutput and Parallel+1 answers of MaxAnswer.
type ServerOptions struct {
	// NetID is the machine's own; requests to others are answered with AMS
	// error 7. Zero is [ams.LocalNetID].
	NetID ams.NetID
	// Aliases are further NetIds that the server answers to.
	Aliases []ams.NetID
	// Framing is how frames follow each other on connections; zero is
	// [ams.OverTCP].
	Framing ams.Framing
	// MaxConnections is how many connections there may be at once; further ones
	// are closed when they are accepted. Zero is 1024.
	MaxConnections int
	// PerAddress is how many connections one IP address may have at once, where
	// IPv6 addresses count by their /64 network. Zero sets no limit.
	PerAddress int
	// Allow are the networks from which connections are taken; nil takes all. An
	// IPv4 address in IPv6 counts as the IPv4 address. With a list, a connection
	// without an IP address is refused.
	Allow []netip.Prefix
	// MaxData is how many octets of data a request may have; a longer one ends
	// the connection. Zero is 4 MiB.
	MaxData uint32
	// MaxAnswer is how many octets of data an answer may have; where a handler
	// returns more, 0x705 is answered. Zero is [ams.MaxData], 16 MiB.
	MaxAnswer uint32
	// Open is how many requests of a connection may wait for handlers at once,
	// and OpenData how many octets of data they may have together; further ones
	// are answered with AMS error 0x502. What handlers answer at once does not
	// count. Zero is 1024 requests, and 4 MiB but at least MaxData.
	Open     int
	OpenData int
	// Parallel is how many requests of a connection handlers answer at the same
	// time. Zero is 16.
	Parallel int
	// MaxOutput is how many octets may wait to be sent on a connection until
	// nothing more is read from it, and notifications are held back or dropped.
	// Zero is 1 MiB.
	MaxOutput int
	// IdleTimeout closes a connection on which no whole frame has come for so
	// long, unless it has notifications. Zero sets no limit.
	IdleTimeout time.Duration
	// WriteTimeout closes a connection whose peer takes nothing for so long.
	// Zero is 30 s.
	WriteTimeout time.Duration
	// HandshakeTimeout bounds the TLS handshake of connections that have one.
	// Zero is 10 s.
	HandshakeTimeout time.Duration
	// Refused is told of connections that the limits refuse. It must return soon.
	Refused func(remote net.Addr, err error)
	// Trace sees every frame in both directions. It is called by the goroutines
	// that read and answer, by several at once; it must return soon, and keep
	// nothing of the frame's data.
	Trace func(*ServerConn, ServerFrame)
}

// ServerFrame is a frame that was received, or is about to be sent.
type ServerFrame struct {
	Sent bool
	ams.Frame
}

func (o *ServerOptions) withDefaults() (ServerOptions, error) {
	filled := ServerOptions{}
	if o != nil {
		filled = *o
	}
	for _, n := range []struct {
		name  string
		value int64
	}{
		{"MaxConnections", int64(filled.MaxConnections)},
		{"PerAddress", int64(filled.PerAddress)},
		{"Open", int64(filled.Open)},
		{"OpenData", int64(filled.OpenData)},
		{"Parallel", int64(filled.Parallel)},
		{"MaxOutput", int64(filled.MaxOutput)},
		{"IdleTimeout", int64(filled.IdleTimeout)},
		{"WriteTimeout", int64(filled.WriteTimeout)},
		{"HandshakeTimeout", int64(filled.HandshakeTimeout)},
	} {
		if n.value < 0 {
			return filled, fmt.Errorf("ads: server option %s is %d: it must not be below 0", n.name, n.value)
		}
	}
	for _, prefix := range filled.Allow {
		if !prefix.IsValid() {
			return filled, errors.New("ads: server option Allow has a network that is none")
		}
	}
	if filled.Framing != ams.OverTCP && filled.Framing != ams.Bare {
		return filled, fmt.Errorf("ads: server option Framing is %d: it must be ams.OverTCP or ams.Bare", filled.Framing)
	}
	filled.Aliases, filled.Allow = slices.Clone(filled.Aliases), slices.Clone(filled.Allow)
	if filled.NetID.IsZero() {
		filled.NetID = ams.LocalNetID
	}
	serverDefault(&filled.MaxConnections, 1024)
	serverDefault(&filled.MaxData, 4<<20)
	serverDefault(&filled.MaxAnswer, ams.MaxData)
	serverDefault(&filled.Open, 1024)
	serverDefault(&filled.OpenData, max(4<<20, int(filled.MaxData)))
	serverDefault(&filled.Parallel, 16)
	serverDefault(&filled.MaxOutput, 1<<20)
	serverDefault(&filled.WriteTimeout, 30*time.Second)
	serverDefault(&filled.HandshakeTimeout, 10*time.Second)
	return filled, nil
}

func serverDefault[N ~int | ~int64 | ~uint16 | ~uint32](n *N, value N) {
	if *n == 0 {
		*n = value
	}
}

// Server is a machine with AMS ports, each of which has a [Handler]. It serves
// connections that a listener accepts, that it is handed, or that it makes to a
// router. All methods are safe for concurrent use.
type Server struct {
	options  ServerOptions
	ports    atomic.Pointer[map[ams.Port]*serverPort] // replaced as a whole
	counters serverTotals
	stop     chan struct{} // closed by Close

	mu        sync.Mutex
	closed    bool                     // guarded by mu
	listeners []net.Listener           // guarded by mu
	conns     map[*ServerConn]struct{} // guarded by mu
	addresses map[netip.Addr]int       // guarded by mu; connections of each
	dynamic   ams.Port                 // guarded by mu; the last port that was given away
	serving   sync.WaitGroup
}

// NewServer returns a server without ports and connections.
func NewServer(options *ServerOptions) (*Server, error) {
	filled, err := options.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Server{
		options: filled, stop: make(chan struct{}), conns: make(map[*ServerConn]struct{}),
		addresses: make(map[netip.Addr]int),
	}
	s.ports.Store(&map[ams.Port]*serverPort{})
	return s, nil
}

// NetID returns the machine's NetId.
func (s *Server) NetID() ams.NetID { return s.options.NetID }

// Handle gives a port to a handler, in place of the one it had. With nil the port
// is not there any more: requests to it are answered with AMS error 6.
func (s *Server) Handle(port ams.Port, h Handler) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ports := maps.Clone(*s.ports.Load())
	if h == nil {
		delete(ports, port)
	} else {
		ports[port] = newServerPort(h)
	}
	s.ports.Store(&ports)
}

// Ports returns the ports that have a handler, in order.
func (s *Server) Ports() []ams.Port { return slices.Sorted(maps.Keys(*s.ports.Load())) }

func (s *Server) port(p ams.Port) *serverPort { return (*s.ports.Load())[p] }

func (s *Server) isLocal(id ams.NetID) bool {
	return id == s.options.NetID || slices.Contains(s.options.Aliases, id)
}

// Serve accepts connections until the server or the listener is closed, and then
// returns [ErrServerClosed] or the listener's error; it closes the listener. When
// accepting fails for another reason, such as too many open files, it tries again
// after a pause of up to a second.
func (s *Server) Serve(listener net.Listener) error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return errors.Join(ErrServerClosed, listener.Close())
	}
	s.listeners = append(s.listeners, listener)
	s.serving.Add(1)
	s.mu.Unlock()
	defer s.serving.Done()
	var pause time.Duration
	for {
		conn, err := listener.Accept()
		if err == nil {
			pause = 0
			_, _ = s.ServeConn(conn) // who is refused has been told of
			continue
		}
		select {
		case <-s.stop:
			return ErrServerClosed
		default:
		}
		if errors.Is(err, net.ErrClosed) {
			return fmt.Errorf("ads: serve: %w", err)
		}
		pause = min(max(2*pause, 5*time.Millisecond), time.Second)
		select {
		case <-time.After(pause):
		case <-s.stop:
		}
	}
}

// ServeConn serves a connection and returns at once. The connection is closed,
// and an error returned, where the limits refuse it or the server is closed. A
// connection that has a HandshakeContext method, such as *tls.Conn, makes its
// handshake first.
func (s *Server) ServeConn(conn net.Conn) (*ServerConn, error) {
	c, err := s.enter(conn)
	if err != nil {
		_ = conn.Close() // it is refused
		return nil, err
	}
	go c.run() // removed and waited for by Close
	return c, nil
}

// enter makes a connection one of the server, where the limits let it in.
func (s *Server) enter(conn net.Conn) (*ServerConn, error) {
	o := &s.options
	c := &ServerConn{server: s, conn: conn, begin: time.Now(), done: make(chan struct{})}
	c.out = newServerOutput(conn, o.Framing, o.MaxOutput, o.WriteTimeout)
	c.jobs = serverJobs{most: o.Open, octets: o.OpenData, parallel: o.Parallel, work: c.work}
	c.ctx, c.cancel = context.WithCancelCause(context.Background())
	ip := serverPeer(conn.RemoteAddr())
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil, ErrServerClosed
	}
	err := s.judge(ip)
	if err == nil {
		s.conns[c] = struct{}{}
		s.addresses[serverAccount(ip)]++
	}
	s.mu.Unlock()
	if err == nil {
		s.counters.accepted.Add(1)
		return c, nil
	}
	s.counters.refused.Add(1)
	err = fmt.Errorf("%w: %v: %w", ErrServerRefused, conn.RemoteAddr(), err)
	if o.Refused != nil {
		o.Refused(conn.RemoteAddr(), err)
	}
	return nil, err
}

// judge holds a new connection against the limits. The caller holds mu.
func (s *Server) judge(ip netip.Addr) error {
	o := &s.options
	if o.Allow != nil && !slices.ContainsFunc(o.Allow, func(p netip.Prefix) bool { return p.Contains(ip) }) {
		return errors.New("the address is in none of the allowed networks")
	}
	if len(s.conns) >= o.MaxConnections {
		return fmt.Errorf("there are %d connections, as many as there may be", len(s.conns))
	}
	if n := s.addresses[serverAccount(ip)]; o.PerAddress > 0 && n >= o.PerAddress {
		return fmt.Errorf("the address has %d connections, as many as it may have", n)
	}
	return nil
}

// remove forgets a connection that has ended.
func (s *Server) remove(c *ServerConn) {
	ip := serverAccount(serverPeer(c.conn.RemoteAddr()))
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
	c.peer.add(&s.counters.ended, c.out)
	if s.addresses[ip]--; s.addresses[ip] <= 0 {
		delete(s.addresses, ip)
	}
}

// serverPeer returns the IP address of a connection, the zero address where it has
// none.
func serverPeer(remote net.Addr) netip.Addr {
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

// serverAccount returns the address that stands for all of those that one peer may
// have.
func serverAccount(ip netip.Addr) netip.Addr {
	if ip.Is6() {
		if network, err := ip.Prefix(64); err == nil {
			return network.Addr()
		}
	}
	return ip
}

// dynamicPort returns a port for a local program.
func (s *Server) dynamicPort() ams.Port {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dynamic < ams.PortFirstDynamic || s.dynamic == 65535 {
		s.dynamic = ams.PortFirstDynamic
	}
	s.dynamic++
	return s.dynamic
}

// Conns returns the connections that there are.
func (s *Server) Conns() []*ServerConn {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Keys(s.conns))
}

// Close closes the listeners and all connections and waits for their handlers. It
// must not be called by a handler.
func (s *Server) Close() error {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.stop)
	}
	listeners := s.listeners
	s.listeners = nil
	s.mu.Unlock()
	var err error
	for _, l := range listeners {
		if e := l.Close(); e != nil && !errors.Is(e, net.ErrClosed) {
			err = errors.Join(err, e)
		}
	}
	conns := s.Conns()
	for _, c := range conns {
		c.end(ErrServerClosed)
	}
	for _, c := range conns {
		<-c.done
	}
	s.serving.Wait()
	return err
}
