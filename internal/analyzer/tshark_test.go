package analyzer_test

import (
	"cmp"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"stellwerk/internal/analyzer"
	"stellwerk/internal/analyzer/dissect/iec104"
)

// The captures of others lie here on some machines; STELLWERK_CAPTURES names
// another place.
const foreignCaptures = "../../../shared/captures"

// decodeAs are the ports of captures that do not use 2404.
var decodeAs = map[string][]uint16{
	"generated_lib60870_gi_redundancy_files_tls.pcapng": {23501, 23502, 23503},
}

// tshark finds the same APDUs as we do, with the same types, causes, addresses,
// values, qualities and times, and malformed ones where we do. Each difference
// stands in testdata/deviations.tsv with its reason; one that is not there
// fails, and so does one that has gone.
func TestTshark(t *testing.T) {
	needTshark(t)
	foreign := cmp.Or(os.Getenv("STELLWERK_CAPTURES"), foreignCaptures)
	files, err := filepath.Glob(filepath.Join(foreign, "*.pcap*"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Logf("no captures in %s: only those of the repository are compared", foreign)
	}
	known := readDeviations(t)
	var all []deviation
	compared := map[string]bool{}
	for _, file := range append(own(t), files...) {
		name := filepath.Base(file)
		compared[name] = true
		t.Run(name, func(t *testing.T) {
			differences := compare(name, apdusOf(t, file), apdusByTshark(t, file))
			for i, d := range differences {
				differences[i].reason = known[d.key()].reason
				if differences[i].reason == "" {
					t.Errorf("not listed in testdata/deviations.tsv: %s", d.key())
				}
			}
			all = append(all, differences...)
		})
	}
	found := map[string]bool{}
	for _, d := range all {
		found[d.key()] = true
	}
	for key, d := range known {
		switch {
		case !compared[d.capture]:
			all = append(all, d)
		case !found[key]:
			t.Errorf("listed in testdata/deviations.tsv, but gone: %s", key)
		}
	}
	if update := flag.Lookup("update"); update != nil && update.Value.String() == "true" {
		writeDeviations(t, all)
	}
}

// deviation is a difference between us and tshark.
type deviation struct {
	capture string
	frame   int64
	apdu    int // within the frame, from 1
	what    string
	reason  string
}

func (d *deviation) key() string {
	return fmt.Sprintf("%s\t%d\t%d\t%s", d.capture, d.frame, d.apdu, d.what)
}

const deviationsFile = "testdata/deviations.tsv"

func readDeviations(t *testing.T) map[string]deviation {
	t.Helper()
	known := map[string]deviation{}
	for i, line := range strings.Split(strings.TrimSpace(string(read(t, deviationsFile))), "\n") {
		cells := strings.Split(line, "\t")
		if i == 0 {
			continue // the head
		}
		if len(cells) != 5 {
			t.Fatalf("%s:%d: %d columns, must be 5", deviationsFile, i+1, len(cells))
		}
		frame, _ := strconv.ParseInt(cells[1], 10, 64)
		apdu, _ := strconv.Atoi(cells[2])
		d := deviation{cells[0], frame, apdu, cells[3], cells[4]}
		known[d.key()] = d
	}
	return known
}

func writeDeviations(t *testing.T, all []deviation) {
	t.Helper()
	slices.SortFunc(all, func(a, b deviation) int {
		return cmp.Or(cmp.Compare(a.capture, b.capture), cmp.Compare(a.frame, b.frame), cmp.Compare(a.apdu, b.apdu))
	})
	var file strings.Builder
	file.WriteString("capture\tframe\tapdu\twhat\treason\n")
	for _, d := range all {
		fmt.Fprintf(&file, "%s\t%s\n", d.key(), d.reason)
	}
	if err := os.WriteFile(deviationsFile, []byte(file.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// facts are what an APDU says: names as tshark has them, each with its value,
// in the order of the telegram.
type facts []string

// compare compares APDUs frame by frame, one after the other.
func compare(name string, ours, theirs map[int64][]facts) []deviation {
	var all []deviation
	frames := map[int64]bool{}
	for frame := range ours {
		frames[frame] = true
	}
	for frame := range theirs {
		frames[frame] = true
	}
	for _, frame := range slices.Sorted(maps.Keys(frames)) {
		a, b := ours[frame], theirs[frame]
		for i := range max(len(a), len(b)) {
			d := deviation{capture: name, frame: frame, apdu: i + 1}
			switch {
			case i >= len(b):
				d.what = "tshark has none; ours: " + strings.Join(a[i][:min(len(a[i]), 3)], " ")
			case i >= len(a):
				d.what = "we have none; tshark: " + strings.Join(b[i][:min(len(b[i]), 3)], " ")
			default:
				d.what = difference(a[i], b[i])
			}
			if d.what != "" {
				all = append(all, d)
			}
		}
	}
	return all
}

// difference names the facts that only one side has.
func difference(a, b facts) string {
	if slices.Equal(a, b) {
		return ""
	}
	only := func(list, other facts) string {
		var missing []string
		for _, fact := range list {
			if !slices.Contains(other, fact) {
				missing = append(missing, fact)
			}
		}
		if len(missing) > 4 {
			missing = append(missing[:4], "...")
		}
		return strings.Join(missing, " ")
	}
	return fmt.Sprintf("ours: %s; tshark: %s", only(a, b), only(b, a))
}

// apdusOf returns the APDUs that we find, by frame.
func apdusOf(t *testing.T, file string) map[int64][]facts {
	t.Helper()
	options := analyzer.Options{Ports: map[uint16]string{}}
	for _, port := range decodeAs[filepath.Base(file)] {
		options.Ports[port] = iec104.Protocol
	}
	all := map[int64][]facts{}
	for line, err := range analyzer.Lines(file, options) {
		if err != nil {
			t.Fatal(err)
		}
		if line.Finding != nil || line.Protocol != iec104.Protocol {
			continue
		}
		var said facts
		if telegram, ok := line.Telegram.(*iec104.Telegram); ok {
			said = factsOf(telegram)
		}
		if !line.Malformed.IsZero() {
			said = append(said, "malformed")
		}
		all[line.Frame] = append(all[line.Frame], said)
	}
	return all
}

// apdusByTshark returns the APDUs that tshark finds, by frame.
func apdusByTshark(t *testing.T, file string) map[int64][]facts {
	t.Helper()
	var args []string
	for _, port := range decodeAs[filepath.Base(file)] {
		args = append(args, "-d", fmt.Sprintf("tcp.port==%d,iec60870_104", port))
	}
	all := map[int64][]facts{}
	for number, packet := range tsharkPackets(t, file, args...) {
		if apdus := packet.facts(); len(apdus) > 0 {
			all[number] = apdus
		}
	}
	return all
}

// facts returns what the APDUs of the packet say.
func (p *pdmlPacket) facts() (all []facts) {
	for _, proto := range p.Protos {
		switch proto.Name {
		case "iec60870_104":
			all = append(all, collect(nil, proto.Fields))
		case "iec60870_asdu":
			if len(all) > 0 {
				last := len(all) - 1
				all[last] = collect(all[last], proto.Fields)
			}
		case "_ws.malformed":
			if len(all) > 0 {
				all[len(all)-1] = append(all[len(all)-1], "malformed")
			}
		}
	}
	return all
}

func collect(said facts, fields []pdmlField) facts {
	for _, field := range fields {
		name := strings.TrimPrefix(strings.TrimPrefix(field.Name, "iec60870_asdu."), "iec60870_104.")
		if field.Name == "_ws.malformed" {
			name = "malformed"
			field.Show, field.Fields = "", nil
			said = append(said, name)
		} else if form, ok := tsharkForms[name]; ok {
			said = append(said, name+"="+form(field.Show))
		}
		said = collect(said, field.Fields)
	}
	return said
}
