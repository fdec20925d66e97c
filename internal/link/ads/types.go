package ads

import (
	"math"

	"stellwerk/ads/symbol"
	"stellwerk/internal/point"
)

// pointType is what a point can be: a type of IEC 61131-3, or what a number of one
// stands for.
type pointType struct {
	name  string
	iec   string // what a device declares
	shape point.Shape
}

func integer(low, high float64) point.Shape {
	return point.Shape{Kind: point.Number, Min: low, Max: high, Step: 1}
}

// pointTypes are all types, the default of each kind first.
var pointTypes = []pointType{
	{"BOOL", "BOOL", point.Shape{Kind: point.Single}},
	{"LREAL", "LREAL", point.Shape{Kind: point.Number}},
	{"DWORD", "DWORD", point.Shape{Kind: point.Bits}},
	{"WORD", "WORD", point.Shape{Kind: point.Bits}},
	{"BYTE", "BYTE", point.Shape{Kind: point.Bits}},
	{"SINT", "SINT", integer(math.MinInt8, math.MaxInt8)},
	{"USINT", "USINT", integer(0, math.MaxUint8)},
	{"INT", "INT", integer(math.MinInt16, math.MaxInt16)},
	{"UINT", "UINT", integer(0, math.MaxUint16)},
	{"DINT", "DINT", integer(math.MinInt32, math.MaxInt32)},
	{"UDINT", "UDINT", integer(0, math.MaxUint32)},
	{"LINT", "LINT", integer(-1<<53, 1<<53)},
	{"ULINT", "ULINT", integer(0, 1<<53)},
	{"REAL", "REAL", point.Shape{Kind: point.Number, Min: -math.MaxFloat32, Max: math.MaxFloat32}},
	{"TIME", "TIME", integer(0, math.MaxUint32)},
	{"double", typeDouble, point.Shape{Kind: point.Double}},
	{"step", "SINT", point.Shape{Kind: point.Step}},
	{"counter", "DINT", point.Shape{Kind: point.Counter}},
}

func typeNamed(name string) (pointType, bool) {
	for _, t := range pointTypes {
		if t.name == name {
			return t, true
		}
	}
	return pointType{}, false
}

// typeOf returns the first type of a kind.
func typeOf(kind point.Kind) (pointType, bool) {
	for _, t := range pointTypes {
		if t.shape.Kind == kind {
			return t, true
		}
	}
	return pointType{}, false
}

func typeNames() []string {
	names := make([]string, len(pointTypes))
	for i, t := range pointTypes {
		names[i] = t.name
	}
	return names
}

// kindOf returns the kind that the values of a symbol are by themselves; None for
// those that no point can have.
func kindOf(t *symbol.Type) point.Kind {
	switch t = t.Unaliased(); t.Kind {
	case symbol.KindBool, symbol.KindBit:
		return point.Single
	case symbol.KindUint8, symbol.KindUint16, symbol.KindUint32:
		if t.Name == "BYTE" || t.Name == "WORD" || t.Name == "DWORD" {
			return point.Bits
		}
		return point.Number
	case symbol.KindInt8, symbol.KindInt16, symbol.KindInt32, symbol.KindInt64, symbol.KindUint64,
		symbol.KindReal32, symbol.KindReal64, symbol.KindEnum,
		symbol.KindTime, symbol.KindLTime, symbol.KindTimeOfDay, symbol.KindLTimeOfDay,
		symbol.KindDate, symbol.KindLDate, symbol.KindDateTime, symbol.KindLDateTime:
		return point.Number
	default:
		return point.None
	}
}

// whole reports whether values are whole numbers, of which other kinds can be
// made.
func whole(t *symbol.Type) bool {
	switch t.Unaliased().Kind {
	case symbol.KindInt8, symbol.KindUint8, symbol.KindInt16, symbol.KindUint16, symbol.KindInt32, symbol.KindUint32,
		symbol.KindInt64, symbol.KindUint64, symbol.KindEnum:
		return true
	default:
		return false
	}
}
