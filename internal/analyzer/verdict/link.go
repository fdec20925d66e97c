package verdict

import (
	"time"

	"stellwerk/iec104/apci"
	"stellwerk/internal/analyzer/dissect"
	"stellwerk/internal/analyzer/dissect/iec104"
	"stellwerk/internal/capture/stream"
	"stellwerk/internal/finding"
)

// Parameters are those of the link procedure. Zero values stand for the
// standard's defaults.
type Parameters struct {
	K  int           // most I frames without acknowledgement; 12
	T1 time.Duration // until an activation must be confirmed; 15 s
}

func (p Parameters) withDefaults() Parameters {
	if p.K == 0 {
		p.K = 12
	}
	if p.T1 == 0 {
		p.T1 = 15 * time.Second
	}
	return p
}

// Link judges one connection. It implements iec104.Judge.
type Link struct {
	parameters Parameters
	report     func(*dissect.Line)
	// fromStart tells that the capture shows the connection from its opening,
	// so that numbers begin at 0 and data transfer is stopped.
	fromStart bool
	stopped   bool // data transfer is known to be stopped
	sides     [2]side
	line      dissect.Line
}

// activations are the functions that wait for a confirmation.
var activations = [...]apci.Function{apci.StartDTAct, apci.StopDTAct, apci.TestFRAct}

// side is what is known of the sender of one direction.
type side struct {
	known    bool // next is known
	next     apci.Sequence
	acked    apci.Sequence // the last N(R) of the other side
	ackKnown bool
	// pending is when an activation was sent that waits for its confirmation,
	// 0 where none does.
	pending [len(activations)]int64
	// over tells that k was exceeded and has been reported.
	over bool
}

// NewLink returns a judge that hands its findings to report.
func NewLink(connection *stream.Connection, parameters Parameters, report func(*dissect.Line)) *Link {
	l := &Link{
		parameters: parameters.withDefaults(), report: report,
		fromStart: connection.Opened, stopped: connection.Opened,
	}
	for i := range l.sides {
		l.sides[i].known = l.fromStart
		l.sides[i].ackKnown = l.fromStart
	}
	return l
}

// Gap starts the numbers of both directions anew.
func (l *Link) Gap(stream.Direction) { l.forget() }

// Malformed starts the numbers of both directions anew.
func (l *Link) Malformed(stream.Direction) { l.forget() }

func (l *Link) forget() {
	l.stopped = false
	for i := range l.sides {
		s := &l.sides[i]
		s.known, s.ackKnown, s.over = false, false, false
		clear(s.pending[:])
	}
}

// Telegram judges one APDU.
func (l *Link) Telegram(d stream.Direction, place dissect.Place, t *iec104.Telegram) {
	sender, receiver := &l.sides[d], &l.sides[1-d]
	l.overdue(place)
	switch t.APDU.Format {
	case apci.FormatU:
		l.function(sender, receiver, place, t.APDU.Function)
		return
	case apci.FormatS:
		if l.stopped {
			l.found(place, finding.New(finding.SupervisoryEarly))
		}
	case apci.FormatI:
		if l.stopped {
			l.found(place, finding.New(finding.NotStarted))
			l.stopped = false // once is enough
		}
		l.send(sender, place, t.APDU.Send)
		for _, v := range t.ASDU.Violations() {
			if t.Err == nil {
				l.found(place, finding.Finding{Code: finding.Code(v.Code), Severity: finding.Error, Clause: "IEC 60870-5-101, " + v.Clause, Text: v.Text})
			}
		}
	}
	l.acknowledge(receiver, place, t.APDU.Receive)
}

// send judges N(S) and the window of unacknowledged frames.
func (l *Link) send(sender *side, place dissect.Place, number apci.Sequence) {
	if sender.known && number != sender.next {
		switch behind := sender.next.Since(number); {
		case sender.next == 0 && l.fromStart:
			l.found(place, finding.New(finding.SendNotZero, number))
		case behind <= 1<<14:
			l.found(place, finding.New(finding.SendRepeated, number, sender.next))
		default:
			l.found(place, finding.New(finding.SendSequence, number, sender.next))
		}
		// The window cannot be told any more.
		sender.ackKnown = false
	}
	sender.known, sender.next = true, number.Next()
	if !sender.ackKnown {
		return
	}
	open := sender.next.Since(sender.acked)
	if open > l.parameters.K && !sender.over {
		l.found(place, finding.New(finding.KExceeded, open, l.parameters.K))
	}
	sender.over = open > l.parameters.K
}

// acknowledge judges N(R), which counts frames of the other side.
func (l *Link) acknowledge(of *side, place dissect.Place, number apci.Sequence) {
	if of.ackKnown && of.known {
		open := of.next.Since(of.acked)
		switch step := number.Since(of.acked); {
		case step <= open:
		case step > 1<<14:
			l.found(place, finding.New(finding.ReceiveBehind, number, of.acked))
			return
		default:
			l.found(place, finding.New(finding.ReceiveAhead, number, of.next.Add(-1)))
			of.known = false
		}
	}
	of.acked, of.ackKnown = number, true
	if of.known && of.next.Since(number) <= l.parameters.K {
		of.over = false
	}
}

// function judges an APDU in U format.
func (l *Link) function(sender, receiver *side, place dissect.Place, f apci.Function) {
	for i, activation := range activations {
		switch f {
		case activation:
			if sender.pending[i] == 0 {
				sender.pending[i] = place.Time
			}
		case activation << 1:
			if receiver.pending[i] == 0 && l.fromStart {
				l.found(place, finding.New(finding.ConfirmationOnly, f))
			}
			receiver.pending[i] = 0
		}
	}
	switch f {
	case apci.StartDTAct, apci.StartDTCon:
		// The station may send as soon as it has confirmed, and captures of
		// both directions are not always in order.
		l.stopped = false
	case apci.StopDTCon:
		l.stopped = true
	}
}

// overdue tells of activations that have waited for longer than t1.
func (l *Link) overdue(place dissect.Place) {
	for i := range l.sides {
		for j, since := range l.sides[i].pending {
			if since == 0 {
				continue
			}
			if waited := time.Duration(place.Time - since); waited > l.parameters.T1 {
				l.sides[i].pending[j] = 0
				l.found(place, finding.New(finding.T1Exceeded, activations[j], waited.Round(time.Millisecond), l.parameters.T1))
			}
		}
	}
}

func (l *Link) found(place dissect.Place, f finding.Finding) {
	l.line = dissect.Line{Place: place, Protocol: iec104.Protocol, Finding: &f}
	l.report(&l.line)
}
