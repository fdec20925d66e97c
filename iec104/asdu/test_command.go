package asdu

import (
	"encoding/binary"

	"stellwerk/wire"
)

// FixedTestPattern is FBP, the pattern that a test command carries
// (IEC 60870-5-101, 7.2.6.14).
const FixedTestPattern = 0x55aa

// TestCommand is a test command of IEC 60870-5-101: C_TS_NA_1 (7.3.4.5).
type TestCommand struct {
	Address ObjectAddress // 0
	Pattern uint16        // [FixedTestPattern]
}

// IOA returns the information object address.
func (o TestCommand) IOA() ObjectAddress { return o.Address }

// Timestamp returns no time: the family has none.
func (TestCommand) Timestamp() Time { return 0 }

func (o TestCommand) encode(dst []byte, l layout) ([]byte, bool) {
	dst = appendAddress(dst, o.Address, l.octets)
	dst = binary.LittleEndian.AppendUint16(dst, o.Pattern)
	return dst, l.fits(o.Address, TimeNone)
}

func (TestCommand) family() *family { return &testCommandFamily }

func (TestCommand) decode(address ObjectAddress, data []byte, _ TimeKind) TestCommand {
	return TestCommand{Address: address, Pattern: binary.LittleEndian.Uint16(data)}
}

var testCommandFamily = family{
	elements: []wire.Element{elementFBP},
	permits:  func(data []byte) bool { return binary.LittleEndian.Uint16(data) == FixedTestPattern },
	decode:   boxed[TestCommand],
}

var elementFBP = wire.Element{Name: "FBP", Octets: 2, Fields: []wire.Field{
	{Name: "FBP", Width: 16, Text: func(value uint64) wire.Text {
		if value == FixedTestPattern {
			return wire.Text{EN: "fixed test pattern", DE: "festes Prüfmuster"}
		}
		return wire.Text{EN: "not the fixed test pattern 0x55aa", DE: "nicht das feste Prüfmuster 0x55aa"}
	}},
}}

// TimedTestCommand is a test command with time tag: C_TS_TA_1
// (IEC 60870-5-104, 8.8).
type TimedTestCommand struct {
	Address ObjectAddress // 0
	Counter uint16        // TSC
	Time    Time
}

// IOA returns the information object address.
func (o TimedTestCommand) IOA() ObjectAddress { return o.Address }

// Timestamp returns the time tag.
func (o TimedTestCommand) Timestamp() Time { return o.Time }

func (o TimedTestCommand) encode(dst []byte, l layout) ([]byte, bool) {
	dst = appendAddress(dst, o.Address, l.octets)
	dst = binary.LittleEndian.AppendUint16(dst, o.Counter)
	return o.Time.append(dst, l.kind), l.fits(o.Address, o.Time.Kind())
}

func (TimedTestCommand) family() *family { return &timedTestCommandFamily }

func (TimedTestCommand) decode(address ObjectAddress, data []byte, kind TimeKind) TimedTestCommand {
	return TimedTestCommand{
		Address: address,
		Counter: binary.LittleEndian.Uint16(data),
		Time:    decodeTime(data[2:], kind),
	}
}

var timedTestCommandFamily = family{
	elements: []wire.Element{elementTSC},
	decode:   boxed[TimedTestCommand],
}

var elementTSC = wire.Element{Name: "TSC", Octets: 2, Fields: []wire.Field{{Name: "TSC", Width: 16}}}
