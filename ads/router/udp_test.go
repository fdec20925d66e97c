package router_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/ads/ams"
	"stellwerk/ads/discovery"
	"stellwerk/ads/router"
)

// udp serves a responder on the loopback and returns its address.
func udp(t *testing.T, s *router.Responder) string {
	t.Helper()
	conn, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var done sync.WaitGroup
	done.Go(func() {
		if err := s.Serve(conn); !errors.Is(err, router.ErrClosed) {
			t.Error(err)
		}
	})
	t.Cleanup(func() {
		_ = s.Close()
		done.Wait()
	})
	return conn.LocalAddr().String()
}

func secret(_ netip.AddrPort, q *discovery.RouteRequest) bool {
	return q.User == "Administrator" && q.Password == "1"
}

func TestRoutesByUDP(t *testing.T) {
	r, _ := newRouter(t, router.Options{})
	s, err := r.Responder(router.ResponderOptions{
		Info: discovery.ServerInfo{Name: "gate", Version: discovery.Version{Major: 3, Minor: 1, Build: 4026}, Fingerprint: "ab"}, Allow: secret,
	})
	if err != nil {
		t.Fatal(err)
	}
	at := udp(t, s)
	found, err := router.Discover(t.Context(), at, nil)
	if err != nil || len(found) != 1 {
		t.Fatalf("%+v, %v", found, err)
	}
	if m := found[0]; m.NetID != here || m.Name != "gate" || m.Version.Build != 4026 || m.Fingerprint != "ab" || m.Address.String() != at || m.Took <= 0 {
		t.Errorf("found %+v", m)
	}
	request := discovery.RouteRequest{Name: "press", NetID: press, Address: "10.0.0.2", User: "Administrator", Password: "0", Temporary: true}
	if err := router.AddRoute(t.Context(), at, request, nil); !errors.Is(err, ams.InvalidAccess) || !strings.Contains(err.Error(), "refuses user or password (0x704)") {
		t.Errorf("with a wrong password: %v", err)
	}
	if got := r.Routes(); len(got) != 0 {
		t.Errorf("routes %v", got)
	}
	request.Password = "1"
	if err := router.AddRoute(t.Context(), at, request, nil); err != nil {
		t.Error(err)
	}
	if got, want := r.Routes(), (router.Route{Name: "press", NetID: press, Address: "10.0.0.2", Temporary: true}); len(got) != 1 || got[0] != want {
		t.Errorf("routes %v", got)
	}
	other := request
	other.NetID = mill
	if err := router.AddRoute(t.Context(), at, other, nil); !errors.Is(err, ams.Exists) {
		t.Errorf("the name of another: %v", err)
	}
	other.NetID = ams.LocalNetID
	if err := router.AddRoute(t.Context(), at, other, nil); !errors.Is(err, ams.InvalidParameter) {
		t.Errorf("a route to this machine: %v", err)
	}
	other.NetID = mill
	if err := router.DeleteRoute(t.Context(), at, discovery.RouteRequest{Name: "press", User: "Administrator", Password: "1"}, nil); err != nil {
		t.Error(err)
	}
	if got := r.Routes(); len(got) != 0 {
		t.Errorf("routes %v", got)
	}
	if err := router.DeleteRoute(t.Context(), at, request, nil); !errors.Is(err, ams.NotFound) {
		t.Error(err)
	}
	// A route that is secure is not made an insecure one.
	if err := r.AddRoute(router.Route{Name: "mill", NetID: mill, Address: "10.0.0.3", Secure: "psk"}); err != nil {
		t.Fatal(err)
	}
	other.Name = "mill"
	if err := router.AddRoute(t.Context(), at, other, nil); !errors.Is(err, ams.DeviceAccessDenied) {
		t.Error(err)
	}
	if err := router.DeleteRoute(t.Context(), at, other, nil); !errors.Is(err, ams.DeviceAccessDenied) {
		t.Error(err)
	}
}

func TestNobodyMayChangeRoutesByDefault(t *testing.T) {
	r, _ := newRouter(t, router.Options{})
	s, err := r.Responder(router.ResponderOptions{})
	if err != nil {
		t.Fatal(err)
	}
	err = router.AddRoute(t.Context(), udp(t, s), discovery.RouteRequest{Name: "x", NetID: press, Address: "x"}, nil)
	if !errors.Is(err, ams.InvalidAccess) || len(r.Routes()) != 0 {
		t.Error(err)
	}
	if _, err := router.NewResponder(router.ResponderOptions{}); err == nil {
		t.Error("a responder without a NetId")
	}
}

func TestSilenceByUDP(t *testing.T) {
	conn, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	at := conn.LocalAddr().String()
	o := &router.UDPOptions{Wait: 500 * time.Millisecond, Repeat: 20 * time.Millisecond}
	if _, err := router.Discover(t.Context(), at, o); err == nil || !strings.Contains(err.Error(), "no answer within 500ms") {
		t.Error(err)
	}
	if err := router.AddRoute(t.Context(), at, discovery.RouteRequest{Name: "x", NetID: press, Address: "x"}, o); err == nil || !strings.Contains(err.Error(), "firewall") {
		t.Error(err)
	}
	// The question was repeated.
	seen := 0
	_ = conn.SetReadDeadline(time.Now().Add(time.Second)) // reading tells
	for buffer := make([]byte, 2000); seen < 3; seen++ {
		if _, _, err := conn.ReadFrom(buffer); err != nil {
			t.Fatalf("%d packets: %v", seen, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := router.Discover(ctx, at, nil); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := router.AddRoute(t.Context(), at, discovery.RouteRequest{}, nil); err == nil || !strings.Contains(err.Error(), "no route name") {
		t.Error(err)
	}
	for _, where := range []string{"10.0.0.0/8", "fe80::/64", "a b"} {
		if _, err := router.Discover(t.Context(), where, o); err == nil {
			t.Errorf("%s can be asked", where)
		}
	}
}

// datagrams is a PacketConn in memory.
type datagrams struct {
	in  chan []byte
	out chan []byte
}

var asker = &net.UDPAddr{IP: net.IPv4(10, 0, 0, 9), Port: 5}

func (d *datagrams) ReadFrom(b []byte) (int, net.Addr, error) {
	data, ok := <-d.in
	if !ok {
		return 0, nil, net.ErrClosed
	}
	return copy(b, data), asker, nil
}

func (d *datagrams) WriteTo(b []byte, _ net.Addr) (int, error) {
	d.out <- append([]byte(nil), b...)
	return len(b), nil
}
func (d *datagrams) Close() error                     { return nil }
func (d *datagrams) LocalAddr() net.Addr              { return asker }
func (d *datagrams) SetDeadline(time.Time) error      { return os.ErrNoDeadline }
func (d *datagrams) SetReadDeadline(time.Time) error  { return os.ErrNoDeadline }
func (d *datagrams) SetWriteDeadline(time.Time) error { return os.ErrNoDeadline }

func TestResponderIsNoAmplifier(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := router.NewResponder(router.ResponderOptions{Info: discovery.ServerInfo{NetID: here}, Allow: secret, Add: func(*discovery.RouteRequest) error { return nil }})
		if err != nil {
			t.Fatal(err)
		}
		d := &datagrams{in: make(chan []byte, 2000), out: make(chan []byte, 2000)}
		var done sync.WaitGroup
		done.Go(func() { _ = s.Serve(d) })
		info := discovery.ServerInfoRequest(1, ams.Address{})
		count := func(p discovery.Packet, n int) (answers int) {
			for range n {
				d.in <- p.Append(nil)
			}
			synctest.Wait()
			for {
				select {
				case <-d.out:
					answers++
				default:
					return answers
				}
			}
		}
		if got := count(info, 100); got != 20 {
			t.Errorf("%d answers at once", got)
		}
		time.Sleep(time.Second)
		if got := count(info, 100); got != 10 {
			t.Errorf("%d answers in a second", got)
		}
		if got := s.Dropped(); got != 170 {
			t.Errorf("%d dropped", got)
		}
		time.Sleep(time.Minute)
		wrong := discovery.AddRouteRequest(1, ams.Address{}, &discovery.RouteRequest{Name: "x", NetID: press, Address: "x", User: "Administrator"})
		if got := count(wrong, 10); got != 5 {
			t.Errorf("%d guesses at once", got)
		}
		time.Sleep(10 * time.Second)
		if got := count(wrong, 10); got != 1 {
			t.Errorf("%d guesses in ten seconds", got)
		}
		if got := count(info, 1); got != 1 {
			t.Error("who guesses is not told who is there")
		}
		for _, nonsense := range [][]byte{nil, []byte("hello"), make([]byte, 1000)} {
			d.in <- nonsense
		}
		answer := info.Answer(ams.Address{})
		if got := count(answer, 1); got != 0 {
			t.Error("an answer was answered")
		}
		info.Service = 8
		if got := count(info, 1); got != 1 {
			t.Error("a service that is not known is not refused")
		}
		_ = s.Close()
		close(d.in)
		done.Wait()
	})
}
