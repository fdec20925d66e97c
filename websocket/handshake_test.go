package websocket_test

import (
	"bufio"
	"context"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/internal/rig"
	"stellwerk/websocket"
)

// accept returns the right Sec-WebSocket-Accept for a request.
func accept(request string) string {
	_, key, _ := strings.Cut(request, "Sec-WebSocket-Key: ")
	key, _, _ = strings.Cut(key, "\r\n")
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// TestResponses lets a client meet servers that answer everything.
func TestResponses(t *testing.T) {
	const good = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Accept: ACCEPT\r\n"
	with := func(line string) string { return good + line + "\r\n\r\n" }
	tests := map[string]struct {
		response string
		options  websocket.ClientOptions
		stage    websocket.Stage // 0: taken
		status   int
	}{
		"good":                     {response: with("X: y")},
		"other case":               {response: strings.NewReplacer("Upgrade: websocket", "upgrade: WebSocket", ", Upgrade", ", UPGRADE").Replace(with("X: y"))},
		"no HTTP":                  {response: "hello\r\n\r\n", stage: websocket.Responding},
		"nothing":                  {response: "", stage: websocket.Responding},
		"half":                     {response: good, stage: websocket.Responding},
		"endless":                  {response: good + strings.Repeat("X: "+strings.Repeat("y", 1000)+"\r\n", 100), stage: websocket.Responding},
		"404":                      {response: "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngone", stage: websocket.StatusLine, status: 404},
		"200":                      {response: "HTTP/1.1 200 OK\r\n\r\n", stage: websocket.StatusLine, status: 200},
		"HTTP/1.0":                 {response: strings.Replace(with("X: y"), "HTTP/1.1", "HTTP/1.0", 1), stage: websocket.Headers, status: 101},
		"no Upgrade":               {response: strings.Replace(with("X: y"), "Upgrade: websocket\r\n", "", 1), stage: websocket.Headers, status: 101},
		"another Upgrade":          {response: strings.Replace(with("X: y"), "Upgrade: websocket", "Upgrade: h2c", 1), stage: websocket.Headers, status: 101},
		"no Connection":            {response: strings.Replace(with("X: y"), ", Upgrade", "", 1), stage: websocket.Headers, status: 101},
		"no Accept":                {response: strings.Replace(with("X: y"), "Sec-WebSocket-Accept: ACCEPT\r\n", "", 1), stage: websocket.Accept, status: 101},
		"empty Accept":             {response: strings.Replace(with("X: y"), "ACCEPT", "", 1), stage: websocket.Accept, status: 101},
		"two Accepts":              {response: with("Sec-WebSocket-Accept: ACCEPT"), stage: websocket.Accept, status: 101},
		"another Accept":           {response: strings.Replace(with("X: y"), "ACCEPT", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", 1), stage: websocket.AcceptHash, status: 101},
		"extension":                {response: with("Sec-WebSocket-Extensions: permessage-deflate"), stage: websocket.Extension, status: 101},
		"extension offered":        {response: with("Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover"), options: compressing(websocket.Deflate{})},
		"no extension":             {response: with("X: y"), options: compressing(websocket.Deflate{})},
		"another extension":        {response: with("Sec-WebSocket-Extensions: permessage-bzip2"), options: compressing(websocket.Deflate{}), stage: websocket.Extension, status: 101},
		"extension twice":          {response: with("Sec-WebSocket-Extensions: permessage-deflate, permessage-deflate"), options: compressing(websocket.Deflate{}), stage: websocket.Extension, status: 101},
		"parameter":                {response: with("Sec-WebSocket-Extensions: permessage-deflate; level=9"), options: compressing(websocket.Deflate{}), stage: websocket.Extension, status: 101},
		"parameter twice":          {response: with("Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=9; server_max_window_bits=9"), options: compressing(websocket.Deflate{}), stage: websocket.Extension, status: 101},
		"16 bits":                  {response: with("Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=16"), options: compressing(websocket.Deflate{}), stage: websocket.Extension, status: 101},
		"09 bits":                  {response: with("Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=09"), options: compressing(websocket.Deflate{}), stage: websocket.Extension, status: 101},
		"quoted":                   {response: with(`Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits="9"`), options: compressing(websocket.Deflate{})},
		"bits without value":       {response: with("Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"), options: compressing(websocket.Deflate{}), stage: websocket.Extension, status: 101},
		"takeover with value":      {response: with("Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover=1"), options: compressing(websocket.Deflate{}), stage: websocket.Extension, status: 101},
		"more bits than asked":     {response: with("Sec-WebSocket-Extensions: permessage-deflate"), options: compressing(websocket.Deflate{ServerMaxWindowBits: 10}), stage: websocket.Extension, status: 101},
		"takeover all the same":    {response: with("Sec-WebSocket-Extensions: permessage-deflate"), options: compressing(websocket.Deflate{ServerNoContextTakeover: true}), stage: websocket.Extension, status: 101},
		"subprotocol":              {response: with("Sec-WebSocket-Protocol: chat"), stage: websocket.Subprotocol, status: 101},
		"subprotocol offered":      {response: with("Sec-WebSocket-Protocol: chat"), options: websocket.ClientOptions{Subprotocols: []string{"x", "chat"}}},
		"another subprotocol":      {response: with("Sec-WebSocket-Protocol: y"), options: websocket.ClientOptions{Subprotocols: []string{"x", "chat"}}, stage: websocket.Subprotocol, status: 101},
		"refused by the caller":    {response: with("X: y"), options: websocket.ClientOptions{CheckResponse: func(*http.Response) error { return errors.New("no") }}, stage: websocket.Subprotocol, status: 101},
		"wrong bits in options":    {options: compressing(websocket.Deflate{ClientMaxWindowBits: 7}), stage: websocket.Options},
		"wrong subprotocol":        {options: websocket.ClientOptions{Subprotocols: []string{"a b"}}, stage: websocket.Options},
		"subprotocol given twice":  {options: websocket.ClientOptions{Subprotocols: []string{"a", "a"}}, stage: websocket.Options},
		"header of the handshake":  {options: websocket.ClientOptions{Header: http.Header{"sec-websocket-key": {"x"}}}, stage: websocket.Options},
		"header with a line end":   {options: websocket.ClientOptions{Header: http.Header{"X": {"y\r\nZ: z"}}}, stage: websocket.Options},
		"header that is none":      {options: websocket.ClientOptions{Header: http.Header{"X Y": {"y"}}}, stage: websocket.Options},
		"origin with a line break": {options: websocket.ClientOptions{Origin: "a\nb"}, stage: websocket.Options},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			a, b := rig.Pipe(nil)
			var wg sync.WaitGroup
			wg.Go(func() {
				request, err := http.ReadRequest(bufio.NewReader(b))
				if err != nil {
					return
				}
				right := accept("Sec-WebSocket-Key: " + request.Header.Get("Sec-WebSocket-Key") + "\r\n")
				_, _ = io.WriteString(b, strings.ReplaceAll(test.response, "ACCEPT", right))
				_ = b.CloseWrite()
			})
			conn, err := websocket.Client(t.Context(), a, target, &test.options)
			wg.Wait()
			if test.stage == 0 {
				if err != nil {
					t.Fatal(err)
				}
				_ = conn.Abort()
				return
			}
			failed, ok := errors.AsType[*websocket.HandshakeError](err)
			if !ok || failed.Stage != test.stage || failed.Status != test.status {
				t.Errorf("%v; want stage %d, status %d", err, test.stage, test.status)
			}
			if _, err := a.Write([]byte{0}); err == nil {
				t.Error("the connection is still open")
			}
		})
	}
}

func compressing(d websocket.Deflate) websocket.ClientOptions {
	return websocket.ClientOptions{Common: websocket.Common{Compression: &d}}
}

// TestRequests lets a server meet clients that ask for everything.
func TestRequests(t *testing.T) {
	const good = "GET /feed?x=1 HTTP/1.1\r\nHost: server.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
	options := websocket.ServerOptions{Subprotocols: []string{"chat", "v2"}, Header: http.Header{"X-Server": {"stellwerk"}}}
	options.Compression = &websocket.Deflate{}
	tests := map[string]struct {
		request string
		options *websocket.ServerOptions
		want    string // in the response
	}{
		"good":              {good + "\r\n", nil, "101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"},
		"subprotocol":       {good + "Sec-WebSocket-Protocol: v3, v2, chat\r\n\r\n", &options, "Sec-WebSocket-Protocol: v2\r\nX-Server: stellwerk\r\n\r\n"},
		"compression":       {good + "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n", &options, "Sec-WebSocket-Extensions: permessage-deflate\r\n"},
		"second offer":      {good + "Sec-WebSocket-Extensions: permessage-deflate; x=1, permessage-deflate; server_max_window_bits=10; client_max_window_bits=9\r\n\r\n", &options, "permessage-deflate; server_max_window_bits=10; client_max_window_bits=9\r\n"},
		"no offer to take":  {good + "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=7\r\n\r\n", &options, "kYGzzhZRbK+xOo=\r\nX-Server"},
		"same origin":       {good + "Origin: http://server.example\r\n\r\n", nil, "101 "},
		"another origin":    {good + "Origin: http://evil.example\r\n\r\n", nil, "403 Forbidden"},
		"refused":           {good + "\r\n", &websocket.ServerOptions{CheckRequest: func(*http.Request) error { return errors.New("no token") }}, "no token\n"},
		"no upgrade":        {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", nil, "426 Upgrade Required"},
		"post":              {strings.Replace(good, "GET", "POST", 1) + "\r\n", nil, "405 Method"},
		"HTTP/1.0":          {strings.Replace(good, "HTTP/1.1", "HTTP/1.0", 1) + "\r\n", nil, "400 Bad"},
		"version 8":         {strings.Replace(good, "Version: 13", "Version: 8", 1) + "\r\n", nil, "Sec-Websocket-Version: 13\r\n"},
		"no key":            {strings.Replace(good, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", "", 1) + "\r\n", nil, "400 Bad"},
		"short key":         {strings.Replace(good, "dGhlIHNhbXBsZSBub25jZQ==", "dGhl", 1) + "\r\n", nil, "16 octets"},
		"broken extensions": {good + "Sec-WebSocket-Extensions: a;=b\r\n\r\n", nil, "400 Bad"},
		"no HTTP":           {"hello\r\n\r\n", nil, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			a, b := rig.Pipe(nil)
			var wg sync.WaitGroup
			var conn *websocket.Conn
			var err error
			wg.Go(func() { conn, err = websocket.Server(t.Context(), a, test.options) })
			if _, err := io.WriteString(b, test.request); err != nil {
				t.Fatal(err)
			}
			wg.Wait()
			if conn != nil {
				_ = conn.Abort()
			}
			response, _ := io.ReadAll(b) // the connection may be reset behind the response
			if !strings.Contains(string(response), test.want) || (conn != nil) != strings.Contains(string(response), " 101 ") || (conn == nil) == (err == nil) {
				t.Errorf("%q, %v; want %q", response, err, test.want)
			}
		})
	}
}

// TestSilentPeers end the handshake in time, in both roles, at any octet.
func TestSilentPeers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := rig.Pipe(nil)
		begin := time.Now()
		_, err := websocket.Client(t.Context(), a, target, &websocket.ClientOptions{ResponseTimeout: 7 * time.Second})
		if failed, ok := errors.AsType[*websocket.HandshakeError](err); !ok || failed.Stage != websocket.Responding || !errors.Is(err, errors.Unwrap(err)) || time.Since(begin) != 7*time.Second {
			t.Errorf("client, after %v: %v", time.Since(begin), err)
		}
		_ = b.Close()
		a, b = rig.Pipe(nil)
		done := make(chan struct{})
		go func() { // an octet a second
			defer close(done)
			for _, octet := range []byte("GET / HTTP/1.1\r\nHost: server.example\r\n") {
				if _, err := b.Write([]byte{octet}); err != nil {
					return
				}
				time.Sleep(time.Second)
			}
		}()
		begin = time.Now()
		if _, err := websocket.Server(t.Context(), a, &websocket.ServerOptions{RequestTimeout: 10 * time.Second}); err == nil || time.Since(begin) != 10*time.Second {
			t.Errorf("server, after %v: %v", time.Since(begin), err)
		}
		<-done
		_ = b.Close()
	})
}

// TestDial goes through net/http's server, and finds what is wrong before.
func TestDial(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Upgrade(w, r, &websocket.ServerOptions{Subprotocols: []string{"feed"}})
		if err != nil {
			return
		}
		if err := conn.Write(t.Context(), websocket.Text, []byte(r.URL.RequestURI()), nil); err != nil {
			t.Error(err)
		}
		_ = conn.Close(websocket.NormalClosure, "")
	}))
	defer server.Close()
	address := "ws" + strings.TrimPrefix(server.URL, "http")
	conn, err := websocket.Dial(t.Context(), address+"/a?b=c", &websocket.ClientOptions{Subprotocols: []string{"feed"}, Header: http.Header{"Authorization": {"Bearer x"}}})
	if err != nil {
		t.Fatal(err)
	}
	m, err := conn.Read(t.Context())
	if err != nil || string(m.Data) != "/a?b=c" || conn.Subprotocol() != "feed" {
		t.Errorf("%q, %v, %q", m.Data, err, conn.Subprotocol())
	}
	if _, err := conn.Read(t.Context()); err == nil {
		t.Error("no end")
	}
	if response, err := http.Get(server.URL); err != nil || response.StatusCode != http.StatusUpgradeRequired {
		t.Errorf("plain HTTP: %v", err)
	} else {
		_ = response.Body.Close()
	}
	for address, stage := range map[string]websocket.Stage{
		"http://x": websocket.Options, "ws://": websocket.Options, "ws://x/#y": websocket.Options, "::": websocket.Options,
		"ws://127.0.0.1:1/": websocket.Connecting, "wss" + strings.TrimPrefix(address, "ws"): websocket.Securing,
	} {
		_, err := websocket.Dial(t.Context(), address, nil)
		if failed, ok := errors.AsType[*websocket.HandshakeError](err); !ok || failed.Stage != stage {
			t.Errorf("%s: %v", address, err)
		}
	}
	_, err = websocket.Dial(t.Context(), "wss://server.example", &websocket.ClientOptions{
		Connect: func(ctx context.Context, network, address string) (net.Conn, error) {
			if address != "server.example:443" {
				t.Errorf("connected to %s", address)
			}
			return nil, errors.New("not today")
		},
	})
	if err == nil || !strings.Contains(err.Error(), "not today") {
		t.Errorf("Dial: %v", err)
	}
}

// TestUser sends user and password of the address, where the caller has no
// Authorization of its own, and errors do not tell it.
func TestUser(t *testing.T) {
	for address, want := range map[string]string{
		"ws://server.example/":                    "",
		"ws://plant:s%20e%3Acret@server.example/": "Basic cGxhbnQ6cyBlOmNyZXQ=",
		"ws://plant@server.example/":              "Basic cGxhbnQ6",
	} {
		for _, own := range []string{"", "Bearer x"} {
			a, b := rig.Pipe(nil)
			options := &websocket.ClientOptions{Connect: func(context.Context, string, string) (net.Conn, error) { return a, nil }}
			if own != "" {
				options.Header = http.Header{"authorization": {own}}
				want = own
			}
			var wg sync.WaitGroup
			wg.Go(func() {
				request, err := http.ReadRequest(bufio.NewReader(b))
				if err != nil {
					t.Error(err)
				} else if got := request.Header.Get("Authorization"); got != want || request.Host != "server.example" {
					t.Errorf("%s: Authorization %q, Host %q", address, got, request.Host)
				}
				_ = b.Close()
			})
			if _, err := websocket.Dial(t.Context(), address, options); err == nil {
				t.Error("connected")
			}
			wg.Wait()
		}
	}
	for _, address := range []string{"http://a:secret@server.example/", "ws://a:secret@server.example/#x", "ws://a:secret@server example/", "ws://a%3Ab:secret@127.0.0.1/", "ws://a:secret@:80", "ws://a:secret@127.0.0.1:1/"} {
		_, err := websocket.Dial(t.Context(), address, nil)
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// hijacked is a response whose connection can be taken over.
type hijacked struct {
	http.ResponseWriter
	conn net.Conn
}

func (h hijacked) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return h.conn, bufio.NewReadWriter(bufio.NewReader(h.conn), bufio.NewWriter(h.conn)), nil
}

// TestUpgradeOfNobody gives up a client that does not read the response.
func TestUpgradeOfNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe() // holds nothing
		request := httptest.NewRequest(http.MethodGet, "/", nil)
		request.Header = http.Header{
			"Upgrade": {"websocket"}, "Connection": {"Upgrade"}, "Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="},
		}
		begin := time.Now()
		_, err := websocket.Upgrade(hijacked{httptest.NewRecorder(), near}, request, &websocket.ServerOptions{RequestTimeout: 4 * time.Second})
		if failed, ok := errors.AsType[*websocket.HandshakeError](err); !ok || failed.Stage != websocket.Responding || time.Since(begin) != 4*time.Second {
			t.Errorf("%v after %v", err, time.Since(begin))
		}
		if _, err := far.Write([]byte{0}); err == nil {
			t.Error("the connection is still open")
		}
	})
}
