package asdu_test

import (
	"testing"
	"time"

	"stellwerk/iec104/asdu"
)

var bitStringCommands = []telegram{
	of("C_BO_NA_1", asdu.Header{Type: asdu.C_BO_NA_1, Cause: asdu.Activation, CommonAddress: 1}, []asdu.BitStringCommand{
		{Address: 1, Value: 0x8000_0102},
	}, []byte{
		51,         // TypeID C_BO_NA_1
		0x01,       // SQ=0, N=1
		0x06, 0x00, // COT 6 activation
		0x01, 0x00, // CA
		0x01, 0x00, 0x00, // IOA
		0x02, 0x01, 0x00, 0x80, // BSI: bits 2, 9 and 32
	}),
	of("C_BO_TA_1", asdu.Header{Type: asdu.C_BO_TA_1, Cause: asdu.ActivationCon, CommonAddress: 1}, []asdu.BitStringCommand{
		{Address: 1, Value: 0xffff_ffff, Time: asdu.CP56(time.Date(2009, 8, 13, 12, 34, 1, 0, time.UTC))},
	}, []byte{
		64,         // TypeID C_BO_TA_1
		0x01,       // SQ=0, N=1
		0x07, 0x00, // COT 7 activation confirmation
		0x01, 0x00, // CA
		0x01, 0x00, 0x00, // IOA
		0xff, 0xff, 0xff, 0xff, // BSI
		0xe8, 0x03, 34, 12, 4<<5 | 13, 8, 9, // CP56Time2a
	}),
}

func TestBitStringCommand(t *testing.T) { verify(t, bitStringCommands) }
