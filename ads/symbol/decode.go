package symbol

import (
	"encoding/binary"
	"math"
	"slices"
	"time"
)

// Decode makes a Go value of the octets of a value, as the constants of [Kind]
// say: numbers of the right width, string, time.Duration, [TimeOfDay],
// time.Time in UTC, [Enum], []any with one level for each dimension, [Struct],
// [Address], and []byte for what nothing is known of. It needs at least Size
// octets and looks at no more; the value keeps nothing of data.
//
// Any octets are a value, but for an LTIME beyond 292 years, which no
// time.Duration holds: it gives a [*ValueError].
func (t *Type) Decode(data []byte) (any, error) {
	if err := t.checkLength(data); err != nil {
		return nil, err
	}
	return t.decode(data[:t.Size], 0)
}

func (t *Type) checkLength(data []byte) error {
	if uint64(len(data)) < uint64(t.Size) {
		return t.wrong("%d octets, and a value has %d", len(data), t.Size)
	}
	return nil
}

// decode makes a value of octets that are there; bit is that of a BIT or of an
// array of BIT.
func (t *Type) decode(data []byte, bit uint8) (any, error) {
	le := binary.LittleEndian
	switch t.Kind {
	case KindBool:
		return data[0] != 0, nil
	case KindBit:
		return data[0]>>bit&1 == 1, nil
	case KindInt8:
		return int8(data[0]), nil
	case KindUint8:
		return data[0], nil
	case KindInt16:
		return int16(le.Uint16(data)), nil
	case KindUint16:
		return le.Uint16(data), nil
	case KindInt32:
		return int32(le.Uint32(data)), nil
	case KindUint32:
		return le.Uint32(data), nil
	case KindInt64:
		return int64(le.Uint64(data)), nil
	case KindUint64:
		return le.Uint64(data), nil
	case KindReal32:
		return math.Float32frombits(le.Uint32(data)), nil
	case KindReal64:
		return math.Float64frombits(le.Uint64(data)), nil
	case KindString:
		return decodeString(data[:t.Size], t.CodePage), nil
	case KindWString:
		return decodeWString(data[:t.Size]), nil
	case KindTime, KindLTime:
		d, err := t.duration(data)
		return d, err
	case KindTimeOfDay, KindLTimeOfDay:
		d, err := t.duration(data)
		return TimeOfDay(d), err
	case KindDate, KindLDate, KindDateTime, KindLDateTime:
		return t.instant(data), nil
	case KindEnum:
		value := integer(t.number, data)
		name, _ := t.EnumName(value)
		return Enum{Name: name, Value: value}, nil
	case KindPointer, KindReference, KindInterface:
		return Address(t.address(data)), nil
	case KindArray:
		return t.decodeArray(data, bit)
	case KindStruct, KindUnion, KindFunctionBlock:
		return t.decodeStruct(data)
	default:
		return slices.Clone(data[:t.Size]), nil
	}
}

func (t *Type) address(data []byte) uint64 {
	if t.Size == 4 {
		return uint64(binary.LittleEndian.Uint32(data))
	}
	return binary.LittleEndian.Uint64(data)
}

// duration reads TIME, LTIME, TOD and LTOD.
func (t *Type) duration(data []byte) (time.Duration, error) {
	if t.Size == 4 {
		return time.Duration(binary.LittleEndian.Uint32(data)) * time.Millisecond, nil
	}
	ns := binary.LittleEndian.Uint64(data)
	if ns > math.MaxInt64 {
		return 0, t.wrong("%d ns are more than the %d that a duration holds", ns, int64(math.MaxInt64))
	}
	return time.Duration(ns), nil
}

// instant reads DATE, DT, LDATE and LDT.
func (t *Type) instant(data []byte) time.Time {
	if t.Size == 4 {
		return time.Unix(int64(binary.LittleEndian.Uint32(data)), 0).UTC()
	}
	ns := binary.LittleEndian.Uint64(data)
	return time.Unix(int64(ns/1e9), int64(ns%1e9)).UTC()
}

func (t *Type) decodeStruct(data []byte) (any, error) {
	s := Struct{Fields: make([]FieldValue, len(t.Fields))}
	for i := range t.Fields {
		field := &t.Fields[i]
		value, err := field.Type.decode(data[field.Offset:], field.Bit)
		if err != nil {
			return nil, withinField(err, field.Name)
		}
		s.Fields[i] = FieldValue{Name: field.Name, Value: value}
	}
	return s, nil
}

func (t *Type) decodeArray(data []byte, bit uint8) (any, error) {
	return t.decodeDimension(data, bit, t.Dimensions, 0)
}

// decodeDimension decodes the elements from first on that the outermost of the
// dimensions has.
func (t *Type) decodeDimension(data []byte, bit uint8, dims []Dimension, first int) (any, error) {
	values := make([]any, dims[0].Elements)
	below, _ := elements(dims[1:])
	for i := range values {
		at := first + i*int(below)
		var err error
		if len(dims) > 1 {
			values[i], err = t.decodeDimension(data, bit, dims[1:], at)
		} else if values[i], err = t.element(data, bit, at); err != nil {
			err = t.withinElement(err, at)
		}
		if err != nil {
			return nil, err
		}
	}
	return values, nil
}

// element decodes one element by its number.
func (t *Type) element(data []byte, bit uint8, number int) (any, error) {
	at, shift := t.place(bit, number)
	return t.Elem.decode(data[at:], shift)
}

// place returns the octet and bit at which an element begins.
func (t *Type) place(bit uint8, number int) (octet int, shift uint8) {
	if t.Elem.bits%8 == 0 {
		return number * int(t.Elem.bits/8), 0
	}
	bits := uint64(bit) + uint64(number)*t.Elem.bits
	return int(bits / 8), uint8(bits % 8)
}
