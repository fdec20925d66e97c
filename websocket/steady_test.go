//go:build !race

package websocket_test

// The race detector lets pools forget at random.

import (
	"context"
	"fmt"
	"net"
	"testing"

	"stellwerk/websocket"
)

// TestSteadyState echoes messages over TCP without allocation, with a context
// that can end.
func TestSteadyState(t *testing.T) {
	for _, deflate := range []*websocket.Deflate{nil, {}, {ServerNoContextTakeover: true, ClientNoContextTakeover: true}} {
		for _, size := range []int{0, 125, 4 << 10, 64 << 10, 300_000} {
			for _, most := range []int{0, 1000} {
				t.Run(fmt.Sprintf("%+v, %d octets in frames of %d", deflate, size, most), func(t *testing.T) {
					near := echoOverTCP(t, websocket.Common{Compression: deflate, Limits: websocket.Limits{SendFrame: most}})
					message := make([]byte, size)
					for i := range message {
						message[i] = "stellwerk"[i*i%9]
					}
					options := &websocket.WriteOptions{Compress: deflate != nil}
					ctx := t.Context()
					round := func() {
						if err := near.Write(ctx, websocket.Text, message, options); err != nil {
							t.Fatal(err)
						}
						m, err := near.Read(ctx)
						if err != nil || len(m.Data) != size || m.Compressed != (deflate != nil) {
							t.Fatal(len(m.Data), err)
						}
					}
					for range 10 { // contexts are registered, buffers and tables grow
						round()
					}
					// The collector takes from pools, whatever the messages.
					if allocations := testing.AllocsPerRun(20, round); allocations > 0 {
						t.Errorf("%v allocations", allocations)
					}
				})
			}
		}
	}
}

// echoOverTCP returns the client of an echo.
func echoOverTCP(tb testing.TB, common websocket.Common) *websocket.Conn {
	tb.Helper()
	listener, err := new(net.ListenConfig).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	served := make(chan struct{})
	ctx, cancel := context.WithCancel(context.WithoutCancel(tb.Context()))
	go func() {
		defer close(served)
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		far, err := websocket.Server(ctx, conn, &websocket.ServerOptions{Common: common})
		for err == nil {
			var m websocket.Message
			if m, err = far.Read(ctx); err == nil {
				err = far.Write(ctx, m.Kind, m.Data, &websocket.WriteOptions{Compress: m.Compressed})
			}
		}
	}()
	tb.Cleanup(func() {
		cancel()
		_ = listener.Close()
		<-served
	})
	near, err := websocket.Dial(tb.Context(), "ws://"+listener.Addr().String(), &websocket.ClientOptions{Common: common})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = near.Abort() })
	return near
}
