package asdu_test

import (
	"testing"
	"time"

	"stellwerk/iec104/asdu"
)

var clockSynchronizations = []telegram{
	of("C_CS_NA_1", asdu.Header{Type: asdu.C_CS_NA_1, Cause: asdu.Activation, CommonAddress: 0xffff}, []asdu.ClockSynchronization{
		{Time: asdu.CP56(time.Date(2009, 8, 13, 12, 34, 1, 0, time.UTC))},
	}, []byte{
		103,        // TypeID C_CS_NA_1
		0x01,       // SQ=0, N=1
		0x06, 0x00, // COT 6 activation
		0xff, 0xff, // CA: all stations
		0x00, 0x00, 0x00, // IOA 0
		0xe8, 0x03, // 1000 ms
		34,        // minute
		12,        // hour
		4<<5 | 13, // Thursday the 13th
		8,         // August
		9,         // 2009
	}),
	of("C_CS_NA_1 without day of week", asdu.Header{Type: asdu.C_CS_NA_1, Cause: asdu.ActivationCon, CommonAddress: 1}, []asdu.ClockSynchronization{
		{Time: asdu.RawTime(asdu.TimeCP56, 0x09_08_0d_8c_a2_03e8)},
	}, []byte{
		103,        // TypeID
		0x01,       // SQ=0, N=1
		0x07, 0x00, // COT 7 activation confirmation
		0x01, 0x00, // CA
		0x00, 0x00, 0x00, // IOA 0
		0xe8, 0x03, // 1000 ms
		0x80 | 34, // IV=1, minute
		0x80 | 12, // SU=1, hour
		13,        // the 13th
		8,         // August
		9,         // 2009
	}),
}

func TestClockSynchronization(t *testing.T) { verify(t, clockSynchronizations) }
