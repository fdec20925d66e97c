package router

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"

	"stellwerk/ads/ams"
	"stellwerk/ads/discovery"
)

// ResponderOptions are the settings of a [Responder]. Fields that are zero have
// the values named beside them.
type ResponderOptions struct {
	// Info is what is told to whoever asks. Its NetId is required.
	Info discovery.ServerInfo
	// Allow decides whether a request may change routes, by user, password and
	// the address that it comes from. Nil refuses all.
	Allow func(from netip.AddrPort, request *discovery.RouteRequest) bool
	// Add and Delete change routes. The return code in an [*Error] is sent back.
	// Nil refuses.
	Add, Delete func(request *discovery.RouteRequest) error
	// Rate is how many packets of an address are answered in a second, with
	// twice as many at once; ten times as many are answered in all. Others are
	// dropped and counted. Zero is 10.
	Rate int
	// Attempts is how many times an address may give a wrong user or password
	// before it has to wait: from then on one attempt in ten seconds is looked
	// at. Zero is 5.
	Attempts int
	// Trace sees every packet that is no nonsense, and what became of it: nil
	// where it was answered with success, else why not.
	Trace func(from netip.AddrPort, request *discovery.Packet, err error)
}

// Responder answers packets on UDP port 48899: who this machine is, and requests
// to change its routes. All methods are safe for concurrent use.
type Responder struct {
	options ResponderOptions

	mu      sync.Mutex
	closed  bool                        // guarded by mu
	conns   map[net.PacketConn]struct{} // guarded by mu
	each    limiter                     // guarded by mu
	all     limiter                     // guarded by mu
	wrong   limiter                     // guarded by mu
	dropped uint64                      // guarded by mu
}

// Why packets are not answered.
var (
	errTooMany  = errors.New("too many packets")
	errAttempts = errors.New("too many attempts with a wrong user or password")
	errDenied   = failCode("answer", ams.InvalidAccess, "user or password is not accepted")
	errService  = failCode("answer", ams.ServiceNotSupported, "the service is not known")
)

// NewResponder returns a responder that listens nowhere yet.
func NewResponder(options ResponderOptions) (*Responder, error) {
	if options.Info.NetID.IsZero() {
		return nil, fail("options", errors.New("a responder needs a NetId to tell"))
	}
	if options.Rate < 0 || options.Attempts < 0 {
		return nil, fail("options", errors.New("a limit is negative; 0 is the default"))
	}
	rate := float64(cmp.Or(options.Rate, 10))
	return &Responder{
		options: options, conns: make(map[net.PacketConn]struct{}),
		each:  limiter{rate: rate, burst: 2 * rate},
		all:   limiter{rate: 10 * rate, burst: 20 * rate},
		wrong: limiter{rate: 0.1, burst: float64(cmp.Or(options.Attempts, 5))},
	}, nil
}

// Responder returns a responder that tells of the router, and changes its
// routes where options.Allow lets a request through. A route that is secure is
// not changed.
func (r *Router) Responder(options ResponderOptions) (*Responder, error) {
	options.Info.NetID = r.options.NetID
	options.Add = func(q *discovery.RouteRequest) error {
		if before, ok := r.Route(q.NetID); ok && before.Secure != "" {
			return failCode("add route", ams.DeviceAccessDenied, "the route %q is secure", before.Name)
		}
		return r.AddRoute(Route{Name: q.Name, NetID: q.NetID, Address: q.Address, Temporary: q.Temporary})
	}
	options.Delete = func(q *discovery.RouteRequest) error {
		for _, route := range r.Routes() {
			if route.NetID != q.NetID && !q.NetID.IsZero() || route.Name != q.Name && q.Name != "" {
				continue
			}
			if route.Secure != "" {
				return failCode("delete route", ams.DeviceAccessDenied, "the route %q is secure", route.Name)
			}
			return r.RemoveRoute(route.NetID)
		}
		return failCode("delete route", ams.NotFound, "there is no such route")
	}
	return NewResponder(options)
}

// ListenAndServe listens at an address, and answers until the responder is
// closed or ctx ends. An empty address is 127.0.0.1:48899.
func (s *Responder) ListenAndServe(ctx context.Context, address string) error {
	address, err := loopback(address, ams.UDPPort)
	if err != nil {
		return fail("listen", err)
	}
	conn, err := (&net.ListenConfig{}).ListenPacket(ctx, "udp", address)
	if err != nil {
		return fail("listen", err)
	}
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })() // ends Serve
	if err := s.Serve(conn); ctx.Err() == nil {
		return err
	}
	return fail("serve", context.Cause(ctx))
}

// Serve answers packets until the responder is closed, and then returns
// [ErrClosed]; it closes conn.
func (s *Responder) Serve(conn net.PacketConn) error {
	defer conn.Close() //nolint:errcheck // nothing is left to be sent
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return fail("serve", ErrClosed)
	}
	s.conns[conn] = struct{}{}
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.conns, conn)
		s.mu.Unlock()
	}()
	buffer := make([]byte, discovery.MaxPacket)
	for {
		n, addr, err := conn.ReadFrom(buffer)
		if err != nil {
			switch {
			case s.over():
				return fail("serve", ErrClosed)
			case errors.Is(err, net.ErrClosed):
				return fail("serve", err)
			}
			continue // what the network reports about an answer
		}
		from, err := netip.ParseAddrPort(addr.String())
		if err != nil {
			continue
		}
		request, err := discovery.Decode(buffer[:n])
		if err != nil || request.Response {
			continue // not for us
		}
		if answer := s.answer(netip.AddrPortFrom(from.Addr().Unmap(), from.Port()), &request); answer != nil {
			_, _ = conn.WriteTo(answer, addr) // whoever has asked asks again
		}
	}
}

func (s *Responder) over() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

// Dropped returns how many packets were not answered because there were too
// many.
func (s *Responder) Dropped() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dropped
}

// Close ends Serve. It does not wait for it.
func (s *Responder) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for conn := range s.conns {
		_ = conn.Close() // nothing is left to be sent
	}
	return nil
}

// answer returns the answer to a request, nil for none.
func (s *Responder) answer(from netip.AddrPort, request *discovery.Packet) []byte {
	if err := s.admit(from.Addr(), request.Service); err != nil {
		s.trace(from, request, err)
		return nil
	}
	var tags []discovery.Tag
	var err error
	switch request.Service {
	case discovery.ServiceServerInfo:
		tags = s.options.Info.Tags()
	case discovery.ServiceAddRoute:
		err = s.change(from, request, s.options.Add)
	case discovery.ServiceDeleteRoute:
		err = s.change(from, request, s.options.Delete)
	default:
		err = errService
	}
	if tags == nil {
		tags = []discovery.Tag{discovery.StatusTag(codeOf(err))}
	}
	s.trace(from, request, err)
	answer := request.Answer(ams.Address{NetID: s.options.Info.NetID, Port: ams.PortSystemService}, tags...)
	return answer.Append(nil)
}

// admit counts a packet and says why it is too many.
func (s *Responder) admit(from netip.Addr, service discovery.Service) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	var err error
	switch {
	case !s.each.take(from, now) || !s.all.take(netip.Addr{}, now):
		err = errTooMany
	case (service == discovery.ServiceAddRoute || service == discovery.ServiceDeleteRoute) && s.wrong.have(from, now) < 1:
		err = errAttempts
	}
	if err != nil {
		s.dropped++
	}
	return err
}

// change changes routes where that is allowed.
func (s *Responder) change(from netip.AddrPort, request *discovery.Packet, do func(*discovery.RouteRequest) error) error {
	q, err := request.RouteRequest()
	if err != nil {
		return &Error{Op: "answer", Code: ams.InvalidData, Err: err}
	}
	if do == nil || s.options.Allow == nil || !s.options.Allow(from, &q) {
		s.mu.Lock()
		s.wrong.take(from.Addr(), time.Now())
		s.mu.Unlock()
		return errDenied
	}
	return do(&q)
}

func (s *Responder) trace(from netip.AddrPort, request *discovery.Packet, err error) {
	if s.options.Trace != nil {
		s.options.Trace(from, request, err)
	}
}

// codeOf returns the code that stands for an error in answers.
func codeOf(err error) ams.ReturnCode {
	if err == nil {
		return ams.NoError
	}
	if e, ok := errors.AsType[*Error](err); ok && e.Code != ams.NoError {
		return e.Code
	}
	return ams.DeviceError
}
