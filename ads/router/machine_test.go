package router_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/ads/ams"
	"stellwerk/ads/router"
	"stellwerk/internal/rig"
)

// connect connects a machine from its own IP address.
func connect(t *testing.T, n *rig.Network, from, to string, id ams.NetID) *station {
	t.Helper()
	conn, err := n.DialFrom(t.Context(), from, to)
	if err != nil {
		t.Fatal(err)
	}
	return raw(t, conn, ams.Address{NetID: id, Port: 40000})
}

var plcHere = ams.Address{NetID: here, Port: 851}

func TestMachinesThatAreHeard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := rig.NewNetwork(nil)
		r, j := newRouter(t, router.Options{
			Dial: n.DialContext,
			Routes: []router.Route{
				{Name: "press", NetID: press, Address: "10.0.0.2"},
				{Name: "mill", NetID: mill, Address: "mill.example"},
			},
			Resolve: func(_ context.Context, host string) ([]netip.Addr, error) {
				if host != "mill.example" {
					return nil, errors.New("no such host")
				}
				return []netip.Addr{netip.MustParseAddr("10.0.0.3")}, nil
			},
		})
		listening(t, r, n, "10.0.0.1:48898")
		serveEcho(t, r, 851, "plc")

		known := connect(t, n, "10.0.0.2", "10.0.0.1:48898", press)
		if data, code := known.ask(plcHere, 1, "x"); data != "plc:x" || code != 0 {
			t.Errorf("%q, %v", data, code)
		}
		named := connect(t, n, "10.0.0.3", "10.0.0.1:48898", mill)
		if data, code := named.ask(plcHere, 1, "y"); data != "plc:y" || code != 0 {
			t.Errorf("%q, %v", data, code)
		}
		if _, code := named.ask(ams.Address{NetID: here, Port: 852}, 2, ""); code != ams.TargetPortNotFound {
			t.Errorf("a port that nobody has: %v", code)
		}
		if _, code := named.ask(ams.Address{NetID: press, Port: 851}, 3, ""); code != ams.TargetMachineNotFound {
			t.Errorf("from machine to machine: %v", code)
		}
		for why, s := range map[string]*station{
			"there is no route to it":        connect(t, n, "10.0.0.9", "10.0.0.1:48898", ams.NetID{10, 0, 0, 9, 1, 1}),
			"it connects from 10.0.0.9":      connect(t, n, "10.0.0.9", "10.0.0.1:48898", press),
			"which is none of the addresses": connect(t, n, "10.0.0.9", "10.0.0.1:48898", mill),
			"is not heard: that is this one": connect(t, n, "10.0.0.9", "10.0.0.1:48898", here),
			"10.0.0.1.1.1 is not heard: that is this one; a program has to register a port": connect(t, n, "127.0.0.1", "10.0.0.1:48898", here),
		} {
			s.send(s.request(plcHere, 1, ""))
			if err := s.gone(); err != nil {
				t.Errorf("%s: %v", why, err)
			}
			synctest.Wait()
			if !j.has(why) {
				t.Errorf("nothing says %q: %q", why, j.all())
			}
		}
		// Ports are for programs of this machine.
		conn, err := n.DialFrom(t.Context(), "10.0.0.2", "10.0.0.1:48898")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := router.Register(t.Context(), conn, 0); err == nil {
			t.Error("another machine has got a port")
		}
		_ = conn.Close()
		conn, err = n.DialFrom(t.Context(), "127.0.0.1", "10.0.0.1:48898")
		if err != nil {
			t.Fatal(err)
		}
		program := registered(t, conn, 0)
		if data, _ := program.ask(plcHere, 1, "z"); data != "plc:z" {
			t.Error(data)
		}
		if s := r.Status(); len(s.Machines) != 2 || len(s.Programs) != 2 || s.Machines[0].NetIDs[0] != press {
			t.Errorf("status %+v", s)
		}
		// A route that goes takes its machine along.
		if err := r.RemoveRoute(press); err != nil {
			t.Fatal(err)
		}
		if err := known.gone(); err != nil {
			t.Error(err)
		}
	})
}

// Requests and notifications go to a machine that has connected by itself, on
// its connection.
func TestMachineThatConnectedIsNotCalled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := rig.NewNetwork(nil)
		r, _ := newRouter(t, router.Options{AcceptUnknown: true})
		listening(t, r, n, "10.0.0.1:48898")
		client := dialed(t, r, 0)
		m := connect(t, n, "10.0.0.2", "10.0.0.1:48898", press)
		m.send(m.request(client.address, 1, "hello"))
		if got := client.expect(); got.Source != m.address {
			t.Fatalf("got %+v", got)
		}
		client.send(client.request(ams.Address{NetID: press, Port: 851}, 1, "back"))
		got := m.expect()
		if string(got.Data) != "back" || got.Source != client.address {
			t.Errorf("got %+v", got)
		}
		_ = m.conn.Close()
		if got := client.expect(); got.Error != ams.TargetMachineNotFound {
			t.Errorf("got %+v", got)
		}
	})
}

func TestTransit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := rig.NewNetwork(nil)
		plc(t, n, "10.0.0.2:48898", "press")
		r, _ := newRouter(t, router.Options{
			Transit: true, Dial: n.DialContext,
			Routes: []router.Route{{Name: "press", NetID: press, Address: "10.0.0.2"}, {Name: "mill", NetID: mill}},
		})
		listening(t, r, n, "10.0.0.1:48898")
		m := connect(t, n, "10.0.0.3", "10.0.0.1:48898", mill)
		if data, code := m.ask(ams.Address{NetID: press, Port: 851}, 1, "x"); data != "press:x" || code != 0 {
			t.Errorf("%q, %v", data, code)
		}
		_ = r.Close()
	})
}

// The newest connection has the address; whoever is left of an old one could
// get the answers of the other.
func TestSameAddressTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := rig.NewNetwork(nil)
		r, j := newRouter(t, router.Options{AcceptUnknown: true})
		listening(t, r, n, "10.0.0.1:48898")
		serveEcho(t, r, 851, "plc")
		old := connect(t, n, "10.0.0.2", "10.0.0.1:48898", press)
		if data, _ := old.ask(plcHere, 1, "old"); data != "plc:old" {
			t.Error(data)
		}
		other := connect(t, n, "10.0.0.2", "10.0.0.1:48898", press)
		other.address.Port++
		if data, _ := other.ask(plcHere, 1, "other"); data != "plc:other" {
			t.Error(data)
		}
		young := connect(t, n, "10.0.0.2", "10.0.0.1:48898", press)
		if data, _ := young.ask(plcHere, 1, "young"); data != "plc:young" {
			t.Error(data)
		}
		if err := old.gone(); err != nil {
			t.Error(err)
		}
		if data, _ := other.ask(plcHere, 2, "still"); data != "plc:still" {
			t.Error(data)
		}
		if !j.has("speaks from its port 40000 on a newer connection") {
			t.Error(j.all())
		}
	})
}

func TestWhoSaysNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := rig.NewNetwork(nil)
		r, j := newRouter(t, router.Options{Limits: router.Limits{Connections: 2}})
		listening(t, r, n, "10.0.0.1:48898")
		var all []*station
		for range 3 {
			all = append(all, connect(t, n, "10.0.0.2", "10.0.0.1:48898", press))
		}
		if err := all[2].gone(); err != nil {
			t.Error(err)
		}
		if !j.has("there are 2 connections already") {
			t.Error(j.all())
		}
		begin := time.Now()
		for _, s := range all[:2] {
			_ = s.conn.SetReadDeadline(time.Time{}) // there is none
			if _, err := s.Next(); err == nil {
				t.Error("something came")
			}
		}
		if took := time.Since(begin); took != 10*time.Second {
			t.Errorf("it took %v", took)
		}
		synctest.Wait()
		if !j.has("nothing came within 10s") {
			t.Error(j.all())
		}
	})
}

func TestWhatIsNoAMS(t *testing.T) {
	r, j := newRouter(t, router.Options{AcceptUnknown: true})
	for what, octets := range map[string]string{
		"this is not AMS":            "GET / HTTP/1.1\r\n\r\n",
		"the limit is 16777216":      "\x00\x00\xFF\xFF\xFF\xFF",
		"it has 64 at most":          "\x00\x10\xFF\xFF\xFF\xFF",
		"port connect with 3 octets": "\x00\x10\x03\x00\x00\x00abc",
		"port close with 0 octets":   "\x01\x00\x00\x00\x00\x00",
		"AMS framing at octet 0":     "\x00\x00\x1F\x00\x00\x00",
		"unexpected EOF":             "\x00\x00\x20\x00\x00",
		"connection refused":         "",
	} {
		ours, theirs := net.Pipe()
		if err := r.ServeConn(theirs); err != nil {
			t.Fatal(err)
		}
		_, _ = ours.Write([]byte(octets)) // it may be cut off
		_ = ours.Close()
		for range 1000 {
			if j.has(what) {
				break
			}
			time.Sleep(time.Millisecond)
		}
		if !j.has(what) {
			t.Errorf("nothing says %q: %q", what, j.all())
		}
	}
}

// A connection that was made secure speaks for the machine that it was proven
// to be, without AMS/TCP headers.
func TestSecureMachine(t *testing.T) {
	r, j := newRouter(t, router.Options{Routes: []router.Route{{Name: "press", NetID: press, Address: "10.0.0.2", Secure: "psk"}, {Name: "mill", NetID: mill}}})
	serveEcho(t, r, 851, "plc")
	ours, theirs := net.Pipe()
	if err := r.ServeSecure(theirs, press); err != nil {
		t.Fatal(err)
	}
	m := &station{t: t, conn: ours, framing: ams.Bare, address: ams.Address{NetID: press, Port: 1000}}
	m.Reader = ams.NewReader(ours, ams.Bare, 0)
	if data, code := m.ask(plcHere, 1, "x"); data != "plc:x" || code != 0 {
		t.Errorf("%q, %v", data, code)
	}
	if s := r.Status(); len(s.Machines) != 1 || !s.Machines[0].Secure {
		t.Errorf("%+v", s.Machines)
	}
	m.address.NetID = mill
	m.send(m.request(plcHere, 1, ""))
	if err := m.gone(); err != nil {
		t.Error(err)
	}
	_ = ours.Close()
	for !j.has("the connection is that of 10.0.0.2.1.1") {
		time.Sleep(time.Millisecond)
	}
}

// asking is a listener that asks the router when it is closed, as one whose
// handshakes look for routes does.
type asking struct {
	net.Listener
	router *router.Router
}

func (a *asking) Close() error {
	_, _ = a.router.Route(press)
	return a.Listener.Close()
}

// A listener of secure connections serves the machines that they prove, and is
// closed with the router.
func TestServeSecured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := newRouter(t, router.Options{Routes: []router.Route{{Name: "press", NetID: press, Address: "10.0.0.2", Secure: "psk"}}})
		serveEcho(t, r, 851, "plc")
		n := rig.NewNetwork(nil)
		listener, err := n.Listen("10.0.0.1:8016")
		if err != nil {
			t.Fatal(err)
		}
		served := make(chan error)
		go func() { served <- r.ServeSecured(&asking{listener, r}, func(net.Conn) ams.NetID { return press }) }()
		conn, err := n.DialContext(t.Context(), "tcp", "10.0.0.1:8016")
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		m := &station{t: t, conn: conn, framing: ams.Bare, address: ams.Address{NetID: press, Port: 1000}}
		m.Reader = ams.NewReader(conn, ams.Bare, 0)
		if data, code := m.ask(plcHere, 1, "x"); data != "plc:x" || code != 0 {
			t.Errorf("%q, %v", data, code)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		if err := <-served; !errors.Is(err, router.ErrClosed) {
			t.Errorf("got %v", err)
		}
	})
}
