package iec104test

import (
	"errors"
	"fmt"
	"slices"

	"stellwerk/iec104/asdu"
)

// Integrated totals (IEC 60870-5-101, 7.4.8).
var counterRequirements = []requirement{
	{
		id: "C3.general", clause: "7.4.8", title: "a general request of counters is confirmed, gives each of them once with cause 37, and is terminated",
		controlled: func(b *bench) {
			known := b.counted()
			b.started()
			for _, station := range known.CommonAddresses {
				b.totals(station, 0)
			}
		},
		controlling: func(b *bench) {
			b.started()
			b.answered(asked(asdu.C_CI_NA_1)[0])
		},
	},
	{
		id: "C3.groups", clause: "7.4.8", title: "the request of a counter group gives its counters with the cause of the group, 38 to 41",
		controlled: func(b *bench) {
			known := b.counted()
			b.started()
			asked := false
			for _, station := range known.CommonAddresses {
				for group := 1; group <= 4; group++ {
					if len(known.countersOf(station, group)) > 0 {
						asked = true
						b.totals(station, group)
					}
				}
			}
			if !asked {
				b.skip("no counter belongs to a group, as far as is known")
			}
		},
		controlling: func(b *bench) {
			b.started()
			b.answered(asked(asdu.C_CI_NA_1)[1])
		},
	},
	{
		id: "C3.qualifier", clause: "7.2.6.23", title: "a request of counters that the standard does not use is refused",
		controlled: func(b *bench) {
			station := b.counted().station()
			b.started()
			for _, rqt := range []byte{0, 6, 31} {
				b.refused(telegram(asdu.C_CI_NA_1, asdu.Activation, station, object(0, rqt)), asdu.ActivationCon)
			}
		},
	},
	{
		id: "C3.freeze", clause: "7.4.8", title: "freezing keeps the count until the next freezing, and the sequence number rises by one with each",
		affects: FreezesCounters,
		controlled: func(b *bench) {
			counters := b.frozenByCommand()
			b.started()
			for _, station := range b.know().CommonAddresses {
				if b.freeze(station, asdu.FreezeOnly) {
					first := b.totals(station, 0)
					b.moveCounters(counters, 100)
					again := b.totals(station, 0)
					b.freeze(station, asdu.FreezeOnly)
					second := b.totals(station, 0)
					for _, c := range counters {
						if c.CommonAddress != station || b.over() {
							continue
						}
						one, same, two := first[c.Address], again[c.Address], second[c.Address]
						switch {
						case one != same:
							b.fail(fmt.Sprintf("counter %d as it was frozen: %+v", c.Address, one), fmt.Sprintf("%+v", same))
						case two.Sequence != (one.Sequence+1)%32:
							b.fail(fmt.Sprintf("counter %d with sequence number %d", c.Address, (one.Sequence+1)%32), fmt.Sprint(two.Sequence))
						case b.moves() && two.Count-one.Count < 100:
							b.fail(fmt.Sprintf("counter %d to have risen by 100", c.Address), fmt.Sprint(two.Count-one.Count))
						}
					}
				}
			}
		},
	},
	{
		id: "C3.reset", clause: "7.4.8", title: "freezing with reset gives the count and begins at 0; reset alone begins at 0",
		affects: FreezesCounters,
		controlled: func(b *bench) {
			counters := b.frozenByCommand()
			b.started()
			for _, station := range b.know().CommonAddresses {
				for _, how := range []asdu.Freeze{asdu.FreezeWithReset, asdu.FreezeReset} {
					b.moveCounters(counters, 1000)
					if !b.freeze(station, asdu.FreezeOnly) {
						continue
					}
					before := b.totals(station, 0)
					b.freeze(station, how)
					at := b.totals(station, 0)
					b.freeze(station, asdu.FreezeOnly)
					after := b.totals(station, 0)
					for _, c := range counters {
						if c.CommonAddress != station || b.over() {
							continue
						}
						switch was, then, is := before[c.Address].Count, at[c.Address].Count, after[c.Address].Count; {
						case how == asdu.FreezeWithReset && then < was:
							b.fail(fmt.Sprintf("counter %d frozen at %d or more, before it is reset", c.Address, was), fmt.Sprint(then))
						case was > 0 && is >= was:
							b.fail(fmt.Sprintf("counter %d to have begun at 0", c.Address), fmt.Sprintf("%d, and %d before the reset", is, was))
						}
					}
				}
			}
		},
	},
	{
		id: "C3.spontaneous", clause: "7.4.8", title: "counters of mode D are sent with cause 3 when they are frozen by command",
		affects: FreezesCounters, told: true,
		controlled: func(b *bench) {
			known := b.counted()
			var counters []Counter
			for _, c := range known.Counters {
				if c.Mode == ModeD {
					counters = append(counters, c)
				}
			}
			if len(counters) == 0 {
				b.skip("no counter of mode D is known")
			}
			b.started()
			for _, station := range known.CommonAddresses {
				b.data = nil
				b.freeze(station, asdu.FreezeOnly)
				b.quietAnswers(b.prompt, "the counters are frozen")
				for _, c := range counters {
					if c.CommonAddress == station && !b.over() && !sent(b.data, station, c.Address, asdu.Spontaneous) {
						b.fail(fmt.Sprintf("counter %d with cause 3", c.Address), nothing)
					}
				}
			}
		},
		controlling: func(b *bench) {
			b.started()
			var all [][]byte
			for n := range 33 {
				octets := sample(asdu.M_IT_TB_1, asdu.Spontaneous, 5)
				octets[13] = byte(n%32) | byte(n%8)<<5 // SQ, and CY, CA and IV in all their combinations
				all = append(all, octets)
			}
			b.allTaken("integrated totals", all)
			b.expectAcknowledged()
		},
	},
}

// counted returns the inventory of a station with counters.
func (b *bench) counted() *Inventory {
	known := b.know()
	if len(known.Counters) == 0 {
		b.skip("the station has no integrated totals, as far as is known")
	}
	return known
}

// frozenByCommand returns the counters that do not freeze by themselves.
func (b *bench) frozenByCommand() []Counter {
	var counters []Counter
	for _, c := range b.counted().Counters {
		if c.Mode == ModeC || c.Mode == ModeD {
			counters = append(counters, c)
		}
	}
	if len(counters) == 0 {
		b.skip("no counter is known that is frozen by command")
	}
	return counters
}

// countersOf returns the counters of a group; group 0 is all.
func (i *Inventory) countersOf(station asdu.CommonAddress, group int) []Counter {
	var counters []Counter
	for _, c := range i.Counters {
		if c.CommonAddress == station && (group == 0 || c.Group == group) {
			counters = append(counters, c)
		}
	}
	return counters
}

// totals requests the counters of a group, and returns them by address.
func (b *bench) totals(station asdu.CommonAddress, group int) map[asdu.ObjectAddress]asdu.Counter {
	rqt := byte(group)
	if group == 0 {
		rqt = byte(asdu.RequestAllCounters)
	}
	cause := asdu.RequestedByCounterGroup(group)
	data := b.interrogate(telegram(asdu.C_CI_NA_1, asdu.Activation, station, object(0, rqt)), cause)
	counters := b.know().countersOf(station, group)
	found := map[asdu.ObjectAddress]asdu.Counter{}
	for _, r := range data {
		for o := range r.a.Objects() {
			total, ok := o.(asdu.IntegratedTotal)
			_, twice := found[o.IOA()]
			i := slices.IndexFunc(counters, func(c Counter) bool { return c.Address == o.IOA() })
			if !ok || twice || i < 0 || counters[i].Type != r.a.Type {
				b.fail(fmt.Sprintf("the counters of the request, each once and with its type, with cause %d", cause), r.String())
				return found
			}
			found[o.IOA()] = total.Value
		}
	}
	for _, c := range counters {
		if _, ok := found[c.Address]; !ok {
			b.fail(fmt.Sprintf("counter %d of station %d with cause %d", c.Address, station, cause), nothing)
		}
	}
	return found
}

// freeze freezes or resets the counters of a station, where it has any that
// take it. A termination may come.
func (b *bench) freeze(station asdu.CommonAddress, how asdu.Freeze) bool {
	if len(b.know().countersOf(station, 0)) == 0 || b.over() {
		return false
	}
	request := telegram(asdu.C_CI_NA_1, asdu.Activation, station, object(0, byte(asdu.RequestAllCounters)|byte(how)<<6))
	b.request(request, asdu.ActivationCon)
	if r, ok := b.nextAnswer(b.prompt); ok && string(r.octets) != string(mirror(request, asdu.ActivationTermination, positive)) {
		b.fail("the termination, or nothing more", r.String())
	}
	return !b.over()
}

// moves reports whether counters can be moved.
func (b *bench) moves() bool {
	_, ok := b.subject.(Changer)
	return ok && !b.stuck
}

// moveCounters lets counters rise, where the subject can do that.
func (b *bench) moveCounters(counters []Counter, by float64) {
	changer, ok := b.subject.(Changer)
	if !ok {
		return
	}
	for _, c := range counters {
		if b.over() || b.stuck {
			return
		}
		err := b.wait(func() error { return changer.Change(c.CommonAddress, c.Address, by) })
		if b.stuck = errors.Is(err, errors.ErrUnsupported); !b.stuck {
			b.obeyed(err)
		}
	}
}

// sent reports whether data have an object with a cause.
func sent(data []reply, station asdu.CommonAddress, address asdu.ObjectAddress, cause asdu.Cause) bool {
	return slices.ContainsFunc(data, func(r reply) bool {
		if r.a.CommonAddress != station || r.a.Cause != cause {
			return false
		}
		for o := range r.a.Objects() {
			if o.IOA() == address {
				return true
			}
		}
		return false
	})
}
