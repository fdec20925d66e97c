package point

import (
	"fmt"
	"math"
	"strconv"
)

// Shape says what a place for values can hold: a kind, and for numbers the
// range and the smallest step. A link gives the shape of each of its types; the
// zero Shape means that anything may come.
type Shape struct {
	// Kind is what the place holds, or None where that is not known.
	Kind Kind
	// Min and Max bound a Number and are multiples of Step. Both zero means
	// unbounded.
	Min, Max float64
	// Step is the distance of two neighbouring numbers: 1 for integers, 1/32768
	// for normalized values, 0 where every number will do.
	Step float64
}

// Fit brings a value of the shape's own kind into the shape: a number beyond the
// range becomes the nearest end and has Overflow in the returned flags, a number
// between two steps becomes the nearer one (halves go to the even step), and NaN,
// where the shape has steps, becomes the number nearest to 0 with Invalid. A value
// of another kind, and any value where the shape is not known, comes back as it
// is: to change the kind is the business of routes.
func (s Shape) Fit(v Value) (Value, Quality) {
	if v.kind != Number || s.Kind != Number {
		return v, 0
	}
	number := v.Number()
	if math.IsNaN(number) {
		if s.Step == 0 {
			return v, 0
		}
		return NumberValue(s.nearest(0)), Invalid
	}
	if s.Step == 0 && math.IsInf(number, 0) {
		return v, 0 // a place without steps is a floating point number and has infinities
	}
	fitted := s.nearest(number)
	if s.bounded() && (number < s.Min-s.Step/2 || number > s.Max+s.Step/2) {
		return NumberValue(fitted), Overflow
	}
	return NumberValue(fitted), 0
}

// Holds says why the shape cannot hold the value, or nil where it can. Unlike
// [Shape.Fit] it bends nothing except to the nearest step: this is the question
// for commands, which are refused rather than bent.
func (s Shape) Holds(v Value) error {
	if s.Kind == None {
		return nil
	}
	if v.kind != s.Kind {
		return fmt.Errorf("a %s is wanted, not a %s", s.Kind, v.kind)
	}
	if _, flags := s.Fit(v); flags != 0 {
		return fmt.Errorf("%s is not within %s to %s", v, format(s.Min), format(s.Max))
	}
	return nil
}

func (s Shape) bounded() bool { return s.Min != 0 || s.Max != 0 }

// nearest brings a number to a step and into the range. It keeps the sign of
// zero only where there are no steps.
func (s Shape) nearest(number float64) float64 {
	if s.Step > 0 {
		number = math.RoundToEven(number/s.Step) * s.Step
		if number == 0 {
			number = 0
		}
	}
	if s.bounded() {
		number = max(s.Min, min(s.Max, number))
	}
	return number
}

func format(number float64) string { return strconv.FormatFloat(number, 'g', -1, 64) }
