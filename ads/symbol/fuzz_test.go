package symbol_test

import (
	"bytes"
	"strings"
	"testing"

	"stellwerk/ads/symbol"
)

// seedUpload is what the plant uploads.
func seedUpload(f *testing.F) *symbol.Upload {
	f.Helper()
	upload, err := mustTable(f, plant(symbol.TwinCAT3)).Upload(symbol.UTF8)
	if err != nil {
		f.Fatal(err)
	}
	return upload
}

func FuzzEntries(f *testing.F) {
	f.Add(symbolOctets, false)
	f.Add(seedUpload(f).Symbols, true)
	f.Fuzz(func(t *testing.T, table []byte, utf8 bool) {
		page := symbol.Windows1252
		if utf8 {
			page = symbol.UTF8
		}
		at := 0
		for e, err := range symbol.Entries(table, page) {
			if err != nil {
				return
			}
			data, err := e.Append(nil, page)
			if err != nil {
				t.Fatal(err)
			}
			if at+len(data) > len(table) || !bytes.Equal(data, table[at:at+len(data)]) {
				t.Fatalf("octet %d: %x became %x", at, table[at:], data)
			}
			at += len(data)
		}
		if at != len(table) {
			t.Fatalf("%d of %d octets were read", at, len(table))
		}
	})
}

func FuzzTypeEntries(f *testing.F) {
	f.Add(typeOctets, true)
	f.Add(seedUpload(f).Types, false)
	f.Fuzz(func(t *testing.T, table []byte, utf8 bool) {
		page := symbol.Windows1252
		if utf8 {
			page = symbol.UTF8
		}
		at := 0
		for e, err := range symbol.TypeEntries(table, page) {
			if err != nil {
				return
			}
			data, err := e.Append(nil, page)
			if err != nil {
				t.Fatal(err)
			}
			if at+len(data) > len(table) || !bytes.Equal(data, table[at:at+len(data)]) {
				t.Fatalf("octet %d: %x became %x", at, table[at:], data)
			}
			at += len(data)
		}
	})
}

// Whatever a device uploads: types resolve or tell why not, and values of those
// that resolve decode and come back.
func FuzzUpload(f *testing.F) {
	upload := seedUpload(f)
	f.Add(upload.Symbols, upload.Types, []byte{1, 2, 3})
	f.Add(symbolOctets, typeOctets, []byte{})
	f.Fuzz(func(t *testing.T, symbols, types, data []byte) {
		table, err := symbol.ReadUpload(&symbol.Upload{Symbols: symbols, Types: types}, nil)
		if err != nil && !strings.Contains(err.Error(), "table, entry") {
			t.Fatal(err)
		}
		for typ, err := range table.Types().All() {
			if err == nil {
				decodeEncode(t, typ, data)
			}
		}
		for e := range table.Symbols() {
			v, err := table.Find(e.Name)
			if err != nil {
				continue
			}
			if v.Type.Size < 1<<16 {
				if _, err := v.Decode(append(data, make([]byte, v.Type.Size)...)); err != nil && !strings.Contains(err.Error(), "ns are more than") {
					t.Fatal(err)
				}
			}
			if _, err := table.Children(v.Name, 100); err != nil {
				t.Fatal(err)
			}
			table.At(v.IndexGroup, v.IndexOffset+1, 1)
		}
		if _, err := table.Children("", 100); err != nil {
			t.Fatal(err)
		}
	})
}

// decodeEncode decodes octets as a value of the type; what is encoded of it
// must decode to the same.
func decodeEncode(t *testing.T, typ *symbol.Type, data []byte) {
	if typ.Size > 1<<14 {
		return
	}
	padded := append(append([]byte{}, data...), make([]byte, typ.Size)...)[:typ.Size]
	value, err := typ.Decode(padded)
	if err != nil {
		return
	}
	text := typ.Text(value)
	object := string(typ.AppendJSON(nil, value))
	into := bytes.Clone(padded)
	if err := typ.EncodeInto(into, value); err != nil {
		return // what the octets hold may be outside of a subrange
	}
	again, err := typ.Decode(into)
	if err != nil {
		t.Fatalf("%s: %v", typ.Name, err)
	}
	if got := typ.Text(again); got != text {
		t.Fatalf("%s: %s became %s", typ.Name, text, got)
	}
	if got := string(typ.AppendJSON(nil, again)); got != object {
		t.Fatalf("%s: %s became %s", typ.Name, object, got)
	}
}

// FuzzValues takes types by their names, and octets as their values; what is
// written as text and as JSON must be read as the same.
func FuzzValues(f *testing.F) {
	for _, name := range []string{
		"BOOL", "BIT", "INT (0..10)", "ULINT", "REAL", "LREAL", "STRING(10)", "WSTRING(5)", "TIME", "LTIME", "TOD", "LTOD", "DATE", "LDT",
		"ARRAY [0..1,-1..0] OF TIME", "ARRAY [0..10] OF BIT", "POINTER TO INT", "ST_Axis", "E_State", "U_Word", "ARRAY [1..2] OF ARRAY [1..2] OF E_State",
	} {
		f.Add(name, []byte("\x01\x02\x83\x00abcdefgh"))
	}
	types := mustTable(f, plant(symbol.TwinCAT3)).Types()
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		typ, err := types.Resolve(name)
		if err != nil || typ.Size > 1<<12 {
			return
		}
		padded := append(append([]byte{}, data...), make([]byte, typ.Size)...)[:typ.Size]
		value, err := typ.Decode(padded)
		if err != nil {
			return
		}
		if err := typ.EncodeInto(bytes.Clone(padded), value); err != nil {
			return // outside of a subrange
		}
		text := typ.Text(value)
		for _, written := range []string{text, string(typ.AppendJSON(nil, value))} {
			if strings.Contains(written, `\ufffd`) {
				continue // JSON has no octets that are no UTF-8
			}
			read, err := typ.ParseText(written)
			if err != nil {
				t.Fatalf("%s: %q: %v", name, written, err)
			}
			if got := typ.Text(read); got != text {
				t.Fatalf("%s: %q became %q", name, text, got)
			}
		}
		var generic any
		if err := typ.Unmarshal(padded, &generic); err != nil {
			t.Fatal(err)
		}
		if got := typ.Text(generic); got != text {
			t.Fatalf("%s: %q became %q", name, text, got)
		}
	})
}

func FuzzParseText(f *testing.F) {
	for _, text := range []string{
		"12", "TRUE", "T#5s", "'a$N'", "[1,2,3]", "{a:=1,b:=2}", `{"eState":"Run","aInner":[{},{"nCount":3}]}`, "TOD#12:30:00.5",
		"DT#2026-01-31-12:30:00", "16#FF", "[2(3)]", "1e400", "-0", "{sName:='x', aMatrix:=[1,2,3,4,5,6]}",
	} {
		f.Add("ST_Axis", text)
		f.Add("ARRAY [0..2] OF INT", text)
		f.Add("LREAL", text)
		f.Add("LTIME", text)
	}
	types := mustTable(f, plant(symbol.TwinCAT3)).Types()
	f.Fuzz(func(t *testing.T, name, text string) {
		typ, err := types.Resolve(name)
		if err != nil || typ.Size > 1<<12 {
			return
		}
		value, err := typ.ParseText(text)
		if err != nil {
			return
		}
		data := make([]byte, typ.Size)
		if err := typ.EncodeInto(data, value); err != nil {
			t.Fatalf("%s: %q gave %v, which does not encode: %v", name, text, value, err)
		}
	})
}

func FuzzFind(f *testing.F) {
	for _, path := range []string{
		"MAIN.aAxis[2].aInner[1].fX", "main.aaxis[1].aMatrix[1,-1]", "MAIN.aAxis[1].aMatrix[1][-1]", "GVL.uWord.aByte[1]", "GVL.bIn",
		"MAIN.aAxis[1].pNext^.x", "MAIN.aAxis[99999999999999999999]", "...[][", "MAIN.fbPump#Add",
	} {
		f.Add(path)
	}
	table := mustTable(f, plant(symbol.TwinCAT3))
	f.Fuzz(func(t *testing.T, path string) {
		v, err := table.Find(path)
		if err != nil {
			return
		}
		e := v.Symbol
		begin, end := uint64(e.IndexOffset), uint64(e.IndexOffset)+uint64(e.Size)
		if at := uint64(v.IndexOffset); at < begin || at+uint64(v.Size) > end {
			t.Fatalf("%s: %d of %d octets is outside of %s", path, at, v.Size, e.Name)
		}
		again, err := table.Find(v.Name)
		if err != nil || again.Name != v.Name || again.IndexOffset != v.IndexOffset || again.Bit != v.Bit || again.Type != v.Type {
			t.Fatalf("%s leads to %s, and that to %s: %v", path, v.Name, again.Name, err)
		}
	})
}

func FuzzReadFiles(f *testing.F) {
	f.Add([]byte(tmcFile))
	f.Add([]byte(tpyFile))
	f.Fuzz(func(_ *testing.T, data []byte) {
		for _, read := range []func([]byte) (*symbol.Table, error){
			func(b []byte) (*symbol.Table, error) { return symbol.ReadTMC(bytes.NewReader(b)) },
			func(b []byte) (*symbol.Table, error) { return symbol.ReadTPY(bytes.NewReader(b)) },
		} {
			table, err := read(data)
			if table == nil {
				continue
			}
			_ = err
			for _, err := range table.Types().All() {
				_ = err
			}
			_, _ = table.Upload(symbol.UTF8)
		}
	})
}
