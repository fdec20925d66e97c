package asdu_test

import (
	"testing"
	"time"

	"stellwerk/iec104/asdu"
)

var directoryEntries = []telegram{
	of("F_DR_TA_1", asdu.Header{Type: asdu.F_DR_TA_1, Cause: asdu.Spontaneous, CommonAddress: 1}, []asdu.DirectoryEntry{
		{Address: 1, File: 2, Length: 0x010203, Status: 31, Last: true, Time: asdu.CP56(time.Date(2009, 8, 13, 12, 34, 1, 0, time.UTC))},
	}, []byte{
		126,        // TypeID F_DR_TA_1
		0x01,       // SQ=0, N=1
		0x03, 0x00, // COT 3 spontaneous
		0x01, 0x00, // CA
		0x01, 0x00, 0x00, // IOA
		0x02, 0x00, // NOF 2
		0x03, 0x02, 0x01, // LOF
		0b001_11111,                         // SOF: LFD, STATUS 31
		0xe8, 0x03, 34, 12, 4<<5 | 13, 8, 9, // CP56Time2a
	}),
	of("F_DR_TA_1 SQ=1", asdu.Header{Type: asdu.F_DR_TA_1, Sequence: true, Cause: asdu.Request, CommonAddress: 1}, []asdu.DirectoryEntry{
		{Address: 1, File: 2, Active: true, Time: asdu.CP56(time.Date(2009, 8, 13, 12, 34, 1, 0, time.UTC))},
		{Address: 2, File: 3, Directory: true, Time: asdu.CP56(time.Date(2009, 8, 17, 12, 34, 1, 0, time.UTC))},
	}, []byte{
		126,        // TypeID
		0x82,       // SQ=1, N=2
		0x05, 0x00, // COT 5 requested
		0x01, 0x00, // CA
		0x01, 0x00, 0x00, // IOA of the first
		0x02, 0x00, 0x00, 0x00, 0x00, // NOF, LOF
		0b100_00000,                         // SOF: FA
		0xe8, 0x03, 34, 12, 4<<5 | 13, 8, 9, // CP56Time2a
		0x03, 0x00, 0x00, 0x00, 0x00, // NODF, LOF
		0b010_00000,                         // SOF: FOR
		0xe8, 0x03, 34, 12, 1<<5 | 17, 8, 9, // CP56Time2a, a Monday
	}),
}

func TestDirectoryEntry(t *testing.T) { verify(t, directoryEntries) }
