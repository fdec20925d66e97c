package wire_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"stellwerk/wire"
)

var example = []wire.Element{
	{Name: "HEAD", Octets: 2, Fields: []wire.Field{
		{Name: "A", Bit: 0, Width: 1, Text: wire.Flag(wire.Text{EN: "off", DE: "aus"}, wire.Text{EN: "on", DE: "ein"})},
		{Name: "B", Bit: 1, Width: 11},
		{Name: "C", Bit: 12, Width: 4, Text: wire.Signed(4)},
	}},
	{Name: "BYTE", Octets: 1, Fields: []wire.Field{{Name: "BYTE", Width: 8}}},
	{Name: "NET", Octets: 2, BigEndian: true, Fields: []wire.Field{
		{Name: "D", Bit: 0, Width: 3},
		{Name: "E", Bit: 3, Width: 13},
	}},
	{Name: "REST"},
}

func walk(data []byte) []wire.Node {
	w := wire.NewWalker(data)
	w.Group("all", wire.Text{}, func() {
		for _, element := range example {
			if !w.Element(element) {
				return
			}
		}
	})
	return w.Nodes()
}

func TestWalk(t *testing.T) {
	data := []byte{
		0b0000_0011, // B low bits, A
		0b1111_1000, // C = -1, B high bit
		0x7f,        // BYTE
		0b0100_0001, // D = 2, E high bits
		0b0000_0010, // E low bits
		1, 2, 3,     // REST
	}
	want := []wire.Node{
		{Name: "all", Bit: 0, Width: 64},
		{Depth: 1, Name: "HEAD", Bit: 0, Width: 16},
		{Depth: 2, Name: "A", Bit: 0, Width: 1, Leaf: true, Value: 1, Text: wire.Text{EN: "on", DE: "ein"}},
		{Depth: 2, Name: "B", Bit: 1, Width: 11, Leaf: true, Value: 0x401},
		{Depth: 2, Name: "C", Bit: 12, Width: 4, Leaf: true, Value: 15, Text: wire.Same("-1")},
		{Depth: 1, Name: "BYTE", Bit: 16, Width: 8, Leaf: true, Value: 0x7f},
		{Depth: 1, Name: "NET", Bit: 24, Width: 16},
		{Depth: 2, Name: "D", Bit: 24, Width: 3, Leaf: true, BigEndian: true, Value: 2},
		{Depth: 2, Name: "E", Bit: 27, Width: 13, Leaf: true, BigEndian: true, Value: 0x102},
		{Depth: 1, Name: "REST", Bit: 40, Width: 24, Leaf: true, Raw: []byte{1, 2, 3}},
	}
	if diff := cmp.Diff(want, walk(data)); diff != "" {
		t.Error(diff)
	}
}

func FuzzJoin(f *testing.F) {
	f.Add([]byte{0x03, 0xf8, 0x7f, 0x41, 0x02, 1, 2, 3})
	f.Fuzz(func(t *testing.T, data []byte) {
		if diff := cmp.Diff(append([]byte{}, data...), wire.Join(walk(data))); diff != "" {
			t.Error(diff)
		}
	})
}
