package interop

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	gorilla "github.com/gorilla/websocket"

	"stellwerk/websocket"
)

// gorillaPeer is gorilla/websocket, which compresses without context takeover
// and knows no window bits. It sends in fragments what is longer than its
// buffers.
func gorillaPeer() wsPeer {
	return wsPeer{name: "gorilla", ping: "theirs", handler: gorillaServe, dial: gorillaDial, deflates: []websocket.Deflate{
		{}, {ServerNoContextTakeover: true}, {ClientNoContextTakeover: true}, {ServerNoContextTakeover: true, ClientNoContextTakeover: true},
	}}
}

func gorillaServe(deflate *websocket.Deflate, ended chan<- websocket.CloseError) http.Handler {
	upgrader := gorilla.Upgrader{EnableCompression: deflate != nil, Subprotocols: []string{"echo"}, WriteBufferSize: 1000}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if conn, err := upgrader.Upgrade(w, r, nil); err == nil {
			gorillaEcho(conn, ended)
		}
	})
}

func gorillaDial(ctx context.Context, url string, connect dialer, deflate *websocket.Deflate, ended chan<- websocket.CloseError) error {
	d := gorilla.Dialer{
		EnableCompression: deflate != nil, Subprotocols: []string{"echo"}, WriteBufferSize: 1000,
		NetDialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return connect(ctx) },
	}
	conn, _, err := d.DialContext(ctx, url, nil) //nolint:bodyclose // the connection itself
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	gorillaEcho(conn, ended)
	return nil
}

func gorillaEcho(conn *gorilla.Conn, ended chan<- websocket.CloseError) {
	defer conn.Close()
	conn.SetPongHandler(func(payload string) error {
		if payload == "theirs" {
			return conn.WriteMessage(gorilla.TextMessage, []byte("ponged"))
		}
		return nil
	})
	for {
		kind, data, err := conn.ReadMessage()
		if err != nil {
			if closed, ok := errors.AsType[*gorilla.CloseError](err); ok {
				told(ended, closed.Code, closed.Text)
			} else {
				told(ended, 1006, err.Error())
			}
			return
		}
		if code, reason, ok := pleaseClose(string(data[:min(len(data), 100)])); ok {
			_ = conn.WriteControl(gorilla.CloseMessage, gorilla.FormatCloseMessage(int(code), reason), time.Now().Add(patience))
			continue
		}
		if string(data) == "please ping" {
			_ = conn.WriteControl(gorilla.PingMessage, []byte("theirs"), time.Now().Add(patience))
			continue
		}
		if err := conn.WriteMessage(kind, data); err != nil {
			told(ended, 1006, err.Error())
			return
		}
	}
}
