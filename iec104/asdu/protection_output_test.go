package asdu_test

import (
	"testing"
	"time"

	"stellwerk/iec104/asdu"
)

var protectionOutputs = []telegram{
	of("M_EP_TC_1", asdu.Header{Type: asdu.M_EP_TC_1, Cause: asdu.Spontaneous, CommonAddress: 1}, []asdu.ProtectionOutput{
		{
			Address: 1, Value: asdu.OutputGeneral | asdu.OutputL1 | asdu.OutputL2 | asdu.OutputL3,
			Quality:   asdu.ElapsedInvalid | asdu.Blocked | asdu.Substituted | asdu.NotTopical | asdu.Invalid,
			Operating: 30, Time: asdu.CP24(time.Date(2009, 8, 13, 12, 34, 1, 0, time.UTC)),
		},
	}, []byte{
		19,         // TypeID M_EP_TC_1
		0x01,       // SQ=0, N=1
		0x03, 0x00, // COT 3 spontaneous
		0x01, 0x00, // CA
		0x01, 0x00, 0x00, // IOA
		0b0000_1111, // OCI: CL3, CL2, CL1, GC
		0b1111_1000, // QDP: IV, NT, SB, BL, EI
		0x1e, 0x00,  // CP16Time2a 30 ms
		0xe8, 0x03, 34, // CP24Time2a
	}),
	of("M_EP_TF_1", asdu.Header{Type: asdu.M_EP_TF_1, Cause: asdu.Spontaneous, CommonAddress: 1}, []asdu.ProtectionOutput{
		{Address: 1, Value: asdu.OutputL3, Quality: asdu.ElapsedInvalid, Time: asdu.CP56(time.Date(2009, 8, 13, 12, 34, 1, 0, time.UTC))},
	}, []byte{
		40,         // TypeID M_EP_TF_1
		0x01,       // SQ=0, N=1
		0x03, 0x00, // COT 3 spontaneous
		0x01, 0x00, // CA
		0x01, 0x00, 0x00, // IOA
		0b0000_1000, // OCI: CL3
		0b0000_1000, // QDP: EI
		0x00, 0x00,  // CP16Time2a
		0xe8, 0x03, 34, 12, 4<<5 | 13, 8, 9, // CP56Time2a
	}),
}

func TestProtectionOutput(t *testing.T) {
	verify(t, protectionOutputs)
	verifyFlags(t, map[string]asdu.OutputCircuits{
		"general": 0b0001, "l1": 0b0010, "l2": 0b0100, "l3": 0b1000,
	}, asdu.OutputCircuits.All)
}
