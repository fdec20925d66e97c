package iec104_test

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/apci"
)

// from is a connection that seems to come from an address.
type from struct {
	net.Conn
	remote net.Addr
}

func (c from) RemoteAddr() net.Addr { return c.remote }

// visit connects from an IP address, and returns the station's answer to the
// connection.
func visit(t *testing.T, server *iec104.Server, ip string) (net.Conn, *iec104.Session, error) {
	t.Helper()
	near, far := net.Pipe()
	t.Cleanup(func() { _ = near.Close() })
	session, err := server.ServeConn(from{far, &net.TCPAddr{IP: net.ParseIP(ip), Port: 1}})
	return near, session, err
}

func TestLimits(t *testing.T) {
	type attempt struct {
		ip     string
		reason iec104.RefusalReason
		ok     bool
	}
	const none = iec104.RefusalReason(255)
	yes := func(ip string) attempt { return attempt{ip, none, true} }
	no := func(ip string, reason iec104.RefusalReason) attempt { return attempt{ip, reason, false} }
	for _, test := range []struct {
		name     string
		limits   iec104.Limits
		most     int
		attempts []attempt
	}{
		{"list", iec104.Limits{Allow: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/25"), netip.MustParsePrefix("2001:db8::/32")}}, 0, []attempt{
			yes("192.0.2.127"), no("192.0.2.128", iec104.NotAllowed), yes("::ffff:192.0.2.1"), yes("2001:db8::1"),
			no("2001:db9::1", iec104.NotAllowed),
		}},
		{"an empty list lets nobody in", iec104.Limits{Allow: []netip.Prefix{}}, 0, []attempt{no("127.0.0.1", iec104.NotAllowed)}},
		{"number in all", iec104.Limits{}, 2, []attempt{yes("192.0.2.1"), yes("192.0.2.2"), no("192.0.2.3", iec104.TooMany)}},
		{"number of one address", iec104.Limits{PerAddress: 1}, 0, []attempt{
			yes("192.0.2.1"), no("192.0.2.1", iec104.TooManyOfAddress), yes("192.0.2.2"),
			yes("2001:db8::1"), no("2001:db8::2", iec104.TooManyOfAddress), yes("2001:db8:0:1::1"),
		}},
		{"rate", iec104.Limits{NewPerMinute: 3}, 0, []attempt{
			yes("192.0.2.1"), yes("192.0.2.1"), yes("192.0.2.1"), no("192.0.2.1", iec104.TooFast), yes("192.0.2.2"),
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var last iec104.Refusal
				test.limits.Observe = func(r iec104.Refusal) { last = r }
				server := newServer(t, &plant{}, &iec104.ServerOptions{Limits: test.limits, MaxConnections: test.most})
				var refused uint64
				for i, a := range test.attempts {
					last = iec104.Refusal{}
					_, _, err := visit(t, server, a.ip)
					if (err == nil) != a.ok {
						t.Errorf("%d, %s: %v", i, a.ip, err)
					}
					if err == nil {
						continue
					}
					refused++
					if last.Reason != a.reason || last.Remote.String() == "" || last.Time.IsZero() || !errors.Is(err, last.Err) ||
						!strings.Contains(err.Error(), last.Reason.String()) || server.Refusals()[a.reason] == 0 {
						t.Errorf("%d, %s: %+v, %v", i, a.ip, last, err)
					}
				}
				if server.Refused() != refused {
					t.Errorf("%d refused, %d counted", refused, server.Refused())
				}
			})
		})
	}
}

// The rate lets one connection in after the other, and an address that goes may
// come again.
func TestLimitsLetInAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := newServer(t, &plant{}, &iec104.ServerOptions{Limits: iec104.Limits{PerAddress: 1, NewPerMinute: 2}})
		must := func(want error) {
			t.Helper()
			conn, session, err := visit(t, server, "192.0.2.1")
			if !errors.Is(err, want) {
				t.Fatal(err)
			}
			if err == nil {
				_ = conn.Close()
				<-session.Done()
			}
		}
		must(nil)
		must(nil)
		must(iec104.ErrBusy)
		time.Sleep(29 * time.Second)
		must(iec104.ErrBusy)
		time.Sleep(time.Second)
		must(nil)
		must(iec104.ErrBusy)
		time.Sleep(time.Hour)
		must(nil)
		must(nil)
		must(iec104.ErrBusy)
	})
}

// However many addresses there are, what is kept of them is bounded.
func TestLimitsManyAddresses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := newServer(t, &plant{}, &iec104.ServerOptions{Limits: iec104.Limits{NewPerMinute: 1}})
		connect := func(n int) error {
			conn, session, err := visit(t, server, fmt.Sprintf("10.%d.%d.1", n>>8, n&0xff))
			if err == nil {
				_ = conn.Close()
				<-session.Done()
			}
			return err
		}
		for n := range 4096 {
			if err := connect(n); err != nil {
				t.Fatal(n, err)
			}
		}
		if err := connect(5000); err != nil {
			t.Error(err)
		}
		if err := connect(5001); !errors.Is(err, iec104.ErrBusy) { // the account of all others
			t.Error(err)
		}
		time.Sleep(time.Minute)
		for n := range 100 {
			if err := connect(5000 + n); err != nil {
				t.Error(err)
			}
		}
	})
}

func TestStartTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var refusals []iec104.Refusal
		server := newServer(t, &plant{}, &iec104.ServerOptions{Limits: iec104.Limits{
			StartTimeout: 10 * time.Second,
			Observe:      func(r iec104.Refusal) { refusals = append(refusals, r) },
		}})
		begin := time.Now()
		_, idle, err := visit(t, server, "192.0.2.1")
		if err != nil {
			t.Fatal(err)
		}
		r, started := rawClient(t, server)
		r.write(apci.AppendU(nil, apci.StopDTAct))
		r.want("STOPDT con")
		<-idle.Done()
		if after := time.Since(begin); after != 10*time.Second || !errors.Is(idle.Err(), iec104.ErrRefused) {
			t.Errorf("%v, %v", after, idle.Err())
		}
		if len(refusals) != 1 || refusals[0].Reason != iec104.NotStarted || server.Refusals()[iec104.NotStarted] != 1 {
			t.Errorf("%+v", refusals)
		}
		time.Sleep(time.Second)
		if err := started.Err(); err != nil { // it was started once
			t.Error(err)
		}
	})
}

// A peer that never ends its frames is closed by t3 and t1, however many octets
// it sends.
func TestHalfFrames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, session, err := visit(t, newServer(t, &plant{}, nil), "192.0.2.1")
		if err != nil {
			t.Fatal(err)
		}
		var peer sync.WaitGroup
		peer.Go(func() {
			buffer := make([]byte, 256)
			for {
				if _, err := near.Read(buffer); err != nil {
					return
				}
			}
		})
		begin := time.Now()
		octets := append([]byte{0x68, 253}, make([]byte, 252)...)
		for _, octet := range octets {
			if _, err := near.Write([]byte{octet}); err != nil {
				break
			}
			time.Sleep(time.Second)
		}
		<-session.Done()
		if after := time.Since(begin); !errors.Is(session.Err(), iec104.ErrTimeout) || after > 36*time.Second {
			t.Errorf("%v, %v", after, session.Err())
		}
		peer.Wait()
	})
}

func TestLimitsChecked(t *testing.T) {
	for _, limits := range []iec104.Limits{
		{PerAddress: -1},
		{NewPerMinute: -1},
		{StartTimeout: -1},
		{HandshakeTimeout: -1},
		{Allow: []netip.Prefix{{}}},
	} {
		if _, err := iec104.NewServer(&plant{}, &iec104.ServerOptions{Limits: limits}); err == nil {
			t.Errorf("%+v is accepted", limits)
		}
	}
}
