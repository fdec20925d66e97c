package capture

import (
	"math"
	"math/bits"
)

// timeUnit is the resolution of time stamps (pcapng option if_tsresol) and
// what is to be added to them (if_tsoffset).
type timeUnit struct {
	perSecond uint64 // stamps in a second; 0 is a resolution finer than 64 bits hold
	offset    int64  // seconds
}

var (
	microseconds = timeUnit{perSecond: 1e6}
	nanoseconds  = timeUnit{perSecond: 1e9}
)

// newTimeUnit reads the octet of if_tsresol: a negative power of ten, or of
// two when the highest bit is set.
func newTimeUnit(resolution byte) timeUnit {
	exponent := int(resolution & 0x7f)
	if resolution&0x80 != 0 {
		if exponent > 63 {
			return timeUnit{}
		}
		return timeUnit{perSecond: 1 << exponent}
	}
	if exponent > 19 {
		return timeUnit{}
	}
	unit := timeUnit{perSecond: 1}
	for range exponent {
		unit.perSecond *= 10
	}
	return unit
}

// nanoseconds turns a time stamp into nanoseconds since 1970, and stops at the
// ends of what 64 bits express.
func (u timeUnit) nanoseconds(stamp uint64) int64 {
	const second = 1_000_000_000
	var since uint64
	switch u.perSecond {
	case 0: // all stamps lie within two seconds of 1970: nothing to convert
	case 1e9:
		since = stamp
	case 1e6:
		high, low := bits.Mul64(stamp, 1000)
		since = low
		if high != 0 {
			since = math.MaxUint64
		}
	default:
		high, low := bits.Mul64(stamp, second)
		if high >= u.perSecond {
			since = math.MaxUint64
		} else {
			since, _ = bits.Div64(high, low, u.perSecond)
		}
	}
	result := int64(math.MaxInt64)
	if since < math.MaxInt64 {
		result = int64(since)
	}
	if u.offset == 0 {
		return result
	}
	high, low := bits.Mul64(uint64(max(u.offset, -u.offset)), second)
	if high != 0 || low > math.MaxInt64 || u.offset == math.MinInt64 {
		if u.offset < 0 {
			return math.MinInt64
		}
		return math.MaxInt64
	}
	if u.offset < 0 {
		return result - int64(low) // both are positive: no overflow
	}
	if result > math.MaxInt64-int64(low) {
		return math.MaxInt64
	}
	return result + int64(low)
}
