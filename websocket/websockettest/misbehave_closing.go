package websockettest

import (
	"encoding/binary"
	"fmt"

	"stellwerk/websocket/frame"
	"stellwerk/wire"
)

// closings are ends that are not as they should be (RFC 6455, 7).
var closings = []Misbehaviour{
	{
		Name: "cut", Phase: Closing,
		Text: wire.Text{EN: "closes the connection without a close frame", DE: "schließt die Verbindung ohne Close-Rahmen"},
		act:  (*talk).cut,
	},
	{
		Name: "reset-connection", Phase: Closing,
		Text: wire.Text{EN: "resets the connection", DE: "bricht die Verbindung ab (RST)"},
		act:  func(t *talk) error { return gone(t.peer.Reset()) },
	},
	{
		Name: "no-close", Phase: Closing,
		Text:   wire.Text{EN: "does not answer a close frame", DE: "beantwortet keinen Close-Rahmen"},
		quirks: quirks{noClose: true},
	},
	{
		Name: "close-and-stay", Phase: Closing,
		Text:   wire.Text{EN: "answers a close frame and leaves the connection open", DE: "beantwortet einen Close-Rahmen und lässt die Verbindung offen"},
		quirks: quirks{stays: true},
	},
	{
		Name: "frames-after-close", Phase: Closing, Code: frame.NormalClosure,
		Text: wire.Text{EN: "sends messages and pings behind its close frame", DE: "sendet Nachrichten und Pings hinter seinem Close-Rahmen"},
		act: func(t *talk) error {
			t.closed.Store(true)
			return t.send(closeFrame(1000, "bye"), Frame{Header: frame.Header{Fin: true, Opcode: frame.Text}, Payload: []byte("late")},
				Frame{Header: frame.Header{Fin: true, Opcode: frame.Ping}, Payload: []byte("late")}, closeFrame(1001, "again"))
		},
	},
	closing("close-without-code", frame.NoStatus, wire.Text{EN: "closes without a code", DE: "schließt ohne Code"}, nil),
	closing("close-with-half-a-code", frame.ProtocolError, wire.Text{EN: "closes with half a code", DE: "schließt mit einem halben Code"}, []byte{0x03}),
	closing("close-with-wrong-reason", frame.InvalidPayload, wire.Text{EN: "closes with a reason that is not UTF-8", DE: "schließt mit einer Begründung, die nicht UTF-8 ist"}, []byte("\x03\xe8\xff")),
	closing("long-close", frame.ProtocolError, wire.Text{EN: "closes with a frame of 126 octets", DE: "schließt mit einem Rahmen von 126 Oktetten"}, append([]byte{0x03, 0xe8}, make([]byte, 124)...)),
	{
		Name: "fragmented-close", Phase: Closing, Code: frame.ProtocolError,
		Text: wire.Text{EN: "closes with a frame in fragments", DE: "schließt mit einem Rahmen in Teilen"},
		act: func(t *talk) error {
			t.closed.Store(true)
			return t.send(Frame{Header: frame.Header{Opcode: frame.Close}, Payload: []byte{0x03, 0xe8}})
		},
	},
}

// allowed are close codes that a server may send, and reserved some that it
// must not (7.4).
var (
	allowed  = []uint16{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999}
	reserved = []uint16{0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535}
)

// closeCodes are servers that close with every code.
func closeCodes() (all []Misbehaviour) {
	for _, code := range allowed {
		all = append(all, closing(fmt.Sprintf("close-%d", code), frame.CloseCode(code), wire.Text{
			EN: fmt.Sprintf("closes with code %s", frame.CloseCode(code)), DE: fmt.Sprintf("schließt mit Code %d (%s)", code, frame.CloseCode(code).Text().DE),
		}, closeFrame(code, "provoked").Payload))
	}
	for _, code := range reserved {
		all = append(all, closing(fmt.Sprintf("close-%d", code), frame.ProtocolError, wire.Text{
			EN: fmt.Sprintf("closes with code %d, which must not be sent", code), DE: fmt.Sprintf("schließt mit Code %d, der nicht gesendet werden darf", code),
		}, closeFrame(code, "").Payload))
	}
	return all
}

// closing is a server that closes with a body.
func closing(name string, code frame.CloseCode, text wire.Text, body []byte) Misbehaviour {
	return Misbehaviour{
		Name: name, Text: text, Phase: Closing, Code: code,
		act: func(t *talk) error {
			t.closed.Store(true)
			return t.send(Frame{Header: frame.Header{Fin: true, Opcode: frame.Close}, Payload: body})
		},
	}
}

// closeFrame is one with any code.
func closeFrame(code uint16, reason string) Frame {
	return Frame{
		Header:  frame.Header{Fin: true, Opcode: frame.Close},
		Payload: append(binary.BigEndian.AppendUint16(nil, code), reason...),
	}
}
