package websockettest

import (
	"bytes"
	"fmt"

	"stellwerk/websocket"
	"stellwerk/websocket/frame"
	"stellwerk/wire"
)

// frames are frames that the standard forbids (RFC 6455, 5).
var frames = append(append([]Misbehaviour{
	wrong("rsv1", frame.ProtocolError, wire.Text{EN: "sets RSV1 on a ping", DE: "setzt RSV1 auf einem Ping"},
		Frame{Header: frame.Header{Fin: true, RSV1: true, Opcode: frame.Ping}}),
	wrong("rsv2", frame.ProtocolError, wire.Text{EN: "sets RSV2", DE: "setzt RSV2"},
		Frame{Header: frame.Header{Fin: true, RSV2: true, Opcode: frame.Text}, Payload: []byte("hello")}),
	wrong("rsv3", frame.ProtocolError, wire.Text{EN: "sets RSV3", DE: "setzt RSV3"},
		Frame{Header: frame.Header{Fin: true, RSV3: true, Opcode: frame.Text}, Payload: []byte("hello")}),
	wrong("masked", frame.ProtocolError, wire.Text{EN: "masks a frame", DE: "maskiert einen Rahmen"},
		Frame{Header: frame.Header{Fin: true, Opcode: frame.Text}, Payload: []byte("hello"), WrongMask: true}),
	wrong("continuation-first", frame.ProtocolError, wire.Text{EN: "continues a message that has not begun", DE: "setzt eine Nachricht fort, die nicht begonnen hat"},
		Frame{Header: frame.Header{Fin: true}, Payload: []byte("hello")}),
	wrong("message-in-message", frame.ProtocolError, wire.Text{EN: "begins a message before the end of the last one", DE: "beginnt eine Nachricht vor dem Ende der letzten"},
		Frame{Header: frame.Header{Opcode: frame.Text}, Payload: []byte("hel")}, Frame{Header: frame.Header{Fin: true, Opcode: frame.Text}, Payload: []byte("lo")}),
	wrong("fragmented-ping", frame.ProtocolError, wire.Text{EN: "sends a ping in fragments", DE: "sendet ein Ping in Teilen"},
		Frame{Header: frame.Header{Opcode: frame.Ping}, Payload: []byte("hel")}, Frame{Header: frame.Header{Fin: true}, Payload: []byte("lo")}),
	wrong("long-ping", frame.ProtocolError, wire.Text{EN: "sends a ping of 126 octets", DE: "sendet ein Ping mit 126 Oktetten"},
		Frame{Header: frame.Header{Fin: true, Opcode: frame.Ping}, Payload: make([]byte, frame.MaxControl+1)}),
	wrong("length-of-16-bits", frame.ProtocolError, wire.Text{EN: "writes a short length with 16 bits", DE: "schreibt eine kurze Länge mit 16 Bit"},
		Frame{Header: frame.Header{Fin: true, Opcode: frame.Binary}, Payload: []byte("hello"), LengthOctets: 2}),
	wrong("length-of-64-bits", frame.ProtocolError, wire.Text{EN: "writes a short length with 64 bits", DE: "schreibt eine kurze Länge mit 64 Bit"},
		Frame{Header: frame.Header{Fin: true, Opcode: frame.Binary}, Payload: []byte("hello"), LengthOctets: 8}),
	wrong("negative-length", frame.ProtocolError, wire.Text{EN: "sends a length with the highest bit set", DE: "sendet eine Länge mit gesetztem höchstem Bit"},
		Frame{Header: frame.Header{Fin: true, Opcode: frame.Binary, Length: -1}, Payload: []byte("hello"), Part: true, LengthOctets: 8}),
	wrong("huge-frame", frame.MessageTooBig, wire.Text{EN: "announces a frame of 2^62 octets", DE: "kündigt einen Rahmen mit 2^62 Oktetten an"},
		Frame{Header: frame.Header{Fin: true, Opcode: frame.Binary, Length: 1 << 62}, Payload: []byte("hello"), Part: true}),
}, reservedOpcodes()...), endless...)

// endless are messages without end, which a limit must stop.
var endless = []Misbehaviour{
	{
		Name: "endless-frame", Phase: Talking, Code: frame.MessageTooBig,
		Text: wire.Text{EN: "announces a frame of a tebibyte, and sends it", DE: "kündigt einen Rahmen mit einem Tebibyte an und sendet ihn"},
		act: func(t *talk) error {
			if err := t.send(Frame{Header: frame.Header{Fin: true, Opcode: frame.Binary, Length: 1 << 40}, Part: true}); err != nil {
				return err
			}
			return t.floodRaw(make([]byte, 64<<10))
		},
	},
	{
		Name: "endless-message", Phase: Talking, Code: frame.MessageTooBig,
		Text: wire.Text{EN: "sends a message in fragments without end", DE: "sendet eine Nachricht in Teilen ohne Ende"},
		act: func(t *talk) error {
			if err := t.send(Frame{Header: frame.Header{Opcode: frame.Binary}}); err != nil {
				return err
			}
			return t.flood(Frame{Payload: bytes.Repeat([]byte{0xa5}, 64<<10)})
		},
	},
	{
		Name: "empty-fragments", Phase: Talking,
		Text: wire.Text{EN: "sends a message in empty fragments without end", DE: "sendet eine Nachricht in leeren Teilen ohne Ende"},
		act: func(t *talk) error {
			if err := t.send(Frame{Header: frame.Header{Opcode: frame.Binary}}); err != nil {
				return err
			}
			return t.flood(make([]Frame, 1000)...)
		},
	},
}

// texts are texts that are not UTF-8 (RFC 6455, 8.1).
var texts = []Misbehaviour{
	text("wrong-utf8", "hello \xff", wire.Text{EN: "sends a text with an octet that no text has", DE: "sendet einen Text mit einem Oktett, das kein Text hat"}),
	text("half-utf8", "gr\xc3", wire.Text{EN: "ends a text within a character", DE: "beendet einen Text mitten in einem Zeichen"}),
	text("overlong-utf8", "\xc0\xaf", wire.Text{EN: "writes a character with too many octets", DE: "schreibt ein Zeichen mit zu vielen Oktetten"}),
	text("surrogate", "\xed\xa0\x80", wire.Text{EN: "sends half of a surrogate pair in a text", DE: "sendet ein halbes Surrogatpaar in einem Text"}),
	{
		Name: "first-wrong-octet", Phase: Talking, Code: frame.InvalidPayload,
		Text: wire.Text{EN: "sends a text no further than its first wrong octet", DE: "sendet einen Text nur bis zum ersten falschen Oktett"},
		act: func(t *talk) error {
			return t.send(Frame{Header: frame.Header{Opcode: frame.Text, Length: 1000}, Payload: []byte("gr\xc3\xb6\xc3\x28"), Part: true})
		},
	},
}

// wrong is a server that sends frames.
func wrong(name string, code frame.CloseCode, text wire.Text, frames ...Frame) Misbehaviour {
	return Misbehaviour{
		Name: name, Text: text, Phase: Talking, Code: code,
		act: func(t *talk) error { return t.send(frames...) },
	}
}

// text is a server that sends a wrong text.
func text(name, wrongText string, description wire.Text) Misbehaviour {
	return wrong(name, frame.InvalidPayload, description, Frame{Header: frame.Header{Fin: true, Opcode: frame.Text}, Payload: []byte(wrongText)})
}

// reservedOpcodes are those that the standard gives no meaning.
func reservedOpcodes() (all []Misbehaviour) {
	for opcode := range websocket.Opcode(16) {
		if opcode.Reserved() {
			all = append(all, wrong(fmt.Sprintf("opcode-%d", opcode), frame.ProtocolError, wire.Text{
				EN: fmt.Sprintf("sends a frame with the reserved opcode %d", opcode), DE: fmt.Sprintf("sendet einen Rahmen mit dem reservierten Opcode %d", opcode),
			}, Frame{Header: frame.Header{Fin: true, Opcode: opcode}}))
		}
	}
	return all
}
