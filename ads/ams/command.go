package ams

import (
	"fmt"

	"stellwerk/wire"
)

// Command is the command id of an AMS header. Only the nine that have a name
// here are defined; a device answers others with [UnknownCommand].
type Command uint16

// The commands of ADS.
const (
	ReadDeviceInfo           Command = 1
	Read                     Command = 2
	Write                    Command = 3
	ReadState                Command = 4
	WriteControl             Command = 5
	AddDeviceNotification    Command = 6
	DeleteDeviceNotification Command = 7
	DeviceNotification       Command = 8
	ReadWrite                Command = 9
)

var commandNames = [...]struct {
	name string
	text wire.Text
}{
	ReadDeviceInfo:           {"ReadDeviceInfo", text("read name and version of the device", "Name und Version des Geräts lesen")},
	Read:                     {"Read", text("read data", "Daten lesen")},
	Write:                    {"Write", text("write data", "Daten schreiben")},
	ReadState:                {"ReadState", text("read ADS state and device state", "ADS-Status und Gerätestatus lesen")},
	WriteControl:             {"WriteControl", text("change ADS state and device state", "ADS-Status und Gerätestatus ändern")},
	AddDeviceNotification:    {"AddDeviceNotification", text("subscribe to data", "Daten abonnieren")},
	DeleteDeviceNotification: {"DeleteDeviceNotification", text("end a subscription", "ein Abonnement beenden")},
	DeviceNotification:       {"DeviceNotification", text("samples of subscribed data", "Werte abonnierter Daten")},
	ReadWrite:                {"ReadWrite", text("write data and read the answer to it", "Daten schreiben und die Antwort darauf lesen")},
}

// Known reports whether the command is defined.
func (c Command) Known() bool { return c >= ReadDeviceInfo && c <= ReadWrite }

// String returns the name, as in ReadDeviceInfo, and a number for what is not
// defined.
func (c Command) String() string {
	if c.Known() {
		return commandNames[c].name
	}
	return fmt.Sprintf("command %d", uint16(c))
}

// Text says what the command does.
func (c Command) Text() wire.Text {
	if c.Known() {
		return commandNames[c].text
	}
	return text("not defined", "nicht definiert")
}
