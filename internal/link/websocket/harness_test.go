package websocket_test

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"stellwerk/internal/link"
	"stellwerk/internal/link/websocket"
	"stellwerk/internal/point"
	"stellwerk/internal/rig"
	"stellwerk/internal/tap"
	proto "stellwerk/websocket"
)

func TestMain(m *testing.M) { rig.Main(m) }

// plant is the house around a link: it has points, takes values, and obeys
// commands to all points but "locked".
type plant struct {
	queue *point.MemoryQueue

	mu       sync.Mutex
	points   map[string]point.Update
	got      []string
	losses   int
	commands []string
}

func newPlant(options point.QueueOptions) *plant {
	return &plant{queue: point.NewMemoryQueue(options), points: map[string]point.Update{}}
}

// change changes a point, as a route would.
func (p *plant) change(t *testing.T, address string, value point.Value) {
	t.Helper()
	u := point.Update{
		ID: point.ID{Link: "cloud", Address: address}, Value: value, Cause: point.CauseSpontaneous,
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
		p.got = append(p.got, fmt.Sprintf("%s=%s %s %s", u.ID, u.Value, u.Quality, u.Time))
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
	p.commands = append(p.commands, fmt.Sprintf("%s %s %s=%s from %s", c.Action, c.Type, c.ID, c.Value, c.Origin.Link))
	p.mu.Unlock()
	if c.ID.Address == "locked" {
		report(point.Refusal(point.ReasonNotAllowed, ""))
		return
	}
	report(point.Result{Outcome: point.Confirmed})
	if c.Action == point.Execute {
		report(point.Result{Outcome: point.Terminated})
	}
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

// await waits until a condition holds: it says nothing any more.
func await(t *testing.T, lacks func() string) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
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
func run(t *testing.T, p *plant, change func(*websocket.Options)) (l link.Link, stop func()) {
	t.Helper()
	options := websocket.DefaultOptions()
	change(options)
	options.Check(func(key, text string) { t.Fatalf("%s: %s", key, text) })
	setup := link.Setup{Name: "cloud", Traces: &point.Traces{}, Tap: &tap.Tap{}}
	gives, takes := options.Direction()
	if gives {
		setup.Intake = p
	}
	if takes {
		setup.Queue, setup.Source, setup.Commander = p.queue, p, p
	}
	l, err := websocket.New(options, setup)
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

func server(o *websocket.Options) { o.Role, o.Listen = "server", "127.0.0.1:0" }

// client connects to the server of a link.
func client(to link.Link) func(*websocket.Options) {
	return func(o *websocket.Options) {
		o.Role, o.Connect, o.Values = "client", "ws://"+to.Status().Address+"/", "receive"
	}
}

// dial is a peer of the test's own.
func dial(t *testing.T, to link.Link, options *proto.ClientOptions) *proto.Conn {
	t.Helper()
	c, err := proto.Dial(t.Context(), "ws://"+to.Status().Address+"/", options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Abort() })
	return c
}

func say(t *testing.T, c *proto.Conn, text string) {
	t.Helper()
	if err := c.Write(t.Context(), proto.Text, []byte(text), nil); err != nil {
		t.Fatal(err)
	}
}

// hear reads a message and compares it.
func hear(t *testing.T, c *proto.Conn, want string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	m, err := c.Read(ctx)
	if err != nil {
		t.Fatalf("%v instead of %s", err, want)
	}
	if got := string(m.Data); got != want {
		t.Fatalf("got  %s\nwant %s", got, want)
	}
}

func origin(page string) *proto.ClientOptions { return &proto.ClientOptions{Origin: page} }

func bearer(token string) *proto.ClientOptions {
	return &proto.ClientOptions{Header: http.Header{"Authorization": {"Bearer " + token}}}
}
