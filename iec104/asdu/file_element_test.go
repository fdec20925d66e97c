package asdu_test

import (
	"testing"

	"stellwerk/iec104/asdu"
)

func TestFileFault(t *testing.T) {
	verifyTexts(t, []textRow{
		{text: asdu.FileFaultNone.Text(), en: "default", de: "Standard"},
		{text: asdu.FileFaultMemory.Text(), en: "requested memory space not available", de: "angeforderter Speicherplatz nicht verfügbar"},
		{text: asdu.FileFaultChecksum.Text(), en: "checksum failed", de: "Prüfsummenfehler"},
		{text: asdu.FileFaultService.Text(), en: "unexpected communication service", de: "unerwarteter Kommunikationsdienst"},
		{text: asdu.FileFaultName.Text(), en: "unexpected name of file", de: "unerwarteter Dateiname"},
		{text: asdu.FileFaultSection.Text(), en: "unexpected name of section", de: "unerwarteter Abschnittsname"},
		{text: asdu.FileFault(6).Text(), en: "reserved by the standard", de: "vom Standard reserviert"},
		{text: asdu.FileFault(11).Text(), en: "private qualifier", de: "private Kennung"},
		{text: asdu.FileFault(255).Text(), en: "private qualifier", de: "private Kennung"},
	})
}
