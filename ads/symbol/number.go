package symbol

import (
	"encoding/json"
	"math"
	"reflect"
	"strconv"
	"strings"
)

// number is any Go number without loss.
type number struct {
	negative  bool
	magnitude uint64
	isFloat   bool
	real      float64
}

func signed(v int64) number {
	if v < 0 {
		return number{negative: true, magnitude: uint64(-(v + 1)) + 1}
	}
	return number{magnitude: uint64(v)}
}

func unsigned(v uint64) number { return number{magnitude: v} }

func floating(v float64) number { return number{isFloat: true, real: v} }

func (n number) isInt(v int64) bool {
	if n.isFloat {
		return n.real == float64(v)
	}
	return n == signed(v)
}

// int returns the number; the magnitude of a negative one is at most 2^63.
func (n number) int() int64 { return int64(n.bits()) }

// bits returns the number in two's complement.
func (n number) bits() uint64 {
	if n.negative {
		return -n.magnitude
	}
	return n.magnitude
}

func (n number) float() float64 {
	switch {
	case n.isFloat:
		return n.real
	case n.negative:
		return -float64(n.magnitude)
	}
	return float64(n.magnitude)
}

// whole returns a number with a point as an integer, if it is one.
func (n number) whole() (number, bool) {
	switch {
	case n.real != math.Trunc(n.real), math.IsNaN(n.real), math.Abs(n.real) >= 1<<64:
		return n, false
	case n.real < 0:
		return number{negative: true, magnitude: uint64(-n.real)}, true
	}
	return unsigned(uint64(n.real)), true
}

func (n number) String() string {
	switch {
	case n.isFloat:
		return strconv.FormatFloat(n.real, 'g', -1, 64)
	case n.negative:
		return "-" + strconv.FormatUint(n.magnitude, 10)
	}
	return strconv.FormatUint(n.magnitude, 10)
}

// asNumber takes any Go number.
func asNumber(value any) (number, bool) {
	switch v := value.(type) {
	case int:
		return signed(int64(v)), true
	case int8:
		return signed(int64(v)), true
	case int16:
		return signed(int64(v)), true
	case int32:
		return signed(int64(v)), true
	case int64:
		return signed(v), true
	case uint8:
		return unsigned(uint64(v)), true
	case uint16:
		return unsigned(uint64(v)), true
	case uint32:
		return unsigned(uint64(v)), true
	case uint64:
		return unsigned(v), true
	case float32:
		return floating(float64(v)), true
	case float64:
		return floating(v), true
	case Enum:
		return signed(v.Value), true
	case Address:
		return unsigned(uint64(v)), true
	case json.Number:
		return parseNumber(string(v))
	}
	return reflectNumber(reflect.ValueOf(value))
}

func reflectNumber(v reflect.Value) (number, bool) {
	if !v.IsValid() {
		return number{}, false
	}
	switch {
	case v.CanInt():
		return signed(v.Int()), true
	case v.CanUint():
		return unsigned(v.Uint()), true
	case v.CanFloat():
		return floating(v.Float()), true
	}
	return number{}, false
}

// parseNumber reads 12, -3, 1_000, 16#FF, 2#1010, 0x1F, 1.5e3, NaN, +Inf, and
// the same behind the name of a type: INT#12.
func parseNumber(s string) (number, bool) {
	text := strings.TrimSpace(s)
	negative := false
	if rest, ok := strings.CutPrefix(text, "-"); ok {
		negative, text = true, rest
	} else if rest, ok := strings.CutPrefix(text, "+"); ok {
		text = rest
	}
	base := 10
	for {
		prefix, rest, ok := strings.Cut(text, "#")
		if !ok {
			break
		}
		if b, err := strconv.Atoi(prefix); err == nil {
			if b != 2 && b != 8 && b != 10 && b != 16 || base != 10 {
				return number{}, false
			}
			base = b
		} else if kind, known := builtins[fold(prefix)]; !known || !kind.integer() && kind != KindReal32 && kind != KindReal64 {
			return number{}, false
		}
		text = rest
	}
	if base == 10 && len(text) > 2 && text[0] == '0' && text[1]|0x20 == 'x' {
		base, text = 16, text[2:]
	}
	if text == "" || strings.HasPrefix(text, "_") || strings.HasSuffix(text, "_") || strings.Contains(text, "__") ||
		text[0] == '-' || text[0] == '+' {
		return number{}, false
	}
	text = strings.ReplaceAll(text, "_", "")
	if magnitude, err := strconv.ParseUint(text, base, 64); err == nil {
		return number{negative: negative && magnitude != 0, magnitude: magnitude}, true
	}
	if base != 10 {
		return number{}, false
	}
	real, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return number{}, false
	}
	if negative {
		real = -real
	}
	return floating(real), true
}
