package verdict

import (
	"time"

	"stellwerk/iec104/apci"
	"stellwerk/internal/analyzer/dissect"
	"stellwerk/internal/capture/stream"
	"stellwerk/internal/finding"
)

// activations are the functions that wait for a confirmation.
var activations = [...]apci.Function{apci.StartDTAct, apci.StopDTAct, apci.TestFRAct}

// transferState is that of data transfer (5.3).
type transferState uint8

const (
	unknown transferState = iota
	stopped
	starting // STARTDT act was seen, its confirmation not yet
	started
	stopping // STOPDT act was seen, its confirmation not yet
)

// transfer is what is known of data transfer.
type transfer struct {
	state transferState
	// roles tells that one side has sent STARTDT act or STOPDT act, or was
	// sent the confirmation: it is the controlling station.
	roles       bool
	controlling stream.Direction // what it sends
	stoppedAt   int64
}

// lateSupervisory is how long after STOPDT con an S frame of the controlling
// station may still be on its way past the place of the capture.
const lateSupervisory = 2 * time.Second

// function judges an APDU in U format.
func (l *Link) function(place *dissect.Place, f apci.Function) {
	sender, receiver := &l.sides[place.Direction], &l.sides[1-place.Direction]
	for i, activation := range activations {
		switch f {
		case activation:
			if sender.pending[i] == 0 {
				sender.pending[i] = place.Time
			}
		case activation << 1:
			if receiver.pending[i] == 0 && l.whole {
				l.found(place, finding.New(finding.ConfirmationOnly, f))
			}
			receiver.pending[i] = 0
		default:
		}
	}
	t := &l.transfer
	switch f {
	case apci.StartDTAct, apci.StopDTAct:
		if t.roles && t.controlling != place.Direction {
			l.found(place, finding.New(finding.StartByStation, f))
		} else {
			t.roles, t.controlling = true, place.Direction
		}
		if f == apci.StopDTAct {
			t.state = stopping
		} else if t.state == stopped {
			t.state = starting
		}
	case apci.StartDTCon:
		t.confirmedBy(place.Direction)
		t.state = started
	case apci.StopDTCon:
		t.confirmedBy(place.Direction)
		t.state, t.stoppedAt = stopped, place.Time
		if open, known := sender.open(); known && open > 0 {
			l.found(place, finding.New(finding.StopUnacknowledged, open))
		}
	default:
	}
}

// confirmedBy notes that the sender of a direction is the controlled station,
// unless the roles are known.
func (t *transfer) confirmedBy(d stream.Direction) {
	if !t.roles {
		t.roles, t.controlling = true, 1-d
	}
}

// information judges whether an I frame may be sent. Telegrams can cross on
// their way; those of one direction stay in order: before STARTDT con nobody
// sends, the controlling station not behind its STOPDT act, the controlled one
// not behind its STOPDT con.
func (l *Link) information(place *dissect.Place) {
	t := &l.transfer
	if t.state == stopped || t.state == starting || t.state == stopping && place.Direction == t.controlling {
		l.found(place, finding.New(finding.NotStarted))
		t.state = unknown // once is enough
	}
}

// supervisory judges whether an S frame may be sent: not while data transfer is
// stopped, but while it is being stopped.
func (l *Link) supervisory(place *dissect.Place) {
	t := &l.transfer
	if t.state != stopped {
		return
	}
	if t.stoppedAt != 0 && place.Direction == t.controlling && since(place, t.stoppedAt) < lateSupervisory {
		return
	}
	l.found(place, finding.New(finding.SupervisoryEarly))
}
