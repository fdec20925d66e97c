package ads

import (
	"math"
	"testing"
	"time"

	"stellwerk/ads/symbol"
	"stellwerk/internal/point"
)

// TestTable is the table of docs/ads-link.md: what symbols are as points, and what
// of points can be written to them.
func TestTable(t *testing.T) {
	types := symbol.NewTypes(nil, nil)
	for _, row := range []struct {
		iec    string
		listed string
		value  any // as it is decoded
		want   point.Value
	}{
		{"BOOL", "", true, point.SingleValue(true)},
		{"INT", "", int16(-5), point.NumberValue(-5)},
		{"UDINT", "", uint32(math.MaxUint32), point.NumberValue(math.MaxUint32)},
		{"REAL", "", float32(1.5), point.NumberValue(1.5)},
		{"LREAL", "", -0.25, point.NumberValue(-0.25)},
		{"WORD", "", uint16(0x8001), point.BitsValue(0x8001)},
		{"DWORD", "", uint32(0xF000_0001), point.BitsValue(0xF000_0001)},
		{"BYTE", "BYTE", uint8(255), point.BitsValue(255)},
		{"BYTE", "USINT", uint8(255), point.NumberValue(255)},
		{"USINT", "double", uint8(2), point.DoubleValue(point.On)},
		{"INT", "double", int16(0), point.DoubleValue(point.Intermediate)},
		{"SINT", "step", int8(-64), point.StepValue(-64, false)},
		{"DINT", "counter", int32(-7), point.CounterValue(point.CounterReading{Count: -7})},
		{"UINT", "DWORD", uint16(3), point.BitsValue(3)},
		{"TIME", "", 1500 * time.Millisecond, point.NumberValue(1500)},
		{"LTIME", "", 1500 * time.Millisecond, point.NumberValue(1500)},
		{"TOD", "", symbol.TimeOfDay(time.Hour), point.NumberValue(3_600_000)},
		{"DT", "", time.Unix(1_700_000_000, 0).UTC(), point.NumberValue(1_700_000_000)},
	} {
		typ, err := types.Resolve(row.iec)
		if err != nil {
			t.Fatal(err)
		}
		kind, err := shapeOf(typ, row.listed)
		if err != nil {
			t.Errorf("%s as %q: %v", row.iec, row.listed, err)
			continue
		}
		value, quality := toPoint(kind, row.value)
		if value != row.want || quality != 0 {
			t.Errorf("%s as %q: %v is %s (%s), want %s", row.iec, row.listed, row.value, value, quality, row.want)
		}
		back, err := fromPoint(typ, row.want)
		if err != nil {
			t.Errorf("%s: %v", row.iec, err)
			continue
		}
		octets, err := typ.Encode(back)
		if err != nil {
			t.Errorf("%s: %v", row.iec, err)
			continue
		}
		if again, err := typ.Decode(octets); err != nil || again != row.value {
			t.Errorf("%s: %v is written as %v: %v", row.iec, row.value, again, err)
		}
	}
}

// What does not fit is refused before anything is written, and has a quality when
// it is read.
func TestBeyond(t *testing.T) {
	types := symbol.NewTypes(nil, nil)
	for _, row := range []struct {
		iec   string
		value point.Value
	}{
		{"INT", point.NumberValue(40000)},
		{"INT", point.NumberValue(1.5)},
		{"UINT", point.NumberValue(-1)},
		{"BOOL", point.NumberValue(2)},
		{"DINT", point.NumberValue(math.NaN())},
		{"LINT", point.NumberValue(math.Inf(1))},
		{"TIME", point.NumberValue(1e300)},
		{"TIME", point.NumberValue(-1)},
		{"DT", point.NumberValue(math.NaN())},
		{"SINT", point.StepValue(3, true)},
		{"INT", point.Value{}},
		{"STRING(3)", point.NumberValue(1)},
	} {
		typ, err := types.Resolve(row.iec)
		if err != nil {
			t.Fatal(err)
		}
		value, err := fromPoint(typ, row.value)
		if err == nil {
			_, err = typ.Encode(value)
		}
		if err == nil {
			t.Errorf("%s takes %s", row.iec, row.value)
		}
	}
	for _, row := range []struct {
		kind  point.Kind
		value any
		want  point.Value
		flag  point.Quality
	}{
		{point.Step, int16(100), point.StepValue(63, false), point.Overflow},
		{point.Double, int16(7), point.DoubleValue(point.Indeterminate), point.Invalid},
		{point.Counter, int64(1 << 40), point.CounterValue(point.CounterReading{Count: math.MaxInt32}), point.Overflow},
		{point.Bits, uint64(1 << 40), point.BitsValue(math.MaxUint32), point.Overflow},
		{point.Number, "text", point.Value{}, point.Invalid},
	} {
		if value, flag := toPoint(row.kind, row.value); value != row.want || flag != row.flag {
			t.Errorf("%v as %s: %s, %s", row.value, row.kind, value, flag)
		}
	}
	for iec, listed := range map[string]string{"REAL": "double", "STRING(5)": "", "BOOL": "INT", "TIME": "step"} {
		typ, err := types.Resolve(iec)
		if err != nil {
			t.Fatal(err)
		}
		if kind, err := shapeOf(typ, listed); err == nil {
			t.Errorf("%s as %q is a %s", iec, listed, kind)
		}
	}
}
