package verdict

import (
	"fmt"
	"time"

	"stellwerk/iec104/apci"
	"stellwerk/internal/analyzer/dissect"
	"stellwerk/internal/capture/stream"
	"stellwerk/internal/finding"
)

// grace is what a capture may show of a timer beyond its value: the way of a
// telegram between a station and the place of the capture, and lazy clocks.
const grace = time.Second

// closing is how much earlier than t1 a side may seem to close the connection.
const closing = 100 * time.Millisecond

// slow remembers what has been reported of a side.
type slow struct {
	w, t2 bool
	// t1 tells that the oldest I frame without acknowledgement was reported,
	// number t1For.
	t1    bool
	t1For apci.Sequence
}

// frameTimes remembers when the latest I frames of a side were seen: as many as
// can reasonably be without acknowledgement.
type frameTimes struct {
	at     [64]int64
	number [64]apci.Sequence
}

func (f *frameTimes) sent(number apci.Sequence, at int64) {
	i := int(number) % len(f.at)
	f.at[i], f.number[i] = at, number
}

// of returns when a frame was seen, and whether that is known.
func (f *frameTimes) of(number apci.Sequence) (at int64, known bool) {
	i := int(number) % len(f.at)
	return f.at[i], f.at[i] != 0 && f.number[i] == number
}

func since(place *dissect.Place, at int64) time.Duration { return time.Duration(place.Time - at) }

func rounded(d time.Duration) time.Duration { return d.Round(time.Millisecond) }

// overdue tells of what has waited for an answer for longer than t1, although
// its sender closes the connection then (5.2).
func (l *Link) overdue(place *dissect.Place) {
	for d := range l.sides {
		l.waiting(place, stream.Direction(d), l.parameters.T1+grace)
	}
	l.commands.overdue(place, l.unconfirmed)
}

// waiting reports what a side has sent more than limit ago and got no answer to.
func (l *Link) waiting(place *dissect.Place, d stream.Direction, limit time.Duration) {
	s := &l.sides[d]
	for i, sent := range s.pending {
		if waited := since(place, sent); sent != 0 && waited > limit {
			s.pending[i] = 0
			l.found(place, finding.New(finding.T1Exceeded, activations[i], rounded(waited), l.parameters.T1))
		}
	}
	open, known := s.open()
	if !known || open == 0 || s.slow.t1 && s.slow.t1For == s.acked {
		return
	}
	sent, known := s.times.of(s.acked) // N(R) is the number of the first that it does not cover
	if waited := since(place, sent); known && waited > limit {
		s.slow.t1, s.slow.t1For = true, s.acked
		l.found(place, finding.New(finding.T1Exceeded, fmt.Sprintf("I N(S)=%d", s.acked), rounded(waited), l.parameters.T1))
	}
}

// unanswered tells, at the end of a direction, what its sender has waited for
// in vain: as a rule that is why the connection ends.
func (l *Link) unanswered(end *stream.End) {
	place := dissect.Place{Frame: end.Packet, Time: end.Time, Connection: end.Connection, Direction: end.Direction}
	limit := l.parameters.T1 + grace
	if end.Reason != stream.CaptureEnd {
		// Whoever closes the connection has waited for t1, not longer.
		limit = l.parameters.T1 - closing
	}
	l.waiting(&place, end.Direction, limit)
	l.sides[end.Direction] = side{}
	l.commands.end(&place, end.Reason, l.unconfirmed)
}

// silence judges t3: a side that hears nothing for so long sends TESTFR act.
// It is reported once for a connection.
func (l *Link) silence(place *dissect.Place) {
	waited := since(place, l.seen)
	if l.quiet || l.seen == 0 || waited <= l.parameters.T3+grace {
		return
	}
	l.quiet = true
	l.found(place, assumed(l.given.T3, finding.New(finding.T3Exceeded, rounded(waited), l.parameters.T3)))
}
