package point

import (
	"strconv"

	"stellwerk/wire"
)

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

var reasonTable = [...]struct {
	name string
	text wire.Text
}{
	ReasonNone:            {"none", wire.Text{}},
	ReasonUnknownPoint:    {"unknown-point", wire.Text{EN: "there is no such point", DE: "es gibt keinen solchen Punkt"}},
	ReasonUnknownStation:  {"unknown-station", wire.Text{EN: "there is no such station", DE: "es gibt keine solche Station"}},
	ReasonUnknownType:     {"unknown-type", wire.Text{EN: "the far end does not know this type of command", DE: "die Gegenseite kennt diesen Befehlstyp nicht"}},
	ReasonUnknownCause:    {"unknown-cause", wire.Text{EN: "the far end does not know this cause of transmission", DE: "die Gegenseite kennt diese Übertragungsursache nicht"}},
	ReasonNotAllowed:      {"not-allowed", wire.Text{EN: "no route allows commands on this point", DE: "keine Leitweg-Regel erlaubt Befehle auf diesen Punkt"}},
	ReasonNotConnected:    {"not-connected", wire.Text{EN: "the link to the process is down", DE: "die Verbindung zum Prozess steht nicht"}},
	ReasonBusy:            {"busy", wire.Text{EN: "another command is under way", DE: "ein anderer Befehl läuft noch"}},
	ReasonValue:           {"value", wire.Text{EN: "the value does not fit the point", DE: "der Wert passt nicht zum Punkt"}},
	ReasonNotSelected:     {"not-selected", wire.Text{EN: "the point is not selected for this command", DE: "der Punkt ist für diesen Befehl nicht angewählt"}},
	ReasonSelectedByOther: {"selected-by-other", wire.Text{EN: "the point is selected by somebody else", DE: "der Punkt ist von anderer Seite angewählt"}},
	ReasonTooOld:          {"too-old", wire.Text{EN: "the time tag of the command lies too far back", DE: "die Zeitmarke des Befehls liegt zu weit zurück"}},
	ReasonFarEnd:          {"far-end", wire.Text{EN: "the far end refused it", DE: "die Gegenseite hat abgelehnt"}},
	ReasonStopping:        {"stopping", wire.Text{EN: "the program is being stopped", DE: "das Programm wird beendet"}},
	ReasonNotSupported:    {"not-supported", wire.Text{EN: "the link cannot carry this command out", DE: "die Verbindung kann diesen Befehl nicht ausführen"}},
}

// String gives the short name, and a number for an unknown reason.
func (r Reason) String() string {
	if int(r) < len(reasonTable) {
		return reasonTable[r].name
	}
	return "reason " + strconv.Itoa(int(r))
}

// Text says the reason as a clause.
func (r Reason) Text() wire.Text {
	if int(r) < len(reasonTable) {
		return reasonTable[r].text
	}
	return wire.Same(r.String())
}

// MarshalText gives the short name.
func (r Reason) MarshalText() ([]byte, error) { return []byte(r.String()), nil }
