package ams_test

import (
	"bytes"
	"testing"

	"stellwerk/ads/ams"
	"stellwerk/wire"
)

// Every bit of an element belongs to exactly one field, in order.
func TestElementsCoverEveryBit(t *testing.T) {
	for _, e := range []wire.Element{ams.ElementTCPHeader, ams.ElementHeader, ams.ElementPort, ams.ElementNetID, ams.ElementRouterNote} {
		bit := 0
		for _, f := range e.Fields {
			if f.Bit != bit {
				t.Errorf("%s: %s begins at bit %d, want %d", e.Name, f.Name, f.Bit, bit)
			}
			bit += f.Width
		}
		if bit != 8*e.Octets {
			t.Errorf("%s: %d of %d bits", e.Name, bit, 8*e.Octets)
		}
	}
}

// Codec and description agree about each field, and the leaves put together are
// the telegram.
func TestElementsAgreeWithTheCodec(t *testing.T) {
	w := wire.NewWalker(request)
	w.Element(ams.ElementTCPHeader)
	w.Element(ams.ElementHeader)
	w.Raw("data", wire.Text{}, w.Rest())
	if !bytes.Equal(wire.Join(w.Nodes()), request) {
		t.Error("the leaves are not the telegram")
	}
	texts := map[string]string{}
	for _, node := range w.Nodes() {
		if node.Leaf {
			texts[node.Name] = node.Text.In("de")
		}
	}
	for name, want := range map[string]string{
		"target NetId": "5.23.145.10.1.1", "target port": "TwinCAT-3-SPS, Laufzeit 1", "source NetId": "192.168.0.7.1.1",
		"command id": "Read", "response": "Anforderung", "ADS command": "ADS-Befehl", "UDP": "TCP", "command": "AMS-Telegramm",
	} {
		if texts[name] != want {
			t.Errorf("%s is %q, want %q", name, texts[name], want)
		}
	}
	for bit := range 8 * ams.HeaderLength { // each bit changes what the codec says, and comes back
		octets := make([]byte, ams.HeaderLength)
		wire.SetBits(octets, bit, 1, 1)
		h, err := ams.DecodeHeader(octets)
		if err != nil || h == (ams.Header{}) || !bytes.Equal(h.Append(nil), octets) {
			t.Errorf("bit %d: %+v, %v", bit, h, err)
		}
	}
}

// Numbers that are not defined say so, and none panics.
func TestFieldTexts(t *testing.T) {
	for _, e := range []wire.Element{ams.ElementTCPHeader, ams.ElementHeader, ams.ElementPort, ams.ElementNetID, ams.ElementRouterNote} {
		for _, f := range e.Fields {
			if f.Text == nil {
				continue
			}
			for _, value := range []uint64{0, 1, 2, 6, 10, 1<<f.Width - 1} {
				value &= 1<<f.Width - 1
				if text := f.Text(value); (text.EN == "") != (text.DE == "") {
					t.Errorf("%s of %s = %d: %+v", f.Name, e.Name, value, text)
				}
			}
		}
	}
	w := wire.NewWalker(failed[ams.TCPHeaderLength:])
	w.Element(ams.ElementHeader)
	for _, node := range w.Nodes() {
		switch node.Name {
		case "command id":
			if node.Text != (wire.Text{EN: "not defined", DE: "nicht definiert"}) {
				t.Errorf("command 10: %+v", node.Text)
			}
		case "broadcast":
			if node.Text.EN != "set; not defined for ADS" {
				t.Errorf("broadcast: %+v", node.Text)
			}
		case "AMS error":
			if node.Text.EN != "ERR_UNKNOWNCMDID: "+ams.UnknownCommand.Meaning().EN {
				t.Errorf("error: %+v", node.Text)
			}
		}
	}
}
