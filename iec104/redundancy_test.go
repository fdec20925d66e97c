package iec104_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/apci"
	"stellwerk/iec104/asdu"
)

func inGroup(t *testing.T, p iec104.Parameters) *iec104.Server {
	t.Helper()
	return newServer(t, &plant{points: 4}, &iec104.ServerOptions{
		Parameters: p,
		Groups:     []iec104.RedundancyGroup{{Name: "north", MaxConnections: 2}},
		Limits:     iec104.Limits{StartTimeout: time.Second},
	})
}

// TestGroupSwitchesOver: what was not acknowledged goes over the connection that
// is started last; the other is on standby, and can be started again.
func TestGroupSwitchesOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := inGroup(t, iec104.Parameters{K: 4})
		for n := 1; n <= 6; n++ { // there is no connection yet
			if err := server.Send(single(asdu.ObjectAddress(n), asdu.Spontaneous)); err != nil {
				t.Fatal(err)
			}
		}
		a, sa := rawClient(t, server)
		a.want(event(1), event(2), event(3), event(4), "nothing")
		a.write(apci.AppendS(nil, 2))
		a.want(event(5), event(6))
		b, sb := rawClient(t, server)
		b.want(event(3), event(4), event(5), event(6))
		a.want("nothing")
		if s := sa.Standing(); s.Active || s.Group != "north" || s.SupersededBy == nil || sa.Status().State != iec104.Stopped {
			t.Errorf("%+v", s)
		}
		if s := sb.Standing(); !s.Active || s.SupersededBy != nil {
			t.Errorf("%+v", s)
		}
		a.write(apci.AppendS(nil, 4)) // lets go of nothing
		b.write(apci.AppendS(nil, 1)) // 3
		time.Sleep(16 * time.Second / 2)
		a.write(apci.AppendU(nil, apci.StartDTAct))
		a.want("STARTDT con", event(4), event(5))
		a.write(apci.AppendS(nil, a.receive))
		a.want(event(6), "nothing")
		a.write(apci.AppendS(nil, a.receive))
		b.request("64 01 06 00 0100 000000 14") // not carried out
		for b.next() != "closed" {
		}
		if <-sb.Done(); !errors.Is(sb.Err(), iec104.ErrSuperseded) {
			t.Error(sb.Err())
		}
		synctest.Wait()
		if buffer := server.Queue("north").(*iec104.EventBuffer); buffer.Len() != 0 || buffer.Lost() != 0 {
			t.Error(buffer.Len(), buffer.Lost())
		}
	})
}

func TestGroupLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := inGroup(t, iec104.Parameters{})
		rawClient(t, server)
		near, far := net.Pipe()
		defer near.Close()
		standby, err := server.ServeConn(far)
		if err != nil {
			t.Fatal(err)
		}
		near2, far2 := net.Pipe()
		defer near2.Close()
		if _, err := server.ServeConn(far2); !errors.Is(err, iec104.ErrBusy) || server.Refused() != 1 {
			t.Error(err)
		}
		time.Sleep(5 * time.Second)
		if standby.Err() != nil { // StartTimeout is not for standby connections
			t.Error(standby.Err())
		}
	})
	for _, groups := range [][]iec104.RedundancyGroup{
		{{}},
		{{Name: "a"}, {Name: "a"}},
		{{Name: "a", MaxConnections: -1}},
		{{Name: "a", Events: iec104.EventLimits{Events: -1}}},
	} {
		if _, err := iec104.NewServer(&plant{}, &iec104.ServerOptions{Groups: groups}); err == nil {
			t.Errorf("%+v accepted", groups)
		}
	}
}

type addressed struct {
	net.Conn
	remote net.Addr
}

func (a addressed) RemoteAddr() net.Addr { return a.remote }

func TestFromPrefixes(t *testing.T) {
	match := iec104.FromPrefixes(netip.MustParsePrefix("192.0.2.0/24"))
	for address, want := range map[string]bool{"192.0.2.7:5": true, "198.51.100.7:5": false, "[::ffff:192.0.2.7]:5": true} {
		if got := match(addressed{remote: net.TCPAddrFromAddrPort(netip.MustParseAddrPort(address))}); got != want {
			t.Errorf("%s: %v", address, got)
		}
	}
}

// TestGroupProperty switches and cuts connections at random, acknowledges late,
// and holds what came to what was sent: nothing is missing, the order is kept on
// each connection, and twice comes only what was not acknowledged.
func TestGroupProperty(t *testing.T) {
	for seed := range uint64(200) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { groupProperty(t, rand.New(rand.NewPCG(seed, 1))) })
		})
	}
}

func groupProperty(t *testing.T, random *rand.Rand) {
	server := inGroup(t, iec104.Parameters{K: 1 + random.IntN(12)})
	var lines [2]*raw
	active, sent, acked, last := -1, 0, 0, 0 // acked: the highest event acknowledged in time
	seen := 0                                // the highest event received
	read := func() {
		r := lines[active]
		for {
			got := r.next()
			if got == "nothing" {
				return
			}
			if got == "TESTFR act" {
				r.write(apci.AppendU(nil, apci.TestFRCon))
				continue
			}
			var n int
			if _, err := fmt.Sscanf(got, "010103000100%02x", &n); err != nil {
				t.Fatalf("%q: %v", got, err)
			}
			if n != last+1 {
				t.Fatalf("%d follows %d, acknowledged up to %d", n, last, acked)
			}
			last = n
			seen = max(seen, n)
		}
	}
	for range 60 {
		switch step := random.IntN(10); {
		case step < 5 && sent < 250:
			sent++
			if err := server.Send(single(asdu.ObjectAddress(sent), asdu.Spontaneous)); err != nil {
				t.Fatal(err)
			}
		case step < 7 && active >= 0:
			read()
			if acked < last {
				r := lines[active]
				n := 1 + random.IntN(last-acked)
				acked += n
				r.write(apci.AppendS(nil, r.receive.Add(acked-last)))
			}
		case step == 7 && active >= 0:
			_ = lines[active].conn.Close()
			synctest.Wait()
			lines[active], active = nil, -1
		default:
			synctest.Wait()
			next := random.IntN(2)
			if next == active {
				break
			}
			if active >= 0 {
				read()
				if random.IntN(2) == 0 { // whom the answer to STOPDT makes exact
					r := lines[active]
					for acked < last {
						r.write(apci.AppendS(nil, r.receive))
						acked = last
						read()
					}
				}
			}
			if lines[next] == nil {
				lines[next], _ = rawClient(t, server)
			} else {
				lines[next].write(apci.AppendU(nil, apci.StartDTAct))
				got := lines[next].next()
				for got == "TESTFR act" {
					lines[next].write(apci.AppendU(nil, apci.TestFRCon))
					got = lines[next].next()
				}
				if got != "STARTDT con" {
					t.Fatal(got)
				}
				// What it had before the switch-over is acknowledged late.
				lines[next].write(apci.AppendS(nil, lines[next].receive))
			}
			active, last = next, acked // from here on it begins again
		}
	}
	if active < 0 {
		for i := range lines {
			if lines[i] == nil {
				lines[i], _ = rawClient(t, server)
				active, last = i, acked
				break
			}
		}
	}
	for acked < sent {
		read()
		if last == acked {
			t.Fatalf("%d of %d", last, sent)
		}
		acked = last
		lines[active].write(apci.AppendS(nil, lines[active].receive))
	}
	read()
	if seen != sent {
		t.Errorf("%d of %d", seen, sent)
	}
}

// lateKnower is a station that takes its time to hear of states, and has
// something to send meanwhile.
type lateKnower struct {
	plant
	server *iec104.Server
	knows  atomic.Bool
}

func (s *lateKnower) StateChanged(_ *iec104.Session, state iec104.State) {
	if state == iec104.Started {
		_ = s.server.Send(single(1, asdu.Spontaneous))
		time.Sleep(100 * time.Millisecond)
		s.knows.Store(true)
	}
}

func (s *lateKnower) Connected(*iec104.Session) {}

func (s *lateKnower) Disconnected(*iec104.Session, error) {}

// Data transfer is confirmed when everybody knows of it, and what was active
// before is no more: otherwise an event could still leave there.
func TestConfirmationComesLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		station := &lateKnower{}
		station.server = newServer(t, station, nil)
		r, _ := rawClient(t, station.server)
		if !station.knows.Load() {
			t.Error("confirmed before the station knew")
		}
		r.want("01010300010001000001")
	})
}
