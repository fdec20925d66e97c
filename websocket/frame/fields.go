package frame

import "stellwerk/wire"

// The elements of a header (RFC 6455, 5.2). Bits are counted as the RFC does,
// from the most significant one.
var (
	// ElementHead are the two octets that every header has.
	ElementHead = wire.Element{Name: "header", Octets: 2, BigEndian: true, Fields: []wire.Field{
		{Name: "FIN", Bit: 0, Width: 1, Text: wire.Flag(wire.Text{EN: "more frames follow", DE: "weitere Rahmen folgen"}, wire.Text{EN: "last frame", DE: "letzter Rahmen"})},
		{Name: "RSV1", Bit: 1, Width: 1, Text: wire.Flag(wire.Text{}, wire.Text{EN: "compressed", DE: "komprimiert"})},
		{Name: "RSV2", Bit: 2, Width: 1, Text: reserved},
		{Name: "RSV3", Bit: 3, Width: 1, Text: reserved},
		{Name: "opcode", Bit: 4, Width: 4, Text: func(value uint64) wire.Text { return Opcode(value).Text() }},
		{Name: "MASK", Bit: 8, Width: 1, Text: wire.Flag(wire.Text{EN: "not masked", DE: "nicht maskiert"}, wire.Text{EN: "masked", DE: "maskiert"})},
		{Name: "length", Bit: 9, Width: 7, Text: lengthText},
	}}
	// ElementLength16 and ElementLength64 are longer lengths.
	ElementLength16 = wire.Element{Name: "extended length", Octets: 2, BigEndian: true, Fields: []wire.Field{{Name: "extended length", Width: 16}}}
	ElementLength64 = wire.Element{Name: "extended length", Octets: 8, BigEndian: true, Fields: []wire.Field{{Name: "extended length", Width: 64}}}
	// ElementKey is the key of a mask.
	ElementKey = wire.Element{Name: "masking key", Octets: 4, BigEndian: true, Fields: []wire.Field{{Name: "masking key", Width: 32, Text: wire.Hex}}}
	// ElementCloseCode begins the body of a close frame.
	ElementCloseCode = wire.Element{Name: "close code", Octets: 2, BigEndian: true, Fields: []wire.Field{
		{Name: "close code", Width: 16, Text: func(value uint64) wire.Text { return CloseCode(value).Text() }},
	}}
)

var reserved = wire.Flag(wire.Text{}, wire.Text{EN: "reserved, must be 0", DE: "reserviert, muss 0 sein"})

func lengthText(value uint64) wire.Text {
	switch value {
	case 126:
		return wire.Text{EN: "in the next 2 octets", DE: "in den nächsten 2 Oktetten"}
	case 127:
		return wire.Text{EN: "in the next 8 octets", DE: "in den nächsten 8 Oktetten"}
	default:
		return wire.Text{}
	}
}

// Walk walks the header at the walker's place, as far as it is there.
func Walk(w *wire.Walker, h Header) {
	w.Element(ElementHead)
	switch {
	case h.Length > 0xffff:
		w.Element(ElementLength64)
	case h.Length >= 126:
		w.Element(ElementLength16)
	}
	if h.Masked {
		w.Element(ElementKey)
	}
}
