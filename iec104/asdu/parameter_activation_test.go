package asdu_test

import (
	"testing"

	"stellwerk/iec104/asdu"
)

var parameterActivations = []telegram{
	of("P_AC_NA_1", asdu.Header{Type: asdu.P_AC_NA_1, Cause: asdu.Deactivation, CommonAddress: 1}, []asdu.ParameterActivation{
		{Address: 1, Qualifier: asdu.ActivateCyclic},
	}, []byte{
		113,        // TypeID P_AC_NA_1
		0x01,       // SQ=0, N=1
		0x08, 0x00, // COT 8 deactivation
		0x01, 0x00, // CA
		0x01, 0x00, 0x00, // IOA
		3, // QPA: cyclic transmission
	}),
}

func TestParameterActivation(t *testing.T) {
	verify(t, parameterActivations)
	verifyTexts(t, []textRow{
		{text: asdu.ActivateNothing.Text(), en: "not used", de: "nicht verwendet"},
		{text: asdu.ParameterActivationQualifier(4).Text(), en: "reserved by the standard", de: "vom Standard reserviert"},
		{text: asdu.ParameterActivationQualifier(127).Text(), en: "reserved by the standard", de: "vom Standard reserviert"},
		{text: asdu.ParameterActivationQualifier(128).Text(), en: "private qualifier", de: "private Kennung"},
	})
}
