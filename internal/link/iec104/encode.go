package iec104

import (
	"fmt"
	"math"
	"strconv"

	proto "stellwerk/iec104"
	"stellwerk/iec104/asdu"
	"stellwerk/internal/point"
)

// encoder turns updates into ASDUs. It is safe for concurrent use.
type encoder struct {
	params *asdu.Params
	zone   proto.TimeZone
}

// encoded is an ASDU with the number of updates that it was made of.
type encoded struct {
	asdu    asdu.ASDU
	updates int
}

// item is an update with what it is to be sent as.
type item struct {
	update  *point.Update
	address address
	typ     asdu.TypeID
}

// item chooses type and address. An error names what cannot be sent.
func (e *encoder) item(u *point.Update, timed bool) (item, error) {
	a, err := parseAddress(e.params, u.ID.Address)
	if err != nil {
		return item{}, err
	}
	if u.Value.Kind() == point.None {
		u = withoutValue(u)
	}
	t := choose(monitored, u.Type, u.Value.Kind(), timed && u.Time.Known())
	switch {
	case t == 0:
		return item{}, fmt.Errorf("no type of process information carries a value of kind %s", u.Value.Kind())
	case t == asdu.M_ME_ND_1 && u.Quality != point.Good:
		return item{}, fmt.Errorf("%s has no quality descriptor, and the value is %s: it is withheld", t, u.Quality)
	}
	return item{update: u, address: a, typ: t}, nil
}

// withoutValue returns what stands for a point that never had a value, where its
// type is known: the zero of the type, which its quality says not to use.
func withoutValue(u *point.Update) *point.Update {
	t, _ := asdu.ParseTypeID(u.Type)
	family, _ := find(monitored, t)
	filled := *u
	switch family.shape.Kind {
	case point.Single:
		filled.Value = point.SingleValue(false)
	case point.Double:
		filled.Value = point.DoubleValue(point.Indeterminate)
	case point.Step:
		filled.Value = point.StepValue(0, false)
	case point.Bits:
		filled.Value = point.BitsValue(0)
	case point.Number:
		filled.Value = point.NumberValue(0)
	case point.Counter, point.None, point.Raw:
	}
	return &filled
}

// header returns what the ASDUs of a spontaneous transmission begin with.
func (i item) header() asdu.Header {
	return asdu.Header{
		Type: i.typ, Cause: outgoingCause(i.update.Cause, i.typ), Test: i.update.Test, CommonAddress: i.address.common,
	}
}

// outgoingCause returns the cause that an update is sent with. What answered an
// interrogation of ours is no answer to the control centre: it goes out as a
// background scan, or as spontaneous where a type has no such cause.
func outgoingCause(c point.Cause, t asdu.TypeID) asdu.Cause {
	cause := asdu.Cause(c)
	if c.Interrogated() || c == point.CauseRequested || c == point.CauseUnknown || c == point.CauseInitialized {
		cause = asdu.Background
	}
	if !t.Allows(cause) {
		return asdu.Spontaneous
	}
	return cause
}

// encode makes ASDUs of updates in their order; those that follow one another
// and agree in type, cause and station share one. What cannot be sent is handed to
// refused with the reason.
func (e *encoder) encode(updates []point.Update, refused func(*point.Update, error)) []encoded {
	var (
		result []encoded
		group  []item
	)
	flush := func() {
		if len(group) > 0 {
			result = append(result, e.group(group, group[0].header(), refused))
			group = group[:0]
		}
	}
	for i := range updates {
		u := &updates[i]
		if u.Telegram != nil {
			flush()
			a, err := e.untouched(u)
			if err != nil {
				refused(u, err)
			}
			result = append(result, encoded{asdu: a, updates: 1})
			continue
		}
		next, err := e.item(u, true)
		if err != nil {
			flush()
			refused(u, err)
			result = append(result, encoded{updates: 1})
			continue
		}
		if len(group) > 0 && (next.header() != group[0].header() || len(group) == e.params.Capacity(next.typ, false, asdu.MaxOctets)) {
			flush()
		}
		group = append(group, next)
	}
	flush()
	return result
}

// group makes one ASDU.
func (e *encoder) group(items []item, h asdu.Header, refused func(*point.Update, error)) encoded {
	a, err := e.build(items, h)
	if err != nil {
		for _, i := range items {
			refused(i.update, err)
		}
	}
	return encoded{asdu: a, updates: len(items)}
}

// build makes an ASDU of items of one type, which fit.
func (e *encoder) build(items []item, h asdu.Header) (asdu.ASDU, error) {
	switch items[0].typ {
	case asdu.M_SP_NA_1, asdu.M_SP_TA_1, asdu.M_SP_TB_1:
		return make104(e, items, h, func(i item, t asdu.Time) asdu.SinglePoint {
			return asdu.SinglePoint{Address: i.address.object, Value: i.update.Value.Single(), Quality: i.quality(), Time: t}
		})
	case asdu.M_DP_NA_1, asdu.M_DP_TA_1, asdu.M_DP_TB_1:
		return make104(e, items, h, func(i item, t asdu.Time) asdu.DoublePoint {
			return asdu.DoublePoint{Address: i.address.object, Value: asdu.DoublePointState(i.update.Value.Double()), Quality: i.quality(), Time: t}
		})
	case asdu.M_ST_NA_1, asdu.M_ST_TA_1, asdu.M_ST_TB_1:
		return make104(e, items, h, func(i item, t asdu.Time) asdu.StepPosition {
			position, transient := i.update.Value.Step()
			return asdu.StepPosition{Address: i.address.object, Value: int8(position), Transient: transient, Quality: i.quality(), Time: t}
		})
	case asdu.M_BO_NA_1, asdu.M_BO_TA_1, asdu.M_BO_TB_1:
		return make104(e, items, h, func(i item, t asdu.Time) asdu.BitString {
			return asdu.BitString{Address: i.address.object, Value: i.update.Value.Bits(), Quality: i.quality(), Time: t}
		})
	case asdu.M_ME_NA_1, asdu.M_ME_TA_1, asdu.M_ME_TD_1:
		return make104(e, items, h, func(i item, t asdu.Time) asdu.NormalizedValue {
			number, extra := fit(i, shapeNormalized)
			value, _ := asdu.NormalizedOf(number)
			return asdu.NormalizedValue{Address: i.address.object, Value: value, Quality: i.quality() | extra, Time: t}
		})
	case asdu.M_ME_ND_1:
		return make104(e, items, h, func(i item, _ asdu.Time) asdu.PlainNormalizedValue {
			number, _ := fit(i, shapeNormalized)
			value, _ := asdu.NormalizedOf(number)
			return asdu.PlainNormalizedValue{Address: i.address.object, Value: value}
		})
	case asdu.M_ME_NB_1, asdu.M_ME_TB_1, asdu.M_ME_TE_1:
		return make104(e, items, h, func(i item, t asdu.Time) asdu.ScaledValue {
			number, extra := fit(i, shapeScaled)
			return asdu.ScaledValue{Address: i.address.object, Value: int16(number), Quality: i.quality() | extra, Time: t}
		})
	case asdu.M_ME_NC_1, asdu.M_ME_TC_1, asdu.M_ME_TF_1:
		return make104(e, items, h, func(i item, t asdu.Time) asdu.ShortFloat {
			number, extra := fit(i, shapeFloat)
			return asdu.ShortFloat{Address: i.address.object, Value: float32(number), Quality: i.quality() | extra, Time: t}
		})
	default: // integrated totals: choose knows no other
		return make104(e, items, h, func(i item, t asdu.Time) asdu.IntegratedTotal {
			reading := i.update.Value.Counter()
			return asdu.IntegratedTotal{Address: i.address.object, Time: t, Value: asdu.Counter{
				Count: reading.Count, Sequence: reading.Sequence, Carry: reading.Carry, Adjusted: reading.Adjusted,
				// Counters have no other flag: what cannot be trusted is invalid.
				Invalid: i.update.Quality&(point.Invalid|point.NotTopical) != 0,
			}}
		})
	}
}

// make104 makes an ASDU of one family.
func make104[T asdu.Information[T]](e *encoder, items []item, h asdu.Header, object func(item, asdu.Time) T) (asdu.ASDU, error) {
	kind := timeKind(h.Type)
	list := make([]T, len(items))
	for n, i := range items {
		list[n] = object(i, asduTime(i.update.Time, kind, e.zone))
	}
	return asdu.New(e.params, h, list...)
}

// timeKind returns the time tag of a type of process information.
func timeKind(t asdu.TypeID) asdu.TimeKind {
	v, _ := find(monitored, t)
	switch t {
	case v.cp24:
		return asdu.TimeCP24
	case v.cp56:
		return asdu.TimeCP56
	default:
		return asdu.TimeNone
	}
}

func (i item) quality() asdu.Quality { return asduQuality(i.update.Quality) }

// fit brings a number into the range of a type; routes have done so where they
// knew the type.
func fit(i item, shape point.Shape) (float64, asdu.Quality) {
	value, flags := shape.Fit(i.update.Value)
	number := value.Number()
	if math.IsNaN(number) && shape.Step != 0 {
		number = 0
	}
	return number, asduQuality(flags)
}

// untouched makes an ASDU of a telegram that travels untouched, with the common
// address that it is routed to.
func (e *encoder) untouched(u *point.Update) (asdu.ASDU, error) {
	if u.Telegram.Protocol != Protocol {
		return asdu.ASDU{}, fmt.Errorf("a telegram of %s cannot be sent over %s", u.Telegram.Protocol, Protocol)
	}
	common, err := parseCommonAddress(e.params, u.ID.Address)
	if err != nil {
		return asdu.ASDU{}, err
	}
	a, err := (*asdu.Params)(nil).Decode(u.Telegram.Raw)
	if err != nil {
		return asdu.ASDU{}, err
	}
	a.CommonAddress = common
	return a.WithParams(e.params)
}

// commonText returns the text of a common address.
func commonText(a asdu.CommonAddress) string { return strconv.Itoa(int(a)) }
