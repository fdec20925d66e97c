package websockettest_test

import (
	"context"
	"fmt"
	"net"
	"net/url"

	"stellwerk/websocket"
	"stellwerk/websocket/websockettest"
)

// A client meets a server that stops in the middle of a frame, and one that
// compresses a gibibyte.
func ExampleServer() {
	for _, name := range []string{"cut-frame", "bomb"} {
		wrong, _ := websockettest.Find(name)
		fmt.Println("The server", wrong.Text.EN+".")
		near, far := net.Pipe()
		server := websockettest.Server{Misbehaviour: wrong}
		go func() { _ = server.ServeConn(context.Background(), far) }()

		options := websocket.ClientOptions{Common: websocket.Common{Compression: &websocket.Deflate{}, Limits: websocket.Limits{ReceiveMessage: 1 << 20}}}
		conn, err := websocket.Client(context.Background(), near, &url.URL{Scheme: "ws", Host: "server.example", Path: "/"}, &options)
		if err != nil {
			fmt.Println(err)
			return
		}
		_, err = conn.Read(context.Background())
		fmt.Println(err)
	}
	// Output:
	// The server sends half of a frame and closes the connection.
	// unexpected EOF
	// The server sends a gibibyte, a thousandth of it by compression.
	// websocket: beyond the limit: a message of more than 1048576 octets
}

// A server is held against the table of pings.
func ExampleCase_Run() {
	failed, passed := 0, 0
	for c := range websockettest.Cases() {
		if c.Table != "pings" {
			continue
		}
		near, far := net.Pipe()
		go func() {
			conn, err := websocket.Server(context.Background(), near, &websocket.ServerOptions{Common: websocket.Common{Limits: c.Limits, Compression: c.Compression}})
			if err == nil {
				_ = websockettest.Echo(context.Background(), conn)
			}
		}()
		if err := c.Run(context.Background(), far, websockettest.ServerRole); err != nil {
			fmt.Println(err)
			failed++
			continue
		}
		passed++
	}
	fmt.Println(passed, "passed,", failed, "failed")
	// Output: 59 passed, 0 failed
}
