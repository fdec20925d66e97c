package asdu_test

import (
	"testing"
	"time"

	"stellwerk/iec104/asdu"
)

var singleCommands = []telegram{
	of("C_SC_NA_1", asdu.Header{Type: asdu.C_SC_NA_1, Cause: asdu.Activation, Originator: 5, CommonAddress: 1}, []asdu.SingleCommand{
		{Address: 6000, Value: true, Qualifier: asdu.LongPulse, Select: true},
	}, []byte{
		45,         // TypeID C_SC_NA_1
		0x01,       // SQ=0, N=1
		0x06, 0x05, // COT 6 activation, OA 5
		0x01, 0x00, // CA
		0x70, 0x17, 0x00, // IOA 6000
		0b1_00010_0_1, // SCO: S/E=1 select, QU=2, SCS=1 on
	}),
	of("C_SC_NA_1 refused", asdu.Header{Type: asdu.C_SC_NA_1, Cause: asdu.UnknownObjectAddress, Negative: true, Test: true, CommonAddress: 1}, []asdu.SingleCommand{
		{Address: 1, Qualifier: 31},
	}, []byte{
		45,                     // TypeID
		0x01,                   // SQ=0, N=1
		0x80 | 0x40 | 47, 0x00, // T=1, P/N=1, COT 47 unknown information object address
		0x01, 0x00, // CA
		0x01, 0x00, 0x00, // IOA
		0b0_11111_0_0, // SCO: S/E=0 execute, QU=31, SCS=0 off
	}),
	of("C_SC_TA_1", asdu.Header{Type: asdu.C_SC_TA_1, Cause: asdu.ActivationCon, CommonAddress: 1}, []asdu.SingleCommand{
		{Address: 1, Value: true, Qualifier: asdu.PersistentPulse, Time: asdu.CP56(time.Date(2009, 8, 13, 12, 34, 1, 0, time.UTC))},
	}, []byte{
		58,         // TypeID C_SC_TA_1
		0x01,       // SQ=0, N=1
		0x07, 0x00, // COT 7 activation confirmation
		0x01, 0x00, // CA
		0x01, 0x00, 0x00, // IOA
		0b0_00011_0_1,                       // SCO: execute, QU=3, on
		0xe8, 0x03, 34, 12, 4<<5 | 13, 8, 9, // CP56Time2a
	}),
}

func TestSingleCommand(t *testing.T) { verify(t, singleCommands) }

func TestPulseQualifier(t *testing.T) {
	verifyTexts(t, []textRow{
		{text: asdu.NoPulse.Text(), en: "no additional definition", de: "keine weitere Festlegung"},
		{text: asdu.ShortPulse.Text(), en: "short pulse duration", de: "kurze Impulsdauer"},
		{text: asdu.LongPulse.Text(), en: "long pulse duration", de: "lange Impulsdauer"},
		{text: asdu.PersistentPulse.Text(), en: "persistent output", de: "Dauerausgabe"},
		{text: asdu.PulseQualifier(4).Text(), en: "reserved by the standard", de: "vom Standard reserviert"},
		{text: asdu.PulseQualifier(8).Text(), en: "reserved by the standard", de: "vom Standard reserviert"},
		{text: asdu.PulseQualifier(9).Text(), en: "reserved for other predefined functions", de: "reserviert für andere Funktionen"},
		{text: asdu.PulseQualifier(15).Text(), en: "reserved for other predefined functions", de: "reserviert für andere Funktionen"},
		{text: asdu.PulseQualifier(16).Text(), en: "private qualifier", de: "private Kennung"},
		{text: asdu.PulseQualifier(31).Text(), en: "private qualifier", de: "private Kennung"},
	})
}
