package symbol_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"stellwerk/ads/symbol"
	"stellwerk/wire"
)

// The leaves of a dissected table, put together, are the table.
func TestWalk(t *testing.T) {
	upload, err := mustTable(t, plant(symbol.TwinCAT3)).Upload(symbol.UTF8)
	if err != nil {
		t.Fatal(err)
	}
	broken := sized(make([]byte, 40))
	for name, c := range map[string]struct {
		table []byte
		walk  func(*wire.Walker, []byte, symbol.CodePage)
		want  []string
	}{
		"symbols":        {append(append(symbolOctets, broken...), symbolOctets...), symbol.WalkEntries, []string{`name "MAIN.aNum"`, `type GUID {44332211-6655-8877-0102-030405060708}`, `value "€"`, "lower bound -1"}},
		"data types":     {append(typeOctets, 1, 2, 3), symbol.WalkTypeEntries, []string{`name "Add"`, `return type "DINT"`, `comment "hi"`, `data type data type table, entry 0, octet 0: entry length`}},
		"uploaded":       {upload.Symbols, symbol.WalkEntries, []string{`name "MAIN.aAxis"`}},
		"uploaded types": {upload.Types, symbol.WalkTypeEntries, []string{`name "ST_Axis"`, "base type BIGTYPE"}},
		"upload info":    {upload.Info.Append(nil), func(w *wire.Walker, b []byte, _ symbol.CodePage) { symbol.WalkUploadInfo(w, len(b)) }, []string{"number of symbols 13", "code page UTF-8"}},
		"its short form": {upload.Info.Append(nil)[:8], func(w *wire.Walker, b []byte, _ symbol.CodePage) { symbol.WalkUploadInfo(w, len(b)) }, []string{"number of symbols 13"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := wire.NewWalker(c.table)
			c.walk(w, c.table, symbol.Windows1252)
			if w.Rest() != 0 {
				t.Errorf("%d octets are left", w.Rest())
			}
			if !bytes.Equal(wire.Join(w.Nodes()), c.table) {
				t.Error("the leaves are not the table")
			}
			var lines strings.Builder
			for _, node := range w.Nodes() {
				fmt.Fprintln(&lines, node.Name, node.Text.EN)
			}
			for _, want := range c.want {
				if !strings.Contains(lines.String(), want) {
					t.Errorf("no %s in\n%s", want, lines.String())
				}
			}
		})
	}
}

func FuzzWalk(f *testing.F) {
	f.Add(symbolOctets)
	f.Add(typeOctets)
	f.Fuzz(func(t *testing.T, table []byte) {
		for _, walk := range []func(*wire.Walker, []byte, symbol.CodePage){symbol.WalkEntries, symbol.WalkTypeEntries} {
			w := wire.NewWalker(table)
			walk(w, table, symbol.UTF8)
			if w.Rest() != 0 || !bytes.Equal(wire.Join(w.Nodes()), table) {
				t.Fatalf("the leaves of %x are not the table, %d octets are left", table, w.Rest())
			}
		}
	})
}
