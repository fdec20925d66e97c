package symbol_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stellwerk/ads/symbol"
)

func TestSignature(t *testing.T) {
	d := symbol.NewDeclaration(symbol.TwinCAT3)
	d.FunctionBlock("FB_X").
		Method("Mix", "INT", symbol.In("bFlag", "BOOL"), symbol.In("fX", "LREAL"), symbol.Out("nLeft", "DINT"),
			symbol.Member{Name: "sText", Type: "STRING(3)", Direction: symbol.InOut}).
		Method("Stop", "")
	types := mustTable(t, d).Types()
	block, err := types.Resolve("FB_X")
	if err != nil {
		t.Fatal(err)
	}
	mix, err := types.Signature(block.Method("MIX"))
	if err != nil {
		t.Fatal(err)
	}
	in, err := mix.In.Encode(map[string]any{"bFlag": true, "fX": 1.5, "sText": "ab"})
	if err != nil {
		t.Fatal(err)
	}
	want := octets(
		uint8(1),                             // bFlag, and no gap behind it
		[]byte{0, 0, 0, 0, 0, 0, 0xF8, 0x3F}, // fX
		"ab", uint8(0),                       // sText
	)
	if diff := cmp.Diff(want, in); diff != "" {
		t.Error(diff)
	}
	out, err := mix.Out.Decode(octets(uint16(7), uint32(9), "abc"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(symbol.Struct{Fields: []symbol.FieldValue{{"Mix", int16(7)}, {"nLeft", int32(9)}, {"sText", "abc"}}}, out); diff != "" {
		t.Error(diff)
	}
	var result struct {
		Mix  int
		Left int `ads:"nLeft"`
	}
	if err := mix.Out.Unmarshal(octets(uint16(7), uint32(9), "abc"), &result); err != nil || result.Mix != 7 || result.Left != 9 {
		t.Error(result, err)
	}
	stop, err := types.Signature(block.Method("Stop"))
	if err != nil || stop.In.Size != 0 || stop.Out.Size != 0 || stop.Return != nil {
		t.Error(stop, err)
	}
	if data, err := stop.In.Encode(map[string]any{}); err != nil || len(data) != 0 {
		t.Error(data, err)
	}
	wrong := symbol.Method{Name: "M", Parameters: []symbol.Parameter{{Name: "p", Type: "INT", Size: 4}}}
	if _, err := types.Signature(&wrong); err == nil || !strings.Contains(err.Error(), "method M, parameter p: type INT has 2 octets, and the table says 4") {
		t.Error(err)
	}
}
