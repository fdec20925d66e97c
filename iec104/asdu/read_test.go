package asdu_test

import (
	"testing"

	"stellwerk/iec104/asdu"
)

var reads = []telegram{
	of("C_RD_NA_1", asdu.Header{Type: asdu.C_RD_NA_1, Cause: asdu.Request, CommonAddress: 1}, []asdu.Read{
		{Address: 4001},
	}, []byte{
		102,        // TypeID C_RD_NA_1
		0x01,       // SQ=0, N=1
		0x05, 0x00, // COT 5 request
		0x01, 0x00, // CA
		0xa1, 0x0f, 0x00, // IOA 4001
	}),
}

func TestRead(t *testing.T) { verify(t, reads) }
