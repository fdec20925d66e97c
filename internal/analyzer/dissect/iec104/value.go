package iec104

import (
	"encoding/hex"
	"math"
	"strconv"
	"strings"
	"time"

	"stellwerk/iec104/asdu"
)

// appendObject appends the JSON of an information object as docs/json.md
// defines it.
func appendObject(dst []byte, object asdu.Object, zone *time.Location) []byte {
	dst = append(dst, '{')
	if _, raw := object.(asdu.Raw); !raw {
		dst = append(dst, `"address":`...)
		dst = appendUint(dst, uint64(object.IOA()))
		dst = append(dst, ',')
	}
	dst = append(dst, `"value":`...)
	dst = appendValue(dst, object, zone)
	if t := object.Timestamp(); !t.IsZero() {
		dst = append(dst, `,"time":`...)
		dst = appendTime(dst, t, zone)
	}
	return append(dst, '}')
}

// appendValue appends the value of an object, and behind it, as keys of the
// object, its quality where the type has one.
func appendValue(dst []byte, object asdu.Object, zone *time.Location) []byte {
	switch o := object.(type) {
	case asdu.SinglePoint:
		return appendSinglePoint(dst, o)
	case asdu.DoublePoint:
		return appendDoublePoint(dst, o)
	case asdu.StepPosition:
		return appendQuality(fields(dst).int("position", int64(o.Value)).bool("transient", o.Transient).end(), o.Quality)
	case asdu.BitString:
		return appendQuality(appendUint(dst, uint64(o.Value)), o.Quality)
	case asdu.NormalizedValue:
		return appendNormalizedValue(dst, o)
	case asdu.PlainNormalizedValue:
		return appendFloat64(dst, o.Value.Float64())
	case asdu.ScaledValue:
		return appendScaledValue(dst, o)
	case asdu.ShortFloat:
		return appendShortFloat(dst, o)
	case asdu.IntegratedTotal:
		return fields(dst).int("count", int64(o.Value.Count)).int("sequence", int64(o.Value.Sequence)).
			bool("carry", o.Value.Carry).bool("adjusted", o.Value.Adjusted).bool("invalid", o.Value.Invalid).end()
	case asdu.ProtectionEvent:
		return appendQuality(fields(dst).name("event", o.Value.String()).elapsed("elapsed", o.Elapsed).end(), o.Quality)
	case asdu.ProtectionStart:
		f := fields(dst)
		for name, set := range o.Value.All {
			f = f.bool(underscored(name), set)
		}
		return appendQuality(f.elapsed("duration", o.Duration).end(), o.Quality)
	case asdu.ProtectionOutput:
		f := fields(dst)
		for name, set := range o.Value.All {
			f = f.bool(underscored(name), set)
		}
		return appendQuality(f.elapsed("operating", o.Operating).end(), o.Quality)
	case asdu.PackedSinglePoints:
		return appendQuality(fields(dst).int("status", int64(o.Status)).int("changed", int64(o.Changed)).end(), o.Quality)
	case asdu.SingleCommand:
		return fields(dst).bool("value", o.Value).bool("select", o.Select).int("qualifier", int64(o.Qualifier)).end()
	case asdu.DoubleCommand:
		return fields(dst).name("value", o.Value.String()).bool("select", o.Select).int("qualifier", int64(o.Qualifier)).end()
	case asdu.StepCommand:
		return fields(dst).name("value", o.Value.String()).bool("select", o.Select).int("qualifier", int64(o.Qualifier)).end()
	case asdu.NormalizedSetpoint:
		return fields(dst).float64("value", o.Value.Float64()).bool("select", o.Select).int("qualifier", int64(o.Qualifier)).end()
	case asdu.ScaledSetpoint:
		return fields(dst).int("value", int64(o.Value)).bool("select", o.Select).int("qualifier", int64(o.Qualifier)).end()
	case asdu.FloatSetpoint:
		return fields(dst).float32("value", o.Value).bool("select", o.Select).int("qualifier", int64(o.Qualifier)).end()
	case asdu.BitStringCommand:
		return fields(dst).int("value", int64(o.Value)).end()
	default:
		return appendSystemValue(dst, object, zone)
	}
}

// appendSystemValue appends the value of system information, parameters and
// files.
func appendSystemValue(dst []byte, object asdu.Object, zone *time.Location) []byte {
	switch o := object.(type) {
	case asdu.EndOfInitialization:
		return fields(dst).int("qualifier", int64(o.Cause)).bool("parameters_changed", o.ParametersChanged).end()
	case asdu.Interrogation:
		return fields(dst).int("qualifier", int64(o.Qualifier)).end()
	case asdu.CounterInterrogation:
		return fields(dst).int("qualifier", int64(o.Request)|int64(o.Freeze)<<6).
			int("request", int64(o.Request)).int("freeze", int64(o.Freeze)).end()
	case asdu.Read, asdu.ClockSynchronization:
		return append(dst, "null"...)
	case asdu.TestCommand:
		return fields(dst).int("pattern", int64(o.Pattern)).end()
	case asdu.TimedTestCommand:
		return fields(dst).int("counter", int64(o.Counter)).end()
	case asdu.ResetProcess:
		return fields(dst).int("qualifier", int64(o.Qualifier)).end()
	case asdu.DelayAcquisition:
		return fields(dst).elapsed("delay", o.Delay).end()
	case asdu.NormalizedParameter:
		return fields(dst).float64("value", o.Value.Float64()).parameter(o.Qualifier).end()
	case asdu.ScaledParameter:
		return fields(dst).int("value", int64(o.Value)).parameter(o.Qualifier).end()
	case asdu.FloatParameter:
		return fields(dst).float32("value", o.Value).parameter(o.Qualifier).end()
	case asdu.ParameterActivation:
		return fields(dst).int("qualifier", int64(o.Qualifier)).end()
	case asdu.FileReady:
		return fields(dst).int("file", int64(o.File)).int("length", int64(o.Length)).
			int("qualifier", int64(o.Qualifier)).bool("negative", o.Negative).end()
	case asdu.SectionReady:
		return fields(dst).int("file", int64(o.File)).int("section", int64(o.Section)).int("length", int64(o.Length)).
			int("qualifier", int64(o.Qualifier)).bool("not_ready", o.NotReady).end()
	case asdu.FileCall:
		return fields(dst).int("file", int64(o.File)).int("section", int64(o.Section)).
			int("action", int64(o.Action)).int("error", int64(o.Error)).end()
	case asdu.LastSection:
		return fields(dst).int("file", int64(o.File)).int("section", int64(o.Section)).
			int("qualifier", int64(o.Qualifier)).int("checksum", int64(o.Checksum)).end()
	case asdu.FileAcknowledgement:
		return fields(dst).int("file", int64(o.File)).int("section", int64(o.Section)).
			int("answer", int64(o.Answer)).int("error", int64(o.Error)).end()
	case asdu.Segment:
		return fields(dst).int("file", int64(o.File)).int("section", int64(o.Section)).
			int("length", int64(o.Declared)).hex("data", o.Data).end()
	case asdu.DirectoryEntry:
		return fields(dst).int("file", int64(o.File)).int("length", int64(o.Length)).int("status", int64(o.Status)).
			bool("last", o.Last).bool("directory", o.Directory).bool("active", o.Active).end()
	case asdu.LogQuery:
		return fields(dst).int("file", int64(o.File)).time("from", o.From, zone).time("to", o.To, zone).end()
	case asdu.Raw:
		return fields(dst).hex("raw", o.Octets).end()
	default:
		return append(dst, "null"...)
	}
}

func appendQuality(dst []byte, quality asdu.Quality) []byte {
	if quality == 0 {
		return append(dst, `,"quality":[]`...)
	}
	dst = append(dst, `,"quality":[`...)
	first := true
	for name := range quality.Names {
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = appendName(dst, name)
	}
	return append(dst, ']')
}

// underscored makes a key of a name.
func underscored(name string) string { return strings.ReplaceAll(name, "-", "_") }

// appendName appends text that needs no escapes, in quotes.
func appendName(dst []byte, name string) []byte {
	return append(append(append(dst, '"'), name...), '"')
}

func appendFloat64(dst []byte, value float64) []byte {
	return strconv.AppendFloat(dst, value, 'g', -1, 64)
}

// appendFloat32 appends a number with the digits that a short float has, and
// as text what JSON numbers cannot be.
func appendFloat32(dst []byte, value float32) []byte {
	switch wide := float64(value); {
	case math.IsNaN(wide):
		return append(dst, `"NaN"`...)
	case math.IsInf(wide, 1):
		return append(dst, `"+Inf"`...)
	case math.IsInf(wide, -1):
		return append(dst, `"-Inf"`...)
	default:
		return strconv.AppendFloat(dst, wide, 'g', -1, 32)
	}
}

func appendHex(dst []byte, octet byte) []byte {
	const digits = "0123456789abcdef"
	return append(dst, digits[octet>>4], digits[octet&15])
}

// object appends the fields of a JSON object.
type object struct {
	dst   []byte
	empty bool
}

func fields(dst []byte) object { return object{dst: append(dst, '{'), empty: true} }

func (o object) end() []byte { return append(o.dst, '}') }

func (o object) key(name string) object {
	if !o.empty {
		o.dst = append(o.dst, ',')
	}
	o.empty = false
	o.dst = append(appendName(o.dst, name), ':')
	return o
}

func (o object) int(name string, value int64) object {
	o = o.key(name)
	o.dst = strconv.AppendInt(o.dst, value, 10)
	return o
}

func (o object) bool(name string, value bool) object {
	o = o.key(name)
	o.dst = strconv.AppendBool(o.dst, value)
	return o
}

func (o object) name(name, value string) object {
	o = o.key(name)
	o.dst = appendName(o.dst, value)
	return o
}

func (o object) float64(name string, value float64) object {
	o = o.key(name)
	o.dst = appendFloat64(o.dst, value)
	return o
}

func (o object) float32(name string, value float32) object {
	o = o.key(name)
	o.dst = appendFloat32(o.dst, value)
	return o
}

func (o object) hex(name string, octets []byte) object {
	o = o.key(name)
	o.dst = append(hex.AppendEncode(append(o.dst, '"'), octets), '"')
	return o
}

func (o object) time(name string, t asdu.Time, zone *time.Location) object {
	o = o.key(name)
	o.dst = appendTime(o.dst, t, zone)
	return o
}

func (o object) elapsed(name string, t asdu.ElapsedTime) object {
	o = o.key(name)
	o.dst = append(o.dst, `{"kind":"cp16","raw":"`...)
	o.dst = appendHex(appendHex(o.dst, byte(t)), byte(t>>8))
	o.dst = append(o.dst, `","milliseconds":`...)
	o.dst = append(appendUint(o.dst, uint64(t)), '}')
	return o
}

func (o object) parameter(q asdu.ParameterQualifier) object {
	return o.int("qualifier", int64(q.Kind)).bool("changed", q.Changed).bool("not_in_operation", q.NotInOperation)
}
