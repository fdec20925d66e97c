package ads_test

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	proto "stellwerk/ads"
	"stellwerk/ads/ams"
	"stellwerk/ads/symbol"
	"stellwerk/internal/config"
	"stellwerk/internal/link"
	"stellwerk/internal/link/ads"
	"stellwerk/internal/point"
	"stellwerk/internal/rig"
	"stellwerk/internal/tap"
)

func TestMain(m *testing.M) { rig.Main(m) }

// plant is the house around a link: it has points, takes values, and obeys
// commands to all points but those with "locked" in their names.
type plant struct {
	queue *point.MemoryQueue

	mu       sync.Mutex
	points   map[string]point.Update
	got      []string
	traces   map[string]point.Trace // of the last values
	losses   int
	commands []string
}

func newPlant() *plant {
	return &plant{queue: point.NewMemoryQueue(point.QueueOptions{}), points: map[string]point.Update{}, traces: map[string]point.Trace{}}
}

// change changes a point, as a route would.
func (p *plant) change(t *testing.T, address string, value point.Value, quality point.Quality) {
	t.Helper()
	u := point.Update{
		ID: point.ID{Link: "plc", Address: address}, Value: value, Quality: quality, Cause: point.CauseSpontaneous,
		Time: point.SourceTime(time.Date(2026, 3, 2, 8, 30, 0, 5e8, time.UTC), 0),
	}
	p.mu.Lock()
	p.points[address] = u
	p.mu.Unlock()
	if err := p.queue.Put(t.Context(), []point.Update{u}); err != nil {
		t.Error(err)
	}
}

func (p *plant) Lookup(id point.ID) (point.Update, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	u, ok := p.points[id.Address]
	return u, ok
}

func (p *plant) Snapshot(string) iter.Seq[point.Update] {
	return func(yield func(point.Update) bool) {
		p.mu.Lock()
		names := slices.Sorted(maps.Keys(p.points))
		p.mu.Unlock()
		for _, name := range names {
			if u, ok := p.Lookup(point.ID{Address: name}); ok && !yield(u) {
				return
			}
		}
	}
}

func (p *plant) Put(_ context.Context, batch []point.Update) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, u := range batch {
		p.traces[u.ID.Address] = u.Trace
		p.got = append(p.got, fmt.Sprintf("%s=%s %s %s %s time=%t", u.ID.Address, u.Value, u.Type, u.Quality, u.Cause, u.Time.Known()))
	}
	return nil
}

func (p *plant) Lost(context.Context, string, point.Trace) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.losses++
	return nil
}

func (p *plant) Command(_ context.Context, c point.Command, report func(point.Result)) {
	p.mu.Lock()
	p.commands = append(p.commands, fmt.Sprintf("%s %s %s=%s", c.Action, c.Type, c.ID.Address, c.Value))
	p.mu.Unlock()
	if strings.Contains(c.ID.Address, "locked") {
		report(point.Refusal(point.ReasonNotAllowed, ""))
		return
	}
	report(point.Result{Outcome: point.Confirmed})
	report(point.Result{Outcome: point.Terminated})
}

// has waits until what the plant has got contains texts.
func (p *plant) has(t *testing.T, texts ...string) {
	t.Helper()
	await(t, func() string {
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, text := range texts {
			if !slices.ContainsFunc(p.got, func(got string) bool { return strings.Contains(got, text) }) {
				return fmt.Sprintf("no %q in %q", text, p.got)
			}
		}
		return ""
	})
}

// forget forgets what the plant has got.
func (p *plant) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.got = nil
}

// await waits until a condition holds: it says nothing any more.
func await(t *testing.T, lacks func() string) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for {
		lack := lacks()
		if lack == "" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(lack)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// run runs a link with a plant until stop is called, or the test ends.
func run(t *testing.T, p *plant, setup link.Setup, change func(*ads.Options)) (l link.Link, stop func()) {
	t.Helper()
	options := ads.DefaultOptions()
	change(options)
	options.Check(func(key, text string) { t.Fatalf("%s: %s", key, text) })
	setup.Name, setup.Traces = "plc", &point.Traces{}
	if setup.Tap == nil {
		setup.Tap = &tap.Tap{}
	}
	gives, takes := options.Direction()
	if gives {
		setup.Intake = p
	}
	if takes {
		setup.Queue, setup.Source, setup.Commander = p.queue, p, p
	}
	l, err := ads.New(options, setup)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Open(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		l.Run(ctx)
	}()
	stop = func() {
		cancel()
		<-done
	}
	t.Cleanup(stop)
	return l, stop
}

func device(o *ads.Options) { o.Role, o.Listen = "device", "127.0.0.1:0" }

// dial is an ADS client of the test's own.
func dial(t *testing.T, to link.Link) *proto.Client {
	t.Helper()
	c, err := proto.Dial(t.Context(), to.Status().Address, &proto.ClientOptions{Target: ams.Address{NetID: ams.LocalNetID, Port: ams.PortTC3PLC1}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// listed are points of a signal list, "name type" each.
func listed(t *testing.T, texts ...string) link.Setup {
	t.Helper()
	var setup link.Setup
	for _, text := range texts {
		name, typ, _ := strings.Cut(text, " ")
		shape, err := ads.DefaultOptions().Shape(typ)
		if err != nil {
			t.Fatal(err)
		}
		setup.Points = append(setup.Points, config.Point{ID: point.ID{Link: "plc", Address: name}, Type: typ, Shape: shape})
		setup.Addresses = append(setup.Addresses, name)
	}
	return setup
}

// plc is a PLC of the test's own.
type plc struct {
	t       *testing.T
	device  *proto.Device
	server  *proto.Server
	address string
}

// declare is the PLC's program.
func declare(t *testing.T, more func(*symbol.Declaration)) *symbol.Table {
	t.Helper()
	d := symbol.NewDeclaration(symbol.TwinCAT3)
	d.Enum("E_Mode", "INT", symbol.EnumValue{Name: "Off"}, symbol.EnumValue{Name: "On", Value: 1})
	d.Structure("ST_Bay", symbol.Var("fVoltage", "LREAL"), symbol.Var("bClosed", "BOOL"), symbol.Var("sName", "STRING(20)"))
	d.Symbol("MAIN.fPower", "REAL")
	d.Symbol("MAIN.nCount", "INT")
	d.Symbol("MAIN.eMode", "E_Mode")
	d.Symbol("MAIN.nBreaker", "USINT")
	d.Symbol("MAIN.wFlags", "WORD")
	d.Symbol("MAIN.tDelay", "TIME")
	d.Symbol("MAIN.sText", "STRING(10)")
	d.Symbol("GVL.aBay", "ARRAY [1..2] OF ST_Bay")
	if more != nil {
		more(d)
	}
	table, err := d.Table()
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func newPLC(t *testing.T, address string) *plc {
	t.Helper()
	d, err := proto.NewDevice(declare(t, nil), nil)
	if err != nil {
		t.Fatal(err)
	}
	p := &plc{t: t, device: d}
	p.serve(address)
	t.Cleanup(p.stop)
	return p
}

func (p *plc) serve(address string) {
	p.t.Helper()
	listener, err := new(net.ListenConfig).Listen(p.t.Context(), "tcp", address)
	if err != nil {
		p.t.Fatal(err)
	}
	if p.server, err = proto.NewServer(nil); err != nil {
		p.t.Fatal(err)
	}
	p.server.Handle(ams.PortTC3PLC1, p.device)
	p.address = listener.Addr().String()
	go func() { _ = p.server.Serve(listener) }() // ends with Close
}

func (p *plc) stop() { _ = p.server.Close() }

func (p *plc) set(path string, value any) {
	p.t.Helper()
	if err := p.device.Set(path, value); err != nil {
		p.t.Error(err)
	}
}

func (p *plc) client(o *ads.Options) {
	o.Role, o.Connect, o.Cycle, o.NetID = "client", p.address, 5*time.Millisecond, ams.LocalNetID.String()
}
