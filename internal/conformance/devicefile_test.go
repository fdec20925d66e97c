package conformance_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"stellwerk/iec104/asdu"
	"stellwerk/iec104/iec104test"
	"stellwerk/internal/conformance"
)

// full is an inventory with something of everything.
func full(t *testing.T) *iec104test.Inventory {
	t.Helper()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip(err)
	}
	return &iec104test.Inventory{
		CommonAddresses: []asdu.CommonAddress{7, 8},
		Points: []iec104test.Point{
			{CommonAddress: 7, Address: 1, Type: asdu.M_SP_NA_1, Groups: []int{1, 16}},
			{CommonAddress: 8, Address: 2, Type: asdu.M_ME_NC_1, NotInterrogated: true, Cyclic: 5 * time.Second, Background: time.Minute, Deadband: 1.5},
		},
		Counters: []iec104test.Counter{{CommonAddress: 7, Address: 3, Type: asdu.M_IT_NA_1, Group: 4, Mode: iec104test.ModeC}},
		Controls: []iec104test.Control{{
			CommonAddress: 7, Address: 4, Types: []asdu.TypeID{asdu.C_SC_NA_1, asdu.C_SC_TA_1}, Direct: true, Select: true,
			SelectTimeout: 10 * time.Second, Feedback: 1, NoTermination: true, Pulses: []asdu.PulseQualifier{1, 3}, Duration: time.Second, Value: 0.5,
		}},
		Parameters: []iec104test.Parameter{{
			CommonAddress: 8, Address: 5, Type: asdu.P_ME_NC_1, Kinds: []asdu.ParameterKind{1, 2}, Value: 2, Point: 2,
			Activations: []asdu.ParameterActivationQualifier{3},
		}},
		Files:    []iec104test.File{{CommonAddress: 7, Address: 6, Name: 1, Writable: true, Deletable: true}},
		Extended: true, Private: []asdu.TypeID{150}, CommandAge: 30 * time.Second, EventBuffer: 100,
		Overflow: &iec104test.Point{CommonAddress: 7, Address: 9, Type: asdu.M_SP_NA_1}, Location: berlin,
	}
}

var sameZone = cmp.Comparer(func(a, b *time.Location) bool { return a.String() == b.String() })

// TestDeviceFile writes what a station has and reads it again; with the head that
// explains it, which is all comment.
func TestDeviceFile(t *testing.T) {
	want := full(t)
	var text bytes.Buffer
	if err := conformance.WriteDevice(&text, want); err != nil {
		t.Fatal(err)
	}
	got, err := conformance.ReadDevice(bytes.NewReader(text.Bytes()), "device.yaml")
	if err != nil {
		t.Fatalf("%v\n%s", err, text.String())
	}
	if diff := cmp.Diff(*want, got.Inventory, sameZone); diff != "" || !got.Ask {
		t.Errorf("%s\n%s", diff, text.String())
	}
}

// TestDeviceFileHead takes the comments of the head for what they explain.
func TestDeviceFileHead(t *testing.T) {
	var text bytes.Buffer
	if err := conformance.WriteDevice(&text, &iec104test.Inventory{}); err != nil {
		t.Fatal(err)
	}
	var example strings.Builder
	for line := range strings.Lines(text.String()) {
		rest, commented := strings.CutPrefix(line, "# ")
		if commented && (strings.Contains(rest, ": ") || strings.HasSuffix(strings.TrimSpace(rest), ":") || strings.HasPrefix(rest, " ")) &&
			!strings.HasPrefix(rest, "Points may") && !strings.HasPrefix(rest, "mode:") && !strings.HasPrefix(rest, "an object") {
			example.WriteString(rest)
		}
	}
	d, err := conformance.ReadDevice(strings.NewReader(example.String()), "head")
	if err != nil {
		t.Fatalf("%v\n%s", err, example.String())
	}
	if len(d.Inventory.Controls) != 1 || len(d.Inventory.Parameters) != 1 || len(d.Inventory.Files) != 1 || d.Ask || !d.OneGroup || !d.Inventory.Extended {
		t.Errorf("%+v", d)
	}
}

func TestDeviceFileMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"common_addresses: [0]":                                                     "common_addresses: 0: must be 1 to 65534",
		"common_addresses: [1]\npoint: []":                                          `unknown field "point"`,
		"points:\n  - {address: 1, type: M_XX}":                                     `"M_XX" is no type identification`,
		"points:\n  - {address: 0, type: M_SP_NA_1}":                                "points, item 1: address 0: must be 1 to 16777215",
		"points:\n  - {address: 1, type: M_SP_NA_1, groups: [17]}":                  "points, item 1: groups [17]: must be 1 to 16",
		"points:\n  - {address: 1}":                                                 "points, item 1: type is missing",
		"counters:\n  - {address: 1, type: M_IT_NA_1, mode: E}":                     `counters, item 1: mode "E": must be A, B, C or D`,
		"counters:\n  - {address: 1, type: M_IT_NA_1, group: 5}":                    "counters, item 1: group 5: must be 1 to 4",
		"controls:\n  - {address: 1, types: [M_SP_NA_1], direct: true}":             "M_SP_NA_1 is no command",
		"controls:\n  - {address: 1, types: [C_SC_NA_1]}":                           "say direct: true, select: true, or both",
		"controls:\n  - {address: 1, direct: true}":                                 "types is missing",
		"controls:\n  - {address: 1, types: [45], direct: true, pulses: [32]}":      "pulse 32: must be 0 to 31",
		"controls:\n  - {address: 1, types: [45], direct: true, select_timeout: 5}": `"5" is no time span`,
		"parameters:\n  - {address: 1, type: M_SP_NA_1}":                            "must be P_ME_NA_1",
		// What no value can be says what it must be, and where it stands.
		"common_addresses: [x]":                                             `[1:20] "x" is no whole number`,
		"common_addresses: [1.5]":                                           `[1:20] "1.5" is no whole number`,
		"common_addresses: [70000]":                                         "common_addresses: 70000: must be 1 to 65534",
		"common_addresses: 5":                                               "[1:19] a list is wanted here",
		"event_buffer: 99999999999999999999":                                "[1:15] 99999999999999999999 is too large a number",
		"event_buffer: 9999999999":                                          "must be 1073741824 at most",
		"points: [5]":                                                       "[1:10] keys and values are wanted here",
		"points: [{address: [1], type: 1}]":                                 "a list cannot stand here: write a whole number",
		"points: [{address: 1, type: !!str 1}]":                             "a tag cannot stand here: write a type identification",
		"points: [{address: 99999999999, type: 1}]":                         "points, item 1: address 99999999999: must be 1 to 16777215",
		"points: [{address: 1, type: 1, cyclic: {a: 1}}]":                   "a section cannot stand here: write a time span",
		"points: [{address: 1, type: 300}]":                                 `[1:29] "300" is no type identification`,
		"points: [{address: 1, type: 1, deadband: .inf}]":                   `".inf" is no number that can be used here`,
		"points: [{address: 1, type: 1, deadband: -1}]":                     "deadband -1: must not be negative",
		"points: [{address: 1, type: 1, not_interrogated: perhaps}]":        `"perhaps" is neither true nor false`,
		"controls: [{address: 1, types: [45], feedback: -1}]":               "controls, item 1: feedback -1: must be 0 to 16777215",
		"parameters: [{address: 1, type: 110, kinds: [64]}]":                "parameters, item 1: kind 64: must be 0 to 63",
		"parameters: [{address: 1, type: 110, activations: [256]}]":         "parameters, item 1: activation 256: must be 0 to 255",
		"files: [{address: 1, name: 70000}]":                                "files, item 1: name 70000: must be 0 to 65535",
		"private: [300]":                                                    "private types are 128 to 255",
		"zone: [UTC]":                                                       "a list cannot stand here: write a name",
		"zone: Atlantis":                                                    `"Atlantis" is no time zone`,
		"private: [127]":                                                    "private types are 128 to 255",
		"event_buffer: -1":                                                  "must not be negative",
		"common_addresses: [1":                                              "device.yaml",
		"points:\n  - {station: 65535, address: 1, type: M_SP_NA_1}":        "station 65535: must be 1 to 65534",
		"points: [" + strings.Repeat("{address: 1, type: 1},", 1<<16) + "]": "more than 1048576 octets",
	} {
		_, err := conformance.ReadDevice(strings.NewReader(text), "device.yaml")
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "device.yaml") {
			t.Errorf("%.60q: got %v, want %s", text, err, want)
		}
		if err != nil && (strings.Contains(err.Error(), "unmarshal") || strings.Contains(err.Error(), "Go ") || strings.Contains(err.Error(), "strconv")) {
			t.Errorf("%.60q: %v speaks of the program, not of the file", text, err)
		}
	}
}

// TestDeviceFileNumbers reads numbers in the forms that YAML has.
func TestDeviceFileNumbers(t *testing.T) {
	d, err := conformance.ReadDevice(strings.NewReader("points: [{address: 0x65, type: 1, deadband: 0x10}, {address: '7', type: '30'}, {address: &a 8.0, type: M_SP_NA_1}, {address: 9, type: &t 3}, {address: 10, type: *t}]"), "device.yaml")
	if err != nil {
		t.Fatal(err)
	}
	want := []iec104test.Point{
		{CommonAddress: 1, Address: 101, Type: asdu.M_SP_NA_1, Deadband: 16},
		{CommonAddress: 1, Address: 7, Type: asdu.M_SP_TB_1},
		{CommonAddress: 1, Address: 8, Type: asdu.M_SP_NA_1},
		{CommonAddress: 1, Address: 9, Type: asdu.M_DP_NA_1},
		{CommonAddress: 1, Address: 10, Type: asdu.M_DP_NA_1},
	}
	if diff := cmp.Diff(want, d.Inventory.Points); diff != "" {
		t.Error(diff)
	}
}

// FuzzReadDevice reads anything: what is taken can be written and read again.
func FuzzReadDevice(f *testing.F) {
	for _, seed := range []string{
		"", "5", "points: [{address: 0x65, type: M_SP_NA_1, groups: [1], cyclic: 5s, deadband: 1e2}]", "common_addresses: &a [1]\nprivate: *a",
		"controls:\n  - {address: 1, types: [45], direct: true, select_timeout: 1m, value: -0.5}", "overflow: {address: 1}\nzone: Europe/Berlin",
		"counters: [{address: 1, type: 15, mode: D, group: 4}]\nask: false", "files: [{address: 1, name: 1, writable: yes}]", "points: !!binary x", "? a\n: b",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := conformance.ReadDevice(strings.NewReader(text), "device.yaml")
		if err != nil {
			if !strings.HasPrefix(err.Error(), "device.yaml") {
				t.Error(err)
			}
			return
		}
		var again bytes.Buffer
		if err := conformance.WriteDevice(&again, &d.Inventory); err != nil {
			t.Fatal(err)
		}
		got, err := conformance.ReadDevice(bytes.NewReader(again.Bytes()), "device.yaml")
		if err != nil {
			t.Fatalf("%v\n%s", err, again.String())
		}
		if diff := cmp.Diff(d.Inventory, got.Inventory, sameZone, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s\n%s", diff, again.String())
		}
	})
}

// TestDeviceFileCompletes has the file win where it and the station differ.
func TestDeviceFileCompletes(t *testing.T) {
	d, err := conformance.ReadDevice(strings.NewReader("points:\n  - {address: 1, type: M_SP_NA_1, cyclic: 5s}"), "device.yaml")
	if err != nil {
		t.Fatal(err)
	}
	got := d.Complete(&iec104test.Inventory{
		CommonAddresses: []asdu.CommonAddress{1},
		Points: []iec104test.Point{
			{CommonAddress: 1, Address: 1, Type: asdu.M_SP_NA_1},
			{CommonAddress: 1, Address: 2, Type: asdu.M_DP_NA_1},
		},
		Counters: []iec104test.Counter{{CommonAddress: 1, Address: 3, Type: asdu.M_IT_NA_1}},
	})
	want := &iec104test.Inventory{
		CommonAddresses: []asdu.CommonAddress{1},
		Points: []iec104test.Point{
			{CommonAddress: 1, Address: 1, Type: asdu.M_SP_NA_1, Cyclic: 5 * time.Second},
			{CommonAddress: 1, Address: 2, Type: asdu.M_DP_NA_1},
		},
		Counters: []iec104test.Counter{{CommonAddress: 1, Address: 3, Type: asdu.M_IT_NA_1}},
	}
	if diff := cmp.Diff(want, got, sameZone); diff != "" {
		t.Error(diff)
	}
}
