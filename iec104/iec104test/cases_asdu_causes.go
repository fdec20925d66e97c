package iec104test

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"stellwerk/iec104/asdu"
)

// Types with causes (IEC 60870-5-101, 7.2.3 and 7.3).
var causeRequirements = []requirement{
	{
		id: "B10.system", clause: "7.3", title: "system commands with a cause that the standard does not allow are refused",
		controlled: func(b *bench) {
			station := b.know().station()
			b.started()
			for _, request := range [][]byte{
				telegram(asdu.C_RD_NA_1, 0, station, object(1)),
				telegram(asdu.C_IC_NA_1, 0, station, object(0, 20)),
				telegram(asdu.C_CI_NA_1, 0, station, object(0, 5)),
				telegram(asdu.C_CD_NA_1, 0, station, object(0, 10, 0)),
				telegram(asdu.C_TS_NA_1, 0, station, object(0, 0xaa, 0x55)),
				telegram(asdu.C_TS_TA_1, 0, station, timed(object(0, 1, 0), b.now())),
			} {
				b.otherCauses(request)
			}
			b.alive("wrong causes")
		},
		controlling: func(b *bench) {
			b.started()
			b.allTaken("types with their causes", data(true))
			b.expectAcknowledged()
			for _, octets := range data(false) {
				b.tell(describe(octets), octets)
			}
			b.goesOn(1)
		},
	},
	{
		id: "B10.process", clause: "7.3", title: "commands, parameters, clock and reset with a cause that the standard does not allow are refused",
		affects: Operates | SetsParameters | SetsClock | Resets,
		controlled: func(b *bench) {
			known := b.know()
			station := known.station()
			b.started()
			b.otherCauses(telegram(asdu.C_CS_NA_1, 0, station, timed(object(0), b.now())))
			b.otherCauses(telegram(asdu.C_RP_NA_1, 0, station, object(0, 2)))
			for _, c := range known.Controls {
				for _, t := range c.Types {
					b.otherCauses(b.command(c, t, commanded{}))
				}
			}
			for _, p := range known.Parameters {
				b.otherCauses(parameter(p, asdu.ParameterThreshold, p.Value))
				b.otherCauses(telegram(asdu.P_AC_NA_1, 0, p.CommonAddress, object(p.Address, byte(asdu.ActivateParameter))))
			}
			b.alive("wrong causes")
		},
	},
	{
		id: "B10.monitored", clause: "7.3", title: "what a controlled station sends has a cause that the standard allows for its type",
		controlled: func(b *bench) {
			known := b.know()
			b.started()
			for _, station := range known.CommonAddresses {
				b.interrogate(telegram(asdu.C_IC_NA_1, asdu.Activation, station, object(0, 20)), asdu.InterrogatedByStation)
			}
			for _, r := range b.data {
				b.sound(r)
			}
			for _, p := range byType(known.Points) {
				if !p.Type.Allows(asdu.Request) {
					continue
				}
				if r, ok := b.read(p.CommonAddress, p.Address); ok {
					b.sound(r)
				}
			}
			b.events3()
		},
	},
}

// otherCauses sends a request with every cause that its type does not have in
// control direction, and wants it refused.
func (b *bench) otherCauses(request []byte) {
	t, seen := asdu.TypeID(request[0]), reactions{}
	for c := asdu.Cause(0); c <= 63; c++ {
		asks := c == asdu.Activation || c == asdu.Deactivation || c == asdu.Request || c == asdu.Spontaneous
		if asks && t.Allows(c) || t == asdu.C_CI_NA_1 && c == asdu.Deactivation {
			continue
		}
		wrong := slices.Clone(request)
		wrong[2] = byte(c)
		if c.Unknown() {
			seen.add(b.refusalAnswered(wrong), fmt.Sprint(byte(c)))
			continue
		}
		// Whether the type, the address or the cause is looked at first is for
		// the station.
		b.refused(wrong, asdu.UnknownCause, asdu.UnknownType, asdu.UnknownObjectAddress)
	}
	for _, reaction := range slices.Sorted(maps.Keys(seen)) {
		b.state("%s with the causes %s: %s", t, strings.Join(seen[reaction], ", "), reaction)
	}
}

// refusalAnswered sends a request with one of the causes by which stations
// refuse, and returns what the subject did. No control centre may send them, so
// that a refusal is right; silence is right as well: what looks like a refusal
// is never answered by some, so that two stations cannot refuse each other for
// ever.
func (b *bench) refusalAnswered(request []byte) string {
	if b.over() {
		return ""
	}
	b.data = nil
	b.sendASDU(request)
	r, ok := b.nextAnswer(b.settleTime())
	switch {
	case b.over():
	case !ok && b.closed:
		b.fail("the connection open: "+describe(request)+" refused or ignored", "closed")
	case !ok:
		return "ignored"
	case string(r.octets) == string(mirror(request, asdu.UnknownCause, negative)),
		string(r.octets) == string(mirror(request, asdu.UnknownType, negative)):
		return fmt.Sprintf("refused with cause %d", r.a.Cause)
	default:
		b.fail(describe(mirror(request, asdu.UnknownCause, negative))+", or no answer", r.String())
	}
	return ""
}

// data returns an ASDU of every type of process information with every cause
// that the standard allows, or with every one that it does not.
func data(allowed bool) [][]byte {
	var all [][]byte
	for t := range asdu.Types() {
		if t > asdu.M_EP_TF_1 && t != asdu.M_EI_NA_1 {
			continue
		}
		for c := range asdu.Cause(48) {
			if t.Allows(c) != allowed {
				continue
			}
			address := asdu.ObjectAddress(c) + 100
			if t == asdu.M_EI_NA_1 {
				address = 0
			}
			if octets := sample(t, c, address); octets != nil {
				all = append(all, octets)
			}
		}
	}
	return all
}

// sample lays an ASDU of process information with good quality.
func sample(t asdu.TypeID, c asdu.Cause, address asdu.ObjectAddress) []byte {
	time24 := []byte{0x10, 0x27, 0x0c}
	time56 := []byte{0x10, 0x27, 0x0c, 0x0d, 0x8d, 0x08, 0x09}
	element, ok := map[asdu.TypeID][]byte{
		asdu.M_SP_NA_1: {1}, asdu.M_DP_NA_1: {2}, asdu.M_ST_NA_1: {5, 0}, asdu.M_BO_NA_1: {1, 2, 3, 4, 0},
		asdu.M_ME_NA_1: {0, 0x40, 0}, asdu.M_ME_NB_1: {1, 0, 0}, asdu.M_ME_NC_1: {0, 0, 0x80, 0x3f, 0},
		asdu.M_IT_NA_1: {1, 0, 0, 0, 3}, asdu.M_PS_NA_1: {1, 0, 1, 0, 0}, asdu.M_ME_ND_1: {0, 0x40},
		asdu.M_EP_TA_1: {2, 5, 0}, asdu.M_EP_TB_1: {1, 0, 5, 0}, asdu.M_EP_TC_1: {1, 0, 5, 0},
		asdu.M_EI_NA_1: {0},
	}[untimed(t)]
	if !ok {
		return nil
	}
	body := object(address, element...)
	switch {
	case t >= asdu.M_SP_TB_1 && t <= asdu.M_EP_TF_1:
		body = append(body, time56...)
	case t != untimed(t) || t >= asdu.M_EP_TA_1 && t <= asdu.M_EP_TC_1:
		body = append(body, time24...)
	}
	return telegram(t, c, 1, body)
}

// untimed returns the type of process information without time tag, or with
// the shorter one where there is none without.
func untimed(t asdu.TypeID) asdu.TypeID {
	switch {
	case t == asdu.M_IT_TA_1 || t == asdu.M_IT_TB_1:
		return asdu.M_IT_NA_1
	case t >= asdu.M_EP_TD_1 && t <= asdu.M_EP_TF_1:
		return t - asdu.M_EP_TD_1 + asdu.M_EP_TA_1
	case t >= asdu.M_SP_TB_1 && t <= asdu.M_ME_TF_1:
		return 2*(t-asdu.M_SP_TB_1) + asdu.M_SP_NA_1
	case t <= asdu.M_ME_TC_1 && t%2 == 0:
		return t - 1
	default:
		return t
	}
}

// byType returns one point of each type.
func byType(points []Point) []Point {
	var one []Point
	for _, p := range points {
		if !slices.ContainsFunc(one, func(o Point) bool { return o.Type == p.Type }) {
			one = append(one, p)
		}
	}
	return one
}
