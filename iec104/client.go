package iec104

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"stellwerk/iec104/asdu"
)

// ClientOptions are the settings of a [Client]. Nil options, and fields that
// are zero, have the values named beside them.
type ClientOptions struct {
	// Parameters are those of the link procedure; zero fields have the
	// standard's values.
	Parameters Parameters
	// ASDU says how long the fields of ASDUs are; nil stands for the values
	// of IEC 60870-5-104.
	ASDU *asdu.Params
	// Originator is the originator address of requests, 0 to 255. 0 means
	// that none is used.
	Originator uint8
	// Handler takes over every ASDU that is received, answers to requests
	// too, in the order of the wire. It is called by the goroutine that reads:
	// while it runs nothing else is received, and the frame counts as
	// unconfirmed. A handler that returns nil has taken over, and the frame
	// may be confirmed; an error closes the connection without that, so that
	// the station sends its data again over the next one. The ASDU's octets
	// are valid until it returns; see [asdu.ASDU.Clone]. It must not wait for
	// answers on the same connection, nor close it. Nil ignores what is
	// received.
	Handler func(asdu.ASDU) error
	// AnswerTimeout is how long the station may be silent about a request. In
	// the course of an interrogation each of its data counts as an answer.
	// Zero is 30 s.
	AnswerTimeout time.Duration
	// Clock gives the time of clock synchronisation and test commands, and of
	// the time tags of commands. Nil is [time.Now]. No timer depends on it.
	Clock func() time.Time
	// Location and SummerUnmarked say how the stations' clocks are read and
	// set; see [TimeZone]. Nil is UTC.
	Location       *time.Location
	SummerUnmarked bool
	// CommandTime says which time commands carry.
	CommandTime CommandTime
	// Stations are the common addresses behind the connection; data of others
	// are unexpected. Nil takes any.
	Stations []asdu.CommonAddress
	// Unexpected is told of received ASDUs that fit nothing: confirmations that
	// nobody asked for, requests of the station, types that the standard
	// reserves, causes that it does not allow for a type, and unknown stations.
	// They are counted as findings, and otherwise taken like all others. The
	// rules of Handler hold.
	Unexpected func(asdu.ASDU, error)
	// Trace sees every frame in both directions, one at a time, in the order in
	// which they take effect: a frame that answers another comes after it. It is
	// called by the goroutines that read and write; it must return soon and must
	// not call the client.
	Trace func(Frame)
}

// Client is a controlling station on one connection. It has two goroutines,
// which end with the connection. All methods are safe for concurrent use.
type Client struct {
	options  ClientOptions
	link     *link
	requests requests
	files    clientFiles
	points   pointReaders
	startUp  atomic.Pointer[startUp]
	again    sync.WaitGroup // what follows the end of an initialisation
	tests    atomic.Uint32  // test commands sent
}

// NewClient makes conn, which is newly established, the connection of a
// controlling station, and owns it from then on. It returns at once: until
// [Client.Start] nothing but test frames is sent. Close must be called in the
// end. The error is one of the options, and then conn stays the caller's.
func NewClient(conn net.Conn, options *ClientOptions) (*Client, error) {
	c := &Client{}
	if options != nil {
		c.options = *options
	}
	if err := errors.Join(check(c.options.Parameters), c.options.ASDU.Check()); err != nil {
		return nil, fail("options", err)
	}
	c.options.Parameters = c.options.Parameters.WithDefaults()
	if c.options.AnswerTimeout == 0 {
		c.options.AnswerTimeout = 30 * time.Second
	}
	if c.options.Clock == nil {
		c.options.Clock = time.Now
	}
	if c.options.Location == nil {
		c.options.Location = time.UTC
	}
	c.link = newLink(conn, linkConfig{
		role:       Controlling,
		parameters: c.options.Parameters,
		params:     c.options.ASDU,
		trace:      c.options.Trace,
		handle:     c.handle,
		malformed:  c.malformed,
		changed:    c.changed,
		ended: func(err error) {
			c.requests.fail(err)
			c.files.fail(err)
		},
	})
	c.link.run()
	return c, nil
}

// Dial connects to a controlled station, as a rule at port 2404, within t0. It
// does not start data transfer.
func Dial(ctx context.Context, address string, options *ClientOptions) (*Client, error) {
	var p Parameters
	if options != nil {
		p = options.Parameters
	}
	if err := check(p); err != nil {
		return nil, fail("options", err)
	}
	ctx, cancel := context.WithTimeout(ctx, p.WithDefaults().T0)
	defer cancel()
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, fail("dial", err)
	}
	c, err := NewClient(conn, options)
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return c, nil
}

// check returns the error of parameters without the warnings.
func check(p Parameters) error {
	_, err := p.Check()
	return err
}

// Start starts data transfer and waits until the station has confirmed it.
// Nothing happens where it is started. The station's t1 bounds the wait.
func (c *Client) Start(ctx context.Context) error {
	return fail("start", c.link.transfer(ctx, c.link.m.start, Started))
}

// Stop stops data transfer and waits until the station has confirmed it.
// Requests that are still under way fail with [ErrStopped]; what was not yet
// sent is not sent later. Where the station answers them after another Start,
// that is no finding.
func (c *Client) Stop(ctx context.Context) error {
	return fail("stop", c.link.transfer(ctx, func(now time.Duration) {
		c.link.waiting.clear()
		c.link.m.stop(now)
	}, Stopped))
}

// Test sends a test frame, unless one is under way. Its confirmation is
// bounded by t1, as that of every test frame.
func (c *Client) Test() error {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	if c.link.err != nil {
		return c.link.err
	}
	if c.link.m.testAct == never {
		c.link.m.test(c.link.now())
		c.link.kick()
	}
	return nil
}

// Send sends an ASDU as it is. It waits while k I frames are unacknowledged,
// so that a nil error means that it is on its way; [ErrStopped] says that data
// transfer is not started. Whether the station has got it is not known.
func (c *Client) Send(ctx context.Context, a asdu.ASDU) error {
	c.requests.unjudged[a.Type].Store(true)
	return fail("send", c.link.send(ctx, a))
}

// Status returns what the connection is doing.
func (c *Client) Status() Status { return c.link.status() }

// RemoteAddr returns the station's network address.
func (c *Client) RemoteAddr() net.Addr { return c.link.conn.RemoteAddr() }

// Done is closed when the connection has ended and its goroutines with it.
func (c *Client) Done() <-chan struct{} { return c.link.gone }

// Err returns what ended the connection, nil while it lives. It wraps
// [ErrClosed] after Close.
func (c *Client) Err() error { return c.link.reason() }

// Close closes the connection at once and waits for its goroutines. It must
// not be called by the handler; that returns an error instead.
func (c *Client) Close() error {
	c.link.close()
	c.again.Wait()
	return nil
}

// handle takes a received ASDU.
func (c *Client) handle(a *asdu.ASDU) error {
	if c.options.Handler != nil {
		if err := c.options.Handler(*a); err != nil {
			return fmt.Errorf("the handler has not taken over %s: %w", a.TypeName(), err)
		}
	}
	if c.points.running.Load() > 0 {
		if err := c.points.take(*a, c.zone(), c.link.failed); err != nil {
			return err
		}
	}
	expected := c.requests.running.Load() > 0 && c.requests.answered(*a, c.link.now())
	c.judge(a, expected)
	switch a.Type {
	case asdu.M_EI_NA_1:
		c.initialized(*a)
	case asdu.C_CS_NA_1, asdu.C_IC_NA_1, asdu.C_CI_NA_1:
		c.heard(*a)
	default:
	}
	if c.files.running.Load() > 0 {
		c.files.take(*a, c.link.now())
	}
	return nil
}

// malformed takes what could be read of an ASDU. The handler does not get it;
// an interrogation is answered all the same, as there are stations that leave
// its object out when they mirror it.
func (c *Client) malformed(a asdu.ASDU) {
	if c.requests.running.Load() > 0 && (a.Type == asdu.C_IC_NA_1 || a.Type == asdu.C_CI_NA_1) {
		c.requests.answered(a, c.link.now())
		c.heard(a)
	}
	if c.files.running.Load() > 0 {
		c.files.malformed(a)
	}
}

// changed fails what cannot be answered any more.
func (c *Client) changed(s State) {
	if s == Stopped {
		c.requests.fail(ErrStopped)
		c.files.fail(ErrStopped)
	}
}

// zone returns how the stations' clocks are read.
func (c *Client) zone() TimeZone {
	return TimeZone{Location: c.options.Location, SummerUnmarked: c.options.SummerUnmarked}
}

// time returns the client's time.
func (c *Client) time() asdu.Time { return c.zone().CP56(c.options.Clock()) }
