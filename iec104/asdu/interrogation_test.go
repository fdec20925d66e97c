package asdu_test

import (
	"testing"

	"stellwerk/iec104/asdu"
)

var interrogations = []telegram{
	of("C_IC_NA_1", asdu.Header{Type: asdu.C_IC_NA_1, Cause: asdu.Activation, CommonAddress: 0xffff}, []asdu.Interrogation{
		{Qualifier: asdu.InterrogateStation},
	}, []byte{
		100,        // TypeID C_IC_NA_1
		0x01,       // SQ=0, N=1
		0x06, 0x00, // COT 6 activation
		0xff, 0xff, // CA: all stations
		0x00, 0x00, 0x00, // IOA 0
		20, // QOI: station
	}),
	of("C_IC_NA_1 group 16", asdu.Header{Type: asdu.C_IC_NA_1, Cause: asdu.DeactivationCon, CommonAddress: 1}, []asdu.Interrogation{
		{Qualifier: asdu.InterrogateGroup(16)},
	}, []byte{
		100,        // TypeID
		0x01,       // SQ=0, N=1
		0x09, 0x00, // COT 9 deactivation confirmation
		0x01, 0x00, // CA
		0x00, 0x00, 0x00, // IOA 0
		36, // QOI: group 16
	}),
}

func TestInterrogation(t *testing.T) {
	verify(t, interrogations)
	verifyTexts(t, []textRow{
		{text: asdu.InterrogationQualifier(0).Text(), en: "not used", de: "nicht verwendet"},
		{text: asdu.InterrogationQualifier(1).Text(), en: "reserved by the standard", de: "vom Standard reserviert"},
		{text: asdu.InterrogationQualifier(19).Text(), en: "reserved by the standard", de: "vom Standard reserviert"},
		{text: asdu.InterrogateStation.Text(), en: "station interrogation", de: "Generalabfrage"},
		{text: asdu.InterrogateGroup(1).Text(), en: "interrogation of group 1", de: "Abfrage der Gruppe 1"},
		{text: asdu.InterrogateGroup(16).Text(), en: "interrogation of group 16", de: "Abfrage der Gruppe 16"},
		{text: asdu.InterrogationQualifier(37).Text(), en: "reserved by the standard", de: "vom Standard reserviert"},
		{text: asdu.InterrogationQualifier(63).Text(), en: "reserved by the standard", de: "vom Standard reserviert"},
		{text: asdu.InterrogationQualifier(64).Text(), en: "private qualifier", de: "private Kennung"},
		{text: asdu.InterrogationQualifier(255).Text(), en: "private qualifier", de: "private Kennung"},
	})
}
