package asdu_test

import (
	"testing"
	"time"

	"stellwerk/iec104/asdu"
)

var doubleCommands = []telegram{
	of("C_DC_NA_1", asdu.Header{Type: asdu.C_DC_NA_1, Cause: asdu.Deactivation, CommonAddress: 1}, []asdu.DoubleCommand{
		{Address: 1, Value: asdu.CommandOff, Qualifier: asdu.ShortPulse, Select: true},
	}, []byte{
		46,         // TypeID C_DC_NA_1
		0x01,       // SQ=0, N=1
		0x08, 0x00, // COT 8 deactivation
		0x01, 0x00, // CA
		0x01, 0x00, 0x00, // IOA
		0b1_00001_01, // DCO: S/E=1 select, QU=1, DCS=1 off
	}),
	of("C_DC_TA_1", asdu.Header{Type: asdu.C_DC_TA_1, Cause: asdu.DeactivationCon, Negative: true, CommonAddress: 1}, []asdu.DoubleCommand{
		{Address: 1, Value: asdu.CommandOn, Qualifier: 16, Time: asdu.CP56(time.Date(2009, 8, 13, 12, 34, 1, 0, time.UTC))},
	}, []byte{
		59,             // TypeID C_DC_TA_1
		0x01,           // SQ=0, N=1
		0x40 | 9, 0x00, // P/N=1, COT 9 deactivation confirmation
		0x01, 0x00, // CA
		0x01, 0x00, 0x00, // IOA
		0b0_10000_10,                        // DCO: execute, QU=16, DCS=2 on
		0xe8, 0x03, 34, 12, 4<<5 | 13, 8, 9, // CP56Time2a
	}),
}

func TestDoubleCommand(t *testing.T) {
	verify(t, doubleCommands)
	verifyTexts(t, []textRow{
		{asdu.DoubleCommandState(0), "not-permitted-0", asdu.DoubleCommandState(0).Text(), "not permitted", "nicht zulässig"},
		{asdu.CommandOff, "off", asdu.CommandOff.Text(), "off", "aus"},
		{asdu.CommandOn, "on", asdu.CommandOn.Text(), "on", "ein"},
		{asdu.DoubleCommandState(3), "not-permitted-3", asdu.DoubleCommandState(3).Text(), "not permitted", "nicht zulässig"},
	})
	for state, want := range []bool{false, true, true, false} {
		if got := asdu.DoubleCommandState(state).Permitted(); got != want {
			t.Errorf("state %d permitted: %t", state, got)
		}
	}
}
