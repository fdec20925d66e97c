package iec104test_test

import (
	"context"
	"fmt"
	"net"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/iec104test"
	"stellwerk/iec104/station"
	"stellwerk/internal/rig"
)

func TestMain(m *testing.M) { rig.Main(m) }

// peer is a subject that must be closed.
type peer interface {
	iec104test.Subject
	Close() error
}

// newPeer returns our own station for a case. Some cases fill its event buffer,
// others need a large one.
func newPeer(t *testing.T, c iec104test.Case, p iec104.Parameters, listener net.Listener) peer {
	t.Helper()
	var subject peer
	var err error
	if c.Role == iec104.Controlled {
		events := 0
		if c.Requirement == "C12" {
			events = 500
		}
		var groups []iec104.RedundancyGroup
		if c.Requirement == "A23" {
			groups = []iec104.RedundancyGroup{{Name: "all"}}
		}
		subject, err = iec104test.NewBuiltin(&iec104test.BuiltinOptions{
			Listener: listener, Cycles: c.Requirement == "C12" || c.ID == "C10.cyclic",
			Station: station.Options{Server: iec104.ServerOptions{Parameters: p, Events: events, Groups: groups, SelectTimeout: 3 * time.Second}},
		})
	} else {
		subject, err = iec104test.NewControlCentre(&iec104test.ControlCentreOptions{
			Listener: listener, Client: iec104.ClientOptions{Parameters: p, AnswerTimeout: 500 * time.Millisecond},
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	return subject
}

// run runs a case and closes its subject.
func run(c iec104test.Case, subject peer, options *iec104test.RunOptions) iec104test.Result {
	ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
	defer cancel()
	result := c.Run(ctx, subject, options)
	_ = subject.Close()
	return result
}

// deviations are the cases that our own stations do not pass yet, and why.
var deviations = map[string]string{}

func report(t *testing.T, result iec104test.Result) {
	t.Helper()
	if why, known := deviations[fmt.Sprint(result.Case.ID, "/", result.Case.Role)]; known && result.Status == iec104test.Failed {
		t.Skipf("%s: %s", why, result.Seen)
	}
	switch result.Status {
	case iec104test.Failed:
		t.Errorf("%s\nexpected: %s\nseen: %s", result.Case.Title, result.Expected, result.Seen)
		for i, frame := range result.Frames {
			if i > 40 {
				t.Logf("and %d more", len(result.Frames)-i)
				break
			}
			t.Logf("%v connection %d sent=%v % x", frame.Time.Format("15:04:05.000"), frame.Connection, frame.Sent, frame.Octets)
		}
	case iec104test.Skipped:
		t.Skip(result.Seen)
	case iec104test.Passed:
		if result.Seen != "" {
			t.Log(result.Seen)
		}
	}
}

// TestCasesInVirtualTime runs every case against our own stations in memory,
// with timers that are exact to the millisecond.
func TestCasesInVirtualTime(t *testing.T) {
	for i, p := range []iec104.Parameters{
		{},
		{K: 1, W: 1},
		{K: 3, W: 8},
		{K: 32767, W: 20000},
		{K: 5, W: 5, T1: 255 * time.Second, T2: 254 * time.Second, T3: 300 * time.Second},
		{T1: 2 * time.Second, T2: time.Second, T3: time.Second, T0: time.Second},
	} {
		for _, c := range iec104test.Cases() {
			if i > 1 && c.ID[0] != 'A' {
				continue // how much is on its way makes no more difference
			}
			if i > 3 && c.ID == "A8" {
				continue // 32767 frames each way, to which the timers make no difference
			}
			t.Run(fmt.Sprintf("k=%d,w=%d,t1=%v/%s/%s", p.K, p.W, p.T1, c.ID, c.Role), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					report(t, run(c, newPeer(t, c, p, nil), &iec104test.RunOptions{Tolerance: 2 * time.Millisecond, Prompt: 100 * time.Millisecond}))
				})
			})
		}
	}
}

// TestCasesOverTCP runs the cases against our own stations over loopback, with
// the shortest timers that the standard allows.
func TestCasesOverTCP(t *testing.T) {
	if testing.Short() {
		t.Skip("takes as long as the timers")
	}
	cases := iec104test.Cases()
	results := make([]iec104test.Result, len(cases))
	// Those of the link procedure all at once, as nearly all of their time is
	// waiting, and then the others.
	for _, link := range []bool{true, false} {
		var wg sync.WaitGroup
		slots := make(chan struct{}, 32)
		for i, c := range cases {
			if (c.ID[0] == 'A') != link {
				continue
			}
			listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			p := iec104.Parameters{T0: 2 * time.Second, T1: 3 * time.Second, T2: time.Second, T3: 2 * time.Second}
			subject := newPeer(t, c, p, listener)
			wg.Go(func() {
				slots <- struct{}{}
				defer func() { <-slots }()
				var options *iec104test.RunOptions
				if !link {
					options = &iec104test.RunOptions{Prompt: 600 * time.Millisecond}
				}
				results[i] = run(c, subject, options)
			})
		}
		wg.Wait()
	}
	for _, result := range results {
		t.Run(fmt.Sprintf("%s/%s", result.Case.ID, result.Case.Role), func(t *testing.T) { report(t, result) })
	}
}

// mute is a station of which nothing is known but where it is.
type mute struct{ station peer }

func (m mute) Connect(ctx context.Context) (net.Conn, error) { return m.station.Connect(ctx) }
func (m mute) Parameters() iec104.Parameters                 { return m.station.Parameters() }
func (m mute) Close() error                                  { return m.station.Close() }

// TestCasesAgainstAnyStation runs the cases against a station that can do
// nothing for them: they pass, or say what they would need.
func TestCasesAgainstAnyStation(t *testing.T) {
	needs := []string{
		"A8", "A19", "A20", "A23", "A26",
		"B4.command", "B4.parameter", "B6.command", "B8.command", "B13.setpoint",
		"C1.start", "C3.freeze", "C3.reset", "C3.spontaneous",
		"C5.unsynchronized", "C5.events",
		"C6.direct", "C6.select", "C6.unselected", "C6.timeout", "C6.other", "C6.deactivation", "C6.bitstring",
		"C6.connection", "C6.age", "C6.pulse", "C6.state", "C6.return",
		"C8.events",
		"C10.load", "C10.kind", "C10.threshold", "C10.activation", "C10.cyclic",
		"C11.checksum", "C11.write", "C11.delete",
		"C12.cyclic", "C12.background", "C12.spontaneous", "C12.overflow", "C12.priority",
	}
	for _, c := range iec104test.Cases() {
		if c.Role == iec104.Controlling {
			continue
		}
		t.Run(c.ID, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				station := newPeer(t, c, iec104.Parameters{}, nil)
				result := run(c, mute{station}, &iec104test.RunOptions{Tolerance: 2 * time.Millisecond, Prompt: 100 * time.Millisecond})
				if want := slices.Contains(needs, c.ID); result.Status == iec104test.Failed || want != (result.Status == iec104test.Skipped) {
					t.Errorf("%s: expected %q, seen %q", result.Status, result.Expected, result.Seen)
				}
			})
		})
	}
}
