package conformance_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/iec104test"
	"stellwerk/internal/conformance"
	"stellwerk/internal/rig"
)

func TestMain(m *testing.M) { rig.Main(m) }

// cases returns the cases that patterns choose.
func cases(t *testing.T, role iec104.Role, patterns ...string) []iec104test.Case {
	t.Helper()
	chosen, err := conformance.Select(role, patterns)
	if err != nil {
		t.Fatal(err)
	}
	return chosen
}

// device returns the built-in station as a device of which nothing is known but
// where it is. Faults spoil the line to it.
func device(t *testing.T, options *iec104test.BuiltinOptions, faults func() iec104test.Faults) (*conformance.Device, *iec104test.Builtin) {
	t.Helper()
	b, err := iec104test.NewBuiltin(options)
	if err != nil {
		t.Fatal(err)
	}
	return &conformance.Device{Dial: func(ctx context.Context) (net.Conn, error) {
		conn, err := b.Connect(ctx)
		if err != nil || faults == nil {
			return conn, err
		}
		return iec104test.Faulty(conn, faults()), nil
	}}, b
}

func ids(r *conformance.Report, status iec104test.Status) []string {
	var found []string
	for _, o := range r.Outcomes {
		if o.Status == status {
			found = append(found, o.Case.ID)
		}
	}
	return found
}

// TestUnknownStation runs all cases against a station of which nothing is known,
// quiet and with cycles, spontaneous data and moving values: what can be found out
// is found out, and nothing fails.
func TestUnknownStation(t *testing.T) {
	for name, options := range map[string]*iec104test.BuiltinOptions{
		"quiet": {}, "busy": {Cycles: true, Moving: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d, b := device(t, options, nil)
				defer b.Close()
				found, err := conformance.Discover(t.Context(), d, 100*time.Millisecond)
				if err != nil {
					t.Fatal(err)
				}
				if len(found.Points) < 50 || len(found.Counters) < 4 {
					t.Errorf("%d points and %d counters found", len(found.Points), len(found.Counters))
				}
				var r conformance.Report
				conformance.Run(t.Context(), cases(t, iec104.Controlled), d, &conformance.Options{
					Inventory: found, Prompt: 100 * time.Millisecond, Tolerance: 10 * time.Millisecond,
				}, &r)
				for _, o := range r.Outcomes {
					if o.Status == iec104test.Failed {
						t.Errorf("%s: expected %s; seen %s", o.Case.ID, o.Expected, o.Seen)
					}
					if (o.Case.Affects != 0) != (o.Seen == conformance.NotArmed) {
						t.Errorf("%s affects %q, and is %s: %s", o.Case.ID, o.Case.Affects, o.Status, o.Seen)
					}
				}
				if n := r.Count(iec104test.Passed); n < 50 {
					t.Errorf("only %d cases were run to their end", n)
				}
			})
		})
	}
}

// TestFaultsAreReported spoils the line to a station: the report says which case
// shows it, and how.
func TestFaultsAreReported(t *testing.T) {
	drop := func(match func(apdu) bool) func() iec104test.Faults {
		return func() iec104test.Faults { return iec104test.Faults{Received: iec104test.Drop(1, 1<<30, match)} }
	}
	for name, test := range map[string]struct {
		faults func() iec104test.Faults
		id     string
		seen   string
	}{
		"no acknowledgement": {drop(iec104test.SFrame), "A10", "nothing within"},
		"lost I frame": {func() iec104test.Faults {
			return iec104test.Faults{Received: iec104test.Drop(3, 1, iec104test.IFrame)}
		}, "A2", "N(S)=3"},
		"repeated I frame": {func() iec104test.Faults { return iec104test.Faults{Received: iec104test.Repeat(3)} }, "A2", "N(S)=2"},
		"late": {func() iec104test.Faults {
			return iec104test.Faults{Received: iec104test.Delay(time.Second, iec104test.SFrame)}
		}, "A10", "nothing within"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d, b := device(t, nil, test.faults)
				defer b.Close()
				var r conformance.Report
				conformance.Run(t.Context(), cases(t, iec104.Controlled, test.id), d, &conformance.Options{Prompt: 100 * time.Millisecond}, &r)
				if len(r.Outcomes) != 1 || r.Outcomes[0].Status != iec104test.Failed {
					t.Fatalf("%+v", r.Outcomes)
				}
				var text strings.Builder
				if err := (&conformance.Text{Out: &text, Describe: hex}).End(&r); err != nil {
					t.Fatal(err)
				}
				for _, want := range []string{test.id + " failed", "expected:", test.seen, "STARTDT", "1 case: 0 passed, 1 failed, 0 skipped", "1 case failed."} {
					if !strings.Contains(text.String(), want) {
						t.Errorf("%q is missing in\n%s", want, text.String())
					}
				}
			})
		})
	}
}

// TestDeviceVanishes refuses connections from the third one on: the rest is
// skipped, and the device is not called for ever.
func TestDeviceVanishes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, b := device(t, nil, nil)
		defer b.Close()
		calls, dial := 0, d.Dial
		d.Dial = func(ctx context.Context) (net.Conn, error) {
			if calls++; calls > 2 {
				return nil, syscall.ECONNREFUSED
			}
			return dial(ctx)
		}
		d.Patience = 5 * time.Second
		var r conformance.Report
		conformance.Run(t.Context(), cases(t, iec104.Controlled), d, &conformance.Options{}, &r)
		gone, ok := errors.AsType[*conformance.VanishedError](r.Vanished)
		if !ok || !errors.Is(r.Vanished, syscall.ECONNREFUSED) || calls > 30 || gone.Attempts != calls-2 {
			t.Errorf("%v after %d calls", r.Vanished, calls)
		}
		if failed := ids(&r, iec104test.Failed); !slices.Equal(failed, []string{"A3"}) || len(ids(&r, iec104test.Passed)) != 2 {
			t.Errorf("failed: %v", failed)
		}
		last := r.Outcomes[len(r.Outcomes)-1]
		if last.Status != iec104test.Skipped || !strings.Contains(last.Seen, "since A3") || !strings.Contains(r.Verdict(), "since A3: connection refused (called") {
			t.Errorf("%s; %s", last.Seen, r.Verdict())
		}
	})
}

// TestDeviceComesBack has a device refuse for a while after each connection.
func TestDeviceComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, b := device(t, nil, nil)
		defer b.Close()
		dial, free := d.Dial, time.Now()
		d.Dial = func(ctx context.Context) (net.Conn, error) {
			if time.Now().Before(free) {
				return nil, syscall.ECONNREFUSED
			}
			free = time.Now().Add(3 * time.Second)
			return dial(ctx)
		}
		var r conformance.Report
		conformance.Run(t.Context(), cases(t, iec104.Controlled, "A1", "A7"), d, &conformance.Options{}, &r)
		if len(ids(&r, iec104test.Passed)) != 2 || r.Vanished != nil {
			t.Errorf("%+v %v", r.Outcomes, r.Vanished)
		}
	})
}

// TestInterrupted ends a run in the middle of a case.
func TestInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, b := device(t, nil, nil)
		defer b.Close()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second) // A11 takes 15
		defer cancel()
		var r conformance.Report
		conformance.Run(ctx, cases(t, iec104.Controlled, "A7", "A11", "A12"), d, &conformance.Options{}, &r)
		if !r.Interrupted || r.Verdict() != "Interrupted at A11." || len(ids(&r, iec104test.Passed)) != 1 || len(ids(&r, iec104test.Skipped)) != 2 {
			t.Errorf("%s %+v", r.Verdict(), r.Outcomes)
		}
	})
}

// TestCentre lets our own control centre call over loopback, which starts by
// itself and calls again whenever a connection ends.
func TestCentre(t *testing.T) {
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	centre := &conformance.Centre{Patience: 20 * time.Second}
	centre.Listen(listener)
	defer centre.Close()
	supervisor, err := iec104.NewSupervisor(listener.Addr().String(), &iec104.SupervisorOptions{MaxBackoff: 100 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	running := make(chan struct{})
	go func() { defer close(running); _ = supervisor.Run(ctx) }() // ends with the context
	var r conformance.Report
	conformance.Run(t.Context(), cases(t, iec104.Controlling, "A7", "A21"), centre, &conformance.Options{Prompt: time.Second}, &r)
	if len(ids(&r, iec104test.Passed)) != 2 {
		t.Errorf("%+v", r.Outcomes)
	}
	stop()
	<-running
	centre.Patience = 50 * time.Millisecond
	conformance.Run(t.Context(), cases(t, iec104.Controlling, "A7", "A21"), centre, &conformance.Options{}, &r)
	if r.Vanished == nil || !strings.Contains(r.Verdict(), "no control centre has called within 50ms") {
		t.Error(r.Verdict())
	}
}

func TestSelect(t *testing.T) {
	for pattern, want := range map[string]string{"A9": "A9", "a9": "A9", "A1?": "A10 A11 A12 A13 A14 A16 A17 A18 A19", "C7": "C7.timed C7.plain"} {
		var got []string
		for _, c := range cases(t, iec104.Controlled, pattern) {
			got = append(got, c.ID)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s chooses %v, want %s", pattern, got, want)
		}
	}
	for pattern, want := range map[string]string{
		"A99": `there is no case "A99" for a station; --list shows all`,
		"[":   `"[" is no pattern`,
	} {
		if _, err := conformance.Select(iec104.Controlled, []string{pattern}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", pattern, err)
		}
	}
	all := cases(t, iec104.Controlling)
	if got := cases(t, iec104.Controlling, "*"); len(got) != len(all) || len(all) < 50 {
		t.Errorf("%d of %d", len(got), len(all))
	}
	var table strings.Builder
	if err := conformance.List(&table, all); err != nil || strings.Count(table.String(), "\n") != len(all)+1 {
		t.Errorf("%v\n%s", err, table.String())
	}
}
