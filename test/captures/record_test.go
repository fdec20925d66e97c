package captures_test

import (
	"bytes"
	"errors"
	"flag"
	"net"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"stellwerk/internal/capture/fabricate"
	"stellwerk/websocket"
	"stellwerk/websocket/frame"
)

var record = flag.Bool("record", false, "record websocket.pcapng anew, with other masks and keys")

// tape records what goes over the connections of one capture: each write is sent
// 10 ms after the one before.
type tape struct {
	recorder *fabricate.Recorder
	mu       sync.Mutex // guards at
	at       time.Time
}

func (r *tape) tick() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.at = r.at.Add(10 * time.Millisecond)
	return r.at
}

// taped is one end of a connection that is recorded.
type taped struct {
	net.Conn
	tape *tape
	c    *fabricate.Conversation
	side fabricate.Side
}

func (c *taped) Write(octets []byte) (int, error) {
	if err := c.c.Send(c.tape.tick(), c.side, octets); err != nil {
		return 0, err
	}
	return c.Conn.Write(octets)
}

func (c *taped) Close() error {
	return errors.Join(c.c.Close(c.tape.tick(), c.side), c.Conn.Close())
}

// TestRecordWebSocket records a conversation of our client with our server.
func TestRecordWebSocket(t *testing.T) {
	if !*record {
		t.Skip("with -record, websocket.pcapng is recorded anew")
	}
	var file bytes.Buffer
	r := &tape{
		recorder: fabricate.NewRecorder(&file, "stellwerk", "websocket"),
		at:       time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC),
	}
	points := []string{
		`{"kind":"hello","version":1}`,
		`{"kind":"change","points":[{"address":"bay1/voltage","value":230.4,"quality":[],"time":"2026-03-02T08:59:59.750Z"}]}`,
		`{"kind":"change","points":[{"address":"bay1/voltage","value":230.5,"quality":[],"time":"2026-03-02T09:00:00.750Z"}]}`,
		`{"kind":"change","points":[{"address":"bay1/breaker","value":"on","quality":["not-topical"],"time":null},{"address":"bay2/Öltemperatur","value":61}]}`,
	}
	both := func(c, s *websocket.Conn) {
		for _, text := range points {
			say(t, c, s, websocket.Text, []byte(text))
			say(t, s, c, websocket.Text, []byte(text))
		}
	}
	r.connection(t, 51001, &websocket.ClientOptions{Subprotocols: []string{"stellwerk.points.v1", "other"}, Origin: "http://plant.example:8080"},
		&websocket.ServerOptions{Subprotocols: []string{"stellwerk.points.v1"}}, func(c, s *websocket.Conn) {
			both(c, s)
			say(t, s, c, websocket.Binary, []byte{0, 1, 2, 253, 254, 255})
			for _, length := range []int{0, 1, 125, 126, 65535, 65536} { // each form of the length
				say(t, c, s, websocket.Binary, bytes.Repeat([]byte{0x5a}, length))
			}
			if err := c.Ping(t.Context(), []byte("alive?")); err != nil {
				t.Fatal(err)
			}
			say(t, c, s, websocket.Text, []byte("behind the ping"))
			say(t, s, c, websocket.Text, []byte("behind the pong"))
		})
	fragments := websocket.Common{Limits: websocket.Limits{SendFrame: 40}}
	r.connection(t, 51002, &websocket.ClientOptions{Common: fragments}, &websocket.ServerOptions{Common: fragments}, both)
	for i, d := range []websocket.Deflate{
		{},
		{ServerNoContextTakeover: true, ClientNoContextTakeover: true},
		{ServerMaxWindowBits: 9, ClientMaxWindowBits: 10},
	} {
		compressed := websocket.Common{Compression: &d, Limits: websocket.Limits{SendFrame: 1000}}
		r.connection(t, uint16(51003+i), &websocket.ClientOptions{Common: compressed}, &websocket.ServerOptions{Common: compressed}, func(c, s *websocket.Conn) {
			both(c, s)
			both(c, s)
			say(t, s, c, websocket.Text, []byte(strings.Repeat(points[1], 200)))
			say(t, c, s, websocket.Binary, bytes.Repeat([]byte("0123456789abcdef"), 1000))
		})
	}
	r.connection(t, 51006, &websocket.ClientOptions{Origin: "http://elsewhere.example"}, nil, nil)
	if err := r.recorder.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("websocket.pcapng", file.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// connection records one connection; talk is nil where the server refuses it.
func (r *tape) connection(t *testing.T, port uint16, client *websocket.ClientOptions, server *websocket.ServerOptions, talk func(c, s *websocket.Conn)) {
	t.Helper()
	near, far := loopback(t)
	conversation := r.recorder.Conversation(netip.AddrPortFrom(netip.MustParseAddr("192.0.2.10"), port), netip.MustParseAddrPort("192.0.2.30:8080"))
	accepted := make(chan *websocket.Conn, 1)
	go func() {
		s, _ := websocket.Server(t.Context(), &taped{far, r, conversation, fabricate.Server}, server) // the client says what is wrong
		accepted <- s
	}()
	c, err := websocket.Client(t.Context(), &taped{near, r, conversation, fabricate.Client}, &url.URL{Scheme: "ws", Host: "plant.example:8080", Path: "/points"}, client)
	s := <-accepted
	if talk == nil {
		if err == nil {
			t.Fatal("the server has taken the connection")
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	talk(c, s)
	var closing sync.WaitGroup
	closing.Go(func() {
		_, err := s.Read(t.Context())
		if e, ok := errors.AsType[*websocket.CloseError](err); !ok || e.Code != frame.NormalClosure {
			t.Errorf("the server's end: %v", err)
		}
	})
	if err := c.Close(websocket.NormalClosure, "done"); err != nil {
		t.Error(err)
	}
	closing.Wait()
}

// loopback returns both ends of a connection over TCP.
func loopback(t *testing.T) (near, far net.Conn) {
	t.Helper()
	var config net.ListenConfig
	listener, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	var dialer net.Dialer
	if near, err = dialer.DialContext(t.Context(), "tcp", listener.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if far, err = listener.Accept(); err != nil {
		t.Fatal(err)
	}
	return near, far
}

// say sends a message from one peer to the other.
func say(t *testing.T, from, to *websocket.Conn, kind websocket.Opcode, message []byte) {
	t.Helper()
	var sending sync.WaitGroup
	sending.Go(func() {
		if err := from.Write(t.Context(), kind, message, &websocket.WriteOptions{Compress: true}); err != nil {
			t.Error(err)
		}
	})
	got, err := to.Read(t.Context())
	if err != nil || !bytes.Equal(got.Data, message) {
		t.Fatalf("%d octets arrived of %d: %v", len(got.Data), len(message), err)
	}
	sending.Wait()
}
