package iec104

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"stellwerk/iec104/asdu"
	"stellwerk/wire"
)

var (
	wordOn     = wire.Text{EN: "on", DE: "ein"}
	wordOff    = wire.Text{EN: "off", DE: "aus"}
	wordSelect = wire.Text{EN: " select", DE: " anwählen"}
	wordMoving = wire.Text{EN: " moving", DE: " läuft"}
	wordFile   = wire.Text{EN: "file ", DE: "Datei "}
)

// ObjectText returns the parts of an object for people, each "" where the object
// has none: its value, such as "on", the flags of its quality, such as "NT IV",
// and what its time tag shows.
func ObjectText(object asdu.Object, lang string, zone *time.Location) (value, quality, clock string) {
	value = string(appendValued(nil, object, lang))
	if q, ok := qualityOf(object); ok {
		quality = q.String()
		value = strings.TrimSuffix(value, " "+quality)
	}
	if t := object.Timestamp(); !t.IsZero() {
		clock = string(appendTag(nil, t, zone))
	}
	return strings.TrimSpace(value), quality, clock
}

// qualityOf returns the quality of an object, and whether it has one.
func qualityOf(object asdu.Object) (asdu.Quality, bool) {
	switch o := object.(type) {
	case asdu.SinglePoint:
		return o.Quality, true
	case asdu.DoublePoint:
		return o.Quality, true
	case asdu.StepPosition:
		return o.Quality, true
	case asdu.BitString:
		return o.Quality, true
	case asdu.NormalizedValue:
		return o.Quality, true
	case asdu.ScaledValue:
		return o.Quality, true
	case asdu.ShortFloat:
		return o.Quality, true
	case asdu.ProtectionEvent:
		return o.Quality, true
	case asdu.ProtectionStart:
		return o.Quality, true
	case asdu.ProtectionOutput:
		return o.Quality, true
	case asdu.PackedSinglePoints:
		return o.Quality, true
	default:
		return 0, false
	}
}

// appendText appends the value of an object for people, with quality flags and
// time behind it: "on NT 12:34:01.000".
func appendText(dst []byte, object asdu.Object, lang string, zone *time.Location) []byte {
	dst = appendValued(dst, object, lang)
	if t := object.Timestamp(); !t.IsZero() {
		dst = appendTag(append(dst, ' '), t, zone)
	}
	return dst
}

// appendTag appends what a time tag shows, and whether it is valid.
func appendTag(dst []byte, t asdu.Time, zone *time.Location) []byte {
	dst = appendClock(dst, t, zone)
	if t.Invalid() {
		dst = append(dst, " (IV)"...)
	}
	return dst
}

// appendValued appends the value of an object, with quality flags behind it.
func appendValued(dst []byte, object asdu.Object, lang string) []byte {
	switch o := object.(type) {
	case asdu.SinglePoint:
		dst = appendFlags(appendState(dst, o.Value, lang), o.Quality)
	case asdu.DoublePoint:
		dst = appendFlags(append(dst, o.Value.Text().In(lang)...), o.Quality)
	case asdu.StepPosition:
		dst = strconv.AppendInt(dst, int64(o.Value), 10)
		if o.Transient {
			dst = append(dst, wordMoving.In(lang)...)
		}
		dst = appendFlags(dst, o.Quality)
	case asdu.BitString:
		dst = appendFlags(fmt.Appendf(dst, "0x%08x", o.Value), o.Quality)
	case asdu.NormalizedValue:
		dst = appendFlags(strconv.AppendFloat(dst, o.Value.Float64(), 'g', 6, 64), o.Quality)
	case asdu.PlainNormalizedValue:
		dst = strconv.AppendFloat(dst, o.Value.Float64(), 'g', 6, 64)
	case asdu.ScaledValue:
		dst = appendFlags(strconv.AppendInt(dst, int64(o.Value), 10), o.Quality)
	case asdu.ShortFloat:
		dst = appendFlags(strconv.AppendFloat(dst, float64(o.Value), 'g', -1, 32), o.Quality)
	case asdu.IntegratedTotal:
		dst = strconv.AppendInt(dst, int64(o.Value.Count), 10)
		if o.Value.Invalid {
			dst = append(dst, " IV"...)
		}
	case asdu.ProtectionEvent:
		dst = appendFlags(append(dst, o.Value.Text().In(lang)...), o.Quality)
	case asdu.ProtectionStart:
		dst = appendFlags(appendSet(dst, o.Value.All), o.Quality)
	case asdu.ProtectionOutput:
		dst = appendFlags(appendSet(dst, o.Value.All), o.Quality)
	case asdu.PackedSinglePoints:
		dst = appendFlags(fmt.Appendf(dst, "%016b", o.Status), o.Quality)
	case asdu.SingleCommand:
		dst = appendSelect(appendState(dst, o.Value, lang), o.Select, lang)
	case asdu.DoubleCommand:
		dst = appendSelect(append(dst, o.Value.Text().In(lang)...), o.Select, lang)
	case asdu.StepCommand:
		dst = appendSelect(append(dst, o.Value.Text().In(lang)...), o.Select, lang)
	case asdu.NormalizedSetpoint:
		dst = appendSelect(strconv.AppendFloat(dst, o.Value.Float64(), 'g', 6, 64), o.Select, lang)
	case asdu.ScaledSetpoint:
		dst = appendSelect(strconv.AppendInt(dst, int64(o.Value), 10), o.Select, lang)
	case asdu.FloatSetpoint:
		dst = appendSelect(strconv.AppendFloat(dst, float64(o.Value), 'g', -1, 32), o.Select, lang)
	case asdu.BitStringCommand:
		dst = fmt.Appendf(dst, "0x%08x", o.Value)
	default:
		dst = appendSystemText(dst, object, lang)
	}
	return dst
}

// Selects reports whether the object is a command that selects.
func Selects(object asdu.Object) bool {
	switch o := object.(type) {
	case asdu.SingleCommand:
		return o.Select
	case asdu.DoubleCommand:
		return o.Select
	case asdu.StepCommand:
		return o.Select
	case asdu.NormalizedSetpoint:
		return o.Select
	case asdu.ScaledSetpoint:
		return o.Select
	case asdu.FloatSetpoint:
		return o.Select
	default:
		return false
	}
}

func appendSystemText(dst []byte, object asdu.Object, lang string) []byte {
	switch o := object.(type) {
	case asdu.EndOfInitialization:
		return append(dst, o.Cause.Text().In(lang)...)
	case asdu.Interrogation:
		return append(dst, o.Qualifier.Text().In(lang)...)
	case asdu.CounterInterrogation:
		dst = append(dst, o.Request.Text().In(lang)...)
		return append(append(dst, ", "...), o.Freeze.Text().In(lang)...)
	case asdu.TestCommand:
		return fmt.Appendf(dst, "0x%04x", o.Pattern)
	case asdu.TimedTestCommand:
		return strconv.AppendUint(dst, uint64(o.Counter), 10)
	case asdu.ResetProcess:
		return append(dst, o.Qualifier.Text().In(lang)...)
	case asdu.DelayAcquisition:
		return append(dst, o.Delay.Duration().String()...)
	case asdu.NormalizedParameter:
		return fmt.Appendf(dst, "%g %s", o.Value.Float64(), o.Qualifier.Kind.Text().In(lang))
	case asdu.ScaledParameter:
		return fmt.Appendf(dst, "%d %s", o.Value, o.Qualifier.Kind.Text().In(lang))
	case asdu.FloatParameter:
		return fmt.Appendf(dst, "%g %s", o.Value, o.Qualifier.Kind.Text().In(lang))
	case asdu.ParameterActivation:
		return append(dst, o.Qualifier.Text().In(lang)...)
	case asdu.FileReady:
		return fmt.Appendf(dst, "%s%d, %d", wordFile.In(lang), o.File, o.Length)
	case asdu.SectionReady:
		return fmt.Appendf(dst, "%s%d/%d, %d", wordFile.In(lang), o.File, o.Section, o.Length)
	case asdu.FileCall:
		return fmt.Appendf(dst, "%s%d/%d, %s", wordFile.In(lang), o.File, o.Section, o.Action.Text().In(lang))
	case asdu.LastSection:
		return fmt.Appendf(dst, "%s%d/%d, %s", wordFile.In(lang), o.File, o.Section, o.Qualifier.Text().In(lang))
	case asdu.FileAcknowledgement:
		return fmt.Appendf(dst, "%s%d/%d, %s", wordFile.In(lang), o.File, o.Section, o.Answer.Text().In(lang))
	case asdu.Segment:
		return fmt.Appendf(dst, "%s%d/%d, %d", wordFile.In(lang), o.File, o.Section, len(o.Data))
	case asdu.DirectoryEntry:
		return fmt.Appendf(dst, "%s%d, %d", wordFile.In(lang), o.File, o.Length)
	case asdu.LogQuery:
		return fmt.Appendf(dst, "%s%d, %s - %s", wordFile.In(lang), o.File, o.From, o.To)
	case asdu.Raw:
		return hex.AppendEncode(dst, o.Octets)
	default: // a read command or a clock synchronization
		return dst
	}
}

func appendState(dst []byte, on bool, lang string) []byte {
	if on {
		return append(dst, wordOn.In(lang)...)
	}
	return append(dst, wordOff.In(lang)...)
}

func appendSelect(dst []byte, selects bool, lang string) []byte {
	if selects {
		return append(dst, wordSelect.In(lang)...)
	}
	return dst
}

func appendFlags(dst []byte, quality asdu.Quality) []byte {
	if quality == 0 {
		return dst
	}
	return append(append(dst, ' '), quality.String()...)
}

// appendSet appends the names of the flags that are set, "-" where none is.
func appendSet(dst []byte, all func(func(string, bool) bool)) []byte {
	none := true
	for name, set := range all {
		if !set {
			continue
		}
		if !none {
			dst = append(dst, '+')
		}
		none = false
		dst = append(dst, name...)
	}
	if none {
		return append(dst, '-')
	}
	return dst
}
