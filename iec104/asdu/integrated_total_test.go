package asdu_test

import (
	"math"
	"testing"
	"time"

	"stellwerk/iec104/asdu"
)

var integratedTotals = []telegram{
	of("M_IT_NA_1", asdu.Header{Type: asdu.M_IT_NA_1, Cause: asdu.RequestedByGeneralCounter, CommonAddress: 1}, []asdu.IntegratedTotal{
		{Address: 1, Value: asdu.Counter{Count: math.MinInt32, Sequence: 31}},
		{Address: 2, Value: asdu.Counter{Count: math.MaxInt32, Carry: true}},
		{Address: 3, Value: asdu.Counter{Count: -1, Sequence: 1, Adjusted: true}},
		{Address: 4, Value: asdu.Counter{Sequence: 16, Carry: true, Adjusted: true, Invalid: true}},
	}, []byte{
		15,         // TypeID M_IT_NA_1
		0x04,       // SQ=0, N=4
		0x25, 0x00, // COT 37 requested by general counter request
		0x01, 0x00, // CA
		0x01, 0x00, 0x00, // IOA
		0x00, 0x00, 0x00, 0x80, // counter reading -2147483648
		0b0001_1111,      // SQ=31
		0x02, 0x00, 0x00, // IOA
		0xff, 0xff, 0xff, 0x7f, // counter reading 2147483647
		0b0010_0000,      // CY
		0x03, 0x00, 0x00, // IOA
		0xff, 0xff, 0xff, 0xff, // counter reading -1
		0b0100_0001,      // CA, SQ=1
		0x04, 0x00, 0x00, // IOA
		0x00, 0x00, 0x00, 0x00, // counter reading 0
		0b1111_0000, // IV, CA, CY, SQ=16
	}),
	of("M_IT_NA_1 SQ=1", asdu.Header{Type: asdu.M_IT_NA_1, Sequence: true, Cause: asdu.RequestedByCounterGroup4, CommonAddress: 1}, []asdu.IntegratedTotal{
		{Address: 1, Value: asdu.Counter{Count: 100000}}, {Address: 2, Value: asdu.Counter{Invalid: true}},
	}, []byte{
		15,         // TypeID
		0x82,       // SQ=1, N=2
		0x29, 0x00, // COT 41 requested by counter group 4
		0x01, 0x00, // CA
		0x01, 0x00, 0x00, // IOA of the first
		0xa0, 0x86, 0x01, 0x00, 0b0000_0000, // BCR
		0x00, 0x00, 0x00, 0x00, 0b1000_0000, // BCR: IV
	}),
	of("M_IT_TA_1", asdu.Header{Type: asdu.M_IT_TA_1, Cause: asdu.Spontaneous, CommonAddress: 1}, []asdu.IntegratedTotal{
		{Address: 1, Value: asdu.Counter{Count: 7, Sequence: 3}, Time: asdu.CP24(time.Date(2009, 8, 13, 12, 34, 1, 0, time.UTC))},
	}, []byte{
		16,         // TypeID M_IT_TA_1
		0x01,       // SQ=0, N=1
		0x03, 0x00, // COT 3 spontaneous
		0x01, 0x00, // CA
		0x01, 0x00, 0x00, // IOA
		0x07, 0x00, 0x00, 0x00, // counter reading
		0b0000_0011, // SQ=3
		0xe8, 0x03,  // 1000 ms
		34, // minute
	}),
	of("M_IT_TB_1", asdu.Header{Type: asdu.M_IT_TB_1, Cause: asdu.RequestedByCounterGroup1, CommonAddress: 1}, []asdu.IntegratedTotal{
		{Address: 1, Value: asdu.Counter{Count: -7, Sequence: 30, Adjusted: true}, Time: asdu.CP56(time.Date(2009, 8, 13, 12, 34, 1, 0, time.UTC))},
	}, []byte{
		37,         // TypeID M_IT_TB_1
		0x01,       // SQ=0, N=1
		0x26, 0x00, // COT 38 requested by counter group 1
		0x01, 0x00, // CA
		0x01, 0x00, 0x00, // IOA
		0xf9, 0xff, 0xff, 0xff, // counter reading -7
		0b0101_1110,                         // CA, SQ=30
		0xe8, 0x03, 34, 12, 4<<5 | 13, 8, 9, // CP56Time2a
	}),
}

func TestIntegratedTotal(t *testing.T) { verify(t, integratedTotals) }
