package apci

import "stellwerk/wire"

// The elements of the APCI (5.1, figures 5 to 8).
var (
	ElementStart  = wire.Element{Name: "START", Octets: 1, Fields: []wire.Field{{Name: "START", Width: 8, Text: startText}}}
	ElementLength = wire.Element{Name: "LENGTH", Octets: 1, Fields: []wire.Field{{Name: "LENGTH", Width: 8, Text: lengthText}}}
	// ElementI is the control field in I format.
	ElementI = wire.Element{Name: "control field", Octets: 4, Fields: []wire.Field{
		{Name: "format", Bit: 0, Width: 1, Text: formatText(FormatI)},
		{Name: "N(S)", Bit: 1, Width: 15},
		reserved(16, 1),
		{Name: "N(R)", Bit: 17, Width: 15},
	}}
	// ElementS is the control field in S format.
	ElementS = wire.Element{Name: "control field", Octets: 4, Fields: []wire.Field{
		{Name: "format", Bit: 0, Width: 2, Text: formatText(FormatS)},
		reserved(2, 14),
		reserved(16, 1),
		{Name: "N(R)", Bit: 17, Width: 15},
	}}
	// ElementU is the control field in U format.
	ElementU = wire.Element{Name: "control field", Octets: 4, Fields: []wire.Field{
		{Name: "format", Bit: 0, Width: 2, Text: formatText(FormatU)},
		function(2, StartDTAct),
		function(3, StartDTCon),
		function(4, StopDTAct),
		function(5, StopDTCon),
		function(6, TestFRAct),
		function(7, TestFRCon),
		reserved(8, 24),
	}}
)

var set = wire.Text{EN: "set", DE: "gesetzt"}

func function(bit int, f Function) wire.Field {
	return wire.Field{Name: f.String(), Bit: bit, Width: 1, Text: wire.Flag(wire.Text{}, set)}
}

func reserved(bit, width int) wire.Field {
	return wire.Field{Name: "RES", Bit: bit, Width: width, Text: func(value uint64) wire.Text {
		if value == 0 {
			return wire.Text{}
		}
		return wire.Text{EN: "reserved, must be 0", DE: "reserviert, muss 0 sein"}
	}}
}

func formatText(f Format) func(uint64) wire.Text {
	name := f.String()
	return func(uint64) wire.Text { return wire.Text{EN: name + " format", DE: name + "-Format"} }
}

func startText(value uint64) wire.Text {
	if value != StartOctet {
		return wire.Text{EN: "not the start octet 0x68", DE: "nicht das Startoktett 0x68"}
	}
	return wire.Hex(value)
}

func lengthText(value uint64) wire.Text {
	switch {
	case value < MinLength:
		return wire.Text{EN: "below 4", DE: "unter 4"}
	case value > MaxLength:
		return wire.Text{EN: "above 253", DE: "über 253"}
	default:
		return wire.Text{}
	}
}

// Walk walks the APCI of the APDU that begins at the walker's next octet; data
// are the octets from there on. The ASDU, and whatever else follows the
// control field, is left to the caller. An APCI that is cut short or wrong is
// walked as far as it goes.
func Walk(w *wire.Walker, data []byte) {
	text := wire.Text{EN: "malformed", DE: "fehlerhaft"}
	if apdu, err := Decode(data); err == nil {
		text = wire.Same(apdu.String())
	}
	w.Group("APCI", text, func() {
		if !w.Element(ElementStart) || !w.Element(ElementLength) || len(data) < 3 {
			return
		}
		switch {
		case data[2]&1 == 0:
			w.Element(ElementI)
		case data[2]&2 == 0:
			w.Element(ElementS)
		default:
			w.Element(ElementU)
		}
	})
}
