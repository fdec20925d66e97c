package asdu

import (
	"strconv"

	"stellwerk/wire"
)

// Cause is a cause of transmission, 0 to 63 (IEC 60870-5-101, 7.2.3). 0 is not
// used; 48 to 63 are for private use.
type Cause uint8

// The causes that the standard defines.
const (
	Cyclic                    Cause = 1
	Background                Cause = 2
	Spontaneous               Cause = 3
	Initialized               Cause = 4
	Request                   Cause = 5
	Activation                Cause = 6
	ActivationCon             Cause = 7
	Deactivation              Cause = 8
	DeactivationCon           Cause = 9
	ActivationTermination     Cause = 10
	ReturnRemote              Cause = 11
	ReturnLocal               Cause = 12
	File                      Cause = 13
	InterrogatedByStation     Cause = 20
	InterrogatedByGroup1      Cause = 21
	InterrogatedByGroup2      Cause = 22
	InterrogatedByGroup3      Cause = 23
	InterrogatedByGroup4      Cause = 24
	InterrogatedByGroup5      Cause = 25
	InterrogatedByGroup6      Cause = 26
	InterrogatedByGroup7      Cause = 27
	InterrogatedByGroup8      Cause = 28
	InterrogatedByGroup9      Cause = 29
	InterrogatedByGroup10     Cause = 30
	InterrogatedByGroup11     Cause = 31
	InterrogatedByGroup12     Cause = 32
	InterrogatedByGroup13     Cause = 33
	InterrogatedByGroup14     Cause = 34
	InterrogatedByGroup15     Cause = 35
	InterrogatedByGroup16     Cause = 36
	RequestedByGeneralCounter Cause = 37
	RequestedByCounterGroup1  Cause = 38
	RequestedByCounterGroup2  Cause = 39
	RequestedByCounterGroup3  Cause = 40
	RequestedByCounterGroup4  Cause = 41
	UnknownType               Cause = 44
	UnknownCause              Cause = 45
	UnknownCommonAddress      Cause = 46
	UnknownObjectAddress      Cause = 47
)

// causeTable names every cause: the abbreviation in the standard, or a short
// form where it has none, and the meaning.
var causeTable = [64]struct {
	name string
	text wire.Text
}{
	Cyclic:                    {"per/cyc", wire.Text{EN: "periodic, cyclic", DE: "periodisch, zyklisch"}},
	Background:                {"back", wire.Text{EN: "background scan", DE: "Hintergrundabfrage"}},
	Spontaneous:               {"spont", wire.Text{EN: "spontaneous", DE: "spontan"}},
	Initialized:               {"init", wire.Text{EN: "initialized", DE: "initialisiert"}},
	Request:                   {"req", wire.Text{EN: "request or requested", DE: "Abfrage oder abgefragt"}},
	Activation:                {"act", wire.Text{EN: "activation", DE: "Aktivierung"}},
	ActivationCon:             {"actcon", wire.Text{EN: "activation confirmation", DE: "Bestätigung der Aktivierung"}},
	Deactivation:              {"deact", wire.Text{EN: "deactivation", DE: "Abbruch der Aktivierung"}},
	DeactivationCon:           {"deactcon", wire.Text{EN: "deactivation confirmation", DE: "Bestätigung des Abbruchs der Aktivierung"}},
	ActivationTermination:     {"actterm", wire.Text{EN: "activation termination", DE: "Beendigung der Aktivierung"}},
	ReturnRemote:              {"retrem", wire.Text{EN: "return information caused by a remote command", DE: "Rückmeldung, verursacht durch Fernbefehl"}},
	ReturnLocal:               {"retloc", wire.Text{EN: "return information caused by a local command", DE: "Rückmeldung, verursacht durch örtlichen Befehl"}},
	File:                      {"file", wire.Text{EN: "file transfer", DE: "Dateiübermittlung"}},
	InterrogatedByStation:     {"inrogen", wire.Text{EN: "interrogated by station interrogation", DE: "abgefragt durch Generalabfrage"}},
	InterrogatedByGroup1:      {"inro1", wire.Text{EN: "interrogated by interrogation of group 1", DE: "abgefragt durch Abfrage der Gruppe 1"}},
	InterrogatedByGroup2:      {"inro2", wire.Text{EN: "interrogated by interrogation of group 2", DE: "abgefragt durch Abfrage der Gruppe 2"}},
	InterrogatedByGroup3:      {"inro3", wire.Text{EN: "interrogated by interrogation of group 3", DE: "abgefragt durch Abfrage der Gruppe 3"}},
	InterrogatedByGroup4:      {"inro4", wire.Text{EN: "interrogated by interrogation of group 4", DE: "abgefragt durch Abfrage der Gruppe 4"}},
	InterrogatedByGroup5:      {"inro5", wire.Text{EN: "interrogated by interrogation of group 5", DE: "abgefragt durch Abfrage der Gruppe 5"}},
	InterrogatedByGroup6:      {"inro6", wire.Text{EN: "interrogated by interrogation of group 6", DE: "abgefragt durch Abfrage der Gruppe 6"}},
	InterrogatedByGroup7:      {"inro7", wire.Text{EN: "interrogated by interrogation of group 7", DE: "abgefragt durch Abfrage der Gruppe 7"}},
	InterrogatedByGroup8:      {"inro8", wire.Text{EN: "interrogated by interrogation of group 8", DE: "abgefragt durch Abfrage der Gruppe 8"}},
	InterrogatedByGroup9:      {"inro9", wire.Text{EN: "interrogated by interrogation of group 9", DE: "abgefragt durch Abfrage der Gruppe 9"}},
	InterrogatedByGroup10:     {"inro10", wire.Text{EN: "interrogated by interrogation of group 10", DE: "abgefragt durch Abfrage der Gruppe 10"}},
	InterrogatedByGroup11:     {"inro11", wire.Text{EN: "interrogated by interrogation of group 11", DE: "abgefragt durch Abfrage der Gruppe 11"}},
	InterrogatedByGroup12:     {"inro12", wire.Text{EN: "interrogated by interrogation of group 12", DE: "abgefragt durch Abfrage der Gruppe 12"}},
	InterrogatedByGroup13:     {"inro13", wire.Text{EN: "interrogated by interrogation of group 13", DE: "abgefragt durch Abfrage der Gruppe 13"}},
	InterrogatedByGroup14:     {"inro14", wire.Text{EN: "interrogated by interrogation of group 14", DE: "abgefragt durch Abfrage der Gruppe 14"}},
	InterrogatedByGroup15:     {"inro15", wire.Text{EN: "interrogated by interrogation of group 15", DE: "abgefragt durch Abfrage der Gruppe 15"}},
	InterrogatedByGroup16:     {"inro16", wire.Text{EN: "interrogated by interrogation of group 16", DE: "abgefragt durch Abfrage der Gruppe 16"}},
	RequestedByGeneralCounter: {"reqcogen", wire.Text{EN: "requested by general counter request", DE: "abgefragt durch Zähler-Generalabfrage"}},
	RequestedByCounterGroup1:  {"reqco1", wire.Text{EN: "requested by counter request of group 1", DE: "abgefragt durch Abfrage der Zählergruppe 1"}},
	RequestedByCounterGroup2:  {"reqco2", wire.Text{EN: "requested by counter request of group 2", DE: "abgefragt durch Abfrage der Zählergruppe 2"}},
	RequestedByCounterGroup3:  {"reqco3", wire.Text{EN: "requested by counter request of group 3", DE: "abgefragt durch Abfrage der Zählergruppe 3"}},
	RequestedByCounterGroup4:  {"reqco4", wire.Text{EN: "requested by counter request of group 4", DE: "abgefragt durch Abfrage der Zählergruppe 4"}},
	UnknownType:               {"unknown type", wire.Text{EN: "unknown type identification", DE: "Typ-Identifikation unbekannt"}},
	UnknownCause:              {"unknown cause", wire.Text{EN: "unknown cause of transmission", DE: "Übertragungsursache unbekannt"}},
	UnknownCommonAddress:      {"unknown common address", wire.Text{EN: "unknown common address", DE: "ASDU-Adresse unbekannt"}},
	UnknownObjectAddress:      {"unknown object address", wire.Text{EN: "unknown information object address", DE: "Informationsobjektadresse unbekannt"}},
}

// InterrogatedByGroup returns the cause of data that an interrogation of a
// group, 1 to 16, has asked for; group 0 is the station interrogation.
func InterrogatedByGroup(group int) Cause { return InterrogatedByStation + Cause(group) }

// RequestedByCounterGroup returns the cause of counters that a request of a
// group, 1 to 4, has asked for; group 0 is the general request.
func RequestedByCounterGroup(group int) Cause { return RequestedByGeneralCounter + Cause(group) }

// Interrogated reports whether an interrogation asked for the data.
func (c Cause) Interrogated() bool {
	return c >= InterrogatedByStation && c <= InterrogatedByGroup16
}

// CounterRequested reports whether a counter interrogation asked for the data.
func (c Cause) CounterRequested() bool {
	return c >= RequestedByGeneralCounter && c <= RequestedByCounterGroup4
}

// Unknown reports whether the cause refuses a telegram: 44 to 47.
func (c Cause) Unknown() bool { return c >= UnknownType && c <= UnknownObjectAddress }

// Defined reports whether the standard defines the cause.
func (c Cause) Defined() bool { return c < 64 && causeTable[c].name != "" }

// String returns the abbreviation, or the number of a cause without one.
func (c Cause) String() string {
	if c.Defined() {
		return causeTable[c].name
	}
	return strconv.Itoa(int(c))
}

// Text says what the cause means.
func (c Cause) Text() wire.Text {
	switch {
	case c.Defined():
		return causeTable[c].text
	case c == 0:
		return wire.Text{EN: "not used", DE: "nicht verwendet"}
	case c < 48:
		return wire.Text{EN: "reserved by the standard", DE: "vom Standard reserviert"}
	default:
		return wire.Text{EN: "private cause", DE: "private Ursache"}
	}
}

// ParseCause reads an abbreviation as [Cause.String] gives it, or a number
// from 0 to 63.
func ParseCause(s string) (Cause, bool) {
	for i := range causeTable {
		if s != "" && causeTable[i].name == s {
			return Cause(i), true
		}
	}
	number, err := strconv.ParseUint(s, 10, 6)
	return Cause(number), err == nil
}
