package frame

import (
	"fmt"

	"stellwerk/wire"
)

// Opcode says what a frame is (RFC 6455, 5.2).
type Opcode uint8

// The opcodes. The others are reserved.
const (
	Continuation Opcode = 0x0
	Text         Opcode = 0x1
	Binary       Opcode = 0x2
	Close        Opcode = 0x8
	Ping         Opcode = 0x9
	Pong         Opcode = 0xa
)

// Control reports whether the frame is a control frame: short, whole, and
// allowed between the frames of a message (5.5).
func (o Opcode) Control() bool { return o&0x8 != 0 }

// Reserved reports whether the standard gives the opcode no meaning.
func (o Opcode) Reserved() bool { return o&0x7 > 0x2 }

// String returns the opcode's name in English, as in "text"; reserved ones are
// "opcode 3".
func (o Opcode) String() string { return o.Text().EN }

// Text names the opcode.
func (o Opcode) Text() wire.Text {
	switch o {
	case Continuation:
		return wire.Text{EN: "continuation", DE: "Fortsetzung"}
	case Text:
		return wire.Text{EN: "text", DE: "Text"}
	case Binary:
		return wire.Text{EN: "binary", DE: "binär"}
	case Close:
		return wire.Text{EN: "close", DE: "Schließen"}
	case Ping:
		return wire.Text{EN: "ping", DE: "Ping"}
	case Pong:
		return wire.Text{EN: "pong", DE: "Pong"}
	default:
		return wire.Text{EN: fmt.Sprintf("opcode %d", uint8(o)), DE: fmt.Sprintf("Opcode %d", uint8(o))}
	}
}
