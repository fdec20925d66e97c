package iec104test_test

import (
	"slices"

	"stellwerk/iec104/asdu"
	"stellwerk/iec104/iec104test"
)

// Octets of ASDUs of file transfer, after the name of the file.
const (
	sectionAt   = 11 // NOS
	qualifierAt = 12 // SCQ, LSQ, AFQ
	checksumAt  = 13 // CHS
)

// ends fits F_LS_NA_1 with one of some qualifiers.
func ends(q ...asdu.LastQualifier) func([]byte) bool {
	return func(a []byte) bool {
		return asdu.TypeID(a[0]) == asdu.F_LS_NA_1 && len(a) > checksumAt && slices.Contains(q, asdu.LastQualifier(a[qualifierAt]))
	}
}

// calls fits F_SC_NA_1 with an action.
func calls(action asdu.FileAction) func([]byte) bool {
	return func(a []byte) bool {
		return asdu.TypeID(a[0]) == asdu.F_SC_NA_1 && len(a) > qualifierAt && asdu.FileAction(a[qualifierAt]&0x0f) == action
	}
}

// acknowledges fits F_AF_NA_1 with an answer.
func acknowledges(answer asdu.FileAnswer) func([]byte) bool {
	return func(a []byte) bool {
		return asdu.TypeID(a[0]) == asdu.F_AF_NA_1 && len(a) > qualifierAt && asdu.FileAnswer(a[qualifierAt]&0x0f) == answer
	}
}

func setQualifier(q byte) func([]byte) { return func(a []byte) { a[qualifierAt] = q } }

func anotherChecksum(a []byte) { a[checksumAt]++ }

// preselecting selects a file before its call where nobody has.
func preselecting() iec104test.Alterations {
	selected, hidden := false, 0
	return iec104test.Alterations{
		Sent: func(a []byte) [][]byte {
			switch {
			case calls(asdu.SelectFile)(a):
				selected = true
			case calls(asdu.RequestFile)(a) && !selected:
				selected = true
				hidden++
				selection := slices.Clone(a)
				selection[qualifierAt] = byte(asdu.SelectFile)
				return [][]byte{selection, a}
			}
			return [][]byte{a}
		},
		Received: func(a []byte) [][]byte {
			if asdu.TypeID(a[0]) == asdu.F_FR_NA_1 && hidden > 0 {
				hidden--
				return nil
			}
			return [][]byte{a}
		},
	}
}

// lasting refuses selections after a call without one, as if the file were
// somebody else's still.
func lasting() iec104test.Alterations {
	selected, refuses := false, false
	return iec104test.Alterations{
		Sent: where(is(asdu.F_SC_NA_1), func(a []byte) {
			selected = selected || calls(asdu.SelectFile)(a)
			refuses = refuses || !selected && calls(asdu.RequestFile)(a)
		}),
		Received: where(is(asdu.F_FR_NA_1), func(a []byte) {
			if refuses {
				a[14] |= 0x80
			}
		}),
	}
}

// otherOctets changes two octets of each segment so that their sum stays.
func otherOctets(a []byte) {
	if asdu.TypeID(a[0]) == asdu.F_SG_NA_1 && len(a) > checksumAt+1 {
		a[checksumAt]++
		a[checksumAt+1]--
	}
}

// stationFileFaults are faults of [stationFaults] of file transfer.
var stationFileFaults = []struct {
	name  string
	fault altered
	cases []string
}{
	{"does not say which entry is the last", altered{alter: answers(where(is(asdu.F_DR_TA_1), func(a []byte) {
		step := 16
		if a[1]&0x80 != 0 { // SQ: without further addresses
			step = 13
		}
		for i := 14; i < len(a); i += step {
			a[i] &^= 0x20 // LFD
		}
	}))}, []string{"C11.directory"}},
	{"ends sections with another checksum", altered{alter: answers(where(ends(asdu.SectionWithoutDeactivation), anotherChecksum))}, []string{"C11.read", "C11.repeat"}},
	{"ends files with another checksum", altered{alter: answers(where(ends(asdu.FileWithoutDeactivation), anotherChecksum))}, []string{"C11.read"}},
	{"does not repeat sections", altered{alter: asks(where(acknowledges(asdu.SectionNegative), setQualifier(byte(asdu.SectionPositive))))}, []string{"C11.repeat"}},
	{"takes files with a wrong checksum", altered{alter: answers(where(acknowledges(asdu.FileNegative), setQualifier(byte(asdu.FilePositive))))}, []string{"C11.checksum"}},
	{"takes sections with a wrong checksum", altered{alter: answers(where(acknowledges(asdu.SectionNegative), setQualifier(byte(asdu.SectionPositive))))}, []string{"C11.checksum"}},
	{"has every file", altered{alter: answers(where(is(asdu.F_FR_NA_1), func(a []byte) { a[14] &^= 0x80 }))}, []string{"C11.refused", "C11.delete"}},
	{"needs no selection", altered{alter: preselecting}, []string{"C11.order"}},
	{"keeps a selection longer than its connection", altered{alter: lasting}, []string{"C11.connection"}},
	{"stores other octets", altered{alter: asks(where(is(asdu.F_SG_NA_1), otherOctets))}, []string{"C11.write"}},
	{"confirms and does not delete", altered{alter: asks(where(calls(asdu.DeleteFile), setQualifier(byte(asdu.SelectFile))))}, []string{"C11.delete"}},
}

// centreFileFaults are the same for controlling stations.
var centreFileFaults = []struct {
	name  string
	fault altered
	cases []string
}{
	{"takes every answer for a yes", altered{do: optimist}, []string{"C11.checksum", "C11.abort", "C11.refused", "C11.order", "C11.space", "C11.delete", "C11.silence"}},
	{"waits for ever", altered{do: patient}, []string{"C11.checksum", "C11.abort", "C11.refused", "C11.order", "C11.space", "C11.delete", "C11.silence"}},
	{"calls no directory but something else", altered{alter: answers(where(calls(asdu.FileDefault), setQualifier(byte(asdu.RequestFile))))}, []string{"C11.directory"}},
	{"acknowledges no file", altered{alter: answers(lost(acknowledges(asdu.FilePositive)))}, []string{"C11.read", "C11.repeat"}},
	{"takes sections with a wrong checksum", altered{alter: answers(where(acknowledges(asdu.SectionNegative), setQualifier(byte(asdu.SectionPositive))))}, []string{"C11.repeat"}},
	{"takes files with a wrong checksum", altered{alter: answers(where(acknowledges(asdu.FileNegative), setQualifier(byte(asdu.FilePositive))))}, []string{"C11.checksum"}},
	{"ends sections with another checksum", altered{alter: answers(where(ends(asdu.SectionWithoutDeactivation), anotherChecksum))}, []string{"C11.write"}},
	{"counts sections from 0", altered{alter: answers(where(is(asdu.F_SR_NA_1), func(a []byte) { a[sectionAt]-- }))}, []string{"C11.write"}},
}
