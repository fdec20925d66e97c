package iec104

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"

	"stellwerk/iec104/asdu"
)

// ServerOptions are the settings of a [Server]. Nil options, and fields that
// are zero, have the values named beside them.
type ServerOptions struct {
	// Parameters are those of the link procedure; zero fields have the
	// standard's values.
	Parameters Parameters
	// ASDU says how long the fields of ASDUs are; nil stands for the values
	// of IEC 60870-5-104.
	ASDU *asdu.Params
	// CommonAddresses are those of the station, one for each sector. Nil is
	// the address 1 alone.
	CommonAddresses []asdu.CommonAddress
	// MaxConnections is how many connections there may be at once; further
	// ones are closed when they are accepted. Zero is 64.
	MaxConnections int
	// Limits say who may connect, how often, and what a connection may cost
	// until data transfer is started.
	Limits Limits
	// SendQueue is how many ASDUs may wait on a connection until
	// [Session.Send] waits. Zero is 256. With 64 answers more than that the
	// connection is closed, as its peer asks and takes nothing; with as many
	// terminations, further commands and freezes are refused, and those that
	// were taken on before still terminate.
	SendQueue int
	// Events is the capacity, for each class, of the [EventBuffer] of a
	// connection that is its own group. Zero is 1000.
	Events int
	// Overflow and Relieved are [EventLimits.Overflow] and [EventLimits.Relieved]
	// of the buffers of connections that are their own group, and of redundancy
	// groups that have neither.
	Overflow, Relieved func(EventClass)
	// Groups are the redundancy groups that connections may belong to. Their
	// queues are there before any connection, and keep events while there is
	// none. [Limits.StartTimeout] does not hold for their connections, which may
	// be on standby.
	Groups []RedundancyGroup
	// Queue returns the event queue that a connection of none of the groups
	// sends from, in place of a buffer of its own; [Server.Send] does not reach
	// it. Connections that have the same queue at the same time are a group
	// without a name. Nil, and queues that are nil, make the connection its own
	// group, with a buffer.
	Queue func(conn net.Conn) EventQueue
	// Extended serves the test command C_TS_NA_1 and the delay acquisition
	// C_CD_NA_1 too, which belong to IEC 60870-5-101 alone.
	Extended bool
	// SelectTimeout is how long a selection stays until it runs out. Zero is
	// 30 s.
	SelectTimeout time.Duration
	// FileTimeout is how long a control centre may be silent about a file until
	// the station breaks the transfer off, tells it so, and lets others have the
	// file. It also bounds how long a file stays taken by a connection that is
	// gone unnoticed. Zero is 30 s; it cannot be negative.
	FileTimeout time.Duration
	// Trace sees every frame of every connection in both directions; those of a
	// connection one at a time, in the order in which they take effect. It is
	// called by the goroutines that read and write; it must return soon and
	// must not call the server or the session.
	Trace func(*Session, Frame)
}

// Server is a controlled station. It serves connections that a listener
// accepts, or that it is handed, each with two goroutines. All methods are
// safe for concurrent use.
type Server struct {
	station    Station
	options    ServerOptions
	begin      time.Time // selections run out by durations since then
	selections selections
	files      filePlaces
	gate       *gate
	groups     []*group // with names

	mu        sync.Mutex
	closed    bool                  // guarded by mu
	shared    map[EventQueue]*group // guarded by mu; groups without names
	listeners []net.Listener        // guarded by mu
	sessions  map[*Session]struct{} // guarded by mu
	serving   sync.WaitGroup        // calls of Serve
	stop      chan struct{}         // closed by Close
}

// NewServer returns a controlled station without connections.
func NewServer(station Station, options *ServerOptions) (*Server, error) {
	s := &Server{
		station:  station,
		begin:    time.Now(),
		sessions: make(map[*Session]struct{}),
		shared:   make(map[EventQueue]*group),
		stop:     make(chan struct{}),
	}
	if options != nil {
		s.options = *options
	}
	o := &s.options
	if err := errors.Join(check(o.Parameters), o.ASDU.Check(), o.Limits.check()); err != nil {
		return nil, fail("options", err)
	}
	o.Parameters = o.Parameters.WithDefaults()
	if len(o.CommonAddresses) == 0 {
		o.CommonAddresses = []asdu.CommonAddress{1}
	}
	o.CommonAddresses = slices.Clone(o.CommonAddresses)
	if slices.Contains(o.CommonAddresses, 0) || slices.Contains(o.CommonAddresses, o.ASDU.Broadcast()) {
		return nil, fail("options", errors.New("a station cannot have the common address 0, nor that of all stations"))
	}
	if o.MaxConnections == 0 {
		o.MaxConnections = 64
	}
	if o.SendQueue == 0 {
		o.SendQueue = 256
	}
	if o.Events == 0 {
		o.Events = 1000
	}
	if o.SelectTimeout == 0 {
		o.SelectTimeout = 30 * time.Second
	}
	if o.FileTimeout < 0 {
		return nil, fail("options", fmt.Errorf("FileTimeout is %v: it cannot be negative, and 0 is 30 s", o.FileTimeout))
	}
	if o.FileTimeout == 0 {
		o.FileTimeout = 30 * time.Second
	}
	var err error
	if s.groups, err = newGroups(o, o.Groups); err != nil {
		return nil, fail("options", err)
	}
	s.gate = newGate(o.Limits, o.MaxConnections)
	return s, nil
}

// Serve accepts connections until the server is closed, and then returns
// [ErrClosed]; it closes the listener. When accepting fails for another reason,
// such as too many open files, it tries again after a pause of up to a second.
func (s *Server) Serve(listener net.Listener) error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return errors.Join(fail("serve", ErrClosed), listener.Close())
	}
	s.listeners = append(s.listeners, listener)
	s.serving.Add(1)
	s.mu.Unlock()
	defer s.serving.Done()

	return fail("serve", acceptAll(listener, s.stop, func(conn net.Conn) {
		s.gate.admit(conn, &s.serving, s.options.Parameters.T0, func(conn net.Conn) {
			_, _ = s.serveEntered(conn) // closed meanwhile
		})
	}))
}

// ServeConn makes conn, which is newly established, a connection of the
// station, and returns at once. The connection is closed, and an error
// returned, where the limits refuse it or the server is closed.
func (s *Server) ServeConn(conn net.Conn) (*Session, error) {
	if err := s.gate.enter(conn.RemoteAddr()); err != nil {
		return nil, errors.Join(fail("serve", err), conn.Close())
	}
	return s.serveEntered(conn)
}

// serveEntered serves a connection that the gate has let in.
func (s *Server) serveEntered(conn net.Conn) (*Session, error) {
	session := newSession(s, conn)
	s.mu.Lock()
	closed := s.closed
	full := session.group.most > 0 && session.group.count > session.group.most
	if !closed && !full {
		s.sessions[session] = struct{}{}
	} else {
		s.leaveGroup(session)
	}
	s.mu.Unlock()
	if full && !closed {
		err := s.gate.refuse(conn.RemoteAddr(), TooMany, fmt.Errorf("%w: %q, %d", errGroupFull, session.group.name, session.group.most))
		s.gate.leave(conn.RemoteAddr())
		return nil, errors.Join(fail("serve", err), conn.Close())
	}
	if closed {
		s.gate.leave(conn.RemoteAddr())
		return nil, errors.Join(fail("serve", ErrClosed), conn.Close())
	}
	if observer, ok := s.station.(SessionObserver); ok {
		observer.Connected(session)
	}
	session.link.run()
	return session, nil
}

// Send gives an ASDU, as a rule a spontaneous one, to every redundancy group and
// every connection that is its own: each has a buffer that keeps it until data transfer is started and the
// controlling station has acknowledged it. Send does not wait; a buffer that
// is full lets go of its oldest ASDU, see [EventBuffer].
func (s *Server) Send(a asdu.ASDU) error {
	a, err := fit(a, s.options.ASDU)
	if err != nil {
		return fail("send", err)
	}
	s.mu.Lock()
	var buffers []interface{ Put(a asdu.ASDU) error }
	for _, g := range s.groups {
		if buffer, ok := g.queue.(interface{ Put(a asdu.ASDU) error }); ok {
			buffers = append(buffers, buffer)
		}
	}
	for session := range s.sessions {
		if session.buffer != nil {
			buffers = append(buffers, session.buffer)
		}
	}
	s.mu.Unlock()
	for _, buffer := range buffers {
		err = errors.Join(err, buffer.Put(a))
	}
	return fail("send", err)
}

// Sessions returns the connections that there are.
func (s *Server) Sessions() []*Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]*Session, 0, len(s.sessions))
	for session := range s.sessions {
		all = append(all, session)
	}
	return all
}

// Refused returns how many connections were refused for any reason, see
// [Server.Refusals].
func (s *Server) Refused() uint64 { return s.gate.refused().Total() }

// Close closes the listeners and all connections and waits for their
// goroutines. It must not be called by the station's methods.
func (s *Server) Close() error {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.stop)
		s.gate.end()
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
	sessions := s.Sessions()
	for _, session := range sessions {
		session.link.farewell()
		session.link.end(ErrClosed)
	}
	for _, session := range sessions {
		<-session.Done()
	}
	s.serving.Wait()
	return err
}

// testing reports whether a station is in test mode.
func (s *Server) testing(station asdu.CommonAddress) bool {
	test, ok := s.station.(TestStation)
	return ok && test.Testing(station)
}

// now is the time by which selections run out.
func (s *Server) now() time.Duration { return time.Since(s.begin) }

// lease lets the active session of a group send from its queue, unless another
// one still does.
func (s *Server) lease(session *Session) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := session.group
	if g.active != session || g.owner != nil && g.owner != session {
		return false
	}
	g.owner = session
	return true
}

// release gives a queue back, with all that is not acknowledged, and lets the
// active session have it.
func (s *Server) release(session *Session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := session.group
	if g.owner != session {
		return
	}
	g.queue.Rewind()
	g.owner = nil
	if g.active != nil && g.active != session {
		signal(g.active.link.wake)
	}
}

// remove forgets a session that has ended.
func (s *Server) remove(session *Session) {
	s.release(session)
	s.mu.Lock()
	delete(s.sessions, session)
	s.leaveGroup(session)
	s.mu.Unlock()
	s.gate.leave(session.RemoteAddr())
	s.selections.forget(session)
}
