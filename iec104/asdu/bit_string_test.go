package asdu_test

import (
	"testing"
	"time"

	"stellwerk/iec104/asdu"
)

var bitStrings = []telegram{
	of("M_BO_NA_1", asdu.Header{Type: asdu.M_BO_NA_1, Cause: asdu.Spontaneous, CommonAddress: 1}, []asdu.BitString{
		{Address: 1, Value: 0x8000_0001},
		{Address: 2, Value: 0xffff_ffff, Quality: asdu.Overflow | asdu.Blocked | asdu.Substituted | asdu.NotTopical | asdu.Invalid},
	}, []byte{
		7,          // TypeID M_BO_NA_1
		0x02,       // SQ=0, N=2
		0x03, 0x00, // COT 3 spontaneous
		0x01, 0x00, // CA
		0x01, 0x00, 0x00, // IOA
		0x01, 0x00, 0x00, 0x80, // BSI: bits 1 and 32
		0b0000_0000,      // QDS
		0x02, 0x00, 0x00, // IOA
		0xff, 0xff, 0xff, 0xff, // BSI
		0b1111_0001, // QDS: IV, NT, SB, BL, OV
	}),
	of("M_BO_NA_1 SQ=1", asdu.Header{Type: asdu.M_BO_NA_1, Sequence: true, Cause: asdu.Request, CommonAddress: 1}, []asdu.BitString{
		{Address: 1, Value: 0x1234_5678}, {Address: 2, Quality: asdu.Substituted},
	}, []byte{
		7,          // TypeID
		0x82,       // SQ=1, N=2
		0x05, 0x00, // COT 5 requested
		0x01, 0x00, // CA
		0x01, 0x00, 0x00, // IOA of the first
		0x78, 0x56, 0x34, 0x12, 0b0000_0000, // BSI, QDS
		0x00, 0x00, 0x00, 0x00, 0b0010_0000, // BSI, QDS: SB
	}),
	of("M_BO_TA_1", asdu.Header{Type: asdu.M_BO_TA_1, Cause: asdu.Spontaneous, CommonAddress: 1}, []asdu.BitString{
		{Address: 1, Value: 0x0000_0100, Quality: asdu.Overflow, Time: asdu.CP24(time.Date(2009, 8, 13, 12, 0, 0, 1e6, time.UTC)).WithSubstituted(true)},
	}, []byte{
		8,          // TypeID M_BO_TA_1
		0x01,       // SQ=0, N=1
		0x03, 0x00, // COT 3 spontaneous
		0x01, 0x00, // CA
		0x01, 0x00, 0x00, // IOA
		0x00, 0x01, 0x00, 0x00, // BSI: bit 9
		0b0000_0001, // QDS: OV
		0x01, 0x00,  // 1 ms
		0x40, // GEN=1, minute 0
	}),
	of("M_BO_TB_1", asdu.Header{Type: asdu.M_BO_TB_1, Cause: asdu.Request, CommonAddress: 1}, []asdu.BitString{
		{Address: 1, Value: 0xdead_beef, Quality: asdu.NotTopical, Time: asdu.CP56(time.Date(2009, 8, 13, 12, 34, 1, 0, time.UTC)).WithInvalid(true)},
	}, []byte{
		33,         // TypeID M_BO_TB_1
		0x01,       // SQ=0, N=1
		0x05, 0x00, // COT 5 requested
		0x01, 0x00, // CA
		0x01, 0x00, 0x00, // IOA
		0xef, 0xbe, 0xad, 0xde, // BSI
		0b0100_0000, // QDS: NT
		0xe8, 0x03,  // 1000 ms
		0x80 | 34, // IV=1, minute
		12,        // hour
		4<<5 | 13, // Thursday the 13th
		8,         // August
		9,         // 2009
	}),
}

func TestBitString(t *testing.T) { verify(t, bitStrings) }
