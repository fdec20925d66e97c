package iec104_test

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/apci"
	"stellwerk/iec104/asdu"
)

// slowTrace takes its time, and finds what cannot be if it sees the frames in
// the order in which they take effect.
type slowTrace struct {
	t       *testing.T
	side    string
	busy    atomic.Bool
	frames  int
	started bool             // one side has said so
	seen    [2]apci.Sequence // I frames received and sent
}

func (s *slowTrace) frame(f iec104.Frame) {
	if !s.busy.CompareAndSwap(false, true) {
		s.t.Errorf("%s: two at a time", s.side)
	}
	defer s.busy.Store(false)
	time.Sleep(time.Millisecond)
	s.frames++
	a, err := apci.Decode(f.Octets)
	if err != nil {
		s.t.Error(err)
		return
	}
	to := 0
	if f.Sent {
		to = 1
	}
	if a.Format == apci.FormatU {
		s.started = s.started || a.Function == apci.StartDTCon
		return
	}
	if !s.started {
		s.t.Errorf("%s: %v before STARTDT con", s.side, a)
	}
	if seen := s.seen[1-to]; a.Receive > seen { // far from 2^15
		s.t.Errorf("%s: %v acknowledges more than the %d frames seen", s.side, a, seen)
	}
	if a.Format == apci.FormatI {
		s.seen[to]++
	}
}

// A trace function sees a frame before those that it gives rise to, on both
// sides, and one at a time, however long it takes.
func TestTraceIsInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := &slowTrace{t: t, side: "client"}, &slowTrace{t: t, side: "server"}
		client, _ := pair(t, &plant{points: 100},
			&iec104.ServerOptions{Trace: func(_ *iec104.Session, f iec104.Frame) { theirs.frame(f) }},
			&iec104.ClientOptions{Trace: ours.frame})
		if err := client.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := client.Interrogate(t.Context(), 1, asdu.InterrogateStation); err != nil {
			t.Fatal(err)
		}
		if _, err := client.Operate(t.Context(), 1, asdu.SingleCommand{Address: 7, Value: true}, iec104.SelectAndExecute); err != nil {
			t.Fatal(err)
		}
		if err := client.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second) // the last frames are still being shown
		synctest.Wait()
		if ours.frames < 100 || ours.frames != theirs.frames {
			t.Errorf("%d and %d frames", ours.frames, theirs.frames)
		}
	})
}
