package main

import (
	"encoding/hex"
	"fmt"
	"unicode/utf8"

	"stellwerk/ads"
	"stellwerk/ads/symbol"
)

const (
	widestArray = 60   // characters that an array may have in a line
	mostRows    = 2000 // of a value; what is more is counted
)

// valueTable shows values with their types; structures and arrays are indented.
type valueTable struct {
	textTable
	raw bool
}

func newValueTable(raw bool) *valueTable {
	return &valueTable{textTable: textTable{columns: []column{{head: "NAME"}, {head: "TYPE"}, {head: "VALUE"}}}, raw: raw}
}

// value adds a value that was read.
func (t *valueTable) value(v *ads.Value) {
	if v.Variable.Type == nil || t.raw {
		name, typ := v.Name, number(len(v.Data), "octet")
		if v.Variable.Type != nil {
			name, typ = v.Variable.Name, v.Variable.Type.Name
		}
		lines := hexLines(v.Data)
		t.add(printable(name), printable(typ), lines[0])
		for _, line := range lines[1:] {
			t.add("", "", line)
		}
		return
	}
	t.part("", v.Variable.Name, v.Variable.Type, v.Value)
}

// hexLines shows octets, 16 a line.
func hexLines(data []byte) []string {
	lines := []string{}
	for at := 0; at < len(data) || at == 0; at += 16 {
		end := min(at+16, len(data))
		lines = append(lines, fmt.Sprintf("% x", data[at:end]))
	}
	return lines
}

// part adds a value, and below it what it has in it.
func (t *valueTable) part(indent, name string, typ *symbol.Type, value any) {
	if len(t.rows) >= mostRows {
		if len(t.rows) == mostRows {
			t.add("…", "", "there is more: read a part of it, or use --json")
		}
		return
	}
	real := typ.Unaliased()
	switch v := value.(type) {
	case symbol.Struct:
		t.add(indent+printable(name), printable(typ.Name), "")
		for i, field := range v.Fields {
			if i < len(real.Fields) {
				t.part(indent+"  ", field.Name, real.Fields[i].Type, field.Value)
			}
		}
	case []any:
		text := printable(typ.Text(value))
		if elementary(real.Elem) && utf8.RuneCountInString(text) <= widestArray {
			t.add(indent+printable(name), printable(typ.Name), text)
			return
		}
		t.add(indent+printable(name), printable(typ.Name), "")
		t.elements(indent+"  ", "", real, real.Dimensions, v)
	case []byte:
		t.add(indent+printable(name), printable(typ.Name), hex.EncodeToString(v))
	default:
		t.add(indent+printable(name), printable(typ.Name), printable(typ.Text(value)))
	}
}

// elements adds those of an array, of as many dimensions as it has.
func (t *valueTable) elements(indent, index string, array *symbol.Type, dimensions []symbol.Dimension, values []any) {
	for i, value := range values {
		if len(t.rows) > mostRows {
			return
		}
		at := int64(i)
		if len(dimensions) > 0 {
			at += int64(dimensions[0].Lower)
		}
		here := fmt.Sprint(index, at)
		if inner, ok := value.([]any); ok && len(dimensions) > 1 {
			t.elements(indent, here+",", array, dimensions[1:], inner)
			continue
		}
		t.part(indent, "["+here+"]", array.Elem, value)
	}
}

// elementary reports whether values of the type have nothing below them.
func elementary(t *symbol.Type) bool {
	if t == nil {
		return true
	}
	switch t.Unaliased().Kind {
	case symbol.KindArray, symbol.KindStruct, symbol.KindUnion, symbol.KindFunctionBlock, symbol.KindString, symbol.KindWString:
		return false
	default:
		return true
	}
}
