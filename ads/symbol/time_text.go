package symbol

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// Text of times as IEC 61131-3 writes them (6.3.5 and 6.3.6).

// units of durations, the longest first.
var timeUnits = []struct {
	name string
	unit time.Duration
}{
	{"d", day},
	{"h", time.Hour},
	{"m", time.Minute},
	{"s", time.Second},
	{"ms", time.Millisecond},
	{"us", time.Microsecond},
	{"ns", 1},
}

// appendDuration writes "T#1d2h3m4s5ms".
func appendDuration(dst []byte, prefix string, d time.Duration) []byte {
	dst = append(append(dst, prefix...), '#')
	if d == 0 {
		return append(dst, "0ms"...)
	}
	if d < 0 {
		dst = append(dst, '-')
	}
	for _, u := range timeUnits {
		if n := d / u.unit; n != 0 {
			dst = strconv.AppendInt(dst, int64(max(n, -n)), 10)
			dst = append(dst, u.name...)
			d %= u.unit
		}
	}
	return dst
}

// appendTimeOfDay writes "12:34:56.789".
func appendTimeOfDay(dst []byte, d time.Duration) []byte {
	two := func(n time.Duration) {
		if n < 10 {
			dst = append(dst, '0')
		}
		dst = strconv.AppendInt(dst, int64(n), 10)
	}
	two(d / time.Hour)
	dst = append(dst, ':')
	two(d % time.Hour / time.Minute)
	dst = append(dst, ':')
	two(d % time.Minute / time.Second)
	if fraction := d % time.Second; fraction != 0 {
		digits := strconv.AppendInt(nil, int64(fraction+time.Second), 10)[1:]
		dst = append(dst, '.')
		dst = append(dst, strings.TrimRight(string(digits), "0")...)
	}
	return dst
}

// prefixes of the texts of times; the first is written.
var timePrefixes = map[Kind][]string{
	KindTime:       {"T", "TIME", "LTIME", "LT"},
	KindLTime:      {"LTIME", "LT", "T", "TIME"},
	KindTimeOfDay:  {"TOD", "TIME_OF_DAY", "LTOD", "LTIME_OF_DAY"},
	KindLTimeOfDay: {"LTOD", "LTIME_OF_DAY", "TOD", "TIME_OF_DAY"},
	KindDate:       {"D", "DATE", "LDATE", "LD"},
	KindLDate:      {"LDATE", "LD", "D", "DATE"},
	KindDateTime:   {"DT", "DATE_AND_TIME", "LDT", "LDATE_AND_TIME"},
	KindLDateTime:  {"LDT", "LDATE_AND_TIME", "DT", "DATE_AND_TIME"},
}

// Layouts of dates and of dates with times; a time without a zone is UTC, as
// PLCs have none.
var dateLayouts = []string{
	"2006-01-02",
	"2006-01-02-15:04",
	"2006-01-02-15:04:05.999999999",
	"2006-01-02T15:04",
	"2006-01-02T15:04:05.999999999",
	"2006-01-02 15:04",
	"2006-01-02 15:04:05.999999999",
	time.RFC3339Nano,
	"2006-01-02-15:04:05.999999999Z07:00",
}

// parseTime reads the text of a time: "T#1m30s", "90s", "TOD#12:30:00",
// "D#2026-01-31", "DT#2026-01-31-12:30:00", RFC 3339, and a number as it is on
// the wire.
func (t *Type) parseTime(s string) (any, error) {
	text := strings.TrimSpace(s)
	prefix, rest, ok := strings.Cut(text, "#")
	if ok {
		if !hasFold(timePrefixes[t.Kind], prefix) {
			if n, isNumber := parseNumber(text); isNumber && !n.isFloat && !n.negative {
				return n.magnitude, nil
			}
			return nil, t.badTime(s)
		}
		text = rest
	}
	if n, isNumber := parseNumber(text); isNumber && !n.isFloat && !n.negative {
		return n.magnitude, nil
	}
	switch t.Kind {
	case KindTime, KindLTime:
		if d, ok := parseDuration(text); ok {
			return d, nil
		}
	case KindTimeOfDay, KindLTimeOfDay:
		if d, ok := parseTimeOfDay(text); ok {
			return TimeOfDay(d), nil
		}
	default:
		for _, layout := range dateLayouts {
			if at, err := time.Parse(layout, text); err == nil {
				return at.UTC(), nil
			}
		}
	}
	return nil, t.badTime(s)
}

func (t *Type) badTime(s string) error {
	examples := map[Kind]string{
		KindTime: "T#1m30s or 90s", KindLTime: "LTIME#1s500us",
		KindTimeOfDay: "TOD#12:30:00 or 12:30:00", KindLTimeOfDay: "LTOD#12:30:00.000001",
		KindDate: "D#2026-01-31 or 2026-01-31", KindLDate: "LDATE#2026-01-31",
		KindDateTime: "DT#2026-01-31-12:30:00 or 2026-01-31T12:30:00Z", KindLDateTime: "LDT#2026-01-31-12:30:00.5",
	}
	return t.wrong("%q is none, %s is", shorten(s), examples[t.Kind])
}

func hasFold(names []string, name string) bool {
	for _, n := range names {
		if strings.EqualFold(n, name) {
			return true
		}
	}
	return false
}

// parseDuration reads "1d2h3m4.5s" with the units in any case and order.
func parseDuration(s string) (time.Duration, bool) {
	text := strings.ToLower(strings.ReplaceAll(s, "_", ""))
	text, negative := strings.CutPrefix(text, "-")
	if text == "" {
		return 0, false
	}
	total := 0.0
	var whole uint64
	for text != "" {
		end := strings.IndexFunc(text, func(r rune) bool { return (r < '0' || r > '9') && r != '.' })
		if end <= 0 {
			return 0, false
		}
		digits := text[:end]
		text = text[end:]
		length, unit := timeUnit(text)
		if length == 0 {
			return 0, false
		}
		text = text[length:]
		if n, err := strconv.ParseUint(digits, 10, 63); err == nil {
			if n > math.MaxInt64/uint64(unit) {
				return 0, false
			}
			whole += n * uint64(unit)
		} else {
			f, err := strconv.ParseFloat(digits, 64)
			if err != nil {
				return 0, false
			}
			total += f * float64(unit)
		}
		if whole > math.MaxInt64 || total > math.MaxInt64/2 || float64(whole)+total > math.MaxInt64 {
			return 0, false
		}
	}
	d := time.Duration(whole) + time.Duration(math.Round(total))
	if negative {
		d = -d
	}
	return d, true
}

func timeUnit(text string) (length int, unit time.Duration) {
	for _, u := range timeUnits {
		if strings.HasPrefix(text, u.name) && len(u.name) > length {
			length, unit = len(u.name), u.unit
		}
	}
	return length, unit
}

// parseTimeOfDay reads "12:34" and "12:34:56.789".
func parseTimeOfDay(s string) (time.Duration, bool) {
	for _, layout := range []string{"15:04:05.999999999", "15:04"} {
		if at, err := time.Parse(layout, s); err == nil {
			return at.Sub(at.Truncate(day)), true
		}
	}
	return 0, false
}
