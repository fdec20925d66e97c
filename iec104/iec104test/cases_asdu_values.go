package iec104test

import (
	"slices"

	"stellwerk/iec104/asdu"
)

// Information elements (IEC 60870-5-101, 7.2.6).
var valueRequirements = []requirement{
	{
		id: "B11.valid", clause: "7.2.6.18", title: "times are taken as they are: invalid, summer time, day of the week, year 99, leap day",
		controlled: func(b *bench) {
			station := b.know().station()
			b.started()
			for _, at := range possibleTimes {
				b.tested(telegram(asdu.C_TS_TA_1, asdu.Activation, station, append(object(0, 1, 0), at.octets...)))
			}
		},
		controlling: func(b *bench) {
			b.started()
			b.allTaken("times", timesOf(possibleTimes))
			b.expectAcknowledged()
		},
	},
	{
		id: "B11.impossible", clause: "7.2.6.18", title: "times that no clock shows are refused or passed on, and do no harm",
		controlled: func(b *bench) {
			station := b.know().station()
			b.started()
			seen := reactions{}
			for _, at := range impossibleTimes {
				request := telegram(asdu.C_TS_TA_1, asdu.Activation, station, append(object(0, 1, 0), at.octets...))
				b.sendASDU(request)
				r, ok := b.nextAnswer(b.patience())
				switch {
				case b.over():
				case !ok:
					b.fail("the test command with "+at.name+" confirmed or refused", b.seenInstead(b.patience()))
				case string(r.octets) == string(mirror(request, asdu.ActivationCon, positive)):
					seen.add("mirrored", at.name)
				case r.a.Type == asdu.C_TS_TA_1 && r.a.Negative:
					seen.add("refused", at.name)
				default:
					b.fail("the test command with "+at.name+" confirmed or refused", r.String())
				}
			}
			b.stated(seen)
			b.alive("impossible times")
		},
		controlling: func(b *bench) {
			b.started()
			b.allTaken("times that no clock shows", timesOf(impossibleTimes))
			b.expectAcknowledged()
		},
	},
	{
		id: "B11.clock", clause: "7.4.6", title: "a clock is not set to a time that no clock shows",
		affects: SetsClock,
		controlled: func(b *bench) {
			station := b.know().station()
			b.started()
			if !b.hasClock(station) {
				return
			}
			for _, at := range impossibleTimes {
				b.refused(telegram(asdu.C_CS_NA_1, asdu.Activation, station, append(object(0), at.octets...)), asdu.ActivationCon)
			}
			b.clockShows(station, 0)
		},
	},
	{
		id: "B13.data", clause: "7.2.6.8", title: "floating point numbers that are none, or infinite, are passed on",
		controlling: func(b *bench) {
			b.started()
			var all [][]byte
			for _, number := range noNumbers {
				all = append(all,
					telegram(asdu.M_ME_NC_1, asdu.Spontaneous, 1, object(1, append(slices.Clone(number), 0)...)),
					telegram(asdu.M_ME_TF_1, asdu.Spontaneous, 1, object(1, append(slices.Clone(number), 0, 0x10, 0x27, 0x0c, 0x0d, 0x8d, 0x08, 0x09)...)))
			}
			b.allTaken("floating point numbers", all)
			b.expectAcknowledged()
		},
	},
	{
		id: "B13.setpoint", clause: "7.2.6.8", title: "a set-point that is no number, or infinite, is refused or carried out, and does no harm",
		affects: Operates,
		controlled: func(b *bench) {
			controls := b.controls("takes set-point commands of floating point numbers", func(_ Control, t asdu.TypeID) bool { return plain(t) == asdu.C_SE_NC_1 })
			b.started()
			seen := reactions{}
			for _, c := range controls {
				for i, number := range noNumbers {
					command := b.command(c, c.Types[0], commanded{sel: !c.Direct})
					copy(command[9:], number)
					b.data = nil
					b.sendASDU(command)
					r, ok := b.nextAnswer(b.patience())
					switch {
					case b.over():
					case !ok:
						b.fail("the set-point confirmed or refused", b.seenInstead(b.patience()))
					case string(r.octets) == string(mirror(command, asdu.ActivationCon, negative)):
						seen.add("refused", noNumberNames[i])
					case string(r.octets) != string(mirror(command, asdu.ActivationCon, positive)):
						b.fail(describe(mirror(command, asdu.ActivationCon, positive))+", or negative", r.String())
					case !c.Direct:
						seen.add("selected", noNumberNames[i])
						command[2] = byte(asdu.Deactivation)
						b.request(command, asdu.DeactivationCon)
					default:
						seen.add("carried out", noNumberNames[i])
						b.expectAnswer(mirror(command, asdu.ActivationTermination, positive))
					}
				}
				b.operate(c, commanded{})
			}
			for reaction, names := range seen {
				slices.Sort(names)
				seen[reaction] = slices.Compact(names)
			}
			b.stated(seen)
		},
	},
}

// possibleTimes are octets of a CP56Time2a that clocks show.
var possibleTimes = []named{
	{"an ordinary time", []byte{0x10, 0x27, 0x0c, 0x0d, 0x8d, 0x08, 0x09}},     // 2009-08-13 13:12:10, Thursday
	{"IV", []byte{0x10, 0x27, 0x8c, 0x0d, 0x8d, 0x08, 0x09}},                   // the same, invalid
	{"SU", []byte{0x10, 0x27, 0x0c, 0x8d, 0x8d, 0x08, 0x09}},                   // summer time
	{"no day of the week", []byte{0x10, 0x27, 0x0c, 0x0d, 0x0d, 0x08, 0x09}},   //
	{"Monday", []byte{0x10, 0x27, 0x0c, 0x0d, 0x2a, 0x08, 0x09}},               // 2009-08-10
	{"Sunday", []byte{0x10, 0x27, 0x0c, 0x0d, 0xf0, 0x08, 0x09}},               // 2009-08-16
	{"the end of year 99", []byte{0x5f, 0xea, 0x3b, 0x17, 0x1f, 0x0c, 0x63}},   // 99-12-31 23:59:59.999
	{"the beginning of year 0", []byte{0x00, 0x00, 0x00, 0x00, 0x01, 0x01, 0}}, //
	{"a leap day", []byte{0x10, 0x27, 0x0c, 0x0d, 0x1d, 0x02, 0x18}},           // 2024-02-29
	{"substituted", []byte{0x10, 0x27, 0x4c, 0x0d, 0x8d, 0x08, 0x09}},          // GEN
}

// impossibleTimes are octets of a CP56Time2a that no clock shows.
var impossibleTimes = []named{
	{"minute 60", []byte{0x10, 0x27, 0x3c, 0x0d, 0x0d, 0x08, 0x09}},
	{"hour 24", []byte{0x10, 0x27, 0x0c, 0x18, 0x0d, 0x08, 0x09}},
	{"60000 milliseconds", []byte{0x60, 0xea, 0x0c, 0x0d, 0x0d, 0x08, 0x09}},
	{"day 0", []byte{0x10, 0x27, 0x0c, 0x0d, 0x00, 0x08, 0x09}},
	{"30 February", []byte{0x10, 0x27, 0x0c, 0x0d, 0x1e, 0x02, 0x18}},
	{"29 February of no leap year", []byte{0x10, 0x27, 0x0c, 0x0d, 0x1d, 0x02, 0x17}},
	{"month 13", []byte{0x10, 0x27, 0x0c, 0x0d, 0x0d, 0x0d, 0x09}},
	{"month 0", []byte{0x10, 0x27, 0x0c, 0x0d, 0x0d, 0x00, 0x09}},
	{"year 100", []byte{0x10, 0x27, 0x0c, 0x0d, 0x0d, 0x08, 0x64}},
}

// timesOf returns events with the times as CP56Time2a and as CP24Time2a.
func timesOf(times []named) [][]byte {
	var all [][]byte
	for i, at := range times {
		address := asdu.ObjectAddress(i + 1)
		all = append(all,
			telegram(asdu.M_SP_TB_1, asdu.Spontaneous, 1, object(address, append([]byte{1}, at.octets...)...)),
			telegram(asdu.M_SP_TA_1, asdu.Spontaneous, 1, object(address, append([]byte{1}, at.octets[:3]...)...)))
	}
	return all
}

// noNumbers are octets of short floating point numbers (IEEE 754).
var (
	noNumberNames = []string{"NaN", "signalling NaN", "+Inf", "-Inf"}
	noNumbers     = [][]byte{{0, 0, 0xc0, 0x7f}, {1, 0, 0x80, 0x7f}, {0, 0, 0x80, 0x7f}, {0, 0, 0x80, 0xff}}
)
