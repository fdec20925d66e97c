package asdu

import (
	"cmp"

	"stellwerk/wire"
)

// StepCommandState is RCS, the direction of a regulating step command
// (IEC 60870-5-101, 7.2.6.17). 0 and 3 are not permitted.
type StepCommandState uint8

// The states that are permitted.
const (
	NextLower  StepCommandState = 1
	NextHigher StepCommandState = 2
)

var stepCommandStateTexts = [4]struct {
	name string
	text wire.Text
}{
	{"not-permitted-0", wire.Text{EN: "not permitted", DE: "nicht zulässig"}},
	{"lower", wire.Text{EN: "next step lower", DE: "nächste Stufe tiefer"}},
	{"higher", wire.Text{EN: "next step higher", DE: "nächste Stufe höher"}},
	{"not-permitted-3", wire.Text{EN: "not permitted", DE: "nicht zulässig"}},
}

// String returns "lower", "higher", "not-permitted-0" or "not-permitted-3".
func (s StepCommandState) String() string { return stepCommandStateTexts[s&3].name }

// Text says what the state means.
func (s StepCommandState) Text() wire.Text { return stepCommandStateTexts[s&3].text }

// Permitted reports whether the standard allows the state.
func (s StepCommandState) Permitted() bool { return s == NextLower || s == NextHigher }

// StepCommand is a regulating step command: C_RC_NA_1 and C_RC_TA_1 (7.3.2.3;
// IEC 60870-5-104, 8.3).
type StepCommand struct {
	Address   ObjectAddress
	Value     StepCommandState // RCS
	Qualifier PulseQualifier
	Select    bool // S/E: select instead of execute
	Time      Time
}

// IOA returns the information object address.
func (o StepCommand) IOA() ObjectAddress { return o.Address }

// Timestamp returns the time tag.
func (o StepCommand) Timestamp() Time { return o.Time }

func (o StepCommand) encode(dst []byte, l layout) ([]byte, bool) {
	dst = appendAddress(dst, o.Address, l.octets)
	dst = appendCommand(dst, byte(o.Value), o.Qualifier, o.Select)
	return o.Time.append(dst, l.kind), l.fits(o.Address, o.Time.Kind()) && o.check() == nil
}

func (o StepCommand) check() error {
	return cmp.Or(within("state of regulating step command", int(o.Value), 0, 3), o.Qualifier.check())
}

func (StepCommand) family() *family { return &stepCommandFamily }

func (StepCommand) decode(address ObjectAddress, data []byte, kind TimeKind) StepCommand {
	return StepCommand{
		Address:   address,
		Value:     StepCommandState(data[0] & 3),
		Qualifier: PulseQualifier(data[0] >> 2 & 31),
		Select:    data[0]&0x80 != 0,
		Time:      decodeTime(data[1:], kind),
	}
}

var stepCommandFamily = family{
	elements: []wire.Element{elementRCO},
	permits:  func(data []byte) bool { return StepCommandState(data[0] & 3).Permitted() },
	decode:   boxed[StepCommand],
}

var elementRCO = wire.Element{Name: "RCO", Octets: 1, Fields: []wire.Field{
	{Name: "RCS", Bit: 0, Width: 2, Text: func(value uint64) wire.Text { return StepCommandState(value).Text() }},
	pulseField,
	selectField,
}}
