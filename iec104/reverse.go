package iec104

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"
)

// Reversed roles. The standard has the controlling station open the TCP
// connection (7.1). Where it cannot reach the controlled station, such as behind
// a mobile network, both may agree on the other way round: the station calls, and
// the control centre listens. All else stays as it is: the controlling station
// starts data transfer.

// CallOptions are the settings of [Server.Call]. Nil options, and fields that are
// zero, have the values named beside them.
type CallOptions struct {
	// Dial opens a connection; its context ends after t0. Nil dials TCP.
	Dial func(ctx context.Context, address string) (net.Conn, error)
	// MinBackoff is the pause after the first failure, and MaxBackoff bounds
	// its doubling from one failure to the next, as in [SupervisorOptions].
	// Zero is 1 s and 60 s.
	MinBackoff, MaxBackoff time.Duration
	// Failed is told why there is no connection, or no more, each time before
	// a pause. Call waits for it.
	Failed func(err error, pause time.Duration)
}

// Call has the station open the connection to the control centre at an address,
// and open it again after every failure, until ctx ends, whose cause it returns,
// or the server is closed, which is [ErrClosed]. The connection is a [Session]
// like any other, and the server's limits hold for it. Several calls, to one
// address or more, may run at the same time.
func (s *Server) Call(ctx context.Context, address string, options *CallOptions) error {
	var o CallOptions
	if options != nil {
		o = *options
	}
	if o.Dial == nil {
		o.Dial = dialTCP
	}
	pauses := newBackoff(o.MinBackoff, o.MaxBackoff)
	for {
		up, err := s.callOnce(ctx, address, o.Dial)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if s.ended() {
			return fail("call", ErrClosed)
		}
		pause := pauses.next(up)
		if o.Failed != nil {
			o.Failed(err, pause)
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-s.stop:
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

// ended reports whether the server is closed.
func (s *Server) ended() bool {
	select {
	case <-s.stop:
		return true
	default:
		return false
	}
}

// callOnce has one connection from beginning to end, and tells whether it was up.
func (s *Server) callOnce(ctx context.Context, address string, dial func(context.Context, string) (net.Conn, error)) (up bool, err error) {
	dialing, cancel := context.WithTimeout(ctx, s.options.Parameters.T0)
	stop := context.AfterFunc(s.gate.life, cancel)
	conn, err := dial(dialing, address)
	stop()
	cancel()
	if err != nil {
		return false, fail("call", err)
	}
	session, err := s.ServeConn(conn)
	if err != nil {
		return false, err
	}
	select {
	case <-session.Done():
		return true, session.Err()
	case <-ctx.Done():
		return true, session.Close()
	}
}

func dialTCP(ctx context.Context, address string) (net.Conn, error) {
	var dialer net.Dialer
	return dialer.DialContext(ctx, "tcp", address)
}

// AcceptorOptions are the settings of an [Acceptor].
type AcceptorOptions struct {
	// Client returns the options for a new connection, by its address or its
	// certificate; an error refuses it. Nil, and options that are nil, stand
	// for the zero options.
	Client func(conn net.Conn) (*ClientOptions, error)
	// Use works with a new connection, in a goroutine of its own: as a rule it
	// starts data transfer, interrogates, and waits for [Client.Done]. The
	// connection is closed when it returns. The context ends when the acceptor
	// is closed. It must be there.
	Use func(ctx context.Context, c *Client)
	// MaxConnections is how many connections there may be at once. Zero is 64.
	MaxConnections int
	// Limits say who may connect, and how often. StartTimeout has no meaning:
	// it is this side that starts data transfer. The zero HandshakeTimeout is
	// 30 s.
	Limits Limits
}

// Acceptor is a controlling station that controlled stations call, see
// [Server.Call]. All methods are safe for concurrent use.
type Acceptor struct {
	options AcceptorOptions
	gate    *gate
	stop    chan struct{} // closed by Close
	work    sync.WaitGroup

	mu        sync.Mutex
	closed    bool                 // guarded by mu
	listeners []net.Listener       // guarded by mu
	clients   map[*Client]struct{} // guarded by mu
}

// NewAcceptor returns an acceptor without connections.
func NewAcceptor(options *AcceptorOptions) (*Acceptor, error) {
	if options == nil || options.Use == nil {
		return nil, fail("options", errors.New("the function Use is missing: nobody would work with the connections"))
	}
	a := &Acceptor{options: *options, stop: make(chan struct{}), clients: make(map[*Client]struct{})}
	if err := a.options.Limits.check(); err != nil {
		return nil, fail("options", err)
	}
	if a.options.MaxConnections == 0 {
		a.options.MaxConnections = 64
	}
	a.gate = newGate(a.options.Limits, a.options.MaxConnections)
	return a, nil
}

// Serve accepts connections until the acceptor is closed, and then returns
// [ErrClosed]; it closes the listener.
func (a *Acceptor) Serve(listener net.Listener) error {
	a.mu.Lock()
	if a.closed {
		a.mu.Unlock()
		return errors.Join(fail("serve", ErrClosed), listener.Close())
	}
	a.listeners = append(a.listeners, listener)
	a.work.Add(1)
	a.mu.Unlock()
	defer a.work.Done()
	t0 := Parameters{}.WithDefaults().T0
	return fail("serve", acceptAll(listener, a.stop, func(conn net.Conn) {
		a.gate.admit(conn, &a.work, t0, a.serve)
	}))
}

// serve makes a connection that was let in a client's, and has it used.
func (a *Acceptor) serve(conn net.Conn) {
	remote := conn.RemoteAddr()
	client, err := a.client(conn)
	if err != nil {
		_ = a.gate.refuse(remote, NotAllowed, err) // told of
		a.gate.leave(remote)
		_ = conn.Close() // it is refused, and its errors are nobody's
		return
	}
	a.mu.Lock()
	closed := a.closed
	if !closed {
		a.clients[client] = struct{}{}
	}
	a.mu.Unlock()
	if closed {
		_ = client.Close() // it returns none
		a.gate.leave(remote)
		return
	}
	a.work.Go(func() {
		a.options.Use(a.gate.life, client)
		_ = client.Close() // it returns none
		a.mu.Lock()
		delete(a.clients, client)
		a.mu.Unlock()
		a.gate.leave(remote)
	})
}

func (a *Acceptor) client(conn net.Conn) (*Client, error) {
	var options *ClientOptions
	if a.options.Client != nil {
		var err error
		if options, err = a.options.Client(conn); err != nil {
			return nil, err
		}
	}
	return NewClient(conn, options)
}

// Clients returns the connections that there are.
func (a *Acceptor) Clients() []*Client {
	a.mu.Lock()
	defer a.mu.Unlock()
	all := make([]*Client, 0, len(a.clients))
	for c := range a.clients {
		all = append(all, c)
	}
	return all
}

// Refusals returns how many connections were refused, by reason. Those for which
// Client had no options count as [NotAllowed].
func (a *Acceptor) Refusals() Refusals { return a.gate.refused() }

// Close closes the listeners and all connections and waits until every Use has
// returned. It must not be called by Use.
func (a *Acceptor) Close() error {
	a.mu.Lock()
	if !a.closed {
		a.closed = true
		close(a.stop)
		a.gate.end()
	}
	listeners := a.listeners
	a.listeners = nil
	a.mu.Unlock()
	var err error
	for _, l := range listeners {
		if e := l.Close(); e != nil && !errors.Is(e, net.ErrClosed) {
			err = errors.Join(err, e)
		}
	}
	for _, c := range a.Clients() {
		_ = c.Close() // it returns none
	}
	a.work.Wait()
	return err
}
