package ads

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"

	"stellwerk/ads/command"
)

// SupervisorOptions are the settings of a [Supervisor]. Nil options, and fields
// that are zero, have the values named beside them.
type SupervisorOptions struct {
	// Client are the options of each connection.
	Client *ClientOptions
	// Dial opens a connection; its context ends after the timeout of the client.
	// Nil dials TCP.
	Dial func(ctx context.Context, address string) (net.Conn, error)
	// Setup makes a new connection ready for use, before the subscriptions. An
	// error closes the connection. Nil does nothing.
	Setup func(ctx context.Context, c *Client) error
	// MinBackoff is the pause after the first failure, and MaxBackoff bounds its
	// doubling from one failure to the next. A connection that was up begins
	// anew. Pauses vary by up to a fifth. Zero is 1 s and 60 s.
	MinBackoff, MaxBackoff time.Duration
	// Watch is how often the state of the target and its symbol version are
	// looked at. Zero is 1 s.
	Watch time.Duration
	// Changed is told of each change by the goroutine of [Supervisor.Run],
	// which waits for it.
	Changed func(SupervisorStatus)
}

// SupervisorState is what a supervisor is doing.
type SupervisorState uint8

// The states.
const (
	// Idle is before Run and after it.
	Idle SupervisorState = iota
	// Connecting is opening a connection and making it ready.
	Connecting
	// Connected has a connection over which the target answers.
	Connected
	// Unavailable has a connection, and the target does not answer over it: it
	// is stopped, in config mode or restarting.
	Unavailable
	// Waiting is pausing after a failure.
	Waiting
)

// String returns the state's name.
func (s SupervisorState) String() string {
	switch s {
	case Idle:
		return "idle"
	case Connecting:
		return "connecting"
	case Connected:
		return "connected"
	case Unavailable:
		return "unavailable"
	case Waiting:
		return "waiting"
	default:
		return fmt.Sprintf("state %d", uint8(s))
	}
}

// SupervisorStatus is the state of a supervisor at one moment.
type SupervisorStatus struct {
	State SupervisorState
	// Client is the connection while it is up.
	Client *Client
	// Err is what the last failure was: of the connection, or with Unavailable
	// what the target, or a router on the way, answers.
	Err error
	// Pause is how long it waits until the next attempt.
	Pause time.Duration
	// Target is the state of the target when it answered for the last time on
	// this connection, and Version its symbol version, where it has one.
	Target  command.State
	Version uint8
	// Connections is how many connections there were, and Renewals how often
	// subscriptions were made again on a connection that stayed: after restarts
	// and online changes.
	Connections, Renewals uint64
}

// same reports whether nothing has changed that Changed is told of.
func (s *SupervisorStatus) same(o *SupervisorStatus) bool {
	return s.State == o.State && s.Client == o.Client && s.Pause == o.Pause && s.Target == o.Target && s.Version == o.Version &&
		s.Connections == o.Connections && s.Renewals == o.Renewals && (s.Err == nil) == (o.Err == nil)
}

// Supervisor keeps the connection to a target up, and subscriptions alive. It
// connects again after every failure; it looks at the state and the symbol
// version of the target, and has the target's notifications tell that they are
// alive, and of another symbol version, so that it finds restarts, config mode and
// online changes; then subscriptions are made again, by the new addresses, and the
// first sample tells the gap. Once the target has told of another symbol version,
// no sample of an old address is taken. All methods are safe for concurrent use.
type Supervisor struct {
	address string
	options SupervisorOptions
	client  ClientOptions
	wake    chan struct{}

	mu     sync.Mutex
	status SupervisorStatus // guarded by mu
	list   []*Subscription  // guarded by mu
}

// NewSupervisor returns a supervisor for the target of the client's options over
// connections to a TCP address, as a rule at port 48898. It does nothing until
// [Supervisor.Run].
func NewSupervisor(address string, options *SupervisorOptions) (*Supervisor, error) {
	s := &Supervisor{address: address, wake: make(chan struct{}, 1)}
	if options != nil {
		s.options = *options
	}
	o := &s.options
	if o.Client != nil {
		s.client = *o.Client
	}
	if err := s.client.check(); err != nil {
		return nil, err
	}
	if o.Watch < 0 || o.Watch > command.MaxNotificationTime {
		return nil, &Error{Op: "options", Err: fmt.Errorf("the time Watch is %v: must be 0, which is 1 s, or up to %v", o.Watch, command.MaxNotificationTime)}
	}
	if o.Watch == 0 {
		o.Watch = time.Second
	}
	if o.Dial == nil {
		o.Dial = func(ctx context.Context, address string) (net.Conn, error) {
			return dialTCP(ctx, address, s.client.Timeout)
		}
	}
	return s, nil
}

// Subscribe has samples of values put into a queue, from when there is a
// connection on and until [Subscription.Unsubscribe]. It returns at once; the
// error is one of the requests, and then nothing is subscribed to. Where a value
// cannot be subscribed to, the queue gets the event Lost, and it is tried again
// every ten seconds and after each change of the symbol version.
func (s *Supervisor) Subscribe(queue *NotificationQueue, requests ...SubscribeRequest) ([]*Subscription, error) {
	list := make([]*Subscription, len(requests))
	for i := range requests {
		one, err := newSubscription(queue, requests[i])
		if err != nil {
			return nil, &Error{Op: "subscribe", Index: requests[i].Index, Name: requests[i].Name, Err: err}
		}
		one.keeper = s
		list[i] = one
	}
	s.mu.Lock()
	s.list = append(s.list, list...)
	s.mu.Unlock()
	s.kick()
	return list, nil
}

// forget is told of a subscription that has ended.
func (s *Supervisor) forget(one *Subscription) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = slices.DeleteFunc(s.list, func(other *Subscription) bool { return other == one })
}

// subscriptions returns those that are to be kept alive.
func (s *Supervisor) subscriptions() []*Subscription {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.list)
}

// kick has the target looked at now.
func (s *Supervisor) kick() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Run connects, and connects again, until ctx ends; it returns the cause of
// that. It must not run twice at the same time.
func (s *Supervisor) Run(ctx context.Context) error {
	defer func() {
		s.set(func(status *SupervisorStatus) { status.State, status.Client, status.Pause = Idle, nil, 0 })
	}()
	pauses := pauses{least: s.options.MinBackoff, most: s.options.MaxBackoff}
	for {
		up, err := s.connect(ctx)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		pause := pauses.next(up)
		s.set(func(status *SupervisorStatus) {
			status.State, status.Client, status.Err, status.Pause = Waiting, nil, err, pause
		})
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return context.Cause(ctx)
		}
	}
}

// connect has one connection from beginning to end, and tells whether it was up.
func (s *Supervisor) connect(ctx context.Context) (up bool, err error) {
	s.set(func(status *SupervisorStatus) { status.State, status.Pause = Connecting, 0 })
	dialing, cancel := context.WithTimeout(ctx, s.client.Timeout)
	conn, err := s.options.Dial(dialing, s.address)
	cancel()
	if err != nil {
		return false, &Error{Op: "dial", Err: err}
	}
	c, err := NewClient(conn, &s.client)
	if err != nil {
		return false, errors.Join(err, conn.Close())
	}
	defer c.Close() //nolint:errcheck // it returns none
	err = c.conn.awaitRegistration(ctx)
	if err == nil && s.options.Setup != nil {
		err = s.options.Setup(ctx, c)
	}
	if err != nil {
		if ended := c.Err(); ended != nil {
			err = ended // the reason why the setup failed
		}
		return false, err
	}
	w := &targetWatch{supervisor: s, client: c, good: time.Now()}
	s.set(func(status *SupervisorStatus) {
		status.Client, status.Target, status.Version = c, command.State{}, 0
		status.Connections++
	})
	err = w.run(ctx)
	w.end(err)
	return w.up, err
}

// Status returns what the supervisor is doing.
func (s *Supervisor) Status() SupervisorStatus {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.status
}

// Client returns the connection while it is up, and an error with
// [ErrNotConnected] otherwise.
func (s *Supervisor) Client() (*Client, error) {
	status := s.Status()
	switch {
	case status.Client != nil:
		return status.Client, nil
	case status.Err != nil:
		return nil, &Error{Op: "supervisor", Err: fmt.Errorf("%w: %w", ErrNotConnected, status.Err)}
	}
	return nil, &Error{Op: "supervisor", Err: ErrNotConnected}
}

func (s *Supervisor) set(change func(*SupervisorStatus)) {
	s.mu.Lock()
	before := s.status
	change(&s.status)
	status := s.status
	s.mu.Unlock()
	if s.options.Changed != nil && !status.same(&before) {
		s.options.Changed(status)
	}
}
