package filter

import (
	"encoding/hex"
	"slices"

	"stellwerk/iec104/apci"
	"stellwerk/iec104/asdu"
	"stellwerk/internal/analyzer/dissect/iec104"
)

// apdu fills in what an APDU says.
func (f *Filter) apdu(t *iec104.Telegram) {
	r := &f.record
	r.Format = t.APDU.Format.String()
	switch t.APDU.Format {
	case apci.FormatU:
		r.Function = t.APDU.Function.String()
	case apci.FormatS:
		r.Receive = int(t.APDU.Receive)
	case apci.FormatI:
		r.Send, r.Receive = int(t.APDU.Send), int(t.APDU.Receive)
		a := &t.ASDU
		r.Type, r.TypeID = a.TypeName(), int(a.Type)
		r.Cause, r.Negative, r.Test = int(a.Cause), a.Negative, a.Test
		r.Originator, r.CA = int(a.Originator), int(a.CommonAddress)
	}
}

// object fills in what an information object says.
func (f *Filter) object(object asdu.Object) {
	r := &f.record
	r.IOA = int(object.IOA())
	var quality asdu.Quality
	r.Value, quality, r.Select = state(object)
	r.Quality = nil
	if f.used["quality"] {
		r.Quality = slices.Collect(quality.Names)
	}
}

// state returns the one value of an object that people ask about, its quality,
// and whether a command selects. Numbers are float64.
func state(object asdu.Object) (value any, quality asdu.Quality, selects bool) {
	switch o := object.(type) {
	case asdu.SinglePoint:
		return o.Value, o.Quality, false
	case asdu.DoublePoint:
		return o.Value.String(), o.Quality, false
	case asdu.StepPosition:
		return float64(o.Value), o.Quality, false
	case asdu.BitString:
		return float64(o.Value), o.Quality, false
	case asdu.NormalizedValue:
		return o.Value.Float64(), o.Quality, false
	case asdu.PlainNormalizedValue:
		return o.Value.Float64(), 0, false
	case asdu.ScaledValue:
		return float64(o.Value), o.Quality, false
	case asdu.ShortFloat:
		return float64(o.Value), o.Quality, false
	case asdu.IntegratedTotal:
		if o.Value.Invalid {
			quality = asdu.Invalid
		}
		return float64(o.Value.Count), quality, false
	case asdu.ProtectionEvent:
		return o.Value.String(), o.Quality, false
	case asdu.ProtectionStart:
		return float64(o.Value), o.Quality, false
	case asdu.ProtectionOutput:
		return float64(o.Value), o.Quality, false
	case asdu.PackedSinglePoints:
		return float64(o.Status), o.Quality, false
	case asdu.SingleCommand:
		return o.Value, 0, o.Select
	case asdu.DoubleCommand:
		return o.Value.String(), 0, o.Select
	case asdu.StepCommand:
		return o.Value.String(), 0, o.Select
	case asdu.NormalizedSetpoint:
		return o.Value.Float64(), 0, o.Select
	case asdu.ScaledSetpoint:
		return float64(o.Value), 0, o.Select
	case asdu.FloatSetpoint:
		return float64(o.Value), 0, o.Select
	case asdu.BitStringCommand:
		return float64(o.Value), 0, false
	default:
		return systemState(object), 0, false
	}
}

// systemState returns the value of system information, parameters and files.
func systemState(object asdu.Object) any {
	switch o := object.(type) {
	case asdu.EndOfInitialization:
		return float64(o.Cause)
	case asdu.Interrogation:
		return float64(o.Qualifier)
	case asdu.CounterInterrogation:
		return float64(int(o.Request) | int(o.Freeze)<<6)
	case asdu.ResetProcess:
		return float64(o.Qualifier)
	case asdu.DelayAcquisition:
		return float64(o.Delay)
	case asdu.NormalizedParameter:
		return o.Value.Float64()
	case asdu.ScaledParameter:
		return float64(o.Value)
	case asdu.FloatParameter:
		return float64(o.Value)
	case asdu.ParameterActivation:
		return float64(o.Qualifier)
	case asdu.Raw:
		return hex.EncodeToString(o.Octets)
	default:
		return nil
	}
}
