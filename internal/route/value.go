package route

import (
	"fmt"
	"math"
	"sync"

	"stellwerk/internal/config"
	"stellwerk/internal/point"
	"stellwerk/internal/tap"
)

// convert makes the update of the target, or says why there is none: inverted,
// then scaled, then brought to the kind and range of the target.
func (h *hop) convert(update *point.Update) (point.Update, tap.Reason, string) {
	routed := *update
	routed.ID = h.target
	if update.Test && !h.route.Test {
		return routed, tap.Test, ""
	}
	switch h.route.Time {
	case config.TimeNone:
		routed.Time = point.Time{}
	case config.TimeReception:
		if !routed.Time.Known() {
			routed.Time = point.ReceptionTime(update.Received)
		}
	}
	if update.Telegram != nil {
		return routed, tap.NoReason, ""
	}
	if h.typ != "" {
		routed.Type = h.typ
	}
	if update.Value.Kind() == point.None {
		return routed, tap.NoReason, ""
	}
	value, quality, ok := h.forward(update.Value)
	if !ok {
		return routed, tap.NoConversion, fmt.Sprintf("a %s does not become a %s", update.Value.Kind(), h.shape.Kind)
	}
	routed.Value = value
	routed.Quality |= quality
	return routed, tap.NoReason, ""
}

// forward makes the value of the target; false where there is no way.
func (h *hop) forward(value point.Value) (point.Value, point.Quality, bool) {
	if h.route.Invert {
		value = invert(value)
	}
	came, kind := value, h.shape.Kind
	var quality point.Quality
	if h.route.Scale != 1 || h.route.Offset != 0 {
		if kind == point.None {
			kind = value.Kind() // as it came
		}
		if number, converted, ok := become(value, point.Number); ok {
			value, quality = point.NumberValue(number.Number()*h.route.Scale+h.route.Offset), converted
		}
	}
	value, converted, ok := become(value, kind)
	if !ok {
		return value, 0, false
	}
	value, fitted := h.shape.Fit(keep(came, value))
	return value, quality | converted | fitted, true
}

// backward makes the value for the point of the process out of the control
// centre's. What does not fit is refused, not bent.
func (h *hop) backward(value point.Value) (point.Value, error) {
	asked := value
	kind := h.sourceShape.Kind
	if h.route.Scale != 1 || h.route.Offset != 0 {
		if kind == point.Number && value.Kind() != point.Number {
			value, _, _ = become(value, point.Number)
		}
		if value.Kind() == point.Number {
			value = point.NumberValue((value.Number() - h.route.Offset) / h.route.Scale)
		}
	}
	if value.Kind() == point.Number && (math.IsNaN(value.Number()) || math.IsInf(value.Number(), 0)) {
		return value, fmt.Errorf("%s is no set-point", asked)
	}
	converted, quality, ok := become(value, kind)
	switch {
	case !ok:
		return value, fmt.Errorf("a %s does not become a %s", asked.Kind(), kind)
	case quality != 0:
		return value, fmt.Errorf("%s does not fit a %s", value, kind)
	}
	if h.route.Invert {
		converted = invert(converted)
	}
	if err := h.sourceShape.Holds(converted); err != nil {
		return value, err
	}
	converted, _ = h.sourceShape.Fit(converted) // to the nearest step
	return converted, nil
}

// deadband is what was passed on last along a hop. The zero value lets anything
// pass.
type deadband struct {
	mu      sync.Mutex // guards all below
	known   bool
	number  float64
	quality point.Quality
}

// holds reports whether a number has changed so little that it is kept back, and
// notes it otherwise. A change of quality always passes, and so does all that
// cannot be compared.
func (d *deadband) holds(update *point.Update, width float64) bool {
	if update.Value.Kind() != point.Number {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	number := update.Value.Number()
	if d.known && d.quality == update.Quality && math.Abs(number-d.number) <= width {
		return true
	}
	d.known, d.number, d.quality = true, number, update.Quality
	return false
}

// forget lets the next number pass: the one before did not arrive.
func (d *deadband) forget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.known = false
}
