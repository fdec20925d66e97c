package asdu_test

import (
	"testing"

	"stellwerk/iec104/asdu"
)

var fileCalls = []telegram{
	of("F_SC_NA_1", asdu.Header{Type: asdu.F_SC_NA_1, Cause: asdu.File, CommonAddress: 1}, []asdu.FileCall{
		{Address: 1, File: 1, Section: 2, Action: asdu.RequestSection, Error: 5},
	}, []byte{
		122,        // TypeID F_SC_NA_1
		0x01,       // SQ=0, N=1
		0x0d, 0x00, // COT 13 file transfer
		0x01, 0x00, // CA
		0x01, 0x00, 0x00, // IOA
		0x01, 0x00, // NOF 1
		2,           // NOS
		0b0101_0110, // SCQ: error 5, request section 6
	}),
	of("F_SC_NA_1 directory", asdu.Header{Type: asdu.F_SC_NA_1, Cause: asdu.Request, CommonAddress: 1}, []asdu.FileCall{
		{Address: 1},
	}, []byte{
		122,        // TypeID
		0x01,       // SQ=0, N=1
		0x05, 0x00, // COT 5 request
		0x01, 0x00, // CA
		0x01, 0x00, 0x00, // IOA
		0x00, 0x00, // NOF 0
		0,           // NOS
		0b0000_0000, // SCQ
	}),
}

func TestFileCall(t *testing.T) {
	verify(t, fileCalls)
	verifyTexts(t, []textRow{
		{text: asdu.FileDefault.Text(), en: "default", de: "Standard"},
		{text: asdu.SelectFile.Text(), en: "select file", de: "Datei auswählen"},
		{text: asdu.RequestFile.Text(), en: "request file", de: "Datei abfragen"},
		{text: asdu.DeactivateFile.Text(), en: "deactivate file", de: "Datei abbrechen"},
		{text: asdu.DeleteFile.Text(), en: "delete file", de: "Datei löschen"},
		{text: asdu.SelectSection.Text(), en: "select section", de: "Abschnitt auswählen"},
		{text: asdu.RequestSection.Text(), en: "request section", de: "Abschnitt abfragen"},
		{text: asdu.DeactivateSection.Text(), en: "deactivate section", de: "Abschnitt abbrechen"},
		{text: asdu.FileAction(8).Text(), en: "reserved by the standard", de: "vom Standard reserviert"},
		{text: asdu.FileAction(10).Text(), en: "reserved by the standard", de: "vom Standard reserviert"},
		{text: asdu.FileAction(11).Text(), en: "private qualifier", de: "private Kennung"},
		{text: asdu.FileAction(15).Text(), en: "private qualifier", de: "private Kennung"},
	})
}
