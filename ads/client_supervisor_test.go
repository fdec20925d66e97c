package ads

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
	"stellwerk/internal/rig"
)

// supervised is a PLC on a network, and a supervisor that runs until the test
// ends.
type supervised struct {
	*testPLC
	*Supervisor
	server *Server
	queue  *NotificationQueue

	mu     sync.Mutex
	states []string
}

func supervise(t *testing.T) *supervised {
	t.Helper()
	x := &supervised{testPLC: newTestPLC(), queue: NewNotificationQueue(0)}
	network := rig.NewNetwork(nil)
	listener, err := network.Listen("10.0.0.1:48898")
	if err != nil {
		t.Fatal(err)
	}
	if x.server, err = NewServer(&ServerOptions{NetID: plc.NetID}); err != nil {
		t.Fatal(err)
	}
	x.server.Handle(plc.Port, x.testPLC)
	go x.server.Serve(listener) //nolint:errcheck // it ends with the server
	x.Supervisor, err = NewSupervisor("10.0.0.1:48898", &SupervisorOptions{
		Client: &ClientOptions{Target: plc, Source: station},
		Dial: func(ctx context.Context, address string) (net.Conn, error) {
			return network.DialContext(ctx, "tcp", address)
		},
		Changed: func(s SupervisorStatus) {
			x.mu.Lock()
			defer x.mu.Unlock()
			if n := len(x.states); n == 0 || x.states[n-1] != s.State.String() {
				x.states = append(x.states, s.State.String())
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- x.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if err := x.server.Close(); err != nil {
			t.Error(err)
		}
	})
	return x
}

// live lets time pass and sends the heartbeat every second, as the PLC that the test plays has no
// cycle of its own.
func (x *supervised) live(d time.Duration) {
	for range int(d / time.Second) {
		x.testPLC.change(func() {
			for handle, n := range x.notes {
				if n.index.Group == command.GroupSymbolVersion {
					x.notify(handle)
				}
			}
		})
		time.Sleep(time.Second)
	}
	synctest.Wait()
}

// text tells what is in the queue.
func (x *supervised) text() string {
	var words []string
	for n, ok := x.queue.TryNext(); ok; n, ok = x.queue.TryNext() {
		word := n.Event.String()
		if n.Event == Sample {
			v, err := n.Value()
			word = fmt.Sprint(v)
			if err != nil {
				word = err.Error()
			}
		}
		if n.Gap != nil {
			word += fmt.Sprintf(" after %v", n.Gap.To.Sub(n.Gap.From).Round(time.Second))
		}
		words = append(words, word)
	}
	return strings.Join(words, ", ")
}

func (x *supervised) expect(t *testing.T, what, want string) {
	t.Helper()
	if got := x.text(); got != want {
		t.Errorf("%s: %s; want %s", what, got, want)
	}
}

func TestSupervisor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := supervise(t)
		list, err := x.Subscribe(x.queue, SubscribeRequest{Name: "MAIN.n"})
		if err != nil {
			t.Fatal(err)
		}
		x.live(2 * time.Second)
		x.testPLC.set("MAIN.n", 5)
		x.live(10 * time.Second)
		x.expect(t, "begin", "0, 5")

		// An online change moves the variable.
		x.online("MAIN.n", 500)
		x.live(time.Second)
		x.testPLC.set("MAIN.n", 6)
		x.live(2 * time.Second)
		got := x.text()
		if !strings.HasPrefix(got, "lost, ") || !strings.HasSuffix(got, ", 6") || !strings.Contains(got, "after") {
			t.Errorf("online change: %s", got)
		}

		// A restart that nobody tells of: notifications are forgotten.
		x.reboot()
		x.live(10 * time.Second)
		x.testPLC.set("MAIN.n", 7)
		x.live(time.Second)
		x.expect(t, "restart", "lost, 6 after 4s, 7")

		// Config mode: the port is gone.
		x.server.Handle(plc.Port, nil)
		x.testPLC.change(func() { clear(x.handles); clear(x.notes) })
		x.live(30 * time.Second)
		if s := x.Status(); s.State != Unavailable || Code(s.Err) != ams.TargetPortNotFound || Code(list[0].Err()) != ams.TargetPortNotFound {
			t.Errorf("%+v", s)
		}
		x.server.Handle(plc.Port, x.testPLC)
		x.live(2 * time.Second)
		x.expect(t, "config mode", "lost, 7 after 31s")

		// The connection breaks off.
		for _, conn := range x.server.Conns() {
			conn.Close()
		}
		x.testPLC.change(func() { clear(x.notes) })
		x.live(5 * time.Second)
		x.expect(t, "lost connection", "lost, 7 after 1s")
		if list[0].Err() != nil || x.Status().Connections != 2 || x.Status().Renewals != 2 {
			t.Errorf("%v, %+v", list[0].Err(), x.Status())
		}
		x.mu.Lock()
		if got, want := strings.Join(x.states, " "), "connecting connected unavailable connected waiting connecting connected"; got != want {
			t.Errorf("%s, want %s", got, want)
		}
		x.mu.Unlock()

		if err := list[0].Unsubscribe(t.Context()); err != nil {
			t.Error(err)
		}
		x.live(3 * time.Second)
		x.expect(t, "end", "ended")
		x.testPLC.change(func() {
			if len(x.notes) != 2 { // the heartbeat and the alarm
				t.Errorf("%d notifications", len(x.notes))
			}
		})
	})
}

// TestSupervisorTriesAgain subscribes to a variable that comes with a download.
func TestSupervisorTriesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := supervise(t)
		if _, err := x.Subscribe(x.queue, SubscribeRequest{Name: "MAIN.later"}); err != nil {
			t.Fatal(err)
		}
		x.live(30 * time.Second)
		x.expect(t, "missing", "lost")
		x.testPLC.change(func() {
			x.symbols[0].Name = "MAIN.later"
			x.version++
		})
		x.live(2 * time.Second)
		x.expect(t, "there", "0")
	})
}

// TestSupervisorTellsAgain has a variable gone when the connection is back.
func TestSupervisorTellsAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := supervise(t)
		if _, err := x.Subscribe(x.queue, SubscribeRequest{Name: "MAIN.n"}); err != nil {
			t.Fatal(err)
		}
		x.live(2 * time.Second)
		x.expect(t, "begin", "0")
		x.testPLC.change(func() {
			x.symbols[0].Name = "MAIN.other"
			x.version++
			clear(x.notes)
		})
		for _, conn := range x.server.Conns() {
			conn.Close()
		}
		x.live(30 * time.Second) // it is tried three times
		first, _ := x.queue.TryNext()
		second, _ := x.queue.TryNext()
		if first.Event != Lost || Code(first.Err) != ams.NoError || second.Event != Lost || Code(second.Err) != ams.SymbolNotFound {
			t.Errorf("%v, %v", first.Err, second.Err)
		}
		x.expect(t, "gone", "")
	})
}

// TestSupervisorBacksOff has nobody at the address.
func TestSupervisorBacksOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := rig.NewNetwork(nil)
		var waits []time.Duration
		s, err := NewSupervisor("10.0.0.1:48898", &SupervisorOptions{
			MaxBackoff: 10 * time.Second,
			Dial: func(ctx context.Context, address string) (net.Conn, error) {
				return network.DialContext(ctx, "tcp", address)
			},
			Changed: func(s SupervisorStatus) {
				if s.State == Waiting {
					waits = append(waits, s.Pause)
				}
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := s.Run(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		for i, seconds := range []int{1, 2, 4, 8, 10, 10} {
			most := time.Duration(seconds) * time.Second
			if waits[i] > most || waits[i] < most*4/5 {
				t.Errorf("pause %d is %v, want %v or up to a fifth less", i, waits[i], most)
			}
		}
		if _, err := s.Client(); !errors.Is(err, ErrNotConnected) {
			t.Error(err)
		}
	})
}
