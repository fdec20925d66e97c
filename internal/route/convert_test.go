package route_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"stellwerk/internal/point"
	"stellwerk/internal/rig"
	"stellwerk/internal/route"
)

// What becomes what, for each row of the table.
func TestConversions(t *testing.T) {
	counter := func(n int32) point.Value { return point.CounterValue(point.CounterReading{Count: n}) }
	rows := []struct {
		from    point.Value
		typ     string
		want    point.Value
		quality point.Quality
	}{
		{point.SingleValue(true), "double", point.DoubleValue(point.On), 0},
		{point.SingleValue(false), "double", point.DoubleValue(point.Off), 0},
		{point.DoubleValue(point.On), "single", point.SingleValue(true), 0},
		{point.DoubleValue(point.Off), "single", point.SingleValue(false), 0},
		{point.DoubleValue(point.Intermediate), "single", point.SingleValue(false), point.Invalid},
		{point.DoubleValue(point.Indeterminate), "single", point.SingleValue(false), point.Invalid},
		{point.SingleValue(true), "number", number(1), 0},
		{point.SingleValue(false), "scaled", number(0), 0},
		{number(-0.5), "single", point.SingleValue(true), 0},
		{number(0), "single", point.SingleValue(false), 0},
		{number(nan), "single", point.SingleValue(false), point.Invalid},
		{point.DoubleValue(point.Indeterminate), "number", number(3), 0},
		{point.StepValue(-64, true), "number", number(-64), 0},
		{number(2.5), "step", point.StepValue(2, false), 0},
		{number(64), "step", point.StepValue(63, false), point.Overflow},
		{number(math.Inf(-1)), "step", point.StepValue(-64, false), point.Overflow},
		{number(nan), "step", point.StepValue(0, false), point.Invalid},
		{point.BitsValue(0xffffffff), "number", number(4294967295), 0},
		{number(4294967295), "bits", point.BitsValue(0xffffffff), 0},
		{number(4294967296), "bits", point.BitsValue(0xffffffff), point.Overflow},
		{number(-1), "bits", point.BitsValue(0), point.Overflow},
		{point.SingleValue(true), "bits", point.BitsValue(1), 0},
		{point.SingleValue(false), "bits", point.BitsValue(0), 0},
		{counter(-7), "number", number(-7), 0},
		{number(-7), "counter", counter(-7), 0},
		{number(3e9), "counter", counter(math.MaxInt32), point.Overflow},
		{number(nan), "counter", counter(0), point.Invalid},
		// Kinds that are the same fit into the type.
		{number(32768), "scaled", number(32767), point.Overflow},
		{number(-32769), "scaled", number(-32768), point.Overflow},
		{number(0.5), "normalized", number(0.5), 0},
		{number(1), "normalized", number(32767. / 32768), point.Overflow},
		{number(nan), "scaled", number(0), point.Invalid},
		{number(nan), "number", number(nan), 0},
		{point.BitsValue(40000), "scaled", number(32767), point.Overflow},
		// No way.
		{point.DoubleValue(point.On), "step", point.Value{}, 0},
		{point.StepValue(1, false), "single", point.Value{}, 0},
		{counter(1), "bits", point.Value{}, 0},
		{number(2), "double", point.Value{}, 0},
	}
	tested := map[string]bool{}
	for _, row := range rows {
		name := fmt.Sprintf("%v %v to %s", row.from.Kind(), row.from, row.typ)
		tested[row.from.Kind().String()+" "+shapes[row.typ].Kind.String()] = true
		h := newHouse(t, "routes: [{from: station/1/1, to: control/1/1, type: "+row.typ+"}]")
		h.put(t, update("station/1/1", row.from))
		if row.want.Kind() == point.None {
			if len(h.control.taken) != 0 {
				t.Errorf("%s: passed as %s", name, h.control.take())
			}
			continue
		}
		if len(h.control.taken) != 1 {
			t.Errorf("%s: not passed", name)
			continue
		}
		got := h.control.taken[0]
		if got.Value != row.want || got.Quality != row.quality || got.Type != row.typ {
			t.Errorf("%s: %v %v, not %v %v", name, got.Value, got.Quality, row.want, row.quality)
		}
	}
	for _, pair := range route.Pairs() {
		if !tested[pair] {
			t.Errorf("no row tests %s", pair)
		}
	}
}

// The manual has the table as the code has it.
func TestManual(t *testing.T) {
	rig.Golden(t, "../../../docs/conversions.md", route.Conversions())
}

func TestScaleOffsetAndInversion(t *testing.T) {
	for _, test := range []struct {
		handling string
		from     point.Value
		want     string
	}{
		{"scale: 2, offset: 1", number(3), "7 good"},
		{"scale: 100, type: scaled", number(400), "32767 OV"},
		{"scale: -1, type: scaled", number(-32768), "32767 OV"},
		{"scale: 10, offset: 5", point.CounterValue(point.CounterReading{Count: 7, Sequence: 3, Carry: true}), "75 (sequence 3, carry) good"},
		{"offset: 60", point.StepValue(5, true), "63 (transient) OV"},
		{"offset: -5", point.StepValue(5, true), "0 (transient) good"},
		{"scale: 2, type: number", point.SingleValue(true), "2 good"},
		{"invert: true", point.SingleValue(true), "off good"},
		{"invert: true", point.DoubleValue(point.On), "off good"},
		{"invert: true", point.DoubleValue(point.Intermediate), "intermediate good"},
		{"invert: true", point.BitsValue(0xff), "0xffffff00 good"},
		{"invert: true, type: single", point.DoubleValue(point.Off), "on good"},
		{"invert: true", number(1), "1 good"},
	} {
		h := newHouse(t, "routes: [{from: station/1/1, to: control/1/1, "+test.handling+"}]")
		h.put(t, update("station/1/1", test.from))
		if got := h.control.take(); got != "control/1/1="+test.want {
			t.Errorf("%s of %v: %s, not %s", test.handling, test.from, got, test.want)
		}
	}
}

// What a target shows is what brings the source there when it is commanded.
func TestCommandsAreTheInverse(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	values := map[string]func() point.Value{
		"single": func() point.Value { return point.SingleValue(random.IntN(2) == 1) },
		"double": func() point.Value { return point.DoubleValue(point.DoubleState(1 + random.IntN(2))) },
		"bits":   func() point.Value { return point.BitsValue(random.Uint32()) },
		"scaled": func() point.Value { return number(float64(random.IntN(1<<16) - 1<<15)) },
		"number": func() point.Value { return number(random.NormFloat64() * 1e3) },
	}
	for _, test := range []struct{ source, target, handling string }{
		{"single", "single", "invert: true"},
		{"single", "double", ""},
		{"double", "single", "invert: true"},
		{"double", "double", "invert: true"},
		{"bits", "bits", "invert: true"},
		{"bits", "number", ""},
		{"single", "number", "scale: -4, offset: 1"},
		{"number", "number", "scale: 0.25, offset: -3"},
		{"scaled", "number", "scale: 0.1, offset: 7"},
		{"number", "number", "scale: -1000"},
	} {
		h := newHouse(t, fmt.Sprintf("points: [{id: station/1/1, type: %s, to: control/1/1, to_type: %s, commands: true, %s}]",
			test.source, test.target, test.handling))
		for range 200 {
			value := values[test.source]()
			h.put(t, update("station/1/1", value))
			shown := h.control.taken[0]
			h.control.take()
			h.station.carriedOut = nil
			h.command(t, point.Command{ID: shown.ID, Value: shown.Value})
			if len(h.station.carriedOut) != 1 {
				t.Fatalf("%v: the command %v is refused", test, shown.Value)
			}
			got := h.station.carriedOut[0].Value
			same := got == value
			if value.Kind() == point.Number {
				same = math.Abs(got.Number()-value.Number()) < 1e-9
			}
			if !same {
				t.Fatalf("%v: %v becomes %v becomes %v", test, value, shown.Value, got)
			}
		}
	}
}
