package iec104test

import (
	"fmt"

	"stellwerk/iec104/asdu"
)

// What a station does not know (IEC 60870-5-101, 7.2.3 and 7.2.4).
var refusalRequirements = []requirement{
	{
		id: "B1", clause: "7.2.3", title: "an unknown type is mirrored with cause 44 and P/N=1",
		controlled: func(b *bench) {
			station := b.know().station()
			b.started()
			for _, t := range reservedTypes {
				b.refused(telegram(t, asdu.Activation, station, object(1, 0)), asdu.UnknownType)
			}
			b.alive("unknown types")
		},
		controlling: func(b *bench) { b.requestRefused(asdu.UnknownType) },
	},
	{
		id: "B2", clause: "7.2.3", title: "an unknown cause is mirrored with cause 45 and P/N=1",
		controlled: func(b *bench) {
			station := b.know().station()
			b.started()
			for _, c := range []asdu.Cause{0, asdu.Cyclic, asdu.Initialized, asdu.Request, asdu.ReturnLocal, 14, 19, asdu.InterrogatedByStation, 42, 43, 47 + 1, 63} {
				b.refused(telegram(asdu.C_IC_NA_1, c, station, object(0, 20)), asdu.UnknownCause)
			}
			b.alive("unknown causes")
		},
		controlling: func(b *bench) { b.requestRefused(asdu.UnknownCause) },
	},
	{
		id: "B3", clause: "7.2.4", title: "an unknown common address is mirrored with cause 46 and P/N=1",
		controlled: func(b *bench) {
			unknown := b.know().unknownStation()
			b.started()
			b.refused(telegram(asdu.C_IC_NA_1, asdu.Activation, unknown, object(0, 20)), asdu.UnknownCommonAddress)
			for _, request := range [][]byte{
				telegram(asdu.C_CI_NA_1, asdu.Activation, unknown, object(0, 5)),
				telegram(asdu.C_RD_NA_1, asdu.Request, unknown, object(1)),
				telegram(asdu.C_TS_TA_1, asdu.Activation, unknown, timed(object(0, 1, 0), b.now())),
			} {
				b.refused(request, asdu.UnknownCommonAddress, asdu.UnknownType) // where it has none of the type
			}
			b.alive("an unknown common address")
		},
		controlling: func(b *bench) { b.requestRefused(asdu.UnknownCommonAddress) },
	},
	{
		id: "B4.read", clause: "7.2.5", title: "a read command to an unknown object address is mirrored with cause 47 and P/N=1",
		controlled: func(b *bench) {
			known := b.know()
			b.started()
			for _, station := range known.CommonAddresses {
				request := telegram(asdu.C_RD_NA_1, asdu.Request, station, object(known.unknownAddress(station)))
				b.skipUnknown(asdu.C_RD_NA_1, b.refused(request, asdu.UnknownObjectAddress, asdu.UnknownType))
			}
			b.alive("an unknown object address")
		},
		controlling: func(b *bench) { b.requestRefused(asdu.UnknownObjectAddress) },
	},
	{
		id: "B4.command", clause: "7.2.5", title: "a command to an unknown object address is mirrored with cause 47 and P/N=1",
		affects: Operates,
		controlled: func(b *bench) {
			known := b.know()
			if len(known.Controls) == 0 {
				b.skip("no object is named that may be operated, so that none is known that may not")
			}
			station := known.station()
			b.started()
			for _, t := range commandTypes {
				c := Control{CommonAddress: station, Address: known.unknownAddress(station), Types: []asdu.TypeID{t}}
				if !known.takes(t) {
					continue // the type is unknown, rather than the address
				}
				b.refused(b.command(c, t, commanded{}), asdu.UnknownObjectAddress)
			}
			b.alive("an unknown object address")
		},
	},
	{
		id: "B4.parameter", clause: "7.2.5", title: "a parameter for an unknown object address is mirrored with cause 47 and P/N=1",
		affects: SetsParameters,
		controlled: func(b *bench) {
			known := b.know()
			if len(known.Parameters) == 0 {
				b.skip("the station has no parameters, as far as is known")
			}
			b.started()
			for _, p := range known.Parameters {
				p.Address = known.unknownAddress(p.CommonAddress)
				b.refused(parameter(p, asdu.ParameterThreshold, p.Value), asdu.UnknownObjectAddress)
			}
			b.alive("an unknown object address")
		},
	},
	{
		id: "B5.zero", clause: "7.2.4", title: "the common address 0 is rejected",
		controlled: func(b *bench) {
			b.started()
			b.refused(telegram(asdu.C_IC_NA_1, asdu.Activation, 0, object(0, 20)), asdu.UnknownCommonAddress)
			b.refused(telegram(asdu.C_RD_NA_1, asdu.Request, 0, object(1)), asdu.UnknownCommonAddress, asdu.UnknownType)
			b.alive("the common address 0")
		},
		controlling: func(b *bench) {
			b.started()
			b.tell("data with the common address 0", telegram(asdu.M_SP_NA_1, asdu.Spontaneous, 0, object(1, 1)))
			b.tell("data with the common address 65535", telegram(asdu.M_SP_NA_1, asdu.Spontaneous, 65535, object(1, 1)))
			b.goesOn(2)
		},
	},
	{
		id: "B5.broadcast", clause: "7.2.4", title: "interrogations of all stations are answered with the stations' own common addresses",
		controlled: func(b *bench) {
			known := b.know()
			b.started()
			b.broadcast(known, telegram(asdu.C_IC_NA_1, asdu.Activation, 65535, object(0, 20)))
			if len(known.Counters) > 0 {
				b.broadcast(known, telegram(asdu.C_CI_NA_1, asdu.Activation, 65535, object(0, 5)))
			}
		},
		controlling: func(b *bench) {
			b.started()
			d := b.do(Request{Type: asdu.C_IC_NA_1, CommonAddress: 65535, Object: asdu.Interrogation{Qualifier: asdu.InterrogateStation}})
			r := b.awaitRequest(d)
			for _, station := range []asdu.CommonAddress{1, 2} {
				b.sendASDU(from(station, mirrorOf(r, asdu.ActivationCon)))
			}
			for _, station := range []asdu.CommonAddress{1, 2} {
				b.sendASDU(telegram(asdu.M_SP_NA_1, asdu.InterrogatedByStation, station, object(1, 1)))
				b.sendASDU(from(station, mirrorOf(r, asdu.ActivationTermination)))
			}
			b.succeeds(d, "two stations have answered the interrogation of all")
		},
	},
	{
		id: "B5.others", clause: "7.2.4", title: "commands, read and test commands to the common address 65535 are rejected",
		affects: Operates,
		controlled: func(b *bench) {
			known := b.know()
			b.started()
			b.refused(telegram(asdu.C_RD_NA_1, asdu.Request, 65535, object(1)), asdu.UnknownCommonAddress, asdu.UnknownType)
			b.refused(telegram(asdu.C_TS_TA_1, asdu.Activation, 65535, timed(object(0, 1, 0), b.now())), asdu.UnknownCommonAddress, asdu.UnknownType)
			for _, c := range known.Controls {
				c.CommonAddress = 65535
				b.refused(b.command(c, c.Types[0], commanded{}), asdu.UnknownCommonAddress)
			}
			b.alive("commands to all stations")
		},
	},
}

// reservedTypes are types that the standard reserves, so that no station has
// them.
var reservedTypes = []asdu.TypeID{22, 29, 41, 44, 52, 57, 65, 69, 71, 99, 108, 109, 114, 119}

// broadcast wants a request to all stations answered by each of them.
func (b *bench) broadcast(known *Inventory, request []byte) {
	if b.over() {
		return
	}
	confirmed, terminated := map[asdu.CommonAddress]bool{}, map[asdu.CommonAddress]bool{}
	b.sendASDU(request)
	for len(terminated) < len(known.CommonAddresses) && !b.over() {
		r, ok := b.nextAnswer(b.patience())
		if b.over() {
			return
		}
		if !ok {
			b.fail(fmt.Sprintf("an answer from each of the stations %v", known.CommonAddresses),
				fmt.Sprintf("confirmations from %d and terminations from %d of them, then %s", len(confirmed), len(terminated), b.seenInstead(b.patience())))
			return
		}
		matched := false
		for _, station := range known.CommonAddresses {
			switch string(r.octets) {
			case string(from(station, mirror(request, asdu.ActivationCon, positive))):
				matched = !confirmed[station]
				confirmed[station] = true
			case string(from(station, mirror(request, asdu.ActivationTermination, positive))):
				matched = confirmed[station] && !terminated[station]
				terminated[station] = true
			}
		}
		if !matched {
			b.fail("confirmation and termination with the common address of each station, once", r.String())
		}
	}
	b.quietAnswers(b.prompt, "all stations have answered")
}

// from returns a telegram with another common address.
func from(station asdu.CommonAddress, octets []byte) []byte {
	if len(octets) >= 6 {
		octets[4], octets[5] = byte(station), byte(station>>8)
	}
	return octets
}

// mirrorOf is a positive mirror of a request, nil where there was none.
func mirrorOf(r reply, cause asdu.Cause) []byte {
	if len(r.octets) < 6 {
		return nil
	}
	return mirror(r.octets, cause, positive)
}

// requestRefused has the subject interrogate a station, which refuses with a
// cause, with P/N=1 as the standard has it and with P/N=0 as some stations do.
func (b *bench) requestRefused(cause asdu.Cause) {
	b.started()
	for _, pn := range []bool{negative, positive} {
		d := b.do(Request{Type: asdu.C_IC_NA_1, CommonAddress: 1, Object: asdu.Interrogation{Qualifier: asdu.InterrogateStation}})
		r := b.awaitRequest(d)
		if b.over() {
			return
		}
		b.sendASDU(mirror(r.octets, cause, pn))
		b.fails(d, b.patience(), fmt.Sprintf("the interrogation was refused with cause %d and P/N=%d", cause, bit(pn)))
	}
}

// goesOn wants a single point of a station to be taken over after what came
// before, and all acknowledged.
func (b *bench) goesOn(address asdu.ObjectAddress) {
	octets := telegram(asdu.M_SP_NA_1, asdu.Spontaneous, 1, object(address, 1))
	b.tell("a single point", octets)
	b.taken("a single point", octets)
	b.expectAcknowledged()
}
