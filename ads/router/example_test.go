package router_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"

	"stellwerk/ads/ams"
	"stellwerk/ads/discovery"
	"stellwerk/ads/router"
)

// Two programs of one process speak to each other through a router.
func ExampleNew() {
	r, err := router.New(&router.Options{NetID: ams.NetID{192, 168, 0, 9, 1, 1}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer r.Close()
	server, err := r.Dial()
	if err != nil {
		fmt.Println(err)
		return
	}
	address, err := router.Register(context.Background(), server, 25000)
	fmt.Println(address, err)
	_, err = router.Register(context.Background(), server, 25000)
	fmt.Println(errors.Is(err, ams.PortInUse))
	// Output:
	// 192.168.0.9.1.1:25000 <nil>
	// true
}

func ExampleNewResponder() {
	var routes []string
	s, err := router.NewResponder(router.ResponderOptions{
		Info: discovery.ServerInfo{NetID: ams.NetID{192, 168, 0, 9, 1, 1}, Name: "gate"},
		Allow: func(_ netip.AddrPort, q *discovery.RouteRequest) bool {
			return q.User == "guest" && q.Password == "secret"
		},
		Add: func(q *discovery.RouteRequest) error {
			routes = append(routes, q.Name)
			return nil
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	conn, err := (&net.ListenConfig{}).ListenPacket(context.Background(), "udp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	var serving sync.WaitGroup
	serving.Go(func() { _ = s.Serve(conn) })
	found, err := router.Discover(context.Background(), conn.LocalAddr().String(), nil)
	fmt.Println(found[0].Name, err)
	err = router.AddRoute(context.Background(), conn.LocalAddr().String(), discovery.RouteRequest{
		Name: "panel", NetID: ams.NetID{192, 168, 0, 7, 1, 1}, Address: "192.168.0.7", User: "guest", Password: "secret",
	}, nil)
	_ = s.Close()
	serving.Wait()
	fmt.Println(routes, err)
	// Output:
	// gate <nil>
	// [panel] <nil>
}
