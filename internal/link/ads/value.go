package ads

import (
	"errors"
	"fmt"
	"math"
	"time"

	"stellwerk/ads/symbol"
	"stellwerk/internal/point"
)

// shapeOf says what the point of a symbol is: what the signal list says, where its
// type can be that, or what its type is by itself.
func shapeOf(t *symbol.Type, listed string) (point.Kind, error) {
	own := kindOf(t)
	if own == point.None {
		return point.None, fmt.Errorf("it has the type %s, which no point can have", t.Name)
	}
	wanted, ok := typeNamed(listed)
	switch kind := wanted.shape.Kind; {
	case !ok || kind == own:
		return own, nil
	case whole(t) && kind != point.Single, own == point.Bits && kind == point.Number:
		return kind, nil
	default:
		return point.None, fmt.Errorf("it has the type %s, which cannot be what the signal list says, %s", t.Name, listed)
	}
}

// number makes a number of what [symbol.Type.Decode] has made: times are
// milliseconds, those of the calendar seconds since 1970.
func number(value any) (float64, bool) {
	switch v := value.(type) {
	case bool:
		if v {
			return 1, true
		}
		return 0, true
	case int8:
		return float64(v), true
	case uint8:
		return float64(v), true
	case int16:
		return float64(v), true
	case uint16:
		return float64(v), true
	case int32:
		return float64(v), true
	case uint32:
		return float64(v), true
	case int64:
		return float64(v), true
	case uint64:
		return float64(v), true
	case float32:
		return float64(v), true
	case float64:
		return v, true
	case symbol.Enum:
		return float64(v.Value), true
	case time.Duration:
		return float64(v) / float64(time.Millisecond), true
	case symbol.TimeOfDay:
		return float64(v) / float64(time.Millisecond), true
	case time.Time:
		return float64(v.Unix()) + float64(v.Nanosecond())/1e9, true
	default:
		return 0, false
	}
}

// toPoint makes the value of a point. What is beyond the kind has its nearest end
// and Overflow.
func toPoint(kind point.Kind, value any) (point.Value, point.Quality) {
	n, ok := number(value)
	if !ok {
		return point.Value{}, point.Invalid
	}
	within := func(low, high float64) (float64, point.Quality) {
		if n < low || n > high {
			return min(max(n, low), high), point.Overflow
		}
		return n, 0
	}
	switch kind {
	case point.Single:
		return point.SingleValue(n != 0), 0
	case point.Double:
		if n < 0 || n > 3 {
			return point.DoubleValue(point.Indeterminate), point.Invalid
		}
		return point.DoubleValue(point.DoubleState(n)), 0
	case point.Step:
		n, q := within(-64, 63)
		return point.StepValue(int(n), false), q
	case point.Bits:
		if n < 0 {
			return point.BitsValue(uint32(int64(n))), 0
		}
		n, q := within(0, math.MaxUint32)
		return point.BitsValue(uint32(n)), q
	case point.Counter:
		n, q := within(math.MinInt32, math.MaxInt32)
		return point.CounterValue(point.CounterReading{Count: int32(n)}), q
	default:
		return point.NumberValue(n), 0
	}
}

// fromPoint makes what [symbol.Type.Encode] takes for a symbol.
func fromPoint(t *symbol.Type, value point.Value) (any, error) {
	t = t.Unaliased()
	var n float64
	switch value.Kind() {
	case point.Single:
		if t.Kind == symbol.KindBool || t.Kind == symbol.KindBit {
			return value.Single(), nil
		}
		if value.Single() {
			n = 1
		}
	case point.Double:
		n = float64(value.Double())
	case point.Step:
		position, transient := value.Step()
		if transient {
			return nil, errors.New("a step position that is under way cannot be written")
		}
		n = float64(position)
	case point.Bits:
		n = float64(value.Bits())
	case point.Number:
		n = value.Number()
	case point.Counter:
		n = float64(value.Counter().Count)
	default:
		return nil, fmt.Errorf("a value of the kind %s cannot be written", value.Kind())
	}
	return fromNumber(t, n)
}

func fromNumber(t *symbol.Type, n float64) (any, error) {
	switch t.Kind {
	case symbol.KindBool, symbol.KindBit:
		if n != 0 && n != 1 {
			return nil, fmt.Errorf("%v is neither 0 nor 1, which is what %s can be", n, t.Name)
		}
		return n == 1, nil
	case symbol.KindReal32, symbol.KindReal64:
		return n, nil
	case symbol.KindTime, symbol.KindLTime:
		d, err := milliseconds(t, n)
		return d, err
	case symbol.KindTimeOfDay, symbol.KindLTimeOfDay:
		d, err := milliseconds(t, n)
		return symbol.TimeOfDay(d), err
	case symbol.KindDate, symbol.KindLDate, symbol.KindDateTime, symbol.KindLDateTime:
		if !(math.Abs(n) < 1<<53) {
			return nil, fmt.Errorf("%v s are beyond what %s can have", n, t.Name)
		}
		seconds, fraction := math.Modf(n)
		return time.Unix(int64(seconds), int64(fraction*1e9)).UTC(), nil
	default:
		switch {
		case n != math.Trunc(n):
			return nil, fmt.Errorf("%v is no whole number, which is what %s can have", n, t.Name)
		case !(math.Abs(n) < 1<<63):
			return nil, fmt.Errorf("%v is beyond what %s can have", n, t.Name)
		case n < 0:
			return int64(n), nil
		}
		return uint64(n), nil
	}
}

func milliseconds(t *symbol.Type, n float64) (time.Duration, error) {
	if !(math.Abs(n) < float64(math.MaxInt64/time.Millisecond)) {
		return 0, fmt.Errorf("%v ms are beyond what %s can have", n, t.Name)
	}
	return time.Duration(n * float64(time.Millisecond)), nil
}
