package conformance

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"stellwerk/iec104"
)

// Centre is a controlling station under test, which calls our listeners. It is
// an [iec104test.Redundant].
type Centre struct {
	// Link are the parameters that the control centre is set to.
	Link iec104.Parameters
	// Connections is how many connections the control centre keeps, of which one
	// is active. Zero is 1.
	Connections int
	// Patience is how long it is waited for. Zero is a minute.
	Patience time.Duration
	// Waiting, where it is not nil, is called before the control centre is waited
	// for.
	Waiting func()

	listeners []net.Listener
	changed   chan struct{} // the spares, or what they hold, changed; capacity 1
	job       sync.WaitGroup
	ends      endpoints

	living context.Context // until Close
	end    context.CancelFunc

	mu      sync.Mutex
	spares  []*spare // wait to be used, the oldest first; guarded by mu
	used    int      // connections that a case has; guarded by mu
	kept    bool     // see Spare; guarded by mu
	refused error    // why the last call came to nothing; guarded by mu
	closed  bool     // guarded by mu
}

// staleAfter is how long what the control centre has said on a connection may
// have waited when a case begins with it. A control centre that has waited longer
// for an answer would end it in the middle.
const staleAfter = time.Second

// startsWithin is how long a control centre with several connections is given to
// choose the one that it starts.
const startsWithin = 5 * time.Second

// keptFor is how long a connection is open beside another one that counts as
// more than one that takes its place.
const keptFor = 3 * time.Second

// Listen begins to take calls. Close must be called in the end.
func (c *Centre) Listen(listeners ...net.Listener) {
	c.listeners, c.changed = listeners, make(chan struct{}, 1)
	c.living, c.end = context.WithCancel(context.Background())
	for _, l := range listeners {
		c.job.Go(func() { c.accept(l) })
	}
}

func (c *Centre) accept(listener net.Listener) {
	for {
		conn, err := listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			time.Sleep(50 * time.Millisecond) // such as no free descriptors
			continue
		}
		c.job.Go(func() { c.add(conn) })
	}
}

// handshaker is a connection of TLS.
type handshaker interface {
	HandshakeContext(ctx context.Context) error
}

// add keeps a connection until it is used. Where there are more than the control
// centre is said to have, the oldest is of no use to anybody.
func (c *Centre) add(conn net.Conn) {
	var err error
	if secure, ok := conn.(handshaker); ok {
		ctx, cancel := context.WithTimeout(c.living, c.Parameters().T1)
		err = secure.HandshakeContext(ctx)
		cancel()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil || c.closed {
		c.refused = err
		_ = conn.Close() // was of no use
		return
	}
	s := &spare{Conn: conn, since: time.Now(), changed: c.notify, done: make(chan struct{})}
	c.spares = append(c.spares, s)
	c.job.Go(s.keep)
	if len(c.spares) > c.Lines() {
		c.drop(0)
	}
	c.notify()
}

// drop closes a spare. It needs the lock.
func (c *Centre) drop(i int) {
	_ = c.spares[i].Conn.Close() // it will be called again
	c.spares = append(c.spares[:i:i], c.spares[i+1:]...)
}

func (c *Centre) notify() {
	select {
	case c.changed <- struct{}{}:
	default:
	}
}

// Parameters is part of [iec104test.Subject].
func (c *Centre) Parameters() iec104.Parameters { return c.Link.WithDefaults() }

// Lines is part of [iec104test.Redundant].
func (c *Centre) Lines() int { return max(1, c.Connections) }

// Spare reports whether the control centre has kept another connection open for
// seconds beside the one that it was tested on, though it is said to have only
// one.
func (c *Centre) Spare() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.kept && c.Lines() == 1
}

// Connect is part of [iec104test.Subject]: it waits for a call, as long as
// Patience says where no other connection is in use, and otherwise as long as the
// context says.
func (c *Centre) Connect(ctx context.Context) (net.Conn, error) {
	c.mu.Lock()
	another := c.used > 0
	c.mu.Unlock()
	patience := c.Patience
	if patience == 0 {
		patience = time.Minute
	}
	gone := ctx.Done()
	if run, ok := ctx.Value(runKey{}).(context.Context); ok && !another {
		// A case allows t0 for a connection; how long the control centre takes to
		// call again is not its matter.
		gone, ctx = run.Done(), run
	}
	if c.Waiting != nil && !another {
		c.Waiting()
	}
	began := time.Now()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	look := time.NewTicker(100 * time.Millisecond)
	defer look.Stop()
	for {
		// The first connection of a case is the one that is started, if any is.
		anyone := another || c.Lines() == 1 || time.Since(began) > startsWithin
		if conn, err := c.take(anyone); conn != nil || err != nil {
			return conn, err
		}
		select {
		case <-c.changed:
		case <-look.C:
		case <-timer.C:
			return nil, c.lost(patience)
		case <-gone:
			return nil, ctx.Err()
		}
	}
}

// lost says that nobody has called.
func (c *Centre) lost(patience time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	err := fmt.Errorf("no control centre has called within %v", patience)
	if c.refused != nil {
		err = fmt.Errorf("no control centre has called within %v with which there was TLS: %w", patience, c.refused)
	}
	return c.ends.lose(&VanishedError{Err: err})
}

// take returns a spare for a case to use, nil where there is none. Unless anyone
// will do it is one on which the control centre has said something.
func (c *Centre) take(anyone bool) (net.Conn, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, c.ends.lose(&VanishedError{Err: errors.New("the listener is closed")})
	}
	chosen := -1
	for i := 0; i < len(c.spares); {
		s := c.spares[i]
		said, ended := s.state()
		switch {
		case ended, !said.IsZero() && time.Since(said) > staleAfter:
			c.drop(i) // it will call again
			continue
		case chosen < 0 && (anyone || !said.IsZero()), chosen >= 0 && !said.IsZero():
			chosen = i
		}
		i++
	}
	if chosen < 0 {
		return nil, nil
	}
	s := c.spares[chosen]
	c.spares = append(c.spares[:chosen:chosen], c.spares[chosen+1:]...)
	c.used++
	c.ends.add(s.Conn)
	s.hand()
	var once sync.Once
	return &usedConn{spare: s, release: func(open bool) { once.Do(func() { c.release(open) }) }}, nil
}

// release counts a connection that a case has done with, which was open until
// then or not.
func (c *Centre) release(open bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.used--
	for _, s := range c.spares {
		_, ended := s.state()
		c.kept = c.kept || open && !ended && time.Since(s.since) > keptFor
	}
}

// Close ends listening.
func (c *Centre) Close() error {
	c.end()
	var problem error
	for _, l := range c.listeners {
		problem = errors.Join(problem, l.Close())
	}
	c.mu.Lock()
	c.closed = true
	for len(c.spares) > 0 {
		c.drop(0) // nobody waits for it
	}
	c.mu.Unlock()
	c.job.Wait()
	return problem
}
