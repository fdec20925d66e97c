package websocket_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"stellwerk/websocket"
)

// idleAt names the variable that makes the test program the clients: address and
// number.
const idleAt = "STELLWERK_WEBSOCKET_IDLE_AT"

// idleOptions are those of both sides: compression without context takeover.
var idleOptions = websocket.Common{Compression: &websocket.Deflate{ServerNoContextTakeover: true, ClientNoContextTakeover: true}}

// TestIdleConnections has 10,000 connections that have exchanged messages and are
// idle, each with a goroutine that reads. The clients are in another process, so
// that the memory of this one is the server's.
func TestIdleConnections(t *testing.T) {
	number, most := 10_000, 16<<10
	if testing.Short() || raced {
		number = 200
	}
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	if limit.Cur < uint64(number+200) {
		t.Skipf("ulimit -n is %d: %d connections need %d", limit.Cur, number, number+200)
	}
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	before := occupied()
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			all.Go(func() { serveEcho(ctx, t, conn) })
		}
	})
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), exe)
	child.Env = append(os.Environ(), fmt.Sprintf("%s=%s %d", idleAt, listener.Addr(), number))
	child.Stderr = os.Stderr
	stdin, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if line != "idle\n" {
		t.Fatalf("%q, %v", line, err)
	}
	each := (occupied() - before) / number
	t.Logf("%d connections: %d octets of heap and stacks each", number, each)
	if each > most && !raced {
		t.Errorf("%d octets a connection, more than %d", each, most)
	}
	cancel()
	_ = listener.Close()
	all.Wait()
	_ = stdin.Close()
	if err := child.Wait(); err != nil {
		t.Error(err)
	}
}

// serveEcho echoes until ctx or the connection ends.
func serveEcho(ctx context.Context, t *testing.T, conn net.Conn) {
	w, err := websocket.Server(ctx, conn, &websocket.ServerOptions{Common: idleOptions})
	for err == nil {
		var m websocket.Message
		if m, err = w.Read(ctx); err == nil {
			err = w.Write(ctx, m.Kind, m.Data, &websocket.WriteOptions{Compress: m.Compressed})
		}
	}
	if ctx.Err() == nil {
		t.Error(err)
	}
}

// stayIdle is the other process: clients that exchange some messages and then wait
// until standard input ends.
func stayIdle(at string) error {
	address, text, _ := strings.Cut(at, " ")
	number, err := strconv.Atoi(text)
	if err != nil {
		return err
	}
	ctx := context.Background()
	connections := make([]*websocket.Conn, number)
	for i := range connections {
		w, err := websocket.Dial(ctx, "ws://"+address, &websocket.ClientOptions{Common: idleOptions})
		if err != nil {
			return err
		}
		connections[i] = w
		for _, size := range []int{125, 4 << 10, 64 << 10} {
			message := bytes.Repeat([]byte{'x'}, size)
			if err := w.Write(ctx, websocket.Text, message, &websocket.WriteOptions{Compress: size > 4<<10}); err != nil {
				return err
			}
			if m, err := w.Read(ctx); err != nil || !bytes.Equal(m.Data, message) {
				return errors.Join(errors.New("another message comes back"), err)
			}
		}
	}
	fmt.Println("idle")
	_, err = io.Copy(io.Discard, os.Stdin)
	for _, w := range connections {
		_ = w.Abort()
	}
	return err
}

// occupied returns the octets of heap and stacks, after two collections: the
// first one empties pools halfway.
func occupied() int {
	var m runtime.MemStats
	for range 3 {
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return int(m.HeapInuse + m.StackInuse)
}

// allocated returns the octets that were ever allocated.
func allocated() int {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.TotalAlloc)
}
