package iec104_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/apci"
	"stellwerk/iec104/asdu"
	"stellwerk/internal/rig"
)

// weak is a connection that can be made silent in either direction: what is
// written then is lost, as behind a router that has lost its way.
type weak struct {
	*rig.Conn
	mute *sync.Map // of *rig.Conn: nothing that it writes arrives any more
}

func (w weak) Write(p []byte) (int, error) {
	if _, lost := w.mute.Load(w.Conn); lost {
		return len(p), nil
	}
	return w.Conn.Write(p)
}

// TestSupervisorProperty cuts lines, makes them half-open, stalls and fails the
// handler and switches at random. Nothing is missing, the order is kept, and
// only what the station had got no acknowledgement for comes again.
func TestSupervisorProperty(t *testing.T) {
	for seed := range uint64(100) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { supervisorProperty(t, rand.New(rand.NewPCG(seed, 2))) })
		})
	}
}

func supervisorProperty(t *testing.T, random *rand.Rand) {
	network := rig.NewNetwork(&rig.Options{Latency: time.Duration(random.IntN(50)) * time.Millisecond})
	p := iec104.Parameters{K: 1 + random.IntN(12)}
	w := 1 + random.IntN(p.K) // or each event takes t2
	var mu sync.Mutex
	taken, acked, repeats := 0, 0, 0 // the highest event taken over, and acknowledged to the station
	var active *iec104.Session
	sentOn := map[*iec104.Session][]int{}
	server := newServer(t, &plant{}, &iec104.ServerOptions{
		Parameters: p, Groups: []iec104.RedundancyGroup{{Name: "all", MaxConnections: 64}},
		// What the station has sent and got acknowledged, by the wire.
		Trace: func(s *iec104.Session, f iec104.Frame) {
			apdu, err := apci.Decode(f.Octets)
			mu.Lock()
			defer mu.Unlock()
			if err != nil || apdu.Format == apci.FormatU {
				if !f.Sent && apdu.Function == apci.StartDTAct {
					active = s // late acknowledgements elsewhere let go of nothing
				}
				return
			}
			if f.Sent && apdu.Format == apci.FormatI {
				n := -1
				if apdu.ASDU[0] == byte(asdu.M_SP_NA_1) {
					n = int(apdu.ASDU[6]) | int(apdu.ASDU[7])<<8
				}
				sentOn[s] = append(sentOn[s], n)
				if n > 0 && n <= acked {
					t.Errorf("%d is sent after %d was acknowledged", n, acked)
				}
			}
			if !f.Sent && s == active {
				for _, n := range sentOn[s][:min(int(apdu.Receive), len(sentOn[s]))] {
					acked = max(acked, n)
				}
			}
		},
	})
	addresses := []string{"10.0.0.1:2404", "10.0.0.2:2404", "10.0.0.3:2404"}
	for _, address := range addresses {
		listener, err := network.Listen(address)
		if err != nil {
			t.Fatal(err)
		}
		go func() { _ = server.Serve(listener) }()
	}
	var mute sync.Map
	var ends []*rig.Conn
	var fails, stalls int
	last := 0
	supervisor, err := iec104.NewSupervisor(addresses[0], &iec104.SupervisorOptions{
		Standby: addresses[1:], MaxBackoff: 2 * time.Second, ReturnAfter: time.Duration(random.IntN(3)) * 20 * time.Second,
		Dial: func(ctx context.Context, address string) (net.Conn, error) {
			conn, err := network.DialContext(ctx, "tcp", address)
			if err != nil {
				return nil, err
			}
			near, ok := conn.(*rig.Conn)
			if !ok {
				return nil, errors.New("not of the network")
			}
			mu.Lock()
			ends = append(ends, near)
			mu.Unlock()
			return weak{near, &mute}, nil
		},
		Client: &iec104.ClientOptions{Parameters: iec104.Parameters{W: w}, Handler: func(a asdu.ASDU) error {
			mu.Lock()
			fail, stall := fails > 0, stalls > 0
			fails, stalls = max(0, fails-1), max(0, stalls-1)
			mu.Unlock()
			if stall {
				time.Sleep(20 * time.Second) // longer than t1
			}
			if fail {
				return errors.New("no room")
			}
			for o := range a.Objects() {
				mu.Lock()
				n := int(o.IOA())
				switch {
				case a.Type != asdu.M_SP_NA_1:
				case n == taken+1 && (last == taken || last+1 == n):
					taken = n
				case n <= taken:
					repeats++
					if n != last+1 && n > last {
						t.Errorf("%d follows %d", n, last)
					}
				default:
					t.Errorf("%d follows %d, and %d was the highest", n, last, taken)
				}
				if a.Type == asdu.M_SP_NA_1 {
					last = n
				}
				mu.Unlock()
			}
			return nil
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); _ = supervisor.Run(ctx) }()
	defer func() { cancel(); <-done }()
	sent := 0
	for range 80 {
		switch random.IntN(12) {
		case 0: // a cut line
			if c := supervisor.Client(); c != nil {
				_ = c.Close()
			}
		case 1: // any line, by a reset
			mu.Lock()
			if len(ends) > 0 {
				_ = ends[random.IntN(len(ends))].Abort()
			}
			mu.Unlock()
		case 2: // half-open: the station hears nothing any more
			mu.Lock()
			if len(ends) > 0 {
				mute.Store(ends[len(ends)-1-random.IntN(min(3, len(ends)))], true)
			}
			mu.Unlock()
		case 3:
			mu.Lock()
			fails = 1
			mu.Unlock()
		case 4:
			mu.Lock()
			stalls = random.IntN(2)
			mu.Unlock()
		case 5, 6:
			if err := supervisor.Switch(addresses[random.IntN(3)]); err != nil {
				t.Fatal(err)
			}
		case 7:
			time.Sleep(time.Duration(random.IntN(40)) * time.Second)
		default:
			for range 1 + random.IntN(10) {
				sent++
				if err := server.Send(single(asdu.ObjectAddress(sent), asdu.Spontaneous)); err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(time.Duration(random.IntN(300)) * time.Millisecond)
		}
	}
	mu.Lock()
	fails, stalls = 0, 0
	mu.Unlock()
	time.Sleep(10 * time.Minute)
	mu.Lock()
	defer mu.Unlock()
	if buffer, ok := server.Queue("all").(*iec104.EventBuffer); taken != sent || !ok || buffer.Len() != 0 || buffer.Lost() != 0 {
		t.Errorf("%d of %d taken over, %d acknowledged, %d came again; %+v", taken, sent, acked, repeats, supervisor.Status())
	}
}
