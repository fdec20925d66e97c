package iec104_test

import (
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/apci"
	"stellwerk/iec104/asdu"
)

// TestGroupCrossing starts and stops the connections of a group at random, in
// bursts, and lets the station take its time wherever it can be held up. When the
// last that each connection was told is STARTDT, one of them is active, and the
// event that comes then arrives there, once.
func TestGroupCrossing(t *testing.T) {
	for seed := range uint64(300) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { groupCrossing(t, rand.New(rand.NewPCG(seed, 3))) })
		})
	}
}

// slowWitness takes its time when it is told of a state.
type slowWitness struct {
	witness
	pause func()
}

func (s *slowWitness) StateChanged(session *iec104.Session, state iec104.State) {
	s.witness.StateChanged(session, state)
	s.pause()
}

// rest returns what comes until nothing does.
func (r *raw) rest() (frames []string) {
	r.t.Helper()
	for {
		switch frame := r.next(); frame {
		case "nothing", "closed":
			return frames
		default:
			frames = append(frames, frame)
		}
	}
}

func groupCrossing(t *testing.T, random *rand.Rand) {
	var steps atomic.Uint64
	seed := random.Uint64()
	station := &slowWitness{pause: func() {
		step := rand.New(rand.NewPCG(seed, steps.Add(1)))
		time.Sleep(time.Duration(step.IntN(8)) * time.Millisecond)
	}}
	server := newServer(t, station, &iec104.ServerOptions{
		Groups:     []iec104.RedundancyGroup{{Name: "all"}},
		Parameters: iec104.Parameters{T3: time.Hour}, // nobody answers test frames
		Trace: func(_ *iec104.Session, f iec104.Frame) {
			if !f.Sent { // the machine has changed, and nobody knows of it yet
				station.pause()
			}
		},
	})
	var lines []*raw
	var sessions []*iec104.Session
	for range 2 + random.IntN(2) {
		near, far := net.Pipe()
		session, err := server.ServeConn(far)
		if err != nil {
			t.Fatal(err)
		}
		r := &raw{t: t, conn: near}
		t.Cleanup(func() { _ = near.Close() })
		lines, sessions = append(lines, r), append(sessions, session)
	}
	for round := range 10 {
		// What each line is told in this round, the last of it STARTDT.
		burst := make([][]apci.Function, len(lines))
		for i := range burst {
			for range random.IntN(3) {
				burst[i] = append(burst[i], apci.StopDTAct, apci.StartDTAct)
			}
			if random.IntN(3) > 0 {
				burst[i] = append(burst[i], apci.StartDTAct)
			}
		}
		told := false
		for i, r := range lines {
			told = told || len(burst[i]) > 0
			go func() {
				for _, function := range burst[i] {
					_, _ = r.conn.Write(apci.AppendU(nil, function))
				}
			}()
		}
		for i, r := range lines {
			if r.rest(); sessions[i].Err() != nil {
				t.Fatalf("round %d, %v: %v", round, burst, sessions[i].Err())
			}
		}
		if !told && round == 0 {
			continue
		}
		var started []int
		for i, session := range sessions {
			if session.Status().State == iec104.Started {
				started = append(started, i)
			}
			if standing := session.Standing(); standing.Active != (session.Status().State == iec104.Started) {
				t.Errorf("round %d, %v: connection %d is %s, %+v", round, burst, i, session.Status().State, standing)
			}
		}
		if len(started) != 1 {
			t.Fatalf("round %d, %v: started are %v", round, burst, started)
		}
		if err := server.Send(single(asdu.ObjectAddress(round+1), asdu.Spontaneous)); err != nil {
			t.Fatal(err)
		}
		for i, r := range lines {
			var want []string
			if i == started[0] {
				want = []string{event(round + 1)}
			}
			if got := r.rest(); !slices.Equal(got, want) {
				t.Fatalf("round %d: connection %d got %v, want %v", round, i, got, want)
			}
			if i == started[0] {
				r.write(apci.AppendS(nil, r.receive))
			}
		}
	}
}
