package compare

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/coder/websocket"
)

// coderReceive reads a message into a buffer that is kept.
func coderReceive(ctx context.Context, c *websocket.Conn, buffer *bytes.Buffer) (websocket.MessageType, error) {
	kind, r, err := c.Reader(ctx)
	if err != nil {
		return 0, err
	}
	buffer.Reset()
	_, err = buffer.ReadFrom(r)
	return kind, err
}

func openCoder(tb testing.TB, deflate bool) exchange {
	mode := websocket.CompressionDisabled
	if deflate {
		mode = websocket.CompressionNoContextTakeover
	}
	ctx := tb.Context()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, &websocket.AcceptOptions{CompressionMode: mode, CompressionThreshold: 1})
		if err != nil {
			tb.Error(err)
			return
		}
		c.SetReadLimit(1 << 20)
		var buffer bytes.Buffer
		for {
			kind, err := coderReceive(ctx, c, &buffer)
			if err != nil {
				return
			}
			if err := c.Write(ctx, kind, buffer.Bytes()); err != nil {
				return
			}
		}
	}))
	c, response, err := websocket.Dial(ctx, server.URL, &websocket.DialOptions{CompressionMode: mode, CompressionThreshold: 1})
	if err != nil {
		tb.Fatal(err)
	}
	if response.Body != nil {
		_ = response.Body.Close()
	}
	c.SetReadLimit(1 << 20)
	tb.Cleanup(func() {
		_ = c.CloseNow()
		server.Close()
	})
	var buffer bytes.Buffer
	return blocking{
		send: func(message []byte) error { return c.Write(ctx, websocket.MessageBinary, message) },
		receive: func() ([]byte, error) {
			_, err := coderReceive(ctx, c, &buffer)
			return buffer.Bytes(), err
		},
	}.exchange
}
