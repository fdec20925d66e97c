package websocket_test

import (
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/websocket"
	"stellwerk/websocket/frame"
)

// TestCloseFrameArrives at a peer that is still sending when it breaks the
// standard: a connection that is closed with octets unread is reset, and a reset
// can overtake what was sent.
func TestCloseFrameArrives(t *testing.T) {
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() {
		conn, err := listener.Accept()
		if err != nil {
			t.Error(err)
			return
		}
		far, err := websocket.Server(t.Context(), conn, nil)
		if err != nil {
			t.Error(err)
			return
		}
		_, err = far.Read(t.Context())
		if failed, ok := errors.AsType[*websocket.FailError](err); !ok || failed.Code != frame.ProtocolError {
			t.Errorf("Read: %v", err)
		}
		if err := far.Close(websocket.NormalClosure, ""); !errors.Is(err, frame.ErrProtocol) { // it waits for the end
			t.Errorf("Close: %v", err)
		}
	})
	peer, err := new(net.Dialer).DialContext(t.Context(), "tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	write(t, peer, "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n")
	sendPart(t, peer, frame.Header{Fin: true, Opcode: 3, Length: 1 << 20}, strings.Repeat("x", 1<<20))
	answer, err := io.ReadAll(peer)
	_, end, found := strings.Cut(string(answer), "\r\n\r\n")
	if err != nil || !found || !strings.HasPrefix(end, "\x88") || !strings.Contains(end, "\x03\xea") {
		t.Errorf("the peer sees %q, %v", answer, err)
	}
}

// TestServerClosesFirst lets a client wait for the server (RFC 6455, 7.1.1).
func TestServerClosesFirst(t *testing.T) {
	for name, test := range map[string]struct {
		leaves time.Duration // when the server closes, 0 for never
		takes  time.Duration
	}{
		"soon":  {300 * time.Millisecond, 300 * time.Millisecond},
		"never": {0, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				conn, peer := raw(t, false, websocket.Limits{}, nil)
				var wg sync.WaitGroup
				wg.Go(func() {
					_ = receive(t, peer, 2+4+2)
					write(t, peer, "\x88\x02\x03\xe8")
					_ = peer.SetReadDeadline(time.Now().Add(test.takes - time.Millisecond))
					if n, err := peer.Read(make([]byte, 1)); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
						t.Errorf("the client closes first: %v", err)
					}
					_ = peer.SetReadDeadline(time.Time{})
					if test.leaves > 0 {
						time.Sleep(time.Millisecond)
						_ = peer.Close()
					}
				})
				begin := time.Now()
				if err := conn.Close(websocket.NormalClosure, ""); err != nil || time.Since(begin) != test.takes {
					t.Errorf("Close: %v after %v", err, time.Since(begin))
				}
				wg.Wait()
			})
		})
	}
}

// TestServerLingers closes its own side first, and for a second takes what is on
// its way.
func TestServerLingers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn, peer := raw(t, true, websocket.Limits{}, nil)
		send(t, peer, frame.Header{Fin: true, Opcode: frame.Close}, "\x03\xe8")
		begin := time.Now()
		if _, err := conn.Read(t.Context()); time.Since(begin) != 0 {
			t.Errorf("Read: %v after %v", err, time.Since(begin))
		}
		select {
		case <-conn.Done():
		default:
			t.Error("the end is not known at once")
		}
		if all, err := io.ReadAll(peer); string(all) != "\x88\x02\x03\xe8" || err != nil || time.Since(begin) != 0 {
			t.Errorf("%q, %v after %v", all, err, time.Since(begin))
		}
		time.Sleep(900 * time.Millisecond)
		write(t, peer, strings.Repeat("x", 10_000))
		if err := conn.Close(websocket.NormalClosure, ""); err != nil || time.Since(begin) != time.Second {
			t.Errorf("Close: %v after %v", err, time.Since(begin))
		}
	})
}

// TestAbortDoesNotLinger ends the wait for the peer.
func TestAbortDoesNotLinger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn, peer := raw(t, true, websocket.Limits{}, nil)
		send(t, peer, frame.Header{Fin: true, Opcode: frame.Close}, "\x03\xe8")
		_, err := conn.Read(t.Context())
		begin := time.Now()
		if aborted := conn.Abort(); !errors.Is(aborted, err) {
			t.Errorf("Abort: %v, Read: %v", aborted, err)
		}
		if err := conn.Close(websocket.NormalClosure, ""); err != nil || time.Since(begin) != 0 {
			t.Errorf("Close: %v after %v", err, time.Since(begin))
		}
	})
}

// TestSlowFrames fails a peer that stops or drips within a frame, whatever part,
// and not one that is slow between frames.
func TestSlowFrames(t *testing.T) {
	masked := frame.Header{Fin: true, Opcode: websocket.Text, Masked: true, Key: [4]byte{1, 2, 3, 4}}
	for name, test := range map[string]struct {
		header frame.Header
		octets int // that come, one each second
		limit  time.Duration
		after  time.Duration // the first octet
	}{
		"half a header":    {masked, 3, 10 * time.Second, 10 * time.Second},
		"a header drips":   {masked, 6, 3 * time.Second, 3 * time.Second},
		"half a payload":   {masked, 9, 10 * time.Second, 15 * time.Second}, // the payload begins 5 s later
		"a payload drips":  {masked, 60, 10 * time.Second, 15 * time.Second},
		"a ping drips":     {frame.Header{Fin: true, Opcode: frame.Ping, Masked: true}, 60, 10 * time.Second, 15 * time.Second},
		"as time by size":  {masked, 7, 0, 65 * time.Second},
		"a header by size": {masked, 1, 0, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				conn, peer := raw(t, true, websocket.Limits{FrameTimeout: test.limit}, nil)
				test.header.Length = 100
				octets := append(test.header.Append(nil), make([]byte, 100)...)
				time.Sleep(time.Hour) // a peer may be silent
				send(t, peer, frame.Header{Fin: true, Opcode: websocket.Text}, "first")
				if _, err := conn.Read(t.Context()); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Hour)
				var wg sync.WaitGroup
				begin := time.Now()
				wg.Go(func() {
					for i := range test.octets {
						if _, err := peer.Write(octets[i : i+1]); err != nil {
							return
						}
						time.Sleep(time.Second)
					}
				})
				_, err := conn.Read(t.Context())
				failed, ok := errors.AsType[*websocket.FailError](err)
				if !ok || failed.Code != frame.PolicyViolation || !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(begin) != test.after {
					t.Errorf("%v after %v", err, time.Since(begin))
				}
				if head := receive(t, peer, 4); head[0] != 0x88 || head[2] != 0x03 || head[3] != 0xf0 {
					t.Errorf("the peer is told % x", head)
				}
				wg.Wait()
			})
		})
	}
}

// TestSlowButInTime takes a long time for many frames, and none too long for one.
func TestSlowButInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn, peer := raw(t, true, websocket.Limits{FrameTimeout: 10 * time.Second}, nil)
		go func() {
			for i := range 100 {
				h := frame.Header{Fin: i%10 == 9, Opcode: frame.Continuation, Masked: true, Length: 2}
				if i%10 == 0 {
					h.Opcode = websocket.Binary
				}
				for _, octet := range append(h.Append(nil), "ab"...) {
					if _, err := peer.Write([]byte{octet}); err != nil {
						t.Error(err)
					}
					time.Sleep(time.Second)
				}
				if i%10 == 4 {
					time.Sleep(time.Hour)
				}
			}
		}()
		for range 10 {
			if m, err := conn.Read(t.Context()); err != nil || string(m.Data) != strings.Repeat("ab", 10) {
				t.Fatalf("%q, %v", m.Data, err)
			}
			time.Sleep(30 * time.Second) // nobody reads
		}
	})
}

// TestLimitsOfFrames has a short limit behind a long one: the default depends on
// the length.
func TestLimitsOfFrames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn, peer := raw(t, true, websocket.Limits{}, nil)
		var wg sync.WaitGroup
		wg.Go(func() {
			h := frame.Header{Fin: true, Opcode: websocket.Binary, Masked: true, Length: 1 << 20}
			write(t, peer, string(h.Append(nil)))
			time.Sleep(10 * time.Second)
			write(t, peer, strings.Repeat("x", 1<<20))
			h.Length = 20 << 10
			write(t, peer, string(h.Append(nil)))
		})
		if m, err := conn.Read(t.Context()); err != nil || len(m.Data) != 1<<20 {
			t.Fatal(len(m.Data), err)
		}
		begin := time.Now()
		if _, err := conn.Read(t.Context()); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(begin) != 65*time.Second {
			t.Errorf("%v after %v", err, time.Since(begin))
		}
		wg.Wait()
	})
}

// TestCloseLeavesMessage does not write into the last message while it drops what
// still comes.
func TestCloseLeavesMessage(t *testing.T) {
	conn, peer := raw(t, true, websocket.Limits{}, nil)
	send(t, peer, frame.Header{Fin: true, Opcode: websocket.Text}, "kept")
	m, err := conn.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	send(t, peer, frame.Header{Fin: true, Opcode: websocket.Text}, "late and longer")
	send(t, peer, frame.Header{Fin: true, Opcode: frame.Close}, "\x03\xe8")
	_ = peer.CloseWrite()
	if err := conn.Close(websocket.NormalClosure, ""); err != nil {
		t.Error(err)
	}
	if string(m.Data) != "kept" {
		t.Errorf("the message became %q", m.Data)
	}
}
