package interop

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"stellwerk/websocket"
)

// browserPage connects once for each round, echoes, closes when it is asked to,
// and reports how its connections have ended.
const browserPage = `<!doctype html><meta charset="utf-8"><title>echo</title><script>
const url = (location.protocol === 'https:' ? 'wss://' : 'ws://') + location.host + '/echo';
const connect = round => {
	const ws = new WebSocket(url, ['none', 'echo']);
	ws.binaryType = 'arraybuffer';
	ws.onopen = () => ws.send('open ' + ws.protocol + ' ' + ws.extensions);
	ws.onmessage = ({data}) => {
		const wanted = typeof data === 'string' && data.match(/^please close (\d+) (.*)$/);
		if (wanted) ws.close(Number(wanted[1]), wanted[2]);
		else ws.send(data);
	};
	ws.onclose = async ({code, reason, wasClean}) => {
		await fetch('/closed', {method: 'POST', body: [code, reason, wasClean].join(' ')});
		if (round < 4) connect(round + 1);
	};
};
connect(1);
</script>`

// slow bounds waiting for a browser, which takes its time to start.
const slow = 90 * time.Second

// TestWebSocketBrowser lets Chromium connect, with and without compression and
// TLS.
func TestWebSocketBrowser(t *testing.T) {
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("Chromium is missing: apt-get install chromium")
	}
	for name, test := range map[string]struct {
		deflate *websocket.Deflate
		secure  bool
		answer  string // what the page sees of the extensions
	}{
		"plain":            {},
		"deflate":          {deflate: &websocket.Deflate{}, answer: "permessage-deflate"},
		"deflate, 9 bits":  {deflate: &websocket.Deflate{ServerMaxWindowBits: 9, ClientMaxWindowBits: 9}, answer: "permessage-deflate; server_max_window_bits=9; client_max_window_bits=9"},
		"TLS, no takeover": {deflate: &websocket.Deflate{ServerNoContextTakeover: true, ClientNoContextTakeover: true}, secure: true, answer: "permessage-deflate; server_no_context_takeover; client_no_context_takeover"},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), slow)
			defer cancel()
			b := &browser{t: t, conns: make(chan *websocket.Conn), closed: make(chan string, 4)}
			b.options.Subprotocols, b.options.Compression, b.options.Limits.SendFrame = []string{"echo"}, test.deflate, 10_000
			address := b.serve(test.secure)
			b.start(ctx, chromium, address)
			hello := "open echo " + test.answer
			b.messages(ctx, hello)
			b.closes(ctx, hello)
		})
	}
}

// browser is Chromium with the page, and the server that it talks to.
type browser struct {
	t       *testing.T
	options websocket.ServerOptions
	conns   chan *websocket.Conn
	closed  chan string
}

// serve serves page and WebSocket, by net/http.
func (b *browser) serve(secure bool) (address string) {
	listener, err := new(net.ListenConfig).Listen(b.t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		b.t.Fatal(err)
	}
	address = "http://" + listener.Addr().String() + "/"
	served := listener
	if secure {
		address = strings.Replace(address, "http:", "https:", 1)
		served = shaken(b.t, listener)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, browserPage) })
	mux.HandleFunc("POST /closed", func(_ http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(io.LimitReader(r.Body, 1000))
		b.closed <- string(text)
	})
	mux.HandleFunc("GET /echo", func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Upgrade(w, r, &b.options)
		if err != nil {
			b.t.Errorf("the browser's request: %v", err)
			return
		}
		select {
		case b.conns <- conn:
		case <-b.t.Context().Done():
			_ = conn.Abort()
		}
	})
	server := &http.Server{Handler: mux, ReadHeaderTimeout: slow}
	var wg sync.WaitGroup
	wg.Go(func() { _ = server.Serve(served) })
	b.t.Cleanup(func() {
		_ = server.Close()
		wg.Wait()
	})
	return address
}

// start starts Chromium, and ends it with all its processes after the test.
func (b *browser) start(ctx context.Context, chromium, address string) {
	// It calls home as soon as it may.
	process := exec.CommandContext(ctx, chromium, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--ignore-certificate-errors",
		"--user-data-dir="+b.t.TempDir(), address)
	process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	process.Cancel = func() error { return syscall.Kill(-process.Process.Pid, syscall.SIGKILL) }
	process.WaitDelay = 10 * time.Second
	var said bytes.Buffer
	process.Stdout, process.Stderr = &said, &said
	if err := process.Start(); err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() {
		_ = process.Cancel()
		_ = process.Wait()
		if b.t.Failed() {
			b.t.Logf("Chromium says: %s", said.String())
		}
	})
}

// next is the next connection of the page.
func (b *browser) next(ctx context.Context, hello string) *websocket.Conn {
	b.t.Helper()
	select {
	case conn := <-b.conns:
		b.t.Cleanup(func() { _ = conn.Abort() })
		if m, err := conn.Read(ctx); err != nil || string(m.Data) != hello {
			b.t.Fatalf("the page says %q, %v; want %q", m.Data, err, hello)
		}
		return conn
	case <-ctx.Done():
		b.t.Fatal("the page does not connect")
		return nil
	}
}

// messages are echoed by the page, which then closes.
func (b *browser) messages(ctx context.Context, hello string) {
	conn := b.next(ctx, hello)
	for _, size := range []int{0, 1, 125, 126, 1000, 65535, 65536, 300_000} {
		for _, kind := range []websocket.Opcode{websocket.Text, websocket.Binary} {
			for _, compress := range []bool{false, true} {
				roundTrip(ctx, b.t, conn, kind, size, compress)
			}
		}
	}
	before := conn.LastReceived()
	if err := conn.Ping(ctx, []byte("there?")); err != nil {
		b.t.Fatal(err)
	}
	say(ctx, b.t, conn, "please close 4001 Grund: κόσμε")
	_, err := conn.Read(ctx)
	if closed, ok := errors.AsType[*websocket.CloseError](err); !ok || closed.Code != 4001 || closed.Reason != "Grund: κόσμε" {
		b.t.Errorf("the page closes: %v", err)
	}
	if !conn.LastReceived().After(before) {
		b.t.Error("nothing has come")
	}
	b.ended(ctx, "4001  true") // the answer has no reason
}

// closes are those of the server, and its death.
func (b *browser) closes(ctx context.Context, hello string) {
	for _, code := range []websocket.CloseCode{1001, 3000} {
		conn := b.next(ctx, hello)
		if err := conn.Close(code, "genug"); err != nil {
			b.t.Errorf("Close: %v", err)
		}
		b.ended(ctx, fmt.Sprintf("%d genug true", uint16(code)))
	}
	_ = b.next(ctx, hello).Abort()
	b.ended(ctx, "1006  false")
}

func (b *browser) ended(ctx context.Context, want string) {
	b.t.Helper()
	select {
	case got := <-b.closed:
		if got != want {
			b.t.Errorf("the page sees the end as %q, want %q", got, want)
		}
	case <-ctx.Done():
		b.t.Fatal("the page sees no end")
	}
}
