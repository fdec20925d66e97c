package router_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/ads/ams"
	"stellwerk/ads/router"
	"stellwerk/internal/rig"
)

var plcPress = ams.Address{NetID: press, Port: 851}

// A target that is off, comes, goes and comes again.
func TestTargetComesAndGoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := rig.NewNetwork(nil)
		var mu sync.Mutex
		var dials []time.Duration // guarded by mu
		begin := time.Now()
		r, j := newRouter(t, router.Options{
			Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
				mu.Lock()
				dials = append(dials, time.Since(begin))
				mu.Unlock()
				return n.DialContext(ctx, network, address)
			},
			Routes: []router.Route{{Name: "press", NetID: press, Address: "10.0.0.2"}},
		})
		client := dialed(t, r, 0)
		if _, code := client.ask(plcPress, 1, "x"); code != ams.TargetMachineNotFound {
			t.Errorf("nobody listens: %v", code)
		}
		synctest.Wait()
		if s := r.Status().Routes[0]; s.State != router.LinkWaiting || !strings.Contains(s.Error, "connection refused") || s.Attempts != 1 {
			t.Errorf("status %+v", s)
		}
		time.Sleep(100 * time.Second)
		synctest.Wait()
		mu.Lock()
		for i, second := range []int{0, 1, 3, 7, 15, 31, 61, 91} {
			if i >= len(dials) || int(dials[i].Milliseconds()) != 1000*second {
				t.Fatalf("it was called at %v", dials)
			}
		}
		mu.Unlock()
		plc(t, n, "10.0.0.2:48898", "press")
		time.Sleep(30 * time.Second)
		synctest.Wait()
		if data, code := client.ask(plcPress, 2, "x"); data != "press:x" || code != 0 {
			t.Errorf("%q, %v", data, code)
		}
		if !j.has("target connected 10.0.0.2:48898") {
			t.Error(j.all())
		}
		_ = r.Close()
	})
}

// Requests that are on their way when the connection breaks are answered.
func TestTargetBreaksOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := rig.NewNetwork(nil)
		listener, err := n.Listen("10.0.0.2:48898")
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		r, j := newRouter(t, router.Options{Dial: n.DialContext, Routes: []router.Route{{Name: "press", NetID: press, Address: "10.0.0.2"}}})
		client := dialed(t, r, 0)
		client.send(client.request(plcPress, 1, "x"))
		client.send(client.request(plcPress, 1, "x"))
		conn, err := listener.Accept()
		if err != nil {
			t.Fatal(err)
		}
		machine := raw(t, conn, plcPress)
		machine.expect()
		machine.expect()
		_ = conn.Close()
		for range 2 {
			if got := client.expect(); got.Error != ams.TargetMachineNotFound || got.Source != plcPress || got.InvokeID != 1 {
				t.Errorf("got %+v", got)
			}
		}
		synctest.Wait()
		if s := r.Status().Routes[0]; !strings.Contains(s.Error, "it has no route to 10.0.0.1.1.1 with our address") {
			t.Errorf("status %+v", s)
		}
		if !j.has("target disconnected") {
			t.Error(j.all())
		}
		_ = r.Close()
	})
}

func TestTargetThatIsSilent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := rig.NewNetwork(nil)
		if err := n.Silence("10.0.0.2:48898", true); err != nil {
			t.Fatal(err)
		}
		r, _ := newRouter(t, router.Options{
			Dial: n.DialContext, Limits: router.Limits{QueueFrames: 2},
			Routes: []router.Route{{Name: "press", NetID: press, Address: "10.0.0.2"}},
		})
		client := dialed(t, r, 0)
		begin := time.Now()
		for id := range uint32(3) {
			client.send(client.request(plcPress, id, "x"))
		}
		if got := client.expect(); got.Error != ams.MailboxFull || got.InvokeID != 2 {
			t.Errorf("got %+v", got)
		}
		for range 2 {
			if got := client.expect(); got.Error != ams.TargetMachineNotFound {
				t.Errorf("got %+v", got)
			}
		}
		if took := time.Since(begin); took != 5*time.Second {
			t.Errorf("it took %v", took)
		}
		_ = r.Close()
	})
}

// What all connections hold together is bounded too, and let go of in the end.
func TestMemoryOfAllConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := rig.NewNetwork(nil)
		var routes []router.Route
		for i := range byte(8) {
			address := fmt.Sprintf("10.0.1.%d", i)
			if err := n.Silence(address+":48898", true); err != nil {
				t.Fatal(err)
			}
			routes = append(routes, router.Route{Name: address, NetID: ams.NetID{10, 0, 1, i, 1, 1}, Address: address})
		}
		r, _ := newRouter(t, router.Options{Dial: n.DialContext, Routes: routes, Limits: router.Limits{Memory: 1 << 20}})
		client := dialed(t, r, 0)
		large := strings.Repeat("x", 200<<10)
		for i := range byte(8) {
			client.send(client.request(ams.Address{NetID: ams.NetID{10, 0, 1, i, 1, 1}, Port: 851}, uint32(i), large))
		}
		for id := range uint32(3) { // five have room
			if got := client.expect(); got.Error != ams.MailboxFull || got.InvokeID != 5+id {
				t.Errorf("got %+v", got)
			}
		}
		synctest.Wait()
		if got := r.Status().Memory; got < 1000<<10 || got > 1<<20 {
			t.Errorf("%d octets are in use", got)
		}
		for range 5 { // they cannot be reached
			if got := client.expect(); got.Error != ams.TargetMachineNotFound {
				t.Errorf("got %+v", got)
			}
		}
		synctest.Wait()
		if got := r.Status().Memory; got != 0 {
			t.Errorf("%d octets are still in use", got)
		}
	})
}

// A machine that takes nothing does not stop the others.
func TestTargetThatTakesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := rig.NewNetwork(nil)
		listener, err := n.Listen("10.0.0.2:48898")
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		plc(t, n, "10.0.0.3:48898", "mill")
		r, j := newRouter(t, router.Options{
			Dial: n.DialContext, Limits: router.Limits{QueueOctets: 1 << 20},
			Routes: []router.Route{{Name: "press", NetID: press, Address: "10.0.0.2"}, {Name: "mill", NetID: mill, Address: "10.0.0.3"}},
		})
		client := dialed(t, r, 0)
		large := strings.Repeat("x", 300<<10)
		for id := range uint32(12) {
			client.send(client.request(plcPress, id, large))
			if synctest.Wait(); r.Status().Refused > 0 {
				break
			}
		}
		if got := client.expect(); got.Error != ams.MailboxFull {
			t.Errorf("got %+v", got)
		}
		if data, code := client.ask(ams.Address{NetID: mill, Port: 851}, 100, "y"); data != "mill:y" {
			t.Errorf("%q, %v", data, code)
		}
		time.Sleep(25 * time.Second)
		synctest.Wait()
		if !j.has("target disconnected", "it takes nothing") {
			t.Error(j.all())
		}
		_ = r.Close()
	})
}

func TestRoutesChangeAtRunTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := rig.NewNetwork(nil)
		plc(t, n, "10.0.0.2:48898", "press")
		plc(t, n, "10.0.0.3:48898", "mill")
		var kept []router.Route
		var broken error
		r, j := newRouter(t, router.Options{
			Dial: n.DialContext,
			Changed: func(all []router.Route) error {
				if broken == nil {
					kept = all
				}
				return broken
			},
		})
		client := dialed(t, r, 0)
		route := router.Route{Name: "press", NetID: press, Address: "10.0.0.2"}
		if err := r.AddRoute(route); err != nil {
			t.Fatal(err)
		}
		if err := r.AddRoute(router.Route{Name: "gone tomorrow", NetID: mill, Address: "10.0.0.3", Temporary: true}); err != nil {
			t.Fatal(err)
		}
		if len(kept) != 1 || kept[0] != route {
			t.Errorf("kept %v", kept)
		}
		if data, _ := client.ask(plcPress, 1, "x"); data != "press:x" {
			t.Error(data)
		}
		// To another machine.
		route.Address = "10.0.0.3"
		if err := r.AddRoute(route); err != nil {
			t.Fatal(err)
		}
		if data, _ := client.ask(plcPress, 2, "x"); data != "mill:x" {
			t.Error(data)
		}
		if got := len(r.Routes()); got != 2 || kept[0].Address != "10.0.0.3" {
			t.Errorf("%d routes, kept %v", got, kept)
		}
		broken = errors.New("the disk is full")
		if err := r.RemoveRoute(press); err == nil || !strings.Contains(err.Error(), "the disk is full") {
			t.Error(err)
		}
		if data, _ := client.ask(plcPress, 3, "x"); data != "mill:x" {
			t.Error("the route that could not be removed is gone")
		}
		if err := r.AddRoute(router.Route{Name: "press", NetID: press, Address: "10.0.0.9"}); err == nil {
			t.Error("the route was changed")
		}
		if got, _ := r.Route(press); got != route {
			t.Errorf("the route is %v", got)
		}
		broken = nil
		if err := r.RemoveRoute(press); err != nil {
			t.Error(err)
		}
		if _, code := client.ask(plcPress, 4, "x"); code != ams.TargetMachineNotFound {
			t.Error(code)
		}
		if err := r.RemoveRoute(press); !errors.Is(err, ams.NotFound) {
			t.Error(err)
		}
		for want, wrong := range map[string]router.Route{
			"has no name":              {NetID: press, Address: "x"},
			"has no NetId":             {Name: "x", Address: "x"},
			"which is this machine":    {Name: "x", NetID: here, Address: "x"},
			"is this machine on every": {Name: "x", NetID: ams.LocalNetID, Address: "x"},
			"there is a route":         {Name: "gone tomorrow", NetID: press, Address: "x"},
			"is no TCP or UDP port":    {Name: "x", NetID: press, Address: "x:y"},
			"is no host":               {Name: "x", NetID: press, Address: "a b"},
			"has a control character":  {Name: "x\n", NetID: press, Address: "x"},
			"have at most 255 octets":  {Name: strings.Repeat("x", 256), NetID: press},
		} {
			if err := r.AddRoute(wrong); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("want %q, got %v", want, err)
			}
		}
		if !j.has("route added press=10.0.0.2.1.1@10.0.0.3") || !j.has("route removed press=") {
			t.Error(j.all())
		}
		_ = r.Close()
	})
}

func TestSecureTarget(t *testing.T) {
	ours, theirs := net.Pipe()
	var asked router.Route
	r, j := newRouter(t, router.Options{
		Routes: []router.Route{{Name: "press", NetID: press, Address: "10.0.0.2", Secure: "psk"}, {Name: "mill", NetID: mill, Address: "10.0.0.2"}},
		Dial: func(_ context.Context, _, address string) (net.Conn, error) {
			if address != "10.0.0.2:8016" {
				return nil, errors.New("called " + address)
			}
			return theirs, nil
		},
		Secure: func(_ context.Context, conn net.Conn, route router.Route) (net.Conn, error) {
			asked = route
			return conn, nil
		},
	})
	client := dialed(t, r, 0)
	m := &station{t: t, conn: ours, framing: ams.Bare}
	m.Reader = ams.NewReader(ours, ams.Bare, 0)
	client.send(client.request(plcPress, 1, "x"))
	f := m.expect()
	if asked.Secure != "psk" || asked.Name != "press" || f.Source != client.address {
		t.Errorf("%+v, %+v", asked, f)
	}
	// On this connection only the machine of its route speaks.
	m.send(&ams.Frame{Header: ams.Header{Source: ams.Address{NetID: mill, Port: 1}, Target: client.address, Command: ams.Read, StateFlags: ams.RequestFlags, InvokeID: 9}})
	if got := m.expect(); got.Error != ams.AccessDenied {
		t.Errorf("got %+v", got)
	}
	m.send(&ams.Frame{Header: f.Answer(0, 0), Data: []byte("y")})
	if got := client.expect(); string(got.Data) != "y" {
		t.Errorf("got %+v", got)
	}
	_ = ours.Close()
	_ = r.Close()
	if !j.has("target connected 10.0.0.2:8016") {
		t.Error(j.all())
	}
}

func TestParseRoute(t *testing.T) {
	for s, want := range map[string]router.Route{
		"press=10.0.0.2.1.1@cx-1234:48898": {Name: "press", NetID: press, Address: "cx-1234:48898"},
		"10.0.0.2.1.1@10.0.0.2":            {Name: "10.0.0.2", NetID: press, Address: "10.0.0.2"},
		"v6=10.0.0.2.1.1@[fe80::1]:99":     {Name: "v6", NetID: press, Address: "[fe80::1]:99"},
		"v6=10.0.0.2.1.1@fe80::1":          {Name: "v6", NetID: press, Address: "fe80::1"},
	} {
		if got, err := router.ParseRoute(s); err != nil || got != want {
			t.Errorf("%s is %+v, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "press", "press=10.0.0.2.1.1", "press=10.0.0.2@x", "=10.0.0.2.1.1@x", "press=10.0.0.2.1.1@"} {
		if got, err := router.ParseRoute(s); err == nil {
			t.Errorf("%q is %+v", s, got)
		}
	}
}
