package tap

import "strconv"

// Reason says why something came no further.
type Reason uint8

// Reasons for Dropped and Refused.
const (
	// NoReason is for all other stages.
	NoReason Reason = iota
	// NoRoute: no route leads on from the point.
	NoRoute
	// NoConversion: the value cannot become the kind that the target wants.
	NoConversion
	// Deadband: the change is smaller than the route's deadband.
	Deadband
	// Test: the telegram has the test bit, and no route lets such ones out.
	Test
	// NoDestination: the target's link takes no points.
	NoDestination
	// TooManyPoints: the process image has no room for another point.
	TooManyPoints
	// QueueFull: the queue of the destination let it go.
	QueueFull
	// Replaced: a newer value took its place in the queue.
	Replaced
	// Undecodable: the telegram, or a part of it, could not be read.
	Undecodable
	// NotEncodable: the target's link has no telegram for it.
	NotEncodable
	// CommandRefused: the command was refused; Detail says why.
	CommandRefused
)

var reasonTable = [...]struct{ name, english, german string }{
	NoReason:       {"none", "", ""},
	NoRoute:        {"no-route", "no route leads on from this point", "kein Leitweg führt von diesem Punkt weiter"},
	NoConversion:   {"no-conversion", "the value cannot become what the target wants", "der Wert lässt sich nicht in das wandeln, was das Ziel verlangt"},
	Deadband:       {"deadband", "the change is smaller than the deadband", "die Änderung ist kleiner als die Schwelle"},
	Test:           {"test", "the telegram has the test bit", "das Telegramm trägt das Test-Bit"},
	NoDestination:  {"no-destination", "the link of the target takes no points", "die Verbindung des Ziels nimmt keine Punkte an"},
	TooManyPoints:  {"too-many-points", "the process image has no room for another point", "das Prozessabbild hat keinen Platz für einen weiteren Punkt"},
	QueueFull:      {"queue-full", "the queue of the destination is full", "die Warteschlange des Ziels ist voll"},
	Replaced:       {"replaced", "a newer value took its place", "ein neuerer Wert trat an seine Stelle"},
	Undecodable:    {"undecodable", "it cannot be decoded", "es lässt sich nicht dekodieren"},
	NotEncodable:   {"not-encodable", "the link of the target has no telegram for it", "die Verbindung des Ziels hat kein Telegramm dafür"},
	CommandRefused: {"command-refused", "the command was refused", "der Befehl wurde abgelehnt"},
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
