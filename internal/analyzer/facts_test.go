package analyzer_test

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"stellwerk/iec104/apci"
	"stellwerk/iec104/asdu"
	"stellwerk/internal/analyzer/dissect/iec104"
)

// tsharkForms are the fields of tshark that are compared, and how their values
// are brought to a form that we have too.
var tsharkForms = func() map[string]func(string) string {
	as := func(s string) string { return s }
	number := func(s string) string {
		n, err := strconv.ParseUint(s, 0, 64)
		if err != nil {
			return s
		}
		return strconv.FormatUint(n, 10)
	}
	forms := map[string]func(string) string{"type": number, "utype": number}
	for name := range strings.FieldsSeq(`tx rx typeid sq numix causetx nega test oa addr ioa rawdata bitstring
		siq.spi siq.bl siq.sb siq.nt siq.iv diq.dpi diq.bl diq.sb diq.nt diq.iv
		qds.ov qds.bl qds.sb qds.nt qds.iv vti.v vti.t normval scalval float
		bcr.count bcr.sq bcr.cy bcr.ca bcr.iv
		cp24time.ms cp24time.min cp24time.iv
		cp56time.ms cp56time.min cp56time.gen cp56time.iv cp56time.hour cp56time.su cp56time.day cp56time.dow cp56time.month cp56time.year
		sco.on sco.qu sco.se dco.on dco.qu dco.se rco.up rco.qu rco.se qos.ql qos.se
		coi_r coi_i qoi rqt frz qrp qpm.kpa qpm.lpc qpm.pop`) {
		forms[name] = as
	}
	return forms
}()

// add appends pairs of names and values.
func (f *facts) add(pairs ...any) {
	for i := 0; i < len(pairs); i += 2 {
		value := pairs[i+1]
		switch v := value.(type) {
		case bool:
			value = map[bool]int{false: 0, true: 1}[v]
		case float32:
			value = strings.ToLower(strings.TrimPrefix(strconv.FormatFloat(float64(v), 'g', 6, 32), "+"))
		case asdu.Normalized:
			value = strconv.FormatFloat(v.Float64(), 'g', 6, 64)
		}
		*f = append(*f, fmt.Sprintf("%s=%v", pairs[i], value))
	}
}

// factsOf says what one of our telegrams says, in the words of tshark.
func factsOf(t *iec104.Telegram) facts {
	var f facts
	switch t.APDU.Format {
	case apci.FormatU:
		f.add("type", 3, "utype", uint8(t.APDU.Function)>>2)
		return f
	case apci.FormatS:
		f.add("type", 1, "rx", t.APDU.Receive)
		return f
	}
	f.add("type", 0, "tx", t.APDU.Send, "rx", t.APDU.Receive)
	a := &t.ASDU
	f.add("typeid", uint8(a.Type), "sq", a.Sequence, "numix", a.Count(), "causetx", uint8(a.Cause), "nega", a.Negative,
		"test", a.Test, "oa", a.Originator, "addr", uint16(a.CommonAddress))
	for object := range a.Objects() {
		f.object(object)
	}
	return f
}

func (f *facts) object(object asdu.Object) {
	if raw, ok := object.(asdu.Raw); ok {
		f.add("octets", hex.EncodeToString(raw.Octets))
		return
	}
	f.add("ioa", uint32(object.IOA()))
	switch o := object.(type) {
	case asdu.SinglePoint:
		f.add("siq.spi", o.Value)
		f.flags("siq", o.Quality)
	case asdu.DoublePoint:
		f.add("diq.dpi", uint8(o.Value))
		f.flags("diq", o.Quality)
	case asdu.StepPosition:
		f.add("vti.v", o.Value, "vti.t", o.Transient)
		f.quality(o.Quality)
	case asdu.BitString:
		f.bits(o.Value)
		f.quality(o.Quality)
	case asdu.NormalizedValue:
		f.add("normval", o.Value)
		f.quality(o.Quality)
	case asdu.PlainNormalizedValue:
		f.add("normval", o.Value)
	case asdu.ScaledValue:
		f.add("scalval", o.Value)
		f.quality(o.Quality)
	case asdu.ShortFloat:
		f.add("float", o.Value)
		f.quality(o.Quality)
	case asdu.IntegratedTotal:
		f.add("bcr.count", o.Value.Count, "bcr.sq", o.Value.Sequence, "bcr.cy", o.Value.Carry, "bcr.ca", o.Value.Adjusted, "bcr.iv", o.Value.Invalid)
	case asdu.SingleCommand:
		f.add("sco.on", o.Value, "sco.qu", uint8(o.Qualifier), "sco.se", o.Select)
	case asdu.DoubleCommand:
		f.add("dco.on", uint8(o.Value), "dco.qu", uint8(o.Qualifier), "dco.se", o.Select)
	case asdu.StepCommand:
		f.add("rco.up", uint8(o.Value), "rco.qu", uint8(o.Qualifier), "rco.se", o.Select)
	case asdu.NormalizedSetpoint:
		f.add("normval", o.Value, "qos.ql", o.Qualifier, "qos.se", o.Select)
	case asdu.ScaledSetpoint:
		f.add("scalval", o.Value, "qos.ql", o.Qualifier, "qos.se", o.Select)
	case asdu.FloatSetpoint:
		f.add("float", o.Value, "qos.ql", o.Qualifier, "qos.se", o.Select)
	case asdu.BitStringCommand:
		f.bits(o.Value)
	case asdu.EndOfInitialization:
		f.add("coi_r", uint8(o.Cause), "coi_i", o.ParametersChanged)
	case asdu.Interrogation:
		f.add("qoi", uint8(o.Qualifier))
	case asdu.CounterInterrogation:
		f.add("rqt", uint8(o.Request), "frz", uint8(o.Freeze))
	case asdu.ResetProcess:
		f.add("qrp", uint8(o.Qualifier))
	case asdu.NormalizedParameter:
		f.add("normval", o.Value)
		f.parameter(o.Qualifier)
	case asdu.ScaledParameter:
		f.add("scalval", o.Value)
		f.parameter(o.Qualifier)
	case asdu.FloatParameter:
		f.add("float", o.Value)
		f.parameter(o.Qualifier)
	case asdu.Read, asdu.ClockSynchronization:
	default:
		f.add(fmt.Sprintf("%T", o), "decoded") // tshark shows their octets
		return
	}
	f.time(object.Timestamp())
}

// flags are those of SIQ and DIQ.
func (f *facts) flags(name string, q asdu.Quality) {
	f.add(name+".bl", q&asdu.Blocked != 0, name+".sb", q&asdu.Substituted != 0, name+".nt", q&asdu.NotTopical != 0, name+".iv", q&asdu.Invalid != 0)
}

func (f *facts) quality(q asdu.Quality) {
	f.add("qds.ov", q&asdu.Overflow != 0)
	f.flags("qds", q)
}

// bits writes the octets of a bit string in the order of the wire.
func (f *facts) bits(value uint32) {
	f.add("bitstring", fmt.Sprintf("0x%02x%02x%02x%02x", byte(value), byte(value>>8), byte(value>>16), byte(value>>24)))
}

func (f *facts) parameter(q asdu.ParameterQualifier) {
	f.add("qpm.kpa", uint8(q.Kind), "qpm.lpc", q.Changed, "qpm.pop", q.NotInOperation)
}

func (f *facts) time(t asdu.Time) {
	switch t.Kind() {
	case asdu.TimeCP24:
		f.add("cp24time.ms", t.Milliseconds(), "cp24time.min", t.Minute(), "cp24time.iv", t.Invalid())
	case asdu.TimeCP56:
		f.add("cp56time.ms", t.Milliseconds(), "cp56time.min", t.Minute(), "cp56time.gen", t.Substituted(), "cp56time.iv", t.Invalid(),
			"cp56time.hour", t.Hour(), "cp56time.su", t.Summer(), "cp56time.day", t.Day(), "cp56time.dow", t.Weekday(),
			"cp56time.month", t.Month(), "cp56time.year", t.Year())
	case asdu.TimeNone:
	}
}
