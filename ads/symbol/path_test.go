package symbol_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stellwerk/ads/symbol"
)

func TestFind(t *testing.T) {
	table := mustTable(t, plant(symbol.TwinCAT3))
	axis := table.Entry("main.aaxis")
	if axis == nil || axis.Comment != "all axes" || axis.Size != 4*136 {
		t.Fatal(axis)
	}
	base := axis.IndexOffset
	cases := []struct {
		path, name string
		group      uint32
		offset     uint32
		size       uint32
		bit        uint8
		typ        string
	}{
		{"MAIN.aAxis", "MAIN.aAxis", 0x4040, base, 544, 0, "ARRAY [1..4] OF ST_Axis"},
		{" main.AAXIS[2].FX ", "", 0, 0, 0, 0, ""},
		{"main.AAXIS[2].estate", "MAIN.aAxis[2].eState", 0x4040, base + 136, 2, 0, "E_State"},
		{"MAIN.aAxis[4].aInner[2].fX", "MAIN.aAxis[4].aInner[2].fX", 0x4040, base + 3*136 + 8 + 24 + 8, 8, 0, "LREAL"},
		{"MAIN.aAxis[1].aMatrix[1,0]", "MAIN.aAxis[1].aMatrix[1,0]", 0x4040, base + 112 + 4*4, 4, 0, "DINT"},
		{"MAIN.aAxis[1].aMatrix[ 1 ][0]", "MAIN.aAxis[1].aMatrix[1,0]", 0x4040, base + 112 + 4*4, 4, 0, "DINT"},
		{"MAIN.aAxis[1].b2", "MAIN.aAxis[1].b2", 0x4040, base + 96, 1, 2, "BIT"},
		{"GVL.bIn", "GVL.bIn", 0xF021, 19, 1, 0, "BOOL"},
		{"GVL.nOut", "GVL.nOut", 0xF030, 8, 2, 0, "UINT"},
		{"GVL.uWord.aByte[1]", "GVL.uWord.aByte[1]", 0x4040, table.Entry("GVL.uWord").IndexOffset + 1, 1, 0, "BYTE"},
	}
	for _, c := range cases {
		v, err := table.Find(c.path)
		if c.name == "" {
			if err == nil {
				t.Errorf("%s: found", c.path)
			}
			continue
		}
		if err != nil {
			t.Error(err)
			continue
		}
		if v.Name != c.name || v.IndexGroup != c.group || v.IndexOffset != c.offset || v.Size != c.size || v.Bit != c.bit || v.Type.Name != c.typ {
			t.Errorf("%s: %s %#x:%d size %d bit %d %s", c.path, v.Name, v.IndexGroup, v.IndexOffset, v.Size, v.Bit, v.Type)
		}
		// An address leads back to the name, but for bits and what begins with its whole.
		if back, ok := table.At(v.IndexGroup, v.IndexOffset, v.Size); v.Bit == 0 && (!ok || back.Name != v.Name) && c.typ != "BYTE" {
			t.Errorf("%s: its address is that of %s", v.Name, back.Name)
		}
	}
	for path, want := range map[string]string{
		"MAIN.aAxes":                 `there is no symbol "MAIN.aAxes"; is it MAIN.aAxis?`,
		"MAIN.aAxes[2].eState":       "is it MAIN.aAxis?",
		"MAIN.aAxis[0]":              "MAIN.aAxis: the index 0 is outside of 1..4",
		"MAIN.aAxis[5].eState":       "the index 5 is outside of 1..4",
		"MAIN.aAxis[1].eStat":        `there is no field "eStat" in MAIN.aAxis[1], a ST_Axis; is it eState?`,
		"MAIN.aAxis[1].aMatrix[1]":   "1 of 2 indices are missing",
		"MAIN.aAxis[1].pNext.eState": "goes through a pointer, which only the device can follow",
		"MAIN.aAxis[1].pNext^":       "goes through a pointer",
		"MAIN.aAxis[x]":              `"x" is no index`,
		"MAIN.aAxis[1":               "the ] is missing",
		"MAIN.aAxis[1]eState":        `"eState" cannot follow it`,
		"GVL.nOut[0]":                "its type UINT is no array",
		"GVL.nOut.x":                 `there is no field "x" in GVL.nOut`,
		"":                           `there is no symbol ""`,
		"[":                          `there is no symbol "["`,
	} {
		if v, err := table.Find(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, %v, want %q", path, v.Name, err, want)
		}
	}
}

func TestBitsThroughVariable(t *testing.T) {
	table := mustTable(t, plant(symbol.TwinCAT3))
	v, err := table.Find("MAIN.aAxis[1].b2")
	if err != nil || !v.IsBit() {
		t.Fatal(v, err)
	}
	data := []byte{0b0000_0011}
	if got, err := v.Decode(data); err != nil || got != false {
		t.Error(got, err)
	}
	if err := v.EncodeInto(data, true); err != nil || data[0] != 0b111 {
		t.Error(data, err)
	}
	var b bool
	if err := v.Unmarshal(data, &b); err != nil || !b {
		t.Error(b, err)
	}
}

func TestChildren(t *testing.T) {
	table := mustTable(t, plant(symbol.TwinCAT3))
	list := func(path string, limit int) string {
		children, err := table.Children(path, limit)
		if err != nil {
			t.Error(err)
		}
		var names []string
		for _, c := range children {
			name := c.Path
			if !c.Leaf {
				name += "…"
			}
			names = append(names, name)
			if found, err := table.Find(c.Path); c.Type != nil && (err != nil || found.Name != c.Path || found.Type != c.Type) {
				t.Errorf("%s: %v, %v", c.Path, found.Name, err)
			}
		}
		return strings.Join(names, " ")
	}
	for path, want := range map[string]string{
		"":                     "MAIN… GVL…",
		"main":                 "main.aAxis… main.fbPump…",
		"MAIN.fbPump":          "MAIN.fbPump.bEnable MAIN.fbPump.nSpeed",
		"MAIN.aAxis[2].aInner": "MAIN.aAxis[2].aInner[1]… MAIN.aAxis[2].aInner[2]…",
		"GVL.nOut":             "",
	} {
		if path == "main" {
			path, want = "MAIN", strings.ReplaceAll(want, "main", "MAIN")
		}
		if got := list(path, 0); got != want {
			t.Errorf("%q: %s, want %s", path, got, want)
		}
	}
	if got := list("GVL", 2); got != "GVL.uWord… GVL.sName" {
		t.Error(got)
	}
	if children, err := symbol.NewTable(make([]symbol.Entry, 1), nil).Children("", 0); err != nil || len(children) != 0 {
		t.Error(children, err)
	}
	if _, err := table.Children("GVL.x.y", 0); err == nil {
		t.Error("no error")
	}
}

// Inputs and outputs within a function block are symbols of their own beside it.
func TestChildrenOfSymbolsWithinSymbols(t *testing.T) {
	d := plant(symbol.TwinCAT3)
	d.Symbol("MAIN.fbPump.nSpeed", "UINT").At("%QW10")
	d.Symbol("MAIN.fbPump.bHidden", "BOOL")
	table := mustTable(t, d)
	children, err := table.Children("MAIN.fbPump", 0)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range children {
		got = append(got, fmt.Sprint(c.Path, " ", c.Type, " ", c.Symbol != nil))
	}
	want := []string{"MAIN.fbPump.bEnable BOOL false", "MAIN.fbPump.nSpeed UINT true", "MAIN.fbPump.bHidden BOOL true"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	// Of what lies within a symbol, behind many others in it, the address tells the name.
	for i := range 100 {
		d.Symbol(fmt.Sprintf("MAIN.nInner%d", i), "BYTE").Address(0x5000, uint32(i))
	}
	d.Symbol("MAIN.aOuter", "ARRAY [0..999] OF UINT").Address(0x5000, 0)
	if v, ok := mustTable(t, d).At(0x5000, 1000, 2); !ok || v.Name != "MAIN.aOuter[500]" {
		t.Error(v.Name, ok)
	}
	// The address of the symbol is the one that counts.
	if v, err := table.Find("MAIN.fbPump.nSpeed"); err != nil || v.IndexGroup != 0xF030 || v.IndexOffset != 20 {
		t.Error(v, err)
	}
}

func TestLeaves(t *testing.T) {
	var got []string
	for leaf := range mustType(t, "ST_Axis").Leaves(13) {
		got = append(got, fmt.Sprintf("%s@%d.%d %s", leaf.Path, leaf.Offset, leaf.Bit, leaf.Type))
	}
	want := []string{
		".eState@0.0 E_State", ".aInner[1].bOn@8.0 BOOL", ".aInner[1].fX@16.0 LREAL", ".aInner[1].nCount@24.0 INT",
		".aInner[2].bOn@32.0 BOOL", ".aInner[2].fX@40.0 LREAL", ".aInner[2].nCount@48.0 INT", ".sName@56.0 STRING(10)",
		".sUtf@67.0 STRING(10)", ".wName@78.0 WSTRING(5)", ".tDelay@92.0 TIME", ".b0@96.0 BIT", ".b1@96.1 BIT",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
