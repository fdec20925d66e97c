package router_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/ads/ams"
	"stellwerk/ads/router"
	"stellwerk/internal/rig"
)

func TestProgramsOfOneMachine(t *testing.T) {
	r, _ := newRouter(t, router.Options{})
	serveEcho(t, r, 851, "plc")
	client := dialed(t, r, 0)
	if client.address.NetID != here || client.address.Port < ams.PortFirstDynamic {
		t.Fatalf("the program has the address %s", client.address)
	}
	for _, id := range []ams.NetID{here, ams.LocalNetID, {}} {
		if data, code := client.ask(ams.Address{NetID: id, Port: 851}, 7, "x"); data != "plc:x" || code != ams.NoError {
			t.Errorf("by %s: %q, %v", id, data, code)
		}
	}
	if _, code := client.ask(ams.Address{NetID: here, Port: 852}, 8, "x"); code != ams.TargetPortNotFound {
		t.Errorf("a port that nobody has: %v", code)
	}
	if _, code := client.ask(ams.Address{NetID: press, Port: 851}, 9, "x"); code != ams.TargetMachineNotFound {
		t.Errorf("a machine without route: %v", code)
	}
}

// A program may call itself by the NetId that means this machine everywhere.
func TestProgramByItsLocalNetID(t *testing.T) {
	r, _ := newRouter(t, router.Options{})
	serveEcho(t, r, 851, "plc")
	client := dialed(t, r, 0)
	client.address.NetID = ams.LocalNetID
	if data, _ := client.ask(ams.Address{NetID: ams.LocalNetID, Port: 851}, 1, "x"); data != "plc:x" {
		t.Error(data)
	}
}

func TestPortsThatAreTaken(t *testing.T) {
	r, _ := newRouter(t, router.Options{Limits: router.Limits{Ports: 2}})
	first := dialed(t, r, 30000)
	conn, err := r.Dial()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := router.Register(t.Context(), conn, 30000); !errors.Is(err, ams.PortInUse) {
		t.Errorf("a port that is taken: %v", err)
	}
	// The connection is good for another try.
	second, err := router.Register(t.Context(), conn, 0)
	if err != nil || second.Port == 30000 {
		t.Fatalf("%v, %v", second, err)
	}
	if _, err := router.Register(t.Context(), conn, 0); err == nil {
		t.Error("more ports than the limit")
	}
	if id, err := router.LocalNetID(t.Context(), conn); err != nil || id != here {
		t.Errorf("%v, %v", id, err)
	}
	// A port that is given back is free.
	first.conn.Write(append(ams.TCPHeader{Command: ams.TCPPortClose, Length: 2}.Append(nil), port(30000)...)) //nolint:errcheck // what follows tells
	if packet, err := first.Next(); err != nil || packet.Command != ams.TCPPortClose || len(packet.Body) != 0 {
		t.Errorf("%+v, %v", packet, err)
	}
	if _, code := first.ask(ams.Address{NetID: here, Port: second.Port}, 1, ""); code != ams.PortNotRegistered {
		t.Errorf("a program without port: %v", code)
	}
	if _, err := conn.Write(append(ams.TCPHeader{Command: ams.TCPPortClose, Length: 2}.Append(nil), port(second.Port)...)); err != nil {
		t.Error(err)
	}
	if again, err := router.Register(t.Context(), conn, 30000); err != nil || again.Port != 30000 {
		t.Errorf("%v, %v", again, err)
	}
	_ = conn.Close()
}

// Programs speak only from ports that are theirs.
func TestForeignSource(t *testing.T) {
	r, _ := newRouter(t, router.Options{})
	serveEcho(t, r, 851, "plc")
	victim := dialed(t, r, 0)
	thief := dialed(t, r, 0)
	f := thief.request(ams.Address{NetID: here, Port: 851}, 1, "x")
	f.Source = victim.address
	thief.send(f)
	if got := thief.expect(); got.Error != ams.PortNotRegistered || len(got.Data) != 0 {
		t.Errorf("got %+v", got)
	}
	f = thief.request(ams.Address{NetID: here, Port: 851}, 2, "x")
	f.Source.NetID = press
	thief.send(f)
	if got := thief.expect(); got.Error != ams.PortNotRegistered {
		t.Errorf("got %+v", got)
	}
}

// One TCP connection for a target, shared by all; equal invoke IDs are kept
// apart.
func TestOneLinkForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := rig.NewNetwork(&rig.Options{Latency: time.Millisecond})
		connections := plc(t, n, "10.0.0.2:48898", "press")
		r, _ := newRouter(t, router.Options{
			Dial:   n.DialContext,
			Routes: []router.Route{{Name: "press", NetID: press, Address: "10.0.0.2"}, {Name: "master", NetID: ams.NetID{10, 0, 0, 2, 2, 1}, Address: "10.0.0.2"}},
		})
		if got := connections(); got != 0 {
			t.Errorf("%d connections before the first telegram", got)
		}
		var all sync.WaitGroup
		for i := range 50 {
			client := dialed(t, r, 0)
			all.Go(func() {
				for id := range uint32(20) {
					want := fmt.Sprintf("%d/%d", i, id)
					to := press
					if id%2 == 1 {
						to = ams.NetID{10, 0, 0, 2, 2, 1}
					}
					if got, code := client.ask(ams.Address{NetID: to, Port: 851}, id, want); got != "press:"+want || code != ams.NoError {
						t.Errorf("%s is answered with %q, %v", want, got, code)
						return
					}
				}
			})
		}
		all.Wait()
		if got := connections(); got != 1 {
			t.Errorf("there were %d connections", got)
		}
		status := r.Status()
		if len(status.Routes) != 2 || status.Routes[1].State != router.LinkConnected || status.Routes[1].Sent != 1000 || status.Routes[1].Waiting != 0 {
			t.Errorf("status %+v", status.Routes)
		}
		_ = r.Close()
	})
}

// Answers in another order than the requests, and twice.
func TestAnswersFindWhoAsked(t *testing.T) {
	r, j := newRouter(t, router.Options{})
	device := dialed(t, r, 851)
	a, b := dialed(t, r, 0), dialed(t, r, 0)
	a.send(a.request(device.address, 5, "a"))
	fa := device.expect()
	b.send(b.request(device.address, 5, "b"))
	fb := device.expect()
	for _, f := range []*ams.Frame{fb, fa, fa, fb} {
		device.send(&ams.Frame{Header: f.Answer(0, 0), Data: f.Data})
	}
	stranger := fa.Answer(0, 0)
	stranger.InvokeID = 99
	device.send(&ams.Frame{Header: stranger})
	if got := a.expect(); string(got.Data) != "a" {
		t.Errorf("a got %q", got.Data)
	}
	if got := b.expect(); string(got.Data) != "b" {
		t.Errorf("b got %q", got.Data)
	}
	// What follows shows that nothing else came.
	device.send(device.request(a.address, 1, "next"))
	if got := a.expect(); string(got.Data) != "next" {
		t.Errorf("a got %q again", got.Data)
	}
	if got := r.Status().Dropped; got != 3 {
		t.Errorf("%d dropped, want 3: %v", got, j.all())
	}
	if !j.has("frame dropped", "nobody waits for this answer") {
		t.Error(j.all())
	}
}

// A server that ends leaves nobody waiting.
func TestProgramEndsWithRequests(t *testing.T) {
	r, _ := newRouter(t, router.Options{})
	device := dialed(t, r, 851)
	client := dialed(t, r, 0)
	client.send(client.request(device.address, 3, "x"))
	device.expect()
	_ = device.conn.Close()
	if got := client.expect(); got.Error != ams.TargetPortNotFound || got.InvokeID != 3 || len(got.Data) != 0 || got.Source != device.address {
		t.Errorf("got %+v", got)
	}
}

func TestRouterAnswersForItself(t *testing.T) {
	r, _ := newRouter(t, router.Options{})
	client := dialed(t, r, 0)
	for _, p := range []ams.Port{ams.PortRouter, ams.PortSystemService} {
		f := client.request(ams.Address{NetID: here, Port: p}, 1, "")
		f.Command = ams.ReadState
		client.send(f)
		if got := client.expect(); got.Error != 0 || string(got.Data) != "\x00\x00\x00\x00\x05\x00\x00\x00" {
			t.Errorf("state of port %d: %+v", p, got)
		}
		f.Command, f.InvokeID = ams.ReadDeviceInfo, 2
		client.send(f)
		if got := client.expect(); got.Error != 0 || string(got.Data[8:24]) != "Stellwerk\x00\x00\x00\x00\x00\x00\x00" {
			t.Errorf("name of port %d: %+v", p, got)
		}
		f.Command, f.InvokeID = 77, 3
		client.send(f)
		if got := client.expect(); got.Error != ams.UnknownCommand {
			t.Errorf("command 77 of port %d: %+v", p, got)
		}
		f.Command = ams.Write
		client.send(f)
		if got := client.expect(); got.Error != 0 || string(got.Data) != "\x01\x07\x00\x00" {
			t.Errorf("writing to port %d: %+v", p, got)
		}
	}
	// A program may have the port of the system service.
	serveEcho(t, r, ams.PortSystemService, "system")
	if data, _ := client.ask(ams.Address{NetID: here, Port: ams.PortSystemService}, 9, ""); data != "system:" {
		t.Error(data)
	}
}

// A device cannot know that a program behind the router is gone.
func TestNotificationsOfProgramsThatAreGone(t *testing.T) {
	r, _ := newRouter(t, router.Options{})
	device := dialed(t, r, 851)
	client := dialed(t, r, 0)
	stream := "\x18\x00\x00\x00\x01\x00\x00\x00" + // length, one stamp
		"\x00\x00\x00\x00\x00\x00\x00\x01\x01\x00\x00\x00" + // time, one sample
		"\x2A\x00\x00\x00\x00\x00\x00\x00" // handle 42, no data
	flags := ams.ADSCommand
	notify := func() {
		device.send(&ams.Frame{
			Header: ams.Header{Target: client.address, Source: device.address, Command: ams.DeviceNotification, StateFlags: flags},
			Data:   []byte(stream),
		})
	}
	for _, flags = range []ams.StateFlags{ams.ADSCommand | ams.Response, ams.ADSCommand} { // some servers mark them as answers
		notify()
		if got := client.expect(); got.Command != ams.DeviceNotification || got.StateFlags != flags || string(got.Data) != stream {
			t.Errorf("got %+v", got)
		}
	}
	_ = client.conn.Close()
	for len(r.Status().Programs) > 1 {
		time.Sleep(time.Millisecond)
	}
	notify()
	notify() // for the same handle once is enough
	got := device.expect()
	if got.Command != ams.DeleteDeviceNotification || got.Source != client.address || string(got.Data) != "\x2A\x00\x00\x00" {
		t.Errorf("got %+v", got)
	}
	device.send(&ams.Frame{Header: got.Answer(0, 0), Data: make([]byte, 4)})
	_, _ = device.ask(ams.Address{NetID: here, Port: 99}, 1, "") // its answer comes next
}

func TestClosingTellsPrograms(t *testing.T) {
	r, _ := newRouter(t, router.Options{})
	client := dialed(t, r, 0)
	var closed sync.WaitGroup
	closed.Go(func() { _ = r.Close() })
	packet, err := client.Next()
	if err != nil || packet.Command != ams.TCPRouterNote || string(packet.Body) != "\x00\x00\x00\x00" {
		t.Errorf("%+v, %v", packet, err)
	}
	if err := client.gone(); err != nil {
		t.Error(err)
	}
	closed.Wait()
	if _, err := r.Dial(); !errors.Is(err, router.ErrClosed) {
		t.Error(err)
	}
	if err := r.AddRoute(router.Route{Name: "x", NetID: press, Address: "x"}); !errors.Is(err, router.ErrClosed) {
		t.Error(err)
	}
}
