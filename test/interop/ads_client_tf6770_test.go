package interop

import (
	"encoding/json"
	"net"
	"net/http/httptest"
	"regexp"
	"testing"

	"stellwerk/ads/ams"
	"stellwerk/ads/router"
	"stellwerk/websocket"
)

// TestTF6770ADSClient has ads-client use WebSocket clients of "stellwerk ads tf6770",
// directly and by our router; the server of WebSocket is gorilla's.
func TestTF6770ADSClient(t *testing.T) {
	node := adsClient(t)
	t.Run("direct", func(t *testing.T) {
		f := newFeeding(t)
		said := f.start("--listen", "127.0.0.1:0")
		listens := regexp.MustCompile(`on (127\.0\.0\.1:\d+)\. Ctrl-C`)
		until(t, "the service listens", func() bool { return listens.MatchString(said.String()) })
		l := newADSLine(t, listens.FindStringSubmatch(said.String())[1])
		f.converse(node, map[string]any{
			"targetAmsNetId": ams.LocalNetID.String(), "localAmsNetId": "127.0.0.1.9.9", "localAdsPort": 32000,
		}, l)
	})
	t.Run("router", func(t *testing.T) {
		id := ams.NetID{10, 0, 0, 9, 1, 1}
		r, err := router.New(&router.Options{NetID: id})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = r.Close() })
		address := serve(t, r.Serve)
		f := newFeeding(t)
		said := f.start("--router", newADSLine(t, address).Addr())
		registered := regexp.MustCompile(`AMS port 26770 is registered`)
		until(t, "the service is registered", func() bool { return registered.MatchString(said.String()) })
		f.converse(node, map[string]any{"targetAmsNetId": id.String()}, newADSLine(t, address))
	})
}

// feeding is a WebSocket server that sends back what it gets, and a service that
// may connect to it.
type feeding struct {
	t          *testing.T
	host, port string
	nobody     string // a port where nobody listens
	ended      chan websocket.CloseError
}

func newFeeding(t *testing.T) *feeding {
	t.Helper()
	f := &feeding{t: t, ended: make(chan websocket.CloseError, 10)}
	server := httptest.NewServer(gorillaServe(new(websocket.Deflate), f.ended))
	t.Cleanup(server.Close)
	f.host, f.port = f.split(server.Listener.Addr().String())
	_, f.nobody = f.split(freeAddress(t))
	return f
}

func (f *feeding) split(address string) (host, port string) {
	f.t.Helper()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		f.t.Fatal(err)
	}
	return host, port
}

// start starts the service.
func (f *feeding) start(arguments ...string) *output {
	f.t.Helper()
	return start(f.t, append([]string{
		"ads", "tf6770", "--instances", "2", "--allow-host", net.JoinHostPort(f.host, f.port), "--allow-host", net.JoinHostPort(f.host, f.nobody),
	}, arguments...)...)
}

// converse has the conversation, and looks at how connections have ended at the
// server: one whose protocol is rejected is closed without a close frame.
func (f *feeding) converse(node nodeProgram, options map[string]any, l *line) {
	f.t.Helper()
	options["rawClient"], options["targetAdsPort"] = true, 26770 // it is no PLC
	options["server"] = map[string]any{"host": f.host, "port": json.Number(f.port), "nobody": json.Number(f.nobody)}
	node.converse(f.t, "tf6770.js", options, l.Addr())
	for _, want := range []websocket.CloseCode{1000, 4001, 1006, 1011} {
		if end := closeOf(f.t, f.ended); end.Code != want {
			f.t.Errorf("a connection has ended with %v, want %d", end, want)
		}
	}
}
