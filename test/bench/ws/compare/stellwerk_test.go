package compare

import (
	"net"
	"testing"

	"stellwerk/websocket"
)

func openStellwerk(tb testing.TB, deflate bool) exchange {
	common := websocket.Common{}
	if deflate {
		common.Compression = &websocket.Deflate{ServerNoContextTakeover: true, ClientNoContextTakeover: true}
	}
	ctx := tb.Context()
	address := listen(tb, func(conn net.Conn) {
		w, err := websocket.Server(ctx, conn, &websocket.ServerOptions{Common: common})
		for err == nil {
			var m websocket.Message
			if m, err = w.Read(ctx); err == nil {
				err = w.Write(ctx, m.Kind, m.Data, &websocket.WriteOptions{Compress: m.Compressed})
			}
		}
	})
	w, err := websocket.Dial(ctx, "ws://"+address, &websocket.ClientOptions{Common: common})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = w.Abort() })
	return blocking{
		send: func(message []byte) error {
			return w.Write(ctx, websocket.Binary, message, &websocket.WriteOptions{Compress: deflate})
		},
		receive: func() ([]byte, error) {
			m, err := w.Read(ctx)
			return m.Data, err
		},
	}.exchange
}
