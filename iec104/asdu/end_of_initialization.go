package asdu

import "stellwerk/wire"

// InitializationCause is COI, why a station was initialized, 0 to 127
// (IEC 60870-5-101, 7.2.6.21): 3 to 31 are reserved by the standard, 32 to 127
// are for private use.
type InitializationCause uint8

// The causes that the standard defines.
const (
	LocalPowerOn     InitializationCause = 0
	LocalManualReset InitializationCause = 1
	RemoteReset      InitializationCause = 2
)

// Text says what the cause means.
func (c InitializationCause) Text() wire.Text {
	switch {
	case c == LocalPowerOn:
		return wire.Text{EN: "local power switch on", DE: "Netzspannung örtlich eingeschaltet"}
	case c == LocalManualReset:
		return wire.Text{EN: "local manual reset", DE: "örtlich von Hand zurückgesetzt"}
	case c == RemoteReset:
		return wire.Text{EN: "remote reset", DE: "fern zurückgesetzt"}
	case c < 32:
		return wire.Text{EN: "reserved by the standard", DE: "vom Standard reserviert"}
	default:
		return wire.Text{EN: "private cause", DE: "private Ursache"}
	}
}

// EndOfInitialization tells that a station is ready: M_EI_NA_1 (7.3.3.1).
type EndOfInitialization struct {
	Address ObjectAddress // 0
	Cause   InitializationCause
	// ParametersChanged tells that local parameters are others than before.
	ParametersChanged bool
}

// IOA returns the information object address.
func (o EndOfInitialization) IOA() ObjectAddress { return o.Address }

// Timestamp returns no time: the family has none.
func (EndOfInitialization) Timestamp() Time { return 0 }

func (o EndOfInitialization) encode(dst []byte, l layout) ([]byte, bool) {
	dst = appendAddress(dst, o.Address, l.octets)
	dst = append(dst, byte(o.Cause&0x7f)|bit(o.ParametersChanged, 7))
	return dst, l.fits(o.Address, TimeNone) && o.check() == nil
}

func (o EndOfInitialization) check() error {
	return within("cause of initialization", int(o.Cause), 0, 127)
}

func (EndOfInitialization) family() *family { return &endOfInitializationFamily }

func (EndOfInitialization) decode(address ObjectAddress, data []byte, _ TimeKind) EndOfInitialization {
	return EndOfInitialization{
		Address:           address,
		Cause:             InitializationCause(data[0] & 0x7f),
		ParametersChanged: data[0]&0x80 != 0,
	}
}

var endOfInitializationFamily = family{
	elements: []wire.Element{elementCOI},
	decode:   boxed[EndOfInitialization],
}

var elementCOI = wire.Element{Name: "COI", Octets: 1, Fields: []wire.Field{
	{Name: "cause", Bit: 0, Width: 7, Text: func(value uint64) wire.Text { return InitializationCause(value).Text() }},
	{Name: "BS1", Bit: 7, Width: 1, Text: wire.Flag(wire.Text{EN: "local parameters unchanged", DE: "örtliche Parameter unverändert"}, wire.Text{EN: "local parameters changed", DE: "örtliche Parameter geändert"})},
}}
