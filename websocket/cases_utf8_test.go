package websocket_test

import (
	"errors"
	"fmt"
	"testing"

	"stellwerk/websocket"
	"stellwerk/websocket/frame"
)

// TestUTF8Cases sends texts octet by octet in fragments, to both roles. Of a wrong
// one the peer sends no more than the first wrong octet, of a frame that is
// longer, so that only a check on arrival can fail it.
func TestUTF8Cases(t *testing.T) {
	tests := []struct {
		text  string
		wrong int // the first wrong octet, -1 for none
	}{
		{"", -1},
		{"a", -1},
		{"\x00", -1},
		{"\x7f", -1},
		{"\u0080", -1},
		{"\u07ff", -1},
		{"\u0800", -1},
		{"\xed\x9f\xbf", -1},
		{"\ue000", -1},
		{"\ufffd", -1},
		{"\uffff", -1},
		{"\U00010000", -1},
		{"\U0010ffff", -1},
		{"κόσμε", -1},
		{"Größe 😀", -1},
		{"\x80", 0},
		{"a\xbf", 1},
		{"\xc0\x80", 0},
		{"\xc1\xbf", 0},
		{"\xc2\x7f", 1},
		{"\xc2\xc0", 1},
		{"\xdf\xc0", 1},
		{"\xe0\x9f\xbf", 1},
		{"\xe0\xa0\x7f", 2},
		{"\xe1\x80\xc0", 2},
		{"\xed\xa0\x80", 1},
		{"\xed\xbf\xbf", 1},
		{"\xef\xbf\xc0", 2},
		{"\xf0\x8f\xbf\xbf", 1},
		{"\xf0\x90\x80\x7f", 3},
		{"\xf1\x80\xc0", 2},
		{"\xf4\x90\x80\x80", 1},
		{"\xf5\x80", 0},
		{"\xf8\x88", 0},
		{"\xfc\x84", 0},
		{"\xfe", 0},
		{"\xff", 0},
		{"κόσμε\xed\xa0\x80", 11},
	}
	for _, test := range tests {
		for _, server := range []bool{true, false} {
			t.Run(fmt.Sprintf("%q server %v", test.text, server), func(t *testing.T) {
				conn, peer := raw(t, server, websocket.Limits{}, nil)
				part := func(h frame.Header, data string) {
					h.Masked, h.Key = server, [4]byte{}
					write(t, peer, string(h.Append(nil))+data)
				}
				if test.wrong < 0 {
					opcode := websocket.Text
					for _, octet := range []byte(test.text) {
						part(frame.Header{Opcode: opcode, Length: 1}, string([]byte{octet}))
						opcode = frame.Continuation
					}
					part(frame.Header{Fin: true, Opcode: opcode}, "")
					if m, err := conn.Read(t.Context()); err != nil || string(m.Data) != test.text || m.Kind != websocket.Text {
						t.Fatalf("%q, %v", m.Data, err)
					}
					return
				}
				part(frame.Header{Opcode: websocket.Text, Length: 100}, test.text[:test.wrong+1])
				_, err := conn.Read(t.Context())
				if failed, ok := errors.AsType[*websocket.FailError](err); !ok || failed.Code != frame.InvalidPayload || !errors.Is(err, frame.ErrPayload) {
					t.Fatalf("%v", err)
				}
				// And the octets before are right.
				text := frame.UTF8{}
				if !text.Check([]byte(test.text[:test.wrong])) || text.Check([]byte{test.text[test.wrong]}) {
					t.Error("it is not the first wrong octet")
				}
			})
		}
	}
}
