package route

import (
	"fmt"
	"math"
	"strings"

	"stellwerk/internal/point"
	"stellwerk/wire"
)

// conversion makes a value of one kind out of one of another.
type conversion struct {
	from, to point.Kind
	text     wire.Text
	convert  func(point.Value) (point.Value, point.Quality)
}

// conversions is the one table of what becomes what. A value of the kind that the
// target wants stays as it is; what stands neither there nor here is not
// converted, and the update is dropped.
var conversions = []conversion{
	{
		point.Single, point.Double,
		wire.Text{EN: "off and on", DE: "aus und ein"},
		func(v point.Value) (point.Value, point.Quality) {
			if v.Single() {
				return point.DoubleValue(point.On), 0
			}
			return point.DoubleValue(point.Off), 0
		},
	},
	{
		point.Double, point.Single,
		wire.Text{EN: "off and on; every other state is off and invalid", DE: "aus und ein; jeder andere Zustand ist aus und ungültig"},
		func(v point.Value) (point.Value, point.Quality) {
			switch v.Double() {
			case point.On:
				return point.SingleValue(true), 0
			case point.Off:
				return point.SingleValue(false), 0
			default:
				return point.SingleValue(false), point.Invalid
			}
		},
	},
	{
		point.Single, point.Number,
		wire.Text{EN: "0 and 1", DE: "0 und 1"},
		func(v point.Value) (point.Value, point.Quality) {
			if v.Single() {
				return point.NumberValue(1), 0
			}
			return point.NumberValue(0), 0
		},
	},
	{
		point.Number, point.Single,
		wire.Text{EN: "on unless it is 0; NaN is off and invalid", DE: "ein, wenn nicht 0; NaN ist aus und ungültig"},
		func(v point.Value) (point.Value, point.Quality) {
			if math.IsNaN(v.Number()) {
				return point.SingleValue(false), point.Invalid
			}
			return point.SingleValue(v.Number() != 0), 0
		},
	},
	{
		point.Double, point.Number,
		wire.Text{EN: "0 intermediate, 1 off, 2 on, 3 indeterminate", DE: "0 Zwischenstellung, 1 aus, 2 ein, 3 Störstellung"},
		func(v point.Value) (point.Value, point.Quality) { return point.NumberValue(float64(v.Double())), 0 },
	},
	{
		point.Step, point.Number,
		wire.Text{EN: "the position", DE: "die Stellung"},
		func(v point.Value) (point.Value, point.Quality) {
			position, _ := v.Step()
			return point.NumberValue(float64(position)), 0
		},
	},
	{
		point.Number, point.Step,
		wire.Text{EN: "the nearest position; beyond -64 to 63 the end, with overflow", DE: "die nächste Stellung; jenseits von -64 bis 63 das Ende, mit Überlauf"},
		func(v point.Value) (point.Value, point.Quality) {
			number, quality := whole(v.Number(), minStep, maxStep)
			return point.StepValue(int(number), false), quality
		},
	},
	{
		point.Bits, point.Number,
		wire.Text{EN: "the unsigned number", DE: "die vorzeichenlose Zahl"},
		func(v point.Value) (point.Value, point.Quality) { return point.NumberValue(float64(v.Bits())), 0 },
	},
	{
		point.Number, point.Bits,
		wire.Text{EN: "the nearest unsigned number; beyond 0 to 4294967295 the end, with overflow", DE: "die nächste vorzeichenlose Zahl; jenseits von 0 bis 4294967295 das Ende, mit Überlauf"},
		func(v point.Value) (point.Value, point.Quality) {
			number, quality := whole(v.Number(), 0, math.MaxUint32)
			return point.BitsValue(uint32(number)), quality
		},
	},
	{
		point.Single, point.Bits,
		wire.Text{EN: "the lowest bit", DE: "das niedrigste Bit"},
		func(v point.Value) (point.Value, point.Quality) {
			if v.Single() {
				return point.BitsValue(1), 0
			}
			return point.BitsValue(0), 0
		},
	},
	{
		point.Counter, point.Number,
		wire.Text{EN: "the reading", DE: "der Stand"},
		func(v point.Value) (point.Value, point.Quality) {
			return point.NumberValue(float64(v.Counter().Count)), 0
		},
	},
	{
		point.Number, point.Counter,
		wire.Text{EN: "the nearest reading, sequence number 0; beyond 32 bits the end, with overflow", DE: "der nächste Stand, Folgenummer 0; jenseits von 32 Bit das Ende, mit Überlauf"},
		func(v point.Value) (point.Value, point.Quality) {
			number, quality := whole(v.Number(), math.MinInt32, math.MaxInt32)
			return point.CounterValue(point.CounterReading{Count: int32(number)}), quality
		},
	},
}

// Ends of a step position (VTI, IEC 60870-5-101, 7.2.6.5).
const (
	minStep = -64
	maxStep = 63
)

// whole returns the nearest whole number within a range, with overflow where the
// number lies beyond it; NaN is 0 and invalid.
func whole(number, low, high float64) (float64, point.Quality) {
	rounded := math.RoundToEven(number)
	switch {
	case math.IsNaN(rounded):
		return 0, point.Invalid
	case rounded < low:
		return low, point.Overflow
	case rounded > high:
		return high, point.Overflow
	}
	return rounded, 0
}

// index finds conversions by both kinds.
var index = func() (table [point.Raw + 1][point.Raw + 1]*conversion) {
	for i := range conversions {
		c := &conversions[i]
		table[c.from][c.to] = c
	}
	return table
}()

// become makes a value of the wanted kind; false where the table has no way.
func become(v point.Value, kind point.Kind) (point.Value, point.Quality, bool) {
	if kind == point.None || v.Kind() == kind {
		return v, 0, true
	}
	c := index[v.Kind()][kind]
	if c == nil {
		return v, 0, false
	}
	converted, quality := c.convert(v)
	return converted, quality, true
}

// keep gives a scaled counter or step position back what its number does not have.
func keep(came, value point.Value) point.Value {
	if came.Kind() != value.Kind() {
		return value
	}
	switch came.Kind() {
	case point.Counter:
		reading := came.Counter()
		reading.Count = value.Counter().Count
		return point.CounterValue(reading)
	case point.Step:
		position, _ := value.Step()
		_, transient := came.Step()
		return point.StepValue(position, transient)
	case point.None, point.Single, point.Double, point.Bits, point.Number, point.Raw:
	}
	return value
}

// Conversions is the page of the manual about the table, in Markdown.
func Conversions() string {
	var page strings.Builder
	page.WriteString(`# What becomes what

A route converts a value to the kind that the target's type holds. A value of that kind stays as it is; for the others there is this table,
and an update that it has no row for is dropped and reported. The same table serves commands in the other direction: there a value that would
become invalid or overflow is refused.

`)
	page.WriteString("| from | to | value |\n|---|---|---|\n")
	for _, c := range conversions {
		fmt.Fprintf(&page, "| %s | %s | %s |\n", c.from.Text().EN, c.to.Text().EN, c.text.EN)
	}
	page.WriteString(`
The order of what a route does: ` + "`invert`, then `scale` and `offset`" + ` (the number of a value that is none comes from the table), then the
conversion, then the range of the target's type: a number beyond it becomes the nearest end and is marked with overflow (OV). A counter that is
scaled keeps its sequence number and flags, a step position its transient state.
`)
	return page.String()
}

// invert turns on and off round, and every bit of a bit string.
func invert(v point.Value) point.Value {
	switch v.Kind() {
	case point.Single:
		return point.SingleValue(!v.Single())
	case point.Double:
		switch v.Double() {
		case point.On:
			return point.DoubleValue(point.Off)
		case point.Off:
			return point.DoubleValue(point.On)
		case point.Intermediate, point.Indeterminate:
		}
	case point.Bits:
		return point.BitsValue(^v.Bits())
	case point.None, point.Step, point.Number, point.Counter, point.Raw:
	}
	return v
}
