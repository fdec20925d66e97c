package point_test

import (
	"encoding/json"
	"math"
	"testing"
	"testing/quick"
	"unsafe"

	"stellwerk/internal/point"
)

func TestValueShownAndWritten(t *testing.T) {
	for _, row := range []struct {
		value point.Value
		kind  point.Kind
		text  string
		json  string
	}{
		{point.Value{}, point.None, "none", "null"},
		{point.SingleValue(true), point.Single, "on", "true"},
		{point.SingleValue(false), point.Single, "off", "false"},
		{point.DoubleValue(point.Intermediate), point.Double, "intermediate", `"intermediate"`},
		{point.DoubleValue(point.On), point.Double, "on", `"on"`},
		{point.StepValue(-64, false), point.Step, "-64", `{"position":-64,"transient":false}`},
		{point.StepValue(99, true), point.Step, "63 (transient)", `{"position":63,"transient":true}`},
		{point.BitsValue(0x8000001f), point.Bits, "0x8000001f", "2147483679"},
		{point.NumberValue(-12.5), point.Number, "-12.5", "-12.5"},
		{point.NumberValue(math.NaN()), point.Number, "NaN", `"NaN"`},
		{point.NumberValue(math.Inf(-1)), point.Number, "-Inf", `"-Inf"`},
		{
			point.CounterValue(point.CounterReading{Count: -5, Sequence: 35, Carry: true, Adjusted: true}), point.Counter,
			"-5 (sequence 3, carry, adjusted)", `{"count":-5,"sequence":3,"carry":true,"adjusted":true}`,
		},
		{point.RawValue(), point.Raw, "raw", "null"},
	} {
		if row.value.Kind() != row.kind {
			t.Errorf("%v has kind %v, want %v", row.value, row.value.Kind(), row.kind)
		}
		if got := row.value.String(); got != row.text {
			t.Errorf("String() = %q, want %q", got, row.text)
		}
		if got, err := json.Marshal(row.value); err != nil || string(got) != row.json {
			t.Errorf("JSON of %v is %s, %v; want %s", row.value, got, err, row.json)
		}
	}
}

func TestValueKeepsWhatItIsGiven(t *testing.T) {
	check := func(on bool, state, sequence uint8, position int8, bits uint32, number float64, count int32, carry, adjusted bool) bool {
		reading := point.CounterReading{Count: count, Sequence: sequence & 31, Carry: carry, Adjusted: adjusted}
		step, transient := point.StepValue(int(position>>1), carry).Step()
		return point.SingleValue(on).Single() == on &&
			point.DoubleValue(point.DoubleState(state)).Double() == point.DoubleState(state&3) &&
			step == int(position>>1) && transient == carry &&
			point.BitsValue(bits).Bits() == bits &&
			point.NumberValue(number).Number() == number &&
			point.CounterValue(reading).Counter() == reading
	}
	if err := quick.Check(check, nil); err != nil {
		t.Error(err)
	}
}

// What is asked of the wrong kind must not look like a value.
func TestValueOfAnotherKind(t *testing.T) {
	v := point.BitsValue(3)
	if v.Single() || v.Double() != point.Indeterminate || !math.IsNaN(v.Number()) || v.Counter() != (point.CounterReading{}) {
		t.Error("bits pass for something else")
	}
	if position, transient := v.Step(); position != 0 || transient {
		t.Error("bits pass for a step")
	}
	if point.NumberValue(3).Bits() != 0 {
		t.Error("a number passes for bits")
	}
}

func TestSizesStaySmall(t *testing.T) {
	if size := unsafe.Sizeof(point.Value{}); size != 16 {
		t.Errorf("a Value has %d octets, want 16", size)
	}
	if size := unsafe.Sizeof(point.Update{}); size > 128 {
		t.Errorf("an Update has %d octets, want at most 128", size)
	}
}

func TestShapeFit(t *testing.T) {
	normalized := point.Shape{Kind: point.Number, Min: -1, Max: 1 - 1.0/32768, Step: 1.0 / 32768}
	scaled := point.Shape{Kind: point.Number, Min: -32768, Max: 32767, Step: 1}
	float := point.Shape{Kind: point.Number, Min: -math.MaxFloat32, Max: math.MaxFloat32}
	for _, row := range []struct {
		name  string
		shape point.Shape
		in    float64
		out   float64
		flags point.Quality
	}{
		{"within", scaled, 12, 12, 0},
		{"rounded", scaled, 12.6, 13, 0},
		{"half to even", scaled, 12.5, 12, 0},
		{"rounded into the range", scaled, 32767.4, 32767, 0},
		{"above", scaled, 40000, 32767, point.Overflow},
		{"below", scaled, -1e300, -32768, point.Overflow},
		{"infinite", scaled, math.Inf(1), 32767, point.Overflow},
		{"no number", scaled, math.NaN(), 0, point.Invalid},
		{"one", normalized, 1, 1 - 1.0/32768, point.Overflow},
		{"minus one", normalized, -1, -1, 0},
		{"a third", normalized, 1.0 / 3, 10923.0 / 32768, 0},
		{"float", float, 0.1, 0.1, 0},
		{"beyond float", float, 1e300, math.MaxFloat32, point.Overflow},
		{"infinite float", float, math.Inf(-1), math.Inf(-1), 0},
		{"no float", float, math.NaN(), math.NaN(), 0},
		{"unknown shape", point.Shape{}, 1e300, 1e300, 0},
	} {
		got, flags := row.shape.Fit(point.NumberValue(row.in))
		if got != point.NumberValue(row.out) || flags != row.flags {
			t.Errorf("%s: %v, %v; want %v, %v", row.name, got, flags, row.out, row.flags)
		}
	}
	if got, flags := scaled.Fit(point.SingleValue(true)); got != point.SingleValue(true) || flags != 0 {
		t.Errorf("a single point is bent to %v, %v", got, flags)
	}
}

func TestShapeHolds(t *testing.T) {
	scaled := point.Shape{Kind: point.Number, Min: -32768, Max: 32767, Step: 1}
	if err := scaled.Holds(point.NumberValue(7)); err != nil {
		t.Error(err)
	}
	if err := (point.Shape{}).Holds(point.NumberValue(1e9)); err != nil {
		t.Error(err)
	}
	if err := scaled.Holds(point.NumberValue(1e9)); err == nil || err.Error() != "1e+09 is not within -32768 to 32767" {
		t.Error(err)
	}
	if err := scaled.Holds(point.SingleValue(true)); err == nil || err.Error() != "a number is wanted, not a single" {
		t.Error(err)
	}
}

func TestShapeFitsWhatItFitted(t *testing.T) {
	check := func(number float64, steps uint8) bool {
		step := float64(steps) / 16
		shape := point.Shape{Kind: point.Number, Min: -100 * step, Max: 99 * step, Step: step}
		once, _ := shape.Fit(point.NumberValue(number))
		twice, flags := shape.Fit(once)
		return once == twice && flags == 0
	}
	if err := quick.Check(check, nil); err != nil {
		t.Error(err)
	}
}
