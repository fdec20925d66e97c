package iec104

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// SupervisorOptions are the settings of a [Supervisor]. Nil options, and fields
// that are zero, have the values named beside them.
type SupervisorOptions struct {
	// Client are the options of each connection.
	Client *ClientOptions
	// Dial opens a connection; its context ends after t0. Nil dials TCP.
	Dial func(ctx context.Context, address string) (net.Conn, error)
	// Standby are further addresses of the station, or the same one again. There
	// is a connection to each; one is active, and test frames (t3) keep the
	// others alive. When the active one fails the next is made active, with
	// Setup, after the handler has returned for the last time there. What the
	// handler had taken over and the station had got no N(R) for comes again.
	//
	// An address that cannot be reached is called again after a pause, as with
	// one address. A connection counts as one that was up when it was active, or
	// has lived for t1.
	Standby []string
	// ReturnAfter makes the preferred address active again when the connection
	// to it has been up for so long, as [Supervisor.Switch] does. The preferred
	// one is the supervisor's own until Switch names another. Zero is never.
	ReturnAfter time.Duration
	// Setup makes a new connection ready for use, for example by starting data
	// transfer and interrogating. An error closes the connection. Nil is
	// [Client.Start].
	Setup func(ctx context.Context, c *Client) error
	// MinBackoff is the pause after the first failure, and MaxBackoff bounds
	// its doubling from one failure to the next. A connection that was up
	// begins anew. Pauses vary by up to a fifth, so that many stations that
	// fail together do not return together. Zero is 1 s and 60 s.
	MinBackoff, MaxBackoff time.Duration
	// Changed is told of each change by the goroutine of [Supervisor.Run],
	// which waits for it. Changes of standby lines that come while Setup runs
	// are told together after it.
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
	// Connected has a connection that is ready for use.
	Connected
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
	// Err is what the last failure was, nil where there was none.
	Err error
	// Pause is how long it waits until the next attempt.
	Pause time.Duration
	// Switches is how often the active connection gave way.
	Switches uint64
	// Unconfirmed is how many I frames the handler had taken over without an N(R)
	// having been sent for them when the active connection failed, all failures
	// together. Those come again. More do where an N(R) was sent and did not
	// arrive: this side cannot know of it.
	Unconfirmed uint64
	// Lines are the connections to all addresses, in their order, the
	// supervisor's own first. Switches, Unconfirmed and Lines are there with
	// standby addresses alone.
	Lines []LineStatus
}

// Supervisor keeps the connection of a controlling station up: it connects
// again after every failure, which t0, t1 and t3 find when the peer has not
// told of it. All methods are safe for concurrent use.
type Supervisor struct {
	address string
	options SupervisorOptions

	lines lines

	mu     sync.Mutex
	status SupervisorStatus // guarded by mu
}

// NewSupervisor returns a supervisor for the station at an address, which does
// nothing until [Supervisor.Run].
func NewSupervisor(address string, options *SupervisorOptions) (*Supervisor, error) {
	s := &Supervisor{address: address}
	if options != nil {
		s.options = *options
	}
	o := &s.options
	if o.Client == nil {
		o.Client = &ClientOptions{}
	}
	if err := errors.Join(check(o.Client.Parameters), o.Client.ASDU.Check()); err != nil {
		return nil, fail("options", err)
	}
	if o.Dial == nil {
		o.Dial = dialTCP
	}
	if o.Setup == nil {
		o.Setup = func(ctx context.Context, c *Client) error { return c.Start(ctx) }
	}
	if o.ReturnAfter < 0 {
		return nil, fail("options", fmt.Errorf("ReturnAfter is %v: must be 0, which is never, or positive", o.ReturnAfter))
	}
	s.lines.all = make([]line, 1+len(o.Standby))
	for i, address := range s.addresses() {
		s.lines.all[i].Address = address
	}
	s.lines.changed = make(chan struct{}, 1)
	return s, nil
}

// Run connects, and connects again, until ctx ends; it returns the cause of
// that. It must not run twice at the same time.
func (s *Supervisor) Run(ctx context.Context) error {
	if len(s.options.Standby) > 0 {
		return s.runLines(ctx)
	}
	defer s.set(SupervisorStatus{State: Idle})
	pauses := newBackoff(s.options.MinBackoff, s.options.MaxBackoff)
	for {
		up, err := s.connect(ctx)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		pause := pauses.next(up)
		s.set(SupervisorStatus{State: Waiting, Err: err, Pause: pause})
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return context.Cause(ctx)
		}
	}
}

// connect has one connection from beginning to end, and tells whether it was
// up.
func (s *Supervisor) connect(ctx context.Context) (up bool, err error) {
	s.set(SupervisorStatus{State: Connecting, Err: s.Status().Err})
	dialing, cancel := context.WithTimeout(ctx, s.options.Client.Parameters.WithDefaults().T0)
	conn, err := s.options.Dial(dialing, s.address)
	cancel()
	if err != nil {
		return false, fail("dial", err)
	}
	client, err := NewClient(conn, s.options.Client)
	if err != nil {
		return false, errors.Join(err, conn.Close())
	}
	defer client.Close() //nolint:errcheck // it returns none
	if err := s.options.Setup(ctx, client); err != nil {
		if ended := client.Err(); ended != nil {
			err = ended // the reason why the setup failed
		}
		return false, err
	}
	s.set(SupervisorStatus{State: Connected, Client: client})
	select {
	case <-client.Done():
		return true, client.Err()
	case <-ctx.Done():
		return true, ctx.Err()
	}
}

// Status returns what the supervisor is doing.
func (s *Supervisor) Status() SupervisorStatus {
	lines := s.lines.status()
	s.mu.Lock()
	defer s.mu.Unlock()
	status := s.status
	status.Lines = lines
	return status
}

// Client returns the connection while it is up, and nil otherwise.
func (s *Supervisor) Client() *Client { return s.Status().Client }

func (s *Supervisor) set(status SupervisorStatus) {
	s.mu.Lock()
	s.status = status
	s.mu.Unlock()
	if s.options.Changed != nil {
		status.Lines = s.lines.status()
		s.options.Changed(status)
	}
}
