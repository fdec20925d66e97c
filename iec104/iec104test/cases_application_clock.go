package iec104test

import (
	"fmt"
	"time"

	"stellwerk/iec104/asdu"
)

// Clock synchronization (IEC 60870-5-101, 7.4.6).
var clockRequirements = []requirement{
	{
		id: "C5.confirmation", clause: "7.4.6", title: "the confirmation of a clock synchronization carries the time before the correction",
		affects: SetsClock,
		controlled: func(b *bench) {
			known := b.know()
			b.started()
			for _, station := range known.CommonAddresses {
				if !b.hasClock(station) {
					return
				}
				b.setClock(station, time.Hour)
				b.rest(b.settleTime())
				b.clockShows(station, time.Hour)
				b.clockShows(station, 0)
			}
		},
		controlling: func(b *bench) {
			b.started()
			b.answered(asked(asdu.C_CS_NA_1)[0])
		},
	},
	{
		id: "C5.unsynchronized", clause: "7.4.6", title: "times are invalid before the first clock synchronization, and valid afterwards",
		affects: SetsClock | Resets, told: true,
		controlled: func(b *bench) {
			station := b.know().station()
			b.restart()
			b.started()
			b.eventTime(true)
			if !b.hasClock(station) {
				return
			}
			b.eventTime(false)
		},
		controlling: func(b *bench) {
			b.started()
			b.allTaken("events with an invalid time", [][]byte{
				telegram(asdu.M_SP_TB_1, asdu.Spontaneous, 1, object(1, 1, 0x10, 0x27, 0x8c, 0x0d, 0x8d, 0x08, 0x09)),
				telegram(asdu.M_DP_TB_1, asdu.Spontaneous, 1, object(2, 2, 0x10, 0x27, 0x8c, 0x0d, 0x8d, 0x08, 0x09)),
			})
			b.expectAcknowledged()
		},
	},
	{
		id: "C5.events", clause: "7.4.6", title: "the times of events follow the clock that was set, summer time included",
		affects: SetsClock,
		controlled: func(b *bench) {
			station := b.know().station()
			b.started()
			if !b.hasClock(station) {
				return
			}
			b.eventTime(false)
			b.setClock(station, time.Hour)
			b.eventAt(time.Hour)
			b.setClock(station, 0)
			b.eventAt(0)
		},
	},
}

// hasClock sets the clock, and skips the case where the station has none that
// can be set.
func (b *bench) hasClock(station asdu.CommonAddress) bool {
	if b.over() {
		return false
	}
	from := time.Now()
	request := telegram(asdu.C_CS_NA_1, asdu.Activation, station, timed(object(0), b.now()))
	b.sendASDU(request)
	r, ok := b.nextAnswer(b.patience())
	switch {
	case b.over():
	case !ok:
		b.fail("C_CS_NA_1 answered", b.seenInstead(b.patience()))
	case r.a.Negative && r.a.Cause == asdu.UnknownType:
		b.skip("the station does not know C_CS_NA_1")
	default:
		b.clockLag = r.at.Sub(from)
		b.confirmsClock(request, r)
	}
	return !b.over()
}

// setRight sets the clock, where the station has one that can be set.
func (b *bench) setRight(station asdu.CommonAddress) {
	if b.over() {
		return
	}
	b.sendASDU(telegram(asdu.C_CS_NA_1, asdu.Activation, station, timed(object(0), b.now())))
	if _, ok := b.nextAnswer(b.patience()); !ok && !b.over() {
		b.fail("C_CS_NA_1 answered", b.seenInstead(b.patience()))
	}
}

// setClock sets the clock to the present time and what it is to be ahead, and
// returns the confirmation.
func (b *bench) setClock(station asdu.CommonAddress, ahead time.Duration) reply {
	if b.over() {
		return reply{}
	}
	from := time.Now()
	request := telegram(asdu.C_CS_NA_1, asdu.Activation, station, timed(object(0), asdu.CP56(from.Add(ahead).In(b.zone()))))
	b.sendASDU(request)
	r, ok := b.nextAnswer(b.patience())
	if !ok && !b.over() {
		b.fail("C_CS_NA_1 confirmed", b.seenInstead(b.patience()))
		return reply{}
	}
	b.clockLag = r.at.Sub(from)
	b.confirmsClock(request, r)
	return r
}

// confirmsClock wants an answer to be a mirror of a clock synchronization, its
// time apart.
func (b *bench) confirmsClock(request []byte, r reply) {
	want := mirror(request, asdu.ActivationCon, positive)
	if !b.over() && (len(r.octets) != len(want) || string(r.octets[:9]) != string(want[:9])) {
		b.fail(describe(want)+", apart from the time", r.String())
	}
}

// clockShows sets the clock to the present time, and wants it to have been ahead
// by as much before.
func (b *bench) clockShows(station asdu.CommonAddress, ahead time.Duration) {
	from := time.Now().Add(-b.clockLag)
	b.shows(b.setClock(station, 0), from, ahead)
}

// shows wants the time of an ASDU's first object to be by so much ahead of an
// instant between the given one and its arrival.
func (b *bench) shows(r reply, from time.Time, ahead time.Duration) {
	if b.over() {
		return
	}
	from, to := from.Add(ahead), r.at.Add(ahead)
	for o := range r.a.Objects() {
		got, err := o.Timestamp().Instant(b.zone())
		expected := "the time " + to.In(b.zone()).Format(time.RFC3339Nano)
		if err != nil {
			b.fail(expected, err.Error())
		} else if off := got.Sub(to); off > b.clockTolerance() || from.Sub(got) > b.clockTolerance() {
			b.fail(expected, fmt.Sprintf("%s, summer time %v, which is %v off", o.Timestamp(), o.Timestamp().Summer(), off))
		}
		return
	}
	b.fail("a time", r.String())
}

// clockTolerance is by how much the time of a telegram may be off.
func (b *bench) clockTolerance() time.Duration { return b.tolerance + 10*time.Millisecond }

// timedEvent makes the station send an event with time, and returns it.
func (b *bench) timedEvent() (reply, bool) {
	b.events(1)
	end := time.Now().Add(b.patience())
	for !b.over() {
		r, ok := b.nextBefore(&end, b.patience())
		switch {
		case b.over():
		case !ok:
			b.fail("an event", b.seenInstead(b.patience()))
		case r.a.Cause == asdu.Spontaneous && r.a.TimeKind() == asdu.TimeCP56:
			return r, true
		case r.a.Cause == asdu.Spontaneous && r.a.TimeKind() == asdu.TimeNone:
			b.skip("the station sends events without time")
		}
	}
	return reply{}, false
}

// eventTime wants the time of an event to be valid or not.
func (b *bench) eventTime(invalid bool) {
	r, ok := b.timedEvent()
	if !ok {
		return
	}
	for o := range r.a.Objects() {
		if o.Timestamp().Invalid() != invalid {
			b.fail(fmt.Sprintf("an event whose time has IV=%d", bit(invalid)), r.String())
		}
	}
}

// eventAt wants the time of an event to be ahead by so much.
func (b *bench) eventAt(ahead time.Duration) {
	from := time.Now().Add(-b.clockLag)
	if r, ok := b.timedEvent(); ok {
		b.shows(r, from, ahead)
	}
}

// restart has the station started afresh.
func (b *bench) restart() {
	restarter, ok := b.subject.(Restarter)
	if !ok {
		b.skip("the station cannot be started afresh by the test")
		return
	}
	b.try(func() error { return restarter.Restart(b.ctx) })
}
