package point

import "strconv"

// Reason says why a command was refused.
type Reason uint8

// Reasons for a refusal.
const (
	// ReasonNone is for every outcome but Refused.
	ReasonNone Reason = iota
	// ReasonUnknownPoint: there is no such point (COT 47 in IEC 104).
	ReasonUnknownPoint
	// ReasonUnknownStation: there is no such station (COT 46).
	ReasonUnknownStation
	// ReasonUnknownType: the far end does not know this type of command (COT 44).
	ReasonUnknownType
	// ReasonUnknownCause: the far end does not know this cause (COT 45).
	ReasonUnknownCause
	// ReasonNotAllowed: no route allows commands on this point.
	ReasonNotAllowed
	// ReasonNotConnected: the link to the process is down, and commands are never
	// kept for later.
	ReasonNotConnected
	// ReasonBusy: too many commands are under way, or one on this point is.
	ReasonBusy
	// ReasonValue: the value does not fit the point.
	ReasonValue
	// ReasonNotSelected: an execute without the select that the point wants, with
	// another value or qualifier, or after the selection ran out.
	ReasonNotSelected
	// ReasonSelectedByOther: the point is selected by somebody else.
	ReasonSelectedByOther
	// ReasonTooOld: the time tag of the command lies too far back.
	ReasonTooOld
	// ReasonFarEnd: the far end refused it.
	ReasonFarEnd
	// ReasonStopping: this house is being stopped.
	ReasonStopping
	// ReasonNotSupported: the link or its protocol cannot carry this command out.
	ReasonNotSupported
)

var reasonTable = [...]struct{ name, english, german string }{
	ReasonNone:            {"none", "", ""},
	ReasonUnknownPoint:    {"unknown-point", "there is no such point", "es gibt keinen solchen Punkt"},
	ReasonUnknownStation:  {"unknown-station", "there is no such station", "es gibt keine solche Station"},
	ReasonUnknownType:     {"unknown-type", "the far end does not know this type of command", "die Gegenseite kennt diesen Befehlstyp nicht"},
	ReasonUnknownCause:    {"unknown-cause", "the far end does not know this cause of transmission", "die Gegenseite kennt diese Übertragungsursache nicht"},
	ReasonNotAllowed:      {"not-allowed", "no route allows commands on this point", "keine Leitweg-Regel erlaubt Befehle auf diesen Punkt"},
	ReasonNotConnected:    {"not-connected", "the link to the process is down", "die Verbindung zum Prozess steht nicht"},
	ReasonBusy:            {"busy", "another command is under way", "ein anderer Befehl läuft noch"},
	ReasonValue:           {"value", "the value does not fit the point", "der Wert passt nicht zum Punkt"},
	ReasonNotSelected:     {"not-selected", "the point is not selected for this command", "der Punkt ist für diesen Befehl nicht angewählt"},
	ReasonSelectedByOther: {"selected-by-other", "the point is selected by somebody else", "der Punkt ist von anderer Seite angewählt"},
	ReasonTooOld:          {"too-old", "the time tag of the command lies too far back", "die Zeitmarke des Befehls liegt zu weit zurück"},
	ReasonFarEnd:          {"far-end", "the far end refused it", "die Gegenseite hat abgelehnt"},
	ReasonStopping:        {"stopping", "the program is being stopped", "das Programm wird beendet"},
	ReasonNotSupported:    {"not-supported", "the link cannot carry this command out", "die Verbindung kann diesen Befehl nicht ausführen"},
}

// String gives the short name, and a number for an unknown reason.
func (r Reason) String() string {
	if int(r) < len(reasonTable) {
		return reasonTable[r].name
	}
	return "reason " + strconv.Itoa(int(r))
}

// English says the reason as a clause.
func (r Reason) English() string {
	if int(r) < len(reasonTable) {
		return reasonTable[r].english
	}
	return r.String()
}

// German says the reason as a clause.
func (r Reason) German() string {
	if int(r) < len(reasonTable) {
		return reasonTable[r].german
	}
	return r.String()
}

// MarshalText gives the short name.
func (r Reason) MarshalText() ([]byte, error) { return []byte(r.String()), nil }
