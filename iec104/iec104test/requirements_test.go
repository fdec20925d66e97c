package iec104test_test

import (
	"slices"
	"testing"

	"stellwerk/iec104"
	"stellwerk/iec104/iec104test"
)

var (
	bothRoles       = []iec104.Role{iec104.Controlling, iec104.Controlled}
	controlledOnly  = []iec104.Role{iec104.Controlled}
	controllingOnly = []iec104.Role{iec104.Controlling}
)

// requirements are what a station and a control centre must show: link procedure
// (A), ASDUs (B), application functions (C). One role alone has what the other one
// cannot show: only a control centre calls (A15) and takes data (B12), only a
// station is started (A16) and keeps events meanwhile (A20).
var requirements = map[string][]iec104.Role{
	"A1":  bothRoles, // N(S) and N(R) after the connection is opened
	"A2":  bothRoles, // N(S)
	"A3":  bothRoles, // N(R)
	"A4":  bothRoles, // partial acknowledgement
	"A5":  bothRoles, // the same N(R), and one behind it
	"A6":  bothRoles, // N(R) beyond what was sent
	"A7":  bothRoles, // a gap or a repetition in N(S)
	"A8":  bothRoles, // 32767 and 0
	"A9":  bothRoles, // k
	"A10": bothRoles, // w
	"A11": bothRoles, // t1, I frames
	"A12": bothRoles, // t1, U frames
	"A13": bothRoles, // t2
	"A14": bothRoles, // t3
	"A15": controllingOnly,
	"A16": controlledOnly,
	"A17": bothRoles, // I frame before STARTDT
	"A18": bothRoles, // S frame while stopped
	"A19": bothRoles, // STOPDT
	"A20": controlledOnly,
	"A21": bothRoles, // control fields
	"A22": bothRoles, // start octet, length, splits
	"A23": bothRoles, // redundancy groups
	"A24": bothRoles, // standby connections
	"A25": bothRoles, // reconnecting
	"A26": bothRoles, // steps of the wall clock

	"B1":  bothRoles, // unknown type
	"B2":  bothRoles, // unknown cause
	"B3":  bothRoles, // unknown common address
	"B4":  bothRoles, // unknown object address
	"B5":  bothRoles, // common addresses 0 and 65535
	"B6":  bothRoles, // VSQ
	"B7":  bothRoles, // reserved bits
	"B8":  bothRoles, // P/N and T
	"B9":  bothRoles, // originator
	"B10": bothRoles, // causes of each type
	"B11": bothRoles, // times
	"B12": controllingOnly,
	"B13": bothRoles, // floats
	"B14": bothRoles, // private types
	"B15": bothRoles, // reserved types and causes

	"C1":  bothRoles, // initialisation
	"C2":  bothRoles, // interrogation
	"C3":  bothRoles, // counters
	"C4":  bothRoles, // read
	"C5":  bothRoles, // clock
	"C6":  bothRoles, // commands
	"C7":  bothRoles, // test commands
	"C8":  bothRoles, // reset
	"C9":  bothRoles, // delay acquisition
	"C10": bothRoles, // parameters
	"C11": bothRoles, // files
	"C12": bothRoles, // cyclic, background, spontaneous
}

// TestFaultForEachCase holds the tables of faults to the cases: for each there is
// a station or a control centre with a fault that makes it fail.
func TestFaultForEachCase(t *testing.T) {
	found := map[iec104.Role]map[string]bool{iec104.Controlled: {}, iec104.Controlling: {}}
	for _, test := range linkFaults {
		for _, id := range slices.Concat(test.both, test.station) {
			found[iec104.Controlled][id] = true
		}
		for _, id := range test.both {
			found[iec104.Controlling][id] = true
		}
	}
	for _, test := range stackFaults {
		found[iec104.Controlled][test.id], found[iec104.Controlling][test.id] = true, true
	}
	for _, test := range slices.Concat(stationFaults, stationFileFaults) {
		for _, id := range test.cases {
			found[iec104.Controlled][id] = true
		}
	}
	for _, test := range slices.Concat(centreFaults, centreFileFaults) {
		for _, id := range test.cases {
			found[iec104.Controlling][id] = true
		}
	}
	for _, test := range peculiarFaults {
		found[test.role][test.id] = true
	}
	found[iec104.Controlling]["A23"] = true         // by TestCasesFindFaultsOfLines
	found[iec104.Controlled]["C12.overflow"] = true // by TestOverflow
	for _, c := range iec104test.Cases() {
		if !found[c.Role][c.ID] {
			t.Errorf("no fault makes %s of the %v fail", c.ID, c.Role)
		}
	}
}

// TestToldOnly holds cases that only tell a control centre something to affecting
// nothing.
func TestToldOnly(t *testing.T) {
	all := casesByID(iec104.Controlling)
	for _, id := range []string{"C1.start", "C3.spontaneous", "C5.unsynchronized", "C6.return", "C11.checksum"} {
		if all[id].Affects != 0 || casesByID(iec104.Controlled)[id].ID != "" && casesByID(iec104.Controlled)[id].Affects == 0 {
			t.Errorf("%s affects %s", id, all[id].Affects)
		}
	}
	if all["C6.direct"].Affects != iec104test.Operates {
		t.Errorf("C6.direct affects %s", all["C6.direct"].Affects)
	}
}
