package ads

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
	"stellwerk/ads/symbol"
)

// Defaults of [ClientOptions].
const (
	DefaultWindow  = 64
	DefaultTimeout = 5 * time.Second
)

// ClientOptions are the settings of a [Client]. Nil options, and fields that are
// zero, have the values named beside them.
type ClientOptions struct {
	// Target is whom requests go to. Where the NetId is zero it is the IP
	// address of the other end followed by .1.1, or [ams.LocalNetID] with
	// Register; where the port is zero it is 851, the first PLC of TwinCAT 3.
	Target ams.Address
	// Source is this end. Where the NetId is zero it is the IP address of this
	// end followed by .1.1, which is what routers have routes to as a rule;
	// where the port is zero it is one of those for clients, picked at random.
	// With Register the router gives both, and a port here is one that is wished
	// for.
	Source ams.Address
	// Framing is how frames follow each other: [ams.OverTCP] is the zero value,
	// [ams.Bare] is for secure ADS.
	Framing ams.Framing
	// Register asks the router at the other end for an address before the first
	// request is sent, as programs on the machine of the router do, and gives it
	// back in the end. A router of another machine does not answer that.
	Register bool
	// Window is how many requests may be open at each target; further ones wait.
	// Zero is 64.
	Window int
	// Timeout is how long an answer may take from when the request was sent.
	// What waits for the window waits as long as its context allows. Zero is 5 s.
	Timeout time.Duration
	// MaxData is the most octets of data that a frame may have, in both
	// directions; a longer one that comes ends the connection. Zero is
	// [ams.MaxData].
	MaxData uint32
	// Symbols are those of the target's program as a file of its project has them
	// ([symbol.ReadTMC], [symbol.ReadTPY]). Their types are taken in place of an
	// upload, and the table where the target gives none. Where a variable is, and
	// how long, the target is asked nonetheless: a type of another length is an
	// error. Nil uploads both when they are needed.
	Symbols *symbol.Table
	// Unexpected is told of frames that nobody has asked for: answers with
	// another invoke ID, command or address than an open request, answers that
	// come twice or too late, requests, and notifications that cannot be read.
	// The header is zero of what is no AMS frame. They are counted in any case,
	// and the connection is kept. It is called by the goroutine that reads, which
	// waits for it: it must not call the client.
	Unexpected func(ams.Header, error)
	// RouterNote is told of the state of the router of this machine. The rules
	// of Unexpected hold.
	RouterNote func(ams.RouterState)
	// Trace sees every packet in both directions, one at a time. It must return
	// soon and must not call the client.
	Trace func(ClientFrame)
}

// check fills in the defaults that need no connection.
func (o *ClientOptions) check() error {
	switch {
	case o.Window < 0:
		return &Error{Op: "options", Err: fmt.Errorf("the Window is %d: must be 0, which is %d, or positive", o.Window, DefaultWindow)}
	case o.Timeout < 0:
		return &Error{Op: "options", Err: fmt.Errorf("the Timeout is %v: must be 0, which is %v, or positive", o.Timeout, DefaultTimeout)}
	case o.Framing != ams.OverTCP && o.Framing != ams.Bare:
		return &Error{Op: "options", Err: fmt.Errorf("the Framing is %d: must be ams.OverTCP or ams.Bare", o.Framing)}
	case o.Register && o.Framing == ams.Bare:
		return &Error{Op: "options", Err: errors.New("Register needs the framing of AMS/TCP: only the router of this machine gives addresses")}
	}
	if o.Window == 0 {
		o.Window = DefaultWindow
	}
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	if o.MaxData == 0 {
		o.MaxData = ams.MaxData
	}
	return nil
}

// Client asks one target over a connection, which it may share with clients of
// other targets; see [Client.Target]. All methods are safe for concurrent use.
type Client struct {
	conn          *clientConn
	target        ams.Address
	window        callWindow // guarded by conn.mu
	sums          sumSupport
	names         names
	subscriptions subscriptions
}

// NewClient makes conn the connection of a client, which owns it from then on.
// It returns at once and sends nothing but, with Register, the registration,
// which is waited for by the first request. Close must be called in the end. The
// error is one of the options, and then conn stays the caller's.
func NewClient(conn net.Conn, options *ClientOptions) (*Client, error) {
	var o ClientOptions
	if options != nil {
		o = *options
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	if o.Target.NetID.IsZero() {
		o.Target.NetID = ams.LocalNetID
		if !o.Register {
			o.Target.NetID = netIDOf(conn.RemoteAddr())
		}
	}
	if o.Target.Port == 0 {
		o.Target.Port = ams.PortTC3PLC1
	}
	// Invoke IDs do not begin where those of the last connection did, so that an
	// answer to that one is none to this.
	var random [6]byte
	_, _ = rand.Read(random[:]) // never fails
	if o.Source.NetID.IsZero() {
		o.Source.NetID = netIDOf(conn.LocalAddr())
	}
	if o.Source.Port == 0 && !o.Register {
		o.Source.Port = ams.PortFirstDynamic + ams.Port(binary.LittleEndian.Uint16(random[4:]))%(1<<15-1)
	}
	cc := newClientConn(conn, o, binary.LittleEndian.Uint32(random[:]))
	cc.mu.Lock()
	defer cc.mu.Unlock()
	c := cc.client(o.Target)
	if o.Register {
		cc.register()
	} else {
		cc.known = true
		close(cc.ready)
	}
	cc.start()
	return c, nil
}

// netIDOf returns the NetId that machines have by custom: their IPv4 address and
// .1.1. It is that of the local machine where there is none.
func netIDOf(addr net.Addr) ams.NetID {
	if addr != nil {
		if at, err := netip.ParseAddrPort(addr.String()); err == nil && at.Addr().Unmap().Is4() {
			ip := at.Addr().Unmap().As4()
			return ams.NetID{ip[0], ip[1], ip[2], ip[3], 1, 1}
		}
	}
	return ams.LocalNetID
}

// Dial connects to a router or device at a TCP address, as a rule at port 48898,
// which is taken where the address has none. With Register it waits until the
// router has given an address. The timeout of the options bounds both.
func Dial(ctx context.Context, address string, options *ClientOptions) (*Client, error) {
	var o ClientOptions
	if options != nil {
		o = *options
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	conn, err := dialTCP(ctx, address, o.Timeout)
	if err != nil {
		return nil, &Error{Op: "dial", Err: err}
	}
	c, err := NewClient(conn, options)
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	if err := c.conn.awaitRegistration(ctx); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

func dialTCP(ctx context.Context, address string, timeout time.Duration) (net.Conn, error) {
	if _, _, err := net.SplitHostPort(address); err != nil {
		if a, ok := errors.AsType[*net.AddrError](err); ok && a.Err == "missing port in address" || netip.Addr.IsValid(parseIP(address)) {
			address = net.JoinHostPort(address, fmt.Sprint(ams.TCPPort))
		}
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	var dialer net.Dialer
	return dialer.DialContext(ctx, "tcp", address)
}

func parseIP(address string) netip.Addr {
	ip, _ := netip.ParseAddr(address) // the zero address is not valid
	return ip
}

// client returns the client of a target. The caller holds mu.
func (cc *clientConn) client(target ams.Address) *Client {
	c := cc.clients[target]
	if c == nil {
		c = &Client{conn: cc, target: target, window: newCallWindow(cc.options.Window)}
		c.names.init()
		cc.clients[target] = c
	}
	return c
}

// Target returns the client of another target on the same connection: another
// port of the same machine, or, where the other end is a router, another machine.
// A zero NetId is that of the client's own target. The same target has the same
// client.
func (c *Client) Target(target ams.Address) *Client {
	if target.NetID.IsZero() {
		target.NetID = c.target.NetID
	}
	c.conn.mu.Lock()
	defer c.conn.mu.Unlock()
	return c.conn.client(target)
}

// Address returns the address of the target.
func (c *Client) Address() ams.Address { return c.target }

// Source returns the address of this end; with Register it is what was wished
// for until the router has given one.
func (c *Client) Source() ams.Address {
	c.conn.mu.Lock()
	defer c.conn.mu.Unlock()
	return c.conn.source
}

// RemoteAddr returns the network address of the other end.
func (c *Client) RemoteAddr() net.Addr { return c.conn.conn.RemoteAddr() }

// Done is closed when the connection has ended and its goroutines with it.
func (c *Client) Done() <-chan struct{} { return c.conn.gone }

// Err returns what ended the connection, nil while it lives. It wraps
// [ErrClosed] after Close.
func (c *Client) Err() error { return c.conn.reason() }

func (cc *clientConn) reason() error {
	cc.mu.Lock()
	defer cc.mu.Unlock()
	return cc.err
}

// closing is how long Close may take to give back what targets hold.
const closing = time.Second

// Close gives back handles and subscriptions of all targets, within a second,
// closes the connection and waits for its goroutines. It must not be called by
// the functions of the options.
func (c *Client) Close() error {
	cc := c.conn
	ctx, cancel := context.WithTimeout(context.Background(), min(closing, cc.options.Timeout))
	cc.giveBack(ctx)
	cancel()
	cc.unregister()
	cc.end(ErrClosed)
	<-cc.gone
	return nil
}

// giveBack gives back what targets hold. Where that fails the target has
// forgotten the connection, or will.
func (cc *clientConn) giveBack(ctx context.Context) {
	cc.mu.Lock()
	clients := make([]*Client, 0, len(cc.clients))
	for _, c := range cc.clients {
		clients = append(clients, c)
	}
	answering := cc.err == nil && cc.known && !cc.stalled
	cc.mu.Unlock()
	if !answering {
		return
	}
	for _, c := range clients {
		c.subscriptions.giveBack(ctx, c)
		c.names.giveBack(ctx, c)
	}
}

// ClientStatus is what a client and its connection do at one moment.
type ClientStatus struct {
	// Open and Waiting are requests to the target that have no answer, and that
	// wait for the window; Window is how wide it is now.
	Open, Waiting, Window int
	// Sent and Received are frames of the connection, with all its targets.
	Sent, Received uint64
	// Unexpected are frames that nobody has asked for; see
	// [ClientOptions.Unexpected].
	Unexpected uint64
	// Retried are requests that were sent again as a mailbox was full, and
	// TimedOut those that had no answer in time.
	Retried, TimedOut uint64
}

// Status returns what the client and its connection do.
func (c *Client) Status() ClientStatus {
	cc := c.conn
	cc.mu.Lock()
	defer cc.mu.Unlock()
	s := ClientStatus{
		Open: c.window.open, Window: c.window.limit,
		Sent: cc.sent, Received: cc.received.Load(), Unexpected: cc.unexpected.Load(),
		Retried: cc.retried, TimedOut: cc.timeouts,
	}
	for k := c.window.waiting.head; k != nil; k = k.next {
		s.Waiting++
	}
	return s
}

// fail makes the error of an operation of an error and what it was about.
func (c *Client) fail(op string, index command.Index, err error) error {
	if err == nil {
		return nil
	}
	if _, named := errors.AsType[*Error](err); named {
		return err
	}
	e := &Error{Op: op, Target: c.target, Index: index, Err: err}
	if code, ok := err.(ams.ReturnCode); ok { //nolint:errorlint // one that is wrapped has words of its own
		e.Code, e.Err = code, nil
	}
	return e
}
