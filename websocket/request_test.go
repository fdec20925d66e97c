package websocket_test

import (
	"context"
	"errors"
	"net"
	"net/url"
	"testing"

	"stellwerk/websocket"
)

// An address must not break out of the request line.
func TestAddressesThatBreakTheRequest(t *testing.T) {
	for _, u := range []*url.URL{
		{Scheme: "ws", Host: "h", Path: "/", RawQuery: "a b"},
		{Scheme: "ws", Host: "h", Path: "/", RawQuery: "a\r\nEvil: 1"},
		{Scheme: "ws", Host: "h\r\nEvil: 1", Path: "/"},
		{Scheme: "ws", Host: "h", Opaque: "//h/a b"},
	} {
		here, there := net.Pipe()
		_, err := websocket.Client(t.Context(), here, u, nil)
		if failed, ok := errors.AsType[*websocket.HandshakeError](err); !ok || failed.Stage != websocket.Options {
			t.Errorf("%q: got %v", u, err)
		}
		_ = there.Close()
	}
	_, err := websocket.Dial(t.Context(), "ws://h/?a b", &websocket.ClientOptions{Connect: func(context.Context, string, string) (net.Conn, error) {
		here, there := net.Pipe()
		return here, there.Close()
	}})
	if failed, ok := errors.AsType[*websocket.HandshakeError](err); !ok || failed.Stage != websocket.Options {
		t.Errorf("got %v", err)
	}
}
