package symbol_test

import (
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
