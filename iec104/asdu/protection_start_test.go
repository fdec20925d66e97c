package asdu_test

import (
	"testing"
	"time"

	"stellwerk/iec104/asdu"
)

var protectionStarts = []telegram{
	of("M_EP_TB_1", asdu.Header{Type: asdu.M_EP_TB_1, Cause: asdu.Spontaneous, CommonAddress: 1}, []asdu.ProtectionStart{
		{
			Address: 1, Value: asdu.StartGeneral | asdu.StartL1 | asdu.StartL2 | asdu.StartL3 | asdu.StartEarthCurrent | asdu.StartReverse,
			Quality:  asdu.ElapsedInvalid | asdu.Blocked | asdu.Substituted | asdu.NotTopical | asdu.Invalid,
			Duration: 1, Time: asdu.CP24(time.Date(2009, 8, 13, 12, 34, 1, 0, time.UTC)),
		},
	}, []byte{
		18,         // TypeID M_EP_TB_1
		0x01,       // SQ=0, N=1
		0x03, 0x00, // COT 3 spontaneous
		0x01, 0x00, // CA
		0x01, 0x00, 0x00, // IOA
		0b0011_1111, // SPE: SRD, SIE, SL3, SL2, SL1, GS
		0b1111_1000, // QDP: IV, NT, SB, BL, EI
		0x01, 0x00,  // CP16Time2a 1 ms
		0xe8, 0x03, 34, // CP24Time2a
	}),
	of("M_EP_TE_1", asdu.Header{Type: asdu.M_EP_TE_1, Cause: asdu.Spontaneous, CommonAddress: 1}, []asdu.ProtectionStart{
		{Address: 1, Value: asdu.StartL2 | asdu.StartReverse, Duration: 1000, Time: asdu.CP56(time.Date(2009, 8, 13, 12, 34, 1, 0, time.UTC))},
	}, []byte{
		39,         // TypeID M_EP_TE_1
		0x01,       // SQ=0, N=1
		0x03, 0x00, // COT 3 spontaneous
		0x01, 0x00, // CA
		0x01, 0x00, 0x00, // IOA
		0b0010_0100, // SPE: SRD, SL2
		0b0000_0000, // QDP
		0xe8, 0x03,  // CP16Time2a 1000 ms
		0xe8, 0x03, 34, 12, 4<<5 | 13, 8, 9, // CP56Time2a
	}),
}

func TestProtectionStart(t *testing.T) {
	verify(t, protectionStarts)
	verifyFlags(t, map[string]asdu.StartEvents{
		"general": 0b000001, "l1": 0b000010, "l2": 0b000100, "l3": 0b001000, "earth-current": 0b010000, "reverse": 0b100000,
	}, asdu.StartEvents.All)
}
