package ams_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stellwerk/ads/ams"
)

// request is a Read of 4 octets, field by field as the page on the AMS header has
// them.
var request = []byte{
	// AMS/TCP header
	0x00, 0x00, // command: an AMS frame
	0x2c, 0x00, 0x00, 0x00, // 44 octets follow: 32 of header, 12 of data
	// AMS header
	5, 23, 145, 10, 1, 1, // 0: target NetId
	0x53, 0x03, // 6: target port 851
	192, 168, 0, 7, 1, 1, // 8: source NetId
	0x89, 0x80, // 14: source port 32905
	0x02, 0x00, // 16: command id Read
	0x04, 0x00, // 18: state flags: request, ADS command, TCP
	0x0c, 0x00, 0x00, 0x00, // 20: 12 octets of data
	0x00, 0x00, 0x00, 0x00, // 24: no AMS error
	0x07, 0x00, 0x00, 0x00, // 28: invoke ID 7
	// data
	0x05, 0xf0, 0x00, 0x00, // index group 0xF005
	0x03, 0x00, 0x00, 0x00, // index offset 3
	0x04, 0x00, 0x00, 0x00, // 4 octets wanted
}

// failed is the answer of a router to a command that is not defined, with flags that
// need not be there.
var failed = []byte{
	0x00, 0x00,
	0x20, 0x00, 0x00, 0x00,
	192, 168, 0, 7, 1, 1,
	0x89, 0x80,
	5, 23, 145, 10, 1, 1,
	0x53, 0x03,
	0x0a, 0x00, // command id 10: not defined
	0x45, 0x80, // response, ADS command, UDP, broadcast
	0x00, 0x00, 0x00, 0x00, // no data
	0x08, 0x00, 0x00, 0x00, // AMS error 8: unknown command
	0xff, 0xff, 0xff, 0xff, // invoke ID
}

var frames = []struct {
	octets []byte
	frame  ams.Frame
}{
	{request, ams.Frame{
		Header: ams.Header{
			Target:  ams.Address{NetID: ams.NetID{5, 23, 145, 10, 1, 1}, Port: 851},
			Source:  ams.Address{NetID: ams.NetID{192, 168, 0, 7, 1, 1}, Port: 32905},
			Command: ams.Read, StateFlags: ams.RequestFlags, Length: 12, InvokeID: 7,
		},
		Data: request[38:],
	}},
	{failed, ams.Frame{
		Header: ams.Header{
			Target:  ams.Address{NetID: ams.NetID{192, 168, 0, 7, 1, 1}, Port: 32905},
			Source:  ams.Address{NetID: ams.NetID{5, 23, 145, 10, 1, 1}, Port: 851},
			Command: 10, StateFlags: ams.ResponseFlags | ams.UDP | ams.Broadcast,
			Error: ams.UnknownCommand, InvokeID: 0xffffffff,
		},
		Data: []byte{},
	}},
}

func TestFrame(t *testing.T) {
	for _, want := range frames {
		got, err := ams.DecodeFrame(want.octets[ams.TCPHeaderLength:])
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want.frame, got); diff != "" {
			t.Error(diff)
		}
		if octets := got.Append([]byte{1}, ams.OverTCP); !bytes.Equal(octets[1:], want.octets) {
			t.Errorf("got  % x\nwant % x", octets[1:], want.octets)
		}
		if octets := got.Append(nil, ams.Bare); !bytes.Equal(octets, want.octets[ams.TCPHeaderLength:]) {
			t.Errorf("bare: got % x", octets)
		}
	}
}

// The length in front of the data is that of the data, and a frame stays as it is
// when it is encoded: several senders may share it.
func TestAppendCountsTheData(t *testing.T) {
	f := ams.Frame{Header: ams.Header{Length: 99}, Data: []byte{1, 2, 3}}
	octets := f.Append(nil, ams.OverTCP)
	if octets[2] != 35 || octets[6+20] != 3 || f.Length != 99 {
		t.Errorf("AMS/TCP header: %d, AMS header: %d, frame: %d", octets[2], octets[6+20], f.Length)
	}
}

func TestAnswer(t *testing.T) {
	asked := ams.Header{
		Target: ams.Address{NetID: ams.NetID{1}, Port: 851}, Source: ams.Address{NetID: ams.NetID{2}, Port: 40000},
		Command: ams.ReadWrite, StateFlags: 0xFFFF &^ ams.Response, Length: 5, Error: 3, InvokeID: 9,
	}
	want := ams.Header{
		Target: asked.Source, Source: asked.Target, Command: ams.ReadWrite,
		StateFlags: ams.Response | ams.ADSCommand | ams.UDP, Length: 8, Error: ams.InvalidNetID, InvokeID: 9,
	}
	got := asked.Answer(8, ams.InvalidNetID)
	if diff := cmp.Diff(want, got); diff != "" || asked.IsResponse() || !got.IsResponse() {
		t.Error(diff)
	}
}

func TestHeaderTooShort(t *testing.T) {
	for n := range ams.HeaderLength {
		if _, err := ams.DecodeHeader(request[6 : 6+n]); err == nil || !strings.Contains(err.Error(), "AMS header") {
			t.Errorf("%d octets: %v", n, err)
		}
		if _, err := ams.DecodeFrame(request[6 : 6+n]); err == nil {
			t.Errorf("a frame of %d octets", n)
		}
	}
	for n := range ams.TCPHeaderLength {
		if _, err := ams.DecodeTCPHeader(request[:n]); err == nil {
			t.Errorf("an AMS/TCP header of %d octets", n)
		}
	}
	for _, n := range []int{len(request) - 1, len(request) - 12} {
		if _, err := ams.DecodeFrame(request[6:n]); err == nil || !strings.Contains(err.Error(), "12 octets of data") {
			t.Errorf("a frame that lacks octets: %v", err)
		}
	}
	if _, err := ams.DecodeFrame(append(bytes.Clone(request[6:]), 0)); err == nil {
		t.Error("a frame with octets behind it")
	}
}

func TestStateFlags(t *testing.T) {
	for flags, want := range map[ams.StateFlags]string{
		0:                 "0x0000",
		ams.RequestFlags:  "ADS command",
		ams.ResponseFlags: "response, ADS command",
		0x0047:            "response, no return, ADS command, UDP",
		0x81FF:            "response, no return, ADS command, system command, high priority, time stamp, UDP, init command, broadcast, 0x0100",
	} {
		if flags.String() != want {
			t.Errorf("%#x is %q", uint16(flags), flags)
		}
	}
	if got := ams.StateFlags(0xFFFF).Undefined(); got != 0xFFBA {
		t.Errorf("not defined are %#x", uint16(got))
	}
}

func TestNames(t *testing.T) {
	for got, want := range map[string]string{
		ams.Read.String():                      "Read",
		ams.Command(0).String():                "command 0",
		ams.Command(10).String():               "command 10",
		ams.TCPPortConnect.String():            "port connect",
		ams.TCPCommand(2).String():             "AMS/TCP command 0x0002",
		ams.RouterRemoved.String():             "removed",
		ams.RouterState(3).String():            "router state 3",
		ams.Port(851).Name():                   "TwinCAT 3 PLC, runtime 1",
		ams.Port(854).Text().DE:                "TwinCAT-3-SPS, Laufzeit 4",
		ams.Port(350).Name():                   "task 1",
		ams.Port(301).Name():                   "additional task 1",
		ams.Port(899).Name():                   "TwinCAT 3 PLC, runtime 49",
		ams.PortSystemService.Name():           "system service",
		ams.Port(32905).Name():                 "",
		ams.Port(900).Name():                   "cam controller",
		ams.Port(10000).String():               "10000",
		ams.Command(10).Text().DE:              "nicht definiert",
		ams.TCPCommand(2).Text().EN:            "not known",
		ams.DeviceNotification.Text().DE:       "Werte abonnierter Daten",
		ams.NetID{1, 2, 3, 4, 5, 255}.String(): "1.2.3.4.5.255",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	for c := ams.ReadDeviceInfo; c <= ams.ReadWrite; c++ {
		if text := c.Text(); !c.Known() || text.EN == "" || text.DE == "" {
			t.Errorf("%s: %+v", c, text)
		}
	}
}
