package asdu_test

import (
	"strconv"
	"testing"

	"stellwerk/iec104/asdu"
	"stellwerk/wire"
)

// causeRows are the causes of transmission as the standard lists them.
var causeRows = []struct {
	cause asdu.Cause
	name  string
	de    string
}{
	{1, "per/cyc", "periodisch, zyklisch"},
	{2, "back", "Hintergrundabfrage"},
	{3, "spont", "spontan"},
	{4, "init", "initialisiert"},
	{5, "req", "Abfrage oder abgefragt"},
	{6, "act", "Aktivierung"},
	{7, "actcon", "Bestätigung der Aktivierung"},
	{8, "deact", "Abbruch der Aktivierung"},
	{9, "deactcon", "Bestätigung des Abbruchs der Aktivierung"},
	{10, "actterm", "Beendigung der Aktivierung"},
	{11, "retrem", "Rückmeldung, verursacht durch Fernbefehl"},
	{12, "retloc", "Rückmeldung, verursacht durch örtlichen Befehl"},
	{13, "file", "Dateiübermittlung"},
	{20, "inrogen", "abgefragt durch Generalabfrage"},
	{21, "inro1", "abgefragt durch Abfrage der Gruppe 1"},
	{22, "inro2", "abgefragt durch Abfrage der Gruppe 2"},
	{23, "inro3", "abgefragt durch Abfrage der Gruppe 3"},
	{24, "inro4", "abgefragt durch Abfrage der Gruppe 4"},
	{25, "inro5", "abgefragt durch Abfrage der Gruppe 5"},
	{26, "inro6", "abgefragt durch Abfrage der Gruppe 6"},
	{27, "inro7", "abgefragt durch Abfrage der Gruppe 7"},
	{28, "inro8", "abgefragt durch Abfrage der Gruppe 8"},
	{29, "inro9", "abgefragt durch Abfrage der Gruppe 9"},
	{30, "inro10", "abgefragt durch Abfrage der Gruppe 10"},
	{31, "inro11", "abgefragt durch Abfrage der Gruppe 11"},
	{32, "inro12", "abgefragt durch Abfrage der Gruppe 12"},
	{33, "inro13", "abgefragt durch Abfrage der Gruppe 13"},
	{34, "inro14", "abgefragt durch Abfrage der Gruppe 14"},
	{35, "inro15", "abgefragt durch Abfrage der Gruppe 15"},
	{36, "inro16", "abgefragt durch Abfrage der Gruppe 16"},
	{37, "reqcogen", "abgefragt durch Zähler-Generalabfrage"},
	{38, "reqco1", "abgefragt durch Abfrage der Zählergruppe 1"},
	{39, "reqco2", "abgefragt durch Abfrage der Zählergruppe 2"},
	{40, "reqco3", "abgefragt durch Abfrage der Zählergruppe 3"},
	{41, "reqco4", "abgefragt durch Abfrage der Zählergruppe 4"},
	{44, "unknown type", "Typ-Identifikation unbekannt"},
	{45, "unknown cause", "Übertragungsursache unbekannt"},
	{46, "unknown common address", "ASDU-Adresse unbekannt"},
	{47, "unknown object address", "Informationsobjektadresse unbekannt"},
}

func TestCauses(t *testing.T) {
	known := map[asdu.Cause]bool{}
	english := map[string]asdu.Cause{}
	for _, row := range causeRows {
		c := row.cause
		known[c] = true
		if c.String() != row.name || c.Text().DE != row.de || !c.Defined() {
			t.Errorf("%d is %q, %q", c, c, c.Text().DE)
		}
		if got, ok := asdu.ParseCause(row.name); !ok || got != c {
			t.Errorf("%q is read as %d, %t", row.name, got, ok)
		}
		if other, double := english[c.Text().EN]; double || c.Text().EN == "" {
			t.Errorf("%d and %d are both %q", other, c, c.Text().EN)
		}
		english[c.Text().EN] = c
	}
	for i := range 256 {
		c := asdu.Cause(i)
		if got, ok := asdu.ParseCause(strconv.Itoa(i)); ok != (i < 64) || ok && got != c {
			t.Errorf("%d is read as %d, %t", i, got, ok)
		}
		if c.Interrogated() != (i >= 20 && i <= 36) || c.CounterRequested() != (i >= 37 && i <= 41) || c.Unknown() != (i >= 44 && i <= 47) {
			t.Errorf("%d: interrogated %t, counter requested %t, unknown %t", i, c.Interrogated(), c.CounterRequested(), c.Unknown())
		}
		if known[c] {
			continue
		}
		want := wire.Text{EN: "private cause", DE: "private Ursache"}
		switch {
		case i == 0:
			want = wire.Text{EN: "not used", DE: "nicht verwendet"}
		case i < 48:
			want = wire.Text{EN: "reserved by the standard", DE: "vom Standard reserviert"}
		}
		if c.Defined() || c.Text() != want || c.String() != strconv.Itoa(i) {
			t.Errorf("%d is %q, %v, defined %t", i, c, c.Text(), c.Defined())
		}
	}
	for _, s := range []string{"", "64", "-1", "Spont", "spont "} {
		if c, ok := asdu.ParseCause(s); ok {
			t.Errorf("%q is read as %d", s, c)
		}
	}
}

func TestCausesOfGroups(t *testing.T) {
	for group := range 17 {
		if c := asdu.InterrogatedByGroup(group); int(c) != 20+group {
			t.Errorf("interrogation of group %d gives cause %d", group, c)
		}
	}
	for group := range 5 {
		if c := asdu.RequestedByCounterGroup(group); int(c) != 37+group {
			t.Errorf("request of counter group %d gives cause %d", group, c)
		}
	}
}
