package iec104test_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/apci"
	"stellwerk/iec104/iec104test"
)

// standing is a control centre with several connections, made of a supervisor.
type standing struct {
	supervisor *iec104.Supervisor
	parameters iec104.Parameters
	addresses  []string
	calls      chan net.Conn
	cancel     context.CancelFunc
	done       chan error
}

// newStanding starts it. Spoil, if any, says what is faulty on the lines to an
// address.
func newStanding(t *testing.T, p iec104.Parameters, spoil func(address string) iec104test.Faults, addresses ...string) *standing {
	t.Helper()
	s := &standing{parameters: p, addresses: addresses, calls: make(chan net.Conn), done: make(chan error, 1)}
	var err error
	s.supervisor, err = iec104.NewSupervisor(addresses[0], &iec104.SupervisorOptions{
		Standby: addresses[1:],
		Client:  &iec104.ClientOptions{Parameters: p},
		Dial: func(ctx context.Context, address string) (net.Conn, error) {
			near, far := net.Pipe()
			select {
			case s.calls <- far:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
			if spoil != nil {
				return iec104test.Faulty(near, spoil(address)), nil
			}
			return near, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	s.cancel = cancel
	go func() { s.done <- s.supervisor.Run(ctx) }()
	return s
}

func (s *standing) Connect(ctx context.Context) (net.Conn, error) {
	select {
	case conn := <-s.calls:
		return conn, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (s *standing) Parameters() iec104.Parameters { return s.parameters.WithDefaults() }
func (s *standing) Lines() int                    { return len(s.addresses) }

// Switch is to the first connection that is not active.
func (s *standing) Switch() error {
	present := s.supervisor.Client()
	for _, line := range s.supervisor.Status().Lines {
		if line.Client != nil && line.Client != present {
			return s.supervisor.Switch(line.Address)
		}
	}
	return fmt.Errorf("there is no other connection: %+v", s.supervisor.Status())
}

func (s *standing) Close() error {
	s.cancel()
	if err := <-s.done; !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

func linesCase(t *testing.T) iec104test.Case {
	t.Helper()
	return casesByID(iec104.Controlling)["A23"]
}

// TestStandbyLines has our own supervisor with two and with three connections.
func TestStandbyLines(t *testing.T) {
	for _, p := range []iec104.Parameters{
		{},
		{K: 1, W: 1},
		{K: 32767, W: 20000},
		{T1: 2 * time.Second, T2: time.Second, T3: time.Second, T0: time.Second},
	} {
		for _, addresses := range [][]string{{"a:1", "b:1"}, {"a:1", "b:1", "c:1"}} {
			t.Run(fmt.Sprint(p, len(addresses)), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					result := run(linesCase(t), newStanding(t, p, nil, addresses...), quick)
					report(t, result)
					if result.Status != iec104test.Passed {
						t.Error(result.Status)
					}
				})
			})
		}
	}
	synctest.Test(t, func(t *testing.T) {
		if result := run(linesCase(t), newStanding(t, iec104.Parameters{}, nil, "a:1"), quick); result.Status != iec104test.Skipped || result.Seen == "" {
			t.Error(result)
		}
	})
}

// loyal is a control centre that does nothing when it is told to switch.
type loyal struct{ *standing }

func (loyal) Switch() error { return nil }

// both is a control centre that starts data transfer everywhere.
type both struct{ *standing }

func (b both) Connect(ctx context.Context) (net.Conn, error) {
	conn, err := b.standing.Connect(ctx)
	if err != nil {
		return nil, err
	}
	near, far := net.Pipe()
	client, err := iec104.NewClient(near, nil)
	if err != nil {
		return nil, err
	}
	go func() { _ = client.Start(context.Background()) }()
	go func() {
		<-client.Done()
		_ = conn.Close()
	}()
	return far, nil
}

// TestCasesFindFaultsOfLines has control centres with several connections and
// one fault each.
func TestCasesFindFaultsOfLines(t *testing.T) {
	lost := func(f apci.Function, from int) func(string) iec104test.Faults {
		return func(string) iec104test.Faults {
			return iec104test.Faults{Sent: iec104test.Drop(from, 1<<30, of(f))}
		}
	}
	second := func(faults iec104test.Faults) func(string) iec104test.Faults {
		return func(address string) iec104test.Faults {
			if address == "a:1" {
				return iec104test.Faults{}
			}
			return faults
		}
	}
	for name, subject := range map[string]func(t *testing.T) peer{
		"starts nowhere": func(t *testing.T) peer {
			return newStanding(t, iec104.Parameters{}, lost(apci.StartDTAct, 1), "a:1", "b:1")
		},
		"starts everywhere": func(t *testing.T) peer { return both{newStanding(t, iec104.Parameters{}, nil, "a:1", "b:1")} },
		"does not take over": func(t *testing.T) peer {
			return newStanding(t, iec104.Parameters{}, second(iec104test.Faults{Sent: iec104test.Drop(1, 1<<30, of(apci.StartDTAct))}), "a:1", "b:1")
		},
		"does not test": func(t *testing.T) peer {
			return newStanding(t, iec104.Parameters{}, lost(apci.TestFRAct, 1), "a:1", "b:1")
		},
		"does not confirm tests": func(t *testing.T) peer {
			return newStanding(t, iec104.Parameters{}, lost(apci.TestFRCon, 1), "a:1", "b:1")
		},
		"takes over and acknowledges nothing": func(t *testing.T) peer {
			return newStanding(t, iec104.Parameters{}, second(iec104test.Faults{Sent: iec104test.Drop(1, 1<<30, iec104test.SFrame)}), "a:1", "b:1")
		},
		"does not switch when told": func(t *testing.T) peer { return loyal{newStanding(t, iec104.Parameters{}, nil, "a:1", "b:1")} },
		"one connection less than it says": func(t *testing.T) peer {
			s := newStanding(t, iec104.Parameters{}, nil, "a:1", "b:1")
			s.addresses = append(s.addresses, "c:1")
			return s
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				result := run(linesCase(t), subject(t), quick)
				t.Logf("expected %s, seen %s", result.Expected, result.Seen)
				mustFail(t, result)
			})
		})
	}
}
