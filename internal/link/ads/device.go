package ads

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	proto "stellwerk/ads"
	"stellwerk/ads/ams"
	"stellwerk/ads/secure"
	"stellwerk/ads/symbol"
	"stellwerk/internal/link"
	"stellwerk/internal/point"
	"stellwerk/internal/tap"
	"stellwerk/wire"
)

const (
	// maxSymbols bounds the points of a device that come by themselves, through
	// routes with stars.
	maxSymbols = 100_000
	// maxCommands bounds how many commands are under way at once.
	maxCommands = 64
	// batch is how many updates are taken out of the queue at once.
	batch = 1000
)

// Beside each point stand its quality and the time of its value.
const (
	suffixQuality = "_Q" // BYTE: the bits of point.Quality
	suffixTime    = "_T" // LDT, 0 where there is none
)

// sibling reports whether a name is one of those that stand beside a point.
func sibling(name string) bool {
	return strings.HasSuffix(name, suffixQuality) || strings.HasSuffix(name, suffixTime)
}

// unixBegin is what a time has that is not known.
var unixBegin = time.Unix(0, 0).UTC()

// typeDouble is the enumeration for double points.
const typeDouble = "E_DoublePoint"

// Device is the link whose points are symbols of a device. It implements
// link.Link.
type Device struct {
	options   *Options
	setup     link.Setup
	condition link.Condition
	netID     ams.NetID
	allowed   link.AllowList
	secure    *secure.Server // nil in plain text
	listener  net.Listener
	device    *proto.Device

	received, sent, dropped atomic.Uint64

	ctx      context.Context //nolint:containedctx // that of Run: commands outlive the connection that brought them
	commands sync.WaitGroup
	active   chan struct{} // a place for each command under way

	taking  sync.Mutex
	symbols map[string]pointType // by name; guarded by taking

	mu    sync.Mutex
	peers map[*proto.ServerConn]bool // guarded by mu
}

// NewDevice returns the link of a configuration that was checked.
func NewDevice(options *Options, setup link.Setup) (*Device, error) {
	d := &Device{
		options: options, setup: setup, netID: ams.LocalNetID,
		active:  make(chan struct{}, maxCommands),
		symbols: map[string]pointType{}, peers: map[*proto.ServerConn]bool{},
	}
	var err error
	if options.NetID != "" {
		if d.netID, err = ams.ParseNetID(options.NetID); err != nil {
			return nil, err
		}
	}
	if d.allowed, err = link.ParseAllowList(options.Allow); err != nil {
		return nil, err
	}
	if options.TLS != nil {
		if d.secure, err = options.TLS.server(d.netID); err != nil {
			return nil, err
		}
	}
	for _, p := range setup.Points {
		if t, ok := typeNamed(p.Type); ok {
			d.symbols[p.ID.Address] = t
		}
	}
	table, err := d.table()
	if err != nil {
		return nil, err
	}
	d.device, err = proto.NewDevice(table, &proto.DeviceOptions{
		Name: options.Device, Version: proto.DeviceVersion{Major: 1},
		// Starting and stopping the gateway is nothing that a client decides.
		Control: func(context.Context, proto.DeviceControl) error { return ams.DeviceAccessDenied },
	})
	if err != nil {
		return nil, err
	}
	for name := range d.symbols {
		if err := d.hook(name); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// table declares all symbols.
func (d *Device) table() (*symbol.Table, error) {
	declaration := symbol.NewDeclaration(symbol.TwinCAT3)
	declaration.Enum(
		typeDouble, "INT",
		symbol.EnumValue{Name: "Intermediate", Value: int64(point.Intermediate)}, symbol.EnumValue{Name: "Off", Value: int64(point.Off)},
		symbol.EnumValue{Name: "On", Value: int64(point.On)}, symbol.EnumValue{Name: "Indeterminate", Value: int64(point.Indeterminate)},
	)
	comments := map[string]string{}
	for _, p := range d.setup.Points {
		comments[p.ID.Address] = strings.TrimSpace(p.Description + " " + unit(p.Unit))
	}
	for _, name := range slices.SortedFunc(maps.Keys(d.symbols), compareFold) {
		declaration.Symbol(name, d.symbols[name].iec).Comment(comments[name])
		declaration.Symbol(name+suffixQuality, "BYTE").Comment("quality: 0 is good")
		declaration.Symbol(name+suffixTime, "LDT").Comment("when the value arose, where that is known")
	}
	return declaration.Table()
}

func unit(text string) string {
	if text == "" {
		return ""
	}
	return "[" + text + "]"
}

func compareFold(a, b string) int { return cmp.Compare(strings.ToLower(a), strings.ToLower(b)) }

// Open begins to listen.
func (d *Device) Open() (err error) {
	d.listener, err = link.Listen(d.setup.Name, d.options.Listen)
	return err
}

// Close stops listening.
func (d *Device) Close() {
	if d.listener != nil {
		_ = d.listener.Close() // closed by the server where the link was run
	}
}

// Address returns where the link listens, once it is open.
func (d *Device) Address() string {
	if d.listener == nil {
		return link.ListenAddress(d.options.Listen)
	}
	return d.listener.Addr().String()
}

// Status says how the link is.
func (d *Device) Status() link.Status {
	status := d.condition.Get()
	status.Address = d.Address()
	status.Received, status.Sent, status.Dropped = d.received.Load(), d.sent.Load(), d.dropped.Load()
	return status
}

// Run serves clients until ctx ends.
func (d *Device) Run(ctx context.Context) {
	d.ctx = ctx
	server, err := proto.NewServer(&proto.ServerOptions{
		NetID: d.netID, Framing: d.options.framing(), MaxConnections: d.options.Peers, Allow: d.allowed,
		Refused: d.refused, Trace: d.frame,
	})
	if err != nil {
		d.condition.Set(link.Fault, wire.Same(err.Error()))
		return
	}
	server.Handle(ams.Port(d.options.Port), &watched{Device: d.device, link: d})
	d.condition.Set(link.Listening, wire.Text{})
	var work sync.WaitGroup
	work.Go(func() { d.feed(ctx) })
	work.Go(func() {
		<-ctx.Done()
		_ = server.Close()
	})
	listener := d.listener
	if d.secure != nil {
		listener = secure.NewListener(listener, d.secure, &secure.ListenerOptions{Admit: d.admit, Refused: d.refused})
	}
	if err := server.Serve(listener); err != nil && !errors.Is(err, proto.ErrServerClosed) {
		d.condition.Set(link.Fault, wire.Same(err.Error()))
	}
	work.Wait()
	d.commands.Wait()
	d.condition.Set(link.Stopped, wire.Text{})
}

// watched is the device, and knows who speaks with it.
type watched struct {
	*proto.Device
	link *Device
}

// ServeADS is part of [proto.Handler].
func (w *watched) ServeADS(ctx context.Context, r *proto.Request, dst []byte) ([]byte, ams.ReturnCode) {
	w.link.enter(r.Conn())
	return w.Device.ServeADS(ctx, r, dst)
}

// CloseADS is part of [proto.HandlerCloser].
func (w *watched) CloseADS(conn *proto.ServerConn) {
	w.Device.CloseADS(conn)
	w.link.leave(conn)
}

func (d *Device) enter(conn *proto.ServerConn) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.peers[conn] {
		d.peers[conn] = true
		d.tell()
	}
}

func (d *Device) leave(conn *proto.ServerConn) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.peers, conn)
	d.tell()
}

// tell brings the state up to date. It needs the lock.
func (d *Device) tell() {
	if len(d.peers) == 0 {
		d.condition.Set(link.Listening, wire.Text{})
		return
	}
	var names []string
	for conn := range d.peers {
		names = append(names, conn.RemoteAddr().String())
	}
	slices.Sort(names)
	d.condition.Set(link.Connected, wire.Text{}, names...)
}

// admit keeps those who may not connect from the handshake.
func (d *Device) admit(remote net.Addr) error {
	if !d.allowed.Has(remote) {
		return errors.New("the address is in none of the allowed networks")
	}
	return nil
}

func (d *Device) refused(remote net.Addr, err error) {
	d.dropped.Add(1)
	d.setup.Tap.Emit(tap.Event{
		Stage: tap.Refused, Direction: tap.In, Link: d.setup.Name, Peer: remote.String(), Detail: "connection closed: " + err.Error(),
	})
}

// frame counts and shows frames.
func (d *Device) frame(conn *proto.ServerConn, f proto.ServerFrame) {
	event := tap.Event{
		Stage: tap.Received, Direction: tap.In, Link: d.setup.Name, Protocol: Protocol, Peer: conn.RemoteAddr().String(),
		Trace: d.setup.Traces.Next(),
	}
	if f.Sent {
		event.Stage, event.Direction = tap.Sent, tap.Out
		d.sent.Add(1)
	} else {
		d.received.Add(1)
	}
	frame := f.Frame
	event.Raw = frame.Append(nil, ams.OverTCP)
	d.setup.Tap.Emit(event)
}

// feed takes updates out of the queue until ctx ends. One is done when its value
// stands in the memory of the device: clients read when they want to.
func (d *Device) feed(ctx context.Context) {
	d.setup.Queue.Rewind()
	snapshot := slices.Collect(d.setup.Source.Snapshot(d.setup.Name))
	d.take(snapshot)
	updates := make([]point.Update, batch)
	for {
		n, last, err := d.setup.Queue.Next(ctx, updates)
		if err != nil {
			if ctx.Err() == nil {
				d.drop(point.ID{Link: d.setup.Name}, 0, tap.QueueFull, err)
			}
			return
		}
		d.take(updates[:n])
		d.setup.Queue.Done(last)
	}
}

func (d *Device) drop(id point.ID, trace point.Trace, reason tap.Reason, err error) {
	d.dropped.Add(1)
	d.setup.Tap.Emit(tap.Event{
		Stage: tap.Dropped, Link: d.setup.Name, ID: id, Trace: trace, Points: 1, Reason: reason, Detail: err.Error(),
	})
}

// take puts updates into the device, and new points into its symbols.
func (d *Device) take(updates []point.Update) {
	d.taking.Lock()
	defer d.taking.Unlock()
	var added []string
	for i := range updates {
		u := &updates[i]
		if _, known := d.symbols[u.ID.Address]; known {
			continue
		}
		t, err := d.newType(u)
		if err != nil {
			continue // set says so
		}
		d.symbols[u.ID.Address] = t
		added = append(added, u.ID.Address)
	}
	if len(added) > 0 {
		d.add(added)
	}
	for i := range updates {
		if err := d.set(&updates[i]); err != nil && updates[i].Value.Kind() != point.None {
			d.drop(updates[i].ID, updates[i].Trace, tap.NotEncodable, err)
		}
	}
}

// newType says what the symbol of a new point is.
func (d *Device) newType(u *point.Update) (pointType, error) {
	t, ok := typeNamed(u.Type)
	if !ok || t.shape.Kind != u.Value.Kind() {
		t, ok = typeOf(u.Value.Kind())
	}
	switch {
	case !ok:
		return t, fmt.Errorf("a value of the kind %s has no place in a symbol", u.Value.Kind())
	case !deviceName.MatchString(u.ID.Address) || sibling(u.ID.Address):
		return t, fmt.Errorf("%q cannot be the name of a symbol: names are letters, digits and _ with dots between them", u.ID.Address)
	case len(d.symbols) >= maxSymbols:
		return t, fmt.Errorf("the device has %d points, and no place for more", len(d.symbols))
	}
	for name := range d.symbols {
		if strings.EqualFold(name, u.ID.Address) {
			return t, fmt.Errorf("%q is the same name as %q to PLCs, which do not tell capitals from small letters", u.ID.Address, name)
		}
	}
	return t, nil
}

// add gives the device symbols for new points, as an online change does. It needs
// the lock, as those below do.
func (d *Device) add(names []string) {
	table, err := d.table()
	if err == nil {
		err = d.device.SetTable(table)
	}
	for _, name := range names {
		if err == nil {
			err = d.hook(name)
		}
		if err != nil {
			delete(d.symbols, name)
			d.drop(point.ID{Link: d.setup.Name, Address: name}, 0, tap.NotEncodable, err)
		}
	}
}

// set puts a value with its quality and time into the memory, all at once.
func (d *Device) set(u *point.Update) error {
	name := u.ID.Address
	t, known := d.symbols[name]
	if !known {
		_, err := d.newType(u)
		return err
	}
	quality := u.Quality
	values := make([]proto.DeviceValue, 0, 3)
	if u.Value.Kind() == point.None {
		quality |= point.Invalid | point.NotTopical
	} else {
		v, err := d.device.Find(name)
		if err != nil {
			return err
		}
		fitted := u.Value
		if fitted.Kind() == t.shape.Kind {
			var beyond point.Quality
			fitted, beyond = t.shape.Fit(fitted)
			quality |= beyond
		}
		value, err := fromPoint(v.Type, fitted)
		if err != nil {
			return err
		}
		values = append(values, proto.DeviceValue{Path: name, Value: value})
	}
	values = append(values, proto.DeviceValue{Path: name + suffixQuality, Value: uint8(quality)})
	if u.Time.Known() && u.Time.At > 0 {
		values = append(values, proto.DeviceValue{Path: name + suffixTime, Value: u.Time.At.Time()})
	} else {
		values = append(values, proto.DeviceValue{Path: name + suffixTime, Value: unixBegin})
	}
	return d.device.SetAll(values...)
}

// hook has writes to a symbol become commands.
func (d *Device) hook(name string) error {
	for _, suffix := range []string{suffixQuality, suffixTime} {
		err := d.device.OnWrite(name+suffix, func(context.Context, proto.DeviceWrite) error { return ams.InvalidAccess })
		if err != nil {
			return err
		}
	}
	t := d.symbols[name]
	return d.device.OnWrite(name, func(ctx context.Context, w proto.DeviceWrite) error { return d.write(ctx, name, t, w) })
}
