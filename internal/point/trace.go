package point

import (
	"strconv"
	"sync/atomic"
)

// Trace is the number of a telegram within this house. 0 means that there is
// none: the update arose here, as when a link is lost.
type Trace uint64

// String gives "#" and the number.
func (t Trace) String() string { return "#" + strconv.FormatUint(uint64(t), 10) }

// Traces gives trace numbers out: each once, in rising order. The zero value is
// ready and begins with 1. There is one in a running program. It may be used by
// several goroutines at the same time.
type Traces struct {
	last atomic.Uint64
}

// Next gives the next number.
func (t *Traces) Next() Trace { return Trace(t.last.Add(1)) }

// After makes all later numbers greater than last. A program that kept traces
// from an earlier run calls it before the first Next, so that no number is given
// twice.
func (t *Traces) After(last Trace) {
	for {
		current := t.last.Load()
		if current >= uint64(last) || t.last.CompareAndSwap(current, uint64(last)) {
			return
		}
	}
}
