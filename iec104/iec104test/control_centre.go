package iec104test

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
)

// ControlCentreOptions are the settings of the built-in control centre. Nil
// options, and fields that are zero, have the values named beside them.
type ControlCentreOptions struct {
	// Client are the options of each connection. Its clock and its handler are
	// the control centre's own where they are nil; the originator is 3, and
	// requests without an answer are given up after 3 s, where that is zero.
	Client iec104.ClientOptions
	// Listener is where the control centre calls; it owns it, and what
	// [ControlCentre.Connect] returns is what the listener accepts. Nil calls
	// in memory.
	Listener net.Listener
	// Faults returns what spoils a new connection. Nil is nothing.
	Faults func() Faults
}

// ControlCentre is a built-in controlling station. It is a [Subject] that can
// do all that cases ask for: it calls when [ControlCentre.Connect] waits for
// it, and starts data transfer when it is told to. All methods are safe for
// concurrent use.
type ControlCentre struct {
	supervisor *iec104.Supervisor
	parameters iec104.Parameters
	listener   net.Listener // nil in memory
	faults     func() Faults
	location   *time.Location
	offset     atomic.Int64

	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	calls  sync.WaitGroup

	wanted chan struct{}       // the tester waits for a call
	lines  chan net.Conn       // calls in memory
	ready  chan *iec104.Client // clients of calls

	mu       sync.Mutex
	client   *iec104.Client // of the last call; guarded by mu
	received []asdu.ASDU    // over it; guarded by mu
}

var (
	_ Subject      = (*ControlCentre)(nil)
	_ EventSource  = (*ControlCentre)(nil)
	_ Starter      = (*ControlCentre)(nil)
	_ ClockStepper = (*ControlCentre)(nil)
	_ SilentDialer = (*ControlCentre)(nil)
	_ Requester    = (*ControlCentre)(nil)
	_ Recorder     = (*ControlCentre)(nil)
	_ Zoned        = (*ControlCentre)(nil)
)

// maxReceived is how many received ASDUs are remembered; older ones are let go.
const maxReceived = 1 << 16

// NewControlCentre starts a control centre. Close must be called in the end.
func NewControlCentre(options *ControlCentreOptions) (*ControlCentre, error) {
	var o ControlCentreOptions
	if options != nil {
		o = *options
	}
	o.Client.Parameters = o.Client.Parameters.WithDefaults()
	c := &ControlCentre{
		parameters: o.Client.Parameters, listener: o.Listener, faults: o.Faults, location: o.Client.Location,
		wanted: make(chan struct{}), lines: make(chan net.Conn), ready: make(chan *iec104.Client),
	}
	if c.location == nil {
		c.location = time.UTC
	}
	if o.Client.Clock == nil {
		o.Client.Clock = c.now
	}
	if o.Client.Originator == 0 {
		o.Client.Originator = 3
	}
	if o.Client.AnswerTimeout == 0 {
		o.Client.AnswerTimeout = 3 * time.Second
	}
	handler := o.Client.Handler
	o.Client.Handler = func(a asdu.ASDU) error {
		c.record(a)
		if handler != nil {
			return handler(a)
		}
		return nil
	}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	var err error
	c.supervisor, err = iec104.NewSupervisor("", &iec104.SupervisorOptions{
		Client: &o.Client,
		Dial:   c.dial,
		Setup:  c.setup,
		// A tester that connects again waits no longer than this.
		MaxBackoff: time.Second,
	})
	if err != nil {
		c.cancel()
		return nil, err
	}
	c.calls.Go(func() { _ = c.supervisor.Run(c.ctx) }) // ends with the context
	return c, nil
}

// record remembers what was received.
func (c *ControlCentre) record(a asdu.ASDU) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.received) >= maxReceived {
		c.received = append([]asdu.ASDU(nil), c.received[maxReceived/2:]...)
	}
	c.received = append(c.received, a.Clone())
}

// Received is part of [Recorder].
func (c *ControlCentre) Received() []asdu.ASDU {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clip(c.received)
}

// Location is part of [Zoned].
func (c *ControlCentre) Location() *time.Location { return c.location }

// dial calls the tester when it waits for a call, so that no call is older than
// the case that it is for.
func (c *ControlCentre) dial(ctx context.Context, _ string) (net.Conn, error) {
	select {
	case <-c.wanted:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if c.listener != nil {
		var dialer net.Dialer
		address := c.listener.Addr()
		conn, err := dialer.DialContext(ctx, address.Network(), address.String())
		if err != nil {
			return nil, err
		}
		return c.spoil(conn), nil
	}
	near, far := net.Pipe()
	select {
	case c.lines <- far:
		return c.spoil(near), nil
	case <-ctx.Done():
		return nil, errors.Join(ctx.Err(), near.Close(), far.Close())
	}
}

func (c *ControlCentre) spoil(conn net.Conn) net.Conn {
	if c.faults == nil {
		return conn
	}
	return Faulty(conn, c.faults())
}

// setup hands the client to Connect. Data transfer is started when a case says
// so.
func (c *ControlCentre) setup(ctx context.Context, client *iec104.Client) error {
	select {
	case c.ready <- client:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Connect is part of [Subject].
func (c *ControlCentre) Connect(ctx context.Context) (net.Conn, error) {
	select {
	case c.wanted <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	conn, err := c.accept(ctx)
	if err != nil {
		return nil, err
	}
	select {
	case client := <-c.ready:
		c.mu.Lock()
		c.client, c.received = client, nil
		c.mu.Unlock()
		return conn, nil
	case <-ctx.Done():
		return nil, errors.Join(ctx.Err(), conn.Close())
	}
}

func (c *ControlCentre) accept(ctx context.Context) (net.Conn, error) {
	if c.listener != nil {
		return c.listener.Accept()
	}
	select {
	case conn := <-c.lines:
		return conn, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Parameters is part of [Subject].
func (c *ControlCentre) Parameters() iec104.Parameters { return c.parameters }

// Client returns the client of the last call, nil before the first.
func (c *ControlCentre) Client() *iec104.Client {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.client
}

// Event is part of [EventSource]: it sends read commands, for which no answer
// is awaited.
func (c *ControlCentre) Event(n int) error {
	a, err := asdu.New(nil, asdu.Header{Type: asdu.C_RD_NA_1, Cause: asdu.Request, CommonAddress: 1}, asdu.Read{Address: 1})
	if err != nil {
		return err
	}
	client := c.Client()
	c.calls.Go(func() {
		if client.Start(c.ctx) != nil { // waits where it is being started
			return
		}
		for range n {
			if client.Send(c.ctx, a) != nil {
				return // the case has ended the connection
			}
		}
	})
	return nil
}

// Start is part of [Starter].
func (c *ControlCentre) Start() error {
	client := c.Client()
	c.calls.Go(func() { _ = client.Start(c.ctx) }) // what came of it the tester sees
	return nil
}

// Stop is part of [Starter].
func (c *ControlCentre) Stop() error {
	client := c.Client()
	c.calls.Go(func() { _ = client.Stop(c.ctx) })
	return nil
}

// StepClock is part of [ClockStepper].
func (c *ControlCentre) StepClock(d time.Duration) error {
	c.offset.Add(int64(d))
	return nil
}

func (c *ControlCentre) now() time.Time { return time.Now().Add(time.Duration(c.offset.Load())) }

// DialSilent is part of [SilentDialer].
func (c *ControlCentre) DialSilent(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	failed := false
	supervisor, err := iec104.NewSupervisor("", &iec104.SupervisorOptions{
		Client: &iec104.ClientOptions{Parameters: c.parameters},
		Dial: func(ctx context.Context, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		},
		Changed: func(s iec104.SupervisorStatus) {
			if s.State == iec104.Waiting {
				failed = true
				cancel()
			}
		},
	})
	if err != nil {
		return err
	}
	if err := supervisor.Run(ctx); !failed {
		return err
	}
	return nil
}

// Close ends the control centre and waits for its goroutines.
func (c *ControlCentre) Close() error {
	c.cancel()
	var err error
	if c.listener != nil {
		err = c.listener.Close()
	}
	c.calls.Wait()
	return err
}
