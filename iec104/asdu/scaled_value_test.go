package asdu_test

import (
	"testing"
	"time"

	"stellwerk/iec104/asdu"
)

var scaledValues = []telegram{
	of("M_ME_NB_1", asdu.Header{Type: asdu.M_ME_NB_1, Cause: asdu.Spontaneous, CommonAddress: 1}, []asdu.ScaledValue{
		{Address: 1, Value: -32768, Quality: asdu.Overflow},
		{Address: 2, Value: 32767, Quality: asdu.Overflow | asdu.Blocked | asdu.Substituted | asdu.NotTopical | asdu.Invalid},
	}, []byte{
		11,         // TypeID M_ME_NB_1
		0x02,       // SQ=0, N=2
		0x03, 0x00, // COT 3 spontaneous
		0x01, 0x00, // CA
		0x01, 0x00, 0x00, // IOA
		0x00, 0x80, // SVA -32768
		0b0000_0001,      // QDS: OV
		0x02, 0x00, 0x00, // IOA
		0xff, 0x7f, // SVA 32767
		0b1111_0001, // QDS: IV, NT, SB, BL, OV
	}),
	of("M_ME_NB_1 SQ=1", asdu.Header{Type: asdu.M_ME_NB_1, Sequence: true, Cause: asdu.Cyclic, CommonAddress: 1}, []asdu.ScaledValue{
		{Address: 1, Value: 1000}, {Address: 2, Value: -1000, Quality: asdu.NotTopical},
	}, []byte{
		11,         // TypeID
		0x82,       // SQ=1, N=2
		0x01, 0x00, // COT 1 periodic
		0x01, 0x00, // CA
		0x01, 0x00, 0x00, // IOA of the first
		0xe8, 0x03, 0b0000_0000, // SVA 1000, QDS
		0x18, 0xfc, 0b0100_0000, // SVA -1000, QDS: NT
	}),
	of("M_ME_TB_1", asdu.Header{Type: asdu.M_ME_TB_1, Cause: asdu.Request, CommonAddress: 1}, []asdu.ScaledValue{
		{Address: 1, Value: -1, Quality: asdu.Substituted, Time: asdu.CP24(time.Date(2009, 8, 13, 12, 34, 1, 0, time.UTC)).WithInvalid(true)},
	}, []byte{
		12,         // TypeID M_ME_TB_1
		0x01,       // SQ=0, N=1
		0x05, 0x00, // COT 5 requested
		0x01, 0x00, // CA
		0x01, 0x00, 0x00, // IOA
		0xff, 0xff, // SVA -1
		0b0010_0000, // QDS: SB
		0xe8, 0x03,  // 1000 ms
		0x80 | 34, // IV=1, minute
	}),
	of("M_ME_TE_1", asdu.Header{Type: asdu.M_ME_TE_1, Cause: asdu.Spontaneous, CommonAddress: 1}, []asdu.ScaledValue{
		{Address: 1, Value: 2, Quality: asdu.Invalid, Time: asdu.CP56(time.Date(2009, 8, 13, 12, 34, 1, 0, time.UTC))},
	}, []byte{
		35,         // TypeID M_ME_TE_1
		0x01,       // SQ=0, N=1
		0x03, 0x00, // COT 3 spontaneous
		0x01, 0x00, // CA
		0x01, 0x00, 0x00, // IOA
		0x02, 0x00, // SVA 2
		0b1000_0000,                         // QDS: IV
		0xe8, 0x03, 34, 12, 4<<5 | 13, 8, 9, // CP56Time2a
	}),
}

func TestScaledValue(t *testing.T) { verify(t, scaledValues) }
