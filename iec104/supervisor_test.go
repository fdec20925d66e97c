package iec104_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/iec104"
	"stellwerk/internal/rig"
)

// changes records what a supervisor does and when.
type changes struct {
	mu    sync.Mutex
	begin time.Time
	list  []iec104.SupervisorStatus // guarded by mu
	at    []time.Duration           // guarded by mu
}

func (c *changes) add(s iec104.SupervisorStatus) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.list = append(c.list, s)
	c.at = append(c.at, time.Since(c.begin))
}

func (c *changes) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var words []string
	for _, s := range c.list {
		words = append(words, s.State.String())
	}
	return strings.Join(words, " ")
}

// supervise runs a supervisor until the test ends.
func supervise(t *testing.T, network *rig.Network, options iec104.SupervisorOptions) (*iec104.Supervisor, *changes) {
	t.Helper()
	seen := &changes{begin: time.Now()}
	options.Changed = seen.add
	options.Dial = func(ctx context.Context, address string) (net.Conn, error) {
		return network.DialContext(ctx, "tcp", address)
	}
	supervisor, err := iec104.NewSupervisor("10.0.0.1:2404", &options)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- supervisor.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if s := supervisor.Status(); s.State != iec104.Idle || s.Client != nil {
			t.Errorf("%+v", s)
		}
	})
	return supervisor, seen
}

func serve(t *testing.T, network *rig.Network) *iec104.Server {
	t.Helper()
	listener, err := network.Listen("10.0.0.1:2404")
	if err != nil {
		t.Fatal(err)
	}
	server := newServer(t, &plant{points: 3}, nil)
	go func() {
		if err := server.Serve(listener); !errors.Is(err, iec104.ErrClosed) {
			t.Error(err)
		}
	}()
	synctest.Wait()
	return server
}

func TestSupervisorConnectsAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := rig.NewNetwork(nil)
		server := serve(t, network)
		supervisor, seen := supervise(t, network, iec104.SupervisorOptions{})
		time.Sleep(time.Second)
		first := supervisor.Client()
		if first == nil || first.Status().State != iec104.Started {
			t.Fatal("not started")
		}
		for _, session := range server.Sessions() {
			if err := session.Close(); err != nil {
				t.Error(err)
			}
		}
		synctest.Wait()
		if s := supervisor.Status(); s.State != iec104.Waiting || s.Err == nil || s.Pause < 800*time.Millisecond || s.Pause > time.Second {
			t.Errorf("%+v", s)
		}
		time.Sleep(2 * time.Second)
		if second := supervisor.Client(); second == nil || second == first {
			t.Error("no new connection")
		}
		if want := "connecting connected waiting connecting connected"; seen.String() != want {
			t.Errorf("%s, want %s", seen, want)
		}
	})
}

// TestSupervisorBacksOff has nobody at the address, and then somebody.
func TestSupervisorBacksOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := rig.NewNetwork(nil)
		supervisor, seen := supervise(t, network, iec104.SupervisorOptions{MaxBackoff: 10 * time.Second})
		time.Sleep(5 * time.Minute)
		seen.mu.Lock()
		var pauses []time.Duration
		for _, s := range seen.list {
			if s.State == iec104.Waiting {
				pauses = append(pauses, s.Pause)
			}
		}
		seen.mu.Unlock()
		for i, seconds := range []int{1, 2, 4, 8, 10, 10, 10} {
			most := time.Duration(seconds) * time.Second
			if pauses[i] > most || pauses[i] < most*4/5 {
				t.Errorf("pause %d is %v, want %v or up to a fifth less", i, pauses[i], most)
			}
		}
		serve(t, network)
		time.Sleep(10 * time.Second)
		if supervisor.Status().State != iec104.Connected {
			t.Errorf("%+v", supervisor.Status())
		}
	})
}

// TestSupervisorGivesUpAfterT0 calls an address that swallows everything.
func TestSupervisorGivesUpAfterT0(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := rig.NewNetwork(nil)
		if err := network.Silence("10.0.0.1:2404", true); err != nil {
			t.Fatal(err)
		}
		_, seen := supervise(t, network, iec104.SupervisorOptions{Client: &iec104.ClientOptions{
			Parameters: iec104.Parameters{T0: 7 * time.Second},
		}})
		time.Sleep(10 * time.Second)
		seen.mu.Lock()
		defer seen.mu.Unlock()
		if len(seen.list) < 2 || seen.list[1].State != iec104.Waiting || seen.at[1] != 7*time.Second || !errors.Is(seen.list[1].Err, context.DeadlineExceeded) {
			t.Errorf("%v %+v", seen.at, seen.list)
		}
	})
}

// TestSupervisorSetup has a setup that fails once.
func TestSupervisorSetup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := rig.NewNetwork(nil)
		serve(t, network)
		unwilling := errors.New("not today")
		calls := 0
		_, seen := supervise(t, network, iec104.SupervisorOptions{Setup: func(ctx context.Context, c *iec104.Client) error {
			if calls++; calls == 1 {
				return unwilling
			}
			if err := c.Start(ctx); err != nil {
				return err
			}
			return c.Interrogate(ctx, 1, 20)
		}})
		time.Sleep(10 * time.Second)
		if want := "connecting waiting connecting connected"; seen.String() != want {
			t.Errorf("%s, want %s", seen, want)
		}
		seen.mu.Lock()
		defer seen.mu.Unlock()
		if !errors.Is(seen.list[1].Err, unwilling) || seen.list[3].Err != nil {
			t.Errorf("%+v", seen.list)
		}
	})
}
