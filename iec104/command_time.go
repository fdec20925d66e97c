package iec104

import (
	"fmt"

	"stellwerk/iec104/asdu"
)

// CommandTime says which time tag a client gives to commands, and so whether
// they are sent as types 45 to 51 or 58 to 64.
type CommandTime uint8

// The choices.
const (
	// CommandTimeAsGiven leaves the time as the caller has set it: none, or one
	// that fits the station's clock.
	CommandTimeAsGiven CommandTime = iota
	// CommandTimeNow gives each command the time of the client's clock at which
	// it is sent, in the zone of the options; selection and execution have each
	// their own. Stations refuse commands that are too old.
	CommandTimeNow
	// CommandTimeNone takes the time away, for stations that do not know the
	// types 58 to 64.
	CommandTimeNone
)

// String returns "as given", "now" or "none".
func (t CommandTime) String() string {
	switch t {
	case CommandTimeAsGiven:
		return "as given"
	case CommandTimeNow:
		return "now"
	case CommandTimeNone:
		return "none"
	default:
		return fmt.Sprintf("command time %d", uint8(t))
	}
}

// tagged returns a command with the time that the options say.
func (c *Client) tagged(command asdu.Object) asdu.Object {
	switch c.options.CommandTime {
	case CommandTimeNow:
		return retimed(command, c.time())
	case CommandTimeNone:
		return retimed(command, 0)
	default:
		return command
	}
}
