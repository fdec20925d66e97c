package interop

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"stellwerk/websocket"
	"stellwerk/websocket/frame"
)

// wsPeer is WebSocket as another library has it. Both of its ends echo every
// message, compressed where that was agreed on, and carry out two texts:
//
//	please ping                 pings, and sends "ponged" when the pong has come
//	please close CODE REASON    closes
type wsPeer struct {
	name string
	ping string // what its pings carry
	// deflates are what it can do of compression.
	deflates []websocket.Deflate
	// handler is its server; each connection ends with its close code.
	handler func(deflate *websocket.Deflate, ended chan<- websocket.CloseError) http.Handler
	// dial is its client: it returns when the connection has ended. The URL may
	// be wss, connect opens the connection then, with TLS.
	dial func(ctx context.Context, url string, connect dialer, deflate *websocket.Deflate, ended chan<- websocket.CloseError) error
}

// dialer opens a connection, with TLS where that is wanted.
type dialer func(ctx context.Context) (net.Conn, error)

func wsPeers() []wsPeer { return []wsPeer{gwsPeer(), gorillaPeer(), coderPeer()} }

// TestWebSocket talks with every library in both roles, without compression and
// with all that it can do of it.
func TestWebSocket(t *testing.T) {
	for _, peer := range wsPeers() {
		t.Run(peer.name, func(t *testing.T) {
			t.Run("plain", func(t *testing.T) { bothRoles(t, peer, nil, plainly, true) })
			for i, d := range peer.deflates {
				t.Run(fmt.Sprintf("server %d no takeover %v client %d no takeover %v", d.ServerMaxWindowBits, d.ServerNoContextTakeover, d.ClientMaxWindowBits, d.ClientNoContextTakeover),
					func(t *testing.T) { bothRoles(t, peer, &d, plainly, i == 0) })
			}
		})
	}
}

// TestWebSocketTLS is the same with the TLS of tlsconf, by either engine.
func TestWebSocketTLS(t *testing.T) {
	for _, peer := range wsPeers() {
		for _, engine := range []string{"crypto/tls", "libssl"} {
			t.Run(peer.name+"/"+engine, func(t *testing.T) { bothRoles(t, peer, &peer.deflates[0], secureWith(t, engine), false) })
		}
	}
}

// transport is how the octets go: what puts TLS on each end, or nothing.
type transport struct {
	scheme                 string
	ourClient, ourServer   func(ctx context.Context, conn net.Conn) (net.Conn, error)
	peersClient, peersServ func(conn net.Conn) net.Conn
}

var plainly = transport{
	scheme:      "ws",
	ourClient:   func(_ context.Context, conn net.Conn) (net.Conn, error) { return conn, nil },
	ourServer:   func(_ context.Context, conn net.Conn) (net.Conn, error) { return conn, nil },
	peersClient: func(conn net.Conn) net.Conn { return conn }, peersServ: func(conn net.Conn) net.Conn { return conn },
}

// bothRoles converses as a client and as a server; at length, also in fragments
// and with long messages.
func bothRoles(t *testing.T, peer wsPeer, deflate *websocket.Deflate, over transport, atLength bool) {
	common := []websocket.Common{{Compression: deflate}}
	if atLength {
		common = append(common, websocket.Common{Compression: deflate, Limits: websocket.Limits{SendFrame: 1000}})
	}
	for _, c := range common {
		t.Run(fmt.Sprintf("client, frames of %d", c.Limits.SendFrame), func(t *testing.T) {
			converse(t, peer, c, atLength, func(t *testing.T, common websocket.Common) (*websocket.Conn, <-chan websocket.CloseError) {
				return ourClient(t, peer, common, over)
			})
		})
		t.Run(fmt.Sprintf("server, frames of %d", c.Limits.SendFrame), func(t *testing.T) {
			converse(t, peer, c, atLength, func(t *testing.T, common websocket.Common) (*websocket.Conn, <-chan websocket.CloseError) {
				return ourServer(t, peer, common, over)
			})
		})
	}
}

// ourClient connects to a server of the peer.
func ourClient(t *testing.T, peer wsPeer, common websocket.Common, over transport) (*websocket.Conn, <-chan websocket.CloseError) {
	ended := make(chan websocket.CloseError, 1)
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: peer.handler(common.Compression, ended), ReadHeaderTimeout: patience}
	var wg sync.WaitGroup
	wg.Go(func() { _ = server.Serve(wrapped{listener, over.peersServ}) })
	t.Cleanup(func() {
		_ = server.Close()
		wg.Wait()
	})
	conn, err := websocket.Dial(within(t), over.scheme+"://"+listener.Addr().String()+"/echo", &websocket.ClientOptions{
		Common: common, Subprotocols: []string{"none", "echo"}, Header: http.Header{"X-Plant": {"test"}},
		Secure: func(ctx context.Context, conn net.Conn, _ string) (net.Conn, error) { return over.ourClient(ctx, conn) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return conn, ended
}

// wrapped puts TLS on the connections of a listener.
type wrapped struct {
	net.Listener
	wrap func(net.Conn) net.Conn
}

func (w wrapped) Accept() (net.Conn, error) {
	conn, err := w.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return w.wrap(conn), nil
}

// ourServer accepts a client of the peer.
func ourServer(t *testing.T, peer wsPeer, common websocket.Common, over transport) (*websocket.Conn, <-chan websocket.CloseError) {
	ended := make(chan websocket.CloseError, 1)
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		connect := func(ctx context.Context) (net.Conn, error) {
			conn, err := new(net.Dialer).DialContext(ctx, "tcp", listener.Addr().String())
			if err != nil {
				return nil, err
			}
			return over.peersClient(conn), nil
		}
		if err := peer.dial(ctx, "ws://server.example/echo", connect, common.Compression, ended); err != nil {
			t.Errorf("the peer does not get its connection: %v", err)
		}
	})
	t.Cleanup(func() {
		cancel()
		_ = listener.Close()
		wg.Wait()
	})
	raw, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	secure, err := over.ourServer(within(t), raw)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := websocket.Server(within(t), secure, &websocket.ServerOptions{Common: common, Subprotocols: []string{"echo"}})
	if err != nil {
		t.Fatal(err)
	}
	return conn, ended
}

// converse sends messages of all sizes, pings both ways, and closes both ways.
func converse(t *testing.T, peer wsPeer, common websocket.Common, atLength bool, open func(*testing.T, websocket.Common) (*websocket.Conn, <-chan websocket.CloseError)) {
	var mu sync.Mutex
	var control []string // guarded by mu
	common.Trace = func(f websocket.Frame) {
		if f.Header.Opcode == frame.Ping || f.Header.Opcode == frame.Pong {
			mu.Lock()
			defer mu.Unlock()
			control = append(control, fmt.Sprintf("%v %s %q", f.Sent, f.Header.Opcode, f.Payload))
		}
	}
	conn, ended := open(t, common)
	defer func() { _ = conn.Abort() }()
	if conn.Compressed() != (common.Compression != nil) || conn.Subprotocol() != "echo" {
		t.Errorf("agreed on: compression %v, subprotocol %q", conn.Compressed(), conn.Subprotocol())
	}
	ctx := within(t)
	sizes, codes := []int{0, 1, 125, 126, 1000, 65536}, []websocket.CloseCode{1000, 4999}
	if atLength {
		sizes, codes = append(sizes, 65535, 300_000), append(codes, 1001, 1008, 1011, 3000)
	}
	for _, size := range sizes {
		for _, kind := range []websocket.Opcode{websocket.Text, websocket.Binary} {
			for _, compress := range []bool{false, true} {
				roundTrip(ctx, t, conn, kind, size, compress)
			}
		}
	}
	if atLength && common.Limits.SendFrame == 0 {
		roundTrip(ctx, t, conn, websocket.Binary, 8<<20, false)
	}
	if err := conn.Ping(ctx, []byte("ours")); err != nil {
		t.Fatal(err)
	}
	say(ctx, t, conn, "please ping")
	if m, err := conn.Read(ctx); err != nil || string(m.Data) != "ponged" {
		t.Fatalf("%q, %v", m.Data, err)
	}
	mu.Lock()
	seen := strings.Join(control, ", ")
	mu.Unlock()
	if want := fmt.Sprintf(`true ping "ours", false pong "ours", false ping %[1]q, true pong %[1]q`, peer.ping); seen != want {
		t.Errorf("pings and pongs: %s", seen)
	}
	if err := conn.Close(4001, "Grund: κόσμε"); err != nil {
		t.Errorf("Close: %v", err)
	}
	if got := closeOf(t, ended); got.Code != 4001 || got.Reason != "Grund: κόσμε" {
		t.Errorf("the peer sees %v", &got)
	}
	for _, code := range codes {
		conn, _ := open(t, common)
		say(ctx, t, conn, fmt.Sprintf("please close %d enough", uint16(code)))
		_, err := conn.Read(ctx)
		if closed, ok := errors.AsType[*websocket.CloseError](err); !ok || closed.Code != code || closed.Reason != "enough" {
			t.Errorf("the peer closes with %d: %v", uint16(code), err)
		}
	}
}

// roundTrip sends a message and gets it back.
func roundTrip(ctx context.Context, t *testing.T, conn *websocket.Conn, kind websocket.Opcode, size int, compress bool) {
	t.Helper()
	data := []byte(strings.Repeat(fmt.Sprintf("Größe %d; ", size), size/10+1))[:size]
	if kind == websocket.Text {
		data = bytes.ToValidUTF8(data, nil)
	}
	if err := conn.Write(ctx, kind, data, &websocket.WriteOptions{Compress: compress}); err != nil {
		t.Fatal(err)
	}
	m, err := conn.Read(ctx)
	if err != nil || m.Kind != kind || !bytes.Equal(m.Data, data) {
		t.Fatalf("%s of %d octets, compressed %v: %s of %d octets, %v", kind, size, compress, m.Kind, len(m.Data), err)
	}
	if size >= 1000 && m.Compressed != conn.Compressed() {
		t.Errorf("%s of %d octets: compressed %v", kind, size, m.Compressed)
	}
}

func say(ctx context.Context, t *testing.T, conn *websocket.Conn, text string) {
	t.Helper()
	if err := conn.Write(ctx, websocket.Text, []byte(text), nil); err != nil {
		t.Fatal(err)
	}
}

// closeOf waits for what the peer has seen of the end.
func closeOf(t *testing.T, ended <-chan websocket.CloseError) websocket.CloseError {
	t.Helper()
	select {
	case got := <-ended:
		return got
	case <-time.After(patience):
		t.Fatal("the peer has not seen the end")
		return websocket.CloseError{}
	}
}

// pleaseClose reads code and reason of a text that asks to close.
func pleaseClose(text string) (code websocket.CloseCode, reason string, ok bool) {
	n, err := fmt.Sscanf(text, "please close %d %s", &code, &reason)
	return code, reason, n == 2 && err == nil
}

// told hands on how a connection has ended, where somebody waits for it.
func told(ended chan<- websocket.CloseError, code int, reason string) {
	select {
	case ended <- websocket.CloseError{Code: websocket.CloseCode(code), Reason: reason}:
	default:
	}
}
