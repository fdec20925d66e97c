package verdict

import (
	"stellwerk/iec104/apci"
	"stellwerk/internal/analyzer/dissect"
	"stellwerk/internal/analyzer/dissect/iec104"
	"stellwerk/internal/capture/stream"
	"stellwerk/internal/finding"
)

// Link judges one connection. It implements iec104.Judge. It is not safe for
// concurrent use.
type Link struct {
	given      Parameters
	parameters Parameters // without zeros
	report     func(*dissect.Line)

	// whole tells that nothing of the connection is missing so far, from its
	// opening on: numbers began at 0, and every activation was seen.
	whole    bool
	transfer transfer
	sides    [2]side
	seen     int64 // when the last APDU was seen, of either side; 0 before it
	quiet    bool  // t3 has been reported
	commands Commands
	types101 [256]bool // reported
	line     dissect.Line
}

// side is what is known of the sender of one direction.
type side struct {
	known    bool          // next is known
	next     apci.Sequence // N(S) expected next
	ackKnown bool          // acked is known
	acked    apci.Sequence // the last N(R) of the other side
	over     bool          // k is exceeded and was reported
	times    frameTimes
	pending  [len(activations)]int64 // when an activation was sent that waits for its confirmation; 0 is none
	slow     slow
}

// open returns how many I frames of the side are not acknowledged, and whether
// that is known.
func (s *side) open() (frames int, known bool) {
	return s.next.Since(s.acked), s.known && s.ackKnown
}

// NewLink returns a judge that hands its findings to report.
func NewLink(connection *stream.Connection, parameters Parameters, report func(*dissect.Line)) *Link {
	l := &Link{
		given: parameters, parameters: parameters.withDefaults(), report: report,
		whole: connection.Opened,
	}
	for i := range l.sides {
		l.sides[i].known = l.whole
		l.sides[i].ackKnown = l.whole
	}
	if l.whole {
		l.transfer.state = stopped
	}
	return l
}

// Unreadable tells that octets are missing, or are no APDU: what the stations
// know of each other is unknown from here on, until they say it again.
func (l *Link) Unreadable() {
	l.whole = false
	l.transfer.state = unknown
	l.seen = 0
	for i := range l.sides {
		l.sides[i] = side{slow: l.sides[i].slow}
	}
}

// Telegram judges one APDU.
func (l *Link) Telegram(place *dissect.Place, t *iec104.Telegram) {
	l.overdue(place)
	l.silence(place)
	if t.APDU.Reserved {
		l.found(place, finding.New(finding.ReservedControl))
	}
	switch t.APDU.Format {
	case apci.FormatU:
		l.function(place, t.APDU.Function)
	case apci.FormatS:
		l.supervisory(place)
		l.acknowledge(place, t.APDU.Receive)
	case apci.FormatI:
		l.information(place)
		l.send(place, t.APDU.Send)
		l.acknowledge(place, t.APDU.Receive)
		if t.Err == nil {
			l.asdu(place, t)
		}
	}
	l.seen = place.Time
}

// Beside judges an APDU whose place among the others is not known: by itself.
func (l *Link) Beside(place *dissect.Place, t *iec104.Telegram) {
	if t.APDU.Reserved {
		l.found(place, finding.New(finding.ReservedControl))
	}
	if t.APDU.Format == apci.FormatI && t.Err == nil {
		l.single(place, &t.ASDU)
	}
}

// End tells of what is left without an answer.
func (l *Link) End(end *stream.End) {
	l.unanswered(end)
	l.seen = 0
}

func (l *Link) found(place *dissect.Place, f finding.Finding) {
	l.line = dissect.Line{Place: *place, Protocol: iec104.Protocol, Finding: &f}
	l.report(&l.line)
}
