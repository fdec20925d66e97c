package symbol_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stellwerk/ads/symbol"
)

// plant declares a little of everything.
func plant(layout symbol.Layout) *symbol.Declaration {
	d := symbol.NewDeclaration(layout)
	d.Enum("E_State", "INT",
		symbol.EnumValue{Name: "Idle"}, symbol.EnumValue{Name: "Run", Value: 10, Comment: "moving"}, symbol.EnumValue{Name: "Fault", Value: -1})
	d.Structure("ST_Inner",
		symbol.Var("bOn", "BOOL"), symbol.Var("fX", "LREAL"), symbol.Var("nCount", "INT")).Comment("inner")
	d.Structure("ST_Axis",
		symbol.Var("eState", "E_State"),
		symbol.Var("aInner", "ARRAY [1..2] OF ST_Inner"),
		symbol.Var("sName", "STRING(10)"),
		symbol.Member{Name: "sUtf", Type: "STRING(10)", Attributes: []symbol.Attribute{{Name: "TcEncoding", Value: "UTF-8"}}},
		symbol.Var("wName", "WSTRING(5)"),
		symbol.Var("tDelay", "TIME"),
		symbol.Var("b0", "BIT"), symbol.Var("b1", "BIT"), symbol.Var("b2", "BIT"),
		symbol.Var("pNext", "POINTER TO ST_Axis"),
		symbol.Var("aMatrix", "ARRAY [0..1,-1..1] OF DINT"),
	)
	d.Union("U_Word", symbol.Var("nWord", "WORD"), symbol.Var("aByte", "ARRAY [0..1] OF BYTE"))
	d.Alias("T_Name", "STRING(20)")
	d.FunctionBlock("FB_Pump", symbol.In("bEnable", "BOOL"), symbol.Out("nSpeed", "UINT")).
		Method("Add", "DINT", symbol.In("a", "DINT"), symbol.In("b", "DINT")).
		Method("Stop", "")
	d.Symbol("MAIN.aAxis", "ARRAY [1..4] OF ST_Axis").Comment("all axes")
	d.Symbol("MAIN.fbPump", "FB_Pump")
	d.Symbol("GVL.uWord", "U_Word")
	d.Symbol("GVL.sName", "T_Name")
	d.Symbol("GVL.nPercent", "INT (0..100)")
	d.Symbol("GVL.bIn", "BOOL").At("%IX2.3")
	d.Symbol("GVL.nOut", "UINT").At("%QW4")
	d.Symbol("GVL.dtNow", "DT")
	d.Symbol("GVL.dNow", "DATE")
	d.Symbol("GVL.tod", "TOD")
	d.Symbol("GVL.lt", "LTIME")
	d.Symbol("GVL.ldt", "LDT")
	d.Symbol("GVL.pv", "PVOID")
	return d
}

func mustTable(t testing.TB, d *symbol.Declaration) *symbol.Table {
	t.Helper()
	table, err := d.Table()
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func TestDeclarationSurvivesUpload(t *testing.T) {
	for name, layout := range map[string]symbol.Layout{"TwinCAT 3": symbol.TwinCAT3, "TwinCAT 2": symbol.TwinCAT2} {
		t.Run(name, func(t *testing.T) {
			table := mustTable(t, plant(layout))
			upload, err := table.Upload(symbol.UTF8)
			if err != nil {
				t.Fatal(err)
			}
			read, err := symbol.ReadUpload(upload, &symbol.TypesOptions{PointerSize: layout.PointerSize})
			if err != nil {
				t.Fatal(err)
			}
			for _, err := range read.Types().All() {
				if err != nil {
					t.Error(err)
				}
			}
			again, err := read.Upload(symbol.UTF8)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(upload, again); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestLayout(t *testing.T) {
	type place struct{ Offset, Bit, Size uint32 }
	cases := map[string]struct {
		layout symbol.Layout
		want   map[string]place
		size   uint32
	}{
		// LREAL is aligned to 8, so ST_Inner has 24 octets.
		"TwinCAT 3": {symbol.TwinCAT3, map[string]place{
			"eState": {0, 0, 2}, "aInner": {8, 0, 48}, "sName": {56, 0, 11}, "sUtf": {67, 0, 11}, "wName": {78, 0, 12},
			"tDelay": {92, 0, 4}, "b0": {96, 0, 1}, "b1": {96, 1, 1}, "b2": {96, 2, 1}, "pNext": {104, 0, 8}, "aMatrix": {112, 0, 24},
		}, 136},
		// No gaps: ST_Inner has 11 octets.
		"TwinCAT 2": {symbol.TwinCAT2, map[string]place{
			"eState": {0, 0, 2}, "aInner": {2, 0, 22}, "sName": {24, 0, 11}, "sUtf": {35, 0, 11}, "wName": {46, 0, 12},
			"tDelay": {58, 0, 4}, "b0": {62, 0, 1}, "b1": {62, 1, 1}, "b2": {62, 2, 1}, "pNext": {63, 0, 4}, "aMatrix": {67, 0, 24},
		}, 91},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			axis, err := mustTable(t, plant(c.layout)).Types().Resolve("st_axis")
			if err != nil {
				t.Fatal(err)
			}
			got := make(map[string]place)
			for _, field := range axis.Fields {
				got[field.Name] = place{field.Offset, uint32(field.Bit), field.Type.Size}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
			if axis.Size != c.size {
				t.Errorf("size %d, want %d", axis.Size, c.size)
			}
		})
	}
}

func axisValue() symbol.Struct {
	inner := func(x float64) symbol.Struct {
		return symbol.Struct{Fields: []symbol.FieldValue{{"bOn", true}, {"fX", x}, {"nCount", int16(-3)}}}
	}
	return symbol.Struct{Fields: []symbol.FieldValue{
		{"eState", symbol.Enum{Name: "Run", Value: 10}},
		{"aInner", []any{inner(1.5), inner(-2)}},
		{"sName", "Größe €"},
		{"sUtf", "Größe"},
		{"wName", "a€😀"},
		{"tDelay", 1500 * time.Millisecond},
		{"b0", true},
		{"b1", false},
		{"b2", true},
		{"pNext", symbol.Address(0x1234)},
		{"aMatrix", []any{[]any{int32(1), int32(2), int32(3)}, []any{int32(4), int32(5), int32(-6)}}},
	}}
}

func TestValueRoundTrip(t *testing.T) {
	for _, layout := range []symbol.Layout{symbol.TwinCAT3, symbol.TwinCAT2} {
		axis, err := mustTable(t, plant(layout)).Types().Resolve("ST_Axis")
		if err != nil {
			t.Fatal(err)
		}
		data, err := axis.Encode(axisValue())
		if err != nil {
			t.Fatal(err)
		}
		got, err := axis.Decode(data)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(any(axisValue()), got); diff != "" {
			t.Error(diff)
		}
	}
}

type pumpGo struct {
	Speed   float32       `ads:"fSpeed" comment:"rpm"`
	Name    string        `ads:"sName,STRING(20)"`
	Delay   time.Duration `ads:"tDelay"`
	Trend   [3]int16      `ads:"aTrend"`
	Inner   innerGo
	Hidden  chan int `ads:"-"`
	private int
}

func TestDeclareGo(t *testing.T) {
	d := symbol.NewDeclaration(symbol.TwinCAT3)
	if name := d.Go("ST_Pump", &pumpGo{private: 1}); name != "ST_Pump" {
		t.Error(name)
	}
	d.Symbol("MAIN.stPump", "ST_Pump")
	table := mustTable(t, d)
	v, err := table.Find("MAIN.stPump.Inner.nCount")
	if err != nil || v.Type.Kind != symbol.KindInt64 {
		t.Fatal(v, err)
	}
	if speed, err := table.Find("MAIN.stPump.fSpeed"); err != nil || speed.Comment != "rpm" {
		t.Error(speed, err)
	}
	pump, err := table.Types().Resolve("ST_Pump")
	if err != nil {
		t.Fatal(err)
	}
	value := pumpGo{Speed: 1.5, Name: "x", Delay: time.Second, Trend: [3]int16{1, 2, 3}, Inner: innerGo{Count: -1}}
	data, err := pump.Encode(value)
	if err != nil {
		t.Fatal(err)
	}
	var got pumpGo
	if err := pump.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(value, got, cmp.AllowUnexported(pumpGo{})); diff != "" {
		t.Error(diff)
	}
}

func TestDeclarationTells(t *testing.T) {
	for want, declare := range map[string]func(d *symbol.Declaration){
		"type ST_A: x: type ST_A contains itself":               func(d *symbol.Declaration) { d.Structure("ST_A", symbol.Var("x", "ST_A")) },
		`type ST_A: x: there is no type "DNIT"; is it DINT?`:    func(d *symbol.Declaration) { d.Structure("ST_A", symbol.Var("x", "DNIT")) },
		"type st_a is declared twice":                           func(d *symbol.Declaration) { d.Structure("ST_A"); d.Union("st_a") },
		"type INT is built in":                                  func(d *symbol.Declaration) { d.Alias("INT", "DINT") },
		"type ST_A: the field X is declared twice":              func(d *symbol.Declaration) { d.Structure("ST_A", symbol.Var("x", "INT"), symbol.Var("X", "INT")) },
		`type ST_A: "a.b" is no name of a field`:                func(d *symbol.Declaration) { d.Structure("ST_A", symbol.Var("a.b", "INT")) },
		"type E_A: big: value (INT): 40000 is out of range":     func(d *symbol.Declaration) { d.Enum("E_A", "", symbol.EnumValue{Name: "big", Value: 40000}) },
		"type E_A: an enumeration of REAL, which is no integer": func(d *symbol.Declaration) { d.Enum("E_A", "REAL", symbol.EnumValue{Name: "x"}) },
		"type ST_A: it extends ST_B, which is no structure":     func(d *symbol.Declaration) { d.Structure("ST_A").Extends("ST_B") },
		`the attribute pack_mode is "3"`:                        func(d *symbol.Declaration) { d.Structure("ST_A").Attribute("pack_mode", "3") },
		"symbol main.X is declared twice":                       func(d *symbol.Declaration) { d.Symbol("MAIN.x", "INT"); d.Symbol("main.X", "INT") },
		`symbol MAIN.x: "%QZ4" is no direct address`:            func(d *symbol.Declaration) { d.Symbol("MAIN.x", "INT").At("%QZ4") },
		"symbol MAIN.x: a INT does not fit into one bit":        func(d *symbol.Declaration) { d.Symbol("MAIN.x", "INT").At("%QX4.1") },
		"symbol MAIN.b: the index group 0x4040 is full": func(d *symbol.Declaration) {
			d.Symbol("MAIN.a", "ARRAY [1..4000000000] OF BYTE")
			d.Symbol("MAIN.b", "ARRAY [1..4000000000] OF BYTE")
		},
		"a Go int declares no type, a struct does":                           func(d *symbol.Declaration) { d.Go("X", 5) },
		"field A of the Go struct { A []int }: a Go []int has no fixed size": func(d *symbol.Declaration) { d.Go("X", struct{ A []int }{}) },
		"type FB_A: method m: parameter p: there is no type":                 func(d *symbol.Declaration) { d.FunctionBlock("FB_A").Method("m", "", symbol.In("p", "NIX")) },
		"more than 4294967295 octets":                                        func(d *symbol.Declaration) { d.Symbol("MAIN.a", "ARRAY [1..2000000000] OF LREAL") },
	} {
		d := symbol.NewDeclaration(symbol.Layout{})
		declare(d)
		if _, err := d.Table(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func TestExtendsAndPack(t *testing.T) {
	d := symbol.NewDeclaration(symbol.TwinCAT3)
	d.FunctionBlock("FB_Base", symbol.Var("a", "BYTE"))
	d.FunctionBlock("FB_More", symbol.Var("b", "LREAL")).Extends("FB_Base")
	d.Structure("ST_Tight", symbol.Var("a", "BYTE"), symbol.Var("b", "LREAL")).Attribute("pack_mode", "1")
	d.Structure("ST_Node", symbol.Var("pSelf", "POINTER TO ST_Node"), symbol.Var("p2", "POINTER TO ST_Other"))
	d.Structure("ST_Other", symbol.Var("pBack", "POINTER TO ST_Node"))
	table := mustTable(t, d)
	for name, want := range map[string]string{"FB_More": "a@8 b@16 of 24", "ST_Tight": "a@0 b@1 of 9", "ST_Node": "pSelf@0 p2@8 of 16"} {
		typ, err := table.Types().Resolve(name)
		if err != nil {
			t.Error(err)
			continue
		}
		var got strings.Builder
		for _, f := range typ.Fields {
			fmt.Fprintf(&got, "%s@%d ", f.Name, f.Offset)
		}
		fmt.Fprintf(&got, "of %d", typ.Size)
		if got.String() != want {
			t.Errorf("%s: %s, want %s", name, got.String(), want)
		}
	}
}

func TestDeclareVariables(t *testing.T) {
	d := symbol.NewDeclaration(symbol.TwinCAT3)
	d.Enum("E_Mode", "").Comment("empty") // refused below
	if _, err := d.Table(); err == nil || !strings.Contains(err.Error(), "type E_Mode: an enumeration without names") {
		t.Error(err)
	}
	d = symbol.NewDeclaration(symbol.TwinCAT3)
	d.Variables("GVL", symbol.Var("nA", "INT"), symbol.Member{Name: "nB", Type: "DINT", Comment: "b", Attributes: []symbol.Attribute{{Name: "unit", Value: "V"}}})
	d.Symbol("GVL.nIn", "UINT").Group(symbol.GroupInput).Flags(symbol.FlagReadOnly|symbol.FlagPersistent).Attribute("k", "v")
	guid, err := symbol.ParseGUID("{00112233-4455-6677-8899-AABBCCDDEEFF}")
	if err != nil {
		t.Fatal(err)
	}
	node := d.Structure("ST_G", symbol.Var("a", "BYTE")).GUID(guid).Comment("with a GUID")
	d.Symbol("GVL.stG", node.Name())
	table := mustTable(t, d)
	b := table.Entry("gvl.nb")
	if unit, ok := b.Attribute("UNIT"); !ok || unit != "V" || b.Comment != "b" || b.IndexOffset != 4 {
		t.Errorf("%+v", b)
	}
	if in := table.Entry("GVL.nIn"); in.IndexGroup != 0xF020 || in.Flags.String() != "persistent, read only" {
		t.Errorf("%+v", in)
	}
	if g := table.Entry("GVL.stG"); g.TypeGUID != guid {
		t.Errorf("%+v", g)
	}
	if typ, err := table.Types().Resolve("ST_G"); err != nil || typ.GUID != guid || typ.Comment != "with a GUID" || typ.BitSize() != 8 {
		t.Error(typ, err)
	}
	if table.Len() != 4 || len(table.Entries()) != 4 {
		t.Error(table.Len())
	}
}

// A type that is written in several ways has one entry: clients keep them by name.
func TestDeclarationTypesOnce(t *testing.T) {
	d := symbol.NewDeclaration(symbol.TwinCAT3)
	d.Text("VAR_GLOBAL a : STRING; b : STRING(80); c : string ( 80 ); d : ARRAY [0..1,2..3] OF INT; e : ARRAY[0..1, 2..3] OF INT; END_VAR", "G")
	table, err := d.Table()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for typ, err := range table.Types().All() {
		if err != nil {
			t.Fatal(err)
		}
		if seen[typ.Name]++; seen[typ.Name] > 1 {
			t.Errorf("%s has %d entries", typ.Name, seen[typ.Name])
		}
	}
	upload, err := table.Upload(symbol.UTF8)
	if err != nil {
		t.Fatal(err)
	}
	if upload.Info.Types != 3 {
		t.Errorf("%d types are uploaded, want STRING(80), the array and INT", upload.Info.Types)
	}
}
