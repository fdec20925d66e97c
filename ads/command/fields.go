package command

import (
	"time"

	"stellwerk/ads/ams"
	"stellwerk/wire"
)

// The elements of the bodies, for whoever shows telegrams. What they say the
// length of stands behind them. Requests without a body, ReadDeviceInfo and
// ReadState, have none; items of sum commands are those of the commands
// themselves.
var (
	// ElementResult is the answer to Write, WriteControl and
	// DeleteDeviceNotification, to each item of [GroupSumWrite] and
	// [GroupSumDeleteNotes], and all there is of some answers that fail.
	ElementResult = wire.Element{Name: "result", Octets: 4, Fields: []wire.Field{
		{Name: "result", Bit: 0, Width: 32, Text: resultText},
	}}
	// ElementDeviceInfo is the answer to ReadDeviceInfo, before the name.
	ElementDeviceInfo = wire.Element{Name: "device info", Octets: 8, Fields: []wire.Field{
		{Name: "result", Bit: 0, Width: 32, Text: resultText},
		{Name: "major version", Bit: 32, Width: 8},
		{Name: "minor version", Bit: 40, Width: 8},
		{Name: "build", Bit: 48, Width: 16},
	}}
	// ElementDeviceName is the name behind it.
	ElementDeviceName = wire.Element{Name: "device name", Octets: maxDeviceName}
	// ElementReadRequest is the request of Read, and an item of [GroupSumRead],
	// [GroupSumReadEx] and [GroupSumReadEx2].
	ElementReadRequest = wire.Element{Name: "read request", Octets: 12, Fields: indexed(
		wire.Field{Name: "read length", Bit: 64, Width: 32, Text: octetsText},
	)}
	// ElementReadResponse is the answer to Read and ReadWrite, and to an item of
	// [GroupSumReadWrite], [GroupSumReadEx] and [GroupSumReadEx2].
	ElementReadResponse = wire.Element{Name: "read response", Octets: 8, Fields: []wire.Field{
		{Name: "result", Bit: 0, Width: 32, Text: resultText},
		{Name: "length", Bit: 32, Width: 32, Text: octetsText},
	}}
	// ElementWriteRequest is the request of Write, and an item of
	// [GroupSumWrite].
	ElementWriteRequest = wire.Element{Name: "write request", Octets: 12, Fields: indexed(
		wire.Field{Name: "length", Bit: 64, Width: 32, Text: octetsText},
	)}
	// ElementState is the answer to ReadState.
	ElementState = wire.Element{Name: "state", Octets: 8, Fields: []wire.Field{
		{Name: "result", Bit: 0, Width: 32, Text: resultText},
		{Name: "ADS state", Bit: 32, Width: 16, Text: stateText},
		{Name: "device state", Bit: 48, Width: 16},
	}}
	// ElementWriteControlRequest is the request of WriteControl.
	ElementWriteControlRequest = wire.Element{Name: "write control request", Octets: 8, Fields: []wire.Field{
		{Name: "ADS state", Bit: 0, Width: 16, Text: stateText},
		{Name: "device state", Bit: 16, Width: 16},
		{Name: "length", Bit: 32, Width: 32, Text: octetsText},
	}}
	// ElementAddNotificationRequest is the request of AddDeviceNotification, and
	// an item of [GroupSumAddNotes].
	ElementAddNotificationRequest = wire.Element{Name: "add notification request", Octets: notificationBody, Fields: indexed(
		wire.Field{Name: "length", Bit: 64, Width: 32, Text: octetsText},
		wire.Field{Name: "transmission mode", Bit: 96, Width: 32, Text: modeText},
		wire.Field{Name: "max delay", Bit: 128, Width: 32, Text: ticksText},
		wire.Field{Name: "cycle time", Bit: 160, Width: 32, Text: ticksText},
		wire.Field{Name: "reserved", Bit: 192, Width: 64},
		wire.Field{Name: "reserved", Bit: 256, Width: 64},
	)}
	// ElementAddNotificationResponse is the answer to AddDeviceNotification, and
	// to an item of [GroupSumAddNotes].
	ElementAddNotificationResponse = wire.Element{Name: "add notification response", Octets: 8, Fields: []wire.Field{
		{Name: "result", Bit: 0, Width: 32, Text: resultText},
		{Name: "notification handle", Bit: 32, Width: 32, Text: wire.Hex},
	}}
	// ElementNotificationHandle is the request of DeleteDeviceNotification, and
	// an item of [GroupSumDeleteNotes].
	ElementNotificationHandle = wire.Element{Name: "notification handle", Octets: 4, Fields: []wire.Field{
		{Name: "notification handle", Bit: 0, Width: 32, Text: wire.Hex},
	}}
	// ElementNotifications begins a DeviceNotification, whose stamps follow.
	ElementNotifications = wire.Element{Name: "notification stream", Octets: 8, Fields: []wire.Field{
		{Name: "length", Bit: 0, Width: 32, Text: octetsText},
		{Name: "stamps", Bit: 32, Width: 32},
	}}
	// ElementStamp begins a stamp, whose samples follow.
	ElementStamp = wire.Element{Name: "stamp", Octets: 12, Fields: []wire.Field{
		{Name: "time stamp", Bit: 0, Width: 64, Text: timeText},
		{Name: "samples", Bit: 64, Width: 32},
	}}
	// ElementSample begins a sample, whose data follows.
	ElementSample = wire.Element{Name: "sample", Octets: 8, Fields: []wire.Field{
		{Name: "notification handle", Bit: 0, Width: 32, Text: wire.Hex},
		{Name: "size", Bit: 32, Width: 32, Text: octetsText},
	}}
	// ElementReadWriteRequest is the request of ReadWrite, and an item of
	// [GroupSumReadWrite].
	ElementReadWriteRequest = wire.Element{Name: "read write request", Octets: 16, Fields: indexed(
		wire.Field{Name: "read length", Bit: 64, Width: 32, Text: octetsText},
		wire.Field{Name: "write length", Bit: 96, Width: 32, Text: octetsText},
	)}
	// ElementHandle is what [GroupHandleByName] returns and [GroupReleaseHandle]
	// is given.
	ElementHandle = wire.Element{Name: "handle", Octets: 4, Fields: []wire.Field{
		{Name: "handle", Bit: 0, Width: 32, Text: wire.Hex},
	}}
)

// indexed are the fields of an element that begins with an [Index].
func indexed(fields ...wire.Field) []wire.Field {
	return append([]wire.Field{
		{Name: "index group", Bit: 0, Width: 32, Text: groupText},
		{Name: "index offset", Bit: 32, Width: 32, Text: wire.Hex},
	}, fields...)
}

// AtPort returns the element with the texts that its index group has at a port:
// the small numbers mean something at the system service alone.
func AtPort(e wire.Element, port ams.Port) wire.Element {
	if port != ams.PortSystemService || len(e.Fields) == 0 || e.Fields[0].Name != "index group" {
		return e
	}
	e.Fields = append([]wire.Field(nil), e.Fields...)
	e.Fields[0].Text = serviceGroupText
	return e
}

// firstPLCGroup parts the index groups of the system service from those of all
// devices.
const firstPLCGroup = 0x1000

func groupText(v uint64) wire.Text {
	if v < firstPLCGroup {
		return wire.Hex(v)
	}
	return serviceGroupText(v)
}

func serviceGroupText(v uint64) wire.Text {
	g := IndexGroup(v)
	t := g.Text()
	if t.IsZero() {
		return wire.Same(g.String())
	}
	return wire.Text{EN: g.String() + " " + t.EN, DE: g.String() + " " + t.DE}
}

func resultText(v uint64) wire.Text { return ams.ReturnCode(v).Text() }

func octetsText(uint64) wire.Text { return wire.Text{EN: "octets", DE: "Oktette"} }

func stateText(v uint64) wire.Text {
	s := ADSState(v)
	t := s.Text()
	if t.IsZero() {
		return wire.Text{EN: "not known", DE: "unbekannt"}
	}
	return wire.Text{EN: s.String() + ": " + t.EN, DE: s.String() + ": " + t.DE}
}

func modeText(v uint64) wire.Text {
	if t := TransmissionMode(v).Text(); !t.IsZero() {
		return t
	}
	return wire.Text{EN: "not known", DE: "unbekannt"}
}

func ticksText(v uint64) wire.Text { return wire.Same((time.Duration(v) * tick).String()) }

func timeText(v uint64) wire.Text {
	return wire.Same(FileTime(v).Time().Format("2006-01-02T15:04:05.0000000Z"))
}
