package websockettest_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"regexp"
	"slices"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/internal/rig"
	"stellwerk/websocket"
	"stellwerk/websocket/frame"
	"stellwerk/websocket/websockettest"
)

// TestMisbehaviours lets a client meet every one of them, in virtual time: it
// fails where it must, tells the code that it must, and never waits for ever.
func TestMisbehaviours(t *testing.T) {
	seen := map[string]bool{}
	for m := range websockettest.Misbehaviours() {
		if seen[m.Name] || !regexp.MustCompile(`^[a-z0-9.-]+$`).MatchString(m.Name) || m.Text.EN == "" || m.Text.DE == "" || m.Phase == 0 {
			t.Errorf("%q is not unique, not a name, or not described", m.Name)
		}
		seen[m.Name] = true
		t.Run(m.Name, func(t *testing.T) {
			if slices.Contains(floods, m.Name) {
				meet(t, m, 50*time.Millisecond)
				return
			}
			synctest.Test(t, func(t *testing.T) { meet(t, m, 3*time.Second) })
		})
	}
}

// meet is one connection.
func meet(t *testing.T, m websockettest.Misbehaviour, patience time.Duration) {
	begin := time.Now()
	near, far := rig.Pipe(nil)
	var told []websocket.CloseCode
	server := websockettest.Server{Misbehaviour: m, Trace: func(f websocket.Frame) {
		if !f.Sent && f.Header.Opcode == frame.Close {
			code, _, _ := frame.DecodeClose(f.Payload)
			told = append(told, code)
		}
	}}
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	served := make(chan struct{})
	wg.Go(func() {
		defer close(served)
		if err := server.ServeConn(ctx, far); err != nil {
			t.Errorf("the client is wrong: %v", err)
		}
	})
	options := &websocket.ClientOptions{ResponseTimeout: 10 * time.Second, Common: websocket.Common{
		Compression: &websocket.Deflate{}, Limits: websocket.Limits{ReceiveMessage: 4 << 20},
	}}
	conn, err := websocket.Client(t.Context(), near, &url.URL{Scheme: "ws", Host: "server.example", Path: "/"}, options)
	if m.Stage != 0 {
		if failed, ok := errors.AsType[*websocket.HandshakeError](err); !ok || failed.Stage != m.Stage {
			t.Errorf("the handshake ends with %v, not at stage %d", err, m.Stage)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Abort() }()
	_ = conn.Ping(t.Context(), []byte("there?")) // which may be too late
	short, stop := context.WithTimeout(t.Context(), patience)
	defer stop()
	for err == nil && m.Name != "no-close" && m.Name != "close-and-stay" {
		_, err = conn.Read(short)
	}
	if m.Code == 0 {
		if want, ok := silent[m.Name]; !ok || !errors.Is(err, want) {
			t.Errorf("Read: %v, want %v", err, want)
		}
	}
	err = conn.Close(websocket.NormalClosure, "")
	switch {
	case m.Name == "no-close" && (!errors.Is(err, websocket.ErrClosed) || time.Since(begin) != 5*time.Second):
		t.Errorf("Close: %v after %v", err, time.Since(begin))
	case m.Name == "close-and-stay" && (err != nil || time.Since(begin) != time.Second): // for which a client waits
		t.Errorf("Close: %v after %v", err, time.Since(begin))
	case m.Code == 0:
		return
	}
	<-served
	if len(told) != 1 || told[0] != m.Code {
		t.Errorf("the server is told %v, not %s; the end is %v", told, m.Code, conn.Err())
	}
	if failed, ok := errors.AsType[*websocket.FailError](conn.Err()); ok && failed.Code != m.Code {
		t.Errorf("the end: %v", conn.Err())
	}
}

// silent is how reading ends where no code must be told.
var silent = map[string]error{
	"half-header": context.DeadlineExceeded, "half-frame": context.DeadlineExceeded, "half-message": context.DeadlineExceeded,
	"drip": context.DeadlineExceeded, "no-pong": context.DeadlineExceeded, "wrong-pong": context.DeadlineExceeded,
	"mute": context.DeadlineExceeded, "dead": context.DeadlineExceeded, "deaf": context.DeadlineExceeded,
	"empty-fragments": context.DeadlineExceeded, "message-flood": context.DeadlineExceeded,
	"ping-flood": context.DeadlineExceeded, "pong-flood": context.DeadlineExceeded,
	"cut": io.ErrUnexpectedEOF, "cut-frame": io.ErrUnexpectedEOF,
	"reset-connection": syscall.ECONNRESET, "reset-frame": syscall.ECONNRESET,
	"no-close": nil, "close-and-stay": nil,
}

// floods keep everybody busy, so that virtual time would stand still.
var floods = []string{"empty-fragments", "message-flood", "ping-flood", "pong-flood"}

// TestServe speaks over TCP, lets the path choose, echoes before it misbehaves
// and ends with its context.
func TestServe(t *testing.T) {
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	server := websockettest.Server{ByPath: true, After: 2, Subprotocols: []string{"plant"}}
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx, listener) }()
	for name, want := range map[string]error{
		"": nil, "reset-connection": syscall.ECONNRESET, "cut": io.ErrUnexpectedEOF, "rsv2": frame.ErrProtocol, "bomb": websocket.ErrTooBig,
	} {
		conn, err := websocket.Dial(t.Context(), "ws://"+listener.Addr().String()+"/"+name, &websocket.ClientOptions{
			Subprotocols: []string{"other", "plant"}, Common: websocket.Common{Compression: &websocket.Deflate{ServerNoContextTakeover: true, ServerMaxWindowBits: 9}},
		})
		if err != nil {
			t.Fatal(err)
		}
		if conn.Subprotocol() != "plant" || !conn.Compressed() {
			t.Errorf("%s: subprotocol %q, compressed %v", name, conn.Subprotocol(), conn.Compressed())
		}
		for _, compress := range []bool{true, false} {
			if err := conn.Write(t.Context(), websocket.Text, []byte("hello hello hello"), &websocket.WriteOptions{Compress: compress}); err != nil {
				t.Fatal(err)
			}
			if m, err := conn.Read(t.Context()); err != nil || string(m.Data) != "hello hello hello" {
				t.Fatalf("%s: %q, %v", name, m.Data, err)
			}
		}
		if want != nil {
			if _, err := conn.Read(t.Context()); !errors.Is(err, want) {
				t.Errorf("%s: %v", name, err)
			}
			_ = conn.Abort()
		} else if err := conn.Close(websocket.GoingAway, "done"); err != nil {
			t.Errorf("%s: Close: %v", name, err)
		}
	}
	if _, err := websocket.Dial(t.Context(), "ws://"+listener.Addr().String()+"/reset", nil); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("reset: %v", err)
	}
	cancel()
	if err := <-served; err != nil {
		t.Error(err)
	}
}
