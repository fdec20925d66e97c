package websockettest

import (
	"bytes"
	"strings"

	"stellwerk/websocket/frame"
	"stellwerk/wire"
)

// half is a frame of which the rest does not come.
var half = Frame{Header: frame.Header{Fin: true, Opcode: frame.Text, Length: 10}, Payload: []byte("hello"), Part: true}

// silences are servers that do not do what they should, or not in time.
var silences = []Misbehaviour{
	{
		Name: "half-header", Phase: Talking,
		Text: wire.Text{EN: "sends half of a header and stops", DE: "sendet einen halben Kopf und hört auf"},
		act:  func(t *talk) error { return t.then("\x82\x7e\x01", (*talk).wait) },
	},
	{
		Name: "half-frame", Phase: Talking,
		Text: wire.Text{EN: "sends half of a frame and stops", DE: "sendet einen halben Rahmen und hört auf"},
		act:  func(t *talk) error { return t.then(string(t.peer.Lay(half)), (*talk).wait) },
	},
	{
		Name: "half-message", Phase: Talking,
		Text: wire.Text{EN: "sends the first fragment of a message and stops", DE: "sendet den ersten Teil einer Nachricht und hört auf"},
		act: func(t *talk) error {
			return t.send(Frame{Header: frame.Header{Opcode: frame.Text}, Payload: []byte("hello")})
		},
		quirks: quirks{mute: true, noPong: true},
	},
	{
		Name: "cut-frame", Phase: Talking,
		Text: wire.Text{EN: "sends half of a frame and closes the connection", DE: "sendet einen halben Rahmen und schließt die Verbindung"},
		act:  func(t *talk) error { return t.then(string(t.peer.Lay(half)), (*talk).cut) },
	},
	{
		Name: "reset-frame", Phase: Talking,
		Text: wire.Text{EN: "sends half of a frame and resets the connection", DE: "sendet einen halben Rahmen und bricht die Verbindung ab (RST)"},
		act: func(t *talk) error {
			return t.then(string(t.peer.Lay(half)), func(t *talk) error { return gone(t.peer.Reset()) })
		},
	},
	{
		Name: "drip", Phase: Talking,
		Text: wire.Text{EN: "sends a message an octet a second", DE: "sendet eine Nachricht mit einem Oktett je Sekunde"},
		act: func(t *talk) error {
			return t.drip(t.peer.Lay(Frame{Header: frame.Header{Fin: true, Opcode: frame.Text}, Payload: []byte(strings.Repeat("drip", 1000))}))
		},
	},
	{
		Name: "no-pong", Phase: Talking,
		Text:   wire.Text{EN: "does not answer pings", DE: "beantwortet kein Ping"},
		quirks: quirks{noPong: true},
	},
	{
		Name: "wrong-pong", Phase: Talking,
		Text:   wire.Text{EN: "answers pings with other octets", DE: "beantwortet Pings mit anderen Oktetten"},
		quirks: quirks{wrongPong: true},
	},
	{
		Name: "mute", Phase: Talking,
		Text:   wire.Text{EN: "echoes no message, and answers pings and close", DE: "gibt keine Nachricht zurück und beantwortet Ping und Schließen"},
		quirks: quirks{mute: true},
	},
	{
		Name: "dead", Phase: Talking,
		Text: wire.Text{EN: "reads, and never sends anything again", DE: "liest und sendet nie wieder etwas"},
		act:  (*talk).wait,
	},
	{
		Name: "deaf", Phase: Talking,
		Text:   wire.Text{EN: "never reads again, and sends nothing", DE: "liest nie wieder und sendet nichts"},
		quirks: quirks{deaf: true},
	},
}

// floods are servers that send without pause.
var floods = []Misbehaviour{
	{
		Name: "message-flood", Phase: Talking,
		Text: wire.Text{EN: "sends messages without pause", DE: "sendet Nachrichten ohne Pause"},
		act: func(t *talk) error {
			return t.flood(Frame{Header: frame.Header{Fin: true, Opcode: frame.Text}, Payload: bytes.Repeat([]byte("flood "), 20)})
		},
	},
	{
		Name: "ping-flood", Phase: Talking,
		Text: wire.Text{EN: "sends pings without pause", DE: "sendet Pings ohne Pause"},
		act: func(t *talk) error {
			return t.flood(Frame{Header: frame.Header{Fin: true, Opcode: frame.Ping}, Payload: bytes.Repeat([]byte("ping "), 25)})
		},
	},
	{
		Name: "pong-flood", Phase: Talking,
		Text: wire.Text{EN: "sends pongs that nobody asked for without pause", DE: "sendet Pongs ohne Pause, um die niemand bat"},
		act: func(t *talk) error {
			return t.flood(Frame{Header: frame.Header{Fin: true, Opcode: frame.Pong}, Payload: bytes.Repeat([]byte("pong "), 25)})
		},
	},
}

// then sends octets and does something else.
func (t *talk) then(octets string, next func(*talk) error) error {
	if err := t.write(octets); err != nil {
		return err
	}
	return next(t)
}
