package asdu

import (
	"cmp"

	"stellwerk/wire"
)

// DoubleCommandState is DCS, the state that a double command asks for
// (IEC 60870-5-101, 7.2.6.16). 0 and 3 are not permitted.
type DoubleCommandState uint8

// The states that are permitted.
const (
	CommandOff DoubleCommandState = 1
	CommandOn  DoubleCommandState = 2
)

var doubleCommandStateTexts = [4]struct {
	name string
	text wire.Text
}{
	{"not-permitted-0", wire.Text{EN: "not permitted", DE: "nicht zulässig"}},
	{"off", wire.Text{EN: "off", DE: "aus"}},
	{"on", wire.Text{EN: "on", DE: "ein"}},
	{"not-permitted-3", wire.Text{EN: "not permitted", DE: "nicht zulässig"}},
}

// String returns "off", "on", "not-permitted-0" or "not-permitted-3".
func (s DoubleCommandState) String() string { return doubleCommandStateTexts[s&3].name }

// Text says what the state means.
func (s DoubleCommandState) Text() wire.Text { return doubleCommandStateTexts[s&3].text }

// Permitted reports whether the standard allows the state.
func (s DoubleCommandState) Permitted() bool { return s == CommandOff || s == CommandOn }

// DoubleCommand is a double command: C_DC_NA_1 and C_DC_TA_1 (7.3.2.2;
// IEC 60870-5-104, 8.2).
type DoubleCommand struct {
	Address   ObjectAddress
	Value     DoubleCommandState // DCS
	Qualifier PulseQualifier
	Select    bool // S/E: select instead of execute
	Time      Time
}

// IOA returns the information object address.
func (o DoubleCommand) IOA() ObjectAddress { return o.Address }

// Timestamp returns the time tag.
func (o DoubleCommand) Timestamp() Time { return o.Time }

func (o DoubleCommand) encode(dst []byte, l layout) ([]byte, bool) {
	dst = appendAddress(dst, o.Address, l.octets)
	dst = appendCommand(dst, byte(o.Value), o.Qualifier, o.Select)
	return o.Time.append(dst, l.kind), l.fits(o.Address, o.Time.Kind()) && o.check() == nil
}

func (o DoubleCommand) check() error {
	return cmp.Or(within("state of double command", int(o.Value), 0, 3), o.Qualifier.check())
}

func (DoubleCommand) family() *family { return &doubleCommandFamily }

func (DoubleCommand) decode(address ObjectAddress, data []byte, kind TimeKind) DoubleCommand {
	return DoubleCommand{
		Address:   address,
		Value:     DoubleCommandState(data[0] & 3),
		Qualifier: PulseQualifier(data[0] >> 2 & 31),
		Select:    data[0]&0x80 != 0,
		Time:      decodeTime(data[1:], kind),
	}
}

var doubleCommandFamily = family{
	elements: []wire.Element{elementDCO},
	permits:  func(data []byte) bool { return DoubleCommandState(data[0] & 3).Permitted() },
	decode:   boxed[DoubleCommand],
}

var elementDCO = wire.Element{Name: "DCO", Octets: 1, Fields: []wire.Field{
	{Name: "DCS", Bit: 0, Width: 2, Text: func(value uint64) wire.Text { return DoubleCommandState(value).Text() }},
	pulseField,
	selectField,
}}
