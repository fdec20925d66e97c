package asdu_test

import (
	"testing"

	"stellwerk/iec104/asdu"
)

var lastSections = []telegram{
	of("F_LS_NA_1", asdu.Header{Type: asdu.F_LS_NA_1, Cause: asdu.File, CommonAddress: 1}, []asdu.LastSection{
		{Address: 1, File: 3, Section: 4, Qualifier: asdu.SectionWithoutDeactivation, Checksum: 0xfe},
	}, []byte{
		123,        // TypeID F_LS_NA_1
		0x01,       // SQ=0, N=1
		0x0d, 0x00, // COT 13 file transfer
		0x01, 0x00, // CA
		0x01, 0x00, 0x00, // IOA
		0x03, 0x00, // NOF 3
		4,    // NOS
		3,    // LSQ: section transfer without deactivation
		0xfe, // CHS
	}),
}

func TestLastSection(t *testing.T) {
	verify(t, lastSections)
	verifyTexts(t, []textRow{
		{text: asdu.LastNotUsed.Text(), en: "not used", de: "nicht verwendet"},
		{text: asdu.FileWithoutDeactivation.Text(), en: "file transfer without deactivation", de: "Dateiübermittlung ohne Abbruch"},
		{text: asdu.FileWithDeactivation.Text(), en: "file transfer with deactivation", de: "Dateiübermittlung mit Abbruch"},
		{text: asdu.SectionWithoutDeactivation.Text(), en: "section transfer without deactivation", de: "Abschnittsübermittlung ohne Abbruch"},
		{text: asdu.SectionWithDeactivation.Text(), en: "section transfer with deactivation", de: "Abschnittsübermittlung mit Abbruch"},
		{text: asdu.LastQualifier(5).Text(), en: "reserved by the standard", de: "vom Standard reserviert"},
		{text: asdu.LastQualifier(127).Text(), en: "reserved by the standard", de: "vom Standard reserviert"},
		{text: asdu.LastQualifier(128).Text(), en: "private qualifier", de: "private Kennung"},
	})
}
