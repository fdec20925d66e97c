package asdu_test

import (
	"testing"

	"stellwerk/iec104/asdu"
)

var endsOfInitialization = []telegram{
	of("M_EI_NA_1", asdu.Header{Type: asdu.M_EI_NA_1, Cause: asdu.Initialized, CommonAddress: 1}, []asdu.EndOfInitialization{
		{Cause: asdu.RemoteReset, ParametersChanged: true},
	}, []byte{
		70,         // TypeID M_EI_NA_1
		0x01,       // SQ=0, N=1
		0x04, 0x00, // COT 4 initialized
		0x01, 0x00, // CA
		0x00, 0x00, 0x00, // IOA 0
		0b1_0000010, // COI: BS1=1, cause 2
	}),
	of("M_EI_NA_1 private cause", asdu.Header{Type: asdu.M_EI_NA_1, Cause: asdu.Initialized, CommonAddress: 1}, []asdu.EndOfInitialization{
		{Cause: 127},
	}, []byte{
		70,         // TypeID
		0x01,       // SQ=0, N=1
		0x04, 0x00, // COT 4 initialized
		0x01, 0x00, // CA
		0x00, 0x00, 0x00, // IOA 0
		0b0_1111111, // COI: BS1=0, cause 127
	}),
}

func TestEndOfInitialization(t *testing.T) {
	verify(t, endsOfInitialization)
	verifyTexts(t, []textRow{
		{text: asdu.LocalPowerOn.Text(), en: "local power switch on", de: "Netzspannung örtlich eingeschaltet"},
		{text: asdu.LocalManualReset.Text(), en: "local manual reset", de: "örtlich von Hand zurückgesetzt"},
		{text: asdu.RemoteReset.Text(), en: "remote reset", de: "fern zurückgesetzt"},
		{text: asdu.InitializationCause(3).Text(), en: "reserved by the standard", de: "vom Standard reserviert"},
		{text: asdu.InitializationCause(31).Text(), en: "reserved by the standard", de: "vom Standard reserviert"},
		{text: asdu.InitializationCause(32).Text(), en: "private cause", de: "private Ursache"},
	})
}
