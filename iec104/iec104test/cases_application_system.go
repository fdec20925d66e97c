package iec104test

import (
	"fmt"
	"time"

	"stellwerk/iec104/asdu"
)

// Initialization, test, reset and delay (IEC 60870-5-101, 7.4.4 and 7.4.9 to
// 7.4.11).
var systemRequirements = []requirement{
	{
		id: "C1.start", clause: "7.4.4", title: "a station tells with M_EI_NA_1 and cause 4 that it is initialized, and why",
		affects: Resets, told: true,
		controlled: func(b *bench) {
			known := b.know()
			b.restart()
			b.connect()
			b.start()
			b.initialized(known, asdu.LocalPowerOn, asdu.LocalManualReset)
			b.connect()
			b.start()
			b.initializedAgain()
		},
		controlling: func(b *bench) {
			b.started()
			var all [][]byte
			for _, cause := range []byte{0, 1, 2, 0x80, 32, 127} {
				all = append(all, telegram(asdu.M_EI_NA_1, asdu.Initialized, 1, object(0, cause)))
			}
			b.allTaken("M_EI_NA_1", all)
			b.expectAcknowledged()
		},
	},
	{
		id: "C7.timed", clause: "IEC 60870-5-104, 8.8", title: "C_TS_TA_1 is mirrored with its counter and its time",
		controlled: func(b *bench) {
			station := b.know().station()
			b.started()
			for _, counter := range []uint16{0, 1, 0x55aa, 0xffff} {
				b.request(telegram(asdu.C_TS_TA_1, asdu.Activation, station,
					timed(object(0, byte(counter), byte(counter>>8)), b.now())), asdu.ActivationCon)
			}
			b.quietAnswers(b.settleTime(), "the test command is confirmed")
		},
		controlling: func(b *bench) {
			b.started()
			b.answered(asked(asdu.C_TS_TA_1)[0])
		},
	},
	{
		id: "C7.plain", clause: "7.3.4.5", title: "C_TS_NA_1 is mirrored with its pattern, or not known",
		controlled: func(b *bench) {
			known := b.know()
			b.started()
			request := telegram(asdu.C_TS_NA_1, asdu.Activation, known.station(), object(0, 0xaa, 0x55))
			if !known.Extended {
				b.eitherKnown(request)
				return
			}
			b.request(request, asdu.ActivationCon)
			b.quietAnswers(b.settleTime(), "the test command is confirmed")
		},
		controlling: func(b *bench) {
			b.started()
			b.answered(asked(asdu.C_TS_NA_1)[0])
		},
	},
	{
		id: "C8.process", clause: "7.4.9", title: "a reset process command with qualifier 1 is confirmed, and M_EI_NA_1 with cause of initialization 2 follows",
		affects: Resets,
		controlled: func(b *bench) {
			known := b.know()
			b.started()
			request := telegram(asdu.C_RP_NA_1, asdu.Activation, known.station(), object(0, 1))
			b.sendASDU(request)
			r, ok := b.nextAnswer(b.patience())
			switch {
			case b.over():
			case !ok:
				b.fail(describe(mirror(request, asdu.ActivationCon, positive)), b.seenInstead(b.patience()))
			case r.a.Negative && r.a.Cause == asdu.UnknownType:
				b.skip("the station does not know C_RP_NA_1")
			case string(r.octets) != string(mirror(request, asdu.ActivationCon, positive)):
				b.fail(describe(mirror(request, asdu.ActivationCon, positive)), r.String())
			}
			if b.over() {
				return
			}
			b.initialized(&Inventory{CommonAddresses: known.CommonAddresses[:1]}, asdu.RemoteReset)
		},
		controlling: func(b *bench) {
			b.started()
			b.answered(asked(asdu.C_RP_NA_1)[0])
		},
	},
	{
		id: "C8.events", clause: "7.4.9", title: "a reset process command with qualifier 2 empties the event buffer",
		affects: Resets,
		controlled: func(b *bench) {
			known := b.know()
			n := b.p.K + 20
			b.started()
			b.holding = true
			b.events(n)
			b.expectI(b.p.K)
			b.sendASDU(telegram(asdu.C_RP_NA_1, asdu.Activation, known.station(), object(0, 2)))
			b.settle()
			b.holding = false
			b.ack()
			b.data = nil
			confirmed := false
			end := time.Now().Add(b.patience())
			for !b.over() {
				r, ok := b.nextBefore(&end, b.patience())
				if !ok {
					break
				}
				switch {
				case r.data():
					b.data = append(b.data, r)
				case confirmed || r.a.Type != asdu.C_RP_NA_1 || r.a.Cause != asdu.ActivationCon || r.a.Negative:
					if r.a.Cause == asdu.UnknownType {
						b.skip("the station does not know C_RP_NA_1")
					}
					b.fail("the reset confirmed", r.String())
				default:
					confirmed = true
				}
			}
			switch {
			case b.over():
			case !confirmed:
				b.fail("the reset confirmed", b.seenInstead(b.patience()))
			case len(b.data) >= n-b.p.K:
				b.fail("the events that were not sent yet to be gone", fmt.Sprintf("%d of %d came", len(b.data), n-b.p.K))
			}
			b.events3()
		},
		controlling: func(b *bench) {
			b.started()
			b.answered(asked(asdu.C_RP_NA_1)[1])
		},
	},
	{
		id: "C8.qualifier", clause: "7.2.6.27", title: "a reset process command with a qualifier that the standard does not use is refused",
		affects: Resets,
		controlled: func(b *bench) {
			station := b.know().station()
			b.started()
			for _, qualifier := range []byte{0, 3, 127} {
				request := telegram(asdu.C_RP_NA_1, asdu.Activation, station, object(0, qualifier))
				b.skipUnknown(asdu.C_RP_NA_1, b.refused(request, asdu.ActivationCon, asdu.UnknownType))
			}
		},
	},
	{
		id: "C9", clause: "7.4.10", title: "C_CD_NA_1 is confirmed with the delay added, and takes the delay with cause 3; or it is not known",
		controlled: func(b *bench) {
			known := b.know()
			b.started()
			sent := 1000
			request := telegram(asdu.C_CD_NA_1, asdu.Activation, known.station(), object(0, byte(sent), byte(sent>>8)))
			if !known.Extended {
				b.eitherKnown(request)
				return
			}
			b.sendASDU(request)
			r, ok := b.nextAnswer(b.patience())
			want := mirror(request, asdu.ActivationCon, positive)
			switch {
			case b.over():
			case !ok:
				b.fail(describe(want), b.seenInstead(b.patience()))
			case len(r.octets) != len(want) || string(r.octets[:9]) != string(want[:9]):
				b.fail(describe(want)+", the delay added", r.String())
			default:
				came := int(r.octets[9]) | int(r.octets[10])<<8
				if off := time.Duration(came-sent) * time.Millisecond; off < 0 || off > b.patience() {
					b.fail(fmt.Sprintf("%d ms and the time on the way", sent), r.String())
				}
			}
			if b.over() {
				return
			}
			b.sendASDU(telegram(asdu.C_CD_NA_1, asdu.Spontaneous, known.station(), object(0, 10, 0)))
			b.quietAnswers(b.prompt, "the delay that is loaded is not confirmed")
		},
		controlling: func(b *bench) {
			b.started()
			b.answered(asked(asdu.C_CD_NA_1)[0])
		},
	},
}

// eitherKnown wants a request that belongs to IEC 60870-5-101 confirmed or
// refused as unknown.
func (b *bench) eitherKnown(request []byte) {
	if b.over() {
		return
	}
	b.sendASDU(request)
	r, ok := b.nextAnswer(b.patience())
	expected := describe(mirror(request, asdu.UnknownType, negative)) + ", or the confirmation"
	switch {
	case b.over():
	case !ok:
		b.fail(expected, b.seenInstead(b.patience()))
	case string(r.octets) == string(mirror(request, asdu.UnknownType, negative)):
		b.state("%s is not known", r.a.Type)
	case r.a.Type == asdu.TypeID(request[0]) && r.a.Cause == asdu.ActivationCon && !r.a.Negative && len(r.octets) == len(request):
		b.state("%s is known", r.a.Type)
	default:
		b.fail(expected, r.String())
	}
}

// initialized wants M_EI_NA_1 of each station with one of these causes. A
// station may close the connection first.
func (b *bench) initialized(known *Inventory, causes ...asdu.InitializationCause) {
	end := time.Now().Add(b.patience())
	for left := len(known.CommonAddresses); left > 0 && !b.over(); {
		r, ok := b.nextBefore(&end, b.patience())
		switch {
		case b.over():
		case !ok && b.closed:
			b.connect()
			b.start()
			end = time.Now().Add(b.patience())
		case !ok:
			b.fail("M_EI_NA_1", b.seenInstead(b.patience()))
		case r.a.Type == asdu.M_EI_NA_1:
			b.sound(r)
			ei, err := asdu.First[asdu.EndOfInitialization](r.a)
			fits := err == nil && r.a.Originator == 0
			if fits {
				fits = false
				for _, c := range causes {
					fits = fits || ei.Cause == c
				}
			}
			if !fits {
				b.fail(fmt.Sprintf("M_EI_NA_1 with originator 0 and a cause of initialization of %v", causes), r.String())
			}
			left--
		}
	}
}

// initializedAgain looks whether M_EI_NA_1 comes on a further connection, which
// is right where that is another control centre.
func (b *bench) initializedAgain() {
	end := time.Now().Add(b.prompt)
	for !b.over() {
		r, ok := b.nextASDU(time.Until(end))
		switch {
		case !ok:
			b.state("told once")
			return
		case r.a.Type == asdu.M_EI_NA_1:
			b.state("told to each connection")
			return
		}
	}
}
