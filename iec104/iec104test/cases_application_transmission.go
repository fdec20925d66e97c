package iec104test

import (
	"fmt"
	"slices"
	"time"

	"stellwerk/iec104/asdu"
)

// Transmission of process information (IEC 60870-5-101, 7.4.2 and 7.2.3).
var transmissionRequirements = []requirement{
	{
		id: "C12.cyclic", clause: "7.4.2", title: "cyclic data come with cause 1 in their interval",
		controlled: func(b *bench) {
			b.periodic("is sent cyclically", asdu.Cyclic)
		},
		controlling: func(b *bench) {
			b.started()
			b.allTaken("cyclic data", [][]byte{
				sample(asdu.M_ME_NA_1, asdu.Cyclic, 1), sample(asdu.M_ME_NB_1, asdu.Cyclic, 2),
				sample(asdu.M_ME_NC_1, asdu.Cyclic, 3), sample(asdu.M_ME_ND_1, asdu.Cyclic, 4),
			})
			b.expectAcknowledged()
		},
	},
	{
		id: "C12.background", clause: "7.2.3", title: "the background scan comes with cause 2 in its interval",
		controlled: func(b *bench) {
			b.periodic("is in a background scan", asdu.Background)
		},
		controlling: func(b *bench) {
			b.started()
			b.allTaken("a background scan", [][]byte{sample(asdu.M_SP_NA_1, asdu.Background, 1), sample(asdu.M_DP_NA_1, asdu.Background, 2)})
			b.expectAcknowledged()
		},
	},
	{
		id: "C12.spontaneous", clause: "7.2.3", title: "changes come with cause 3, those within the deadband do not",
		controlled: func(b *bench) {
			known := b.know()
			changer, ok := b.subject.(Changer)
			if !ok {
				b.skip("the process of the station cannot be moved by the test")
				return
			}
			b.started()
			single := slices.IndexFunc(known.Points, func(p Point) bool { return p.Type == asdu.M_SP_NA_1 })
			if single >= 0 {
				p := known.Points[single]
				for _, value := range []float64{0, 1, 0} {
					b.try(func() error { return changer.Change(p.CommonAddress, p.Address, value) })
					if value == 0 {
						b.quietAnswers(b.prompt, "a point has changed") // where it is so already nothing comes
						continue
					}
					b.awaitSent(p, asdu.Spontaneous, b.patience())
				}
			}
			banded := 0
			for _, p := range known.Points {
				if p.Deadband > 0 {
					banded++
					b.deadband(changer, p.CommonAddress, p.Address, p.Deadband)
				}
			}
			if single < 0 && banded == 0 {
				b.skip("no point is known that can be moved")
			}
		},
		controlling: func(b *bench) {
			b.started()
			var all [][]byte
			for n := range 100 {
				octets := sample(asdu.M_ME_TF_1, asdu.Spontaneous, 5)
				octets[9] = byte(n)
				all = append(all, octets)
			}
			b.allTaken("events", all)
			b.expectAcknowledged()
		},
	},
	{
		id: "C12.overflow", clause: "7.2.3", title: "an overflow of the event buffer is marked",
		controlled: func(b *bench) {
			known := b.know()
			if known.EventBuffer == 0 || known.Overflow == nil {
				b.skip("the size of the event buffer is not known, or not how its overflow is marked")
				return
			}
			if known.EventBuffer > fillable {
				b.skip(tooLarge)
			}
			p := *known.Overflow
			b.connect()
			b.events(known.EventBuffer + b.p.K + 100)
			b.start()
			b.data = nil
			b.quietAnswers(b.patience(), "events were kept")
			on := false
			for _, r := range b.data {
				on = on || b.isOn(r, p)
			}
			if !on && !b.over() {
				r, ok := b.read(p.CommonAddress, p.Address)
				on = ok && b.isOn(r, p)
			}
			if !on {
				b.fail(fmt.Sprintf("object %d to be on: events were lost", p.Address), fmt.Sprintf("%d ASDUs, and none of them says so", len(b.data)))
			}
		},
	},
	{
		id: "C12.priority", clause: "7.2.3", title: "measured values do not push events out of the buffer",
		controlled: func(b *bench) {
			known := b.know()
			changer, ok := b.subject.(Changer)
			single := slices.IndexFunc(known.Points, func(p Point) bool { return p.Type == asdu.M_SP_NA_1 })
			measured := slices.IndexFunc(known.Points, func(p Point) bool { return p.Type == asdu.M_ME_NB_1 })
			if !ok || known.EventBuffer == 0 || single < 0 || measured < 0 {
				b.skip("it is not known how many events the station keeps, or its process cannot be moved by the test")
				return
			}
			if known.EventBuffer > fillable || b.deliberate() && known.EventBuffer > fillableOneByOne {
				b.skip(tooLarge)
			}
			event, value := known.Points[single], known.Points[measured]
			b.started()
			b.try(func() error { return changer.Change(event.CommonAddress, event.Address, 0) })
			b.quietAnswers(b.prompt, "a point has changed")
			b.wire.close()
			b.settle()
			b.connect()
			b.try(func() error { return changer.Change(event.CommonAddress, event.Address, 1) })
			for i := range known.EventBuffer + 100 {
				b.try(func() error {
					return changer.Change(value.CommonAddress, value.Address, float64(1000*(i%20))+value.Deadband)
				})
			}
			b.start()
			b.data = nil
			b.quietAnswers(b.patience(), "events were kept")
			if !sent(b.data, event.CommonAddress, event.Address, asdu.Spontaneous) && !b.over() {
				b.fail(fmt.Sprintf("object %d, which has changed before the measured values", event.Address), fmt.Sprintf("%d other ASDUs", len(b.data)))
			}
		},
	},
}

// fillable is how large an event buffer may be for cases to fill it, and
// fillableOneByOne where a driver is run for each event.
const (
	fillable         = 20_000
	fillableOneByOne = 1000

	tooLarge = "the event buffer is too large to be filled by a test"
)

// periodic wants points to come with a cause in their interval.
func (b *bench) periodic(need string, cause asdu.Cause) {
	var points []Point
	intervals := map[controlled]time.Duration{}
	var longest time.Duration
	for _, p := range b.know().Points {
		interval := p.Cyclic
		if cause == asdu.Background {
			interval = p.Background
		}
		if interval > 0 {
			points = append(points, p)
			intervals[controlled{p.CommonAddress, p.Address}] = interval
			longest = max(longest, interval)
		}
	}
	if len(points) == 0 {
		b.skip("no point is known that " + need)
	}
	b.started()
	// Each of them twice.
	came := map[controlled][]time.Time{}
	whole := 0
	for end := time.Now().Add(2*longest + b.prompt); whole < len(points) && !b.over(); {
		r, ok := b.nextASDU(time.Until(end))
		if !ok {
			break
		}
		if r.a.Cause != cause {
			continue
		}
		b.sound(r)
		for o := range r.a.Objects() {
			at := controlled{r.a.CommonAddress, o.IOA()}
			if came[at] = append(came[at], r.at); len(came[at]) == 2 && intervals[at] > 0 {
				whole++
			}
		}
	}
	for _, p := range points {
		at := controlled{p.CommonAddress, p.Address}
		if len(came[at]) < 2 {
			b.fail(fmt.Sprintf("object %d with cause %d every %v", p.Address, cause, intervals[at]), fmt.Sprintf("%d times within %v", len(came[at]), 2*longest))
			return
		}
		b.expectAfter(came[at][0], came[at][1], intervals[at], fmt.Sprintf("object %d again", p.Address))
	}
}

// isOn reports whether an ASDU says that a single point is on.
func (b *bench) isOn(r reply, p Point) bool {
	if r.a.CommonAddress != p.CommonAddress {
		return false
	}
	for o := range r.a.Objects() {
		if single, ok := o.(asdu.SinglePoint); ok && o.IOA() == p.Address && single.Value {
			return true
		}
	}
	return false
}
