package verdict

import (
	"stellwerk/iec104/apci"
	"stellwerk/internal/analyzer/dissect"
	"stellwerk/internal/finding"
)

// half of the sequence numbers: what is further ahead counts as behind.
const half = apci.Modulus / 2

// send judges N(S) and the window of unacknowledged frames.
func (l *Link) send(place *dissect.Place, number apci.Sequence) {
	sender := &l.sides[place.Direction]
	if sender.known && number != sender.next {
		switch {
		case sender.next == 0 && l.whole:
			l.found(place, finding.New(finding.SendNotZero, number))
		case sender.next.Since(number) <= half:
			l.found(place, finding.New(finding.SendRepeated, number, sender.next))
		default:
			l.found(place, finding.New(finding.SendSequence, number, sender.next))
		}
		// The window cannot be told any more.
		sender.ackKnown, sender.over = false, false
	}
	sender.known, sender.next = true, number.Next()
	sender.times.sent(number, place.Time)
	if open, known := sender.open(); known {
		if open > l.parameters.K && !sender.over {
			l.found(place, finding.New(finding.KExceeded, open, l.parameters.K))
		}
		sender.over = open > l.parameters.K
	}
}

// acknowledge judges N(R), which counts frames of the other side.
func (l *Link) acknowledge(place *dissect.Place, number apci.Sequence) {
	of := &l.sides[1-place.Direction]
	if ahead := number.Since(of.next); of.known && ahead > 0 && ahead <= half {
		l.found(place, finding.New(finding.ReceiveAhead, number, of.next.Add(-1)))
		of.ackKnown = false
		return
	}
	if _, known := of.open(); known {
		step := number.Since(of.acked)
		if step > half {
			l.found(place, finding.New(finding.ReceiveBehind, number, of.acked))
			return
		}
		if step > 0 {
			l.late(place, of, step)
		}
	}
	of.acked, of.ackKnown = number, true
	if open, known := of.open(); known && open <= l.parameters.K {
		of.over = false
	}
}

// late judges when an acknowledgement comes: after w frames at the latest, and
// after t2 where no more follow. Each is reported once for a side.
func (l *Link) late(place *dissect.Place, of *side, step int) {
	acknowledger := &l.sides[place.Direction]
	if step > l.parameters.W && !acknowledger.slow.w {
		acknowledger.slow.w = true
		l.found(place, assumed(l.given.W, finding.New(finding.WExceeded, step, l.parameters.W)))
	}
	last, known := of.times.of(of.next.Add(-1))
	if waited := since(place, last); known && waited > l.parameters.T2+grace && !acknowledger.slow.t2 {
		acknowledger.slow.t2 = true
		l.found(place, assumed(l.given.T2, finding.New(finding.T2Exceeded, rounded(waited), l.parameters.T2)))
	}
}
