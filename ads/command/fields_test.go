package command_test

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
	"stellwerk/wire"
)

var elements = []wire.Element{
	command.ElementResult, command.ElementDeviceInfo, command.ElementReadRequest, command.ElementReadResponse,
	command.ElementWriteRequest, command.ElementState, command.ElementWriteControlRequest,
	command.ElementAddNotificationRequest, command.ElementAddNotificationResponse, command.ElementNotificationHandle,
	command.ElementNotifications, command.ElementStamp, command.ElementSample, command.ElementReadWriteRequest, command.ElementHandle,
}

// Every bit of an element belongs to exactly one field, in order, and every
// number has texts in both languages or in none.
func TestElementsCoverEveryBit(t *testing.T) {
	for _, e := range elements {
		bit := 0
		for _, f := range e.Fields {
			if f.Bit != bit {
				t.Errorf("%s: %s begins at bit %d, want %d", e.Name, f.Name, f.Bit, bit)
			}
			bit += f.Width
			if f.Text == nil {
				continue
			}
			for _, value := range []uint64{0, 1, 3, 120, 0x702, 0xF005, 1<<f.Width - 1} {
				value &= 1<<f.Width - 1
				if text := f.Text(value); (text.EN == "") != (text.DE == "") {
					t.Errorf("%s of %s = %d: %+v", f.Name, e.Name, value, text)
				}
			}
		}
		if bit != 8*e.Octets {
			t.Errorf("%s: %d of %d bits", e.Name, bit, 8*e.Octets)
		}
	}
}

// Codec and description agree: where the description has a field, the codec has
// its number. Each value below stands in one field only.
func TestElementsAgreeWithTheCodec(t *testing.T) {
	index := command.Index{Group: 0x01020304, Offset: 0x05060708}
	for _, test := range []struct {
		element wire.Element
		octets  []byte
		want    []uint64
	}{
		{command.ElementDeviceInfo, command.DeviceInfo{Result: 1, Major: 2, Minor: 3, Build: 4}.Append(nil), []uint64{1, 2, 3, 4}},
		{command.ElementReadRequest, command.ReadRequest{Index: index, Length: 9}.Append(nil), []uint64{0x01020304, 0x05060708, 9}},
		{command.ElementReadResponse, command.ReadResponse{Result: 7, Data: []byte{1, 2}}.Append(nil), []uint64{7, 2}},
		{command.ElementWriteRequest, command.WriteRequest{Index: index, Data: []byte{1}}.Append(nil), []uint64{0x01020304, 0x05060708, 1}},
		{command.ElementState, command.State{Result: 1, ADSState: 2, DeviceState: 3}.Append(nil), []uint64{1, 2, 3}},
		{command.ElementWriteControlRequest, command.WriteControlRequest{ADSState: 2, DeviceState: 3, Data: []byte{1}}.Append(nil), []uint64{2, 3, 1}},
		{
			command.ElementAddNotificationRequest,
			command.AddNotificationRequest{Index: index, Length: 1, Mode: 2, MaxDelay: 300, CycleTime: 400}.Append(nil),
			[]uint64{0x01020304, 0x05060708, 1, 2, 3, 4, 0, 0},
		},
		{command.ElementAddNotificationResponse, command.AddNotificationResponse{Result: 1, Handle: 2}.Append(nil), []uint64{1, 2}},
		{command.ElementNotificationHandle, command.AppendDeleteNotification(nil, 5), []uint64{5}},
		{command.ElementReadWriteRequest, command.ReadWriteRequest{Index: index, ReadLength: 9, Data: []byte{1, 2}}.Append(nil), []uint64{0x01020304, 0x05060708, 9, 2}},
		{command.ElementNotifications, stream, []uint64{59, 2}},
		{command.ElementStamp, stream[8:], []uint64{uint64(noon), 2}},
		{command.ElementSample, stream[20:], []uint64{1, 4}},
		{command.ElementResult, command.AppendResult(nil, 6), []uint64{6}},
	} {
		for i, f := range test.element.Fields {
			if got := wire.Bits(test.octets, f.Bit, f.Width); got != test.want[i] {
				t.Errorf("%s: %s is %#x, want %#x", test.element.Name, f.Name, got, test.want[i])
			}
		}
	}
}

// The small index groups have their meaning at the system service alone.
func TestAtPort(t *testing.T) {
	text := func(e wire.Element, group uint64) string { return e.Fields[0].Text(group).DE }
	service := command.AtPort(command.ElementReadRequest, ams.PortSystemService)
	plc := command.AtPort(command.ElementReadRequest, ams.PortTC3PLC1)
	for got, want := range map[string]string{
		text(service, 120):    "0x78 Datei öffnen",
		text(plc, 120):        "0x78",
		text(plc, 0xF005):     "0xF005 Wert zu einem Handle",
		text(service, 0xF005): "0xF005 Wert zu einem Handle",
		text(plc, 0x123456):   "0x123456",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if e := command.AtPort(command.ElementState, ams.PortSystemService); e.Fields[0].Name != "result" {
		t.Error("a state has an index group")
	}
}

// The leaves of a dissected body, put together, are the body; whatever it is.
func TestWalkCoversEveryBit(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		octets := make([]byte, random.IntN(120))
		for i := range octets {
			octets[i] = byte(random.UintN(0x20)) & byte(random.Uint32())
		}
		request := make([]byte, random.IntN(60))
		for _, some := range [][]byte{octets, request} {
			if len(some) >= 8 && random.IntN(2) == 0 { // a sum command
				copy(some, []byte{0x80 + byte(random.IntN(7)), 0xf0, 0, 0, byte(random.IntN(4)), 0, 0, 0})
			}
		}
		b := command.Body{
			Command: ams.Command(random.IntN(11)), Response: random.IntN(2) == 0, Port: ams.PortSystemService, Request: request,
			Symbol: func(command.Index) string { return "MAIN.x" }, Sample: func(uint32) string { return "MAIN.y" },
		}
		checkWalk(t, &b, octets)
	}
}

func checkWalk(t *testing.T, b *command.Body, octets []byte) {
	t.Helper()
	w := wire.NewWalker(octets)
	b.Walk(w)
	bit := 0
	for _, node := range w.Nodes() {
		if !node.Leaf {
			continue
		}
		if node.Bit != bit {
			t.Fatalf("%s of %x: %s begins at bit %d, want %d", b.Command, octets, node.Name, node.Bit, bit)
		}
		bit += node.Width
	}
	if bit != 8*len(octets) || !bytes.Equal(wire.Join(w.Nodes()), octets) {
		t.Fatalf("%s: the leaves of %x are %x", b.Command, octets, wire.Join(w.Nodes()))
	}
}
