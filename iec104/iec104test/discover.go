package iec104test

import (
	"context"
	"fmt"
	"slices"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
)

// Discover asks a controlled station what it has, over a connection of its
// own: common addresses, points and their groups, counters and their groups.
// It finds nothing that can be operated; add that before the inventory is
// handed to [RunOptions].
//
// The options say how long answers may take and, by the common addresses of
// their inventory, which stations are asked. Without those all are, by the common
// address 65535, and station 1 where nobody answers that.
func Discover(ctx context.Context, subject Subject, options *RunOptions) (*Inventory, error) {
	b := &bench{wire: &wire{}, ctx: ctx, subject: subject, role: iec104.Controlled, p: subject.Parameters(), prompt: 500 * time.Millisecond}
	if options != nil && options.Prompt > 0 {
		b.prompt = options.Prompt
	}
	var named []asdu.CommonAddress
	if options != nil && options.Inventory != nil {
		named = options.Inventory.CommonAddresses
	}
	defer b.closeAll()
	found := b.discover(named)
	if b.failure != nil {
		return nil, fmt.Errorf("the station cannot be asked what it has: expected %s, but there was %s", b.failure.expected, b.failure.seen)
	}
	return found, nil
}

// know returns the inventory, which is found out where nobody has said it. It
// comes before the case's own connection.
func (b *bench) know() *Inventory {
	if b.inventory == nil && !b.over() {
		found, err := Discover(b.ctx, b.subject, &RunOptions{Prompt: b.prompt})
		if err != nil {
			found = &Inventory{}
			b.skip(err.Error())
		}
		b.inventory = found
	}
	if b.inventory == nil {
		b.inventory = &Inventory{}
	}
	if len(b.inventory.CommonAddresses) == 0 {
		known := *b.inventory
		known.CommonAddresses = []asdu.CommonAddress{1}
		b.inventory = &known
	}
	return b.inventory
}

// discover asks the stations that are named, or all.
func (b *bench) discover(named []asdu.CommonAddress) *Inventory {
	found := &Inventory{}
	b.started()
	to := named
	if len(to) == 0 {
		to = []asdu.CommonAddress{0xffff, 1}
	}
	for _, station := range to {
		b.ask(asdu.C_IC_NA_1, station, 20, func(r reply) {
			if !slices.Contains(found.CommonAddresses, r.a.CommonAddress) && r.a.CommonAddress != 0xffff &&
				(len(named) == 0 || r.a.CommonAddress == station) {
				found.CommonAddresses = append(found.CommonAddresses, r.a.CommonAddress)
			}
		})
		if len(named) == 0 && len(found.CommonAddresses) > 0 {
			break
		}
	}
	switch {
	case len(found.CommonAddresses) > 0:
	case len(named) > 0:
		b.fail("a station that answers an interrogation", fmt.Sprintf("none with the common addresses that were named, %d", named))
	default:
		b.fail("a station that answers an interrogation", "none with the common address 1, nor one that answers to all")
	}
	for _, station := range found.CommonAddresses {
		b.discoverPoints(found, station)
		b.discoverCounters(found, station)
	}
	return found
}

func (b *bench) discoverPoints(found *Inventory, station asdu.CommonAddress) {
	at := map[asdu.ObjectAddress]int{}
	for group := range 17 {
		b.ask(asdu.C_IC_NA_1, station, 20+byte(group), func(r reply) {
			if r.a.Cause != asdu.InterrogatedByGroup(group) || r.a.CommonAddress != station {
				return
			}
			for o := range r.a.Objects() {
				i, known := at[o.IOA()]
				if !known {
					i = len(found.Points)
					at[o.IOA()] = i
					found.Points = append(found.Points, Point{
						CommonAddress: station, Address: o.IOA(), Type: r.a.Type, NotInterrogated: group != 0,
					})
				}
				if group > 0 {
					found.Points[i].Groups = append(found.Points[i].Groups, group)
				}
			}
		})
	}
}

func (b *bench) discoverCounters(found *Inventory, station asdu.CommonAddress) {
	at := map[asdu.ObjectAddress]int{}
	for _, group := range []int{0, 1, 2, 3, 4} {
		request := byte(group)
		if group == 0 {
			request = byte(asdu.RequestAllCounters)
		}
		b.ask(asdu.C_CI_NA_1, station, request, func(r reply) {
			if r.a.Cause != asdu.RequestedByCounterGroup(group) || r.a.CommonAddress != station {
				return
			}
			for o := range r.a.Objects() {
				i, known := at[o.IOA()]
				if !known {
					i = len(found.Counters)
					at[o.IOA()] = i
					found.Counters = append(found.Counters, Counter{CommonAddress: station, Address: o.IOA(), Type: r.a.Type})
				}
				found.Counters[i].Group = group
			}
		})
	}
}

// ask sends a request with a qualifier and calls saw for what comes until its
// termination, or until nothing more comes.
func (b *bench) ask(t asdu.TypeID, station asdu.CommonAddress, qualifier byte, saw func(reply)) {
	if b.over() {
		return
	}
	b.sendASDU(telegram(t, asdu.Activation, station, object(0, qualifier)))
	terminated := map[asdu.CommonAddress]bool{}
	confirmed := map[asdu.CommonAddress]bool{}
	within := b.patience()
	end := time.Now().Add(within)
	for {
		r, ok := b.nextBefore(&end, within)
		switch {
		case !ok && b.closed:
			b.fail("the connection open", "closed after "+t.String())
			return
		case !ok:
			return
		case r.a.Type == t && r.a.Negative:
			return
		case r.a.Type == t && r.a.Cause == asdu.ActivationCon:
			confirmed[r.a.CommonAddress] = true
			saw(r)
		case r.a.Type == t && r.a.Cause == asdu.ActivationTermination:
			terminated[r.a.CommonAddress] = true
			if station != 0xffff {
				return
			}
			if len(terminated) == len(confirmed) {
				within = b.prompt // further stations may follow
				end = time.Now().Add(within)
			}
		case r.data() && r.err == nil:
			saw(r)
		}
	}
}
