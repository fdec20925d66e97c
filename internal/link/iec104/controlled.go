package iec104

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"net"
	"slices"
	"sync"

	proto "stellwerk/iec104"
	"stellwerk/iec104/asdu"
	"stellwerk/internal/link"
	"stellwerk/internal/point"
	"stellwerk/internal/tap"
	"stellwerk/wire"
)

// Controlled is the link to a control centre, which connects to it: it sends
// what comes into its queue, answers interrogations from the source, and hands
// commands on. It implements link.Link and proto.Station.
type Controlled struct {
	options   *Options
	setup     link.Setup
	watcher   watcher
	condition condition
	encoder   *encoder
	events    *events
	allowed   link.AllowList
	stations  []asdu.CommonAddress
	listener  net.Listener

	ctx      context.Context //nolint:containedctx // that of Run: methods that the library calls have none
	commands sync.WaitGroup
	active   chan struct{} // a place for each command under way

	mu       sync.Mutex
	sessions map[*proto.Session]point.Trace // and the number of the last frame; guarded by mu
	refusals map[refusal]int                // answers on their way that were reported; guarded by mu
}

// refusal is the negative answer to a command.
type refusal struct {
	session *proto.Session
	command wireKey
}

// maxCommands bounds how many commands of a control centre are under way at once;
// further ones are refused.
const maxCommands = 64

// NewControlled returns the link of a configuration that was checked.
func NewControlled(options *Options, setup link.Setup) (*Controlled, error) {
	allowed, err := link.ParseAllowList(options.Allow)
	if err != nil {
		return nil, err
	}
	c := &Controlled{
		options: options, setup: setup, allowed: allowed,
		active:   make(chan struct{}, maxCommands),
		sessions: map[*proto.Session]point.Trace{}, refusals: map[refusal]int{},
	}
	c.watcher = watcher{setup: &c.setup, params: options.Params()}
	c.encoder = &encoder{params: c.watcher.params, zone: options.zone()}
	if c.stations, err = c.answersFor(); err != nil {
		return nil, err
	}
	c.events = newEvents(&c.watcher, c.encoder, setup.Queue)
	if options.Overflow != "" {
		if slices.Contains(setup.Addresses, options.Overflow) {
			return nil, fmt.Errorf("the address %s is that of a point, and of overflow: a point has one source", options.Overflow)
		}
		c.events.mark.id = point.ID{Link: setup.Name, Address: options.Overflow}
	}
	return c, nil
}

// Open begins to listen.
func (c *Controlled) Open() (err error) {
	c.listener, err = link.Listen(c.setup.Name, c.options.Listen)
	return err
}

// Close stops listening.
func (c *Controlled) Close() {
	if c.listener != nil {
		_ = c.listener.Close() // closed by the server where the link was run
	}
}

// Address returns where the link listens, once it is open.
func (c *Controlled) Address() string {
	if c.listener == nil {
		return link.ListenAddress(c.options.Listen)
	}
	return c.listener.Addr().String()
}

// Status says how the link is.
func (c *Controlled) Status() link.Status { return c.condition.get(c.Address(), &c.watcher) }

// Run serves control centres until ctx ends.
func (c *Controlled) Run(ctx context.Context) {
	c.ctx = ctx
	server, err := proto.NewServer(c, &proto.ServerOptions{
		Parameters: c.options.parameters(), ASDU: c.watcher.params,
		CommonAddresses: c.stations,
		Queue:           func(net.Conn) proto.EventQueue { return c.events },
		Trace:           c.frame,
	})
	if err != nil {
		c.condition.set(link.Fault, wire.Same(err.Error()))
		return
	}
	c.condition.set(link.Listening, wire.Text{})
	var helpers sync.WaitGroup
	helpers.Go(func() { c.events.run(ctx) })
	helpers.Go(func() {
		<-ctx.Done()
		_ = server.Close()
	})
	if err := server.Serve(&gate{Listener: c.listener, link: c}); err != nil && !errors.Is(err, proto.ErrClosed) {
		c.condition.set(link.Fault, wire.Same(err.Error()))
	}
	helpers.Wait()
	c.commands.Wait()
	c.condition.set(link.Stopped, wire.Text{})
}

// answersFor returns the common addresses of the link's points and of its options,
// 1 where there are none.
func (c *Controlled) answersFor() ([]asdu.CommonAddress, error) {
	addresses := c.setup.Addresses
	if c.options.Overflow != "" {
		addresses = append(slices.Clip(addresses), c.options.Overflow)
	}
	list, open := stations(c.watcher.params, addresses)
	for _, station := range c.options.Stations {
		if common := asdu.CommonAddress(station); !slices.Contains(list, common) {
			list = append(list, common)
		}
	}
	switch {
	case open && len(c.options.Stations) == 0:
		return nil, errors.New("a route leaves the common address open with a star, so nobody can tell which stations the link answers for: write them under stations, such as stations: [1, 2]")
	case len(list) == 0:
		return []asdu.CommonAddress{1}, nil
	}
	return list, nil
}

// gate lets nobody in who is not on the list.
type gate struct {
	net.Listener
	link *Controlled
}

func (g *gate) Accept() (net.Conn, error) {
	for {
		conn, err := g.Listener.Accept()
		if err != nil || g.link.allowed.Has(conn.RemoteAddr()) {
			return conn, err
		}
		_ = conn.Close() // nobody that we talk to
		g.link.watcher.dropped.Add(1)
		g.link.setup.Tap.Emit(tap.Event{
			Stage: tap.Refused, Direction: tap.In, Link: g.link.setup.Name, Peer: conn.RemoteAddr().String(),
			Detail: "connection closed: the address is not on the list allow",
		})
	}
}

// frame counts and numbers frames.
func (c *Controlled) frame(s *proto.Session, f proto.Frame) {
	trace := c.watcher.frame(s.RemoteAddr().String(), f)
	if f.Sent {
		c.reportRefusal(s, f, trace)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, open := c.sessions[s]; open {
		c.sessions[s] = trace
	}
}

// Connected is part of proto.SessionObserver.
func (c *Controlled) Connected(s *proto.Session) {
	c.mu.Lock()
	c.sessions[s] = 0
	c.mu.Unlock()
	c.tell()
}

// StateChanged is part of proto.SessionObserver.
func (c *Controlled) StateChanged(*proto.Session, proto.State) { c.tell() }

// Disconnected is part of proto.SessionObserver.
func (c *Controlled) Disconnected(s *proto.Session, _ error) {
	c.mu.Lock()
	delete(c.sessions, s)
	maps.DeleteFunc(c.refusals, func(r refusal, _ int) bool { return r.session == s })
	c.mu.Unlock()
	c.tell()
}

// tell brings the state of the link up to date with its connections.
func (c *Controlled) tell() {
	c.mu.Lock()
	sessions := slices.Collect(maps.Keys(c.sessions))
	c.mu.Unlock()
	var peers []string
	started := false
	for _, s := range sessions {
		peers = append(peers, s.RemoteAddr().String())
		started = started || s.Status().State == proto.Started
	}
	slices.Sort(peers)
	switch {
	case len(peers) == 0:
		c.condition.set(link.Listening, wire.Text{})
	case !started:
		c.condition.set(link.Connected, wire.Text{EN: "data transfer is not started", DE: "Datenübertragung nicht gestartet"}, peers...)
	default:
		c.condition.set(link.Connected, wire.Text{}, peers...)
	}
}

// Interrogate is part of proto.Station. Groups are refused: points have none
// here.
func (c *Controlled) Interrogate(_ *proto.Session, station asdu.CommonAddress, q asdu.InterrogationQualifier) iter.Seq[asdu.ASDU] {
	if q != asdu.InterrogateStation {
		return nil
	}
	// Which points there are is asked now, what they are only when their turn
	// comes: a change after that comes as an event behind it.
	var places []place
	for update := range c.setup.Source.Snapshot(c.setup.Name) {
		a, err := parseAddress(c.watcher.params, update.ID.Address)
		if err == nil && a.common == station && update.Value.Kind() != point.Counter && update.Telegram == nil {
			places = append(places, place{a.object, update.ID})
		}
	}
	if id := c.events.mark.id; id != (point.ID{}) {
		if a, err := parseAddress(c.watcher.params, id.Address); err == nil && a.common == station {
			places = append(places, place{a.object, id})
		}
	}
	slices.SortFunc(places, func(a, b place) int { return cmp.Compare(a.object, b.object) })
	places = slices.Compact(places) // two patterns can lead to one target
	return func(yield func(asdu.ASDU) bool) { c.snapshot(places, yield) }
}

// place is a point with its object address.
type place struct {
	object asdu.ObjectAddress
	id     point.ID
}

// snapshot yields ASDUs with the state of points. Neighbours of one type share an
// ASDU.
func (c *Controlled) snapshot(places []place, yield func(asdu.ASDU) bool) {
	var group []item
	flush := func() bool {
		if len(group) == 0 {
			return true
		}
		h := group[0].header()
		h.Cause = asdu.InterrogatedByStation
		a, err := c.encoder.build(group, h)
		traces := make([]point.Trace, 0, len(group))
		for _, i := range group {
			traces = append(traces, i.update.Trace)
		}
		group = group[:0]
		if err != nil {
			return true // what cannot be built was checked by item
		}
		c.watcher.relate(a, slices.Compact(traces))
		return yield(a)
	}
	for _, p := range places {
		update, known := c.events.marked(p.id)
		if !known {
			update, known = c.setup.Source.Lookup(p.id)
		}
		if !known {
			continue
		}
		next, err := c.encoder.item(&update, false)
		if err != nil {
			continue // a point without a value or type yet, or one that is withheld
		}
		full := len(group) > 0 && len(group) == c.watcher.params.Capacity(next.typ, false, asdu.MaxOctets)
		if len(group) > 0 && (full || group[0].typ != next.typ) && !flush() {
			return
		}
		group = append(group, next)
	}
	flush()
}
