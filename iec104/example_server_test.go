package iec104_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
)

// A controlled station whose application answers for itself; breaker is in the
// example of the package. Package station does more of it by itself.
func ExampleNewServer() {
	ctx := context.Background()
	server, err := iec104.NewServer(&breaker{closed: true}, &iec104.ServerOptions{
		Parameters:      iec104.Parameters{K: 24, W: 16},
		CommonAddresses: []asdu.CommonAddress{7},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0") // in a plant: port 2404
	if err != nil {
		fmt.Println(err)
		return
	}
	serving := make(chan error, 1)
	go func() { serving <- server.Serve(listener) }()

	client, err := iec104.Dial(ctx, listener.Addr().String(), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	if err := client.Start(ctx); err != nil {
		fmt.Println(err)
		return
	}
	for _, session := range server.Sessions() {
		fmt.Println("one connection,", session.Status().State)
	}
	fmt.Println("interrogate:", client.Interrogate(ctx, 7, asdu.InterrogateStation))
	fmt.Println(client.Interrogate(ctx, 1, asdu.InterrogateStation))
	fmt.Println("close:", server.Close(), errors.Is(<-serving, iec104.ErrClosed))
	// Output:
	// one connection, started
	// interrogate: <nil>
	// interrogate: refused: the answer is negative with cause 46, unknown common address
	// close: <nil> true
}

// A buffer that outlives connections: what happens while there is none waits for
// the next one, and goes when it is acknowledged.
func ExampleNewEventBuffer() {
	buffer := iec104.NewEventBuffer(nil, 2)
	for address := range asdu.ObjectAddress(3) {
		event, err := asdu.New(nil, asdu.Header{Type: asdu.M_SP_NA_1, Cause: asdu.Spontaneous, CommonAddress: 1},
			asdu.SinglePoint{Address: address + 1, Value: true})
		if err == nil {
			err = buffer.Put(event)
		}
		if err != nil {
			fmt.Println(err)
			return
		}
	}
	fmt.Println(buffer.Len(), "kept,", buffer.Lost(), "lost")

	server, err := iec104.NewServer(&breaker{}, &iec104.ServerOptions{
		Queue: func(net.Conn) iec104.EventQueue { return buffer },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	near, far := net.Pipe()
	if _, err := server.ServeConn(far); err != nil {
		fmt.Println(err)
		return
	}
	got := make(chan asdu.ObjectAddress)
	client, err := iec104.NewClient(near, &iec104.ClientOptions{Handler: func(a asdu.ASDU) error {
		point, err := asdu.First[asdu.SinglePoint](a)
		got <- point.Address
		return err
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	if err := client.Start(context.Background()); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("point", <-got)
	fmt.Println("point", <-got)
	// Output:
	// 2 kept, 1 lost
	// point 2
	// point 3
}

// Measured values never push events out of a buffer, and come after them.
func ExampleNewClassedEventBuffer() {
	buffer := iec104.NewClassedEventBuffer(nil, iec104.EventLimits{
		Events: 5000, Measurands: 100,
		Overflow: func(class iec104.EventClass) { fmt.Println("losing", class) },
	})
	put := func(a asdu.ASDU, err error) {
		if err == nil {
			err = buffer.Put(a)
		}
		if err != nil {
			fmt.Println(err)
		}
	}
	for n := range 1000 {
		put(asdu.New(nil, asdu.Header{Type: asdu.M_ME_NC_1, Cause: asdu.Spontaneous, CommonAddress: 1},
			asdu.ShortFloat{Address: 300, Value: float32(n)}))
	}
	put(asdu.New(nil, asdu.Header{Type: asdu.M_DP_NA_1, Cause: asdu.Spontaneous, CommonAddress: 1},
		asdu.DoublePoint{Address: 100, Value: asdu.Off}))
	first, _ := buffer.Next()
	fmt.Println(first.Type, "first;", buffer.LostOf(iec104.Measurands), "measured values lost,", buffer.LostOf(iec104.Events), "events")
	// Output:
	// losing measurands
	// M_DP_NA_1 first; 900 measured values lost, 0 events
}

func ExampleFromPrefixes() {
	ctx := context.Background()
	server, err := iec104.NewServer(&breaker{}, &iec104.ServerOptions{Groups: []iec104.RedundancyGroup{
		{Name: "north", Match: iec104.FromPrefixes(netip.MustParsePrefix("192.0.2.0/24"))},
		{Name: "south", Match: iec104.FromPrefixes(netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128"))},
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	go server.Serve(listener) //nolint:errcheck // until the server is closed
	for range 2 {
		client, err := iec104.Dial(ctx, listener.Addr().String(), nil)
		if err != nil {
			fmt.Println(err)
			return
		}
		defer client.Close()
		if err := client.Start(ctx); err != nil {
			fmt.Println(err)
			return
		}
	}
	active := 0
	for _, session := range server.Sessions() {
		standing := session.Standing()
		fmt.Println(standing.Group)
		if standing.Active {
			active++
		}
	}
	fmt.Println("active:", active)
	// Output:
	// south
	// south
	// active: 1
}

// With TLS a group is chosen by what the certificate says, wherever the
// connection comes from.
func ExampleWithCertificate() {
	south := iec104.WithCertificate("south.example", "south-2.example")
	server, err := iec104.NewServer(&breaker{}, &iec104.ServerOptions{Groups: []iec104.RedundancyGroup{
		{Name: "south", Match: south},
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close() // in a plant: server.Serve(tls.NewListener(listener, config))
	near, far := net.Pipe()
	defer near.Close()
	session, err := server.ServeConn(far)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("without TLS in group %q\n", session.Standing().Group)
	// Output: without TLS in group ""
}
