package tap

import (
	"strconv"

	"stellwerk/wire"
)

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

var reasonTable = [...]struct {
	name string
	text wire.Text
}{
	NoReason:       {"none", wire.Text{}},
	NoRoute:        {"no-route", wire.Text{EN: "no route leads on from this point", DE: "kein Leitweg führt von diesem Punkt weiter"}},
	NoConversion:   {"no-conversion", wire.Text{EN: "the value cannot become what the target wants", DE: "der Wert lässt sich nicht in das wandeln, was das Ziel verlangt"}},
	Deadband:       {"deadband", wire.Text{EN: "the change is smaller than the deadband", DE: "die Änderung ist kleiner als die Schwelle"}},
	Test:           {"test", wire.Text{EN: "the telegram has the test bit", DE: "das Telegramm trägt das Test-Bit"}},
	NoDestination:  {"no-destination", wire.Text{EN: "the link of the target takes no points", DE: "die Verbindung des Ziels nimmt keine Punkte an"}},
	TooManyPoints:  {"too-many-points", wire.Text{EN: "the process image has no room for another point", DE: "das Prozessabbild hat keinen Platz für einen weiteren Punkt"}},
	QueueFull:      {"queue-full", wire.Text{EN: "the queue of the destination is full", DE: "die Warteschlange des Ziels ist voll"}},
	Replaced:       {"replaced", wire.Text{EN: "a newer value took its place", DE: "ein neuerer Wert trat an seine Stelle"}},
	Undecodable:    {"undecodable", wire.Text{EN: "it cannot be decoded", DE: "es lässt sich nicht dekodieren"}},
	NotEncodable:   {"not-encodable", wire.Text{EN: "the link of the target has no telegram for it", DE: "die Verbindung des Ziels hat kein Telegramm dafür"}},
	CommandRefused: {"command-refused", wire.Text{EN: "the command was refused", DE: "der Befehl wurde abgelehnt"}},
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
