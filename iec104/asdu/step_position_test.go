package asdu_test

import (
	"testing"
	"time"

	"stellwerk/iec104/asdu"
)

var stepPositions = []telegram{
	of("M_ST_NA_1", asdu.Header{Type: asdu.M_ST_NA_1, Cause: asdu.ReturnRemote, CommonAddress: 1}, []asdu.StepPosition{
		{Address: 1, Value: 63},
		{Address: 2, Value: -64, Transient: true, Quality: asdu.Overflow},
		{Address: 3, Value: -1, Quality: asdu.Overflow | asdu.Blocked | asdu.Substituted | asdu.NotTopical | asdu.Invalid},
	}, []byte{
		5,          // TypeID M_ST_NA_1
		0x03,       // SQ=0, N=3
		0x0b, 0x00, // COT 11 return information caused by a remote command
		0x01, 0x00, // CA
		0x01, 0x00, 0x00, // IOA
		0b0011_1111,      // VTI: T=0, 63
		0b0000_0000,      // QDS
		0x02, 0x00, 0x00, // IOA
		0b1100_0000,      // VTI: T=1, -64
		0b0000_0001,      // QDS: OV
		0x03, 0x00, 0x00, // IOA
		0b0111_1111, // VTI: T=0, -1
		0b1111_0001, // QDS: IV, NT, SB, BL, OV
	}),
	of("M_ST_NA_1 SQ=1", asdu.Header{Type: asdu.M_ST_NA_1, Sequence: true, Cause: asdu.InterrogatedByGroup1, CommonAddress: 1}, []asdu.StepPosition{
		{Address: 9, Value: 1}, {Address: 10, Value: 2, Transient: true},
	}, []byte{
		5,          // TypeID
		0x82,       // SQ=1, N=2
		0x15, 0x00, // COT 21 interrogated by group 1
		0x01, 0x00, // CA
		0x09, 0x00, 0x00, // IOA of the first
		0b0000_0001, 0b0000_0000, // VTI 1, QDS
		0b1000_0010, 0b0000_0000, // VTI 2 T=1, QDS
	}),
	of("M_ST_TA_1", asdu.Header{Type: asdu.M_ST_TA_1, Cause: asdu.Spontaneous, CommonAddress: 1}, []asdu.StepPosition{
		{Address: 1, Value: -2, Transient: true, Quality: asdu.NotTopical, Time: asdu.CP24(time.Date(2009, 8, 13, 12, 34, 1, 2e6, time.UTC))},
	}, []byte{
		6,          // TypeID M_ST_TA_1
		0x01,       // SQ=0, N=1
		0x03, 0x00, // COT 3 spontaneous
		0x01, 0x00, // CA
		0x01, 0x00, 0x00, // IOA
		0b1111_1110, // VTI: T=1, -2
		0b0100_0000, // QDS: NT
		0xea, 0x03,  // 1002 ms
		34, // minute
	}),
	of("M_ST_TB_1", asdu.Header{Type: asdu.M_ST_TB_1, Cause: asdu.Spontaneous, CommonAddress: 1}, []asdu.StepPosition{
		{Address: 1, Value: 0, Quality: asdu.Overflow | asdu.Invalid, Time: asdu.CP56(time.Date(2024, 2, 29, 1, 2, 3, 4e6, time.UTC)).WithSummer(true)},
	}, []byte{
		32,         // TypeID M_ST_TB_1
		0x01,       // SQ=0, N=1
		0x03, 0x00, // COT 3 spontaneous
		0x01, 0x00, // CA
		0x01, 0x00, 0x00, // IOA
		0b0000_0000, // VTI: 0
		0b1000_0001, // QDS: IV, OV
		0xbc, 0x0b,  // 3004 ms
		2,         // minute
		0x80 | 1,  // SU=1, hour
		4<<5 | 29, // Thursday the 29th
		2,         // February
		24,        // 2024
	}),
}

func TestStepPosition(t *testing.T) { verify(t, stepPositions) }
