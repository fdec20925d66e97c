package router_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"testing"

	"stellwerk/ads/ams"
	"stellwerk/ads/router"
)

// served serves a router by TCP on the loopback, and returns its address.
func served(t testing.TB, r *router.Router) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	serving(t, r, listener)
	return listener.Addr().String()
}

// joined connects a program by TCP.
func joined(t testing.TB, address string, port ams.Port) *station {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	return registered(t, conn, port)
}

// Three thousand programs, at two routers that have one connection between
// them.
func TestThousandsOfPrograms(t *testing.T) {
	const programs, requests = 3000, 4
	far, err := router.New(&router.Options{NetID: press, Routes: []router.Route{{Name: "here", NetID: here, Address: "127.0.0.1:1"}}})
	if err != nil {
		t.Fatal(err)
	}
	at := served(t, far)
	near, err := router.New(&router.Options{NetID: here, Routes: []router.Route{{Name: "press", NetID: press, Address: at}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = near.Close() })
	serveEcho(t, far, 851, "plc")
	clients := make([]*station, programs)
	for i := range clients {
		clients[i] = dialed(t, near, 0)
	}
	var wrong atomic.Int64
	var all sync.WaitGroup
	for i, c := range clients {
		all.Go(func() {
			for id := range uint32(requests) {
				text := fmt.Sprintf("%d/%d", i, id)
				if got, code := c.ask(plcPress, id, text); got != "plc:"+text || code != 0 {
					wrong.Add(1)
				}
			}
		})
	}
	all.Wait()
	if got := wrong.Load(); got != 0 {
		t.Errorf("%d of %d answers are wrong", got, programs*requests)
	}
	if s := near.Status(); len(s.Programs) != programs || s.Routes[0].Sent != programs*requests || s.Dropped+s.Refused != 0 {
		t.Errorf("%d programs, %+v", len(s.Programs), s.Totals)
	}
	if s := far.Status(); len(s.Machines) != 1 {
		t.Errorf("%d connections between the routers", len(s.Machines))
	}
}

// All ports that are handed out can be had, and not one more.
func TestAllPorts(t *testing.T) {
	r, _ := newRouter(t, router.Options{Trace: func(router.Event) {}, Limits: router.Limits{Ports: 65536}})
	conn, err := r.Dial()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	seen := make(map[ams.Port]bool)
	for range 32768 {
		address, err := router.Register(t.Context(), conn, 0)
		if err != nil || seen[address.Port] {
			t.Fatalf("%v, %v after %d", address, err, len(seen))
		}
		seen[address.Port] = true
	}
	if _, err := router.Register(t.Context(), conn, 0); err == nil {
		t.Error("there was one more")
	}
}

// Whatever whoever connects sends, the router goes on.
func FuzzConnection(f *testing.F) {
	s := &station{address: ams.Address{NetID: press, Port: 1}}
	for _, to := range []ams.Address{{NetID: here, Port: 1}, {NetID: here, Port: 9}, {NetID: mill, Port: 9}} {
		f.Add(s.request(to, 1, "hello").Append(nil, ams.OverTCP))
	}
	f.Add([]byte("\x00\x10\x02\x00\x00\x00\x00\x00\x02\x10\x04\x00\x00\x00\x00\x00\x00\x00\x01\x00\x02\x00\x00\x00\x00\x80"))
	notification := s.request(ams.Address{NetID: here, Port: 9}, 1, "\x18\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x01\x00\x00\x00\x2A\x00\x00\x00\x00\x00\x00\x00")
	notification.Command = ams.DeviceNotification
	f.Add(notification.Append(nil, ams.OverTCP))
	r, err := router.New(&router.Options{
		NetID: here, AcceptUnknown: true, Transit: true, Routes: []router.Route{{Name: "mill", NetID: mill, Address: "mill"}},
		Dial: func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("nobody is there") },
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = r.Close() })
	f.Fuzz(func(t *testing.T, data []byte) {
		ours, theirs := net.Pipe()
		if err := r.ServeConn(theirs); err != nil {
			t.Fatal(err)
		}
		var reading sync.WaitGroup
		reading.Go(func() {
			for buffer := make([]byte, 4096); ; {
				if _, err := ours.Read(buffer); err != nil {
					return
				}
			}
		})
		_, _ = ours.Write(data) // the router may hang up
		_ = ours.Close()
		reading.Wait()
	})
}

// BenchmarkForward lets a program read through a router, by TCP.
func BenchmarkForward(b *testing.B) {
	for _, window := range []int{1, 64} {
		b.Run(fmt.Sprintf("window=%d", window), func(b *testing.B) {
			r, err := router.New(&router.Options{NetID: here})
			if err != nil {
				b.Fatal(err)
			}
			at := served(b, r)
			server := joined(b, at, 851)
			var serving sync.WaitGroup
			serving.Go(func() {
				var out []byte
				for {
					packet, err := server.Next()
					if err != nil {
						return
					}
					answer := ams.Frame{Header: packet.Frame.Answer(0, 0), Data: packet.Frame.Data}
					out = answer.Append(out[:0], ams.OverTCP)
					if _, err := server.conn.Write(out); err != nil {
						return
					}
				}
			})
			client := joined(b, at, 0)
			request := client.request(plcHere, 1, "0123456789AB").Append(nil, ams.OverTCP)
			b.ReportAllocs()
			b.ResetTimer()
			open := 0
			for range b.N {
				if _, err := client.conn.Write(request); err != nil {
					b.Fatal(err)
				}
				if open++; open == window {
					if _, err := client.Next(); err != nil {
						b.Fatal(err)
					}
					open--
				}
			}
			b.StopTimer()
			_ = server.conn.Close()
			serving.Wait()
		})
	}
}
