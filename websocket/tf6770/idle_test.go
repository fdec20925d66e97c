package tf6770_test

import (
	"context"
	"net"
	"testing"
	"time"

	"stellwerk/websocket"
	"stellwerk/websocket/tf6770"
)

// realEcho lets a client talk to an echo over TCP.
func realEcho(t testing.TB, client *tf6770.Client) {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		if w, err := websocket.Server(endless, conn, nil); err == nil {
			echo(w)
		}
	}()
	client.Dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, listener.Addr().String())
	}
	for end := time.Now().Add(10 * time.Second); !client.Connect(false); time.Sleep(time.Millisecond) {
		if time.Now().After(end) || client.Error {
			t.Fatalf("not connected: %+v", client.Outputs)
		}
	}
	t.Cleanup(func() {
		_ = client.Close()
		_ = listener.Close()
		<-ended
	})
}

// A cycle in which nothing happens costs no memory.
func TestIdleExecuteDoesNotAllocate(t *testing.T) {
	client := tf6770.NewClient()
	realEcho(t, client)
	if n := testing.AllocsPerRun(1000, client.Execute); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// Nor does one after a failure.
func TestFailedExecuteDoesNotAllocate(t *testing.T) {
	client := tf6770.NewClient()
	client.HostName = "no host"
	for client.Connect(false); client.ConnectionState == tf6770.Busy; client.Execute() {
		time.Sleep(time.Millisecond)
	}
	if n := testing.AllocsPerRun(1000, client.Execute); n != 0 || !client.Error {
		t.Errorf("%v allocations, %+v", n, client.Outputs)
	}
}

func BenchmarkIdleExecute(b *testing.B) {
	client := tf6770.NewClient()
	realEcho(b, client)
	b.ReportAllocs()
	for b.Loop() {
		client.Execute()
	}
}
