package iec104

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"

	"stellwerk/iec104/asdu"
)

// reserve is how many answers to requests may wait beyond the send queue until
// the connection is closed: the peer asks, and takes no answer.
const reserve = 64

// Session is one connection of a [Server]. All methods are safe for concurrent
// use.
type Session struct {
	server *Server
	link   *link
	group  *group
	queue  EventQueue   // of the group
	buffer *EventBuffer // queue, where it is the session's own

	standby      atomic.Bool // superseded, and not started since
	told         State       // what the observer was told last; guarded by group.switching
	reign        uint32      // link.cuts when the ASDU in handling came; of the goroutine that reads
	supersededBy net.Addr    // guarded by server.mu
	stale        int         // unacknowledged events that another connection sends now; guarded by link.mu

	leased    bool // the session sends from queue; guarded by link.mu
	announced bool // the end of initialisation is on its way, events may follow; guarded by link.mu
	passing   int  // events that went before the conclusion that waits; guarded by link.mu

	concluding atomic.Int32 // how many conclusions wait

	mu             sync.Mutex
	interrogations []*interrogation // under way, the first is being answered; guarded by mu
	cancelled      []*interrogation // not yet stopped; guarded by mu
	conclusions    []asdu.ASDU      // last answers, behind events; guarded by mu

	files sessionFiles
}

func newSession(server *Server, conn net.Conn) *Session {
	s := &Session{server: server, group: server.groupOf(conn)}
	o := &server.options
	if s.group.queue == nil {
		s.buffer = NewClassedEventBuffer(o.ASDU, EventLimits{
			Events: o.Events, Counters: o.Events, Measurands: o.Events, Directories: o.Events, Overflow: o.Overflow, Relieved: o.Relieved,
		})
		s.group.queue = s.buffer
	}
	s.queue = s.group.queue
	c := linkConfig{
		role:       Controlled,
		parameters: o.Parameters,
		params:     o.ASDU,
		queue:      o.SendQueue,
		handle: func(a *asdu.ASDU) error {
			s.reign = s.link.cuts.Load() // before standby, which is set first
			if s.standby.Load() {
				return fmt.Errorf("%w: %s came after another connection of the redundancy group was started", ErrSuperseded, a.TypeName())
			}
			return s.handle(*a)
		},
		events:    s.nextEvent,
		done:      s.acknowledged,
		malformed: s.malformedFile,
		pull:      s.nextPulled,
		ready:     s.ready,
		changed:   s.changed,
		ended:     s.ended,
	}
	server.gate.bound(&c, conn.RemoteAddr())
	if s.group.name != "" {
		c.startWithin = 0 // it may be on standby for ever
	}
	if o.Trace != nil {
		c.trace = func(f Frame) { o.Trace(s, f) }
	}
	s.link = newLink(conn, c)
	return s
}

// Send sends an ASDU on this connection alone. It waits while the send queue
// is full; [ErrStopped] says that data transfer is not started. What is queued
// when the connection ends is lost: for what must not be, there is the event
// queue.
func (s *Session) Send(ctx context.Context, a asdu.ASDU) error {
	return fail("send", s.link.send(ctx, a))
}

// Answer sends an ASDU that answers a request of this connection. It does not
// wait, and may be called in the methods of a [Station]: an answer that comes
// while data transfer is stopped is sent when it is started again. On a standby
// connection of a redundancy group it is dropped, with [ErrSuperseded]. A peer
// that lets too many answers pile up loses its connection.
func (s *Session) Answer(a asdu.ASDU) error { return s.answer(a, s.link.cuts.Load()) }

// answer is Answer to a request that came when the link had been cut so often.
func (s *Session) answer(a asdu.ASDU, reign uint32) error {
	err := fail("answer", s.link.answer(a, reserve, reign))
	if errors.Is(err, ErrBusy) {
		s.link.end(err)
	}
	return err
}

// superseded reports whether another connection has taken over since a request
// came.
func (s *Session) superseded(reign uint32) bool { return s.link.cuts.Load() != reign }

// Server returns the server that the session belongs to.
func (s *Session) Server() *Server { return s.server }

// Status returns what the connection is doing.
func (s *Session) Status() Status { return s.link.status() }

// RemoteAddr returns the controlling station's network address.
func (s *Session) RemoteAddr() net.Addr { return s.link.conn.RemoteAddr() }

// Done is closed when the connection has ended and its goroutines with it.
func (s *Session) Done() <-chan struct{} { return s.link.gone }

// Err returns what ended the connection, nil while it lives.
func (s *Session) Err() error { return s.link.reason() }

// Close closes the connection at once and waits for its goroutines. It must
// not be called by the station's methods.
func (s *Session) Close() error {
	s.link.close()
	return nil
}

// nextEvent takes from the event queue. It is called with link.mu held.
func (s *Session) nextEvent() (asdu.ASDU, bool) {
	if !s.announced || s.concludes() {
		return asdu.ASDU{}, false
	}
	if !s.leased {
		s.leased = s.server.lease(s)
		if !s.leased {
			return asdu.ASDU{}, false
		}
	}
	a, ok := s.queue.Next()
	if !ok {
		return a, false
	}
	// The link checks the length, and fails where it is impossible.
	if a.Params() != s.link.params {
		if fitting, err := fit(a, s.link.params); err == nil {
			a = fitting
		}
	}
	return a, true
}

// ready tells the writer of new events, as long as they are the session's.
func (s *Session) ready() <-chan struct{} {
	s.link.mu.Lock()
	defer s.link.mu.Unlock()
	if !s.leased {
		return nil
	}
	return s.queue.Ready()
}

// changed follows the state of data transfer.
func (s *Session) changed(state State) {
	s.group.switching <- struct{}{}
	defer func() { <-s.group.switching }()
	switch state {
	case Started:
		if s.link.status().State != Started {
			return // another connection was started later, and has stopped this one
		}
		s.standby.Store(false)
		s.server.supersede(s)
		s.announce()
		s.link.mu.Lock()
		s.announced = true
		s.link.kick()
		s.link.mu.Unlock()
	case Stopped:
		s.link.mu.Lock()
		s.announced = false
		if s.leased {
			// All that was taken is acknowledged.
			s.leased = false
			s.server.release(s)
		}
		s.link.mu.Unlock()
	default:
	}
	s.tell(state)
}

// tell tells the station of the state. The caller has filled the group's switching.
func (s *Session) tell(state State) {
	s.told = state
	if observer, ok := s.server.station.(SessionObserver); ok {
		observer.StateChanged(s, state)
	}
}

// ended cleans up after the goroutines.
func (s *Session) ended(err error) {
	s.stopInterrogations()
	s.endFiles(err)
	s.files.workers.Wait()
	s.endFiles(err) // what was begun anew in the last moment
	s.server.remove(s)
	if s.buffer != nil {
		s.buffer.relieve() // nobody will have what is in it
	}
	if observer, ok := s.server.station.(SessionObserver); ok {
		observer.Disconnected(s, err)
	}
}
