package iec104

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"stellwerk/iec104/apci"
)

// bench drives a machine and reads what it sends.
type bench struct {
	t   *testing.T
	m   machine
	now time.Duration
}

func newBench(t *testing.T, role Role, p Parameters) *bench {
	t.Helper()
	return &bench{t: t, m: newMachine(role, p.WithDefaults(), 0)}
}

// sent returns what the machine has sent since the last call, as text.
func (b *bench) sent() string {
	b.t.Helper()
	var framer apci.Framer
	framer.Feed(b.m.out)
	var all []string
	for {
		frame, err := framer.Next()
		if err != nil {
			b.t.Fatal(err)
		}
		if frame == nil {
			break
		}
		apdu, err := apci.Decode(frame)
		if err != nil {
			b.t.Fatal(err)
		}
		all = append(all, apdu.String())
	}
	b.m.out = b.m.out[:0]
	return strings.Join(all, ", ")
}

func (b *bench) wantSent(want string) {
	b.t.Helper()
	if got := b.sent(); got != want {
		b.t.Errorf("at %v: sent %q, want %q", b.now, got, want)
	}
}

// receive hands a frame in and, as a handler that is never busy, takes over.
func (b *bench) receive(apdu apci.APDU) (events int, err error) {
	deliver, events, err := b.m.receive(b.now, apdu)
	if deliver && err == nil {
		b.m.take(b.now, 1)
		b.m.settle()
	}
	return events, err
}

func (b *bench) must(apdu apci.APDU) int {
	b.t.Helper()
	events, err := b.receive(apdu)
	if err != nil {
		b.t.Fatalf("at %v: %s: %v", b.now, apdu, err)
	}
	return events
}

func (b *bench) mustNot(apdu apci.APDU, reason string) {
	b.t.Helper()
	_, err := b.receive(apdu)
	if !errors.Is(err, ErrProtocol) || !strings.Contains(err.Error(), reason) {
		b.t.Errorf("%s: %v, want %q", apdu, err, reason)
	}
}

func (b *bench) send(n int) {
	b.t.Helper()
	for range n {
		if b.m.window() == 0 {
			b.t.Fatal("the window is closed")
		}
		begin := b.m.sendHeader()
		b.m.out = append(b.m.out, 1)
		if err := b.m.sendASDU(begin, true); err != nil {
			b.t.Fatal(err)
		}
		b.m.written(b.now)
	}
}

// wait lets time pass and ticks whenever a timer is due.
func (b *bench) wait(d time.Duration) error {
	end := b.now + d
	for {
		t1, t2, t3 := b.m.deadlines()
		next := min(t1, t2, t3)
		if next > end {
			b.now = end
			return nil
		}
		b.now = max(b.now, next)
		if err := b.m.tick(b.now, false); err != nil {
			return err
		}
	}
}

func u(f apci.Function) apci.APDU { return apci.APDU{Format: apci.FormatU, Function: f} }
func s(receive apci.Sequence) apci.APDU {
	return apci.APDU{Format: apci.FormatS, Receive: receive}
}

func i(send, receive apci.Sequence) apci.APDU {
	return apci.APDU{Format: apci.FormatI, Send: send, Receive: receive, ASDU: []byte{1}}
}

// started returns a machine with data transfer started.
func started(t *testing.T, role Role, p Parameters) *bench {
	t.Helper()
	b := newBench(t, role, p)
	if role == Controlled {
		b.must(u(apci.StartDTAct))
		b.wantSent("STARTDT con")
	} else {
		b.m.start(0)
		b.wantSent("STARTDT act")
		b.must(u(apci.StartDTCon))
	}
	if b.m.state != Started {
		t.Fatal(b.m.state)
	}
	return b
}

func bothRoles(t *testing.T, f func(t *testing.T, role Role)) {
	t.Helper()
	for _, role := range []Role{Controlling, Controlled} {
		t.Run(role.String(), func(t *testing.T) { f(t, role) })
	}
}

func TestWindow(t *testing.T) {
	for _, k := range []int{1, 2, 12, 32767} {
		bothRoles(t, func(t *testing.T, role Role) {
			b := started(t, role, Parameters{K: k})
			b.send(k)
			if b.m.window() != 0 {
				t.Errorf("k=%d: window %d", k, b.m.window())
			}
			b.must(s(0)) // nothing new
			if b.m.window() != 0 {
				t.Errorf("k=%d: window %d after N(R) 0", k, b.m.window())
			}
			if events := b.must(s(1)); events != 1 || b.m.window() != 1 {
				t.Errorf("k=%d: window %d after N(R) 1, %d events", k, b.m.window(), events)
			}
			b.send(1)
			if events := b.must(i(0, apci.Sequence(0).Add(k+1))); events != k || b.m.window() != k {
				t.Errorf("k=%d: window %d after all, %d events", k, b.m.window(), events)
			}
		})
	}
}

func TestAcknowledgementsOutOfRange(t *testing.T) {
	bothRoles(t, func(t *testing.T, role Role) {
		b := started(t, role, Parameters{})
		b.send(10)
		b.must(s(5))
		b.mustNot(s(4), "N(R) is 4, behind 5")
		b = started(t, role, Parameters{})
		b.send(10)
		b.mustNot(s(11), "N(R) is 11, beyond what was sent")
		b = started(t, role, Parameters{})
		b.mustNot(i(0, 1), "N(R) is 1, beyond what was sent")
	})
}

func TestSequenceOfReceivedFrames(t *testing.T) {
	bothRoles(t, func(t *testing.T, role Role) {
		b := started(t, role, Parameters{})
		b.must(i(0, 0))
		b.mustNot(i(0, 0), "N(S) is 0, 1 was expected")
		b = started(t, role, Parameters{})
		b.mustNot(i(1, 0), "N(S) is 1, 0 was expected")
	})
}

// TestWrap passes 32767 in both directions with frames outstanding.
func TestWrap(t *testing.T) {
	for _, k := range []int{1, 7, 12, 32767} {
		t.Run(fmt.Sprintf("k=%d", k), func(t *testing.T) {
			b := started(t, Controlled, Parameters{K: k, W: 1})
			ack := apci.Sequence(0)
			for n := range 2*apci.Modulus + 100 {
				b.send(1)
				if b.m.window() == 0 {
					step := min(k, 5)
					ack = ack.Add(step)
					if events := b.must(s(ack)); events != step {
						t.Fatalf("frame %d: %d events, want %d", n, events, step)
					}
				}
				if n%3 == 0 {
					b.must(i(b.m.vr, ack))
				}
				b.m.out = b.m.out[:0]
			}
		})
	}
}

func TestConfirmation(t *testing.T) {
	bothRoles(t, func(t *testing.T, role Role) {
		b := started(t, role, Parameters{W: 3})
		b.must(i(0, 0))
		b.must(i(1, 0))
		b.wantSent("")
		b.must(i(2, 0))
		b.wantSent("S N(R)=3")
		b.must(i(3, 0))
		b.send(1) // carries N(R), which counts as well
		b.wantSent("I N(S)=0 N(R)=4")
		b.must(i(4, 0))
		b.must(i(5, 0))
		b.wantSent("")
		b.must(i(6, 1))
		b.wantSent("S N(R)=7")
	})
}

func TestT2(t *testing.T) {
	bothRoles(t, func(t *testing.T, role Role) {
		b := started(t, role, Parameters{T3: time.Hour})
		b.now = time.Second
		b.must(i(0, 0))
		if err := b.wait(4 * time.Second); err != nil {
			t.Fatal(err)
		}
		b.must(i(1, 0))
		if err := b.wait(6*time.Second - 1); err != nil {
			t.Fatal(err)
		}
		b.wantSent("")
		if err := b.wait(1); err != nil {
			t.Fatal(err)
		}
		b.wantSent("S N(R)=2") // t2 runs from the oldest
		if err := b.wait(time.Minute); err != nil {
			t.Fatal(err)
		}
		b.wantSent("")
	})
}

// TestT2WaitsForTheHandler has a frame that nobody has taken over when t2 runs
// out: it must not be confirmed.
func TestT2WaitsForTheHandler(t *testing.T) {
	b := started(t, Controlled, Parameters{T3: time.Hour})
	frame := i(0, 0)
	if deliver, _, err := b.m.receive(b.now, frame); !deliver || err != nil {
		t.Fatal(deliver, err)
	}
	if err := b.wait(time.Minute); err != nil {
		t.Fatal(err)
	}
	b.wantSent("")
	b.send(1)
	b.wantSent("I N(S)=0 N(R)=0")
	b.m.take(b.now, 1)
	b.m.settle()
	b.wantSent("S N(R)=1")
}

func TestT1(t *testing.T) {
	bothRoles(t, func(t *testing.T, role Role) {
		b := started(t, role, Parameters{T3: time.Hour})
		b.send(1)
		b.now = 5 * time.Second
		b.send(1)
		b.now = 10 * time.Second
		b.must(s(1)) // the second one's t1 runs from 5 s
		if err := b.wait(10*time.Second - 1); err != nil {
			t.Error(err)
		}
		if err := b.wait(1); !errors.Is(err, ErrTimeout) || !strings.Contains(err.Error(), "N(S) 1") {
			t.Error(err)
		}
	})
	b := newBench(t, Controlling, Parameters{})
	b.m.start(0)
	if err := b.wait(time.Hour); b.now != 15*time.Second || !errors.Is(err, ErrTimeout) || !strings.Contains(err.Error(), "STARTDT con") {
		t.Errorf("at %v: %v", b.now, err)
	}
	b = started(t, Controlling, Parameters{})
	b.m.stop(0)
	if err := b.wait(time.Hour); b.now != 15*time.Second || !errors.Is(err, ErrTimeout) || !strings.Contains(err.Error(), "STOPDT con") {
		t.Errorf("at %v: %v", b.now, err)
	}
	bothRoles(t, func(t *testing.T, role Role) {
		b := newBench(t, role, Parameters{})
		err := b.wait(time.Hour)
		if b.now != 35*time.Second || !errors.Is(err, ErrTimeout) || !strings.Contains(err.Error(), "TESTFR con") {
			t.Errorf("at %v: %v", b.now, err)
		}
		b.wantSent("TESTFR act")
	})
}

func TestT3(t *testing.T) {
	bothRoles(t, func(t *testing.T, role Role) {
		b := newBench(t, role, Parameters{})
		b.now = 19 * time.Second
		b.must(u(apci.TestFRAct))
		b.wantSent("TESTFR con")
		if err := b.wait(20*time.Second - 1); err != nil {
			t.Fatal(err)
		}
		b.wantSent("")
		if err := b.wait(1); err != nil {
			t.Fatal(err)
		}
		b.wantSent("TESTFR act")
		b.now += 14 * time.Second
		b.must(u(apci.TestFRCon))
		if err := b.wait(20 * time.Second); err != nil {
			t.Fatal(err)
		}
		b.wantSent("TESTFR act")
	})
}

func TestStopControlled(t *testing.T) {
	b := started(t, Controlled, Parameters{})
	b.must(i(0, 0))
	b.must(u(apci.StopDTAct))
	b.wantSent("S N(R)=1, STOPDT con")

	b = started(t, Controlled, Parameters{})
	b.must(i(0, 0))
	b.send(2)
	b.sent()
	b.must(i(1, 0))
	b.must(u(apci.StopDTAct))
	b.wantSent("S N(R)=2")
	if b.m.state != UnconfirmedStopped || b.m.window() != 0 {
		t.Error(b.m.state, b.m.window())
	}
	b.must(s(1))
	b.wantSent("")
	b.must(s(2))
	b.wantSent("STOPDT con")
	b.must(u(apci.StopDTAct)) // once more
	b.wantSent("STOPDT con")
	b.mustNot(s(2), "S frame while stopped")

	b = started(t, Controlled, Parameters{})
	b.send(1)
	b.must(u(apci.StopDTAct))
	b.mustNot(i(0, 0), "I frame while unconfirmed stopped")

	b = started(t, Controlled, Parameters{})
	b.send(1)
	b.sent()
	b.must(u(apci.StopDTAct))
	b.must(u(apci.StartDTAct)) // thinks better of it
	b.wantSent("STARTDT con")
	b.must(s(1))
	b.wantSent("")
}

func TestStopControlling(t *testing.T) {
	b := started(t, Controlling, Parameters{})
	b.must(i(0, 0))
	b.m.stop(b.now)
	b.wantSent("S N(R)=1, STOPDT act")
	if b.m.state != PendingStopped {
		t.Error(b.m.state)
	}
	b.must(i(1, 0)) // was under way
	b.wantSent("S N(R)=2")
	b.must(u(apci.StopDTCon))
	if b.m.state != Stopped {
		t.Error(b.m.state)
	}
	b.mustNot(i(2, 0), "I frame while stopped")

	b = started(t, Controlling, Parameters{})
	b.send(1)
	b.sent()
	b.m.stop(b.now)
	b.wantSent("STOPDT act")
	if b.m.state != PendingUnconfirmedStopped {
		t.Error(b.m.state)
	}
	b.must(s(1))
	if b.m.state != PendingStopped {
		t.Error(b.m.state)
	}
	b.must(u(apci.StopDTCon))
	b.mustNot(s(1), "S frame while stopped")

	// A station that confirms before it acknowledges is given t1 for it.
	b = started(t, Controlling, Parameters{})
	b.send(1)
	b.m.stop(b.now)
	b.must(u(apci.StopDTCon))
	b.must(s(1))
	b.mustNot(s(1), "S frame while stopped")
}

func TestFramesWhileStopped(t *testing.T) {
	bothRoles(t, func(t *testing.T, role Role) {
		b := newBench(t, role, Parameters{})
		b.mustNot(i(0, 0), "I frame while stopped")
		b = newBench(t, role, Parameters{})
		b.mustNot(s(0), "S frame while stopped")
	})
	b := newBench(t, Controlling, Parameters{})
	b.m.start(0)
	b.mustNot(s(0), "S frame while pending started")
	b = newBench(t, Controlling, Parameters{})
	b.m.start(0)
	b.mustNot(i(0, 0), "I frame while pending started")
}

func TestStartRepeated(t *testing.T) {
	b := started(t, Controlled, Parameters{})
	b.must(i(0, 0))
	b.must(u(apci.StartDTAct))
	b.wantSent("STARTDT con")
	b.must(i(1, 0)) // the numbers go on
}

func TestToleratedFrames(t *testing.T) {
	for _, test := range []struct {
		role Role
		apdu apci.APDU
	}{
		{Controlling, u(apci.StartDTAct)},
		{Controlling, u(apci.StopDTAct)},
		{Controlling, u(apci.StartDTCon)},
		{Controlling, u(apci.StopDTCon)},
		{Controlling, u(apci.TestFRCon)},
		{Controlled, u(apci.StartDTCon)},
		{Controlled, u(apci.StopDTCon)},
		{Controlled, u(apci.TestFRCon)},
		{Controlled, apci.APDU{Format: apci.FormatU, Function: apci.TestFRAct, Reserved: true}},
	} {
		b := newBench(t, test.role, Parameters{})
		b.must(test.apdu)
		if !errors.Is(b.m.finding, ErrTolerated) || b.m.state != Stopped {
			t.Errorf("%s, %s: %v, %s", test.role, test.apdu, b.m.finding, b.m.state)
		}
		b.must(u(apci.TestFRAct))
		if b.m.finding != nil {
			t.Errorf("the finding stays: %v", b.m.finding)
		}
	}
}

func TestASDULength(t *testing.T) {
	for length, ok := range map[int]bool{0: false, 1: true, 249: true, 250: false} {
		b := started(t, Controlled, Parameters{})
		begin := b.m.sendHeader()
		b.m.out = append(b.m.out, make([]byte, length)...)
		err := b.m.sendASDU(begin, false)
		if (err == nil) != ok || ok != (len(b.m.out) > 0) || !ok && !errors.Is(err, ErrASDU) {
			t.Errorf("%d octets: %v, %d sent", length, err, len(b.m.out))
		}
	}
}

func TestParameters(t *testing.T) {
	for _, test := range []struct {
		name     string
		p        Parameters
		warnings int
		ok       bool
	}{
		{"defaults", Parameters{}, 0, true},
		{"k=1", Parameters{K: 1}, 0, true},
		{"k and w at the limit", Parameters{K: 32767, W: 21844}, 0, true},
		{"k=w", Parameters{K: 8, W: 8}, 1, true},
		{"w above k", Parameters{K: 3, W: 8}, 1, true},
		{"short times", Parameters{T0: time.Second, T1: 2 * time.Second, T2: time.Second, T3: time.Second}, 0, true},
		{"long times", Parameters{T0: 255 * time.Second, T1: 255 * time.Second, T2: 254 * time.Second, T3: 48 * time.Hour}, 0, true},
		{"t2 follows t1", Parameters{T1: 2 * time.Second}, 0, true},
		{"t2 = t1", Parameters{T1: 10 * time.Second, T2: 10 * time.Second}, 0, false},
		{"no room for t2", Parameters{T1: time.Second}, 0, false},
		{"k=0 below", Parameters{K: -1}, 0, false},
		{"k above", Parameters{K: 32768}, 0, false},
		{"w above", Parameters{W: 32768}, 0, false},
		{"w below", Parameters{W: -1}, 0, false},
		{"t0 above", Parameters{T0: 256 * time.Second}, 0, false},
		{"t1 below", Parameters{T1: time.Millisecond}, 0, false},
		{"t3 above", Parameters{T3: 49 * time.Hour}, 0, false},
		{"t3 below", Parameters{T3: -time.Hour}, 0, false},
	} {
		warnings, err := test.p.Check()
		if len(warnings) != test.warnings || (err == nil) != test.ok {
			t.Errorf("%s: %q, %v", test.name, warnings, err)
		}
	}
}

// FuzzMachine throws events at the machine: it never has more than k frames
// unacknowledged, never leaves more than w frames unconfirmed that were taken
// over, and never panics.
func FuzzMachine(f *testing.F) {
	f.Add(false, uint16(12), uint16(8), []byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
	f.Add(true, uint16(1), uint16(1), []byte{10, 11, 12, 11, 12, 3, 4, 5, 6, 7})
	f.Fuzz(func(t *testing.T, controlled bool, k, w uint16, events []byte) {
		p := Parameters{K: int(k%maxWindow) + 1, W: int(w%maxWindow) + 1}
		role := Controlling
		if controlled {
			role = Controlled
		}
		b := newBench(t, role, p)
		functions := []apci.Function{apci.StartDTAct, apci.StartDTCon, apci.StopDTAct, apci.StopDTCon, apci.TestFRAct, apci.TestFRCon}
		for n, event := range events {
			argument := 0
			if n+1 < len(events) {
				argument = int(int8(events[n+1]))
			}
			var err error
			switch event % 14 {
			case 0, 1, 2, 3, 4, 5:
				_, err = b.receive(u(functions[event%14]))
			case 6, 7:
				_, err = b.receive(i(b.m.vr, b.m.ack()))
			case 8:
				_, err = b.receive(i(b.m.vr.Add(argument), b.m.ack().Add(argument)))
			case 9:
				_, err = b.receive(s(b.m.ack().Add(argument)))
			case 10:
				b.m.start(b.now)
			case 11:
				b.m.stop(b.now)
			case 12:
				b.send(min(b.m.window(), argument&0x7f))
			case 13:
				err = b.wait(time.Duration(argument&0x7f) * time.Second)
			}
			if b.m.sent.len() > b.m.p.K || b.m.window() < 0 {
				t.Fatalf("%d unacknowledged, k=%d", b.m.sent.len(), b.m.p.K)
			}
			if got := b.m.taken.Since(b.m.confirmed); got >= b.m.p.W {
				t.Fatalf("%d unconfirmed, w=%d", got, b.m.p.W)
			}
			if err != nil {
				if !errors.Is(err, ErrProtocol) && !errors.Is(err, ErrTimeout) {
					t.Fatal(err)
				}
				return
			}
			b.sent() // decodes it
		}
	})
}
