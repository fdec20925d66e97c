package symbol_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stellwerk/ads/symbol"
)

const plantText = `
{attribute 'qualified_only'}
{attribute 'strict'}
TYPE E_State :
(
	Idle, // nothing to do
	Run := 10,
	Fault
) UINT := Idle;
END_TYPE

TYPE ST_Base : STRUCT nId : UDINT; END_STRUCT END_TYPE
(* an axis,
   of many *)
TYPE ST_Axis EXTENDS ST_Base :
STRUCT
	eState : E_State := E_State.Idle; // what it does
	{attribute 'unit' := 'mm'}
	a, b : ARRAY [0..1, 1..2] OF LREAL := [4(0)];
	sText : STRING(10) := 'a;b // c'; (* a text *)
	pNext : POINTER TO ST_Axis;
END_STRUCT
END_TYPE
TYPE T_Name : STRING(20); END_TYPE
TYPE U_Word : UNION n : WORD; b : ARRAY [0..1] OF BYTE; END_UNION END_TYPE

FUNCTION_BLOCK PUBLIC FB_Pump EXTENDS FB_Base IMPLEMENTS I_A, I_B
VAR_INPUT
	bEnable : BOOL;
END_VAR
VAR_OUTPUT nSpeed : INT (0..3000); END_VAR
VAR_TEMP i : INT; END_VAR
METHOD PUBLIC Add : DINT
VAR_INPUT
	a, b : DINT;
END_VAR
VAR_OUTPUT bOver : BOOL; END_VAR
VAR x : INT; END_VAR
END_METHOD
METHOD Stop
END_FUNCTION_BLOCK
FUNCTION_BLOCK FB_Base VAR nBase : INT; END_VAR END_FUNCTION_BLOCK

PROGRAM MAIN
VAR
	aAxis : ARRAY [1..4] OF ST_Axis; // all of them
	fbPump : FB_Pump;
	bIn AT %IX2.3 : BOOL;
END_VAR
END_PROGRAM
VAR_GLOBAL PERSISTENT
	{attribute 'TcEncoding' := 'UTF-8'}
	sName : T_Name;
END_VAR`

func TestDeclareText(t *testing.T) {
	d := symbol.NewDeclaration(symbol.TwinCAT3)
	d.Text(plantText, "GVL")
	table := mustTable(t, d)
	got := map[string]string{}
	for e := range table.Symbols() {
		got[e.Name] = fmt.Sprintf("%s %#x:%d %q", e.Type, e.IndexGroup, e.IndexOffset, e.Comment)
	}
	want := map[string]string{
		"MAIN.aAxis":  `ARRAY [1..4] OF ST_Axis 0x4040:0 "all of them"`,
		"MAIN.fbPump": `FB_Pump 0x4040:384 ""`,
		"MAIN.bIn":    `BOOL 0xf021:19 ""`,
		"GVL.sName":   `T_Name 0x4040:400 ""`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	axis, err := table.Types().Resolve("ST_Axis")
	if err != nil {
		t.Fatal(err)
	}
	var fields []string
	for _, f := range axis.Fields {
		fields = append(fields, fmt.Sprintf("%s %s %q %v", f.Name, f.Type, f.Comment, f.Attributes))
	}
	if diff := cmp.Diff([]string{
		`nId UDINT "" []`, `eState E_State "what it does" []`, `a ARRAY [0..1,1..2] OF LREAL "" [{unit mm}]`,
		`b ARRAY [0..1,1..2] OF LREAL "" [{unit mm}]`, `sText STRING(10) "a text" []`, `pNext POINTER TO ST_Axis "" []`,
	}, fields); diff != "" {
		t.Error(diff)
	}
	state, err := table.Types().Resolve("E_State")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]symbol.EnumValue{{Name: "Idle", Comment: "nothing to do"}, {Name: "Run", Value: 10}, {Name: "Fault", Value: 11}}, state.Enum); diff != "" {
		t.Error(diff)
	}
	if _, ok := state.Attribute("strict"); !ok || state.Base.Kind != symbol.KindUint16 {
		t.Error(state.Attributes, state.Base)
	}
	pump, err := table.Types().Resolve("FB_Pump")
	if err != nil || len(pump.Fields) != 3 || len(pump.Methods) != 2 {
		t.Fatal(pump, err)
	}
	add, err := table.Types().Signature(pump.Method("Add"))
	if err != nil || add.In.Size != 8 || add.Out.Size != 5 || add.Return.Kind != symbol.KindInt32 {
		t.Error(add, err)
	}
	name, err := table.Find("GVL.sName")
	if err != nil || name.Type.CodePage != symbol.UTF8 {
		t.Error(name, err)
	}
}

func TestDeclareTextTells(t *testing.T) {
	for text, want := range map[string]string{
		"TYPE X : INT;\nFOO":                            "line 2: the end instead of : behind FOO",
		"TYPE ST_A : STRUCT a INT; END_STRUCT END_TYPE": `line 1: "INT; END_STRUCT END_TYPE" instead of : behind a`,
		"TYPE ST_A : STRUCT\n a : INT":                  "line 2: the end instead of :=",
		"(* no end":                                     "line 1: a comment does not end",
		"{ no end":                                      "line 1: a pragma does not end",
		"\n\nPROGRAMM MAIN":                             `line 3: "PROGRAMM MAIN" instead of TYPE,`,
		"METHOD m : INT":                                "METHOD m stands behind no FUNCTION_BLOCK",
		"VAR a : INT; END_VAR":                          "VAR belongs to no PROGRAM",
		"TYPE E : (a := x); END_TYPE":                   `the value of a is "x", which is no integer`,
		"VAR_GLOBAL a : INTT; END_VAR":                  `symbol G.a: there is no type "INTT"; is it`,
		"TYPE A : STRING('x; END_TYPE":                  "a text does not end with '",
		"TYPE":                                          "the end instead of the name of a type",
		"TYPE E : (a b); END_TYPE":                      `"b); END_TYPE" instead of , behind a value of E`,
	} {
		d := symbol.NewDeclaration(symbol.TwinCAT3)
		d.Text(text, "G")
		if _, err := d.Table(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func FuzzDeclareText(f *testing.F) {
	f.Add(plantText)
	f.Add("FUNCTION_BLOCK A METHOD m : D\xff\xff\xff\xffVAR") // letters that change their length
	f.Fuzz(func(t *testing.T, text string) {
		d := symbol.NewDeclaration(symbol.TwinCAT2)
		d.Text(text, "GVL")
		table, err := d.Table()
		if err != nil {
			return
		}
		// What was declared is uploaded and resolves; only characters may be lacking.
		upload, err := table.Upload(symbol.UTF8)
		if err != nil {
			return
		}
		read, err := symbol.ReadUpload(upload, &symbol.TypesOptions{PointerSize: 4})
		if err != nil {
			t.Fatal(err)
		}
		for typ, err := range read.Types().All() {
			if err != nil {
				t.Fatal(typ, err)
			}
		}
	})
}
