package asdu_test

import (
	"testing"

	"stellwerk/iec104/asdu"
)

var fileAcknowledgements = []telegram{
	of("F_AF_NA_1", asdu.Header{Type: asdu.F_AF_NA_1, Cause: asdu.File, CommonAddress: 1}, []asdu.FileAcknowledgement{
		{Address: 1, File: 3, Section: 4, Answer: asdu.SectionNegative, Error: 2},
	}, []byte{
		124,        // TypeID F_AF_NA_1
		0x01,       // SQ=0, N=1
		0x0d, 0x00, // COT 13 file transfer
		0x01, 0x00, // CA
		0x01, 0x00, 0x00, // IOA
		0x03, 0x00, // NOF 3
		4,           // NOS
		0b0010_0100, // AFQ: checksum failed, section not acknowledged
	}),
}

func TestFileAcknowledgement(t *testing.T) {
	verify(t, fileAcknowledgements)
	verifyTexts(t, []textRow{
		{text: asdu.FileAnswerNotUsed.Text(), en: "not used", de: "nicht verwendet"},
		{text: asdu.FilePositive.Text(), en: "file acknowledged", de: "Datei bestätigt"},
		{text: asdu.FileNegative.Text(), en: "file not acknowledged", de: "Datei nicht bestätigt"},
		{text: asdu.SectionPositive.Text(), en: "section acknowledged", de: "Abschnitt bestätigt"},
		{text: asdu.SectionNegative.Text(), en: "section not acknowledged", de: "Abschnitt nicht bestätigt"},
		{text: asdu.FileAnswer(5).Text(), en: "reserved by the standard", de: "vom Standard reserviert"},
		{text: asdu.FileAnswer(10).Text(), en: "reserved by the standard", de: "vom Standard reserviert"},
		{text: asdu.FileAnswer(11).Text(), en: "private qualifier", de: "private Kennung"},
	})
}
