package asdu_test

import (
	"testing"
	"time"

	"stellwerk/iec104/asdu"
)

var protectionEvents = []telegram{
	of("M_EP_TA_1", asdu.Header{Type: asdu.M_EP_TA_1, Cause: asdu.Spontaneous, CommonAddress: 1}, []asdu.ProtectionEvent{
		{Address: 1, Value: asdu.On, Elapsed: 59999, Time: asdu.CP24(time.Date(2009, 8, 13, 12, 34, 1, 0, time.UTC))},
		{
			Address: 2, Value: asdu.Indeterminate, Quality: asdu.ElapsedInvalid | asdu.Blocked | asdu.Substituted | asdu.NotTopical | asdu.Invalid,
			Elapsed: 0xffff, Time: asdu.CP24(time.Date(2009, 8, 13, 12, 0, 0, 0, time.UTC)),
		},
	}, []byte{
		17,         // TypeID M_EP_TA_1
		0x02,       // SQ=0, N=2
		0x03, 0x00, // COT 3 spontaneous
		0x01, 0x00, // CA
		0x01, 0x00, 0x00, // IOA
		0b0000_0010, // SEP: ES=2 on
		0x5f, 0xea,  // CP16Time2a 59999 ms
		0xe8, 0x03, 34, // CP24Time2a
		0x02, 0x00, 0x00, // IOA
		0b1111_1011, // SEP: IV, NT, SB, BL, EI, ES=3
		0xff, 0xff,  // CP16Time2a 65535 ms
		0x00, 0x00, 0, // CP24Time2a
	}),
	of("M_EP_TD_1", asdu.Header{Type: asdu.M_EP_TD_1, Cause: asdu.Spontaneous, CommonAddress: 1}, []asdu.ProtectionEvent{
		{Address: 1, Value: asdu.Off, Quality: asdu.ElapsedInvalid, Elapsed: 258, Time: asdu.CP56(time.Date(2009, 8, 13, 12, 34, 1, 0, time.UTC))},
	}, []byte{
		38,         // TypeID M_EP_TD_1
		0x01,       // SQ=0, N=1
		0x03, 0x00, // COT 3 spontaneous
		0x01, 0x00, // CA
		0x01, 0x00, 0x00, // IOA
		0b0000_1001, // SEP: EI, ES=1 off
		0x02, 0x01,  // CP16Time2a 258 ms
		0xe8, 0x03, 34, 12, 4<<5 | 13, 8, 9, // CP56Time2a
	}),
}

func TestProtectionEvent(t *testing.T) {
	verify(t, protectionEvents)
	if got := asdu.ElapsedTime(59999).Duration(); got != 59999*time.Millisecond {
		t.Errorf("59999 ms are %s", got)
	}
}
