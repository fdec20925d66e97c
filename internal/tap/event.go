package tap

import (
	"strconv"
	"time"

	"stellwerk/internal/point"
	"stellwerk/wire"
)

// Stage says what happened.
type Stage uint8

// Stages, in the order of a telegram's way.
const (
	Received Stage = iota
	Decoded
	Routed
	Dropped
	Encoded
	Sent
	Confirmed
	Refused
)

var stageTable = [...]wire.Text{
	Received:  {EN: "received", DE: "empfangen"},
	Decoded:   {EN: "decoded", DE: "dekodiert"},
	Routed:    {EN: "routed", DE: "weitergeleitet"},
	Dropped:   {EN: "dropped", DE: "verworfen"},
	Encoded:   {EN: "encoded", DE: "kodiert"},
	Sent:      {EN: "sent", DE: "gesendet"},
	Confirmed: {EN: "confirmed", DE: "bestätigt"},
	Refused:   {EN: "refused", DE: "abgelehnt"},
}

// String gives the English name, and a number for an unknown stage.
func (s Stage) String() string {
	if int(s) < len(stageTable) {
		return stageTable[s].EN
	}
	return "stage " + strconv.Itoa(int(s))
}

// Text gives the name.
func (s Stage) Text() wire.Text {
	if int(s) < len(stageTable) {
		return stageTable[s]
	}
	return wire.Same(s.String())
}

// MarshalText gives the English name.
func (s Stage) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Direction says which way a telegram went, seen from this house.
type Direction uint8

// Directions. Inside is for what happens between the links.
const (
	Inside Direction = iota
	In
	Out
)

var directionNames = [...]string{Inside: "inside", In: "in", Out: "out"}

// String gives the English name, and a number for an unknown direction.
func (d Direction) String() string {
	if int(d) < len(directionNames) {
		return directionNames[d]
	}
	return "direction " + strconv.Itoa(int(d))
}

// MarshalText gives the English name.
func (d Direction) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// Event is one thing that happened to a telegram or to a point made of it. What
// does not apply is zero.
type Event struct {
	// Time is when it happened. Emit sets it where it is zero.
	Time time.Time
	// Stage says what happened.
	Stage Stage
	// Direction is In or Out for what happens on a link.
	Direction Direction
	// Link is the name of the link that reports, or that the point belongs to.
	Link string
	// Protocol is the protocol of Raw, such as "iec104".
	Protocol string
	// Peer is who is at the far end: the address of the connection.
	Peer string
	// Trace is the number of the telegram.
	Trace point.Trace
	// Related are the numbers of the telegrams that this one was made of.
	Related []point.Trace
	// Raw are the octets of the telegram, headers of its protocol included. The
	// reporter may use its buffer again after Emit; observers must not write to it.
	Raw []byte
	// Length is the number of octets that the telegram has where Raw was cut
	// short. Emit sets it.
	Length int
	// ID and Target are the point, and for Routed the one that it became.
	ID, Target point.ID
	// Points is the number of points that the event speaks of.
	Points int
	// Reason says why a point was dropped or a command refused.
	Reason Reason
	// Detail adds a sentence for people. It may be empty.
	Detail string
}
