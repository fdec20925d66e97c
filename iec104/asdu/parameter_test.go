package asdu_test

import (
	"testing"

	"stellwerk/iec104/asdu"
)

var parameters = []telegram{
	of("P_ME_NA_1", asdu.Header{Type: asdu.P_ME_NA_1, Cause: asdu.Activation, CommonAddress: 1}, []asdu.NormalizedParameter{
		{Address: 1, Value: -32768, Qualifier: asdu.ParameterQualifier{Kind: asdu.ParameterThreshold, Changed: true}},
	}, []byte{
		110,        // TypeID P_ME_NA_1
		0x01,       // SQ=0, N=1
		0x06, 0x00, // COT 6 activation
		0x01, 0x00, // CA
		0x01, 0x00, 0x00, // IOA
		0x00, 0x80, // NVA -1
		0b01_000001, // QPM: POP=0, LPC=1, KPA=1 threshold
	}),
	of("P_ME_NB_1", asdu.Header{Type: asdu.P_ME_NB_1, Cause: asdu.InterrogatedByStation, CommonAddress: 1}, []asdu.ScaledParameter{
		{Address: 1, Value: -3, Qualifier: asdu.ParameterQualifier{Kind: asdu.ParameterHighLimit, NotInOperation: true}},
	}, []byte{
		111,        // TypeID P_ME_NB_1
		0x01,       // SQ=0, N=1
		0x14, 0x00, // COT 20 interrogated by station interrogation
		0x01, 0x00, // CA
		0x01, 0x00, 0x00, // IOA
		0xfd, 0xff, // SVA -3
		0b10_000100, // QPM: POP=1, LPC=0, KPA=4 high limit
	}),
	of("P_ME_NC_1", asdu.Header{Type: asdu.P_ME_NC_1, Cause: asdu.ActivationCon, CommonAddress: 1}, []asdu.FloatParameter{
		{Address: 1, Value: 0.5, Qualifier: asdu.ParameterQualifier{Kind: 63, Changed: true, NotInOperation: true}},
	}, []byte{
		112,        // TypeID P_ME_NC_1
		0x01,       // SQ=0, N=1
		0x07, 0x00, // COT 7 activation confirmation
		0x01, 0x00, // CA
		0x01, 0x00, 0x00, // IOA
		0x00, 0x00, 0x00, 0x3f, // R32 0.5
		0b11_111111, // QPM: POP=1, LPC=1, KPA=63
	}),
}

func TestParameter(t *testing.T) {
	verify(t, parameters)
	verifyTexts(t, []textRow{
		{text: asdu.ParameterKind(0).Text(), en: "not used", de: "nicht verwendet"},
		{text: asdu.ParameterThreshold.Text(), en: "threshold value", de: "Schwellwert"},
		{text: asdu.ParameterSmoothing.Text(), en: "smoothing factor", de: "Glättungsfaktor"},
		{text: asdu.ParameterLowLimit.Text(), en: "low limit for transmission", de: "untere Grenze für die Übertragung"},
		{text: asdu.ParameterHighLimit.Text(), en: "high limit for transmission", de: "obere Grenze für die Übertragung"},
		{text: asdu.ParameterKind(5).Text(), en: "reserved by the standard", de: "vom Standard reserviert"},
		{text: asdu.ParameterKind(31).Text(), en: "reserved by the standard", de: "vom Standard reserviert"},
		{text: asdu.ParameterKind(32).Text(), en: "private qualifier", de: "private Kennung"},
	})
}
