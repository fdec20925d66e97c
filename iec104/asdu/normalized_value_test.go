package asdu_test

import (
	"math"
	"testing"
	"time"

	"stellwerk/iec104/asdu"
)

var normalizedValues = []telegram{
	of("M_ME_NA_1", asdu.Header{Type: asdu.M_ME_NA_1, Cause: asdu.Cyclic, CommonAddress: 1}, []asdu.NormalizedValue{
		{Address: 1, Value: -32768},
		{Address: 2, Value: 32767, Quality: asdu.Overflow | asdu.Blocked | asdu.Substituted | asdu.NotTopical | asdu.Invalid},
		{Address: 3, Value: -1, Quality: asdu.Overflow},
	}, []byte{
		9,          // TypeID M_ME_NA_1
		0x03,       // SQ=0, N=3
		0x01, 0x00, // COT 1 periodic
		0x01, 0x00, // CA
		0x01, 0x00, 0x00, // IOA
		0x00, 0x80, // NVA -1
		0b0000_0000,      // QDS
		0x02, 0x00, 0x00, // IOA
		0xff, 0x7f, // NVA 1-2^-15
		0b1111_0001,      // QDS: IV, NT, SB, BL, OV
		0x03, 0x00, 0x00, // IOA
		0xff, 0xff, // NVA -2^-15
		0b0000_0001, // QDS: OV
	}),
	of("M_ME_NA_1 SQ=1", asdu.Header{Type: asdu.M_ME_NA_1, Sequence: true, Cause: asdu.Background, CommonAddress: 1}, []asdu.NormalizedValue{
		{Address: 7, Value: 0x4000}, {Address: 8, Value: -0x4000, Quality: asdu.Invalid},
	}, []byte{
		9,          // TypeID
		0x82,       // SQ=1, N=2
		0x02, 0x00, // COT 2 background scan
		0x01, 0x00, // CA
		0x07, 0x00, 0x00, // IOA of the first
		0x00, 0x40, 0b0000_0000, // NVA 0.5, QDS
		0x00, 0xc0, 0b1000_0000, // NVA -0.5, QDS: IV
	}),
	of("M_ME_TA_1", asdu.Header{Type: asdu.M_ME_TA_1, Cause: asdu.Spontaneous, CommonAddress: 1}, []asdu.NormalizedValue{
		{Address: 1, Value: 1, Quality: asdu.Blocked, Time: asdu.CP24(time.Date(2009, 8, 13, 12, 34, 1, 0, time.UTC))},
	}, []byte{
		10,         // TypeID M_ME_TA_1
		0x01,       // SQ=0, N=1
		0x03, 0x00, // COT 3 spontaneous
		0x01, 0x00, // CA
		0x01, 0x00, 0x00, // IOA
		0x01, 0x00, // NVA 2^-15
		0b0001_0000, // QDS: BL
		0xe8, 0x03,  // 1000 ms
		34, // minute
	}),
	of("M_ME_TD_1", asdu.Header{Type: asdu.M_ME_TD_1, Cause: asdu.Spontaneous, CommonAddress: 1}, []asdu.NormalizedValue{
		{Address: 1, Value: -2, Time: asdu.CP56(time.Date(2009, 8, 13, 12, 34, 1, 0, time.UTC))},
	}, []byte{
		34,         // TypeID M_ME_TD_1
		0x01,       // SQ=0, N=1
		0x03, 0x00, // COT 3 spontaneous
		0x01, 0x00, // CA
		0x01, 0x00, 0x00, // IOA
		0xfe, 0xff, // NVA -2^-14
		0b0000_0000,                         // QDS
		0xe8, 0x03, 34, 12, 4<<5 | 13, 8, 9, // CP56Time2a
	}),
	of("M_ME_ND_1", asdu.Header{Type: asdu.M_ME_ND_1, Cause: asdu.Cyclic, CommonAddress: 1}, []asdu.PlainNormalizedValue{
		{Address: 1, Value: -32768}, {Address: 2, Value: 32767},
	}, []byte{
		21,         // TypeID M_ME_ND_1
		0x02,       // SQ=0, N=2
		0x01, 0x00, // COT 1 periodic
		0x01, 0x00, // CA
		0x01, 0x00, 0x00, // IOA
		0x00, 0x80, // NVA -1
		0x02, 0x00, 0x00, // IOA
		0xff, 0x7f, // NVA 1-2^-15
	}),
	of("M_ME_ND_1 SQ=1", asdu.Header{Type: asdu.M_ME_ND_1, Sequence: true, Cause: asdu.InterrogatedByGroup2, CommonAddress: 1}, []asdu.PlainNormalizedValue{
		{Address: 1, Value: 256}, {Address: 2, Value: -256}, {Address: 3},
	}, []byte{
		21,         // TypeID
		0x83,       // SQ=1, N=3
		0x16, 0x00, // COT 22 interrogated by group 2
		0x01, 0x00, // CA
		0x01, 0x00, 0x00, // IOA of the first
		0x00, 0x01, // NVA
		0x00, 0xff, // NVA
		0x00, 0x00, // NVA
	}),
}

func TestNormalizedValue(t *testing.T) { verify(t, normalizedValues) }

func TestNormalized(t *testing.T) {
	const step = 1.0 / 32768
	for _, row := range []struct {
		number float64
		want   asdu.Normalized
		within bool
	}{
		{-1, -32768, true},
		{-1 + step, -32767, true},
		{0, 0, true},
		{0.5, 0x4000, true},
		{step / 3, 0, true},
		{1 - step, 32767, true},
		{1 - step/4, 32767, true}, // nearer to 1, which cannot be sent, but not beyond the range
		{1, 32767, false},
		{math.Nextafter(-1, -2), -32768, false},
		{1e300, 32767, false},
		{-1e300, -32768, false},
		{math.Inf(1), 32767, false},
		{math.Inf(-1), -32768, false},
		{math.NaN(), 0, false},
	} {
		if got, within := asdu.NormalizedOf(row.number); got != row.want || within != row.within {
			t.Errorf("NormalizedOf(%v) = %d, %t, want %d, %t", row.number, got, within, row.want, row.within)
		}
	}
	for n := math.MinInt16; n <= math.MaxInt16; n++ {
		number := asdu.Normalized(n).Float64()
		if got, within := asdu.NormalizedOf(number); int(got) != n || !within {
			t.Fatalf("%d is %v, which is %d", n, number, got)
		}
	}
}
