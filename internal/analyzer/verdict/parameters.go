package verdict

import (
	"time"

	"stellwerk/internal/finding"
)

// Parameters are those of the link procedure (IEC 60870-5-104, 9.6). Where one is
// zero nobody said what the stations agreed on: the standard's default is
// assumed, and what breaks nothing but an assumed w, t2 or t3 is a note.
type Parameters struct {
	K  int           // most I frames without acknowledgement; 12
	W  int           // I frames after which an acknowledgement is due; 8
	T1 time.Duration // until what was sent must be answered; 15 s
	T2 time.Duration // until an acknowledgement without traffic; 10 s
	T3 time.Duration // until a test frame without traffic; 20 s
}

// withDefaults returns the parameters without zeros.
func (p Parameters) withDefaults() Parameters {
	preset(&p.K, 12)
	preset(&p.W, 8)
	preset(&p.T1, 15*time.Second)
	preset(&p.T2, 10*time.Second)
	preset(&p.T3, 20*time.Second)
	return p
}

func preset[T int | time.Duration](value *T, otherwise T) {
	if *value == 0 {
		*value = otherwise
	}
}

// assumed makes a note of a finding about a parameter that nobody gave.
func assumed[T int | time.Duration](given T, f finding.Finding) finding.Finding {
	if given == 0 {
		f.Severity = finding.Note
	}
	return f
}
