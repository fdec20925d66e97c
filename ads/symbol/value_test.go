package symbol_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"stellwerk/ads/symbol"
)

func mustType(t testing.TB, name string) *symbol.Type {
	t.Helper()
	typ, err := mustTable(t, plant(symbol.TwinCAT3)).Types().Resolve(name)
	if err != nil {
		t.Fatal(err)
	}
	return typ
}

// Each row: octets, value, text, JSON.
func TestValues(t *testing.T) {
	cases := []struct {
		typ    string
		octets []byte
		value  any
		text   string
		json   string
	}{
		{"BOOL", []byte{1}, true, "TRUE", "true"},
		{"SINT", []byte{0x80}, int8(-128), "-128", "-128"},
		{"USINT", []byte{0xff}, uint8(255), "255", "255"},
		{"INT", []byte{0xfe, 0xff}, int16(-2), "-2", "-2"},
		{"WORD", []byte{0x34, 0x12}, uint16(0x1234), "4660", "4660"},
		{"DINT", []byte{0, 0, 0, 0x80}, int32(math.MinInt32), "-2147483648", "-2147483648"},
		{"UDINT", []byte{0xff, 0xff, 0xff, 0xff}, uint32(math.MaxUint32), "4294967295", "4294967295"},
		{"LINT", []byte{0, 0, 0, 0, 0, 0, 0, 0x80}, int64(math.MinInt64), "-9223372036854775808", "-9223372036854775808"},
		{"ULINT", []byte{255, 255, 255, 255, 255, 255, 255, 255}, uint64(math.MaxUint64), "18446744073709551615", "18446744073709551615"},
		{"REAL", []byte{0, 0, 0xC0, 0x3F}, float32(1.5), "1.5", "1.5"},
		{"REAL", []byte{0, 0, 0x80, 0x7F}, float32(math.Inf(1)), "+Inf", `"+Inf"`},
		{"LREAL", []byte{0, 0, 0, 0, 0, 0, 0xF8, 0x7F}, math.NaN(), "NaN", `"NaN"`},
		{"STRING(6)", []byte{'a', '\'', '$', 0x80, '\n', 0, 0}, "a'$€\n", "'a$'$$€$N'", `"a'$€\n"`},
		{"STRING(2)", []byte{1, 0x81, 0}, "\x01\u0081", "'$01\u0081'", `"\u0001` + "\u0081\""},
		{"WSTRING(3)", []byte{0xAC, 0x20, 0x3D, 0xD8, 0, 0xDE, 0, 0}, "€😀", "'€😀'", `"€😀"`},
		{"TIME", []byte{0xE8, 3, 0, 0}, time.Second, "T#1s", `"T#1s"`},
		{"TIME", []byte{0xff, 0xff, 0xff, 0xff}, math.MaxUint32 * time.Millisecond, "T#49d17h2m47s295ms", `"T#49d17h2m47s295ms"`},
		{"LTIME", []byte{1, 2, 0, 0, 0, 0, 0, 0}, 513 * time.Nanosecond, "LTIME#513ns", `"LTIME#513ns"`},
		{"TOD", []byte{0xE8, 3, 0, 0}, symbol.TimeOfDay(time.Second), "TOD#00:00:01", `"00:00:01"`},
		{"LTOD", []byte{1, 0, 0, 0, 0, 0, 0, 0}, symbol.TimeOfDay(1), "LTOD#00:00:00.000000001", `"00:00:00.000000001"`},
		{"DATE", []byte{0x80, 0x51, 1, 0}, time.Unix(86400, 0).UTC(), "D#1970-01-02", `"1970-01-02"`},
		{"DT", []byte{0xff, 0xff, 0xff, 0xff}, time.Unix(math.MaxUint32, 0).UTC(), "DT#2106-02-07-06:28:15", `"2106-02-07T06:28:15Z"`},
		{"LDT", []byte{255, 255, 255, 255, 255, 255, 255, 255}, time.Unix(18446744073, 709551615).UTC(), "LDT#2554-07-21-23:34:33.709551615", `"2554-07-21T23:34:33.709551615Z"`},
		{"LDATE", []byte{0, 0, 0, 0, 0, 0, 0, 0}, time.Unix(0, 0).UTC(), "LDATE#1970-01-01", `"1970-01-01"`},
		{"E_State", []byte{10, 0}, symbol.Enum{Name: "Run", Value: 10}, "Run", `"Run"`},
		{"E_State", []byte{5, 0}, symbol.Enum{Value: 5}, "5", "5"},
		{"PVOID", []byte{1, 2, 3, 4, 0, 0, 0, 0}, symbol.Address(0x04030201), "16#04030201", "67305985"},
		{"ARRAY [1..2] OF INT", []byte{1, 0, 2, 0}, []any{int16(1), int16(2)}, "[1, 2]", "[1,2]"},
		{"ARRAY [0..1,0..1] OF BYTE", []byte{1, 2, 3, 4}, []any{[]any{uint8(1), uint8(2)}, []any{uint8(3), uint8(4)}}, "[[1, 2], [3, 4]]", "[[1,2],[3,4]]"},
		{
			"ARRAY [0..9] OF BIT",
			[]byte{0b10, 1},
			[]any{false, true, false, false, false, false, false, false, true, false},
			"[FALSE, TRUE, FALSE, FALSE, FALSE, FALSE, FALSE, FALSE, TRUE, FALSE]", "[false,true,false,false,false,false,false,false,true,false]",
		},
		{
			"U_Word",
			[]byte{1, 2},
			symbol.Struct{Fields: []symbol.FieldValue{{"nWord", uint16(0x201)}, {"aByte", []any{uint8(1), uint8(2)}}}},
			"{nWord:=513, aByte:=[1, 2]}", `{"nWord":513,"aByte":[1,2]}`,
		},
	}
	for _, c := range cases {
		t.Run(c.typ, func(t *testing.T) {
			typ := mustType(t, c.typ)
			got, err := typ.Decode(c.octets)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.value, got, cmpopts.EquateNaNs()); diff != "" {
				t.Error(diff)
			}
			if text := typ.Text(got); text != c.text {
				t.Errorf("text %s, want %s", text, c.text)
			}
			object := string(typ.AppendJSON(nil, got))
			if object != c.json || !json.Valid([]byte(object)) {
				t.Errorf("JSON %s, want %s", object, c.json)
			}
			for from, value := range map[string]any{"value": got, "text": parse(t, typ, c.text), "JSON": parse(t, typ, object), "pointer": &got} {
				if from == "pointer" {
					value = *value.(*any)
				}
				data, err := typ.Encode(value)
				if err != nil {
					t.Errorf("from the %s: %v", from, err)
				} else if diff := cmp.Diff(c.octets, data); diff != "" && !strings.Contains(c.text, "NaN") {
					t.Errorf("from the %s: %s", from, diff)
				}
			}
			if _, err := typ.Decode(c.octets[:len(c.octets)-1]); err == nil {
				t.Error("one octet less was decoded")
			}
		})
	}
}

func parse(t *testing.T, typ *symbol.Type, text string) any {
	t.Helper()
	value, err := typ.ParseText(text)
	if err != nil {
		t.Errorf("%s: %v", text, err)
	}
	return value
}

func TestParseText(t *testing.T) {
	cases := []struct {
		typ, text string
		value     any
	}{
		{"BYTE", "16#FF", uint8(255)},
		{"BYTE", "2#1010_1010", uint8(0xAA)},
		{"WORD", "WORD#16#BEEF", uint16(0xBEEF)},
		{"DINT", "-1_000", int32(-1000)},
		{"UDINT", "0x1F", uint32(31)},
		{"INT", " 8#17 ", int16(15)},
		{"INT", "1e3", int16(1000)},
		{"LREAL", "-1.5e-3", -0.0015},
		{"REAL", "3", float32(3)},
		{"BOOL", "true", true},
		{"BOOL", "0", false},
		{"STRING(20)", "plain text", "plain text"},
		{"STRING(20)", `"a\tb"`, "a\tb"},
		{"STRING(20)", "'$80$T'", "€\t"},
		{"TIME", "1m30s", 90 * time.Second},
		{"TIME", "t#1.5s", 1500 * time.Millisecond},
		{"TIME", "TIME#1d_2h", 26 * time.Hour},
		{"TIME", "250", 250 * time.Millisecond},
		{"LTIME", "LTIME#1us5ns", 1005 * time.Nanosecond},
		{"TOD", "12:30", symbol.TimeOfDay(12*time.Hour + 30*time.Minute)},
		{"TOD", "TOD#23:59:59.999", symbol.TimeOfDay(24*time.Hour - time.Millisecond)},
		{"DATE", "2026-01-31", time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC)},
		{"DT", "DT#2026-01-31-12:30:15", time.Date(2026, 1, 31, 12, 30, 15, 0, time.UTC)},
		{"DT", "2026-01-31T12:30:15+01:00", time.Date(2026, 1, 31, 11, 30, 15, 0, time.UTC)},
		{"E_State", "e_state.run", symbol.Enum{Name: "Run", Value: 10}},
		{"E_State", "E_State#Idle", symbol.Enum{Name: "Idle"}},
		{"E_State", "-1", symbol.Enum{Name: "Fault", Value: -1}},
		{"ARRAY [0..3] OF INT", "[3(7), 1]", []any{int16(7), int16(7), int16(7), int16(1)}},
		{"ARRAY [0..1,0..1] OF INT", "[1,2,3,4]", []any{[]any{int16(1), int16(2)}, []any{int16(3), int16(4)}}},
		{"ST_Inner", "(fX:=2.5, BON := TRUE)", symbol.Struct{Fields: []symbol.FieldValue{{"fX", 2.5}, {"bOn", true}}}},
		{"ST_Inner", `{"nCount": 5}`, symbol.Struct{Fields: []symbol.FieldValue{{"nCount", int16(5)}}}},
		{"ST_Inner", `{}`, symbol.Struct{}},
		{"ST_Axis", `{aInner:=[{nCount=1},{nCount:2}], sName:='a,}'}`, symbol.Struct{Fields: []symbol.FieldValue{
			{"aInner", []any{
				symbol.Struct{Fields: []symbol.FieldValue{{"nCount", int16(1)}}},
				symbol.Struct{Fields: []symbol.FieldValue{{"nCount", int16(2)}}},
			}},
			{"sName", "a,}"},
		}}},
	}
	for _, c := range cases {
		if diff := cmp.Diff(c.value, parse(t, mustType(t, c.typ), c.text)); diff != "" {
			t.Errorf("%s as %s: %s", c.text, c.typ, diff)
		}
	}
	for _, c := range []struct{ typ, text, want string }{
		{"INT", "40000", "value (INT): 40000 is out of range, -32768 to 32767 are possible"},
		{"BYTE", "-1", "-1 is out of range, 0 to 255"},
		{"INT (0..100)", "101", "101 is out of range, 0 to 100 are possible"},
		{"INT", "1.5", "1.5 is no integer"},
		{"ARRAY [1..4000000000] OF BYTE", "[4000000000(0)]", "at most 67108864 are made at once"},
		{"INT", "abc", `"abc", it takes an integer`},
		{"INT", "", `"", it takes an integer`},
		{"BOOL", "2", "it takes true or false"},
		{"REAL", "1e39", "1e+39 is out of range"},
		{"STRING(3)", "abcd", "the text has 4 octets, at most 3 fit"},
		{"STRING(3)", "'a", "no closing quote"},
		{"STRING(3)", "'$Q'", "has a $ that"},
		{"STRING(3)", "😀", "Windows-1252 has no '😀'"},
		{"WSTRING(3)", "😀😀", "the text has 4 characters of UTF-16, at most 3 fit"},
		{"TIME", "T#50d", "is out of range, 0 to 1193h2m47.295s are possible"},
		{"TIME", "T#1x", `"T#1x" is none, T#1m30s or 90s is`},
		{"TOD", "25:00", "TOD#12:30:00 or 12:30:00 is"},
		{"DATE", "1969-12-31", "is out of range, 1970-01-01 to"},
		{"E_State", "Runn", `there is no name "Runn" in the enumeration; is it Run?`},
		{"ARRAY [0..1] OF INT", "[1,2,3]", "more than the 2 elements"},
		{"ARRAY [0..1] OF INT", "[1]", "1 elements, it has 2"},
		{"ARRAY [0..1] OF INT", "[1,99999]", "[1] (INT): 99999 is out of range"},
		{"ARRAY [0..1] OF INT", "[99999(1)]", "more than the 2 elements"},
		{"ARRAY [0..1] OF INT", "1,2", `"1,2", an array is written [value, …]`},
		{"ARRAY [0..1] OF INT", "[1,2", "the end instead of , or ]"},
		{"ARRAY [0..1] OF INT", "[1,2] 3", `"3" follows the value at column 7`},
		{"ST_Inner", "{fY:=1}", `there is no field "fY"; is it fX?`},
		{"ST_Inner", "{fX:=1,fX:=2}", "the field fX is given twice"},
		{"ST_Inner", "{fX 1}", `"1}" instead of := behind the name`},
		{"ST_Inner", "5", "a structure is written {name:=value, …}"},
		{"ST_Axis", "{aInner:=[{nCount:=1},{nCount:=1.5}]}", "aInner[2].nCount (INT): 1.5 is no integer"},
		{"ST_Axis", "{sName:=abc}", "stands without quotes"},
	} {
		if v, err := mustType(t, c.typ).ParseText(c.text); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s as %s: %v, %v, want %q", c.text, c.typ, v, err, c.want)
		}
	}
}

func TestEncodeTells(t *testing.T) {
	inner := map[string]any{"bOn": true, "fX": 1, "nCount": 2}
	cases := []struct {
		typ   string
		value any
		want  string
	}{
		{"INT", nil, "no value, it takes an integer"},
		{"ARRAY [1..4000000000] OF BYTE", []any{}, "a value has 4000000000 octets, at most 67108864 are made at once"},
		{"INT", true, "a Go bool, it takes an integer"},
		{"ULINT", -1, "-1 is out of range, 0 to 18446744073709551615"},
		{"LINT", uint64(math.MaxUint64), "out of range, -9223372036854775808 to 9223372036854775807"},
		{"SINT", json.Number("128"), "128 is out of range, -128 to 127"},
		{"STRING(5)", "a\x00b", "a text with NUL in it"},
		{"STRING(5)", 5, "a Go int, it takes a text"},
		{"TIME", -time.Second, "-1s is out of range"},
		{"TIME", time.Now(), "it takes a duration"},
		{"DT", time.Second, "it takes a date"},
		{"DT", time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC), "1900-01-01T00:00:00Z is out of range, 1970-01-01 to 2106-02-07T06:28:15Z"},
		{"E_State", symbol.Enum{Name: "Run", Value: 3}, "Run is 10 and not 3"},
		{"ARRAY [0..1] OF INT", []int{1, 2, 3}, "3 elements, the array has 2"},
		{"ARRAY [5..6] OF INT", []any{1, 70000}, "[6] (INT): 70000 is out of range"},
		{"ARRAY [0..1,5..6] OF INT", []any{[]any{1, 2}, []any{3, 70000}}, "[1,6] (INT): 70000"},
		{"ARRAY [0..1,5..6] OF INT", [][]int{{1, 2}, {3, 70000}}, "[1][6] (INT): 70000"},
		{"ARRAY [0..1,5..6] OF INT", []int{1, 2, 3, 70000}, "[1,6] (INT): 70000"},
		{"ARRAY [0..1] OF INT", "ab", "it takes an array of 2 elements"},
		{"ST_Inner", map[string]any{"fX": 1}, "no value for bOn, nCount"},
		{"ST_Inner", map[string]any{"bOn": true, "fX": 1, "nCoumt": 2}, `there is no field "nCoumt"; is it nCount?`},
		{"ARRAY [1..2] OF ST_Inner", []any{inner, map[string]any{"bOn": 7, "fX": 1, "nCount": 2}}, "[2].bOn (BOOL): a Go int, it takes true or false"},
		{"FB_Pump", symbol.Struct{Fields: []symbol.FieldValue{{"bEnable", true}, {"nSpeed", 1}}}, "a function block has octets that are none of its variables"},
		{"ST_Inner", struct{ X int }{}, "the Go struct { X int } has none of its fields"},
		{"ST_Inner", struct {
			A int `ads:"nope"`
		}{}, `there is no field "nope"`},
		{"ST_Inner", struct {
			A string `ads:"fX"`
		}{}, "fX (LREAL): a Go string cannot hold it, a Go float64 can"},
		{"ST_Inner", struct {
			A float64 `ads:"fX"`
		}{}, "no value for bOn, nCount"},
	}
	for _, c := range cases {
		if _, err := mustType(t, c.typ).Encode(c.value); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v as %s: %v, want %q", c.value, c.typ, err, c.want)
		}
	}
	ltime := mustType(t, "LTIME")
	if _, err := ltime.Decode([]byte{0, 0, 0, 0, 0, 0, 0, 0x80}); err == nil || !strings.Contains(err.Error(), "more than the 9223372036854775807") {
		t.Error(err)
	}
}

// Every octet of Windows-1252 has its character, and comes back.
func TestWindows1252(t *testing.T) {
	typ := mustType(t, "STRING(254)")
	var data [255]byte
	for i := range 254 {
		data[i] = byte(i + 1)
	}
	value, err := typ.Decode(data[:])
	if err != nil {
		t.Fatal(err)
	}
	runes := []rune(value.(string))
	for octet, want := range map[int]rune{0x41: 'A', 0x7F: 0x7F, 0x80: '€', 0x85: '…', 0x8A: 'Š', 0x8E: 'Ž', 0x99: '™', 0x9F: 'Ÿ', 0xA0: 0xA0, 0xDF: 'ß'} {
		if got := runes[octet-1]; got != want {
			t.Errorf("%#x is %q, want %q", octet, got, want)
		}
	}
	if again, err := typ.Encode(value); err != nil || !cmp.Equal(again, data[:]) {
		t.Error(again, err)
	}
}

// Octets that are no UTF-8 survive as text.
func TestTextOfOctetsThatAreNoUTF8(t *testing.T) {
	typ := mustType(t, "ST_Axis").Field("sUtf").Type
	data := []byte("a\xff\xc3\xa4\xef\xbf\xbd\x00\x00\x00\x00")
	value, err := typ.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	text := typ.Text(value)
	if text != "'a$FFä\ufffd'" {
		t.Error(text)
	}
	if again, err := typ.Encode(parse(t, typ, text)); err != nil || !cmp.Equal(again, data) {
		t.Errorf("%q, %v", again, err)
	}
}

func TestEncodeIntoKeepsTheRest(t *testing.T) {
	axis := mustType(t, "ST_Axis")
	data, err := axis.Encode(axisValue())
	if err != nil {
		t.Fatal(err)
	}
	patch, err := axis.ParseText("{aInner:=[{},{nCount:=77}], b1:=TRUE, sName:='x'}")
	if err != nil {
		t.Fatal(err)
	}
	if err := axis.EncodeInto(data, patch); err != nil {
		t.Fatal(err)
	}
	got, err := axis.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	want := axisValue()
	want.Fields[1].Value.([]any)[1].(symbol.Struct).Fields[2].Value = int16(77)
	want.Fields[2].Value = "x"
	want.Fields[7].Value = true
	if diff := cmp.Diff(any(want), got); diff != "" {
		t.Error(diff)
	}
	pump := mustType(t, "FB_Pump")
	memory := make([]byte, pump.Size)
	memory[0] = 0x55 // of the hidden pointer
	if err := pump.EncodeInto(memory, map[string]any{"nSpeed": 3}); err != nil || memory[0] != 0x55 {
		t.Error(memory, err)
	}
	if got, ok := want.Get("SNAME"); !ok || got != "x" {
		t.Error(got)
	}
	if m := want.Map(); m["aInner"].([]any)[1].(map[string]any)["nCount"] != int16(77) {
		t.Error(m)
	}
}
