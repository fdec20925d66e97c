package websocket_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
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

func TestMain(m *testing.M) {
	if address, ok := os.LookupEnv(idleAt); ok {
		if err := stayIdle(address); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	rig.Main(m)
}

var target = &url.URL{Scheme: "ws", Host: "server.example", Path: "/feed"}

// connected is both ends after the handshake.
func connected(tb testing.TB, client *websocket.ClientOptions, server *websocket.ServerOptions) (near, far *websocket.Conn) {
	tb.Helper()
	a, b := rig.Pipe(nil)
	var wg sync.WaitGroup
	var clientErr, serverErr error
	wg.Go(func() { far, serverErr = websocket.Server(tb.Context(), b, server) })
	near, clientErr = websocket.Client(tb.Context(), a, target, client)
	wg.Wait()
	if clientErr != nil || serverErr != nil {
		tb.Fatalf("client: %v, server: %v", clientErr, serverErr)
	}
	tb.Cleanup(func() {
		_ = near.Abort()
		_ = far.Abort()
	})
	return near, far
}

// raw is a connection with a peer of which every octet is laid by hand: after
// the handshake, as the other role than the one under test.
func raw(tb testing.TB, server bool, limits websocket.Limits, compression *websocket.Deflate) (*websocket.Conn, *rig.Conn) {
	tb.Helper()
	a, b := rig.Pipe(nil)
	common := websocket.Common{Limits: limits, Compression: compression}
	var conn *websocket.Conn
	var err error
	var wg sync.WaitGroup
	head := make([]byte, 0, 2048)
	until := func() {
		for !bytes.HasSuffix(head, []byte("\r\n\r\n")) {
			var octet [1]byte
			if _, err := io.ReadFull(b, octet[:]); err != nil {
				tb.Error(err)
				return
			}
			head = append(head, octet[0])
		}
	}
	extension := ""
	if compression != nil {
		extension = "Sec-WebSocket-Extensions: permessage-deflate\r\n"
	}
	if server {
		wg.Go(func() { conn, err = websocket.Server(tb.Context(), a, &websocket.ServerOptions{Common: common}) })
		_, _ = io.WriteString(b, "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"+extension+"\r\n")
		until()
	} else {
		wg.Go(func() {
			conn, err = websocket.Client(tb.Context(), a, target, &websocket.ClientOptions{Common: common})
		})
		until()
		_, _ = io.WriteString(b, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "+accept(string(head))+"\r\n"+extension+"\r\n")
	}
	wg.Wait()
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		_ = conn.Abort()
		_ = b.Close()
	})
	return conn, b
}

// TestMessages sends messages of all sizes both ways, whole, in fragments and
// compressed.
func TestMessages(t *testing.T) {
	sizes := []int{0, 1, 125, 126, 1000, 65535, 65536, 300_000}
	for _, limit := range []int{0, 1, 100, 4096} {
		for _, deflate := range []*websocket.Deflate{nil, {}, {ServerNoContextTakeover: true, ClientNoContextTakeover: true}, {ServerMaxWindowBits: 9, ClientMaxWindowBits: 8}} {
			t.Run(fmt.Sprintf("frames of %d, %+v", limit, deflate), func(t *testing.T) {
				common := websocket.Common{Limits: websocket.Limits{SendFrame: limit}, Compression: deflate}
				near, far := connected(t, &websocket.ClientOptions{Common: common}, &websocket.ServerOptions{Common: common})
				if near.Compressed() != (deflate != nil) || far.Compressed() != near.Compressed() {
					t.Fatal("not agreed on compression")
				}
				var wg sync.WaitGroup
				wg.Go(func() { // an echo
					for {
						m, err := far.Read(t.Context())
						if err != nil {
							return
						}
						if err := far.Write(t.Context(), m.Kind, m.Data, &websocket.WriteOptions{Compress: m.Compressed}); err != nil {
							t.Error(err)
						}
					}
				})
				for _, size := range sizes {
					if limit == 1 && size > 1000 {
						continue
					}
					for _, kind := range []websocket.Opcode{websocket.Text, websocket.Binary} {
						for _, compress := range []bool{false, true} {
							data := []byte(strings.Repeat("Größe ", size/8+1))[:size]
							if kind == websocket.Text {
								data = bytes.ToValidUTF8(data, nil)
							}
							if err := near.Write(t.Context(), kind, data, &websocket.WriteOptions{Compress: compress}); err != nil {
								t.Fatal(err)
							}
							m, err := near.Read(t.Context())
							if err != nil || m.Kind != kind || !bytes.Equal(m.Data, data) || m.Compressed != (compress && deflate != nil) {
								t.Fatalf("%d octets: %d octets, %v, %v", size, len(m.Data), m.Compressed, err)
							}
						}
					}
				}
				if err := near.Close(websocket.NormalClosure, "done"); err != nil {
					t.Errorf("Close: %v", err)
				}
				wg.Wait()
				closed, ok := errors.AsType[*websocket.CloseError](far.Err())
				if !ok || closed.Code != websocket.NormalClosure || closed.Reason != "done" {
					t.Errorf("the server's end: %v", far.Err())
				}
			})
		}
	}
}

// TestPings are answered while a message is on its way, and the last one where
// nobody can write.
func TestPings(t *testing.T) {
	conn, peer := raw(t, true, websocket.Limits{}, nil)
	send(t, peer, frame.Header{Opcode: websocket.Text, Length: 2}, "ab")
	send(t, peer, frame.Header{Fin: true, Opcode: frame.Ping, Length: 4}, "ping")
	send(t, peer, frame.Header{Fin: true, Opcode: frame.Pong, Length: 3}, "???")
	send(t, peer, frame.Header{Fin: true, Opcode: frame.Continuation, Length: 1}, "c")
	m, err := conn.Read(t.Context())
	if err != nil || string(m.Data) != "abc" {
		t.Fatalf("%q, %v", m.Data, err)
	}
	if got := receive(t, peer, 6); string(got) != "\x8a\x04ping" {
		t.Errorf("the answer is % x", got)
	}
	if err := conn.Ping(t.Context(), []byte("you?")); err != nil {
		t.Fatal(err)
	}
	if got := receive(t, peer, 6); string(got) != "\x89\x04you?" {
		t.Errorf("the ping is % x", got)
	}
	if err := conn.Ping(t.Context(), make([]byte, 126)); err == nil {
		t.Error("a ping of 126 octets")
	}
}

// TestPeerDoesNotRead must not keep this side from reading: pings wait, and the
// last one is answered in the end.
func TestPeerDoesNotRead(t *testing.T) {
	conn, peer := raw(t, true, websocket.Limits{}, nil)
	var wg sync.WaitGroup
	const big = 4 << 20
	wg.Go(func() {
		if err := conn.Write(t.Context(), websocket.Binary, make([]byte, big), nil); err != nil {
			t.Error(err)
		}
	})
	_ = receive(t, peer, 10) // it has begun
	for i := range 5000 {    // more than buffers hold
		send(t, peer, frame.Header{Fin: true, Opcode: frame.Ping, Length: 4}, fmt.Sprintf("%04d", i))
		if i%10 != 9 {
			continue
		}
		send(t, peer, frame.Header{Fin: true, Opcode: websocket.Text, Length: 1}, "x")
		if _, err := conn.Read(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	_ = receive(t, peer, big)
	wg.Wait()
	last := receive(t, peer, 6)
	for string(last) != "\x8a\x044999" {
		last = receive(t, peer, 6)
		if !strings.HasPrefix(string(last), "\x8a\x04") {
			t.Fatalf("% x", last)
		}
	}
}

// TestContext ends the connection where it cannot go on.
func TestContext(t *testing.T) {
	near, far := connected(t, nil, nil)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
	defer cancel()
	if _, err := near.Read(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Read: %v", err)
	}
	if err := near.Write(t.Context(), websocket.Text, nil, nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Write after it: %v", err)
	}
	if _, err := far.Read(t.Context()); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("the other end: %v", err)
	}
}

// TestCloseTimeout does not wait for ever.
func TestCloseTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn, peer := raw(t, false, websocket.Limits{CloseTimeout: 3 * time.Second}, nil)
		begin := time.Now()
		err := conn.Close(websocket.GoingAway, "bye")
		if !errors.Is(err, websocket.ErrClosed) || time.Since(begin) != 3*time.Second {
			t.Errorf("after %v: %v", time.Since(begin), err)
		}
		_ = peer.Close()
	})
}

// TestCloseWhileReading lets the reader see the answer.
func TestCloseWhileReading(t *testing.T) {
	near, far := connected(t, nil, nil)
	var wg sync.WaitGroup
	wg.Go(func() {
		if _, err := near.Read(t.Context()); err == nil {
			t.Error("Read returns a message")
		}
	})
	wg.Go(func() {
		if _, err := far.Read(t.Context()); err == nil {
			t.Error("Read returns a message")
		}
	})
	time.Sleep(5 * time.Millisecond)
	if err := near.Close(4000, "later"); err != nil {
		t.Errorf("Close: %v", err)
	}
	wg.Wait()
	if err := near.Close(websocket.NormalClosure, ""); err != nil {
		t.Errorf("Close again: %v", err)
	}
	if err := near.Write(t.Context(), websocket.Text, nil, nil); err == nil {
		t.Error("Write after Close")
	}
	if err := near.Close(1005, ""); err != nil {
		t.Errorf("Close once more: %v", err)
	}
}

// TestFailures has a peer for each way to break the standard or a limit.
func TestFailures(t *testing.T) {
	limits := websocket.Limits{ReceiveFrame: 1000, ReceiveMessage: 2000}
	long := strings.Repeat("x", 900)
	tests := map[string]struct {
		send func(t *testing.T, peer net.Conn)
		code websocket.CloseCode
		want error
	}{
		"reserved opcode": {func(t *testing.T, p net.Conn) { send(t, p, frame.Header{Fin: true, Opcode: 3}, "") }, 1002, frame.ErrProtocol},
		"RSV1": {func(t *testing.T, p net.Conn) {
			send(t, p, frame.Header{Fin: true, RSV1: true, Opcode: websocket.Text}, "")
		}, 1002, frame.ErrProtocol},
		"continuation": {func(t *testing.T, p net.Conn) { send(t, p, frame.Header{Fin: true}, "") }, 1002, frame.ErrProtocol},
		"two messages": {func(t *testing.T, p net.Conn) {
			send(t, p, frame.Header{Opcode: websocket.Text}, "")
			send(t, p, frame.Header{Opcode: websocket.Text}, "")
		}, 1002, frame.ErrProtocol},
		"half a code": {func(t *testing.T, p net.Conn) {
			send(t, p, frame.Header{Fin: true, Opcode: frame.Close, Length: 1}, "\x03")
		}, 1002, frame.ErrProtocol},
		"code 1005": {func(t *testing.T, p net.Conn) {
			send(t, p, frame.Header{Fin: true, Opcode: frame.Close, Length: 2}, "\x03\xed")
		}, 1002, frame.ErrProtocol},
		"reason": {func(t *testing.T, p net.Conn) {
			send(t, p, frame.Header{Fin: true, Opcode: frame.Close, Length: 3}, "\x03\xe8\xff")
		}, 1007, frame.ErrPayload},
		"first wrong": {func(t *testing.T, p net.Conn) {
			sendPart(t, p, frame.Header{Opcode: websocket.Text, Length: 500}, "ab\xff")
		}, 1007, frame.ErrPayload},
		"half character": {func(t *testing.T, p net.Conn) {
			send(t, p, frame.Header{Fin: true, Opcode: websocket.Text, Length: 1}, "\xc3")
		}, 1007, frame.ErrPayload},
		"long frame": {func(t *testing.T, p net.Conn) {
			sendPart(t, p, frame.Header{Opcode: websocket.Binary, Length: 1 << 40}, "")
		}, 1009, websocket.ErrTooBig},
		"long message": {func(t *testing.T, p net.Conn) {
			send(t, p, frame.Header{Opcode: websocket.Binary, Length: 900}, long)
			send(t, p, frame.Header{Length: 900}, long)
			sendPart(t, p, frame.Header{Length: 900}, "")
		}, 1009, websocket.ErrTooBig},
		"not masked": {func(t *testing.T, p net.Conn) { write(t, p, "\x81\x00") }, 1002, frame.ErrProtocol},
		"length":     {func(t *testing.T, p net.Conn) { write(t, p, "\x82\xfe\x00\x01\x00\x00\x00\x00") }, 1002, frame.ErrProtocol},
		"cut":        {func(t *testing.T, p net.Conn) { _ = p.Close() }, 0, io.ErrUnexpectedEOF},
		"cut within": {func(t *testing.T, p net.Conn) {
			sendPart(t, p, frame.Header{Opcode: websocket.Text, Length: 9}, "ab")
			if half, ok := p.(interface{ CloseWrite() error }); ok {
				_ = half.CloseWrite()
			}
		}, 0, io.ErrUnexpectedEOF},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			conn, peer := raw(t, true, limits, nil)
			test.send(t, peer)
			_, err := conn.Read(t.Context())
			if !errors.Is(err, test.want) {
				t.Errorf("Read: %v", err)
			}
			if test.code == 0 {
				return
			}
			if failed, ok := errors.AsType[*websocket.FailError](err); !ok || failed.Code != test.code {
				t.Errorf("Read: %v", err)
			}
			head := receive(t, peer, 4)
			if head[0] != 0x88 || websocket.CloseCode(head[2])<<8|websocket.CloseCode(head[3]) != test.code {
				t.Errorf("the peer is told % x, want %d", head, test.code)
			}
		})
	}
}

// TestCompressedFailures has a bomb, and a message that is damaged.
func TestCompressedFailures(t *testing.T) {
	deflater, err := frame.NewDeflater(15, false)
	if err != nil {
		t.Fatal(err)
	}
	bomb, err := deflater.Append(nil, make([]byte, 10<<20))
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		payload string
		code    websocket.CloseCode
		want    error
	}{
		"bomb":    {string(bomb), 1009, websocket.ErrTooBig},
		"damaged": {"\xff\xff\xff", 1007, frame.ErrInflate},
	} {
		t.Run(name, func(t *testing.T) {
			conn, peer := raw(t, true, websocket.Limits{ReceiveMessage: 1 << 20}, &websocket.Deflate{})
			var wg sync.WaitGroup
			wg.Go(func() {
				h := frame.Header{Fin: true, RSV1: true, Opcode: websocket.Binary, Length: int64(len(test.payload)), Masked: true}
				_, _ = peer.Write(append(h.Append(nil), test.payload...))
			})
			_, err := conn.Read(t.Context())
			failed, ok := errors.AsType[*websocket.FailError](err)
			if !ok || failed.Code != test.code || !errors.Is(err, test.want) {
				t.Errorf("Read: %v", err)
			}
			_ = peer.Close()
			wg.Wait()
		})
	}
}

// TestTrace shows each frame once, both ways.
func TestTrace(t *testing.T) {
	var mu sync.Mutex
	var seen []string
	trace := func(f websocket.Frame) {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, fmt.Sprintf("%v %v %v %q", f.Sent, f.Header.Opcode, f.Header.Masked, f.Payload))
	}
	near, far := connected(t, &websocket.ClientOptions{Common: websocket.Common{Trace: trace, Limits: websocket.Limits{SendFrame: 3}}}, nil)
	if err := near.Write(t.Context(), websocket.Text, []byte("Hello"), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := far.Read(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := far.Write(t.Context(), websocket.Text, []byte("you"), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := near.Read(t.Context()); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	want := []string{`true text true "Hel"`, `true continuation true "lo"`, `false text false "you"`}
	if fmt.Sprint(seen) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", seen, want)
	}
}

// send sends a frame of a client.
func send(t *testing.T, peer net.Conn, h frame.Header, data string) {
	t.Helper()
	h.Length = int64(len(data))
	sendPart(t, peer, h, data)
}

// sendPart sends the beginning of a frame of a client.
func sendPart(t *testing.T, peer net.Conn, h frame.Header, data string) {
	t.Helper()
	h.Masked, h.Key = true, [4]byte{1, 2, 3, 4}
	octets := h.Append(nil)
	at := len(octets)
	octets = append(octets, data...)
	frame.Mask(octets[at:], h.Key, 0)
	write(t, peer, string(octets))
}

func write(t *testing.T, peer net.Conn, octets string) {
	t.Helper()
	if _, err := io.WriteString(peer, octets); err != nil {
		t.Fatal(err)
	}
}

func receive(t *testing.T, peer net.Conn, octets int) []byte {
	t.Helper()
	data := make([]byte, octets)
	if _, err := io.ReadFull(peer, data); err != nil {
		t.Fatal(err)
	}
	return data
}
