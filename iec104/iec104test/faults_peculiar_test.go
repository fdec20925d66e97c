package iec104test_test

import (
	"context"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
	"stellwerk/iec104/iec104test"
)

// hasty is a control centre that gives up a call too early, or too late.
type hasty struct {
	*iec104test.ControlCentre
	after time.Duration
}

func (h hasty) DialSilent(ctx context.Context) error {
	time.Sleep(h.after)
	return ctx.Err()
}

// greedy is a station that says that its k is smaller.
type greedy struct{ *iec104test.Builtin }

func (g greedy) Parameters() iec104.Parameters {
	p := g.Builtin.Parameters()
	p.K--
	return p
}

// divided is a station whose connections are no redundancy group, though it says
// that they are.
type divided struct{ *iec104test.Builtin }

func (divided) Grouped() bool { return true }

// forgetful is a station that loses what was not acknowledged when another
// connection becomes the active one.
type forgetful struct {
	*iec104test.Builtin
	calls *atomic.Int32
}

func (f forgetful) Connect(ctx context.Context) (net.Conn, error) {
	conn, err := f.Builtin.Connect(ctx)
	if err != nil || f.calls.Add(1) == 1 {
		return conn, err
	}
	return iec104test.Altered(conn, iec104test.Alterations{Received: lost(is(asdu.M_SP_TB_1, asdu.Spontaneous))}), nil
}

// peculiarFaults are faults that neither alter ASDUs nor the parameters alone.
var peculiarFaults = []struct {
	name  string
	role  iec104.Role
	id    string
	fault func(peer) peer
}{
	{"gives up early", iec104.Controlling, "A15", func(p peer) peer {
		return hasty{p.(*iec104test.ControlCentre), 10 * time.Second}
	}},
	{"gives up late", iec104.Controlling, "A15", func(p peer) peer {
		return hasty{p.(*iec104test.ControlCentre), time.Minute}
	}},
	{"stops without an acknowledgement", iec104.Controlling, "A19", func(p peer) peer {
		return starting{spoiled{peer: p, faults: receiving(losing(iec104test.SFrame))}}
	}},
	{"has no redundancy group", iec104.Controlled, "A23", func(p peer) peer {
		return divided{p.(*iec104test.Builtin)}
	}},
	{"loses what was not acknowledged", iec104.Controlled, "A23", func(p peer) peer {
		return forgetful{p.(*iec104test.Builtin), new(atomic.Int32)}
	}},
	{"goes on with a file after a deactivation", iec104.Controlled, "C11.abort", func(p peer) peer {
		return alteredStation{p.(*iec104test.Builtin), altered{peer: p, alter: asks(lost(calls(asdu.DeactivateFile)))}}
	}},
	{"sends more of a file than k", iec104.Controlled, "C11.window", func(p peer) peer {
		return greedy{p.(*iec104test.Builtin)}
	}},
}

// TestCasesFindPeculiarFaults has subjects with those faults.
func TestCasesFindPeculiarFaults(t *testing.T) {
	for _, test := range peculiarFaults {
		t.Run(test.name+"/"+test.id, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := casesByID(test.role)[test.id]
				grouped := c
				if test.name == "has no redundancy group" {
					grouped.Requirement = "" // newPeer makes none
				}
				var p iec104.Parameters
				if c.ID == "C11.abort" {
					p = iec104.Parameters{K: 2, W: 1} // less than the file
				}
				mustFail(t, run(c, test.fault(newPeer(t, grouped, p, nil)), quick))
			})
		})
	}
}
