package conformance

import (
	"context"
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
	// OneGroup tells that all connections are one redundancy group.
	OneGroup bool
	// Pause is how long to wait before each connection.
	Pause time.Duration

	ends endpoints
}

// Parameters is part of [iec104test.Subject].
func (d *Device) Parameters() iec104.Parameters { return d.Link.WithDefaults() }

// Grouped is part of [iec104test.Grouped].
func (d *Device) Grouped() bool { return d.OneGroup }

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
