package command

import (
	"encoding/binary"
	"fmt"

	"stellwerk/ads/ams"
	"stellwerk/wire"
)

// ADSState is the state of a device that ADS knows.
type ADSState uint16

// The ADS states.
const (
	StateInvalid      ADSState = 0
	StateIdle         ADSState = 1
	StateReset        ADSState = 2
	StateInit         ADSState = 3
	StateStart        ADSState = 4
	StateRun          ADSState = 5
	StateStop         ADSState = 6
	StateSaveConfig   ADSState = 7
	StateLoadConfig   ADSState = 8
	StatePowerFailure ADSState = 9
	StatePowerGood    ADSState = 10
	StateError        ADSState = 11
	StateShutdown     ADSState = 12
	StateSuspend      ADSState = 13
	StateResume       ADSState = 14
	StateConfig       ADSState = 15 // the system is in config mode
	StateReconfig     ADSState = 16 // the system is to go to config mode
	StateStopping     ADSState = 17
	StateIncompatible ADSState = 18
	StateException    ADSState = 19
)

var stateNames = [...]struct {
	name string
	text wire.Text
}{
	{"Invalid", wire.Text{EN: "invalid", DE: "ungültig"}},
	{"Idle", wire.Text{EN: "idle", DE: "untätig"}},
	{"Reset", wire.Text{EN: "reset", DE: "Rücksetzen"}},
	{"Init", wire.Text{EN: "initialisation", DE: "Initialisierung"}},
	{"Start", wire.Text{EN: "starting", DE: "Start"}},
	{"Run", wire.Text{EN: "running", DE: "läuft"}},
	{"Stop", wire.Text{EN: "stopped", DE: "gestoppt"}},
	{"SaveConfig", wire.Text{EN: "saves its configuration", DE: "speichert die Konfiguration"}},
	{"LoadConfig", wire.Text{EN: "loads its configuration", DE: "lädt die Konfiguration"}},
	{"PowerFailure", wire.Text{EN: "power failure", DE: "Spannungsausfall"}},
	{"PowerGood", wire.Text{EN: "power good", DE: "Spannung in Ordnung"}},
	{"Error", wire.Text{EN: "error", DE: "Fehler"}},
	{"Shutdown", wire.Text{EN: "shutdown", DE: "fährt herunter"}},
	{"Suspend", wire.Text{EN: "suspended", DE: "angehalten"}},
	{"Resume", wire.Text{EN: "resuming", DE: "wird fortgesetzt"}},
	{"Config", wire.Text{EN: "config mode", DE: "Config-Modus"}},
	{"Reconfig", wire.Text{EN: "goes to config mode", DE: "geht in den Config-Modus"}},
	{"Stopping", wire.Text{EN: "stopping", DE: "stoppt"}},
	{"Incompatible", wire.Text{EN: "incompatible", DE: "inkompatibel"}},
	{"Exception", wire.Text{EN: "exception", DE: "Ausnahme"}},
}

// String returns the name, as in Run, and a number for what is not known.
func (s ADSState) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s].name
	}
	return fmt.Sprintf("ADS state %d", uint16(s))
}

// Text says what the state means; zero where it is not known.
func (s ADSState) Text() wire.Text {
	if int(s) < len(stateNames) {
		return stateNames[s].text
	}
	return wire.Text{}
}

// State answers ReadState, whose request has no body.
type State struct {
	Result      ams.ReturnCode
	ADSState    ADSState
	DeviceState uint16 // its meaning is the device's own
}

// Append appends the body.
func (s State) Append(dst []byte) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, uint32(s.Result))
	dst = binary.LittleEndian.AppendUint16(dst, uint16(s.ADSState))
	return binary.LittleEndian.AppendUint16(dst, s.DeviceState)
}

// DecodeState reads the body. Devices that fail may leave the states out.
func DecodeState(data []byte) (State, error) {
	d := decoder{what: "ReadState response", data: data}
	s := State{Result: ams.ReturnCode(d.u32("result"))}
	if s.Result != ams.NoError && d.err == nil && d.at == len(data) {
		return s, nil
	}
	s.ADSState, s.DeviceState = ADSState(d.u16("ADS state")), d.u16("device state")
	return s, d.err
}

// WriteControlRequest changes the state of a device. The answer is a result
// alone.
type WriteControlRequest struct {
	ADSState    ADSState
	DeviceState uint16
	Data        []byte // for the device; mostly none
}

// Append appends the body.
func (r WriteControlRequest) Append(dst []byte) []byte {
	dst = binary.LittleEndian.AppendUint16(dst, uint16(r.ADSState))
	dst = binary.LittleEndian.AppendUint16(dst, r.DeviceState)
	return append(binary.LittleEndian.AppendUint32(dst, uint32(len(r.Data))), r.Data...)
}

// DecodeWriteControlRequest reads the body.
func DecodeWriteControlRequest(data []byte) (WriteControlRequest, error) {
	d := decoder{what: "WriteControl request", data: data}
	return WriteControlRequest{
		ADSState: ADSState(d.u16("ADS state")), DeviceState: d.u16("device state"), Data: d.next(d.u32("length"), "data"),
	}, d.err
}
