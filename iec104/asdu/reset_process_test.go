package asdu_test

import (
	"testing"

	"stellwerk/iec104/asdu"
)

var resetProcesses = []telegram{
	of("C_RP_NA_1", asdu.Header{Type: asdu.C_RP_NA_1, Cause: asdu.Activation, CommonAddress: 0xffff}, []asdu.ResetProcess{
		{Qualifier: asdu.ResetEventBuffer},
	}, []byte{
		105,        // TypeID C_RP_NA_1
		0x01,       // SQ=0, N=1
		0x06, 0x00, // COT 6 activation
		0xff, 0xff, // CA: all stations
		0x00, 0x00, 0x00, // IOA 0
		2, // QRP: event buffer
	}),
}

func TestResetProcess(t *testing.T) {
	verify(t, resetProcesses)
	verifyTexts(t, []textRow{
		{text: asdu.ResetNothing.Text(), en: "not used", de: "nicht verwendet"},
		{text: asdu.ResetProcessGeneral.Text(), en: "general reset of process", de: "allgemeines Rücksetzen des Prozesses"},
		{
			text: asdu.ResetEventBuffer.Text(), en: "reset of pending time-tagged information in the event buffer",
			de: "Rücksetzen der anstehenden Informationen mit Zeitmarke im Ereignispuffer",
		},
		{text: asdu.ResetQualifier(3).Text(), en: "reserved by the standard", de: "vom Standard reserviert"},
		{text: asdu.ResetQualifier(127).Text(), en: "reserved by the standard", de: "vom Standard reserviert"},
		{text: asdu.ResetQualifier(128).Text(), en: "private qualifier", de: "private Kennung"},
	})
}
