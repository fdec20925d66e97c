package websocket_test

import (
	"testing"

	"stellwerk/websocket"
)

// What is looked at from outside reads as both ends read it.
func TestInspect(t *testing.T) {
	if got := websocket.AcceptFor("dGhlIHNhbXBsZSBub25jZQ=="); got != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" { // RFC 6455, 1.3
		t.Errorf("accept %s", got)
	}
	all, err := websocket.ParseExtensions([]string{`x; a="b", permessage-deflate; server_no_context_takeover; client_max_window_bits=10`})
	if err != nil || len(all) != 2 || all[0].Parameters[0] != (websocket.ExtensionParameter{Name: "a", Value: "b", Given: true}) {
		t.Fatalf("%+v, %v", all, err)
	}
	if _, ok, err := all[0].Deflate(); ok || err != nil {
		t.Error("another extension is taken for compression")
	}
	want := websocket.Deflate{ServerNoContextTakeover: true, ServerMaxWindowBits: 15, ClientMaxWindowBits: 10}
	if got, ok, err := all[1].Deflate(); got != want || !ok || err != nil {
		t.Errorf("%+v, %v, %v", got, ok, err)
	}
	if _, err := websocket.ParseExtensions([]string{"a b"}); err == nil {
		t.Error("a list that cannot be read is read")
	}
	wrong := websocket.ExtensionElement{Name: "permessage-deflate", Parameters: []websocket.ExtensionParameter{{Name: "server_max_window_bits", Value: "7", Given: true}}}
	if _, _, err := wrong.Deflate(); err == nil {
		t.Error("7 bits are taken")
	}
}
