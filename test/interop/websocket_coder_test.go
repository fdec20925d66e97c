package interop

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"

	coder "github.com/coder/websocket"

	"stellwerk/websocket"
)

// coderPeer is coder/websocket, which knows no window bits.
func coderPeer() wsPeer {
	return wsPeer{name: "coder", ping: "1", handler: coderServe, dial: coderDial, deflates: []websocket.Deflate{
		{}, {ServerNoContextTakeover: true, ClientNoContextTakeover: true},
	}}
}

func coderMode(deflate *websocket.Deflate) coder.CompressionMode {
	switch {
	case deflate == nil:
		return coder.CompressionDisabled
	case deflate.ServerNoContextTakeover:
		return coder.CompressionNoContextTakeover
	default:
		return coder.CompressionContextTakeover
	}
}

func coderServe(deflate *websocket.Deflate, ended chan<- websocket.CloseError) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := coder.Accept(w, r, &coder.AcceptOptions{
			Subprotocols: []string{"echo"}, CompressionMode: coderMode(deflate), CompressionThreshold: 1,
		})
		if err == nil {
			coderEcho(r.Context(), conn, ended)
		}
	})
}

func coderDial(ctx context.Context, url string, connect dialer, deflate *websocket.Deflate, ended chan<- websocket.CloseError) error {
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return connect(ctx) }}
	defer transport.CloseIdleConnections()
	conn, _, err := coder.Dial(ctx, url, &coder.DialOptions{ //nolint:bodyclose // the connection itself
		HTTPClient: &http.Client{Transport: transport}, Subprotocols: []string{"echo"},
		CompressionMode: coderMode(deflate), CompressionThreshold: 1,
	})
	if err != nil {
		return err
	}
	coderEcho(ctx, conn, ended)
	return nil
}

func coderEcho(ctx context.Context, conn *coder.Conn, ended chan<- websocket.CloseError) {
	var pings sync.WaitGroup
	defer pings.Wait()
	defer func() { _ = conn.CloseNow() }()
	conn.SetReadLimit(32 << 20)
	for {
		kind, data, err := conn.Read(ctx)
		if err != nil {
			if closed, ok := errors.AsType[coder.CloseError](err); ok {
				told(ended, int(closed.Code), closed.Reason)
			} else {
				told(ended, 1006, err.Error())
			}
			return
		}
		if code, reason, ok := pleaseClose(string(data[:min(len(data), 100)])); ok {
			_ = conn.Close(coder.StatusCode(code), reason)
			continue
		}
		if string(data) == "please ping" {
			pings.Go(func() {
				if conn.Ping(ctx) == nil { // the pong has come
					_ = conn.Write(ctx, coder.MessageText, []byte("ponged"))
				}
			})
			continue
		}
		if err := conn.Write(ctx, kind, data); err != nil {
			told(ended, 1006, err.Error())
			return
		}
	}
}
