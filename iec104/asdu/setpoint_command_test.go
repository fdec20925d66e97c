package asdu_test

import (
	"testing"
	"time"

	"stellwerk/iec104/asdu"
)

var setpointCommands = []telegram{
	of("C_SE_NA_1", asdu.Header{Type: asdu.C_SE_NA_1, Cause: asdu.Activation, CommonAddress: 1}, []asdu.NormalizedSetpoint{
		{Address: 1, Value: -32768, Qualifier: 127},
	}, []byte{
		48,         // TypeID C_SE_NA_1
		0x01,       // SQ=0, N=1
		0x06, 0x00, // COT 6 activation
		0x01, 0x00, // CA
		0x01, 0x00, 0x00, // IOA
		0x00, 0x80, // NVA -1
		0b0_1111111, // QOS: execute, QL=127
	}),
	of("C_SE_NB_1", asdu.Header{Type: asdu.C_SE_NB_1, Cause: asdu.ActivationCon, Negative: true, CommonAddress: 1}, []asdu.ScaledSetpoint{
		{Address: 1, Value: -2, Select: true},
	}, []byte{
		49,             // TypeID C_SE_NB_1
		0x01,           // SQ=0, N=1
		0x40 | 7, 0x00, // P/N=1, COT 7 activation confirmation
		0x01, 0x00, // CA
		0x01, 0x00, 0x00, // IOA
		0xfe, 0xff, // SVA -2
		0b1_0000000, // QOS: select, QL=0
	}),
	of("C_SE_NC_1", asdu.Header{Type: asdu.C_SE_NC_1, Cause: asdu.Deactivation, CommonAddress: 1}, []asdu.FloatSetpoint{
		{Address: 1, Value: -2.5, Qualifier: 64, Select: true},
	}, []byte{
		50,         // TypeID C_SE_NC_1
		0x01,       // SQ=0, N=1
		0x08, 0x00, // COT 8 deactivation
		0x01, 0x00, // CA
		0x01, 0x00, 0x00, // IOA
		0x00, 0x00, 0x20, 0xc0, // R32 -2.5
		0b1_1000000, // QOS: select, QL=64
	}),
	of("C_SE_TA_1", asdu.Header{Type: asdu.C_SE_TA_1, Cause: asdu.Activation, CommonAddress: 1}, []asdu.NormalizedSetpoint{
		{Address: 1, Value: 32767, Select: true, Time: asdu.CP56(time.Date(2009, 8, 13, 12, 34, 1, 0, time.UTC))},
	}, []byte{
		61,         // TypeID C_SE_TA_1
		0x01,       // SQ=0, N=1
		0x06, 0x00, // COT 6 activation
		0x01, 0x00, // CA
		0x01, 0x00, 0x00, // IOA
		0xff, 0x7f, // NVA 1-2^-15
		0b1_0000000,                         // QOS: select
		0xe8, 0x03, 34, 12, 4<<5 | 13, 8, 9, // CP56Time2a
	}),
	of("C_SE_TB_1", asdu.Header{Type: asdu.C_SE_TB_1, Cause: asdu.Activation, CommonAddress: 1}, []asdu.ScaledSetpoint{
		{Address: 1, Value: 1000, Qualifier: 1, Time: asdu.CP56(time.Date(2009, 8, 13, 12, 34, 1, 0, time.UTC))},
	}, []byte{
		62,         // TypeID C_SE_TB_1
		0x01,       // SQ=0, N=1
		0x06, 0x00, // COT 6 activation
		0x01, 0x00, // CA
		0x01, 0x00, 0x00, // IOA
		0xe8, 0x03, // SVA 1000
		0b0_0000001,                         // QOS: execute, QL=1
		0xe8, 0x03, 34, 12, 4<<5 | 13, 8, 9, // CP56Time2a
	}),
	of("C_SE_TC_1", asdu.Header{Type: asdu.C_SE_TC_1, Cause: asdu.ActivationTermination, CommonAddress: 1}, []asdu.FloatSetpoint{
		{Address: 1, Value: 1, Time: asdu.CP56(time.Date(2009, 8, 13, 12, 34, 1, 0, time.UTC))},
	}, []byte{
		63,         // TypeID C_SE_TC_1
		0x01,       // SQ=0, N=1
		0x0a, 0x00, // COT 10 activation termination
		0x01, 0x00, // CA
		0x01, 0x00, 0x00, // IOA
		0x00, 0x00, 0x80, 0x3f, // R32 1
		0b0_0000000,                         // QOS: execute
		0xe8, 0x03, 34, 12, 4<<5 | 13, 8, 9, // CP56Time2a
	}),
}

func TestSetpointCommand(t *testing.T) {
	verify(t, setpointCommands)
	verifyTexts(t, []textRow{
		{text: asdu.SetpointQualifier(0).Text(), en: "default", de: "Standard"},
		{text: asdu.SetpointQualifier(1).Text(), en: "reserved by the standard", de: "vom Standard reserviert"},
		{text: asdu.SetpointQualifier(63).Text(), en: "reserved by the standard", de: "vom Standard reserviert"},
		{text: asdu.SetpointQualifier(64).Text(), en: "private qualifier", de: "private Kennung"},
	})
}
