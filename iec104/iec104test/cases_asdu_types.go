package iec104test

import (
	"slices"

	"stellwerk/iec104/asdu"
)

// Private and reserved types and causes, and object addresses that mean
// nothing (IEC 60870-5-101, 7.2.1, 7.2.3 and 7.2.5).
var typeRequirements = []requirement{
	{
		id: "B14", clause: "7.2.1", title: "types 128 to 255 are passed on, or mirrored with cause 44 where nobody handles them",
		controlled: func(b *bench) {
			known := b.know()
			b.started()
			for t := 128; t < 256; t++ {
				if slices.Contains(known.Private, asdu.TypeID(t)) {
					continue
				}
				b.refused(telegram(asdu.TypeID(t), asdu.Activation, known.station(), object(1, 2, 3)), asdu.UnknownType)
			}
			b.refused(telegram(255, asdu.Activation, known.station(), nil), asdu.UnknownType)
			b.alive("private types")
		},
		controlling: func(b *bench) {
			b.started()
			var all [][]byte
			for t := 128; t < 256; t++ {
				all = append(all, telegram(asdu.TypeID(t), asdu.Spontaneous, 1, object(1, 2, byte(t))))
			}
			all = append(all, telegram(200, asdu.Spontaneous, 1, nil))
			b.allTaken("private types", all)
			b.expectAcknowledged()
		},
	},
	{
		id: "B15.reserved", clause: "7.2.1", title: "types and causes that the standard reserves do no harm, and are passed on as they are",
		controlled: func(b *bench) {
			station := b.know().station()
			b.started()
			for t := asdu.TypeID(1); t < 128; t++ {
				if !known(t) {
					b.refused(telegram(t, asdu.Spontaneous, station, nil), asdu.UnknownType, asdu.UnknownCause)
				}
			}
			seen := reactions{}
			seen.add(b.ignoredOrRefused("type 0", telegram(0, asdu.Activation, station, object(1, 1))), "type 0")
			for _, t := range []asdu.TypeID{asdu.M_SP_NA_1, asdu.M_ME_TF_1, asdu.M_EI_NA_1} {
				b.reopen()
				seen.add(b.ignoredOrRefused(t.String()+" in the wrong direction", sample(t, asdu.Spontaneous, 1)), t.String())
			}
			b.reopen()
			b.alive("reserved types")
			b.stated(seen)
		},
		controlling: func(b *bench) {
			b.started()
			var all [][]byte
			for t := range asdu.TypeID(128) {
				if !known(t) {
					all = append(all, telegram(t, asdu.Spontaneous, 1, object(1, byte(t))))
				}
			}
			for c := range asdu.Cause(64) {
				if !c.Defined() {
					all = append(all, telegram(asdu.M_SP_NA_1, c, 1, object(1, byte(c)&1)))
				}
			}
			b.allTaken("reserved types and causes", all)
			b.expectAcknowledged()
		},
	},
	{
		id: "B15.address", clause: "7.2.5", title: "the object address of types that need none is 0",
		controlled: func(b *bench) {
			station := b.know().station()
			b.started()
			for _, request := range [][]byte{
				telegram(asdu.C_IC_NA_1, asdu.Activation, station, object(5, 20)),
				telegram(asdu.C_TS_TA_1, asdu.Activation, station, timed(object(5, 1, 0), b.now())),
			} {
				b.sendASDU(request)
				r, ok := b.nextAnswer(b.patience())
				switch {
				case b.over():
				case !ok:
					b.fail("a request with an object address other than 0 answered", b.seenInstead(b.patience()))
				case string(r.octets) == string(mirror(request, asdu.UnknownObjectAddress, negative)),
					r.a.Type == asdu.C_TS_TA_1 && string(r.octets) == string(mirror(request, asdu.UnknownType, negative)),
					string(r.octets) == string(mirror(request, asdu.ActivationCon, negative)):
					b.state("%s with another one is refused with cause %d", r.a.Type, r.a.Cause)
				case string(r.octets) == string(mirror(request, asdu.ActivationCon, positive)):
					b.state("%s with another one is carried out", r.a.Type)
					if r.a.Type == asdu.C_IC_NA_1 {
						b.collect(request)
					}
				default:
					b.fail("a mirror of the request", r.String())
				}
			}
		},
		controlling: func(b *bench) {
			b.started()
			b.eachRequest(func(a ask, r reply) {
				if a.system() && string(r.octets[6:9]) != "\x00\x00\x00" {
					b.fail("a request with object address 0", r.String())
				}
			})
		},
	},
}

// known reports whether the standard has the type.
func known(t asdu.TypeID) bool {
	for k := range asdu.Types() {
		if k == t {
			return true
		}
	}
	return false
}
