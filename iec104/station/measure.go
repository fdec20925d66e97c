package station

import (
	"math"

	"stellwerk/iec104/asdu"
)

// smooth lets a measured value follow the one that was set. It goes on from the
// value before that was rounded: a scaled value would stop short of its aim
// otherwise.
func (p *point) smooth(o asdu.Object) asdu.Object {
	if factor := p.active.Smoothing; factor > 0 {
		before, now := numberOf(p.object), numberOf(o)
		if numberOf(withNumber(p.object, p.exact)) == before {
			before = p.exact
		}
		if !math.IsNaN(before) && !math.IsInf(before, 0) {
			p.exact = before*factor + now*(1-factor)
			return withNumber(o, p.exact)
		}
	}
	p.exact = numberOf(o)
	return o
}

// noteworthy reports whether a measured value is to be sent: it is further than
// the threshold from the one sent last, it crossed a limit, or the quality is
// another one.
func (p *point) noteworthy(o asdu.Object) bool {
	before, now := p.sent, numberOf(o)
	switch {
	case qualityOf(p.object) != qualityOf(o):
		return true
	case math.IsNaN(before) || math.IsNaN(now):
		return math.IsNaN(before) != math.IsNaN(now)
	case before == now:
		return false
	case beyond(p.active.Low, p.active.High, before) != beyond(p.active.Low, p.active.High, now):
		return true
	default:
		return math.Abs(now-before) >= p.active.Threshold
	}
}

// beyond returns -1 for a number below the low limit, 1 for one above the high
// limit, and 0 for one between them.
func beyond(low, high *float64, number float64) int {
	switch {
	case low != nil && number < *low:
		return -1
	case high != nil && number > *high:
		return 1
	default:
		return 0
	}
}
