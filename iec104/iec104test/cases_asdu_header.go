package iec104test

import (
	"time"

	"stellwerk/iec104/asdu"
)

// Bits and octets of the data unit identifier (IEC 60870-5-101, 7.2).
var headerRequirements = []requirement{
	{
		id: "B7.sent", clause: "7.2", title: "reserved bits are sent as 0",
		controlled: func(b *bench) {
			known := b.know()
			b.started()
			for _, station := range known.CommonAddresses {
				b.interrogate(telegram(asdu.C_IC_NA_1, asdu.Activation, station, object(0, 20)), asdu.InterrogatedByStation)
				if len(known.Counters) > 0 {
					b.interrogate(telegram(asdu.C_CI_NA_1, asdu.Activation, station, object(0, 5)), asdu.RequestedByGeneralCounter)
				}
			}
			b.events3()
		},
		controlling: func(b *bench) {
			b.started()
			b.eachRequest(func(ask, reply) {}) // which are held to the standard
		},
	},
	{
		id: "B7.received", clause: "7.2", title: "reserved bits that are not 0 are ignored, or lead to a refusal",
		controlled: func(b *bench) {
			station := b.know().station()
			b.started()
			// The bits RES1 to RES4 of a CP56Time2a.
			at := b.now().Octets() | 0x40<<16 | 0x60<<24 | 0xf0<<40 | 0x80<<48
			request := telegram(asdu.C_TS_TA_1, asdu.Activation, station, timed(object(0, 7, 0), asdu.RawTime(asdu.TimeCP56, at)))
			b.sendASDU(request)
			r, ok := b.nextAnswer(b.patience())
			switch {
			case b.over():
			case !ok:
				b.fail("the test command answered", b.seenInstead(b.patience()))
			case r.a.Type != asdu.C_TS_TA_1 || len(r.octets) != len(request):
				b.fail("the test command answered by a mirror of it", r.String())
			case r.a.Negative:
				b.state("refused with cause %d", r.a.Cause)
			case r.a.Cause != asdu.ActivationCon:
				b.fail("the test command confirmed or refused", r.String())
			case string(r.octets) == string(mirror(request, asdu.ActivationCon, positive)):
				b.state("ignored, and mirrored as they came")
			default:
				b.state("ignored, and mirrored otherwise")
			}
			b.alive("reserved bits")
		},
		controlling: func(b *bench) {
			b.started()
			b.allTaken("data with reserved bits", [][]byte{
				telegram(asdu.M_SP_NA_1, asdu.Spontaneous, 1, object(1, 0x0f)),
				telegram(asdu.M_DP_NA_1, asdu.Spontaneous, 1, object(1, 0x0e)),
				telegram(asdu.M_ME_NB_1, asdu.Spontaneous, 1, object(1, 5, 0, 0x0e)),
				telegram(asdu.M_SP_TB_1, asdu.Spontaneous, 1, object(1, 1, 0, 0, 0x40, 0x60, 1, 0xf1, 0x80)),
			})
			b.expectAcknowledged()
		},
	},
	{
		id: "B8.test", clause: "7.2.3", title: "a request with the test bit is confirmed with the test bit, and not carried out",
		controlled: func(b *bench) {
			station := b.know().station()
			b.started()
			request := telegram(asdu.C_IC_NA_1, 0x80|asdu.Activation, station, object(0, 20))
			b.request(request, asdu.ActivationCon)
			end := time.Now().Add(b.prompt)
			for over := false; !over && !b.over(); {
				r, ok := b.nextBefore(&end, b.prompt)
				switch {
				case !ok:
					over = true
				case r.a.Cause == asdu.InterrogatedByStation && !r.a.Test:
					b.fail("no data, or data with the test bit", r.String())
				case r.a.Type == asdu.C_IC_NA_1 && !r.a.Test:
					b.fail("the termination with the test bit", r.String())
				}
			}
			b.refused(telegram(99, 0x80|asdu.Activation, station, object(0, 0)), asdu.UnknownType)
			b.alive("requests with the test bit")
		},
		controlling: func(b *bench) {
			b.started()
			b.allTaken("data with the test bit", [][]byte{
				telegram(asdu.M_SP_NA_1, 0x80|asdu.Spontaneous, 1, object(1, 1)),
				telegram(asdu.M_ME_NB_1, 0x80|asdu.Cyclic, 1, object(2, 5, 0, 0)),
			})
			b.expectAcknowledged()
		},
	},
	{
		id: "B8.command", clause: "7.2.3", title: "a command with the test bit is confirmed and not executed",
		affects: Operates,
		controlled: func(b *bench) {
			controls := b.controls("", func(Control, asdu.TypeID) bool { return true })
			b.started()
			for _, c := range controls {
				t := c.Types[0]
				if !c.Direct {
					selection := b.command(c, t, commanded{sel: true})
					selection[2] |= 0x80
					b.request(selection, asdu.ActivationCon)
					b.refused(b.command(c, t, commanded{}), asdu.ActivationCon)
					continue
				}
				command := b.command(c, t, commanded{})
				command[2] |= 0x80
				b.request(command, asdu.ActivationCon)
				b.data = nil
				for end := false; !end && !b.over(); {
					r, ok := b.nextAnswer(b.prompt)
					end = !ok
					if ok && !r.a.Test {
						b.fail("answers with the test bit", r.String())
					}
				}
				if b.returned(c) {
					b.fail("the object not operated by a command with the test bit", "return information with cause 11")
				}
			}
		},
	},
	{
		id: "B8.negative", clause: "7.2.3", title: "the P/N bit of a confirmation says whether the request is carried out",
		controlled: func(b *bench) {
			station := b.know().station()
			b.started()
			b.refused(telegram(asdu.C_IC_NA_1, asdu.Activation, station, object(0, 37)), asdu.ActivationCon)
			b.tested(telegram(asdu.C_TS_TA_1, asdu.Activation, station, timed(object(0, 1, 0), b.now())))
		},
		controlling: func(b *bench) {
			b.started()
			for _, pn := range []bool{negative, positive} {
				d := b.do(Request{Type: asdu.C_IC_NA_1, CommonAddress: 1, Object: asdu.Interrogation{Qualifier: asdu.InterrogateStation}})
				r := b.awaitRequest(d)
				if b.over() {
					return
				}
				b.sendASDU(mirror(r.octets, asdu.ActivationCon, pn))
				if pn {
					b.fails(d, b.patience(), "the confirmation is negative")
					continue
				}
				b.sendASDU(mirror(r.octets, asdu.ActivationTermination, positive))
				b.succeeds(d, "it is confirmed and terminated")
			}
		},
	},
	{
		id: "B9", clause: "7.2.3", title: "the originator address is mirrored; the data of an answer go to it; 0 means all control centres",
		controlled: func(b *bench) {
			station := b.know().station()
			b.started()
			for _, originator := range []byte{7, 0, 255} {
				request := telegram(asdu.C_IC_NA_1, asdu.Activation, station, object(0, 20))
				request[3] = originator
				b.interrogate(request, asdu.InterrogatedByStation)
				request[0] = 99
				b.refused(request, asdu.UnknownType)
			}
			b.events3()
		},
		controlling: func(b *bench) {
			b.started()
			d := b.do(Request{Type: asdu.C_IC_NA_1, CommonAddress: 1, Object: asdu.Interrogation{Qualifier: asdu.InterrogateStation}})
			r := b.awaitRequest(d)
			if b.over() {
				return
			}
			if r.octets[3] != 0 {
				// The answer to somebody else's interrogation.
				foreign := mirror(r.octets, asdu.ActivationCon, negative)
				foreign[3]++
				b.sendASDU(foreign)
			}
			b.sendASDU(mirror(r.octets, asdu.ActivationCon, positive))
			b.sendASDU(mirror(r.octets, asdu.ActivationTermination, positive))
			b.succeeds(d, "the refusal was for another originator")
			b.state("requests have originator %d", r.octets[3])
		},
	},
}

// events3 wants spontaneous ASDUs to be in order, and for all control centres.
func (b *bench) events3() {
	if b.over() || b.eventsIfAny(3) != "" {
		return
	}
	for range 3 {
		r, ok := b.nextASDU(b.patience())
		switch {
		case b.over():
		case !ok:
			b.fail("a spontaneous ASDU", b.seenInstead(b.patience()))
		case r.octets[3] != 0:
			b.fail("a spontaneous ASDU with originator 0", r.String())
		}
		if len(r.octets) > 0 {
			b.sound(r)
		}
	}
}
