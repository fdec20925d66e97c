package command_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
)

// body is one body, with its codec as functions of octets.
type body struct {
	name   string
	octets []byte
	value  any
	// decode returns the value, and encode its octets.
	decode func([]byte) (any, error)
	encode func(any) []byte
	// bare tells that a result which is not 0 may stand alone.
	bare bool
}

// codec makes both functions of a decoder and an encoder.
func codec[T any](decode func([]byte) (T, error), encode func(T, []byte) []byte) (func([]byte) (any, error), func(any) []byte) {
	return func(octets []byte) (any, error) { return decode(octets) },
		func(value any) []byte { return encode(value.(T), nil) }
}

func of[T any](name string, octets []byte, value T, decode func([]byte) (T, error), encode func(T, []byte) []byte) body {
	b := body{name: name, octets: octets, value: value}
	b.decode, b.encode = codec(decode, encode)
	return b
}

func (b body) mayBeBare() body { b.bare = true; return b }

// bodies are all of them, field by field.
var bodies = []body{
	of("ReadDeviceInfo response", []byte{
		0x00, 0x00, 0x00, 0x00, // result
		3, 1, // version 3.1
		0xb8, 0x0f, // build 4024
		'P', 'l', 'c', '3', '0', ' ', 'A', 'p', 'p', 0, 0, 0, 0, 0, 0, 0, // name
	}, command.DeviceInfo{Major: 3, Minor: 1, Build: 4024, Name: "Plc30 App"}, command.DecodeDeviceInfo, command.DeviceInfo.Append).mayBeBare(),
	of("Read request", []byte{
		0x20, 0x40, 0x00, 0x00, // index group 0x4020
		0x10, 0x00, 0x00, 0x00, // index offset 16
		0x04, 0x00, 0x00, 0x00, // 4 octets wanted
	}, command.ReadRequest{Index: command.Index{Group: command.GroupMemory, Offset: 16}, Length: 4}, command.DecodeReadRequest, command.ReadRequest.Append),
	of("Read response", []byte{
		0x00, 0x00, 0x00, 0x00, // result
		0x03, 0x00, 0x00, 0x00, // 3 octets
		7, 8, 9,
	}, command.ReadResponse{Data: []byte{7, 8, 9}}, command.DecodeReadResponse, command.ReadResponse.Append).mayBeBare(),
	of("Write request", []byte{
		0x05, 0xf0, 0x00, 0x00, // index group 0xF005
		0x2a, 0x00, 0x00, 0x80, // index offset: the handle
		0x02, 0x00, 0x00, 0x00, // 2 octets
		1, 2,
	}, command.WriteRequest{Index: command.Index{Group: command.GroupValueByHandle, Offset: 0x8000002a}, Data: []byte{1, 2}}, command.DecodeWriteRequest, command.WriteRequest.Append),
	of("result", []byte{
		0x10, 0x07, 0x00, 0x00, // 0x710
	}, ams.SymbolNotFound, command.DecodeResult, func(c ams.ReturnCode, dst []byte) []byte { return command.AppendResult(dst, c) }),
	of("ReadState response", []byte{
		0x00, 0x00, 0x00, 0x00, // result
		0x05, 0x00, // ADS state: Run
		0x02, 0x01, // device state
	}, command.State{ADSState: command.StateRun, DeviceState: 0x102}, command.DecodeState, command.State.Append).mayBeBare(),
	of("WriteControl request", []byte{
		0x10, 0x00, // ADS state: Reconfig
		0x01, 0x00, // device state
		0x01, 0x00, 0x00, 0x00, // 1 octet
		0xff,
	}, command.WriteControlRequest{ADSState: command.StateReconfig, DeviceState: 1, Data: []byte{0xff}}, command.DecodeWriteControlRequest, command.WriteControlRequest.Append),
	of("AddDeviceNotification request", []byte{
		0x05, 0xf0, 0x00, 0x00, // index group 0xF005
		0x03, 0x00, 0x00, 0x00, // index offset 3
		0x08, 0x00, 0x00, 0x00, // 8 octets
		0x04, 0x00, 0x00, 0x00, // on change
		0x40, 0x42, 0x0f, 0x00, // max delay: 1 000 000 * 100 ns = 100 ms
		0xff, 0xff, 0xff, 0xff, // cycle time: the longest there is
		0, 0, 0, 0, 0, 0, 0, 0, // reserved
		0, 0, 0, 0, 0, 0, 0, 0, // reserved
	}, command.AddNotificationRequest{
		Index: command.Index{Group: command.GroupValueByHandle, Offset: 3}, Length: 8, Mode: command.ServerOnChange,
		MaxDelay: 100 * time.Millisecond, CycleTime: command.MaxNotificationTime,
	}, command.DecodeAddNotificationRequest, command.AddNotificationRequest.Append),
	of("AddDeviceNotification response", []byte{
		0x00, 0x00, 0x00, 0x00, // result
		0x11, 0x22, 0x33, 0x44, // handle
	}, command.AddNotificationResponse{Handle: 0x44332211}, command.DecodeAddNotificationResponse, command.AddNotificationResponse.Append).mayBeBare(),
	of("DeleteDeviceNotification request", []byte{
		0x11, 0x22, 0x33, 0x44, // handle
	}, uint32(0x44332211), command.DecodeDeleteNotification, func(handle uint32, dst []byte) []byte { return command.AppendDeleteNotification(dst, handle) }),
	of("ReadWrite request", []byte{
		0x03, 0xf0, 0x00, 0x00, // index group 0xF003: handle by name
		0x00, 0x00, 0x00, 0x00, // index offset
		0x04, 0x00, 0x00, 0x00, // 4 octets wanted
		0x05, 0x00, 0x00, 0x00, // 5 octets written
		'M', '.', 'x', '1', 0,
	}, command.ReadWriteRequest{Index: command.Index{Group: command.GroupHandleByName}, ReadLength: 4, Data: []byte("M.x1\x00")}, command.DecodeReadWriteRequest, command.ReadWriteRequest.Append),
}

func TestBodies(t *testing.T) {
	for _, b := range bodies {
		got, err := b.decode(b.octets)
		if err != nil {
			t.Errorf("%s: %v", b.name, err)
			continue
		}
		if diff := cmp.Diff(b.value, got); diff != "" {
			t.Errorf("%s: %s", b.name, diff)
		}
		if octets := b.encode(b.value); !bytes.Equal(octets, b.octets) {
			t.Errorf("%s:\ngot  % x\nwant % x", b.name, octets, b.octets)
		}
		if got, err := b.decode(append(bytes.Clone(b.octets), 1, 2, 3, 4, 5, 6, 7, 8)); err != nil || !cmp.Equal(got, b.value) {
			t.Errorf("%s with a time stamp behind it: %+v, %v", b.name, got, err)
		}
	}
}

// What is too short says which body, which field and where. A failure may be a
// result alone, and a success may not.
func TestBodiesCutShort(t *testing.T) {
	for _, b := range bodies {
		for n := range b.octets {
			_, err := b.decode(b.octets[:n])
			if err == nil || !strings.Contains(err.Error(), "are left") {
				t.Errorf("%s with %d octets: %v", b.name, n, err)
			}
		}
		if !b.bare {
			continue
		}
		failed := append([]byte{0x10, 0x07, 0, 0}, b.octets[4:]...)
		if _, err := b.decode(failed[:4]); err != nil {
			t.Errorf("%s that is a failure alone: %v", b.name, err)
		}
		if _, err := b.decode(failed[:5]); err == nil {
			t.Errorf("%s that fails, with half of what follows", b.name)
		}
	}
	_, err := command.DecodeWriteRequest(bodies[3].octets[:13])
	if want := "Write request: data has 2 octets at octet 12, only 1 are left"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

// Lengths of up to 4 GiB are held against what is there, and no memory is taken.
func TestLengthsThatLie(t *testing.T) {
	huge := []byte{0xff, 0xff, 0xff, 0xff}
	for name, octets := range map[string][]byte{
		"Read response":        append(make([]byte, 4), huge...),
		"Write request":        append(make([]byte, 8), huge...),
		"WriteControl request": append(make([]byte, 4), huge...),
		"ReadWrite request":    append(make([]byte, 12), huge...),
	} {
		for _, b := range bodies {
			if b.name != name {
				continue
			}
			if _, err := b.decode(octets); err == nil || !strings.Contains(err.Error(), "data has 4294967295 octets at octet") {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// A name of 16 octets has no NUL; a longer one is cut.
func TestDeviceName(t *testing.T) {
	for name, want := range map[string]string{
		"": "", "ABCDEFGHIJKLMNO": "ABCDEFGHIJKLMNO", "ABCDEFGHIJKLMNOP": "ABCDEFGHIJKLMNOP", "ABCDEFGHIJKLMNOPQ": "ABCDEFGHIJKLMNOP",
	} {
		octets := command.DeviceInfo{Name: name}.Append(nil)
		if got, err := command.DecodeDeviceInfo(octets); err != nil || got.Name != want || len(octets) != 24 {
			t.Errorf("%q becomes %q in %d octets, %v", name, got.Name, len(octets), err)
		}
	}
	if got := (command.DeviceInfo{Major: 3, Minor: 1, Build: 4024}).Version(); got != "3.1.4024" {
		t.Error(got)
	}
}

// Times that no field can hold become the nearest that one can.
func TestNotificationTimes(t *testing.T) {
	octets := command.AddNotificationRequest{MaxDelay: -time.Second, CycleTime: time.Hour}.Append(nil)
	r, err := command.DecodeAddNotificationRequest(octets)
	if err != nil || r.MaxDelay != 0 || r.CycleTime != command.MaxNotificationTime {
		t.Errorf("%+v, %v", r, err)
	}
	if command.MaxNotificationTime/time.Second != 429 {
		t.Error(command.MaxNotificationTime)
	}
}

func TestNames(t *testing.T) {
	for got, want := range map[string]string{
		command.StateRun.String():                              "Run",
		command.StateException.Text().DE:                       "Ausnahme",
		command.ADSState(20).String():                          "ADS state 20",
		command.ServerOnChange.String():                        "on change",
		command.TransmissionMode(7).String():                   "transmission mode 7",
		command.ClientOneRequest.Text().DE:                     "eine Anfrage des Clients",
		command.GroupSumRead.String():                          "0xF080",
		command.GroupUpload.Text().EN:                          "symbol upload",
		command.IndexGroup(0x1234).Text().EN:                   "",
		command.Index{Group: 0xF005, Offset: 0x2A}.String():    "0xF005:0x2A",
		command.Index{Group: command.GroupCoE}.Group.Text().DE: "CANopen over EtherCAT",
		command.GroupSumReadEx2.Text().DE:                      "Summenlesen mit tatsächlichen Längen",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	for s := command.StateInvalid; s <= command.StateException; s++ {
		if s.Text().EN == "" || s.Text().DE == "" || strings.HasPrefix(s.String(), "ADS state") {
			t.Errorf("%d is %s: %+v", s, s, s.Text())
		}
	}
}
