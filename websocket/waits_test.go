package websocket_test

import (
	"bytes"
	"context"
	"errors"
	"math"
	"sync"
	"testing"
	"time"

	"stellwerk/websocket"
	"stellwerk/websocket/frame"
)

// TestTraceWhole shows a frame as a whole that comes in many reads.
func TestTraceWhole(t *testing.T) {
	for _, size := range []int{5000, 64 << 10, 70_000, 200_000} {
		var seen []int
		trace := func(f websocket.Frame) {
			if !f.Sent {
				seen = append(seen, len(f.Payload))
			}
		}
		near, far := connected(t, &websocket.ClientOptions{Common: websocket.Common{Trace: trace}}, nil)
		var wg sync.WaitGroup
		wg.Go(func() { _ = far.Write(t.Context(), websocket.Binary, make([]byte, size), nil) })
		if _, err := near.Read(t.Context()); err != nil {
			t.Fatal(err)
		}
		wg.Wait()
		if len(seen) != 1 || seen[0] != min(size, 64<<10) {
			t.Errorf("%d octets: the trace sees %v", size, seen)
		}
	}
}

// TestLargestLimits must not overflow.
func TestLargestLimits(t *testing.T) {
	conn, peer := raw(t, true, websocket.Limits{ReceiveFrame: math.MaxInt64, ReceiveMessage: math.MaxInt64}, nil)
	send(t, peer, frame.Header{Fin: true, Opcode: websocket.Text}, "abc")
	if m, err := conn.Read(t.Context()); err != nil || !bytes.Equal(m.Data, []byte("abc")) {
		t.Errorf("%q, %v", m.Data, err)
	}
}

// TestWriteBehindAnother ends with its context though another one is writing.
func TestWriteBehindAnother(t *testing.T) {
	conn, peer := raw(t, true, websocket.Limits{}, nil)
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := conn.Write(context.WithoutCancel(t.Context()), websocket.Binary, make([]byte, 8<<20), nil); err == nil {
			t.Error("nobody has read, and it is written")
		}
	})
	_ = receive(t, peer, 10) // it writes
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := conn.Write(ctx, websocket.Text, []byte("x"), nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	wg.Wait()
}

// TestCloseBehindReader sees the answer of the peer though who was reading gets
// a message and does not come back.
func TestCloseBehindReader(t *testing.T) {
	conn, peer := raw(t, true, websocket.Limits{}, nil)
	var wg sync.WaitGroup
	wg.Go(func() {
		if _, err := conn.Read(t.Context()); err != nil {
			t.Error(err)
		}
	})
	time.Sleep(5 * time.Millisecond) // it reads
	wg.Go(func() {
		if err := conn.Close(websocket.NormalClosure, ""); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	_ = receive(t, peer, 4)
	send(t, peer, frame.Header{Fin: true, Opcode: websocket.Text}, "late")
	time.Sleep(5 * time.Millisecond)
	send(t, peer, frame.Header{Fin: true, Opcode: frame.Close}, "\x03\xe8")
	wg.Wait()
}
