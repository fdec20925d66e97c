package iec104test

import (
	"slices"

	"stellwerk/iec104/asdu"
)

// Structure of ASDUs (IEC 60870-5-101, 7.2.2).
var structureRequirements = []requirement{
	{
		id: "B6.length", clause: "7.2.2", title: "a request whose octets do not fit its type and number of objects is not carried out",
		controlled: func(b *bench) {
			station := b.know().station()
			b.started()
			seen := reactions{}
			for _, wrong := range malformedRequests(station) {
				b.reopen()
				seen.add(b.ignoredOrRefused(wrong.name, wrong.octets), wrong.name)
			}
			b.reopen()
			b.interrogate(telegram(asdu.C_IC_NA_1, asdu.Activation, station, object(0, 20)), asdu.InterrogatedByStation)
			b.stated(seen)
		},
		controlling: func(b *bench) {
			b.started()
			seen := reactions{}
			for _, wrong := range malformedData() {
				b.reopen()
				seen.add(b.tolerates(wrong.name, wrong.octets), wrong.name)
				if !b.closed {
					b.kept(wrong.name, wrong.octets)
				}
			}
			b.reopen()
			b.goesOn(1)
			b.stated(seen)
		},
	},
	{
		id: "B6.sequence", clause: "7.2.2", title: "SQ=1 is allowed for process information without time tag and for directories alone",
		controlled: func(b *bench) {
			known := b.know()
			b.started()
			seen := reactions{}
			request := telegram(asdu.C_IC_NA_1, asdu.Activation, known.station(), object(0, 20))
			request[1] = 0x81
			seen.add(b.ignoredOrRefused("an interrogation with SQ=1", request), "interrogation")
			b.reopen()
			request = telegram(asdu.C_RD_NA_1, asdu.Request, known.station(), object(known.unknownAddress(known.station())))
			request[1] = 0x81
			seen.add(b.ignoredOrRefused("a read command with SQ=1", request), "read command")
			b.reopen()
			b.alive("SQ=1")
			for _, station := range known.CommonAddresses {
				b.interrogate(telegram(asdu.C_IC_NA_1, asdu.Activation, station, object(0, 20)), asdu.InterrogatedByStation)
			}
			b.stated(seen)
		},
		controlling: func(b *bench) {
			b.started()
			sequences := [][]byte{
				{1, 0x82, 3, 0, 1, 0, 1, 0, 0, 1, 0},                         // SIQ on, off
				{3, 0x82, 3, 0, 1, 0, 1, 0, 0, 1, 2},                         // DIQ off, on
				{5, 0x82, 3, 0, 1, 0, 1, 0, 0, 1, 0, 2, 0},                   // VTI, QDS
				{7, 0x81, 3, 0, 1, 0, 1, 0, 0, 1, 2, 3, 4, 0},                // BSI, QDS
				{9, 0x82, 3, 0, 1, 0, 1, 0, 0, 0, 0x40, 0, 0, 0x20, 0},       // NVA, QDS
				{11, 0x82, 3, 0, 1, 0, 1, 0, 0, 1, 0, 0, 2, 0, 0},            // SVA, QDS
				{13, 0x81, 3, 0, 1, 0, 1, 0, 0, 0, 0, 0x80, 0x3f, 0},         // 1.0, QDS
				{15, 0x81, 37, 0, 1, 0, 1, 0, 0, 1, 0, 0, 0, 5},              // BCR
				{20, 0x81, 3, 0, 1, 0, 1, 0, 0, 1, 0, 1, 0, 0},               // SCD, QDS
				{21, 0x83, 3, 0, 1, 0, 1, 0, 0, 0, 0x40, 0, 0x20, 0, 0x10},   // NVA
				append([]byte{1, 0x80 | 127, 20, 0, 1, 0, 0, 1, 0}, ones...), // as many as N can say
			}
			b.allTaken("elements in sequence", sequences)
			b.expectAcknowledged()
		},
	},
	{
		id: "B6.command", clause: "7.2.2", title: "several commands in an ASDU, commands with SQ=1 and commands cut short are not carried out",
		affects: Operates,
		controlled: func(b *bench) {
			controls := b.controls("takes commands without select", func(c Control, t asdu.TypeID) bool { return c.Direct && t == plain(t) })
			b.started()
			seen := reactions{}
			for _, c := range controls {
				command := b.command(c, c.Types[0], commanded{})
				two := append(slices.Clone(command), command[6:]...)
				two[1] = 2
				sequence := slices.Clone(command)
				sequence[1] = 0x81
				for _, wrong := range []named{
					{"two commands", two},
					{"SQ=1", sequence},
					{"without its last octet", command[:len(command)-1]},
					{"one octet more", append(slices.Clone(command), 0)},
				} {
					b.reopen()
					seen.add(b.ignoredOrRefused(wrong.name+" of "+c.Types[0].String(), wrong.octets), wrong.name)
					if !b.closed {
						b.notOperated(c, wrong.name)
					}
				}
				b.reopen()
				b.operate(c, commanded{})
			}
			for reaction, names := range seen {
				slices.Sort(names)
				seen[reaction] = slices.Compact(names)
			}
			b.stated(seen)
		},
	},
	{
		id: "B12", clause: "7.2.2", title: "elements in sequence that run past the object address 16777215 do no harm",
		controlling: func(b *bench) {
			b.started()
			past := append([]byte{1, 0x80 | 127, 3, 0, 1, 0, 0xfe, 0xff, 0xff}, ones...)
			b.state("%s", b.tolerates("a sequence past the last address", past))
			b.reopen()
			b.goesOn(1)
		},
	},
}

// ones are single points that are on, as many as N can say.
var ones = slices.Repeat([]byte{1}, 127)

// named is an ASDU with a name.
type named struct {
	name   string
	octets []byte
}

func malformedRequests(station asdu.CommonAddress) []named {
	low, high := byte(station), byte(station>>8)
	return []named{
		{"N=0", []byte{100, 0, 6, 0, low, high, 0, 0, 0, 20}},
		{"N=0 without an object", []byte{100, 0, 6, 0, low, high}},
		{"N=1 without an object", []byte{100, 1, 6, 0, low, high}},
		{"N=1 without QOI", []byte{100, 1, 6, 0, low, high, 0, 0, 0}},
		{"address cut short", []byte{102, 1, 5, 0, low, high, 1, 0}},
		{"N=2 with one object", []byte{100, 2, 6, 0, low, high, 0, 0, 0, 20}},
		{"N=127 with one object", []byte{100, 127, 6, 0, low, high, 0, 0, 0, 20}},
		{"two interrogations", []byte{100, 2, 6, 0, low, high, 0, 0, 0, 20, 0, 0, 0, 21}},
		{"an octet too many", []byte{100, 1, 6, 0, low, high, 0, 0, 0, 20, 0}},
		{"type alone", []byte{100}},
		{"five octets", []byte{100, 1, 6, 0, low}},
		{"time cut short", []byte{107, 1, 6, 0, low, high, 0, 0, 0, 1, 0, 0, 0, 0}},
	}
}

func malformedData() []named {
	return []named{
		{"N=0", []byte{1, 0, 3, 0, 1, 0, 1, 0, 0, 1}},
		{"N=1 without an object", []byte{1, 1, 3, 0, 1, 0}},
		{"N=1 without SIQ", []byte{1, 1, 3, 0, 1, 0, 1, 0, 0}},
		{"N=2 with one object", []byte{1, 2, 3, 0, 1, 0, 1, 0, 0, 1}},
		{"N=127 with one object", []byte{13, 127, 3, 0, 1, 0, 1, 0, 0, 0, 0, 0x80, 0x3f, 0}},
		{"SQ=1, N=3 with two elements", []byte{1, 0x83, 3, 0, 1, 0, 1, 0, 0, 1, 1}},
		{"an octet too many", []byte{1, 1, 3, 0, 1, 0, 1, 0, 0, 1, 0}},
		{"float cut short", []byte{13, 1, 3, 0, 1, 0, 1, 0, 0, 0, 0, 0x80}},
		{"time cut short", []byte{30, 1, 3, 0, 1, 0, 1, 0, 0, 1, 0, 0, 0, 0}},
		{"segment shorter than it says", []byte{125, 1, 13, 0, 1, 0, 1, 0, 0, 1, 0, 1, 200, 1, 2}},
		{"type alone", []byte{1}},
		{"five octets", []byte{1, 1, 3, 0, 1}},
	}
}
