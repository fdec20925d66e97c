package symbol_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stellwerk/ads/symbol"
)

type innerGo struct {
	On    bool    `ads:"bOn"`
	X     float64 `ads:"fX"`
	Count int     `ads:"nCount"`
}

type state int16

type axisGo struct {
	State  state             `ads:"eState"`
	Inner  [2]innerGo        `ads:"aInner"`
	Name   string            `ads:"sName"`
	Utf    *string           `ads:"sUtf"`
	Wide   string            `ads:"wName"`
	Delay  time.Duration     `ads:"tDelay"`
	B0     bool              `ads:"b0"`
	B1     bool              `ads:"b1"`
	B2     any               `ads:"b2"`
	Next   uint64            `ads:"pNext"`
	Matrix [][]int32         `ads:"aMatrix"`
	Extra  map[string]string `ads:"-"`
	hidden int
}

func TestUnmarshal(t *testing.T) {
	axis := mustType(t, "ST_Axis")
	data, err := axis.Encode(axisValue())
	if err != nil {
		t.Fatal(err)
	}
	got := axisGo{hidden: 1}
	if err := axis.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	utf := "Größe"
	want := axisGo{
		State: 10, Inner: [2]innerGo{{true, 1.5, -3}, {true, -2, -3}}, Name: "Größe €", Utf: &utf, Wide: "a€😀",
		Delay: 1500 * time.Millisecond, B0: true, B2: true, Next: 0x1234, Matrix: [][]int32{{1, 2, 3}, {4, 5, -6}}, hidden: 1,
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(axisGo{})); diff != "" {
		t.Error(diff)
	}
	again, err := axis.Encode(&got)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(data, again); diff != "" {
		t.Error(diff)
	}
}

func TestUnmarshalForms(t *testing.T) {
	var names [2]string
	if err := mustType(t, "ARRAY [0..1] OF E_State").Unmarshal([]byte{10, 0, 0, 0}, &names); err != nil || names != [2]string{"Run", "Idle"} {
		t.Error(names, err)
	}
	flat := make([]int16, 1, 8)
	if err := mustType(t, "ARRAY [0..1,0..1] OF INT").Unmarshal([]byte{1, 0, 2, 0, 3, 0, 4, 0}, &flat); err != nil || !cmp.Equal(flat, []int16{1, 2, 3, 4}) {
		t.Error(flat, err)
	}
	var raw []byte
	if err := mustType(t, "ARRAY [0..3] OF BYTE").Unmarshal([]byte{1, 2, 3, 4}, &raw); err != nil || !cmp.Equal(raw, []byte{1, 2, 3, 4}) {
		t.Error(raw, err)
	}
	var bits []bool
	if err := mustType(t, "ARRAY [0..8] OF BIT").Unmarshal([]byte{1, 1}, &bits); err != nil || !bits[0] || bits[1] || !bits[8] {
		t.Error(bits, err)
	}
	var at time.Time
	if err := mustType(t, "DT").Unmarshal([]byte{60, 0, 0, 0}, &at); err != nil || !at.Equal(time.Unix(60, 0)) {
		t.Error(at, err)
	}
	var tod symbol.TimeOfDay
	if err := mustType(t, "TOD").Unmarshal([]byte{60, 0, 0, 0}, &tod); err != nil || tod != symbol.TimeOfDay(60*time.Millisecond) {
		t.Error(tod, err)
	}
	var text string
	if err := mustType(t, "TIME").Unmarshal([]byte{60, 0, 0, 0}, &text); err != nil || text != "T#60ms" {
		t.Error(text, err)
	}
	var ms uint32
	if err := mustType(t, "TIME").Unmarshal([]byte{60, 0, 0, 0}, &ms); err != nil || ms != 60 {
		t.Error(ms, err)
	}
	var generic map[string]any
	if err := mustType(t, "U_Word").Unmarshal([]byte{1, 2}, &generic); err != nil || generic["nWord"] != uint16(0x201) {
		t.Error(generic, err)
	}
	var word struct{ NWord uint16 }
	if err := mustType(t, "U_Word").Unmarshal([]byte{1, 2}, &word); err != nil || word.NWord != 0x201 {
		t.Error(word, err)
	}
	var whatever any
	if err := mustType(t, "INT").Unmarshal([]byte{1, 0}, &whatever); err != nil || whatever != int16(1) {
		t.Error(whatever, err)
	}
	pump := struct {
		Speed uint16 `ads:"nSpeed"`
	}{7}
	memory := make([]byte, mustType(t, "FB_Pump").Size)
	if err := mustType(t, "FB_Pump").EncodeInto(memory, pump); err != nil || memory[10] != 7 {
		t.Error(memory, err)
	}
}

func TestUnmarshalTells(t *testing.T) {
	for _, c := range []struct {
		typ    string
		octets []byte
		into   any
		want   string
	}{
		{"INT", []byte{0, 0x80}, new(int8), "-32768 does not fit into a Go int8"},
		{"INT", []byte{0, 0x80}, new(uint16), "-32768 does not fit into a Go uint16"},
		{"ULINT", []byte{255, 255, 255, 255, 255, 255, 255, 255}, new(int64), "18446744073709551615 does not fit into a Go int64"},
		{"LREAL", []byte{0, 0, 0, 0, 0, 0, 0xE0, 0x7F}, new(float32), "does not fit into a Go float32"},
		{"INT", []byte{0, 0}, 5, "it takes a pointer"},
		{"INT", []byte{0, 0}, (*int)(nil), "it takes a pointer that is not nil"},
		{"INT", []byte{0}, new(int), "1 octets, and a value has 2"},
		{"INT", []byte{0, 0}, new(string), "a Go string cannot hold it, a Go integer can"},
		{"E_State", []byte{5, 0}, new(string), "5 has no name"},
		{"ARRAY [0..1] OF INT", []byte{0, 0, 0, 0}, new([3]int), "the Go [3]int has 3 elements, and the array 2"},
		{"ARRAY [0..1] OF INT", []byte{0, 0, 0, 0x80}, new([2]uint), "[1] (INT): -32768 does not fit"},
		{"ARRAY [0..1,0..1] OF INT", []byte{0, 0, 0, 0, 0, 0, 0, 0x80}, new([2][2]uint), "[1][1] (INT): -32768 does not fit"},
		{"ST_Inner", make([]byte, 24), new(struct{ BON, bOn, Bon bool }), "two fields of the Go"},
	} {
		if err := mustType(t, c.typ).Unmarshal(c.octets, c.into); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s into %T: %v, want %q", c.typ, c.into, err, c.want)
		}
	}
}

// A struct of a fixed size costs no memory but that of texts that changed.
func TestNoAllocation(t *testing.T) {
	typ := mustType(t, "ARRAY [0..9] OF ST_Inner")
	data := make([]byte, typ.Size)
	var inner [10]innerGo
	name := mustType(t, "STRING(10)")
	text := []byte("unchanged\x00\x00")
	held := "unchanged"
	var number int32
	dint := mustType(t, "DINT")
	for what, run := range map[string]func(){
		"decode a struct": func() { check(t, typ.Unmarshal(data, &inner)) },
		"encode a struct": func() { check(t, typ.EncodeInto(data, &inner)) },
		"decode a text":   func() { check(t, name.Unmarshal(text, &held)) },
		"decode a number": func() { check(t, dint.Unmarshal(data, &number)) },
	} {
		if n := testing.AllocsPerRun(100, run); n != 0 {
			t.Errorf("%s: %.0f allocations", what, n)
		}
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

type base struct {
	When time.Time   `ads:"dtNow"`
	Mode symbol.Enum `ads:"eMode"`
}

type outer struct {
	base                // its fields are matched as its own
	*innerGo            // may be nil, so that its fields are not
	Word     namedMap   `ads:"uWord"`
	Deep     [2]*uint16 `ads:"aDeep"`
	Ratio    float64    `ads:"fRatio"`
}

type namedMap map[string]any

// What Go types there are beside the plain ones goes both ways.
func TestGoTypesBothWays(t *testing.T) {
	d := plant(symbol.TwinCAT3)
	d.Structure("ST_Outer", symbol.Var("dtNow", "DT"), symbol.Var("eMode", "E_State"), symbol.Var("uWord", "U_Word"),
		symbol.Var("aDeep", "ARRAY [0..1] OF UINT"), symbol.Var("fRatio", "REAL"))
	typ, err := mustTable(t, d).Types().Resolve("ST_Outer")
	if err != nil {
		t.Fatal(err)
	}
	one, two := uint16(1), uint16(2)
	value := outer{
		base: base{When: time.Unix(1000, 0).UTC(), Mode: symbol.Enum{Name: "Fault", Value: -1}},
		Word: namedMap{"nWord": uint16(0x201), "aByte": []any{uint8(1), uint8(2)}}, Deep: [2]*uint16{&one, &two}, Ratio: 0.5,
	}
	data, err := typ.Encode(value)
	if err != nil {
		t.Fatal(err)
	}
	want := octets(
		uint32(1000),         // dtNow
		uint16(0xffff),       // eMode
		uint16(0x201),        // uWord
		uint16(1), uint16(2), // aDeep
		[]byte{0, 0, 0, 0x3f}, // fRatio
	)
	if diff := cmp.Diff(want, data); diff != "" {
		t.Error(diff)
	}
	var got outer
	got.Word = namedMap{}
	if err := typ.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(value, got, cmp.AllowUnexported(outer{}, base{})); diff != "" {
		t.Error(diff)
	}
	value.Deep[1] = nil
	if _, err := typ.Encode(value); err == nil || !strings.Contains(err.Error(), "aDeep[1] (UINT): no value: the pointer is nil") {
		t.Error(err)
	}
	if err := typ.EncodeInto(data, value); err != nil {
		t.Error(err)
	}
}
