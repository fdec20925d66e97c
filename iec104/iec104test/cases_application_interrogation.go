package iec104test

import (
	"fmt"
	"slices"
	"time"

	"stellwerk/iec104/asdu"
)

// Station interrogation (IEC 60870-5-101, 7.4.5).
var interrogationRequirements = []requirement{
	{
		id: "C2.station", clause: "7.4.5", title: "a station interrogation is confirmed, gives every point once with cause 20 and without time, and is terminated",
		controlled: func(b *bench) {
			known := b.know()
			b.started()
			for _, station := range known.CommonAddresses {
				b.allPoints(station, 0)
			}
		},
		controlling: func(b *bench) {
			b.started()
			b.answered(asked(asdu.C_IC_NA_1)[0])
		},
	},
	{
		id: "C2.groups", clause: "7.4.5", title: "the interrogation of a group gives its points with the cause of the group, 21 to 36",
		controlled: func(b *bench) {
			known := b.know()
			if !slices.ContainsFunc(known.Points, func(p Point) bool { return len(p.Groups) > 0 }) {
				b.skip("no point belongs to a group, as far as is known")
			}
			b.started()
			for _, station := range known.CommonAddresses {
				for group := 1; group <= 16; group++ {
					if slices.ContainsFunc(known.Points, func(p Point) bool { return p.in(station, group) }) {
						b.allPoints(station, group)
					}
				}
			}
		},
		controlling: func(b *bench) {
			b.started()
			b.answered(asked(asdu.C_IC_NA_1)[1])
		},
	},
	{
		id: "C2.totals", clause: "7.4.5", title: "integrated totals are no part of an interrogation",
		controlled: func(b *bench) {
			known := b.know()
			b.started()
			for _, station := range known.CommonAddresses {
				for group := range 17 {
					b.ask(asdu.C_IC_NA_1, station, 20+byte(group), func(r reply) {
						if untimed(r.a.Type) == asdu.M_IT_NA_1 && r.a.Cause != asdu.Spontaneous {
							b.fail("no integrated totals", r.String())
						}
					})
				}
			}
		},
	},
	{
		id: "C2.qualifier", clause: "7.2.6.22", title: "an interrogation with a qualifier that the standard does not use is refused",
		controlled: func(b *bench) {
			station := b.know().station()
			b.started()
			for _, qualifier := range []byte{0, 1, 19, 37, 63} {
				b.refused(telegram(asdu.C_IC_NA_1, asdu.Activation, station, object(0, qualifier)), asdu.ActivationCon)
			}
		},
	},
	{
		id: "C2.second", clause: "7.4.5", title: "an interrogation while one runs is refused or carried out as well, and the data are whole",
		controlled: func(b *bench) {
			known := b.know()
			b.started()
			b.twoInterrogations(known.station(), known.pointsOf(known.station(), 0))
		},
	},
	{
		id: "C2.deactivation", clause: "7.4.5", title: "an interrogation can be broken off, or the deactivation is refused and the data are whole",
		controlled: func(b *bench) {
			known := b.know()
			b.started()
			b.brokenOff(known.station(), known.pointsOf(known.station(), 0))
		},
		controlling: func(b *bench) {
			b.started()
			d := b.do(Request{Type: asdu.C_IC_NA_1, CommonAddress: 1, Object: asdu.Interrogation{Qualifier: asdu.InterrogateStation}, Cancel: true})
			r := b.awaitRequest(d)
			if b.over() {
				return
			}
			if r.a.Cause != asdu.Deactivation {
				b.fail("C_IC_NA_1 with cause 8", r.String())
			}
			b.sendASDU(mirror(r.octets, asdu.DeactivationCon, positive))
			b.succeeds(d, "the deactivation is confirmed")
		},
	},
	{
		id: "C2.broadcast", clause: "7.4.5", title: "an interrogation of all stations is confirmed, answered and terminated by each with its own common address",
		controlled: func(b *bench) {
			known := b.know()
			b.started()
			b.data = nil
			b.broadcast(known, telegram(asdu.C_IC_NA_1, asdu.Activation, 65535, object(0, 20)))
			for _, station := range known.CommonAddresses {
				b.whole(b.data, known.pointsOf(station, 0), station, asdu.InterrogatedByStation)
			}
		},
	},
}

// in reports whether the point is given when a group is interrogated; group 0
// is the station.
func (p Point) in(station asdu.CommonAddress, group int) bool {
	if group == 0 {
		return p.CommonAddress == station && !p.NotInterrogated
	}
	return p.CommonAddress == station && slices.Contains(p.Groups, group)
}

// pointsOf returns the points that an interrogation gives.
func (i *Inventory) pointsOf(station asdu.CommonAddress, group int) []Point {
	var points []Point
	for _, p := range i.Points {
		if p.in(station, group) {
			points = append(points, p)
		}
	}
	return points
}

// allPoints interrogates a group of a station.
func (b *bench) allPoints(station asdu.CommonAddress, group int) {
	request := telegram(asdu.C_IC_NA_1, asdu.Activation, station, object(0, 20+byte(group)))
	cause := asdu.InterrogatedByGroup(group)
	data := b.interrogate(request, cause)
	b.whole(data, b.know().pointsOf(station, group), station, cause)
}

// whole wants data to be these points, each once, with their types and without
// time.
func (b *bench) whole(data []reply, points []Point, station asdu.CommonAddress, cause asdu.Cause) {
	if b.over() {
		return
	}
	seen := map[asdu.ObjectAddress]int{}
	for _, r := range data {
		if r.a.Cause != cause || r.a.CommonAddress != station || r.a.Type.Control() {
			continue
		}
		if r.a.TimeKind() != asdu.TimeNone {
			b.fail("data without time tag", r.String())
		}
		for o := range r.a.Objects() {
			seen[o.IOA()]++
			i := slices.IndexFunc(points, func(p Point) bool { return p.Address == o.IOA() })
			switch {
			case i < 0:
				b.fail(fmt.Sprintf("data of the points that are in it, with cause %d", cause), fmt.Sprintf("object %d in %s", o.IOA(), r))
			case points[i].Type != r.a.Type:
				b.fail(fmt.Sprintf("object %d as %s", o.IOA(), points[i].Type), r.String())
			}
		}
	}
	for _, p := range points {
		if n := seen[p.Address]; n != 1 {
			b.fail(fmt.Sprintf("%s of object %d of station %d once, with cause %d", p.Type, p.Address, station, cause), fmt.Sprintf("%d times", n))
		}
	}
}

// twoInterrogations sends two interrogations at once.
func (b *bench) twoInterrogations(station asdu.CommonAddress, points []Point) {
	request := telegram(asdu.C_IC_NA_1, asdu.Activation, station, object(0, 20))
	if b.over() {
		return
	}
	b.sendASDU(request, request)
	var data []reply // since the last positive confirmation
	confirmed, refused, terminated, whole := 0, 0, 0, false
	end := time.Now().Add(b.patience())
	for !b.over() {
		r, ok := b.nextBefore(&end, b.patience())
		if !ok {
			break
		}
		switch string(r.octets) {
		case string(mirror(request, asdu.ActivationCon, positive)):
			confirmed++
			if terminated == 0 {
				data = nil
			}
		case string(mirror(request, asdu.ActivationCon, negative)):
			refused++
		case string(mirror(request, asdu.ActivationTermination, positive)):
			terminated++
			whole = whole || holds(data, points)
			data = nil
		default:
			data = append(data, r)
		}
	}
	switch {
	case b.over():
	case b.closed:
		b.fail("the connection open", "closed")
	case confirmed == 0 || confirmed+refused != 2:
		b.fail("one interrogation confirmed, and the other one confirmed or refused", fmt.Sprintf("%d confirmed, %d refused", confirmed, refused))
	case terminated == 0 || terminated > confirmed:
		b.fail(fmt.Sprintf("1 to %d terminations", confirmed), fmt.Sprint(terminated))
	case !whole:
		b.fail("all points between a confirmation and the termination", "less")
	case refused > 0:
		b.state("the second one is refused")
	case terminated == 1:
		b.state("the second one starts it afresh")
	default:
		b.state("both are carried out")
	}
}

// holds reports whether data have every point at least once.
func holds(data []reply, points []Point) bool {
	seen := map[asdu.ObjectAddress]bool{}
	for _, r := range data {
		for o := range r.a.Objects() {
			seen[o.IOA()] = true
		}
	}
	return !slices.ContainsFunc(points, func(p Point) bool { return !seen[p.Address] })
}

// brokenOff sends an interrogation and its deactivation at once.
func (b *bench) brokenOff(station asdu.CommonAddress, points []Point) {
	request := telegram(asdu.C_IC_NA_1, asdu.Activation, station, object(0, 20))
	deactivation := mirror(request, asdu.Deactivation, positive)
	if b.over() {
		return
	}
	b.sendASDU(request, deactivation)
	var data []reply
	answer, terminated := "", false
	end := time.Now().Add(b.patience())
	for !b.over() {
		r, ok := b.nextBefore(&end, b.patience())
		if !ok {
			break
		}
		switch string(r.octets) {
		case string(mirror(request, asdu.ActivationCon, positive)):
		case string(mirror(request, asdu.ActivationTermination, positive)):
			terminated = true
		case string(mirror(request, asdu.DeactivationCon, positive)):
			answer = "confirmed"
		case string(mirror(request, asdu.DeactivationCon, negative)), string(mirror(request, asdu.UnknownCause, negative)):
			answer = "refused"
		default:
			if r.a.Cause == asdu.InterrogatedByStation && answer == "confirmed" && !terminated {
				b.fail("no data after the deactivation is confirmed", r.String())
			}
			data = append(data, r)
		}
	}
	switch {
	case b.over():
	case b.closed:
		b.fail("the connection open", "closed")
	case answer == "":
		b.fail("the deactivation confirmed or refused", nothing)
	case answer == "refused" && (!terminated || !holds(data, points)):
		b.fail("all points and the termination, as the deactivation is refused", fmt.Sprintf("less, terminated: %v", terminated))
	default:
		b.state("the deactivation of a running interrogation is %s", answer)
	}
}
