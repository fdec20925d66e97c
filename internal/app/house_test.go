package app_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
	"stellwerk/internal/app"
	"stellwerk/internal/config"
	"stellwerk/internal/link"
	"stellwerk/internal/rig"
	"stellwerk/internal/tap"
)

func TestMain(m *testing.M) { rig.Main(m) }

// substation is a controlled station with single points 1 to points of common
// address 1. It obeys commands to 101, which wants to be selected, and 102.
type substation struct {
	points int

	mu        sync.Mutex
	commands  []string                 // guarded by mu
	connected map[*iec104.Session]bool // guarded by mu; data transfer is started
}

func (s *substation) Interrogate(_ *iec104.Session, _ asdu.CommonAddress, q asdu.InterrogationQualifier) iter.Seq[asdu.ASDU] {
	if q != asdu.InterrogateStation {
		return nil
	}
	return func(yield func(asdu.ASDU) bool) {
		for n := range s.points {
			a, err := asdu.New(nil, asdu.Header{Type: asdu.M_SP_NA_1, Cause: asdu.InterrogatedByStation, CommonAddress: 1},
				asdu.SinglePoint{Address: asdu.ObjectAddress(1 + n), Value: n%2 == 0})
			if err != nil || !yield(a) {
				return
			}
		}
	}
}

func (s *substation) Command(c *iec104.Command) {
	s.mu.Lock()
	s.commands = append(s.commands, fmt.Sprintf("%s %d select %t selected %t", c.ASDU.TypeName(), c.Object.IOA(), c.Select, c.Selected))
	s.mu.Unlock()
	switch address := c.Object.IOA(); {
	case address == 101 && (c.Select || c.Selected), address == 102:
		_ = c.Confirm()
		if !c.Select {
			_ = c.Terminate()
		}
	case address == 101:
		_ = c.Refuse()
	default:
		_ = c.Disown()
	}
}

func (s *substation) Connected(*iec104.Session) {}

func (s *substation) StateChanged(session *iec104.Session, state iec104.State) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.connected == nil {
		s.connected = map[*iec104.Session]bool{}
	}
	s.connected[session] = state == iec104.Started
}

func (s *substation) Disconnected(session *iec104.Session, _ error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.connected, session)
}

func (s *substation) told() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.commands, ", ")
}

// serve lets the substation serve an address until the returned function is called.
func (s *substation) serve(t *testing.T, address string) (*iec104.Server, string) {
	t.Helper()
	server, err := iec104.NewServer(s, &iec104.ServerOptions{Events: 10000})
	if err != nil {
		t.Fatal(err)
	}
	var listen net.ListenConfig
	listener, err := listen.Listen(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	var work sync.WaitGroup
	work.Go(func() { _ = server.Serve(listener) })
	t.Cleanup(func() {
		_ = server.Close()
		work.Wait()
	})
	return server, listener.Addr().String()
}

// parse reads a configuration.
func parse(t *testing.T, text string) *config.Config {
	t.Helper()
	c, err := app.Registry().Parse("test.yaml", []byte(text), func(string) ([]byte, error) { return nil, fs.ErrNotExist })
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// house runs the house of a configuration until the test ends.
func house(t *testing.T, text string) *app.App {
	t.Helper()
	a, err := app.New(parse(t, text), app.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return a
}

// between is a configuration between a substation and a control centre.
func between(substation, more string) string {
	return fmt.Sprintf(`links:
  substation:
    iec104: {role: controlling, connect: %q, t0: 1s}
  control:
    iec104: {role: controlled, listen: "127.0.0.1:0"}
    queue: {limit: 300, full: wait}
routes:
  - {from: substation/1/1-99, to: control/1/1-99}
  - {from: substation/1/100-103, to: control/1/100-103, commands: true}
  - {from: substation/1/104-110, to: control/1/104-110}
%s`, substation, more)
}

// centre is a control centre on one connection.
type centre struct {
	client *iec104.Client

	mu     sync.Mutex
	values map[asdu.ObjectAddress]asdu.SinglePoint // guarded by mu
	events []time.Duration                         // times of events; guarded by mu
}

var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func (c *centre) handle(a asdu.ASDU) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for object := range a.Objects() {
		o, ok := object.(asdu.SinglePoint)
		if !ok {
			continue
		}
		c.values[o.Address] = o
		if at, err := o.Time.Instant(time.UTC); err == nil && !o.Time.IsZero() {
			c.events = append(c.events, at.Sub(epoch))
		}
	}
	return nil
}

// good counts the points that are topical and valid.
func (c *centre) good() (good, all int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, o := range c.values {
		all++
		if o.Quality == 0 {
			good++
		}
	}
	return good, all
}

// connect connects a control centre to the house and starts data transfer.
func connect(t *testing.T, a *app.App) *centre {
	t.Helper()
	c := &centre{values: map[asdu.ObjectAddress]asdu.SinglePoint{}}
	status, _ := a.Status("control")
	client, err := iec104.Dial(t.Context(), status.Address, &iec104.ClientOptions{
		Handler: c.handle, AnswerTimeout: 5 * time.Second, Parameters: iec104.Parameters{T2: time.Second},
	})
	if err != nil {
		t.Fatal(err)
	}
	c.client = client
	t.Cleanup(func() { _ = client.Close() })
	if err := client.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return c
}

func connected(a *app.App, name string) func() bool {
	return func() bool {
		status, _ := a.Status(name)
		return status.State == link.Connected && status.Detail.IsZero()
	}
}

func TestInterrogationLossAndReturn(t *testing.T) {
	s := &substation{points: 40}
	server, address := s.serve(t, "127.0.0.1:0")
	a := house(t, between(address, ""))
	until(t, connected(a, "substation"))
	c := connect(t, a)
	if err := c.client.Interrogate(t.Context(), 1, asdu.InterrogateStation); err != nil {
		t.Fatal(err)
	}
	if good, all := c.good(); good != 40 || all != 40 {
		t.Fatalf("%d good points of %d", good, all)
	}
	if err := c.client.Interrogate(t.Context(), 2, asdu.InterrogateStation); !errors.Is(err, iec104.ErrRefused) {
		t.Errorf("another station: %v", err)
	}

	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
	until(t, func() bool { good, _ := c.good(); return good == 0 })
	c.mu.Lock()
	for at, o := range c.values {
		if o.Quality != asdu.NotTopical || o.Value != (at%2 == 1) || !o.Time.IsZero() {
			t.Errorf("after the loss: %+v", o)
		}
	}
	c.mu.Unlock()
	again := connect(t, a)
	if err := again.client.Interrogate(t.Context(), 1, asdu.InterrogateStation); err != nil {
		t.Fatal(err)
	}
	if good, all := again.good(); good != 0 || all != 40 {
		t.Errorf("interrogated after the loss: %d good points of %d", good, all)
	}

	s.serve(t, address)
	until(t, func() bool { good, all := again.good(); return good == 40 && all == 40 })
}

// A control centre that goes and comes gets every event, each once on a connection
// and in order, though the queue has room for 300 and the rest stays at the
// substation.
func TestEventsWhileTheCentreComesAndGoes(t *testing.T) {
	s := &substation{}
	server, address := s.serve(t, "127.0.0.1:0")
	a := house(t, between(address, ""))
	until(t, connected(a, "substation"))
	const total = 3000
	var work sync.WaitGroup
	work.Go(func() {
		for n := range total {
			event, err := asdu.New(nil, asdu.Header{Type: asdu.M_SP_TB_1, Cause: asdu.Spontaneous, CommonAddress: 1},
				asdu.SinglePoint{Address: asdu.ObjectAddress(1 + n%20), Value: n%2 == 0, Time: asdu.CP56(epoch.Add(time.Duration(n) * time.Millisecond))})
			if err != nil || server.Send(event) != nil {
				t.Error("cannot send")
			}
			if n%20 == 0 {
				time.Sleep(time.Millisecond)
			}
		}
	})
	seen := map[time.Duration]bool{}
	for begin := time.Now(); len(seen) < total; {
		if time.Since(begin) > 30*time.Second {
			t.Fatalf("%d of %d events after 30 s", len(seen), total)
		}
		c := connect(t, a)
		time.Sleep(60 * time.Millisecond)
		_ = c.client.Close()
		c.mu.Lock()
		for i, at := range c.events {
			if i > 0 && at != c.events[i-1]+time.Millisecond {
				t.Fatalf("%v behind %v", at, c.events[i-1])
			}
			seen[at] = true
		}
		c.mu.Unlock()
		time.Sleep(20 * time.Millisecond)
	}
	work.Wait()
}

// While nobody takes the events the substation gets no acknowledgement once the
// queue is full, and everything comes when the control centre returns.
func TestFullQueueHoldsTheSubstation(t *testing.T) {
	s := &substation{}
	server, address := s.serve(t, "127.0.0.1:0")
	a := house(t, between(address, ""))
	until(t, connected(a, "substation"))
	const total = 2000
	for n := range total {
		event, err := asdu.New(nil, asdu.Header{Type: asdu.M_SP_TB_1, Cause: asdu.Spontaneous, CommonAddress: 1},
			asdu.SinglePoint{Address: 1, Value: n%2 == 0, Time: asdu.CP56(epoch.Add(time.Duration(n) * time.Millisecond))})
		if err != nil || server.Send(event) != nil {
			t.Fatal("cannot send")
		}
	}
	received := func() uint64 { status, _ := a.Status("substation"); return status.Received }
	until(t, func() bool { return received() > 300 })
	time.Sleep(200 * time.Millisecond)
	if n := received(); n > 300+20 { // beyond the queue, what a window of 12 and the interrogation hold
		t.Errorf("%d telegrams were received", n)
	}
	if n := server.Sessions()[0].Status().Unacknowledged; n == 0 {
		t.Error("the substation has an acknowledgement for everything")
	}
	c := connect(t, a)
	until(t, func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return len(c.events) == total
	})
	for n, at := range c.events {
		if at != time.Duration(n)*time.Millisecond {
			t.Fatalf("event %d is that of %v", n, at)
		}
	}
}

func TestCommands(t *testing.T) {
	s := &substation{points: 3}
	server, address := s.serve(t, "127.0.0.1:0")
	a := house(t, between(address, ""))
	watch := a.Tap().Subscribe(tap.Options{})
	defer watch.Close()
	until(t, connected(a, "substation"))
	c := connect(t, a)
	operate := func(common asdu.CommonAddress, command asdu.Object, mode iec104.CommandMode) string {
		activation, err := c.client.Operate(t.Context(), common, command, mode)
		if err == nil {
			if _, err = activation.Confirmed(t.Context()); err == nil {
				_, err = activation.Terminated(t.Context())
			}
		}
		e, ok := errors.AsType[*iec104.Error](err)
		switch {
		case err == nil:
			return "done"
		case ok:
			return fmt.Sprintf("%d %t", e.Cause, e.Negative)
		}
		return err.Error()
	}
	single := func(at asdu.ObjectAddress) asdu.Object {
		return asdu.SingleCommand{Address: at, Value: true, Qualifier: 1}
	}
	for _, test := range []struct {
		name    string
		common  asdu.CommonAddress
		command asdu.Object
		mode    iec104.CommandMode
		want    string
	}{
		{"select and execute", 1, single(101), iec104.SelectAndExecute, "done"},
		{"execute alone", 1, single(102), iec104.DirectExecute, "done"},
		{"not selected", 1, single(101), iec104.DirectExecute, "7 true"},
		{"unknown at the substation", 1, single(103), iec104.DirectExecute, "47 true"},
		{"no route", 1, single(4711), iec104.DirectExecute, "47 true"},
		{"not allowed", 1, single(105), iec104.DirectExecute, "7 true"},
		{"unknown station", 9, single(101), iec104.DirectExecute, "46 true"},
	} {
		if got := operate(test.common, test.command, test.mode); got != test.want {
			t.Errorf("%s: %s, not %s", test.name, got, test.want)
		}
	}
	const want = "C_SC_NA_1 101 select true selected false, C_SC_NA_1 101 select false selected true, C_SC_NA_1 102 select false selected false, " +
		"C_SC_NA_1 101 select false selected false, C_SC_NA_1 103 select false selected false"
	if got := s.told(); got != want {
		t.Errorf("the substation was told %s", got)
	}
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
	until(t, func() bool { return !connected(a, "substation")() })
	if got := operate(1, single(102), iec104.DirectExecute); got != "7 true" {
		t.Errorf("without the substation: %s", got)
	}
	s.serve(t, address)
	until(t, connected(a, "substation"))
	if got := s.told(); got != want {
		t.Errorf("a command was kept for later: %s", got)
	}
	if got := refused(t, watch); got != "control/1/101 control/1/103 control/1/4711 control/1/105 control/9/101 control/1/102" {
		t.Errorf("reported refusals: %s", got)
	}
}

// refused gives the points of the refusals that the tap was told of.
func refused(t *testing.T, s *tap.Subscription) string {
	t.Helper()
	buffer := make([]tap.Event, 4096)
	n, lost, err := s.Next(t.Context(), buffer)
	if err != nil || lost > 0 {
		t.Fatalf("%d events lost, %v", lost, err)
	}
	var points []string
	for _, e := range buffer[:n] {
		if e.Stage == tap.Refused {
			points = append(points, e.ID.String())
		}
	}
	return strings.Join(points, " ")
}

func TestOnlyThoseOnTheListMayConnect(t *testing.T) {
	a := house(t, `links:
  control: {iec104: {role: controlled, listen: "127.0.0.1:0", allow: [192.0.2.0/24, "::1"]}}
`)
	status, _ := a.Status("control")
	client, err := iec104.Dial(t.Context(), status.Address, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if err := client.Start(t.Context()); err == nil {
		t.Error("a stranger may connect")
	}
	until(t, func() bool { status, _ := a.Status("control"); return status.Dropped == 1 })
}

func TestBusyPort(t *testing.T) {
	var listen net.ListenConfig
	taken, err := listen.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	address := taken.Addr().String()
	for _, test := range []struct{ text, want string }{
		{
			fmt.Sprintf("links: {first: {iec104: {role: controlled, listen: \"127.0.0.1:0\"}}, control: {iec104: {role: controlled, listen: %q}}}", address),
			"link control cannot listen on " + address + ": another program does already; stop it, or write another port under listen",
		},
		{
			fmt.Sprintf("{links: {control: {iec104: {role: controlled, listen: \"127.0.0.1:0\"}}}, web: {listen: %q}}", address),
			"the web page cannot be served on " + address,
		},
	} {
		if _, err := app.New(parse(t, test.text), app.Options{}); err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%v", err)
		}
	}
}

func TestStationsThatNobodyNames(t *testing.T) {
	const text = `links:
  substation: {iec104: {role: controlling, connect: "127.0.0.1:1"}}
  control: {iec104: {role: controlled, listen: "127.0.0.1:0"%s}}
routes: [{from: substation/*/*, to: control/*/*}]
`
	if _, err := app.New(parse(t, fmt.Sprintf(text, "")), app.Options{}); err == nil || !strings.Contains(err.Error(), "stations: [1, 2]") {
		t.Errorf("%v", err)
	}
	a, err := app.New(parse(t, fmt.Sprintf(text, ", stations: [3]")), app.Options{})
	if err != nil {
		t.Fatal(err)
	}
	a.Close()
	a.Close() // may be called again
}
