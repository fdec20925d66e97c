package ads_test

import (
	"context"
	"fmt"
	"net"

	"stellwerk/ads"
	"stellwerk/ads/ams"
	"stellwerk/ads/command"
)

func ExampleNewDatagramConn() {
	conn, err := new(net.Dialer).DialContext(context.Background(), "udp", "127.0.0.1:48898")
	if err != nil {
		fmt.Println(err)
		return
	}
	client, err := ads.NewClient(ads.NewDatagramConn(conn), &ads.ClientOptions{Framing: ams.Bare, Target: ams.Address{NetID: ams.LocalNetID}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = client.Close() }()
	fmt.Println(client.Address())
	// Output: 127.0.0.1.1.1:851
}

func ExampleListenDatagrams() {
	socket, err := new(net.ListenConfig).ListenPacket(context.Background(), "udp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	listener := ads.ListenDatagrams(socket)
	defer func() { _ = listener.Close() }()
	server, err := ads.NewServer(&ads.ServerOptions{Framing: ams.Bare})
	if err != nil {
		fmt.Println(err)
		return
	}
	server.Handle(ams.PortTC3PLC1, ads.HandlerFunc(func(_ context.Context, r *ads.Request, dst []byte) ([]byte, ams.ReturnCode) {
		return command.State{ADSState: command.StateRun}.Append(dst), ams.NoError
	}))
	done := make(chan error)
	go func() { done <- server.Serve(listener) }()
	_ = server.Close()
	fmt.Println(<-done)
	// Output: ads: the server is closed
}
