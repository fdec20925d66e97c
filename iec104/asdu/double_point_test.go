package asdu_test

import (
	"testing"
	"time"

	"stellwerk/iec104/asdu"
)

var doublePoints = []telegram{
	of("M_DP_NA_1", asdu.Header{Type: asdu.M_DP_NA_1, Cause: asdu.Background, CommonAddress: 1}, []asdu.DoublePoint{
		{Address: 1, Value: asdu.Intermediate, Quality: asdu.Blocked},
		{Address: 2, Value: asdu.Off, Quality: asdu.Substituted},
		{Address: 3, Value: asdu.On, Quality: asdu.NotTopical},
		{Address: 4, Value: asdu.Indeterminate, Quality: asdu.Invalid},
	}, []byte{
		3,          // TypeID M_DP_NA_1
		0x04,       // SQ=0, N=4
		0x02, 0x00, // COT 2 background scan
		0x01, 0x00, // CA
		0x01, 0x00, 0x00, 0b0001_0000, // IOA, DIQ: BL, DPI=0
		0x02, 0x00, 0x00, 0b0010_0001, // IOA, DIQ: SB, DPI=1
		0x03, 0x00, 0x00, 0b0100_0010, // IOA, DIQ: NT, DPI=2
		0x04, 0x00, 0x00, 0b1000_0011, // IOA, DIQ: IV, DPI=3
	}),
	of("M_DP_NA_1 SQ=1", asdu.Header{Type: asdu.M_DP_NA_1, Sequence: true, Cause: asdu.InterrogatedByStation, CommonAddress: 1}, []asdu.DoublePoint{
		{Address: 0x0100ff, Value: asdu.On}, {Address: 0x010100, Value: asdu.Off},
	}, []byte{
		3,          // TypeID
		0x82,       // SQ=1, N=2
		0x14, 0x00, // COT 20 interrogated by station interrogation
		0x01, 0x00, // CA
		0xff, 0x00, 0x01, // IOA of the first
		0b0000_0010, // DIQ: DPI=2
		0b0000_0001, // DIQ: DPI=1
	}),
	of("M_DP_TA_1", asdu.Header{Type: asdu.M_DP_TA_1, Cause: asdu.Request, CommonAddress: 1}, []asdu.DoublePoint{
		{Address: 1, Value: asdu.On, Time: asdu.CP24(time.Date(2009, 8, 13, 12, 59, 59, 999e6, time.UTC))},
	}, []byte{
		4,          // TypeID M_DP_TA_1
		0x01,       // SQ=0, N=1
		0x05, 0x00, // COT 5 requested
		0x01, 0x00, // CA
		0x01, 0x00, 0x00, // IOA
		0b0000_0010, // DIQ: DPI=2
		0x5f, 0xea,  // 59999 ms
		59, // minute
	}),
	of("M_DP_TB_1", asdu.Header{Type: asdu.M_DP_TB_1, Cause: asdu.Spontaneous, CommonAddress: 1}, []asdu.DoublePoint{
		{Address: 1, Value: asdu.Indeterminate, Quality: asdu.Blocked | asdu.Substituted | asdu.NotTopical | asdu.Invalid, Time: asdu.CP56(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC))},
	}, []byte{
		31,         // TypeID M_DP_TB_1
		0x01,       // SQ=0, N=1
		0x03, 0x00, // COT 3 spontaneous
		0x01, 0x00, // CA
		0x01, 0x00, 0x00, // IOA
		0b1111_0011, // DIQ: IV, NT, SB, BL, DPI=3
		0x00, 0x00,  // 0 ms
		0,        // minute
		0,        // hour
		6<<5 | 1, // Saturday the 1st
		1,        // January
		0,        // 2000
	}),
}

func TestDoublePoint(t *testing.T) {
	verify(t, doublePoints)
	verifyTexts(t, []textRow{
		{asdu.Intermediate, "intermediate", asdu.Intermediate.Text(), "intermediate", "Zwischenstellung"},
		{asdu.Off, "off", asdu.Off.Text(), "off", "aus"},
		{asdu.On, "on", asdu.On.Text(), "on", "ein"},
		{asdu.Indeterminate, "indeterminate", asdu.Indeterminate.Text(), "indeterminate", "Störstellung"},
	})
}
