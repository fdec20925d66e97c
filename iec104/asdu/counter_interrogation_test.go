package asdu_test

import (
	"testing"

	"stellwerk/iec104/asdu"
)

var counterInterrogations = []telegram{
	of("C_CI_NA_1", asdu.Header{Type: asdu.C_CI_NA_1, Cause: asdu.Activation, CommonAddress: 0xffff}, []asdu.CounterInterrogation{
		{Request: asdu.RequestAllCounters, Freeze: asdu.FreezeWithReset},
	}, []byte{
		101,        // TypeID C_CI_NA_1
		0x01,       // SQ=0, N=1
		0x06, 0x00, // COT 6 activation
		0xff, 0xff, // CA: all stations
		0x00, 0x00, 0x00, // IOA 0
		0b10_000101, // QCC: FRZ=2 freeze with reset, RQT=5 general
	}),
	of("C_CI_NA_1 group 4", asdu.Header{Type: asdu.C_CI_NA_1, Cause: asdu.ActivationTermination, CommonAddress: 1}, []asdu.CounterInterrogation{
		{Request: asdu.RequestCounterGroup(4), Freeze: asdu.FreezeReset},
	}, []byte{
		101,        // TypeID
		0x01,       // SQ=0, N=1
		0x0a, 0x00, // COT 10 activation termination
		0x01, 0x00, // CA
		0x00, 0x00, 0x00, // IOA 0
		0b11_000100, // QCC: FRZ=3 reset, RQT=4
	}),
	of("C_CI_NA_1 private", asdu.Header{Type: asdu.C_CI_NA_1, Cause: asdu.ActivationCon, CommonAddress: 1}, []asdu.CounterInterrogation{
		{Request: 63, Freeze: asdu.FreezeOnly},
	}, []byte{
		101,        // TypeID
		0x01,       // SQ=0, N=1
		0x07, 0x00, // COT 7 activation confirmation
		0x01, 0x00, // CA
		0x00, 0x00, 0x00, // IOA 0
		0b01_111111, // QCC: FRZ=1 freeze without reset, RQT=63
	}),
}

func TestCounterInterrogation(t *testing.T) {
	verify(t, counterInterrogations)
	verifyTexts(t, []textRow{
		{text: asdu.RequestNoCounters.Text(), en: "no counter requested", de: "kein Zähler abgefragt"},
		{text: asdu.RequestCounterGroup(1).Text(), en: "request counter group 1", de: "Abfrage der Zählergruppe 1"},
		{text: asdu.RequestCounterGroup(4).Text(), en: "request counter group 4", de: "Abfrage der Zählergruppe 4"},
		{text: asdu.RequestAllCounters.Text(), en: "general request of counters", de: "Zähler-Generalabfrage"},
		{text: asdu.CounterRequest(6).Text(), en: "reserved by the standard", de: "vom Standard reserviert"},
		{text: asdu.CounterRequest(31).Text(), en: "reserved by the standard", de: "vom Standard reserviert"},
		{text: asdu.CounterRequest(32).Text(), en: "private qualifier", de: "private Kennung"},
		{text: asdu.FreezeRead.Text(), en: "read, no freeze or reset", de: "lesen, weder umspeichern noch rücksetzen"},
		{text: asdu.FreezeOnly.Text(), en: "freeze without reset", de: "umspeichern ohne Rücksetzen"},
		{text: asdu.FreezeWithReset.Text(), en: "freeze with reset", de: "umspeichern mit Rücksetzen"},
		{text: asdu.FreezeReset.Text(), en: "reset", de: "rücksetzen"},
	})
}
