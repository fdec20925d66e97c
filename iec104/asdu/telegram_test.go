package asdu_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stellwerk/iec104/asdu"
	"stellwerk/wire"
)

// telegram is one ASDU twice: as the octets of the wire, laid out by hand, and
// as the value that they stand for.
type telegram struct {
	name    string
	header  asdu.Header
	objects []asdu.Object
	octets  []byte
	append  func(dst []byte) ([]byte, error)
}

func of[T asdu.Information[T]](name string, h asdu.Header, objects []T, octets []byte) telegram {
	t := telegram{name: name, header: h, octets: octets, append: func(dst []byte) ([]byte, error) {
		return asdu.Append(dst, nil, h, objects)
	}}
	for _, object := range objects {
		t.objects = append(t.objects, object)
	}
	return t
}

// telegrams are those of all families, with every type at least once.
func telegrams() []telegram {
	return slices.Concat(
		singlePoints, doublePoints, stepPositions, bitStrings, normalizedValues, scaledValues, shortFloats,
		integratedTotals, protectionEvents, protectionStarts, protectionOutputs, packedSinglePoints,
		singleCommands, doubleCommands, stepCommands, setpointCommands, bitStringCommands,
		endsOfInitialization, interrogations, counterInterrogations, reads, clockSynchronizations,
		testCommands, resetProcesses, delayAcquisitions, parameters, parameterActivations,
		filesReady, sectionsReady, fileCalls, lastSections, fileAcknowledgements, segments, directoryEntries, logQueries,
	)
}

// verify decodes and encodes telegrams that break no rule.
func verify(t *testing.T, telegrams []telegram) {
	t.Helper()
	var p *asdu.Params
	for _, telegram := range telegrams {
		t.Run(telegram.name, func(t *testing.T) {
			a, err := p.Decode(telegram.octets)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(telegram.header, a.Header); diff != "" {
				t.Errorf("header (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(telegram.objects, slices.Collect(a.Objects())); diff != "" {
				t.Errorf("objects (-want +got):\n%s", diff)
			}
			if a.Count() != len(telegram.objects) {
				t.Errorf("count %d, want %d", a.Count(), len(telegram.objects))
			}
			if got := a.Append(nil); !slices.Equal(got, telegram.octets) || a.Len() != len(got) {
				t.Errorf("passed on as % x of length %d,\nwant % x", got, a.Len(), telegram.octets)
			}
			dirty := slices.Repeat([]byte{0xff}, 300)
			got, err := telegram.append(dirty[:1])
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got[1:], telegram.octets) {
				t.Errorf("encoded\n% x,\nwant\n% x", got[1:], telegram.octets)
			}
			for _, v := range a.Violations() {
				t.Errorf("violation %s at octet %d: %s", v.Code, v.Octet, v.Text.EN)
			}
			w := wire.NewWalker(telegram.octets)
			p.Walk(w)
			if got := wire.Join(w.Nodes()); !slices.Equal(got, telegram.octets) {
				t.Errorf("walked and joined\n% x,\nwant\n% x", got, telegram.octets)
			}
		})
	}
}

// TestTelegramOfEveryType looks whether the tables leave a type out.
func TestTelegramOfEveryType(t *testing.T) {
	seen := map[asdu.TypeID]bool{}
	for _, telegram := range telegrams() {
		seen[telegram.header.Type] = true
	}
	for id := range asdu.Types() {
		if !seen[id] {
			t.Errorf("no telegram of type %s", id)
		}
	}
}

// textRow is a value with what it is called.
type textRow struct {
	value  any // with a method String, or nil
	string string
	text   wire.Text
	en, de string
}

func verifyTexts(t *testing.T, rows []textRow) {
	t.Helper()
	for _, row := range rows {
		if row.value != nil && fmt.Sprint(row.value) != row.string {
			t.Errorf("value is called %q, want %q", fmt.Sprint(row.value), row.string)
		}
		if want := (wire.Text{EN: row.en, DE: row.de}); row.text != want {
			t.Errorf("text %q, want %q", row.text, want)
		}
	}
}

// verifyFlags goes through all flags of sets with one, no and every flag.
func verifyFlags[F ~uint8](t *testing.T, flags map[string]F, all func(F, func(string, bool) bool)) {
	t.Helper()
	var every F
	for _, flag := range flags {
		every |= flag
	}
	for _, set := range append(slices.Collect(maps.Values(flags)), 0, every) {
		seen := 0
		for name, on := range func(yield func(string, bool) bool) { all(set, yield) } {
			flag, ok := flags[name]
			if !ok || on != (set&flag != 0) {
				t.Errorf("set %08b: flag %q is %t", set, name, on)
			}
			seen++
		}
		if seen != len(flags) {
			t.Errorf("set %08b: %d flags, want %d", set, seen, len(flags))
		}
	}
}
