package iec104test_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/iec104test"
)

// operated is a control centre that somebody operates, who takes a while, and
// waits until what was told is confirmed.
type operated struct {
	peer
	centre *iec104test.ControlCentre
	takes  time.Duration
	self   bool // it starts data transfer by itself
	again  bool // and again whenever it was stopped
	cannot error
}

func (o operated) Connect(ctx context.Context) (net.Conn, error) {
	conn, err := o.centre.Connect(ctx)
	if err == nil && o.self {
		return conn, o.centre.Start()
	}
	return conn, err
}

func (o operated) Deliberation() time.Duration { return o.takes + 5*time.Second }
func (o operated) StartsItself() bool          { return o.self }

func (o operated) told(do func(*iec104.Client) error) error {
	time.Sleep(o.takes)
	if o.cannot != nil {
		return o.cannot
	}
	return do(o.centre.Client())
}

func (o operated) Start() error {
	return o.told(func(c *iec104.Client) error { return c.Start(context.Background()) })
}

func (o operated) Stop() error {
	return o.told(func(c *iec104.Client) error {
		err := c.Stop(context.Background())
		if o.again && err == nil {
			time.Sleep(o.takes)
			err = c.Start(context.Background())
		}
		return err
	})
}

func (o operated) StepClock(d time.Duration) error {
	return o.told(func(*iec104.Client) error { return o.centre.StepClock(d) })
}

func (o operated) DialSilent(ctx context.Context) error {
	return o.told(func(*iec104.Client) error { return o.centre.DialSilent(ctx) })
}

var told = []string{"A12", "A14", "A15", "A19", "A24", "A26"}

// toldCases runs the cases in which a control centre is told something besides
// requests.
func toldCases(t *testing.T, p iec104.Parameters, subject operated, check func(*testing.T, iec104test.Result)) {
	t.Helper()
	for _, c := range iec104test.Cases() {
		if c.Role == iec104.Controlled || !strings.Contains(strings.Join(told, " ")+" ", c.ID+" ") {
			continue
		}
		t.Run(fmt.Sprintf("t3=%v,takes=%v,self=%v/%s", p.WithDefaults().T3, subject.takes, subject.self, c.ID), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := subject
				s.peer = newPeer(t, c, p, nil)
				s.centre = s.peer.(*iec104test.ControlCentre)
				check(t, run(c, s, &iec104test.RunOptions{Tolerance: 10 * time.Millisecond, Prompt: 100 * time.Millisecond}))
				time.Sleep(5 * s.takes) // what was told last is over
			})
		})
	}
}

// TestCasesWithACentreThatIsOperated has a control centre that does late what it
// is told, so that its timers run out meanwhile: nothing is held against it.
func TestCasesWithACentreThatIsOperated(t *testing.T) {
	for _, p := range []iec104.Parameters{{}, {T0: 2 * time.Second, T1: 2 * time.Second, T2: time.Second, T3: time.Second}} {
		for _, takes := range []time.Duration{0, 300 * time.Millisecond, 90 * time.Second} {
			for _, self := range []bool{false, true} {
				toldCases(t, p, operated{takes: takes, self: self}, func(t *testing.T, r iec104test.Result) {
					if r.Case.ID == "A15" && takes > 0 {
						return // when it begins cannot be seen
					}
					if r.Status != iec104test.Passed {
						report(t, r)
						t.Errorf("%s: %s", r.Status, r.Seen)
					}
				})
			}
		}
	}
}

// TestCasesWithACentreThatCannot has one that can do nothing of it, and one that
// fails at it.
func TestCasesWithACentreThatCannot(t *testing.T) {
	no := fmt.Errorf("there is no such button: %w", errors.ErrUnsupported)
	for _, self := range []bool{false, true} {
		toldCases(t, iec104.Parameters{}, operated{self: self, cannot: no}, func(t *testing.T, r iec104test.Result) {
			byItself := self && (r.Case.ID == "A12" || r.Case.ID == "A14") // as far as it goes without
			if want := map[bool]iec104test.Status{false: iec104test.Skipped, true: iec104test.Passed}[byItself]; r.Status != want {
				t.Errorf("%s, want %s: %s; %s", r.Status, want, r.Expected, r.Seen)
			}
			if r.Status == iec104test.Skipped && !strings.Contains(r.Seen, "no such button") {
				t.Error(r.Seen)
			}
		})
		toldCases(t, iec104.Parameters{}, operated{self: self, cannot: errors.New("the button is jammed")}, func(t *testing.T, r iec104test.Result) {
			if byItself := self && r.Case.ID == "A14"; !byItself && (r.Status != iec104test.Failed || r.Seen != "the button is jammed") {
				t.Errorf("%s: %s; %s", r.Status, r.Expected, r.Seen)
			}
		})
	}
	toldCases(t, iec104.Parameters{}, operated{self: true, again: true, takes: time.Second}, func(t *testing.T, r iec104test.Result) {
		if r.Case.ID == "A24" && (r.Status != iec104test.Skipped || !strings.Contains(r.Seen, "again when it was stopped")) {
			t.Errorf("%s: %s; %s", r.Status, r.Expected, r.Seen)
		}
	})
}
