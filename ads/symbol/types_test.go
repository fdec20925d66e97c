package symbol_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stellwerk/ads/symbol"
)

func TestResolveBuiltIn(t *testing.T) {
	types := symbol.NewTypes(nil, nil)
	narrow := symbol.NewTypes(nil, &symbol.TypesOptions{PointerSize: 4})
	cases := []struct {
		name string
		kind symbol.Kind
		size uint32
		base symbol.BaseType
		as   string // the name, where it is written otherwise
	}{
		{"BOOL", symbol.KindBool, 1, symbol.BaseBit, ""},
		{"bit", symbol.KindBit, 1, symbol.BaseBit, "BIT"},
		{"SINT", symbol.KindInt8, 1, symbol.BaseInt8, ""},
		{"BYTE", symbol.KindUint8, 1, symbol.BaseUint8, ""},
		{"int16", symbol.KindInt16, 2, symbol.BaseInt16, "INT16"},
		{"LWORD", symbol.KindUint64, 8, symbol.BaseUint64, ""},
		{"LREAL", symbol.KindReal64, 8, symbol.BaseReal64, ""},
		{"STRING", symbol.KindString, 81, symbol.BaseString, "STRING(80)"},
		{"STRING[5]", symbol.KindString, 6, symbol.BaseString, "STRING(5)"},
		{"wstring( 80 )", symbol.KindWString, 162, symbol.BaseWString, "WSTRING(80)"},
		{"TIME", symbol.KindTime, 4, symbol.BaseUint32, ""},
		{"LTIME", symbol.KindLTime, 8, symbol.BaseUint64, ""},
		{"TIME_OF_DAY", symbol.KindTimeOfDay, 4, symbol.BaseUint32, ""},
		{"LTOD", symbol.KindLTimeOfDay, 8, symbol.BaseUint64, ""},
		{"DATE_AND_TIME", symbol.KindDateTime, 4, symbol.BaseUint32, ""},
		{"LDATE", symbol.KindLDate, 8, symbol.BaseUint64, ""},
		{"PVOID", symbol.KindPointer, 8, symbol.BaseUint64, ""},
		{"__XWORD", symbol.KindUint64, 8, symbol.BaseUint64, ""},
		{"POINTER TO INT", symbol.KindPointer, 8, symbol.BaseUint64, ""},
		{"reference to  array[0..3]  of int", symbol.KindReference, 8, symbol.BaseUint64, "REFERENCE TO ARRAY [0..3] OF int"},
		{"INT (-5..10)", symbol.KindInt16, 2, symbol.BaseInt16, ""},
		{"UINT (UINT#1..GVL.MAX)", symbol.KindUint16, 2, symbol.BaseUint16, ""},
		{"ARRAY [0..3,1..2] OF INT", symbol.KindArray, 16, symbol.BaseInt16, ""},
		{"ARRAY[-1..1] OF ARRAY [0..1] OF STRING(3)", symbol.KindArray, 24, symbol.BaseBig, "ARRAY [-1..1] OF ARRAY [0..1] OF STRING(3)"},
		{"ARRAY [0..10] OF BIT", symbol.KindArray, 2, symbol.BaseBit, ""},
		{"ARRAY [1..0] OF INT", symbol.KindArray, 0, symbol.BaseInt16, ""},
		{"AMSNETID", symbol.KindArray, 6, symbol.BaseUint8, ""},
	}
	for _, c := range cases {
		typ, err := types.Resolve(c.name)
		if err != nil {
			t.Error(err)
			continue
		}
		if c.as == "" {
			c.as = c.name
		}
		if typ.Kind != c.kind || typ.Size != c.size || typ.BaseType != c.base || typ.Name != c.as {
			t.Errorf("%s: %s %q of %d octets, %s", c.name, typ.Kind, typ.Name, typ.Size, typ.BaseType)
		}
		again, err := types.Resolve(" " + strings.ToLower(c.name))
		if err != nil || again.Kind != typ.Kind {
			t.Error(again, err)
		}
	}
	for _, name := range []string{"PVOID", "UXINT", "POINTER TO STRING"} {
		if typ, err := narrow.Resolve(name); err != nil || typ.Size != 4 {
			t.Errorf("%s: %v, %v", name, typ, err)
		}
		if typ, err := narrow.ResolveSized(name, 8); err != nil || typ.Size != 8 {
			t.Errorf("%s: %v, %v", name, typ, err)
		}
	}
	if typ, err := types.Resolve("INT (-5..10)"); err != nil || *typ.Range != (symbol.Range{Low: -5, High: 10}) {
		t.Error(typ, err)
	}
}

func TestResolveRefuses(t *testing.T) {
	deep := strings.Repeat("ARRAY [0..0] OF ", 100) + "INT"
	types := symbol.NewTypes([]symbol.TypeEntry{
		{Name: "ST_A", Size: 4, SubItems: []symbol.TypeEntry{{Name: "b", Type: "ST_B", Size: 4}}},
		{Name: "ST_B", Size: 4, SubItems: []symbol.TypeEntry{{Name: "a", Type: "ARRAY [0..0] OF ST_A", Size: 4}}},
		{Name: "T_1", Size: 2, Type: "T_2"},
		{Name: "T_2", Size: 2, Type: "T_1"},
		{Name: "ST_Beyond", Size: 4, SubItems: []symbol.TypeEntry{{Name: "x", Type: "DINT", Size: 4, Offset: 1}}},
		{Name: "ST_Wrap", Size: 4, SubItems: []symbol.TypeEntry{{Name: "x", Type: "DINT", Size: 4, Offset: 0xFFFFFFFF}}},
		{Name: "ST_Size", Size: 4, SubItems: []symbol.TypeEntry{{Name: "x", Type: "DINT", Size: 2}}},
		{Name: "E_Wide", Size: 2, Type: "INT", EnumInfos: []symbol.EnumInfo{{Name: "a", Value: []byte{1, 2, 3}}}},
		{Name: "ST_Empty", BaseType: symbol.BaseBig},
		{Name: "A_Empty", Type: "ST_Empty", Dimensions: []symbol.Dimension{{Elements: 4000000000}}},
		{Name: "A_None", Type: "INT", Dimensions: []symbol.Dimension{{Elements: 4000000000}, {}}},
	}, nil)
	for name, want := range map[string]string{
		"ST_A":                               "type ST_A, field b: type ST_B, field a: type ARRAY [0..0] OF ST_A: type ST_A contains itself",
		"T_1":                                "contains itself",
		"ST_Beyond":                          "type ST_Beyond, field x: it ends at octet 5, and the type at 4",
		"ST_Wrap":                            "ends at octet 4294967299",
		"ST_Size":                            "type ST_Size, field x: the table gives it 16 bits, and its type DINT has 32",
		"E_Wide":                             "the value of a has 3 octets instead of 2",
		"A_Empty":                            "4000000000 values in 0 octets",
		"A_None":                             "values in 0 octets",
		deep:                                 "nested deeper than 64 levels",
		"ARRAY [0..1 OF INT":                 "the ] of ARRAY is missing",
		"ARRAY [0..1] INT":                   "the OF of ARRAY is missing",
		"ARRAY [0..x] OF INT":                `"0..x" are no bounds`,
		"ARRAY [9..1] OF INT":                "do not go upwards",
		"ARRAY [0..99999999999] OF INT":      "do not go upwards within 32 bits",
		"ARRAY [0..4000000000] OF INT":       "would have 8000000002 octets",
		"ARRAY [0..2000000000,0..9] OF BYTE": "more elements than 32 bits count",
		"ARRAY [0..2000000000] OF LREAL":     "would have 16000000008 octets",
		"STRING(x)":                          `"(x)" is no length of a string`,
		"REAL (0..1)":                        `there is no type "REAL (0..1)"`,
		"":                                   "it is empty",
		"ST_Beyont":                          `there is no type "ST_Beyont"; is it ST_Beyond?`,
		"DNIT":                               `is it DINT?`,
	} {
		if typ, err := types.Resolve(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40s: %v, %v, want %q", name, typ, err, want)
		}
	}
	if _, err := types.Resolve("FOO"); !isNotFound(err) {
		t.Error(err)
	}
	if typ, err := types.ResolveSized("FOO", 3); err != nil || typ.Kind != symbol.KindOpaque || typ.Size != 3 {
		t.Error(typ, err)
	}
}

func isNotFound(err error) bool {
	_, ok := errors.AsType[*symbol.NotFoundError](err)
	return ok
}

// Unions within unions hold billions of values in few octets.
func TestTypeWithTooManyValues(t *testing.T) {
	var entries []symbol.TypeEntry
	for level := range 12 {
		e := symbol.TypeEntry{Name: fmt.Sprintf("U_%d", level), Size: 4}
		for i := range 20 {
			typ := "DINT"
			if level > 0 {
				typ = fmt.Sprintf("U_%d", level-1)
			}
			e.SubItems = append(e.SubItems, symbol.TypeEntry{Name: fmt.Sprintf("f%d", i), Type: typ, Size: 4})
		}
		entries = append(entries, e)
	}
	types := symbol.NewTypes(entries, nil)
	if _, err := types.Resolve("U_1"); err != nil {
		t.Error(err)
	}
	if _, err := types.Resolve("U_11"); err == nil || !strings.Contains(err.Error(), "values in 4 octets") {
		t.Error(err)
	}
}

// The types of names from outside are remembered only up to a bound.
func TestResolveRemembersABoundedNumber(t *testing.T) {
	types := symbol.NewTypes(nil, nil)
	for i := range 40000 {
		if _, err := types.Resolve(fmt.Sprintf("STRING(%d)", i)); err != nil {
			t.Fatal(err)
		}
	}
	if n := symbol.Remembered(types); n > 1<<14 {
		t.Errorf("%d types are remembered", n)
	}
}

func TestResolveEntries(t *testing.T) {
	types := symbol.NewTypes([]symbol.TypeEntry{
		// An alias of an enumeration, of which the base has no entry.
		{Name: "E_State", Size: 2, Type: "INT", BaseType: symbol.BaseInt16, EnumInfos: []symbol.EnumInfo{{Name: "Off", Value: []byte{0xff, 0xff}}}},
		{Name: "T_State", Size: 2, Type: "E_State"},
		// What extends a structure and repeats nothing of it.
		{Name: "ST_Base", Size: 2, SubItems: []symbol.TypeEntry{{Name: "a", Type: "INT", Size: 2}}},
		{Name: "ST_More", Size: 4, Type: "ST_Base", SubItems: []symbol.TypeEntry{{Name: "b", Type: "INT", Size: 2, Offset: 2}}},
		// Properties and static variables have no place in the value.
		{Name: "FB_X", Size: 8, Attributes: []symbol.Attribute{{Name: "PouType", Value: "FunctionBlock"}}, SubItems: []symbol.TypeEntry{
			{Name: "Prop", Type: "DINT", Size: 4, Flags: symbol.TypeFlagPropItem},
			{Name: "shared", Type: "LREAL", Size: 8, Offset: 1000, Flags: symbol.TypeFlagStatic},
			{Name: "n", Type: "DINT", Size: 4, Offset: 4},
		}},
		// Of 4 octets on a target whose addresses have 8 elsewhere.
		{Name: "POINTER TO ST_Base", Size: 4, Type: "ST_Base"},
		{Name: "REFERENCE TO ST_Base", Size: 2, Type: "ST_Base"},
		// VAR_IN_OUT of a function block, and what only this package does not know.
		{Name: "FB_InOut", Size: 24, SubItems: []symbol.TypeEntry{
			{Name: "io", Type: "ST_More", Size: 8, Flags: symbol.TypeFlagReference},
			{Name: "any", Type: "ARRAY [*] OF INT", Size: 8, Offset: 8},
			{Name: "odd", Type: "E_Nowhere", Size: 2, Offset: 16, BaseType: symbol.BaseUint16},
		}},
		{Name: "INT16", Size: 2, BaseType: symbol.BaseInt16},
		{Name: "T_Odd", Size: 4, Type: "NOWHERE", BaseType: symbol.BaseReal32},
		{Name: "I_X", Size: 8, Flags: symbol.TypeFlagInterface | symbol.TypeFlagMethods},
		{Name: "T_Utf", Size: 11, Type: "STRING(10)", Attributes: []symbol.Attribute{{Name: "TcEncoding", Value: "UTF-8"}}},
	}, nil)
	got := map[string]string{}
	for typ, err := range types.All() {
		if err != nil {
			t.Error(err)
			continue
		}
		var fields []string
		for _, f := range typ.Fields {
			fields = append(fields, fmt.Sprintf("%s@%d", f.Name, f.Offset))
		}
		got[typ.Name] = strings.TrimSpace(fmt.Sprint(typ.Kind, " ", typ.Size, " ", strings.Join(fields, " ")))
	}
	want := map[string]string{
		"E_State": "enumeration 2", "T_State": "enumeration 2", "ST_Base": "structure 2 a@0", "ST_More": "structure 4 a@0 b@2",
		"FB_X": "function block 8 n@4", "POINTER TO ST_Base": "pointer 4", "REFERENCE TO ST_Base": "structure 2 a@0", "INT16": "INT 2",
		"FB_InOut": "structure 24 io@0 any@8 odd@16",
		"T_Odd":    "REAL 4", "I_X": "interface 8", "T_Utf": "STRING 11",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if typ, err := types.ResolveEntry(&symbol.Entry{Type: "E_Unknown", Size: 2, BaseType: symbol.BaseInt16}); err != nil || typ.Kind != symbol.KindInt16 || typ.Name != "E_Unknown" {
		t.Error(typ, err)
	}
	inOut, _ := types.Resolve("FB_InOut")
	for name, kind := range map[string]symbol.Kind{"io": symbol.KindReference, "any": symbol.KindOpaque, "odd": symbol.KindUint16} {
		if got := inOut.Field(name).Type.Kind; got != kind {
			t.Errorf("%s: %s, want %s", name, got, kind)
		}
	}
	alias, _ := types.Resolve("T_State")
	if v, err := alias.Decode([]byte{0xff, 0xff}); err != nil || v != (symbol.Enum{Name: "Off", Value: -1}) {
		t.Error(v, err)
	}
	utf, _ := types.Resolve("T_Utf")
	if v, err := utf.Decode([]byte("\xe2\x82\xac\x00.......")); err != nil || v != "€" {
		t.Error(v, err)
	}
}
