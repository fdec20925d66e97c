package interop

import (
	"context"
	"errors"
	"net/http"

	"github.com/lxzan/gws"

	"stellwerk/websocket"
)

// gwsPeer is lxzan/gws.
func gwsPeer() wsPeer {
	peer := wsPeer{name: "gws", ping: "theirs", handler: gwsServe, dial: gwsDial}
	for _, bits := range []int{0, 8, 9, 12} {
		for takeover := range 4 {
			peer.deflates = append(peer.deflates, websocket.Deflate{
				ServerMaxWindowBits: bits, ClientMaxWindowBits: bits,
				ServerNoContextTakeover: takeover&1 != 0, ClientNoContextTakeover: takeover&2 != 0,
			})
		}
	}
	peer.deflates = append(peer.deflates, websocket.Deflate{ServerMaxWindowBits: 9}, websocket.Deflate{ClientMaxWindowBits: 10})
	return peer
}

func gwsDeflate(d *websocket.Deflate) gws.PermessageDeflate {
	if d == nil {
		return gws.PermessageDeflate{}
	}
	return gws.PermessageDeflate{
		Enabled: true, Threshold: 1, ServerContextTakeover: !d.ServerNoContextTakeover, ClientContextTakeover: !d.ClientNoContextTakeover,
		ServerMaxWindowBits: max(d.ServerMaxWindowBits, 15*bit(d.ServerMaxWindowBits == 0)),
		ClientMaxWindowBits: max(d.ClientMaxWindowBits, 15*bit(d.ClientMaxWindowBits == 0)),
	}
}

func bit(set bool) int {
	if set {
		return 1
	}
	return 0
}

// gwsEcho handles the events of both ends.
type gwsEcho struct{ ended chan<- websocket.CloseError }

func (gwsEcho) OnOpen(*gws.Conn) {}

func (e gwsEcho) OnClose(_ *gws.Conn, err error) {
	if closed, ok := errors.AsType[*gws.CloseError](err); ok {
		told(e.ended, int(closed.Code), string(closed.Reason))
		return
	}
	told(e.ended, 1006, err.Error())
}

func (gwsEcho) OnPing(conn *gws.Conn, payload []byte) { _ = conn.WritePong(payload) }

func (gwsEcho) OnPong(conn *gws.Conn, payload []byte) {
	if string(payload) == "theirs" {
		_ = conn.WriteString("ponged")
	}
}

func (gwsEcho) OnMessage(conn *gws.Conn, message *gws.Message) {
	defer message.Close()
	text := ""
	if message.Opcode == gws.OpcodeText && len(message.Bytes()) < 100 {
		text = string(message.Bytes())
	}
	if code, reason, ok := pleaseClose(text); ok {
		_ = conn.WriteClose(uint16(code), []byte(reason))
		return
	}
	if text == "please ping" {
		_ = conn.WritePing([]byte("theirs"))
		return
	}
	_ = conn.WriteMessage(message.Opcode, message.Bytes())
}

func gwsServe(deflate *websocket.Deflate, ended chan<- websocket.CloseError) http.Handler {
	upgrader := gws.NewUpgrader(gwsEcho{ended}, &gws.ServerOption{
		PermessageDeflate: gwsDeflate(deflate), CheckUtf8Enabled: true, SubProtocols: []string{"echo"},
		ReadMaxPayloadSize: 32 << 20, WriteMaxPayloadSize: 32 << 20, Logger: quiet{},
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if conn, err := upgrader.Upgrade(w, r); err == nil {
			conn.ReadLoop()
		}
	})
}

func gwsDial(ctx context.Context, url string, connect dialer, deflate *websocket.Deflate, ended chan<- websocket.CloseError) error {
	raw, err := connect(ctx)
	if err != nil {
		return err
	}
	defer raw.Close()
	stop := context.AfterFunc(ctx, func() { _ = raw.Close() })
	defer stop()
	conn, _, err := gws.NewClientFromConn(gwsEcho{ended}, &gws.ClientOption{ //nolint:bodyclose // the connection itself
		Addr: url, PermessageDeflate: gwsDeflate(deflate), CheckUtf8Enabled: true, RequestHeader: http.Header{"Sec-WebSocket-Protocol": {"echo"}},
		ReadMaxPayloadSize: 32 << 20, WriteMaxPayloadSize: 32 << 20, Logger: quiet{},
	}, raw)
	if err != nil {
		return err
	}
	conn.ReadLoop()
	return nil
}

// quiet is a logger: what matters, the tests see.
type quiet struct{}

func (quiet) Error(...any) {}
