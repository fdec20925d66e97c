package ads

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	proto "stellwerk/ads"
	"stellwerk/ads/ams"
	"stellwerk/ads/command"
	"stellwerk/internal/link"
	"stellwerk/internal/point"
	"stellwerk/internal/tap"
	"stellwerk/wire"
)

const (
	// maxWatched bounds the symbols that stars stand for.
	maxWatched = 20_000
	// maxWaiting bounds the notifications that the house has not taken over.
	maxWaiting = 4 * maxWatched
)

// Client is the link to a PLC: its symbols go to the intake, commands are written
// to it. It implements link.Link and point.Commander.
type Client struct {
	options    *Options
	setup      link.Setup
	condition  link.Condition
	supervisor *proto.Supervisor
	queue      *proto.NotificationQueue
	listed     map[string]string // types of the signal list, by folded name
	fixed      []string          // symbols that are named one by one
	patterns   []pattern         // those with stars

	received, sent, dropped atomic.Uint64
	last                    atomic.Uint64 // trace of the last frame that came
	stamps                  stamps
	expand                  chan struct{} // look at the symbol table again; capacity 1
	down                    chan struct{} // the PLC does not answer any more; capacity 1

	mu         sync.Mutex
	names      map[string]string    // symbols that are watched, by folded name; guarded by mu
	troubles   map[string]error     // what is wrong with them; guarded by mu
	selections map[string]selection // guarded by mu

	// Used by the goroutine that takes values.
	watched map[string]*watch // by folded name
	gave    bool              // since the last loss
}

// watch is what is known of a symbol.
type watch struct {
	name  string
	known bool // it has had a value
	stale bool // and is not topical any more
	last  point.Update
}

// NewClient returns the link of a configuration that was checked.
func NewClient(options *Options, setup link.Setup) (*Client, error) {
	c := &Client{
		options: options, setup: setup, queue: proto.NewNotificationQueue(maxWaiting),
		listed: map[string]string{}, expand: make(chan struct{}, 1), down: make(chan struct{}, 1),
		names: map[string]string{}, troubles: map[string]error{}, selections: map[string]selection{},
		watched: map[string]*watch{},
	}
	for _, p := range setup.Points {
		c.listed[fold(p.ID.Address)] = p.Type
	}
	for _, address := range setup.Addresses {
		if strings.Contains(address, "*") {
			c.patterns = append(c.patterns, parsePattern(address))
			continue
		}
		if !slices.ContainsFunc(c.fixed, func(name string) bool { return strings.EqualFold(name, address) }) {
			c.fixed = append(c.fixed, address)
		}
	}
	target := ams.Address{Port: ams.Port(options.Port)}
	var source ams.Address
	var err error
	if options.NetID != "" {
		if target.NetID, err = ams.ParseNetID(options.NetID); err != nil {
			return nil, err
		}
	}
	if options.Source != "" {
		if source, err = ams.ParseAddress(options.Source); err != nil {
			return nil, err
		}
	}
	o := &proto.SupervisorOptions{
		Client: &proto.ClientOptions{
			Target: target, Source: source, Register: options.Router, Timeout: options.Timeout, Window: options.Window, Framing: options.framing(),
			Trace: c.frame, Unexpected: c.unexpected,
		},
		MinBackoff: time.Second, MaxBackoff: 15 * time.Second,
		Changed: c.changed,
	}
	if options.TLS != nil {
		o.Dial = func(ctx context.Context, address string) (net.Conn, error) {
			return options.TLS.dial(ctx, address, source.NetID)
		}
	}
	c.supervisor, err = proto.NewSupervisor(options.address(), o)
	return c, err
}

func fold(name string) string { return strings.ToLower(name) }

// Open has nothing to take.
func (*Client) Open() error { return nil }

// Close has nothing to give back.
func (*Client) Close() {}

// Status says how the link is.
func (c *Client) Status() link.Status {
	status := c.condition.Get()
	status.Address = c.options.address()
	status.Received, status.Sent, status.Dropped = c.received.Load(), c.sent.Load(), c.dropped.Load()+c.queue.Dropped()
	return status
}

// Run keeps the connection up until ctx ends.
func (c *Client) Run(ctx context.Context) {
	c.condition.Set(link.Connecting, wire.Text{})
	var work sync.WaitGroup
	if c.options.Update == updatePoll {
		c.watchNames(c.fixed)
		work.Go(func() { c.poll(ctx) })
	} else {
		c.subscribe(c.fixed)
		work.Go(func() { c.take(ctx) })
	}
	if len(c.patterns) > 0 {
		work.Go(func() { c.expandPatterns(ctx) })
	}
	_ = c.supervisor.Run(ctx) // returns why ctx ended
	work.Wait()
	c.condition.Set(link.Stopped, wire.Text{})
}

// frame counts, numbers and shows frames.
func (c *Client) frame(f proto.ClientFrame) {
	packet := f.Octets
	if c.options.TLS != nil { // shown as in plain text
		packet = append(ams.TCPHeader{Command: ams.TCPFrame, Length: uint32(len(packet))}.Append(nil), packet...)
	}
	event := tap.Event{
		Time: f.Time, Stage: tap.Received, Direction: tap.In, Link: c.setup.Name, Protocol: Protocol, Peer: c.options.address(),
		Trace: c.setup.Traces.Next(), Raw: packet,
	}
	if f.Sent {
		event.Stage, event.Direction = tap.Sent, tap.Out
		c.sent.Add(1)
	} else {
		c.received.Add(1)
		c.last.Store(uint64(event.Trace))
		c.stamps.note(packet, event.Trace)
	}
	c.setup.Tap.Emit(event)
}

// unexpected reports frames that nobody has asked for.
func (c *Client) unexpected(h ams.Header, err error) {
	c.dropped.Add(1)
	c.setup.Tap.Emit(tap.Event{
		Stage: tap.Dropped, Direction: tap.In, Link: c.setup.Name, Peer: c.options.address(),
		Reason: tap.Undecodable, Detail: fmt.Sprintf("%s: %v", h.Command, err),
	})
}

// changed is told by the supervisor of each change.
func (c *Client) changed(status proto.SupervisorStatus) {
	signal := c.expand
	if status.State != proto.Connected {
		signal = c.down
	}
	select {
	case signal <- struct{}{}:
	default: // it will look anyhow
	}
	c.tell(status)
}

// tell brings the state of the link up to date.
func (c *Client) tell(status proto.SupervisorStatus) {
	switch status.State {
	case proto.Connected:
		c.condition.Set(link.Connected, c.trouble(status.Target.ADSState), c.options.address())
	case proto.Unavailable:
		c.condition.Set(link.Fault, failure(status.Err, status.Target.ADSState), c.options.address())
	case proto.Connecting, proto.Waiting, proto.Idle:
		c.condition.Set(link.Connecting, failure(status.Err, command.StateRun))
	}
}

// failure puts into words what is wrong.
func failure(err error, state command.ADSState) wire.Text {
	switch {
	case err != nil:
		return wire.Same(err.Error())
	case state != command.StateRun:
		return wire.Text{EN: "the PLC is not running: " + state.Text().EN, DE: "die SPS läuft nicht: " + state.Text().DE}
	default:
		return wire.Text{}
	}
}

// trouble says which symbols do not work.
func (c *Client) trouble(state command.ADSState) wire.Text {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.troubles) == 0 {
		if state == command.StateInvalid {
			return wire.Text{}
		}
		return failure(nil, state)
	}
	first := slices.Min(keys(c.troubles))
	text := fmt.Sprintf("%s: %v", c.names[first], c.troubles[first])
	if n := len(c.troubles) - 1; n > 0 {
		return wire.Text{
			EN: fmt.Sprintf("%s; and %d symbols more", text, n), DE: fmt.Sprintf("%s; und %d weitere Symbole", text, n),
		}
	}
	return wire.Same(text)
}

func keys(m map[string]error) []string {
	all := make([]string, 0, len(m))
	for k := range m {
		all = append(all, k)
	}
	return all
}

// setTrouble notes what is wrong with a symbol, nil for nothing.
func (c *Client) setTrouble(name string, err error) {
	c.mu.Lock()
	old, had := c.troubles[fold(name)]
	if err == nil {
		delete(c.troubles, fold(name))
	} else {
		c.troubles[fold(name)] = err
	}
	same := had == (err != nil) && (err == nil || old.Error() == err.Error())
	c.mu.Unlock()
	if !same {
		c.tell(c.supervisor.Status())
	}
}

// watchNames adds symbols, and returns those that are new.
func (c *Client) watchNames(names []string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var added []string
	for _, name := range names {
		if _, known := c.names[fold(name)]; !known && len(c.names) < maxWatched+len(c.fixed) {
			c.names[fold(name)] = name
			added = append(added, name)
		}
	}
	return added
}

// subscribe has values of symbols come.
func (c *Client) subscribe(names []string) {
	var requests []proto.SubscribeRequest
	for _, name := range c.watchNames(names) {
		requests = append(requests, proto.SubscribeRequest{
			Name: name, Mode: command.ServerOnChange, CycleTime: c.options.Cycle, MaxDelay: c.options.Delay,
		})
	}
	if _, err := c.supervisor.Subscribe(c.queue, requests...); err != nil {
		for _, r := range requests {
			c.setTrouble(r.Name, err)
		}
	}
}

// source returns the trace of what came last.
func (c *Client) source() point.Trace { return point.Trace(c.last.Load()) }
