package asdu_test

import (
	"testing"
	"time"

	"stellwerk/iec104/asdu"
)

var logQueries = []telegram{
	of("F_SC_NB_1", asdu.Header{Type: asdu.F_SC_NB_1, Cause: asdu.File, CommonAddress: 1}, []asdu.LogQuery{
		{
			Address: 1, File: 0x0102,
			From: asdu.CP56(time.Date(2009, 8, 13, 12, 34, 1, 0, time.UTC)),
			To:   asdu.CP56(time.Date(2010, 1, 2, 3, 4, 5, 6e6, time.UTC)),
		},
	}, []byte{
		127,        // TypeID F_SC_NB_1
		0x01,       // SQ=0, N=1
		0x0d, 0x00, // COT 13 file transfer
		0x01, 0x00, // CA
		0x01, 0x00, 0x00, // IOA
		0x02, 0x01, // NOF
		0xe8, 0x03, 34, 12, 4<<5 | 13, 8, 9, // CP56Time2a: from
		0x8e, 0x13, 4, 3, 6<<5 | 2, 1, 10, // CP56Time2a: to, a Saturday
	}),
}

func TestLogQuery(t *testing.T) { verify(t, logQueries) }
