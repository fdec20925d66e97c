package iec104_test

import (
	"bytes"
	"encoding/json"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stellwerk/internal/analyzer/dissect"
	"stellwerk/internal/analyzer/dissect/iec104"
	"stellwerk/internal/capture/stream"
	"stellwerk/wire"
)

var connection = &stream.Connection{Endpoints: [2]netip.AddrPort{
	netip.MustParseAddrPort("192.0.2.20:2404"), netip.MustParseAddrPort("192.0.2.10:49152"),
}}

// feed hands octets to a conversation, cut at the given places, and ends it.
// Packets count from 1.
func feed(emit func(*dissect.Line), octets []byte, cuts ...int) {
	c := iec104.New(&iec104.Options{}, nil, emit)
	from, packet := 0, int64(0)
	for _, to := range append(cuts, len(octets)) {
		packet++
		c.Chunk(&stream.Chunk{Connection: connection, Packet: packet, Data: octets[from:to]})
		from = to
	}
	c.End(&stream.End{Connection: connection, Packet: packet})
	c.End(&stream.End{Connection: connection, Packet: packet, Direction: stream.Backward})
}

// said is a line without its place.
func said(line *dissect.Line) string {
	var text []byte
	if line.Telegram != nil {
		text = line.Telegram.AppendSummary(text, "en")
	}
	return strings.TrimSpace(string(text) + " " + line.Malformed.EN)
}

var example = []byte{
	0x68, 4, 0x43, 0, 0, 0,
	0x68, 14, 0, 0, 2, 0, 1, 1, 3, 0, 1, 0, 7, 0, 0, 1,
	0x16, 0x03, // nothing
	0x68, 4, 1, 0, 4, 0,
	0x68, 21, 2, 0, 2, 0, 30, 1, 3, 0, 1, 0, 8, 0, 0, 0, 0x66, 0xe9, 0x1d, 8, 0x22, 3, 26,
}

var exampleLines = []string{
	"U TESTFR act",
	"I N(S)=0 N(R)=1  M_SP_NA_1 spont  CA 1  7=on",
	"start octet is 0x16, not 0x68; 2 octet(s) passed over, up to where an APDU can begin",
	"S N(R)=2",
	"I N(S)=1 N(R)=1  M_SP_TB_1 spont  CA 1  8=off 2026-03-02T08:29:59.750",
}

func TestEverySplit(t *testing.T) {
	for cut := range len(example) + 1 {
		var got []string
		feed(func(line *dissect.Line) { got = append(got, said(line)) }, example, cut)
		// Where the cut is within what is passed over, that takes two lines.
		if cut == 23 {
			got = append(got[:2], append([]string{exampleLines[2]}, got[4:]...)...)
		}
		if diff := cmp.Diff(exampleLines, got); diff != "" {
			t.Fatalf("cut at %d: %s", cut, diff)
		}
	}
}

// An APDU names the packets in which it began.
func TestEarlier(t *testing.T) {
	var got [][]int64
	feed(func(line *dissect.Line) {
		got = append(got, append(append([]int64{}, line.Earlier...), line.Frame))
	}, example[:22], 3, 6, 8, 10)
	if diff := cmp.Diff([][]int64{{1, 2}, {3, 4, 5}}, got); diff != "" {
		t.Error(diff)
	}
}

func TestGap(t *testing.T) {
	var got []string
	c := iec104.New(&iec104.Options{}, nil, func(line *dissect.Line) { got = append(got, said(line)) })
	c.Chunk(&stream.Chunk{Connection: connection, Data: example[:10]})
	c.Chunk(&stream.Chunk{Connection: connection, Data: example[16:30], Gap: 6})
	c.Chunk(&stream.Chunk{Connection: connection, Data: example[:6], Aside: true})
	c.Chunk(&stream.Chunk{Connection: connection, Data: example[30:40]})
	c.End(&stream.End{Connection: connection})
	want := []string{
		"U TESTFR act",
		"the APDU is cut off: only its first 4 octet(s) are there",
		"8 octet(s) passed over, up to where an APDU can begin",
		"S N(R)=2",
		"U TESTFR act",
		"the APDU is cut off: only its first 10 octet(s) are there",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestRecognise(t *testing.T) {
	for _, test := range []struct {
		name   string
		octets []byte
		want   bool
	}{
		{"STARTDT act", []byte{0x68, 4, 7, 0, 0, 0}, true},
		{"an I frame", example[6:22], true},
		{"an I frame and the beginning of another", example[6:30], false},
		{"an I frame with an unknown type", []byte{0x68, 10, 0, 0, 0, 0, 22, 1, 3, 0, 1, 0}, false},
		{"an S frame", example[24:30], true},
		{"two functions", []byte{0x68, 4, 0x47, 0, 0, 0}, false},
		{"reserved bits", []byte{0x68, 4, 7, 0, 1, 0}, false},
		{"a request of HTTP", []byte("GET / HTTP/1.1\r\n"), false},
		{"too short", []byte{0x68, 4, 7}, false},
		{"nothing", nil, false},
	} {
		if got := iec104.Recognise(test.octets, nil); got != test.want {
			t.Errorf("%s: %t", test.name, got)
		}
	}
}

// Whatever the octets are and however they are cut: no panic, each octet is part
// of one line, each line is JSON, and the leaves of each telegram are its octets.
func FuzzConversation(f *testing.F) {
	f.Add(example, 10, 20)
	f.Add(append([]byte{0x68}, example...), 1, 2)
	f.Add(example[3:], 0, 5)
	f.Add([]byte{0x68, 253, 0x68, 0x68, 4, 1, 0, 0, 0}, 1, 3)
	f.Fuzz(func(t *testing.T, octets []byte, first, second int) {
		first = min(max(0, first), len(octets))
		second = min(max(first, second), len(octets))
		counted := int64(0)
		feed(func(line *dissect.Line) {
			counted += max(int64(len(line.Octets)), line.Skipped)
			if line.Telegram == nil {
				w := wire.NewWalker(line.Octets)
				iec104.WalkMalformed(w, line.Octets)
				if got := wire.Join(w.Nodes()); !bytes.Equal(got, line.Octets) {
					t.Errorf("malformed %x is shown as %x", line.Octets, got)
				}
				if line.Malformed.EN == "" || line.Malformed.DE == "" {
					t.Error("a line that says nothing")
				}
				return
			}
			if text := line.Telegram.AppendJSON(nil); !json.Valid(text) {
				t.Errorf("no JSON: %s", text)
			}
			w := wire.NewWalker(line.Octets)
			line.Telegram.Walk(w)
			if got := wire.Join(w.Nodes()); !bytes.Equal(got, line.Octets) {
				t.Errorf("%x is shown as %x", line.Octets, got)
			}
		}, octets, first, second)
		if counted != int64(len(octets)) {
			t.Errorf("%d octets are in lines, there are %d", counted, len(octets))
		}
	})
}
