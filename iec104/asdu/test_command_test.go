package asdu_test

import (
	"testing"
	"time"

	"stellwerk/iec104/asdu"
)

var testCommands = []telegram{
	of("C_TS_NA_1", asdu.Header{Type: asdu.C_TS_NA_1, Cause: asdu.Activation, CommonAddress: 1}, []asdu.TestCommand{
		{Pattern: asdu.FixedTestPattern},
	}, []byte{
		104,        // TypeID C_TS_NA_1
		0x01,       // SQ=0, N=1
		0x06, 0x00, // COT 6 activation
		0x01, 0x00, // CA
		0x00, 0x00, 0x00, // IOA 0
		0b1010_1010, 0b0101_0101, // FBP
	}),
	of("C_TS_TA_1", asdu.Header{Type: asdu.C_TS_TA_1, Cause: asdu.ActivationCon, CommonAddress: 1}, []asdu.TimedTestCommand{
		{Counter: 0xfffe, Time: asdu.CP56(time.Date(2009, 8, 13, 12, 34, 1, 0, time.UTC))},
	}, []byte{
		107,        // TypeID C_TS_TA_1
		0x01,       // SQ=0, N=1
		0x07, 0x00, // COT 7 activation confirmation
		0x01, 0x00, // CA
		0x00, 0x00, 0x00, // IOA 0
		0xfe, 0xff, // TSC 65534
		0xe8, 0x03, 34, 12, 4<<5 | 13, 8, 9, // CP56Time2a
	}),
}

func TestTestCommand(t *testing.T) { verify(t, testCommands) }
