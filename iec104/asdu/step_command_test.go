package asdu_test

import (
	"testing"
	"time"

	"stellwerk/iec104/asdu"
)

var stepCommands = []telegram{
	of("C_RC_NA_1", asdu.Header{Type: asdu.C_RC_NA_1, Cause: asdu.ActivationTermination, CommonAddress: 1}, []asdu.StepCommand{
		{Address: 1, Value: asdu.NextLower, Qualifier: 9},
	}, []byte{
		47,         // TypeID C_RC_NA_1
		0x01,       // SQ=0, N=1
		0x0a, 0x00, // COT 10 activation termination
		0x01, 0x00, // CA
		0x01, 0x00, 0x00, // IOA
		0b0_01001_01, // RCO: execute, QU=9, RCS=1 lower
	}),
	of("C_RC_TA_1", asdu.Header{Type: asdu.C_RC_TA_1, Cause: asdu.Activation, CommonAddress: 1}, []asdu.StepCommand{
		{Address: 1, Value: asdu.NextHigher, Qualifier: asdu.ShortPulse, Select: true, Time: asdu.CP56(time.Date(2009, 8, 13, 12, 34, 1, 0, time.UTC))},
	}, []byte{
		60,         // TypeID C_RC_TA_1
		0x01,       // SQ=0, N=1
		0x06, 0x00, // COT 6 activation
		0x01, 0x00, // CA
		0x01, 0x00, 0x00, // IOA
		0b1_00001_10,                        // RCO: select, QU=1, RCS=2 higher
		0xe8, 0x03, 34, 12, 4<<5 | 13, 8, 9, // CP56Time2a
	}),
}

func TestStepCommand(t *testing.T) {
	verify(t, stepCommands)
	verifyTexts(t, []textRow{
		{asdu.StepCommandState(0), "not-permitted-0", asdu.StepCommandState(0).Text(), "not permitted", "nicht zulässig"},
		{asdu.NextLower, "lower", asdu.NextLower.Text(), "next step lower", "nächste Stufe tiefer"},
		{asdu.NextHigher, "higher", asdu.NextHigher.Text(), "next step higher", "nächste Stufe höher"},
		{asdu.StepCommandState(3), "not-permitted-3", asdu.StepCommandState(3).Text(), "not permitted", "nicht zulässig"},
	})
	for state, want := range []bool{false, true, true, false} {
		if got := asdu.StepCommandState(state).Permitted(); got != want {
			t.Errorf("state %d permitted: %t", state, got)
		}
	}
}
