package iec104

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"stellwerk/iec104/asdu"
)

// Point is one object of process information as it was received, without loss.
type Point struct {
	Station    asdu.CommonAddress
	Address    asdu.ObjectAddress
	Type       asdu.TypeID
	Cause      asdu.Cause
	Negative   bool // P/N
	Test       bool // T: the process is not concerned
	Originator uint8
	Value      Value
	// Quality has the flags of the descriptor. Integrated totals have Invalid
	// at most, and M_ME_ND_1 has none.
	Quality asdu.Quality
	// Tag is the time tag as it was sent, with its flags; zero for none.
	Tag asdu.Time
	// Time is the instant of the tag, as [TimeZone.Instant] reads it; the zero
	// time where there is no tag or no clock shows it. Tag.Invalid tells
	// whether the station's clock was right.
	Time time.Time
	// Received is when it was received.
	Received time.Time
}

// ValueKind says what a [Value] is.
type ValueKind uint8

// The kinds, one for each family of process information.
const (
	NoValue               ValueKind = iota
	SingleValue                     // M_SP: Bool
	DoubleValue                     // M_DP: Double
	StepValue                       // M_ST: Step
	BitStringValue                  // M_BO: Bits
	NormalizedValue                 // M_ME_NA, TA, TD, ND: Float64, Int
	ScaledValue                     // M_ME_NB, TB, TE: Float64, Int
	FloatValue                      // M_ME_NC, TC, TF: Float64
	CounterValue                    // M_IT: Counter
	PackedValue                     // M_PS: Packed
	ProtectionEventValue            // M_EP_TA, TD: Double, Elapsed
	ProtectionStartValue            // M_EP_TB, TE: Bits as asdu.StartEvents, Elapsed
	ProtectionOutputValue           // M_EP_TC, TF: Bits as asdu.OutputCircuits, Elapsed
)

// Value is the value of a point. It needs no memory of its own; values can be
// compared with ==, floats by their bits. What does not fit the kind returns
// zero.
type Value struct {
	bits uint64
	kind ValueKind
}

// Kind says what the value is.
func (v Value) Kind() ValueKind { return v.kind }

// Bool returns the state of a single point.
func (v Value) Bool() bool { return v.kind == SingleValue && v.bits != 0 }

// Double returns the state of a double point or of a protection event.
func (v Value) Double() asdu.DoublePointState {
	if v.kind != DoubleValue && v.kind != ProtectionEventValue {
		return 0
	}
	return asdu.DoublePointState(v.bits & 3)
}

// Step returns a step position, -64 to 63, and whether it is transient.
func (v Value) Step() (position int, transient bool) {
	if v.kind != StepValue {
		return 0, false
	}
	return int(int8(v.bits)), v.bits>>8&1 == 1
}

// Bits returns a bit string, or the events or circuits of protection equipment.
func (v Value) Bits() uint32 {
	switch v.kind {
	case BitStringValue:
		return uint32(v.bits)
	case ProtectionStartValue, ProtectionOutputValue:
		return uint32(v.bits & 0xff)
	default:
		return 0
	}
}

// Int returns what the telegram has for a normalized or scaled value, and the
// count of a counter.
func (v Value) Int() int32 {
	switch v.kind {
	case NormalizedValue, ScaledValue:
		return int32(int16(v.bits))
	case CounterValue:
		return int32(v.bits)
	default:
		return 0
	}
}

// Float64 returns a measured value, normalized ones within [-1, 1), without
// loss.
func (v Value) Float64() float64 {
	switch v.kind {
	case NormalizedValue:
		return asdu.Normalized(int16(v.bits)).Float64()
	case ScaledValue:
		return float64(int16(v.bits))
	case FloatValue:
		return float64(math.Float32frombits(uint32(v.bits)))
	default:
		return 0
	}
}

// Counter returns an integrated total.
func (v Value) Counter() asdu.Counter {
	if v.kind != CounterValue {
		return asdu.Counter{}
	}
	return asdu.Counter{
		Count: int32(v.bits), Sequence: uint8(v.bits >> 32),
		Carry: v.bits>>40&1 == 1, Adjusted: v.bits>>41&1 == 1, Invalid: v.bits>>42&1 == 1,
	}
}

// Packed returns 16 single points, and which of them have changed.
func (v Value) Packed() (status, changed uint16) {
	if v.kind != PackedValue {
		return 0, 0
	}
	return uint16(v.bits), uint16(v.bits >> 16)
}

// Elapsed returns the duration or operating time of protection equipment.
func (v Value) Elapsed() asdu.ElapsedTime {
	switch v.kind {
	case ProtectionEventValue, ProtectionStartValue, ProtectionOutputValue:
		return asdu.ElapsedTime(v.bits >> 8)
	default:
		return 0
	}
}

// String returns the value as people read it.
func (v Value) String() string {
	switch v.kind {
	case SingleValue:
		return strconv.FormatBool(v.Bool())
	case DoubleValue:
		return v.Double().String()
	case StepValue:
		position, transient := v.Step()
		if transient {
			return strconv.Itoa(position) + " transient"
		}
		return strconv.Itoa(position)
	case BitStringValue:
		return fmt.Sprintf("%#08x", v.Bits())
	case ScaledValue, CounterValue:
		return strconv.Itoa(int(v.Int()))
	case NormalizedValue:
		return strconv.FormatFloat(v.Float64(), 'g', -1, 64)
	case FloatValue:
		return strconv.FormatFloat(v.Float64(), 'g', -1, 32)
	case PackedValue:
		status, changed := v.Packed()
		return fmt.Sprintf("%016b changed %016b", status, changed)
	case ProtectionEventValue:
		return fmt.Sprintf("%s after %v", v.Double(), v.Elapsed().Duration())
	case ProtectionStartValue, ProtectionOutputValue:
		return fmt.Sprintf("%#02x after %v", v.Bits(), v.Elapsed().Duration())
	default:
		return ""
	}
}

// AppendPoints appends the points of a received ASDU to dst and returns the
// longer slice. It takes all process information in monitoring direction, types
// 1 to 40; of other types it returns dst as it was. It does not allocate where
// dst has room. It is what a handler calls, where no goroutine may lie between
// the wire and the points; elsewhere [Client.Points] is more comfortable.
func AppendPoints(dst []Point, a asdu.ASDU, zone TimeZone, received time.Time) []Point {
	p := Point{
		Station: a.CommonAddress, Type: a.Type, Cause: a.Cause, Negative: a.Negative, Test: a.Test,
		Originator: a.Originator, Received: received,
	}
	add := func(address asdu.ObjectAddress, kind ValueKind, bits uint64, q asdu.Quality, tag asdu.Time) {
		p.Address, p.Value, p.Quality, p.Tag, p.Time = address, Value{bits, kind}, q, tag, time.Time{}
		if !tag.IsZero() {
			p.Time, _ = zone.Instant(tag, received) // the tag shows what is wrong
		}
		dst = append(dst, p)
	}
	switch a.Type { //nolint:exhaustive // the other directions are no points
	case asdu.M_SP_NA_1, asdu.M_SP_TA_1, asdu.M_SP_TB_1:
		for o, err := range asdu.All[asdu.SinglePoint](a) {
			if err == nil {
				add(o.Address, SingleValue, bit(o.Value, 0), o.Quality, o.Time)
			}
		}
	case asdu.M_DP_NA_1, asdu.M_DP_TA_1, asdu.M_DP_TB_1:
		for o, err := range asdu.All[asdu.DoublePoint](a) {
			if err == nil {
				add(o.Address, DoubleValue, uint64(o.Value), o.Quality, o.Time)
			}
		}
	case asdu.M_ST_NA_1, asdu.M_ST_TA_1, asdu.M_ST_TB_1:
		for o, err := range asdu.All[asdu.StepPosition](a) {
			if err == nil {
				add(o.Address, StepValue, uint64(uint8(o.Value))|bit(o.Transient, 8), o.Quality, o.Time)
			}
		}
	case asdu.M_BO_NA_1, asdu.M_BO_TA_1, asdu.M_BO_TB_1:
		for o, err := range asdu.All[asdu.BitString](a) {
			if err == nil {
				add(o.Address, BitStringValue, uint64(o.Value), o.Quality, o.Time)
			}
		}
	case asdu.M_ME_NA_1, asdu.M_ME_TA_1, asdu.M_ME_TD_1:
		for o, err := range asdu.All[asdu.NormalizedValue](a) {
			if err == nil {
				add(o.Address, NormalizedValue, uint64(uint16(o.Value)), o.Quality, o.Time)
			}
		}
	case asdu.M_ME_ND_1:
		for o, err := range asdu.All[asdu.PlainNormalizedValue](a) {
			if err == nil {
				add(o.Address, NormalizedValue, uint64(uint16(o.Value)), 0, 0)
			}
		}
	case asdu.M_ME_NB_1, asdu.M_ME_TB_1, asdu.M_ME_TE_1:
		for o, err := range asdu.All[asdu.ScaledValue](a) {
			if err == nil {
				add(o.Address, ScaledValue, uint64(uint16(o.Value)), o.Quality, o.Time)
			}
		}
	case asdu.M_ME_NC_1, asdu.M_ME_TC_1, asdu.M_ME_TF_1:
		for o, err := range asdu.All[asdu.ShortFloat](a) {
			if err == nil {
				add(o.Address, FloatValue, uint64(math.Float32bits(o.Value)), o.Quality, o.Time)
			}
		}
	case asdu.M_IT_NA_1, asdu.M_IT_TA_1, asdu.M_IT_TB_1:
		for o, err := range asdu.All[asdu.IntegratedTotal](a) {
			if err != nil {
				continue
			}
			c := o.Value
			var q asdu.Quality
			if c.Invalid {
				q = asdu.Invalid
			}
			add(o.Address, CounterValue, uint64(uint32(c.Count))|uint64(c.Sequence)<<32|bit(c.Carry, 40)|bit(c.Adjusted, 41)|bit(c.Invalid, 42), q, o.Time)
		}
	case asdu.M_PS_NA_1:
		for o, err := range asdu.All[asdu.PackedSinglePoints](a) {
			if err == nil {
				add(o.Address, PackedValue, uint64(o.Status)|uint64(o.Changed)<<16, o.Quality, 0)
			}
		}
	case asdu.M_EP_TA_1, asdu.M_EP_TD_1:
		for o, err := range asdu.All[asdu.ProtectionEvent](a) {
			if err == nil {
				add(o.Address, ProtectionEventValue, uint64(o.Value)|uint64(o.Elapsed)<<8, o.Quality, o.Time)
			}
		}
	case asdu.M_EP_TB_1, asdu.M_EP_TE_1:
		for o, err := range asdu.All[asdu.ProtectionStart](a) {
			if err == nil {
				add(o.Address, ProtectionStartValue, uint64(o.Value)|uint64(o.Duration)<<8, o.Quality, o.Time)
			}
		}
	case asdu.M_EP_TC_1, asdu.M_EP_TF_1:
		for o, err := range asdu.All[asdu.ProtectionOutput](a) {
			if err == nil {
				add(o.Address, ProtectionOutputValue, uint64(o.Value)|uint64(o.Operating)<<8, o.Quality, o.Time)
			}
		}
	}
	return dst
}

// bit returns a flag at its place.
func bit(set bool, place int) uint64 {
	if set {
		return 1 << place
	}
	return 0
}
