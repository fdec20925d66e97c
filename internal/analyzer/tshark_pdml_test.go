package analyzer_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"iter"
	"maps"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// needTshark skips a test where tshark is not there.
func needTshark(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("tshark"); err != nil {
		t.Skip("tshark is not installed: nothing to compare with")
	}
}

// pdmlPacket is a packet as tshark prints it.
type pdmlPacket struct {
	Protos []pdmlProto `xml:"proto"`
}

type pdmlProto struct {
	Name   string      `xml:"name,attr"`
	Fields []pdmlField `xml:"field"`
}

type pdmlField struct {
	Name   string      `xml:"name,attr"`
	Show   string      `xml:"show,attr"`
	Fields []pdmlField `xml:"field"`
}

// tsharkPackets are the packets of a capture with their numbers.
func tsharkPackets(t *testing.T, file string, args ...string) iter.Seq2[int64, *pdmlPacket] {
	t.Helper()
	return func(yield func(int64, *pdmlPacket) bool) {
		var talk bytes.Buffer
		cmd := exec.CommandContext(t.Context(), "tshark", append([]string{"-r", file, "-T", "pdml"}, args...)...)
		cmd.Stderr = &talk
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("tshark: %v\n%s", err, talk.String())
		}
		decoder := xml.NewDecoder(bytes.NewReader(out))
		for {
			token, err := decoder.Token()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				t.Fatalf("the output of tshark: %v", err)
			}
			start, ok := token.(xml.StartElement)
			if !ok || start.Name.Local != "packet" {
				continue
			}
			var packet pdmlPacket
			if err := decoder.DecodeElement(&packet, &start); err != nil {
				t.Fatalf("the output of tshark: %v", err)
			}
			if !yield(packet.number(), &packet) {
				return
			}
		}
	}
}

// number is that of the packet in the capture.
func (p *pdmlPacket) number() int64 {
	for _, proto := range p.Protos {
		for _, field := range proto.Fields {
			if proto.Name == "geninfo" && field.Name == "num" {
				number, _ := strconv.ParseInt(field.Show, 10, 64)
				return number
			}
		}
	}
	return 0
}

// byTshark is what tshark says about each of a protocol's frames, by packet. Values
// are the first of each name, without the protocol.
func byTshark(t *testing.T, file, protocol string, said func(values map[string]string) string) map[int64][]string {
	t.Helper()
	all := map[int64][]string{}
	for number, packet := range tsharkPackets(t, file) {
		for _, proto := range packet.Protos {
			if proto.Name != protocol {
				continue
			}
			values := map[string]string{}
			var collect func([]pdmlField)
			collect = func(fields []pdmlField) {
				for _, f := range fields {
					if name, ok := strings.CutPrefix(f.Name, protocol+"."); ok && values[name] == "" {
						values[name] = f.Show
					}
					collect(f.Fields)
				}
			}
			collect(proto.Fields)
			all[number] = append(all[number], said(values))
		}
	}
	return all
}

// sameAsTshark compares what is said of frames, by packet, in any order within
// one. Reasons are the differences that are known; one that has gone is an error
// too.
func sameAsTshark(t *testing.T, ours, theirs map[int64][]string, frames int, reasons map[int64]string) {
	t.Helper()
	count := 0
	for _, list := range ours {
		count += len(list)
	}
	if count != frames {
		t.Errorf("%d frames, want %d", count, frames)
	}
	packets := maps.Clone(ours)
	maps.Copy(packets, theirs)
	for _, packet := range slices.Sorted(maps.Keys(packets)) {
		slices.Sort(ours[packet])
		slices.Sort(theirs[packet])
		same := slices.Equal(ours[packet], theirs[packet])
		switch reason := reasons[packet]; {
		case same && reason != "":
			t.Errorf("packet %d: no difference any more (%s)", packet, reason)
		case !same && reason == "":
			t.Errorf("packet %d:\n ours   %s\n tshark %s", packet, strings.Join(ours[packet], "; "), strings.Join(theirs[packet], "; "))
		}
	}
}
