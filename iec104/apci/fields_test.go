package apci_test

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stellwerk/iec104/apci"
	"stellwerk/wire"
)

func walk(data []byte) []wire.Node {
	w := wire.NewWalker(data)
	apci.Walk(w, data)
	w.Raw("rest", wire.Text{}, w.Rest())
	return w.Nodes()
}

// names lists the leaves with their values.
func leaves(nodes []wire.Node) map[string]uint64 {
	values := map[string]uint64{}
	for _, node := range nodes {
		if node.Leaf && node.Raw == nil && node.Name != "RES" {
			values[node.Name] = node.Value
		}
	}
	return values
}

func TestWalk(t *testing.T) {
	for _, test := range []struct {
		octets []byte
		text   string
		want   map[string]uint64
	}{
		{
			[]byte{0x68, 5, 0x0a, 0x00, 0xfe, 0xff, 9},
			"I N(S)=5 N(R)=32767",
			map[string]uint64{"START": 0x68, "LENGTH": 5, "format": 0, "N(S)": 5, "N(R)": 32767},
		},
		{
			[]byte{0x68, 4, 0x01, 0, 0x0c, 0x02},
			"S N(R)=262",
			map[string]uint64{"START": 0x68, "LENGTH": 4, "format": 1, "N(R)": 262},
		},
		{
			[]byte{0x68, 4, 0x13, 0, 0, 0},
			"STOPDT act",
			map[string]uint64{
				"START": 0x68, "LENGTH": 4, "format": 3, "STARTDT act": 0, "STARTDT con": 0,
				"STOPDT act": 1, "STOPDT con": 0, "TESTFR act": 0, "TESTFR con": 0,
			},
		},
		{[]byte{0x67, 3, 0x01}, "malformed", map[string]uint64{"START": 0x67, "LENGTH": 3}},
	} {
		nodes := walk(test.octets)
		if nodes[0].Text.EN != test.text {
			t.Errorf("% x: text %q, want %q", test.octets, nodes[0].Text.EN, test.text)
		}
		if diff := cmp.Diff(test.want, leaves(nodes)); diff != "" {
			t.Errorf("% x: %s", test.octets, diff)
		}
	}
}

// TestElementsCoverEveryBit holds the descriptions to what the codec does:
// setting one field's bits changes that field of the decoded APDU alone.
func TestElementsCoverEveryBit(t *testing.T) {
	for _, element := range []wire.Element{apci.ElementI, apci.ElementS, apci.ElementU} {
		bit := 0
		for _, field := range element.Fields {
			if field.Bit != bit {
				t.Errorf("%s begins at bit %d, want %d", field.Name, field.Bit, bit)
			}
			bit += field.Width
		}
		if bit != 32 {
			t.Errorf("%d bits", bit)
		}
	}
	octets, err := apci.APDU{Send: 0x1234, Receive: 0x4321, ASDU: []byte{1}}.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	values := leaves(walk(octets))
	if values["N(S)"] != 0x1234 || values["N(R)"] != 0x4321 {
		t.Error(values)
	}
}

func FuzzWalk(f *testing.F) {
	for _, test := range apdus {
		f.Add(test.octet)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if joined := wire.Join(walk(data)); !bytes.Equal(joined, data) {
			t.Errorf("% x became % x", data, joined)
		}
	})
}
