package asdu_test

import (
	"testing"
	"time"

	"stellwerk/iec104/asdu"
)

var singlePoints = []telegram{
	of("M_SP_NA_1", asdu.Header{Type: asdu.M_SP_NA_1, Cause: asdu.Spontaneous, CommonAddress: 0x1234}, []asdu.SinglePoint{
		{Address: 0x030201, Value: true},
		{Address: 0xffffff, Quality: asdu.Blocked | asdu.NotTopical},
		{Address: 1, Value: true, Quality: asdu.Blocked | asdu.Substituted | asdu.NotTopical | asdu.Invalid},
	}, []byte{
		1,          // TypeID M_SP_NA_1
		0x03,       // SQ=0, N=3
		0x03, 0x00, // COT 3 spontaneous, OA 0
		0x34, 0x12, // CA
		0x01, 0x02, 0x03, // IOA
		0b0000_0001,      // SIQ: SPI=1
		0xff, 0xff, 0xff, // IOA
		0b0101_0000,      // SIQ: NT, BL, SPI=0
		0x01, 0x00, 0x00, // IOA
		0b1111_0001, // SIQ: IV, NT, SB, BL, SPI=1
	}),
	of("M_SP_NA_1 SQ=1", asdu.Header{Type: asdu.M_SP_NA_1, Sequence: true, Cause: asdu.InterrogatedByGroup16, Test: true, Originator: 200, CommonAddress: 1}, []asdu.SinglePoint{
		{Address: 0xfffffd, Value: true},
		{Address: 0xfffffe, Quality: asdu.Substituted},
		{Address: 0xffffff, Value: true, Quality: asdu.Invalid},
	}, []byte{
		1,          // TypeID
		0x83,       // SQ=1, N=3
		0x80 | 36,  // T=1, COT 36 interrogated by group 16
		200,        // OA
		0x01, 0x00, // CA
		0xfd, 0xff, 0xff, // IOA of the first
		0b0000_0001, // SIQ: SPI=1
		0b0010_0000, // SIQ: SB
		0b1000_0001, // SIQ: IV, SPI=1
	}),
	of("M_SP_TA_1", asdu.Header{Type: asdu.M_SP_TA_1, Cause: asdu.ReturnLocal, CommonAddress: 1}, []asdu.SinglePoint{
		{Address: 5, Value: true, Quality: asdu.Invalid, Time: asdu.CP24(time.Date(2024, 2, 29, 23, 59, 58, 765e6, time.UTC))},
		{Address: 4, Time: asdu.CP24(time.Date(2024, 2, 29, 23, 0, 0, 0, time.UTC)).WithInvalid(true).WithSubstituted(true)},
	}, []byte{
		2,          // TypeID M_SP_TA_1
		0x02,       // SQ=0, N=2
		0x0c, 0x00, // COT 12 return information caused by a local command
		0x01, 0x00, // CA
		0x05, 0x00, 0x00, // IOA
		0b1000_0001, // SIQ: IV, SPI=1
		0x8d, 0xe5,  // 58765 ms
		59,               // minute 59, GEN=0, IV=0
		0x04, 0x00, 0x00, // IOA
		0b0000_0000, // SIQ
		0x00, 0x00,  // 0 ms
		0b1100_0000, // IV=1, GEN=1, minute 0
	}),
	of("M_SP_TB_1", asdu.Header{Type: asdu.M_SP_TB_1, Cause: asdu.ReturnRemote, CommonAddress: 0xfffe}, []asdu.SinglePoint{
		{Address: 4001, Value: true, Time: asdu.CP56(time.Date(2009, 8, 13, 12, 34, 1, 0, time.UTC))},
		{
			Address: 4002, Quality: asdu.Blocked,
			Time: asdu.CP56(time.Date(2099, 12, 31, 23, 59, 59, 999e6, time.UTC)).WithInvalid(true).WithSubstituted(true).WithSummer(true),
		},
	}, []byte{
		30,         // TypeID M_SP_TB_1
		0x02,       // SQ=0, N=2
		0x0b, 0x00, // COT 11 return information caused by a remote command
		0xfe, 0xff, // CA
		0xa1, 0x0f, 0x00, // IOA 4001
		0b0000_0001, // SIQ: SPI=1
		0xe8, 0x03,  // 1000 ms
		34,               // minute
		12,               // hour
		4<<5 | 13,        // Thursday the 13th
		8,                // August
		9,                // 2009
		0xa2, 0x0f, 0x00, // IOA 4002
		0b0001_0000, // SIQ: BL
		0x5f, 0xea,  // 59999 ms
		0xc0 | 59, // IV=1, GEN=1, minute
		0x80 | 23, // SU=1, hour
		4<<5 | 31, // Thursday the 31st
		12,        // December
		99,        // 2099
	}),
}

func TestSinglePoint(t *testing.T) { verify(t, singlePoints) }
