package iec104test

import (
	"fmt"
	"time"

	"stellwerk/iec104/asdu"
)

// Read command (IEC 60870-5-101, 7.4.3).
var readRequirements = []requirement{
	{
		id: "C4.read", clause: "7.4.3", title: "a read command is answered by the object with cause 5, and nothing else",
		controlled: func(b *bench) {
			points := byType(b.know().Points)
			if len(points) == 0 {
				b.skip("the station has no points, as far as is known")
			}
			b.started()
			for _, p := range points {
				if !p.Type.Allows(asdu.Request) {
					continue // an event alone
				}
				r, ok := b.read(p.CommonAddress, p.Address)
				if !ok {
					return
				}
				b.sound(r)
				if untimed(r.a.Type) != untimed(p.Type) || r.a.Count() != 1 {
					b.fail(fmt.Sprintf("object %d alone, as %s with or without time", p.Address, p.Type), r.String())
				}
				b.quietAnswers(b.settleTime(), "the object is the answer")
			}
		},
		controlling: func(b *bench) {
			b.started()
			b.answered(asked(asdu.C_RD_NA_1)[0])
		},
	},
	{
		id: "C4.unknown", clause: "7.4.3", title: "a read command for an object that there is not is refused with cause 47",
		controlled: func(b *bench) {
			known := b.know()
			b.started()
			for _, station := range known.CommonAddresses {
				for _, address := range []asdu.ObjectAddress{0, known.unknownAddress(station), 0xffffff} {
					if !known.has(station, address) {
						request := telegram(asdu.C_RD_NA_1, asdu.Request, station, object(address))
						b.skipUnknown(asdu.C_RD_NA_1, b.refused(request, asdu.UnknownObjectAddress, asdu.UnknownType))
					}
				}
			}
		},
	},
}

// read reads an object.
func (b *bench) read(station asdu.CommonAddress, address asdu.ObjectAddress) (reply, bool) {
	if b.over() {
		return reply{}, false
	}
	b.sendASDU(telegram(asdu.C_RD_NA_1, asdu.Request, station, object(address)))
	expected := fmt.Sprintf("object %d of station %d with cause 5", address, station)
	end := time.Now().Add(b.patience())
	for !b.over() {
		r, ok := b.nextBefore(&end, b.patience())
		switch {
		case b.over():
		case !ok:
			b.fail(expected, b.seenInstead(b.patience()))
		case r.a.Cause == asdu.Request && r.data() && sent([]reply{r}, station, address, asdu.Request) && !r.a.Negative:
			return r, true
		case r.a.Type == asdu.C_RD_NA_1 && r.a.Negative:
			b.skipUnknown(asdu.C_RD_NA_1, r.a.Cause)
			b.fail(expected, r.String())
		case !r.data() || r.a.Cause == asdu.Request:
			b.fail(expected, r.String())
		}
	}
	return reply{}, false
}
