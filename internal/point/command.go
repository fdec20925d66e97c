package point

import (
	"strconv"

	"stellwerk/wire"
)

// Action says what a command asks for.
type Action uint8

// Actions. A direct command is an Execute that no Select preceded.
const (
	// Execute carries the command out.
	Execute Action = iota
	// Select reserves the point for the Execute that follows.
	Select
	// Cancel gives a selection back, or stops a command under way.
	Cancel
)

var actionNames = [...]string{Execute: "execute", Select: "select", Cancel: "cancel"}

// String gives the English name, and a number for an unknown action.
func (a Action) String() string {
	if int(a) < len(actionNames) {
		return actionNames[a]
	}
	return "action " + strconv.Itoa(int(a))
}

// MarshalText gives the English name.
func (a Action) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// Origin says who gave a command: for the audit log, and so that a selection
// belongs to the one who made it.
type Origin struct {
	// Link is the name of the link that the command came in by, or "web".
	Link string
	// Peer is who is at its far end: an address, or the name of a person. Two
	// connections of one link have different peers.
	Peer string
}

// Command asks for a change of the process. It goes from a control centre
// towards the process: up to the route, ID is the control centre's point, behind
// it the point of the process.
type Command struct {
	// ID is the point that is to change.
	ID ID
	// Value is what it is to become; of kind Raw where Telegram is set.
	Value Value
	// Time is the time tag of the command. A station may refuse a command that
	// is too old.
	Time Time
	// Origin says who gave the command.
	Origin Origin
	// Trace is the number of the telegram that brought the command.
	Trace Trace
	// Type is what the protocol calls the command, as in [Update].
	Type string
	// Telegram is an untouched telegram in control direction, or nil.
	Telegram *Telegram
	// Qualifier is the number by which the control centre chose how the command
	// is carried out, and goes through unchanged: QU of QOC for IEC 104 (0 none, 1
	// short pulse, 2 long pulse, 3 persistent output), 0 where a protocol has none.
	Qualifier uint8
	// Action says what is asked for.
	Action Action
	// Test is set by the test bit: the command is confirmed and never executed.
	Test bool
}

// Outcome says how far a command has come.
type Outcome uint8

// Outcomes, in the order of a command's life.
const (
	// Confirmed: the far end has accepted the command (positive ACTCON).
	Confirmed Outcome = iota
	// Terminated: the far end has finished it (ACTTERM).
	Terminated
	// Refused: nothing has happened, or not all that was asked for; Reason says
	// why.
	Refused
	// TimedOut: it was sent, and no answer came. Whether anything happened is not
	// known.
	TimedOut
	// Cancelled: the one who gave it took it back.
	Cancelled
)

var outcomeTable = [...]wire.Text{
	Confirmed:  {EN: "confirmed", DE: "bestätigt"},
	Terminated: {EN: "terminated", DE: "beendet"},
	Refused:    {EN: "refused", DE: "abgelehnt"},
	TimedOut:   {EN: "timed out", DE: "keine Antwort"},
	Cancelled:  {EN: "cancelled", DE: "abgebrochen"},
}

// String gives the English name, and a number for an unknown outcome.
func (o Outcome) String() string {
	if int(o) < len(outcomeTable) {
		return outcomeTable[o].EN
	}
	return "outcome " + strconv.Itoa(int(o))
}

// Text gives the name.
func (o Outcome) Text() wire.Text {
	if int(o) < len(outcomeTable) {
		return outcomeTable[o]
	}
	return wire.Same(o.String())
}

// MarshalText gives the English name.
func (o Outcome) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// Result is one step in the life of a command.
type Result struct {
	// Outcome says how far the command has come.
	Outcome Outcome
	// Reason says why it was refused, and is ReasonNone otherwise.
	Reason Reason
	// Detail adds a sentence for people, such as the far end's own error text. It
	// may be empty.
	Detail string
	// Trace is the number of the telegram that the far end answered with, or 0
	// where the result arose in this house.
	Trace Trace
}

// Refusal makes the result of a command that was refused.
func Refusal(reason Reason, detail string) Result {
	return Result{Outcome: Refused, Reason: reason, Detail: detail}
}

// String gives one sentence: "refused: no route allows this command".
func (r Result) String() string {
	text := r.Outcome.String()
	if r.Reason != ReasonNone {
		text += ": " + r.Reason.Text().EN
	}
	if r.Detail != "" {
		text += ": " + r.Detail
	}
	return text
}
