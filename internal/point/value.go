package point

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"

	"stellwerk/wire"
)

// Kind says what a value is.
type Kind uint8

// Kinds of values.
const (
	// None is the kind of the zero Value: nothing has been received yet.
	None Kind = iota
	// Single is off or on.
	Single
	// Double has two bits for one device: off, on, under way, or disturbed.
	Double
	// Step is a tap position from -64 to 63, possibly under way.
	Step
	// Bits are 32 bits that belong together.
	Bits
	// Number is a measurand or a set-point.
	Number
	// Counter is an integrated total.
	Counter
	// Raw means that the update carries an untouched telegram instead.
	Raw

	kinds = int(Raw) + 1
)

var kindTable = [kinds]struct {
	name string
	text wire.Text
}{
	None:    {"none", wire.Text{EN: "no value yet", DE: "noch kein Wert"}},
	Single:  {"single", wire.Text{EN: "single-point information", DE: "Einzelmeldung"}},
	Double:  {"double", wire.Text{EN: "double-point information", DE: "Doppelmeldung"}},
	Step:    {"step", wire.Text{EN: "step position", DE: "Stufenstellung"}},
	Bits:    {"bits", wire.Text{EN: "bit string of 32 bits", DE: "Bitmuster 32 Bit"}},
	Number:  {"number", wire.Text{EN: "measured value", DE: "Messwert"}},
	Counter: {"counter", wire.Text{EN: "integrated total", DE: "Zählwert"}},
	Raw:     {"raw", wire.Text{EN: "untouched telegram", DE: "unverändertes Telegramm"}},
}

// Kinds gives all kinds in order.
func Kinds() []Kind {
	all := make([]Kind, kinds)
	for i := range all {
		all[i] = Kind(i)
	}
	return all
}

// String gives the short English name, and a number for an unknown kind.
func (k Kind) String() string {
	if int(k) < kinds {
		return kindTable[k].name
	}
	return "kind " + strconv.Itoa(int(k))
}

// Text says what the kind is.
func (k Kind) Text() wire.Text {
	if int(k) < kinds {
		return kindTable[k].text
	}
	return wire.Same(k.String())
}

// MarshalText gives the short English name.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// DoubleState is the value of a double point. The numbers are those of DPI in
// IEC 60870-5-101, 7.2.6.2.
type DoubleState uint8

// States of a double point.
const (
	Intermediate  DoubleState = 0
	Off           DoubleState = 1
	On            DoubleState = 2
	Indeterminate DoubleState = 3
)

var doubleNames = [4]string{"intermediate", "off", "on", "indeterminate"}

// String gives the name of the state, and a number above 3.
func (d DoubleState) String() string {
	if d <= Indeterminate {
		return doubleNames[d]
	}
	return "state " + strconv.Itoa(int(d))
}

// CounterReading is the value of an integrated total. Whether it is valid
// stands in the update's [Quality], as for every other kind.
type CounterReading struct {
	// Count is the reading, in the counter's own unit.
	Count int32
	// Sequence numbers the readings, 0 to 31.
	Sequence uint8
	// Carry says that the counter ran over since the last reading.
	Carry bool
	// Adjusted says that the counter was set since the last reading.
	Adjusted bool
}

// Bits of Value.flags.
const (
	flagTransient = 1 << iota
	flagCarry
	flagAdjusted
)

// Value is one value of any kind in 16 octets, without pointers. Values are
// comparable; two numbers are equal when their bits are, so that NaN equals
// itself and -0 differs from 0.
type Value struct {
	bits     uint64
	kind     Kind
	flags    uint8
	sequence uint8
}

// SingleValue makes a value of kind Single.
func SingleValue(on bool) Value {
	v := Value{kind: Single}
	if on {
		v.bits = 1
	}
	return v
}

// DoubleValue makes a value of kind Double. Only the lowest two bits count.
func DoubleValue(state DoubleState) Value {
	return Value{kind: Double, bits: uint64(state & 3)}
}

// StepValue makes a value of kind Step. A position outside -64 to 63 is brought
// to the nearest end.
func StepValue(position int, transient bool) Value {
	v := Value{kind: Step, bits: uint64(int64(max(-64, min(63, position))))}
	if transient {
		v.flags = flagTransient
	}
	return v
}

// BitsValue makes a value of kind Bits.
func BitsValue(bits uint32) Value { return Value{kind: Bits, bits: uint64(bits)} }

// NumberValue makes a value of kind Number. NaN and infinities are allowed.
func NumberValue(number float64) Value {
	return Value{kind: Number, bits: math.Float64bits(number)}
}

// CounterValue makes a value of kind Counter. Of the sequence number only the
// lowest five bits count.
func CounterValue(reading CounterReading) Value {
	v := Value{kind: Counter, bits: uint64(int64(reading.Count)), sequence: reading.Sequence & 31}
	if reading.Carry {
		v.flags |= flagCarry
	}
	if reading.Adjusted {
		v.flags |= flagAdjusted
	}
	return v
}

// RawValue makes the value of an update that carries an untouched telegram.
func RawValue() Value { return Value{kind: Raw} }

// Kind says which of the methods below is meant for the value.
func (v Value) Kind() Kind { return v.kind }

// Single gives the state of a value of kind Single; false for every other kind.
func (v Value) Single() bool { return v.kind == Single && v.bits != 0 }

// Double gives the state of a value of kind Double; Indeterminate for every
// other kind.
func (v Value) Double() DoubleState {
	if v.kind != Double {
		return Indeterminate
	}
	return DoubleState(v.bits)
}

// Step gives position and transient state of a value of kind Step; 0 and false
// for every other kind.
func (v Value) Step() (position int, transient bool) {
	if v.kind != Step {
		return 0, false
	}
	return int(int64(v.bits)), v.flags&flagTransient != 0
}

// Bits gives the bits of a value of kind Bits; 0 for every other kind.
func (v Value) Bits() uint32 {
	if v.kind != Bits {
		return 0
	}
	return uint32(v.bits)
}

// Number gives the number of a value of kind Number; NaN for every other kind.
func (v Value) Number() float64 {
	if v.kind != Number {
		return math.NaN()
	}
	return math.Float64frombits(v.bits)
}

// Counter gives the reading of a value of kind Counter; a zero one for every
// other kind.
func (v Value) Counter() CounterReading {
	if v.kind != Counter {
		return CounterReading{}
	}
	return CounterReading{
		Count:    int32(int64(v.bits)),
		Sequence: v.sequence,
		Carry:    v.flags&flagCarry != 0,
		Adjusted: v.flags&flagAdjusted != 0,
	}
}

// Equal says whether both are the same value of the same kind.
func (v Value) Equal(other Value) bool { return v == other }

// String shows the value to people: "on", "-3 (transient)", "0x0000001f",
// "12.5", "4711 (sequence 3, carry)".
func (v Value) String() string {
	switch v.kind {
	case Single:
		if v.Single() {
			return "on"
		}
		return "off"
	case Double:
		return v.Double().String()
	case Step:
		position, transient := v.Step()
		if transient {
			return strconv.Itoa(position) + " (transient)"
		}
		return strconv.Itoa(position)
	case Bits:
		return fmt.Sprintf("0x%08x", v.Bits())
	case Number:
		return strconv.FormatFloat(v.Number(), 'g', -1, 64)
	case Counter:
		reading := v.Counter()
		text := fmt.Sprintf("%d (sequence %d", reading.Count, reading.Sequence)
		if reading.Carry {
			text += ", carry"
		}
		if reading.Adjusted {
			text += ", adjusted"
		}
		return text + ")"
	case None, Raw:
	}
	return v.kind.String()
}

// MarshalJSON writes the value as it stands in the output of analyze: true or
// false, the name of a double state, {"position","transient"}, an unsigned
// integer, a number (NaN and the infinities as text), or
// {"count","sequence","carry","adjusted"}; null for None and Raw.
func (v Value) MarshalJSON() ([]byte, error) {
	switch v.kind {
	case Single:
		return strconv.AppendBool(nil, v.Single()), nil
	case Double:
		return strconv.AppendQuote(nil, v.Double().String()), nil
	case Step:
		position, transient := v.Step()
		return fmt.Appendf(nil, `{"position":%d,"transient":%t}`, position, transient), nil
	case Bits:
		return strconv.AppendUint(nil, uint64(v.Bits()), 10), nil
	case Number:
		number := v.Number()
		if math.IsNaN(number) || math.IsInf(number, 0) {
			return strconv.AppendQuote(nil, strconv.FormatFloat(number, 'g', -1, 64)), nil
		}
		return json.Marshal(number)
	case Counter:
		reading := v.Counter()
		return fmt.Appendf(nil, `{"count":%d,"sequence":%d,"carry":%t,"adjusted":%t}`,
			reading.Count, reading.Sequence, reading.Carry, reading.Adjusted), nil
	case None, Raw:
	}
	return []byte("null"), nil
}
