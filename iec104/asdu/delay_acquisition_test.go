package asdu_test

import (
	"testing"

	"stellwerk/iec104/asdu"
)

var delayAcquisitions = []telegram{
	of("C_CD_NA_1", asdu.Header{Type: asdu.C_CD_NA_1, Cause: asdu.Spontaneous, CommonAddress: 1}, []asdu.DelayAcquisition{
		{Delay: 59999},
	}, []byte{
		106,        // TypeID C_CD_NA_1
		0x01,       // SQ=0, N=1
		0x03, 0x00, // COT 3 spontaneous
		0x01, 0x00, // CA
		0x00, 0x00, 0x00, // IOA 0
		0x5f, 0xea, // CP16Time2a 59999 ms
	}),
}

func TestDelayAcquisition(t *testing.T) { verify(t, delayAcquisitions) }
