package websocket

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"stellwerk/internal/point"
)

// kinds are those that have a type: its name is that of the kind.
var kinds = []point.Kind{point.Single, point.Double, point.Step, point.Bits, point.Number, point.Counter}

func typeNames() []string {
	var names []string
	for _, k := range kinds {
		names = append(names, k.String())
	}
	return names
}

// kindOf returns the kind that a type names.
func kindOf(typ string) (point.Kind, bool) {
	for _, k := range kinds {
		if k.String() == typ {
			return k, true
		}
	}
	return point.None, false
}

// parseValue reads the value of a point. Without a type the form of the value says
// what it is: true is a single point, 1 a number, "on" a double point.
func parseValue(typ string, raw json.RawMessage) (point.Value, error) {
	raw = bytes.TrimSpace(raw)
	kind, known := kindOf(typ)
	if !known {
		if typ != "" {
			return point.Value{}, fmt.Errorf("there is no type %q; there is %s", typ, strings.Join(typeNames(), ", "))
		}
		kind = guess(raw)
	}
	switch kind {
	case point.Single:
		return read(raw, "true or false", func(on bool) (point.Value, bool) { return point.SingleValue(on), true })
	case point.Double:
		return read(raw, `"intermediate", "off", "on" or "indeterminate"`, func(name string) (point.Value, bool) {
			for state := point.Intermediate; state <= point.Indeterminate; state++ {
				if state.String() == name {
					return point.DoubleValue(state), true
				}
			}
			return point.Value{}, false
		})
	case point.Step:
		return read(raw, `{"position":-64..63,"transient":true|false}`, func(s struct {
			Position  *int
			Transient bool
		},
		) (point.Value, bool) {
			if s.Position == nil || *s.Position < -64 || *s.Position > 63 {
				return point.Value{}, false
			}
			return point.StepValue(*s.Position, s.Transient), true
		})
	case point.Bits:
		return read(raw, "an integer from 0 to 4294967295", func(bits uint32) (point.Value, bool) { return point.BitsValue(bits), true })
	case point.Counter:
		return read(raw, `{"count":…,"sequence":0..31,"carry":…,"adjusted":…}`, func(c struct {
			Count           *int32
			Sequence        uint8
			Carry, Adjusted bool
		},
		) (point.Value, bool) {
			if c.Count == nil || c.Sequence > 31 {
				return point.Value{}, false
			}
			return point.CounterValue(point.CounterReading{Count: *c.Count, Sequence: c.Sequence, Carry: c.Carry, Adjusted: c.Adjusted}), true
		})
	case point.Number:
		return parseNumber(raw)
	case point.None, point.Raw:
	}
	return point.Value{}, fmt.Errorf("the value is %s, which no point can have", cutText(string(raw)))
}

// guess tells the kind of a value by its form.
func guess(raw []byte) point.Kind {
	switch {
	case len(raw) == 0:
		return point.None
	case raw[0] == 't' || raw[0] == 'f':
		return point.Single
	case raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9':
		return point.Number
	case raw[0] == '"':
		if _, special := specialNumbers[strings.Trim(string(raw), `"`)]; special {
			return point.Number
		}
		return point.Double
	case raw[0] == '{' && bytes.Contains(raw, []byte(`"position"`)):
		return point.Step
	case raw[0] == '{':
		return point.Counter
	default:
		return point.None
	}
}

var specialNumbers = map[string]float64{"NaN": math.NaN(), "+Inf": math.Inf(1), "-Inf": math.Inf(-1)}

func parseNumber(raw []byte) (point.Value, error) {
	var name string
	if json.Unmarshal(raw, &name) == nil && len(raw) > 0 && raw[0] == '"' {
		if number, ok := specialNumbers[name]; ok {
			return point.NumberValue(number), nil
		}
	}
	return read(raw, `a number, "NaN", "+Inf" or "-Inf"`, func(number float64) (point.Value, bool) { return point.NumberValue(number), true })
}

// read reads JSON of a type and makes a value of it; wanted says what it should be.
func read[T any](raw []byte, wanted string, make func(T) (point.Value, bool)) (point.Value, error) {
	var into T
	if len(raw) == 0 || string(raw) == "null" || json.Unmarshal(raw, &into) != nil {
		return point.Value{}, fmt.Errorf("the value is %s, it must be %s", cutText(string(raw)), wanted)
	}
	value, ok := make(into)
	if !ok {
		return point.Value{}, fmt.Errorf("the value is %s, it must be %s", cutText(string(raw)), wanted)
	}
	return value, nil
}

// cutText bounds what an error repeats of a message.
func cutText(text string) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	switch runes := []rune(text); {
	case text == "":
		return "missing"
	case len(runes) > 40:
		return string(runes[:39]) + "…"
	}
	return text
}

// qualities are the flags by their names.
var qualities = func() map[string]point.Quality {
	all := map[string]point.Quality{}
	for flag := point.Quality(1); flag != 0; flag <<= 1 {
		if names := flag.Names(); len(names) == 1 {
			all[names[0]] = flag
		}
	}
	return all
}()

func parseQuality(names []string) (point.Quality, error) {
	var quality point.Quality
	for _, name := range names {
		flag, ok := qualities[name]
		if !ok {
			return 0, fmt.Errorf("there is no quality %q", cutText(name))
		}
		quality |= flag
	}
	return quality, nil
}

// timeFlags are the flags of a time by their names.
var timeFlags = []struct {
	name string
	flag point.TimeFlags
}{
	{"reception", point.TimeReception},
	{"invalid", point.TimeInvalid},
	{"substituted", point.TimeSubstituted},
	{"summer", point.TimeSummer},
}

// parseTime reads a time and its flags; a nil text is no time.
func parseTime(text *string, names []string) (point.Time, error) {
	var flags point.TimeFlags
	for _, name := range names {
		at := slices.IndexFunc(timeFlags, func(row struct {
			name string
			flag point.TimeFlags
		},
		) bool {
			return row.name == name
		})
		if at < 0 {
			return point.Time{}, fmt.Errorf("there is no flag %q of a time", cutText(name))
		}
		flags |= timeFlags[at].flag
	}
	if text == nil {
		if flags&point.TimeInvalid == 0 {
			return point.Time{}, nil
		}
		return point.SourceTime(time.Time{}, flags), nil // the source gave one that is no instant
	}
	at, err := time.Parse(time.RFC3339Nano, *text)
	switch {
	case err != nil:
		return point.Time{}, fmt.Errorf("%q is no time; it is written like 2026-03-02T08:29:59.750Z", cutText(*text))
	case at.Year() < 1678 || at.Year() > 2261:
		return point.Time{}, errors.New("the time lies before 1678 or after 2261")
	case flags&point.TimeReception != 0:
		return point.ReceptionTime(point.InstantOf(at)), nil
	}
	return point.SourceTime(at, flags), nil
}
