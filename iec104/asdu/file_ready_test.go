package asdu_test

import (
	"testing"

	"stellwerk/iec104/asdu"
)

var filesReady = []telegram{
	of("F_FR_NA_1", asdu.Header{Type: asdu.F_FR_NA_1, Cause: asdu.File, CommonAddress: 1}, []asdu.FileReady{
		{Address: 30000, File: 2, Length: 0x030201, Qualifier: 127},
	}, []byte{
		120,        // TypeID F_FR_NA_1
		0x01,       // SQ=0, N=1
		0x0d, 0x00, // COT 13 file transfer
		0x01, 0x00, // CA
		0x30, 0x75, 0x00, // IOA 30000
		0x02, 0x00, // NOF 2 disturbance data
		0x01, 0x02, 0x03, // LOF
		0b0_1111111, // FRQ: positive, 127
	}),
	of("F_FR_NA_1 negative", asdu.Header{Type: asdu.F_FR_NA_1, Cause: asdu.File, CommonAddress: 1}, []asdu.FileReady{
		{Address: 1, File: 0xffff, Length: asdu.MaxFileLength, Negative: true},
	}, []byte{
		120,        // TypeID
		0x01,       // SQ=0, N=1
		0x0d, 0x00, // COT 13 file transfer
		0x01, 0x00, // CA
		0x01, 0x00, 0x00, // IOA
		0xff, 0xff, // NOF 65535
		0xff, 0xff, 0xff, // LOF 16777215
		0b1_0000000, // FRQ: negative
	}),
}

func TestFileReady(t *testing.T) { verify(t, filesReady) }
