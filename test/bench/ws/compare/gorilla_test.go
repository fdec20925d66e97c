package compare

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gorilla/websocket"
)

// gorillaReceive reads a message into a buffer that is kept.
func gorillaReceive(c *websocket.Conn, buffer *bytes.Buffer) (int, error) {
	kind, r, err := c.NextReader()
	if err != nil {
		return 0, err
	}
	buffer.Reset()
	_, err = buffer.ReadFrom(r)
	return kind, err
}

func openGorilla(tb testing.TB, deflate bool) exchange {
	upgrader := websocket.Upgrader{EnableCompression: deflate}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			tb.Error(err)
			return
		}
		var buffer bytes.Buffer
		for {
			kind, err := gorillaReceive(c, &buffer)
			if err != nil {
				return
			}
			if err := c.WriteMessage(kind, buffer.Bytes()); err != nil {
				return
			}
		}
	}))
	dialer := websocket.Dialer{EnableCompression: deflate}
	c, response, err := dialer.DialContext(tb.Context(), "ws"+strings.TrimPrefix(server.URL, "http"), nil)
	if err != nil {
		tb.Fatal(err)
	}
	_ = response.Body.Close()
	tb.Cleanup(func() {
		_ = c.Close()
		server.Close()
	})
	var buffer bytes.Buffer
	return blocking{
		send: func(message []byte) error { return c.WriteMessage(websocket.BinaryMessage, message) },
		receive: func() ([]byte, error) {
			_, err := gorillaReceive(c, &buffer)
			return buffer.Bytes(), err
		},
	}.exchange
}
