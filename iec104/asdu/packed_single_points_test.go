package asdu_test

import (
	"testing"

	"stellwerk/iec104/asdu"
)

var packedSinglePoints = []telegram{
	of("M_PS_NA_1", asdu.Header{Type: asdu.M_PS_NA_1, Cause: asdu.ReturnLocal, CommonAddress: 1}, []asdu.PackedSinglePoints{
		{Address: 1, Status: 0x8001, Changed: 0x0100},
		{Address: 2, Status: 0x1234, Changed: 0xffff, Quality: asdu.Overflow | asdu.Blocked | asdu.Substituted | asdu.NotTopical | asdu.Invalid},
	}, []byte{
		20,         // TypeID M_PS_NA_1
		0x02,       // SQ=0, N=2
		0x0c, 0x00, // COT 12 return information caused by a local command
		0x01, 0x00, // CA
		0x01, 0x00, 0x00, // IOA
		0x01, 0x80, // ST: points 1 and 16
		0x00, 0x01, // CD: point 9
		0b0000_0000,      // QDS
		0x02, 0x00, 0x00, // IOA
		0x34, 0x12, // ST
		0xff, 0xff, // CD
		0b1111_0001, // QDS: IV, NT, SB, BL, OV
	}),
	of("M_PS_NA_1 SQ=1", asdu.Header{Type: asdu.M_PS_NA_1, Sequence: true, Cause: asdu.InterrogatedByStation, CommonAddress: 1}, []asdu.PackedSinglePoints{
		{Address: 1, Status: 1}, {Address: 2, Changed: 2, Quality: asdu.NotTopical},
	}, []byte{
		20,         // TypeID
		0x82,       // SQ=1, N=2
		0x14, 0x00, // COT 20 interrogated by station interrogation
		0x01, 0x00, // CA
		0x01, 0x00, 0x00, // IOA of the first
		0x01, 0x00, 0x00, 0x00, 0b0000_0000, // ST, CD, QDS
		0x00, 0x00, 0x02, 0x00, 0b0100_0000, // ST, CD, QDS: NT
	}),
}

func TestPackedSinglePoints(t *testing.T) { verify(t, packedSinglePoints) }
