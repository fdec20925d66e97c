package asdu_test

import (
	"slices"
	"strconv"
	"testing"

	"stellwerk/iec104/asdu"
	"stellwerk/wire"
)

// typeRows are the types as the standards list them: number, mnemonic, and the
// German name. 13 belong to IEC 60870-5-101 alone.
var typeRows = []struct {
	id       asdu.TypeID
	name     string
	de       string
	extended bool
}{
	{1, "M_SP_NA_1", "Einzelmeldung", false},
	{2, "M_SP_TA_1", "Einzelmeldung mit Zeitmarke", true},
	{3, "M_DP_NA_1", "Doppelmeldung", false},
	{4, "M_DP_TA_1", "Doppelmeldung mit Zeitmarke", true},
	{5, "M_ST_NA_1", "Stufenstellungsmeldung", false},
	{6, "M_ST_TA_1", "Stufenstellungsmeldung mit Zeitmarke", true},
	{7, "M_BO_NA_1", "Bitmuster 32 Bit", false},
	{8, "M_BO_TA_1", "Bitmuster 32 Bit mit Zeitmarke", true},
	{9, "M_ME_NA_1", "Messwert, normierter Wert", false},
	{10, "M_ME_TA_1", "Messwert, normierter Wert mit Zeitmarke", true},
	{11, "M_ME_NB_1", "Messwert, skalierter Wert", false},
	{12, "M_ME_TB_1", "Messwert, skalierter Wert mit Zeitmarke", true},
	{13, "M_ME_NC_1", "Messwert, verkürzte Gleitkommazahl", false},
	{14, "M_ME_TC_1", "Messwert, verkürzte Gleitkommazahl mit Zeitmarke", true},
	{15, "M_IT_NA_1", "Zählwerte", false},
	{16, "M_IT_TA_1", "Zählwerte mit Zeitmarke", true},
	{17, "M_EP_TA_1", "Schutzereignis mit Zeitmarke", true},
	{18, "M_EP_TB_1", "Geblockte Anregungen des Schutzes mit Zeitmarke", true},
	{19, "M_EP_TC_1", "Geblockte Auslösungen des Schutzes mit Zeitmarke", true},
	{20, "M_PS_NA_1", "Geblockte Einzelmeldungen mit Zustandsanzeige", false},
	{21, "M_ME_ND_1", "Messwert, normierter Wert ohne Qualitätskennung", false},
	{30, "M_SP_TB_1", "Einzelmeldung mit Zeitmarke CP56Time2a", false},
	{31, "M_DP_TB_1", "Doppelmeldung mit Zeitmarke CP56Time2a", false},
	{32, "M_ST_TB_1", "Stufenstellungsmeldung mit Zeitmarke CP56Time2a", false},
	{33, "M_BO_TB_1", "Bitmuster 32 Bit mit Zeitmarke CP56Time2a", false},
	{34, "M_ME_TD_1", "Messwert, normierter Wert mit Zeitmarke CP56Time2a", false},
	{35, "M_ME_TE_1", "Messwert, skalierter Wert mit Zeitmarke CP56Time2a", false},
	{36, "M_ME_TF_1", "Messwert, verkürzte Gleitkommazahl mit Zeitmarke CP56Time2a", false},
	{37, "M_IT_TB_1", "Zählwerte mit Zeitmarke CP56Time2a", false},
	{38, "M_EP_TD_1", "Schutzereignis mit Zeitmarke CP56Time2a", false},
	{39, "M_EP_TE_1", "Geblockte Anregungen des Schutzes mit Zeitmarke CP56Time2a", false},
	{40, "M_EP_TF_1", "Geblockte Auslösungen des Schutzes mit Zeitmarke CP56Time2a", false},
	{45, "C_SC_NA_1", "Einzelbefehl", false},
	{46, "C_DC_NA_1", "Doppelbefehl", false},
	{47, "C_RC_NA_1", "Stufenstellbefehl", false},
	{48, "C_SE_NA_1", "Sollwert-Stellbefehl, normierter Wert", false},
	{49, "C_SE_NB_1", "Sollwert-Stellbefehl, skalierter Wert", false},
	{50, "C_SE_NC_1", "Sollwert-Stellbefehl, verkürzte Gleitkommazahl", false},
	{51, "C_BO_NA_1", "Bitmuster 32 Bit", false},
	{58, "C_SC_TA_1", "Einzelbefehl mit Zeitmarke CP56Time2a", false},
	{59, "C_DC_TA_1", "Doppelbefehl mit Zeitmarke CP56Time2a", false},
	{60, "C_RC_TA_1", "Stufenstellbefehl mit Zeitmarke CP56Time2a", false},
	{61, "C_SE_TA_1", "Sollwert-Stellbefehl, normierter Wert mit Zeitmarke CP56Time2a", false},
	{62, "C_SE_TB_1", "Sollwert-Stellbefehl, skalierter Wert mit Zeitmarke CP56Time2a", false},
	{63, "C_SE_TC_1", "Sollwert-Stellbefehl, verkürzte Gleitkommazahl mit Zeitmarke CP56Time2a", false},
	{64, "C_BO_TA_1", "Bitmuster 32 Bit mit Zeitmarke CP56Time2a", false},
	{70, "M_EI_NA_1", "Initialisierungsende", false},
	{100, "C_IC_NA_1", "(General-)Abfragebefehl", false},
	{101, "C_CI_NA_1", "Zähler-Abfragebefehl", false},
	{102, "C_RD_NA_1", "Lesebefehl", false}, // often "Abfragebefehl", which 100 is too
	{103, "C_CS_NA_1", "Uhrzeit-Synchronisationsbefehl", false},
	{104, "C_TS_NA_1", "Prüfbefehl (IEC 101)", true},
	{105, "C_RP_NA_1", "Prozess-Rücksetzbefehl", false},
	{106, "C_CD_NA_1", "Befehl zur Telegramm-Laufzeiterfassung (IEC 101)", true},
	{107, "C_TS_TA_1", "Testbefehl mit Zeitmarke CP56Time2a", false},
	{110, "P_ME_NA_1", "Parameter für Messwerte, normierter Wert", false},
	{111, "P_ME_NB_1", "Parameter für Messwerte, skalierter Wert", false},
	{112, "P_ME_NC_1", "Parameter für Messwerte, verkürzte Gleitkommazahl", false},
	{113, "P_AC_NA_1", "Parameter für Aktivierung", false},
	{120, "F_FR_NA_1", "Datei bereit", false},
	{121, "F_SR_NA_1", "Abschnitt bereit", false},
	{122, "F_SC_NA_1", "Abfrage Dateiverzeichnis, Dateiauswahl, Dateiabfrage, Abschnittsabfrage", false},
	{123, "F_LS_NA_1", "Letzter Abschnitt, letztes Segment", false},
	{124, "F_AF_NA_1", "Dateibestätigung, Abschnittsbestätigung", false},
	{125, "F_SG_NA_1", "Segment", false},
	{126, "F_DR_TA_1", "Dateiverzeichnis", false},
	{127, "F_SC_NB_1", "Abfrage Archiv-Datei", false},
}

func TestTypes(t *testing.T) {
	types := slices.Collect(asdu.Types())
	if len(types) != len(typeRows) || len(types) != 67 {
		t.Fatalf("%d types, want 67", len(types))
	}
	english := map[string]asdu.TypeID{}
	for i, row := range typeRows {
		id := types[i]
		if id != row.id {
			t.Fatalf("type %d in place %d, want %d", id, i, row.id)
		}
		if id.String() != row.name || id.Text().DE != row.de || id.Extended() != row.extended || id.Private() {
			t.Errorf("%d is %s, %q, extended %t, private %t", id, id, id.Text().DE, id.Extended(), id.Private())
		}
		for _, s := range []string{row.name, strconv.Itoa(int(id))} {
			if got, ok := asdu.ParseTypeID(s); !ok || got != id {
				t.Errorf("%q is read as %d, %t", s, got, ok)
			}
		}
		text := id.Text().EN
		if other, double := english[text]; double || text == "" {
			t.Errorf("%s and %s are both %q", other, id, text)
		}
		english[text] = id
	}
	for range asdu.Types() { // a loop that ends early
		break
	}
}

func TestOtherTypes(t *testing.T) {
	known := map[asdu.TypeID]bool{}
	for _, row := range typeRows {
		known[row.id] = true
	}
	for i := range 256 {
		id := asdu.TypeID(i)
		if known[id] {
			continue
		}
		want := wire.Text{EN: "reserved by the standard", DE: "vom Standard reserviert"}
		switch {
		case id == 0:
			want = wire.Text{EN: "not used", DE: "nicht verwendet"}
		case id >= 136:
			want = wire.Text{EN: "private type", DE: "privater Typ"}
		case id >= 128:
			want = wire.Text{EN: "reserved for the routing of messages", DE: "reserviert für die Wegevermittlung von Nachrichten"}
		}
		if id.Text() != want || id.String() != strconv.Itoa(i) || id.Private() != (i >= 128) || id.Extended() || id.Control() {
			t.Errorf("%d is %s, %v", i, id, id.Text())
		}
	}
}

func TestParseTypeID(t *testing.T) {
	if id, ok := asdu.ParseTypeID("C_RP_NC_1"); !ok || id != asdu.C_RP_NA_1 {
		t.Errorf("C_RP_NC_1 is read as %d, %t", id, ok)
	}
	for _, s := range []string{"", "256", "-1", "M_SP", "m_sp_na_1", " 1", "1.0"} {
		if id, ok := asdu.ParseTypeID(s); ok {
			t.Errorf("%q is read as %d", s, id)
		}
	}
}
