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

// Device is a controlled station under test, which is called.
type Device struct {
	// Dial opens a connection. It must not take longer than t0.
	Dial func(ctx context.Context) (net.Conn, error)
	// Link are the parameters that the device is set to.
	Link iec104.Parameters
	// Patience is for how long a device that refuses is called again, once in a
	// quarter of a second: many need a moment after a connection has ended. Zero
	// is 10 s.
	Patience time.Duration
	// Pause is how long to wait before each connection.
	Pause time.Duration

	ends endpoints
}

// Parameters is part of [iec104test.Subject].
func (d *Device) Parameters() iec104.Parameters { return d.Link.WithDefaults() }

// Connect is part of [iec104test.Subject].
func (d *Device) Connect(ctx context.Context) (net.Conn, error) {
	patience := d.Patience
	if patience == 0 {
		patience = 10 * time.Second
	}
	// A case allows t0 for a connection; how often a device may refuse is not its
	// matter.
	run, ok := ctx.Value(runKey{}).(context.Context)
	if ok {
		ctx = run
	}
	if err := sleep(ctx, d.Pause); err != nil {
		return nil, err
	}
	until := time.Now().Add(patience)
	for attempts := 1; ; attempts++ {
		conn, err := d.Dial(ctx)
		switch {
		case err == nil:
			d.ends.add(conn)
			return conn, nil
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case time.Now().After(until):
			return nil, d.ends.lose(&VanishedError{Attempts: attempts, Err: err})
		}
		if err := sleep(ctx, 250*time.Millisecond); err != nil {
			return nil, err
		}
	}
}

// runKey is for the context of the whole run, which subjects find in that of a
// case.
type runKey struct{}

// VanishedError says that the device cannot be connected with.
type VanishedError struct {
	// Attempts is how often it was called; 0 where it was waited for.
	Attempts int
	// Err is why the last one failed.
	Err error
}

func (e *VanishedError) Error() string {
	if e.Attempts > 1 {
		return fmt.Sprintf("%v (called %d times)", e.Err, e.Attempts)
	}
	return e.Err.Error()
}

func (e *VanishedError) Unwrap() error { return e.Err }

// endpoints remembers between whom the connections of a case were, and why there
// is none any more.
type endpoints struct {
	mu       sync.Mutex
	pairs    []endpointPair // of the present case; guarded by mu
	vanished error          // guarded by mu
}

type endpointPair struct{ local, remote net.Addr }

func (e *endpoints) add(conn net.Conn) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.pairs = append(e.pairs, endpointPair{conn.LocalAddr(), conn.RemoteAddr()})
}

func (e *endpoints) lose(err error) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.vanished = err
	return err
}

// take returns what was remembered since the last call.
func (e *endpoints) take() ([]endpointPair, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	pairs, err := e.pairs, e.vanished
	e.pairs, e.vanished = nil, nil
	return pairs, err
}

// sleep waits unless ctx ends.
func sleep(ctx context.Context, d time.Duration) error {
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

// Centre is a controlling station under test, which calls our listener.
type Centre struct {
	// Link are the parameters that the control centre is set to.
	Link iec104.Parameters
	// Patience is how long it is waited for. Zero is a minute.
	Patience time.Duration
	// Waiting, where it is not nil, is called before the control centre is waited
	// for.
	Waiting func()

	listener net.Listener
	accepted chan call
	job      sync.WaitGroup
	ends     endpoints
}

// call is a connection that waits to be used.
type call struct {
	conn net.Conn
	at   time.Time
}

// staleAfter is how old a connection may be that a case begins with. A control
// centre that has waited longer for an answer would end it in the middle.
const staleAfter = time.Second

// Listen begins to take calls. Close must be called in the end.
func (c *Centre) Listen(listener net.Listener) {
	c.listener, c.accepted = listener, make(chan call, 1)
	c.job.Go(c.accept)
}

// accept keeps the latest call, and ends those before it.
func (c *Centre) accept() {
	defer close(c.accepted)
	for {
		conn, err := c.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			time.Sleep(50 * time.Millisecond) // such as no free descriptors
			continue
		}
		select {
		case old := <-c.accepted:
			_ = old.conn.Close() // of no use to anybody
		default:
		}
		c.accepted <- call{conn, time.Now()}
	}
}

// Parameters is part of [iec104test.Subject].
func (c *Centre) Parameters() iec104.Parameters { return c.Link.WithDefaults() }

// Connect is part of [iec104test.Subject]: it waits for a call.
func (c *Centre) Connect(ctx context.Context) (net.Conn, error) {
	if run, ok := ctx.Value(runKey{}).(context.Context); ok {
		ctx = run
	}
	patience := c.Patience
	if patience == 0 {
		patience = time.Minute
	}
	if c.Waiting != nil {
		c.Waiting()
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		select {
		case came, open := <-c.accepted:
			if !open {
				return nil, c.ends.lose(&VanishedError{Err: errors.New("the listener is closed")})
			}
			if time.Since(came.at) > staleAfter {
				_ = came.conn.Close() // it will call again
				continue
			}
			c.ends.add(came.conn)
			return came.conn, nil
		case <-timer.C:
			return nil, c.ends.lose(&VanishedError{Err: fmt.Errorf("no control centre has called within %v", patience)})
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// Close ends listening.
func (c *Centre) Close() error {
	err := c.listener.Close()
	for came := range c.accepted {
		_ = came.conn.Close() // nobody waits for it
	}
	c.job.Wait()
	return err
}
