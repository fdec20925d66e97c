package conformance

import (
	"fmt"
	"time"

	"stellwerk/iec104/iec104test"
)

// Describer says what octets are that went one way: one line for each APDU, and
// for what is none.
type Describer func(octets []byte) []string

// Of long conversations a report shows the begin and, as that is where it went
// wrong, more of the end.
const (
	headLines = 12
	tailLines = 48
)

// spoken is a line of a conversation as a report shows it.
type spoken struct {
	// Time counts from the begin of the case.
	Time       string
	Connection int
	// Sent tells that the tester sent it, Ended that the other side closed the
	// connection. Omitted is the number of lines that are left out here; the
	// others are empty then.
	Sent, Ended bool
	Text        string
	Omitted     int
}

// sign shows the direction: > from us, < to us.
func (s spoken) sign() string {
	switch {
	case s.Ended:
		return "x"
	case s.Sent:
		return ">"
	default:
		return "<"
	}
}

// conversation returns the frames of a case as a report shows them.
func (o *Outcome) conversation(describe Describer) []spoken {
	var head, tail []spoken
	omitted := 0
	add := func(s spoken) {
		switch {
		case len(head) < headLines:
			head = append(head, s)
		case len(tail) < tailLines:
			tail = append(tail, s)
		default:
			copy(tail, tail[1:])
			tail[tailLines-1] = s
			omitted++
		}
	}
	// Only what will be shown is described.
	lines := 0
	for _, f := range o.Frames {
		lines += apdus(f.Octets)
	}
	passed := 0
	for _, f := range o.Frames {
		n := apdus(f.Octets)
		s := spoken{
			Time: clock(f.Time.Sub(o.Began)), Connection: f.Connection, Sent: f.Sent, Ended: f.Octets == nil,
		}
		switch {
		case s.Ended:
			s.Text = "connection closed"
			add(s)
		case passed > headLines && passed+n < lines-tailLines:
			omitted += n
		default:
			for _, text := range describe(f.Octets) {
				s.Text = text
				add(s)
			}
		}
		passed += n
	}
	if omitted > 0 {
		head = append(head, spoken{Omitted: omitted})
	}
	return append(head, tail...)
}

// startOctet begins an APDU (5.1).
const startOctet = 0x68

// apdus counts the lines that octets will have.
func apdus(octets []byte) int {
	n := 0
	for len(octets) > 0 {
		size := len(octets)
		if octets[0] == startOctet && len(octets) > 1 {
			size = min(size, 2+int(octets[1]))
		}
		octets = octets[size:]
		n++
	}
	return max(n, 1)
}

// clock writes a time since the begin of a case.
func clock(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }

// failures returns the outcomes that failed.
func (r *Report) failures() []*Outcome {
	var failed []*Outcome
	for i := range r.Outcomes {
		if r.Outcomes[i].Status == iec104test.Failed {
			failed = append(failed, &r.Outcomes[i])
		}
	}
	return failed
}
