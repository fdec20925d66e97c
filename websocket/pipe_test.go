package websocket_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/internal/rig"
	"stellwerk/websocket"
	"stellwerk/websocket/frame"
)

// piped is both ends over net.Pipe, which holds no octet: a write waits until it
// is read.
func piped(t *testing.T, common websocket.Common) (near, far *websocket.Conn) {
	t.Helper()
	a, b := net.Pipe()
	var wg sync.WaitGroup
	var farErr error
	wg.Go(func() { far, farErr = websocket.Server(t.Context(), b, &websocket.ServerOptions{Common: common}) })
	near, err := websocket.Client(t.Context(), a, target, &websocket.ClientOptions{Common: common})
	wg.Wait()
	if err != nil || farErr != nil {
		t.Fatal(err, farErr)
	}
	return near, far
}

// TestPipe exchanges messages and closes over net.Pipe, in virtual time: who
// closes first does not matter.
func TestPipe(t *testing.T) {
	for _, clientCloses := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			near, far := piped(t, websocket.Common{Compression: &websocket.Deflate{}, Limits: websocket.Limits{SendFrame: 700}})
			first, second := near, far
			if !clientCloses {
				first, second = far, near
			}
			var wg sync.WaitGroup
			wg.Go(func() {
				for {
					m, err := second.Read(t.Context())
					if err != nil {
						if closed, ok := errors.AsType[*websocket.CloseError](err); !ok || closed.Reason != "done" {
							t.Errorf("Read: %v", err)
						}
						return
					}
					if err := second.Write(t.Context(), m.Kind, m.Data, &websocket.WriteOptions{Compress: !m.Compressed}); err != nil {
						t.Error(err)
					}
				}
			})
			for size := range 20 {
				message := []byte(strings.Repeat("Größe ", size*size*10))
				if err := first.Write(t.Context(), websocket.Text, message, &websocket.WriteOptions{Compress: size%2 == 0}); err != nil {
					t.Fatal(err)
				}
				if m, err := first.Read(t.Context()); err != nil || !bytes.Equal(m.Data, message) {
					t.Fatalf("%d octets, %v", len(m.Data), err)
				}
			}
			begin := time.Now()
			if err := first.Close(websocket.NormalClosure, "done"); err != nil || time.Since(begin) != 0 {
				t.Errorf("Close: %v after %v", err, time.Since(begin))
			}
			wg.Wait()
			if err := second.Close(websocket.NormalClosure, ""); err != nil || time.Since(begin) != 0 {
				t.Errorf("Close of the other end: %v after %v", err, time.Since(begin))
			}
		})
	}
}

// TestWaiters wait for the one who writes, each as long as it may, and then get
// their turn.
func TestWaiters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn, peer := raw(t, true, websocket.Limits{}, nil)
		const writers = 20
		var wg sync.WaitGroup
		wg.Go(func() {
			if err := conn.Write(t.Context(), websocket.Binary, make([]byte, 1<<20), nil); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait() // it writes, and nobody reads
		for range writers {
			wg.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				if err := conn.Write(ctx, websocket.Binary, []byte("x"), nil); err != nil {
					t.Error(err)
				}
			})
		}
		time.Sleep(59 * time.Second)
		_ = receive(t, peer, 10+1<<20)
		for range writers {
			if got := receive(t, peer, 3); string(got) != "\x82\x01x" {
				t.Fatalf("% x", got)
			}
		}
		wg.Wait()
		if err := conn.Err(); err != nil {
			t.Errorf("the connection has ended: %v", err)
		}
	})
}

// TestContexts of messages that are over do no harm, nor does one that ends
// between two calls, until it is used again.
func TestContexts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := connected(t, nil, nil)
		exchange := func(ctx context.Context) error {
			if err := near.Write(ctx, websocket.Text, []byte("x"), nil); err != nil {
				return err
			}
			_, err := far.Read(ctx)
			return err
		}
		loop, end := context.WithCancel(t.Context())
		for range 10 {
			if err := exchange(loop); err != nil { // it stays registered
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			if err := exchange(ctx); err != nil {
				t.Fatal(err)
			}
			cancel()
			if err := errors.Join(exchange(loop), exchange(loop), exchange(context.WithoutCancel(t.Context()))); err != nil {
				t.Fatal(err)
			}
		}
		end()
		synctest.Wait()
		if err := exchange(t.Context()); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for range 3 { // several at a time, of several contexts
			wg.Go(func() {
				for range 100 {
					ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
					if err := near.Write(ctx, websocket.Text, []byte("y"), nil); err != nil {
						t.Error(err)
					}
					cancel()
				}
			})
		}
		for range 300 {
			if _, err := far.Read(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		wg.Wait()
		if _, err := far.Read(loop); !errors.Is(err, context.Canceled) || !errors.Is(far.Err(), context.Canceled) {
			t.Errorf("with a context that is over: %v, %v", err, far.Err())
		}
	})
}

// TestDeadlineOfCaller is none of the peer's: a read that ends for another reason
// than the time limit of a frame is told as it is.
func TestDeadlineOfCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := rig.Pipe(nil)
		var conn *websocket.Conn
		var wg sync.WaitGroup
		wg.Go(func() { conn, _ = websocket.Server(t.Context(), a, nil) })
		write(t, b, "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n\x81")
		wg.Wait()
		_ = a.SetReadDeadline(time.Now().Add(time.Second))
		_, err := conn.Read(t.Context())
		if _, failed := errors.AsType[*websocket.FailError](err); failed || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%v", err)
		}
		_ = b.Close()
	})
}

// TestBombMemory has a gibibyte in a mebibyte: what is taken is bounded by the
// limit of a message.
func TestBombMemory(t *testing.T) {
	deflater, err := frame.NewDeflater(15, false)
	if err != nil {
		t.Fatal(err)
	}
	part, err := deflater.Append(nil, make([]byte, 16<<20))
	if err != nil {
		t.Fatal(err)
	}
	payload := bytes.Repeat(append(part, "\x00\x00\xff\xff"...), 64)
	conn, peer := raw(t, true, websocket.Limits{ReceiveMessage: 4 << 20}, &websocket.Deflate{})
	var wg sync.WaitGroup
	wg.Go(func() {
		sendPart(t, peer, frame.Header{Fin: true, RSV1: true, Opcode: websocket.Binary, Length: int64(len(payload))}, string(payload))
	})
	before := allocated()
	_, err = conn.Read(t.Context())
	if taken := allocated() - before; taken > 24<<20 {
		t.Errorf("%d octets were taken", taken)
	}
	if !errors.Is(err, websocket.ErrTooBig) {
		t.Errorf("%v", err)
	}
	wg.Wait()
}
