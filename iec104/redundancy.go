package iec104

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
)

// RedundancyGroup is a control centre with several connections, of which one is
// active (clause 10). The connection that starts data transfer last is; the one
// before is stopped, without STOPDT, and stays as a standby connection. What it
// was sent and has not acknowledged goes over the new one again.
//
// On a connection that was superseded acknowledgements and test frames are
// still taken, and STARTDT makes it active again. Late acknowledgements let go
// of nothing: those ASDUs are already on their way on the new connection. An I
// frame there closes the connection with [ErrSuperseded] and is neither carried
// out nor confirmed. Interrogations, files, directories and answers that it still
// waited for are dropped, also those that the station gives later, when the
// connection is active again too: the new connection asks for itself. Selections
// are taken back. Where two connections are started at the same moment one of them
// is active in the end.
type RedundancyGroup struct {
	// Name is what [Session.Standing] calls the group; it must not be empty.
	Name string
	// Match says which connections belong to the group; the first group that
	// matches has them. See [FromPrefixes] and [WithCertificate]. Nil takes all.
	Match func(conn net.Conn) bool
	// Queue is what the group sends from. Nil is an [EventBuffer] within the
	// bounds of Events. It keeps events while there is no connection. A queue
	// with a method Put(asdu.ASDU) error is reached by [Server.Send].
	Queue EventQueue
	// Events are the bounds of the buffer.
	Events EventLimits
	// MaxConnections is how many connections the group may have; further ones
	// are refused. Zero is 8.
	MaxConnections int
}

// FromPrefixes matches connections from the address ranges.
func FromPrefixes(prefixes ...netip.Prefix) func(net.Conn) bool {
	prefixes = slices.Clone(prefixes)
	return func(conn net.Conn) bool {
		ip := addressOf(conn.RemoteAddr())
		return slices.ContainsFunc(prefixes, func(p netip.Prefix) bool { return p.Contains(ip) })
	}
}

// WithCertificate matches connections that show a verified certificate whose
// subject's common name, or one of whose DNS names, is among the names.
func WithCertificate(names ...string) func(net.Conn) bool {
	names = slices.Clone(names)
	return func(conn net.Conn) bool {
		secure, ok := conn.(interface{ ConnectionState() tls.ConnectionState })
		if !ok {
			return false
		}
		state := secure.ConnectionState()
		if len(state.VerifiedChains) == 0 {
			return false
		}
		leaf := state.VerifiedChains[0][0]
		return slices.Contains(names, leaf.Subject.CommonName) ||
			slices.ContainsFunc(leaf.DNSNames, func(name string) bool { return slices.Contains(names, name) })
	}
}

// Standing is the place of a connection in its redundancy group.
type Standing struct {
	// Group is its name, empty where the group has none.
	Group string
	// Active tells that data transfer is, or was last, started here: all other
	// connections of the group are on standby.
	Active bool
	// SupersededBy is the address of the connection that took over from this
	// one, nil where none has since it was last started.
	SupersededBy net.Addr
}

// SupersedeObserver is a [SessionObserver] that wants to know of switch-overs.
type SupersedeObserver interface {
	// Superseded is called after StateChanged of the old connection and before
	// that of the new one, by the goroutine that reads the new one.
	Superseded(old, by *Session)
}

// group is a redundancy group at work. The server's mu guards it.
type group struct {
	// switching is full while a change of state of one of the connections is
	// dealt with, so that each is over before the next: a connection that is
	// started again is not stopped by a switch-over of before. Whoever fills it
	// holds no mutex. It is no mutex itself as observers are told meanwhile.
	switching chan struct{}

	name   string
	match  func(net.Conn) bool
	queue  EventQueue
	most   int      // connections, 0 is any number
	count  int      // connections
	active *Session // started last
	owner  *Session // sends from queue
}

// newGroups makes the groups of the options.
func newGroups(server *ServerOptions, options []RedundancyGroup) ([]*group, error) {
	var all []*group
	queues := make(map[EventQueue]bool)
	for i, o := range options {
		switch {
		case o.Name == "":
			return nil, fmt.Errorf("redundancy group %d has no name", i+1)
		case slices.ContainsFunc(all, func(g *group) bool { return g.name == o.Name }):
			return nil, fmt.Errorf("there are two redundancy groups named %q", o.Name)
		case o.MaxConnections < 0:
			return nil, fmt.Errorf("redundancy group %q: MaxConnections is negative", o.Name)
		}
		if err := o.Events.check(); err != nil {
			return nil, fmt.Errorf("redundancy group %q: %w", o.Name, err)
		}
		g := &group{switching: make(chan struct{}, 1), name: o.Name, match: o.Match, queue: o.Queue, most: o.MaxConnections}
		if o.Events.Overflow == nil && o.Events.Relieved == nil {
			o.Events.Overflow, o.Events.Relieved = server.Overflow, server.Relieved
		}
		if g.queue == nil {
			g.queue = NewClassedEventBuffer(server.ASDU, o.Events)
		}
		if queues[g.queue] {
			return nil, fmt.Errorf("redundancy group %q has the queue of another group", o.Name)
		}
		queues[g.queue] = true
		if g.most == 0 {
			g.most = 8
		}
		all = append(all, g)
	}
	return all, nil
}

// groupOf returns the group of a new connection, and counts it there.
func (s *Server) groupOf(conn net.Conn) *group {
	var queue EventQueue
	named := slices.IndexFunc(s.groups, func(g *group) bool { return g.match == nil || g.match(conn) })
	if named < 0 && s.options.Queue != nil {
		queue = s.options.Queue(conn)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var g *group
	switch {
	case named >= 0:
		g = s.groups[named]
	case queue == nil:
		g = &group{switching: make(chan struct{}, 1)}
	case s.shared[queue] != nil:
		g = s.shared[queue]
	default:
		g = &group{switching: make(chan struct{}, 1), queue: queue}
		s.shared[queue] = g
	}
	g.count++
	return g
}

// leaveGroup forgets a connection of a group. The caller holds mu.
func (s *Server) leaveGroup(session *Session) {
	g := session.group
	if g.active == session {
		g.active = nil
	}
	if g.count--; g.count == 0 && s.shared[g.queue] == g {
		delete(s.shared, g.queue)
	}
}

// errGroupFull refuses a connection.
var errGroupFull = errors.New("the redundancy group has as many connections as it may")

// Queue returns the event queue of the group with a name, nil where there is no
// such group. It is an *[EventBuffer] unless the options gave another.
func (s *Server) Queue(name string) EventQueue {
	for _, g := range s.groups {
		if g.name == name {
			return g.queue
		}
	}
	return nil
}

// supersede makes the session the active one of its group. The caller has
// filled the group's switching.
func (s *Server) supersede(session *Session) {
	g := session.group
	s.mu.Lock()
	before := g.active
	g.active, session.supersededBy = session, nil
	if before != nil && before != session {
		before.supersededBy = session.RemoteAddr()
	}
	s.mu.Unlock()
	if before != nil && before != session && before.deactivate() {
		observer, ok := s.station.(SupersedeObserver)
		if ok {
			observer.Superseded(before, session)
		}
	}
}

// deactivate stops data transfer because another connection has taken over. It
// reports whether the station knew of it as started. The caller has filled the
// group's switching.
func (s *Session) deactivate() bool {
	l := s.link
	s.standby.Store(true)
	l.mu.Lock()
	l.absorb()
	was := l.m.state
	l.m.deactivate()
	l.cuts.Add(1)
	s.announced = false
	if s.leased {
		s.leased, s.stale = false, l.m.sent.events()
		s.server.release(s)
	}
	l.waiting.clear()
	l.held = l.held[:0]
	if l.m.state != was {
		close(l.change)
		l.change = make(chan struct{})
	}
	l.passRoom()
	l.kick()
	l.mu.Unlock()
	s.mu.Lock()
	s.cancelled = append(s.cancelled, s.interrogations...)
	s.interrogations = nil
	s.concluding.Add(-int32(len(s.conclusions)))
	s.conclusions = nil
	s.mu.Unlock()
	s.endFiles(ErrSuperseded)
	s.server.selections.forget(s)
	if was != Started || s.told != Started {
		return false
	}
	s.tell(Stopped)
	return true
}

// acknowledged lets go of events. Those of before a switch-over are another
// connection's by now. It is called with link.mu held.
func (s *Session) acknowledged(n int) {
	old := min(n, s.stale)
	s.stale -= old
	if s.leased && n > old {
		s.queue.Done(n - old)
	}
}

// Standing returns the place of the connection in its redundancy group.
func (s *Session) Standing() Standing {
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	return Standing{Group: s.group.name, Active: s.group.active == s, SupersededBy: s.supersededBy}
}
