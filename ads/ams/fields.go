package ams

import (
	"encoding/binary"

	"stellwerk/wire"
)

// The elements of the headers, for whoever shows telegrams.
var (
	ElementTCPHeader = wire.Element{Name: "AMS/TCP header", Octets: TCPHeaderLength, Fields: []wire.Field{
		{Name: "command", Bit: 0, Width: 16, Text: func(v uint64) wire.Text { return TCPCommand(v).Text() }},
		{Name: "length", Bit: 16, Width: 32},
	}}
	ElementHeader = wire.Element{Name: "AMS header", Octets: HeaderLength, Fields: []wire.Field{
		{Name: "target NetId", Bit: 0, Width: 48, Text: netIDText},
		{Name: "target port", Bit: 48, Width: 16, Text: portText},
		{Name: "source NetId", Bit: 64, Width: 48, Text: netIDText},
		{Name: "source port", Bit: 112, Width: 16, Text: portText},
		{Name: "command id", Bit: 128, Width: 16, Text: commandText},
		{Name: "response", Bit: 144, Width: 1, Text: wire.Flag(text("request", "Anforderung"), text("response", "Antwort"))},
		{Name: "no return", Bit: 145, Width: 1, Text: mark},
		{Name: "ADS command", Bit: 146, Width: 1, Text: wire.Flag(text("no ADS command", "kein ADS-Befehl"), text("ADS command", "ADS-Befehl"))},
		{Name: "system command", Bit: 147, Width: 1, Text: mark},
		{Name: "high priority", Bit: 148, Width: 1, Text: mark},
		{Name: "time stamp", Bit: 149, Width: 1, Text: mark},
		{Name: "UDP", Bit: 150, Width: 1, Text: wire.Flag(text("TCP", "TCP"), text("UDP", "UDP"))},
		{Name: "init command", Bit: 151, Width: 1, Text: mark},
		{Name: "reserved", Bit: 152, Width: 7, Text: undefined},
		{Name: "broadcast", Bit: 159, Width: 1, Text: mark},
		{Name: "data length", Bit: 160, Width: 32},
		{Name: "AMS error", Bit: 192, Width: 32, Text: returnCodeText},
		{Name: "invoke id", Bit: 224, Width: 32},
	}}
)

// The elements of what program and router say to each other, behind an AMS/TCP
// header. The answers to [TCPPortConnect] and [TCPLocalNetID] differ from the
// requests by their length.
var (
	ElementPort       = wire.Element{Name: "AMS port", Octets: 2, Fields: []wire.Field{{Name: "port", Bit: 0, Width: 16, Text: portText}}}
	ElementNetID      = wire.Element{Name: "AMS NetId", Octets: 6, Fields: []wire.Field{{Name: "NetId", Bit: 0, Width: 48, Text: netIDText}}}
	ElementRouterNote = wire.Element{Name: "router note", Octets: 4, Fields: []wire.Field{{Name: "state", Bit: 0, Width: 32, Text: routerStateText}}}
)

// routerStateText says what a router note says.
func routerStateText(v uint64) wire.Text { return RouterState(v).Text() }

// mark is the text of bits that have to be 0 by the AMS header's page.
var mark = wire.Flag(wire.Text{}, text("set; not defined for ADS", "gesetzt; für ADS nicht definiert"))

func undefined(v uint64) wire.Text {
	if v == 0 {
		return wire.Text{}
	}
	return text("not defined, must be 0", "nicht definiert, muss 0 sein")
}

func netIDText(v uint64) wire.Text {
	octets := binary.LittleEndian.AppendUint64(nil, v)
	return wire.Same(NetID(octets[:6]).String())
}

// portText leaves ports without a name to their number.
func portText(v uint64) wire.Text { return Port(v).Text() }

func commandText(v uint64) wire.Text {
	c := Command(v)
	if !c.Known() {
		return c.Text()
	}
	return wire.Same(c.String())
}

func returnCodeText(v uint64) wire.Text { return ReturnCode(v).Text() }
