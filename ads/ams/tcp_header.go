package ams

import (
	"encoding/binary"
	"fmt"

	"stellwerk/wire"
)

// TCPHeaderLength is the length of an AMS/TCP header in octets.
const TCPHeaderLength = 6

// TCPCommand says what stands behind an AMS/TCP header. All but [TCPFrame] are
// spoken only between a program and the router of its own machine.
type TCPCommand uint16

// The commands of the AMS/TCP header.
const (
	TCPFrame       TCPCommand = 0x0000 // an AMS frame
	TCPPortClose   TCPCommand = 0x0001 // a program gives its port back: the port, 2 octets; no answer
	TCPPortConnect TCPCommand = 0x1000 // a program wants a port: 2 octets, 0 for any; answered with NetId and port
	TCPRouterNote  TCPCommand = 0x1001 // the router tells its state: 4 octets
	TCPLocalNetID  TCPCommand = 0x1002 // a program asks for the machine's NetId: 4 octets 0; answered with the NetId
)

var tcpCommandNames = map[TCPCommand]struct {
	name string
	text wire.Text
}{
	TCPFrame:       {"AMS frame", text("AMS frame", "AMS-Telegramm")},
	TCPPortClose:   {"port close", text("give an AMS port back", "AMS-Port zurückgeben")},
	TCPPortConnect: {"port connect", text("register an AMS port", "AMS-Port anmelden")},
	TCPRouterNote:  {"router note", text("state of the router", "Zustand des Routers")},
	TCPLocalNetID:  {"local NetId", text("ask for the NetId of the machine", "NetId des Rechners erfragen")},
}

// String returns a name, and a number for what is not known.
func (c TCPCommand) String() string {
	if n, ok := tcpCommandNames[c]; ok {
		return n.name
	}
	return fmt.Sprintf("AMS/TCP command 0x%04X", uint16(c))
}

// Known reports whether the command is one of those above.
func (c TCPCommand) Known() bool { _, ok := tcpCommandNames[c]; return ok }

// Text says what the command means.
func (c TCPCommand) Text() wire.Text {
	if n, ok := tcpCommandNames[c]; ok {
		return n.text
	}
	return text("not known", "unbekannt")
}

// TCPHeader stands before each AMS frame on TCP, and before what a program says
// to its router. Secure ADS does without.
type TCPHeader struct {
	Command TCPCommand
	Length  uint32 // octets that follow
}

// DecodeTCPHeader reads a header, of which data must have all 6 octets.
func DecodeTCPHeader(data []byte) (TCPHeader, error) {
	if len(data) < TCPHeaderLength {
		return TCPHeader{}, fmt.Errorf("AMS/TCP header: %d octets, it has %d", len(data), TCPHeaderLength)
	}
	return TCPHeader{
		Command: TCPCommand(binary.LittleEndian.Uint16(data)),
		Length:  binary.LittleEndian.Uint32(data[2:]),
	}, nil
}

// Append appends the header.
func (h TCPHeader) Append(dst []byte) []byte {
	dst = binary.LittleEndian.AppendUint16(dst, uint16(h.Command))
	return binary.LittleEndian.AppendUint32(dst, h.Length)
}

// RouterState is what a router note says.
type RouterState uint32

// The states of a router.
const (
	RouterStopped RouterState = 0
	RouterStarted RouterState = 1
	RouterRemoved RouterState = 2
)

var routerStateTexts = map[RouterState]wire.Text{
	RouterStopped: text("stopped", "gestoppt"),
	RouterStarted: text("started", "gestartet"),
	RouterRemoved: text("removed", "entfernt"),
}

// Text says what the state is; zero where it is not known.
func (s RouterState) Text() wire.Text { return routerStateTexts[s] }

// String returns a name, and a number for what is not known.
func (s RouterState) String() string {
	if t := s.Text(); !t.IsZero() {
		return t.EN
	}
	return fmt.Sprintf("router state %d", uint32(s))
}
