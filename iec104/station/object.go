package station

import (
	"fmt"
	"math"
	"reflect"

	"stellwerk/iec104/asdu"
)

// family is what a point is, whatever its time tag.
type family uint8

const (
	noFamily family = iota
	singlePoint
	doublePoint
	stepPosition
	bitString
	normalizedValue
	plainNormalizedValue
	scaledValue
	shortFloat
	packedSinglePoints
	integratedTotal
	protectionEvent
	protectionStart
	protectionOutput
)

// form is how a point is sent.
type form struct {
	family family
	plain  asdu.TypeID // without time tag, for interrogations and cycles; 0 where there is none
	event  asdu.TypeID // for events
}

// formOf returns the form of a point of the given type.
func formOf(t asdu.TypeID) form {
	switch t {
	case asdu.M_SP_NA_1, asdu.M_SP_TA_1, asdu.M_SP_TB_1:
		return form{singlePoint, asdu.M_SP_NA_1, t}
	case asdu.M_DP_NA_1, asdu.M_DP_TA_1, asdu.M_DP_TB_1:
		return form{doublePoint, asdu.M_DP_NA_1, t}
	case asdu.M_ST_NA_1, asdu.M_ST_TA_1, asdu.M_ST_TB_1:
		return form{stepPosition, asdu.M_ST_NA_1, t}
	case asdu.M_BO_NA_1, asdu.M_BO_TA_1, asdu.M_BO_TB_1:
		return form{bitString, asdu.M_BO_NA_1, t}
	case asdu.M_ME_NA_1, asdu.M_ME_TA_1, asdu.M_ME_TD_1:
		return form{normalizedValue, asdu.M_ME_NA_1, t}
	case asdu.M_ME_NB_1, asdu.M_ME_TB_1, asdu.M_ME_TE_1:
		return form{scaledValue, asdu.M_ME_NB_1, t}
	case asdu.M_ME_NC_1, asdu.M_ME_TC_1, asdu.M_ME_TF_1:
		return form{shortFloat, asdu.M_ME_NC_1, t}
	case asdu.M_ME_ND_1:
		return form{plainNormalizedValue, t, t}
	case asdu.M_PS_NA_1:
		return form{packedSinglePoints, t, t}
	case asdu.M_IT_NA_1, asdu.M_IT_TA_1, asdu.M_IT_TB_1:
		return form{integratedTotal, 0, t}
	case asdu.M_EP_TA_1, asdu.M_EP_TD_1:
		return form{protectionEvent, 0, t}
	case asdu.M_EP_TB_1, asdu.M_EP_TE_1:
		return form{protectionStart, 0, t}
	case asdu.M_EP_TC_1, asdu.M_EP_TF_1:
		return form{protectionOutput, 0, t}
	default:
		return form{}
	}
}

// familyOf returns the family of an object.
func familyOf(o asdu.Object) family {
	switch o.(type) {
	case asdu.SinglePoint:
		return singlePoint
	case asdu.DoublePoint:
		return doublePoint
	case asdu.StepPosition:
		return stepPosition
	case asdu.BitString:
		return bitString
	case asdu.NormalizedValue:
		return normalizedValue
	case asdu.PlainNormalizedValue:
		return plainNormalizedValue
	case asdu.ScaledValue:
		return scaledValue
	case asdu.ShortFloat:
		return shortFloat
	case asdu.PackedSinglePoints:
		return packedSinglePoints
	case asdu.IntegratedTotal:
		return integratedTotal
	case asdu.ProtectionEvent:
		return protectionEvent
	case asdu.ProtectionStart:
		return protectionStart
	case asdu.ProtectionOutput:
		return protectionOutput
	default:
		return noFamily
	}
}

// measured reports whether the family is a measured value.
func (f family) measured() bool {
	return f == normalizedValue || f == plainNormalizedValue || f == scaledValue || f == shortFloat
}

// event reports whether the family is one of events that have no state.
func (f family) event() bool { return f >= protectionEvent }

// withTime returns an object with a time tag, where its family has one.
func withTime(o asdu.Object, t asdu.Time) asdu.Object {
	switch o := o.(type) {
	case asdu.SinglePoint:
		o.Time = t
		return o
	case asdu.DoublePoint:
		o.Time = t
		return o
	case asdu.StepPosition:
		o.Time = t
		return o
	case asdu.BitString:
		o.Time = t
		return o
	case asdu.NormalizedValue:
		o.Time = t
		return o
	case asdu.ScaledValue:
		o.Time = t
		return o
	case asdu.ShortFloat:
		o.Time = t
		return o
	case asdu.IntegratedTotal:
		o.Time = t
		return o
	case asdu.ProtectionEvent:
		o.Time = t
		return o
	case asdu.ProtectionStart:
		o.Time = t
		return o
	case asdu.ProtectionOutput:
		o.Time = t
		return o
	default:
		return o
	}
}

// withQuality returns an object with a quality. Of integrated totals only
// invalid is kept; values without quality stay as they are.
func withQuality(o asdu.Object, q asdu.Quality) asdu.Object {
	switch o := o.(type) {
	case asdu.SinglePoint:
		o.Quality = q
		return o
	case asdu.DoublePoint:
		o.Quality = q
		return o
	case asdu.StepPosition:
		o.Quality = q
		return o
	case asdu.BitString:
		o.Quality = q
		return o
	case asdu.NormalizedValue:
		o.Quality = q
		return o
	case asdu.ScaledValue:
		o.Quality = q
		return o
	case asdu.ShortFloat:
		o.Quality = q
		return o
	case asdu.PackedSinglePoints:
		o.Quality = q
		return o
	case asdu.IntegratedTotal:
		o.Value.Invalid = q&asdu.Invalid != 0
		return o
	case asdu.ProtectionEvent:
		o.Quality = q
		return o
	case asdu.ProtectionStart:
		o.Quality = q
		return o
	case asdu.ProtectionOutput:
		o.Quality = q
		return o
	default:
		return o
	}
}

// qualityOf returns the quality of an object.
func qualityOf(o asdu.Object) asdu.Quality {
	switch o := o.(type) {
	case asdu.SinglePoint:
		return o.Quality
	case asdu.DoublePoint:
		return o.Quality
	case asdu.StepPosition:
		return o.Quality
	case asdu.BitString:
		return o.Quality
	case asdu.NormalizedValue:
		return o.Quality
	case asdu.ScaledValue:
		return o.Quality
	case asdu.ShortFloat:
		return o.Quality
	case asdu.PackedSinglePoints:
		return o.Quality
	default:
		return 0
	}
}

// numberOf returns the number that a measured value shows.
func numberOf(o asdu.Object) float64 {
	switch o := o.(type) {
	case asdu.NormalizedValue:
		return o.Value.Float64()
	case asdu.PlainNormalizedValue:
		return o.Value.Float64()
	case asdu.ScaledValue:
		return float64(o.Value)
	case asdu.ShortFloat:
		return float64(o.Value)
	default:
		return 0
	}
}

// withNumber returns a measured value with another number, limited to its
// range, in which case the quality says overflow.
func withNumber(o asdu.Object, number float64) asdu.Object {
	switch o := o.(type) {
	case asdu.NormalizedValue:
		value, fits := asdu.NormalizedOf(number)
		o.Value, o.Quality = value, o.Quality|overflow(!fits)
		return o
	case asdu.PlainNormalizedValue:
		o.Value, _ = asdu.NormalizedOf(number)
		return o
	case asdu.ScaledValue:
		rounded := math.Round(number)
		fits := rounded >= math.MinInt16 && rounded <= math.MaxInt16
		o.Value, o.Quality = int16(max(math.MinInt16, min(math.MaxInt16, rounded))), o.Quality|overflow(!fits)
		return o
	case asdu.ShortFloat:
		o.Value = float32(number)
		if fits := !math.IsInf(float64(o.Value), 0) || math.IsInf(number, 0); !fits {
			o.Value = float32(math.Copysign(math.MaxFloat32, number))
			o.Quality |= asdu.Overflow
		}
		return o
	default:
		return o
	}
}

func overflow(is bool) asdu.Quality {
	if is {
		return asdu.Overflow
	}
	return 0
}

// objectOf makes the object of a point from a Go value.
func objectOf(f family, address asdu.ObjectAddress, value any) (asdu.Object, error) {
	number, ok := toNumber(value)
	if !ok {
		return nil, fmt.Errorf("%T is no value of a point", value)
	}
	whole := func(low, high float64) error {
		if number != math.Trunc(number) || number < low || number > high {
			return fmt.Errorf("%v: must be a whole number from %.0f to %.0f", value, low, high)
		}
		return nil
	}
	if on, isBool := value.(bool); isBool && (f == doublePoint || f == protectionEvent) {
		number = float64(asdu.Off)
		if on {
			number = float64(asdu.On)
		}
	}
	switch f {
	case singlePoint:
		return asdu.SinglePoint{Address: address, Value: number != 0}, whole(0, 1)
	case doublePoint:
		return asdu.DoublePoint{Address: address, Value: asdu.DoublePointState(number)}, whole(0, 3)
	case stepPosition:
		return asdu.StepPosition{Address: address, Value: int8(number)}, whole(-64, 63)
	case bitString:
		return asdu.BitString{Address: address, Value: uint32(number)}, whole(0, math.MaxUint32)
	case packedSinglePoints:
		return asdu.PackedSinglePoints{Address: address, Status: uint16(number)}, whole(0, math.MaxUint16)
	case integratedTotal:
		return asdu.IntegratedTotal{Address: address, Value: asdu.Counter{Count: int32(number)}}, whole(math.MinInt32, math.MaxInt32)
	case protectionEvent:
		return asdu.ProtectionEvent{Address: address, Value: asdu.DoublePointState(number)}, whole(0, 3)
	case protectionStart:
		return asdu.ProtectionStart{Address: address, Value: asdu.StartEvents(number)}, whole(0, 0x3f)
	case protectionOutput:
		return asdu.ProtectionOutput{Address: address, Value: asdu.OutputCircuits(number)}, whole(0, 0xf)
	case shortFloat:
		return withNumber(asdu.ShortFloat{Address: address}, number), nil
	default: // measured values with a range
		if math.IsNaN(number) {
			return nil, fmt.Errorf("%v: not a number, which only short floating point numbers can be", value)
		}
		switch f {
		case normalizedValue:
			return withNumber(asdu.NormalizedValue{Address: address}, number), nil
		case plainNormalizedValue:
			return withNumber(asdu.PlainNormalizedValue{Address: address}, number), nil
		default:
			return withNumber(asdu.ScaledValue{Address: address}, number), nil
		}
	}
}

// toNumber returns the number of a Go value: false and true are 0 and 1,
// normalized values are what they stand for.
func toNumber(value any) (float64, bool) {
	if n, ok := value.(asdu.Normalized); ok {
		return n.Float64(), true
	}
	v := reflect.ValueOf(value)
	switch {
	case !v.IsValid():
		return 0, false
	case v.Kind() == reflect.Bool:
		if v.Bool() {
			return 1, true
		}
		return 0, true
	case v.CanInt():
		return float64(v.Int()), true
	case v.CanUint():
		return float64(v.Uint()), true
	case v.CanFloat():
		return v.Float(), true
	default:
		return 0, false
	}
}

// telegram makes an ASDU of objects of one family.
func telegram(p *asdu.Params, h asdu.Header, objects ...asdu.Object) (asdu.ASDU, error) {
	switch familyOf(objects[0]) {
	case singlePoint:
		return telegramOf[asdu.SinglePoint](p, h, objects)
	case doublePoint:
		return telegramOf[asdu.DoublePoint](p, h, objects)
	case stepPosition:
		return telegramOf[asdu.StepPosition](p, h, objects)
	case bitString:
		return telegramOf[asdu.BitString](p, h, objects)
	case normalizedValue:
		return telegramOf[asdu.NormalizedValue](p, h, objects)
	case plainNormalizedValue:
		return telegramOf[asdu.PlainNormalizedValue](p, h, objects)
	case scaledValue:
		return telegramOf[asdu.ScaledValue](p, h, objects)
	case shortFloat:
		return telegramOf[asdu.ShortFloat](p, h, objects)
	case packedSinglePoints:
		return telegramOf[asdu.PackedSinglePoints](p, h, objects)
	case integratedTotal:
		return telegramOf[asdu.IntegratedTotal](p, h, objects)
	case protectionEvent:
		return telegramOf[asdu.ProtectionEvent](p, h, objects)
	case protectionStart:
		return telegramOf[asdu.ProtectionStart](p, h, objects)
	case protectionOutput:
		return telegramOf[asdu.ProtectionOutput](p, h, objects)
	default:
		return asdu.ASDU{}, fmt.Errorf("%T is no process information in monitoring direction", objects[0])
	}
}

func telegramOf[T asdu.Information[T]](p *asdu.Params, h asdu.Header, objects []asdu.Object) (asdu.ASDU, error) {
	list := make([]T, len(objects))
	for i, object := range objects {
		o, ok := object.(T)
		if !ok {
			return asdu.ASDU{}, fmt.Errorf("%T among objects of %s", object, h.Type)
		}
		list[i] = o
	}
	return asdu.New(p, h, list...)
}
