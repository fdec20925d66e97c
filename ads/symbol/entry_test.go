package symbol_test

import (
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stellwerk/ads/symbol"
)

// octets puts fields one after the other: integers of their width, texts with
// the NUL behind them, octets as they are.
func octets(fields ...any) []byte {
	var data []byte
	for _, field := range fields {
		switch f := field.(type) {
		case uint8:
			data = append(data, f)
		case uint16:
			data = binary.LittleEndian.AppendUint16(data, f)
		case uint32:
			data = binary.LittleEndian.AppendUint32(data, f)
		case int32:
			data = binary.LittleEndian.AppendUint32(data, uint32(f))
		case string:
			data = append(append(data, f...), 0)
		case []byte:
			data = append(data, f...)
		default:
			panic("no such field")
		}
	}
	return data
}

// sized puts the length of an entry, its own four octets included, before it.
func sized(fields ...any) []byte {
	inside := octets(fields...)
	return append(octets(uint32(4+len(inside))), inside...)
}

var guid = symbol.GUID{0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 1, 2, 3, 4, 5, 6, 7, 8}

// symbolOctets is an entry with all that there can be.
var symbolOctets = sized(
	uint32(0x4040), // index group
	uint32(0x1234), // index offset
	uint32(16),     // size
	uint32(2),      // base type INT16
	uint16(0x9209), // flags: extended, attributes, context 2, type GUID, persistent
	uint16(2),      // array dimensions
	uint16(9),      // name length
	uint16(27),     // type length
	uint16(5),      // comment length
	"MAIN.aNum", "ARRAY [0..3,-1..0] OF INT\xe4\xf6", "Gr\xfc\xdfe",
	int32(0), uint32(4), // first dimension
	int32(-1), uint32(2), // second dimension
	guid[:],
	uint16(2), // attributes
	uint8(4), uint8(1), "unit", "\x80",
	uint8(4), uint8(0), "hide", "",
	uint32(0xA5),       // extended flags
	[]byte{0xDE, 0xAD}, // what is not known
)

var symbolEntry = symbol.Entry{
	IndexGroup: 0x4040, IndexOffset: 0x1234, Size: 16, BaseType: symbol.BaseInt16,
	Flags: symbol.FlagExtended | symbol.FlagAttributes | symbol.FlagTypeGUID | symbol.FlagPersistent | 0x200,
	Name:  "MAIN.aNum", Type: "ARRAY [0..3,-1..0] OF INTäö", Comment: "Grüße",
	Dimensions: []symbol.Dimension{{Lower: 0, Elements: 4}, {Lower: -1, Elements: 2}},
	TypeGUID:   guid,
	Attributes: []symbol.Attribute{{Name: "unit", Value: "€"}, {Name: "hide"}},

	ExtendedFlags: 0xA5,
	Rest:          []byte{0xDE, 0xAD},
}

func TestEntry(t *testing.T) {
	got, n, err := symbol.DecodeEntry(append(symbolOctets, 1, 2, 3), symbol.Windows1252)
	if err != nil {
		t.Fatal(err)
	}
	if n != len(symbolOctets) {
		t.Errorf("%d octets, want %d", n, len(symbolOctets))
	}
	if diff := cmp.Diff(symbolEntry, got); diff != "" {
		t.Error(diff)
	}
	again, err := got.Append(nil, symbol.Windows1252)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(symbolOctets, again); diff != "" {
		t.Error(diff)
	}
	if got := symbolEntry.Flags.String(); got != "persistent, type GUID, attributes, extended flags, context 2" {
		t.Error(got)
	}
	if got := guid.String(); got != "{44332211-6655-8877-0102-030405060708}" {
		t.Error(got)
	}
	if parsed, err := symbol.ParseGUID(guid.String()); err != nil || parsed != guid {
		t.Error(parsed, err)
	}
}

// A TwinCAT 2 entry ends with its comment; what later is the number of
// dimensions are the upper 16 flags, all 0.
func TestEntryOfTwinCAT2(t *testing.T) {
	data := sized(
		uint32(0x4020), uint32(100), uint32(0), // a bit says size 0
		uint32(33), // base type BIT
		uint32(0),  // flags of 32 bits
		uint16(5), uint16(4), uint16(0),
		".BRUN", "BOOL", "",
	)
	e, _, err := symbol.DecodeEntry(data, symbol.Windows1252)
	if err != nil {
		t.Fatal(err)
	}
	want := symbol.Entry{IndexGroup: 0x4020, IndexOffset: 100, BaseType: symbol.BaseBit, Name: ".BRUN", Type: "BOOL"}
	if diff := cmp.Diff(want, e); diff != "" {
		t.Error(diff)
	}
	v, err := symbol.NewTable([]symbol.Entry{e}, nil).Find("bRun")
	if err != nil || v.Size != 1 || v.Type.Kind != symbol.KindBool || v.Name != ".BRUN" {
		t.Errorf("%+v, %v", v, err)
	}
}

func subItem(flags, size, offset uint32, name, typ string, more ...any) []byte {
	return sized(append([]any{
		uint32(1),    // version
		uint32(0),    // hash
		uint32(0),    // type hash
		size, offset, //
		uint32(2),                                      // base type INT16
		flags,                                          //
		uint16(len(name)), uint16(len(typ)), uint16(0), // lengths
		uint16(0), uint16(0), // array dimensions, sub-items
		name, typ, "",
	}, more...)...)
}

// typeOctets is an entry with all parts, in the order of the wire.
var typeOctets = sized(
	uint32(1), uint32(0x11), uint32(0x22), // version, hash, type hash
	uint32(4), uint32(0), uint32(65), // size, offset, base type BIGTYPE
	// extended enum, deref, extended flags, enum infos, attributes, methods, copy mask, type GUID, data type
	uint32(0xB0003A81),
	uint16(4), uint16(0), uint16(2), // lengths
	uint16(1), uint16(2), // array dimensions, sub-items
	"ST_X", "", "ok",
	int32(-5), uint32(3), // dimension
	subItem(2, 2, 0, "a", "INT"),
	subItem(0x1002, 2, 2, "b", "INT", uint16(1), uint8(1), uint8(1), "k", "v"), // with an attribute
	guid[:],
	[]byte{0xFF, 0xFF, 0, 0xFF}, // copy mask, one octet for each of the type
	uint16(1),                   // methods
	sized( // method
		uint32(1), uint32(7), // version, index in the table of methods
		uint32(4), uint32(4), uint32(0), // size and alignment of what it returns, reserved
		guid[:], uint32(3), // type GUID and base type of what it returns
		uint32(9),                                  // flags: PLC calling, attributes
		uint16(3), uint16(4), uint16(0), uint16(1), // lengths, number of parameters
		"Add", "DINT", "",
		sized( // parameter
			uint32(4), uint32(4), uint32(3), // size, alignment, base type
			uint16(0x41), uint16(0), uint32(0), // flags in and attributes, padding, reserved
			make([]byte, 16), uint16(0), // type GUID, number of the length parameter
			uint16(1), uint16(4), uint16(0), "x", "DINT", "",
			uint16(1), uint8(1), uint8(0), "p", "", // attributes
			uint8(0x77), // what is not known
		),
		uint16(1), uint8(2), uint8(1), "me", "1", // attributes
	),
	uint16(1), uint8(1), uint8(2), "k", "vv", // attributes
	uint16(1), uint8(3), "Run", []byte{1, 0, 0, 0}, // enumeration: name and value
	uint32(0x80),       // extended flags
	uint16(1), guid[:], // dereference types
	[]byte{16, 0}, uint8(2), uint8(1), "hi", uint8(1), uint8(1), "c", "d", // comment and attribute of Run
	[]byte{0x99, 0x98, 0x97}, // what is not known of it
	uint8(0xEE),              // what is not known of the type
)

var typeEntry = symbol.TypeEntry{
	Version: 1, Hash: 0x11, TypeHash: 0x22, Size: 4, BaseType: symbol.BaseBig,
	Flags: 0xB0003A81, Name: "ST_X", Comment: "ok",
	Dimensions: []symbol.Dimension{{Lower: -5, Elements: 3}},
	SubItems: []symbol.TypeEntry{
		{Version: 1, Size: 2, BaseType: symbol.BaseInt16, Flags: symbol.TypeFlagDataItem, Name: "a", Type: "INT"},
		{
			Version: 1, Size: 2, Offset: 2, BaseType: symbol.BaseInt16, Flags: symbol.TypeFlagDataItem | symbol.TypeFlagAttributes,
			Name: "b", Type: "INT", Attributes: []symbol.Attribute{{Name: "k", Value: "v"}},
		},
	},
	TypeGUID: guid,
	CopyMask: []byte{0xFF, 0xFF, 0, 0xFF},
	Methods: []symbol.Method{{
		Version: 1, VTableIndex: 7, ReturnSize: 4, ReturnAlign: 4, ReturnGUID: guid, ReturnBase: symbol.BaseInt32,
		Flags: symbol.MethodFlagPLCCalling | symbol.MethodFlagAttributes, Name: "Add", ReturnType: "DINT",
		Parameters: []symbol.Parameter{{
			Size: 4, Align: 4, BaseType: symbol.BaseInt32, Flags: symbol.ParameterFlagIn | symbol.ParameterFlagAttributes,
			Name: "x", Type: "DINT", Attributes: []symbol.Attribute{{Name: "p"}}, Rest: []byte{0x77},
		}},
		Attributes: []symbol.Attribute{{Name: "me", Value: "1"}},
	}},
	Attributes:    []symbol.Attribute{{Name: "k", Value: "vv"}},
	ExtendedFlags: 0x80,
	EnumInfos: []symbol.EnumInfo{{
		Name: "Run", Value: []byte{1, 0, 0, 0}, Comment: "hi",
		Attributes: []symbol.Attribute{{Name: "c", Value: "d"}}, Rest: []byte{0x99, 0x98, 0x97},
	}},
	DerefTypes: []symbol.GUID{guid},
	Rest:       []byte{0xEE},
}

func TestTypeEntry(t *testing.T) {
	got, n, err := symbol.DecodeTypeEntry(typeOctets, symbol.UTF8)
	if err != nil {
		t.Fatal(err)
	}
	if n != len(typeOctets) {
		t.Errorf("%d octets, want %d", n, len(typeOctets))
	}
	if diff := cmp.Diff(typeEntry, got); diff != "" {
		t.Error(diff)
	}
	again, err := got.Append(nil, symbol.UTF8)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(typeOctets, again); diff != "" {
		t.Error(diff)
	}
	if m := got.Method("ADD"); m == nil || !m.Parameters[0].In() || m.Parameters[0].Out() {
		t.Error(m)
	}
}

func TestUploadInfo(t *testing.T) {
	data := octets(
		uint32(3), uint32(300), // symbols: number and octets
		uint32(2), uint32(200), // data types
		uint32(1000), uint32(7), // dynamic symbols: most, used
		uint32(1),        // invalid dynamic symbols
		uint32(65001),    // code page
		uint32(0x5),      // flags
		make([]byte, 28), // reserved
	)
	want := symbol.UploadInfo{
		Symbols: 3, SymbolBytes: 300, Types: 2, TypeBytes: 200, MaxDynamicSymbols: 1000, UsedDynamicSymbols: 7,
		InvalidDynamicSymbols: 1, CodePage: symbol.UTF8, Flags: 5,
	}
	got, err := symbol.DecodeUploadInfo(data)
	if err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	if diff := cmp.Diff(data, got.Append(nil)); diff != "" {
		t.Error(diff)
	}
	short, err := symbol.DecodeUploadInfo(data[:24])
	if err != nil || short != (symbol.UploadInfo{Symbols: 3, SymbolBytes: 300, Types: 2, TypeBytes: 200, MaxDynamicSymbols: 1000, UsedDynamicSymbols: 7}) {
		t.Errorf("%+v, %v", short, err)
	}
	shortest, err := symbol.DecodeUploadInfo(data[:8])
	if err != nil || shortest != (symbol.UploadInfo{Symbols: 3, SymbolBytes: 300}) {
		t.Errorf("%+v, %v", shortest, err)
	}
	if _, err := symbol.DecodeUploadInfo(data[:7]); err == nil {
		t.Error("7 octets are no upload info")
	}
}

// Tables that lie are told with entry, name and octet.
func TestTablesThatLie(t *testing.T) {
	good := sized(uint32(0), uint32(0), uint32(2), uint32(2), uint32(0), uint16(1), uint16(3), uint16(0), "a", "INT", "")
	with := func(offset int, octets ...byte) []byte {
		changed := append([]byte{}, good...)
		copy(changed[offset:], octets)
		return changed
	}
	item := func(depth int) []byte {
		data := subItem(2, 2, 0, "x", "INT")
		for range depth {
			inner := data
			data = sized(uint32(1), uint32(0), uint32(0), uint32(2), uint32(0), uint32(65), uint32(1),
				uint16(1), uint16(0), uint16(0), uint16(0), uint16(1), "x", "", "", inner)
		}
		return data
	}
	cases := []struct {
		name  string
		types bool
		table []byte
		want  []string
		kept  int
	}{
		{"length 0", false, append(good, with(0, 0, 0, 0, 0)...), []string{"entry 1", "octet 37", "length of 0 octets"}, 1},
		{"length of 4 GiB", false, with(0, 0xff, 0xff, 0xff, 0xff), []string{"entry 0", "length of 4294967295 octets, and only 37 are left"}, 0},
		{"length of the name", false, append(with(24, 0xff, 0xff), good...), []string{"entry 0, octet 30: name has 65536 octets, and the entry only 7 more"}, 1},
		{"no NUL", false, append(good, with(31, 'b')...), []string{`entry 1, octet 68: name of 1 octets does not end with NUL but with 0x62`}, 1},
		{"dimensions", false, with(22, 0xff, 0xff), []string{`entry 0 "a", octet 37: 65535 dimensions do not fit`}, 0},
		{"attributes", false, with(20, 0, 0x10), []string{`entry 0 "a", octet 37: number of attributes has 2 octets`}, 0},
		{"cut short", false, good[:20], []string{"length of 37 octets, and only 20 are left"}, 0},
		{"three octets", false, good[:3], []string{"entry length has 4 octets"}, 0},
		{"sub-items", true, subItemCount(0xffff), []string{`data type table, entry 0 "a", octet 46: 65535 sub-items do not fit`}, 0},
		{"nested too deep", true, item(40), []string{"nested deeper than 32 levels", `"x.x.x`}, 0},
		{"copy mask of 4 GiB", true, subItem(0x200, 0xffffffff, 0, "a", "INT"), []string{"copy mask has 4294967295 octets"}, 0},
		{"enumeration of 4 GiB", true, subItem(0x2000, 0xffffffff, 0, "a", "INT", uint16(1), uint8(1), "r"), []string{"enumeration value has 4294967295 octets"}, 0},
		{"method", true, subItem(0x800, 2, 0, "a", "INT", uint16(1), make([]byte, 80)), []string{"a method claims a length of 0 octets"}, 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var kept int
			var err error
			if c.types {
				entries, typesErr := symbol.ReadTypeEntries(c.table, symbol.Windows1252)
				kept, err = len(entries), typesErr
			} else {
				entries, symbolsErr := symbol.ReadEntries(c.table, symbol.Windows1252)
				kept, err = len(entries), symbolsErr
			}
			if err == nil {
				t.Fatal("no error")
			}
			if _, ok := errors.AsType[*symbol.TableError](err); !ok {
				t.Errorf("%T is no TableError", err)
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q lacks %q", err, want)
				}
			}
			if kept != c.kept {
				t.Errorf("%d entries kept, want %d", kept, c.kept)
			}
		})
	}
}

func subItemCount(n uint16) []byte {
	return sized(uint32(1), uint32(0), uint32(0), uint32(2), uint32(0), uint32(65), uint32(1),
		uint16(1), uint16(0), uint16(0), uint16(0), n, "a", "", "")
}

func TestEncodeRefuses(t *testing.T) {
	long := strings.Repeat("x", 65536)
	for name, e := range map[string]symbol.Entry{
		"has 65536 octets, at most 65535": {Name: long},
		"Windows-1252 has no '😀'":         {Name: "a", Comment: "😀"},
		"attribute name has 256 octets":   {Name: "a", Attributes: []symbol.Attribute{{Name: long[:256]}}},
	} {
		if _, err := e.Append(nil, symbol.Windows1252); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%v, want %s", err, name)
		}
	}
	wrong := symbol.TypeEntry{Name: "E", Size: 2, EnumInfos: []symbol.EnumInfo{{Name: "a", Value: []byte{1}}}}
	if _, err := wrong.Append(nil, symbol.UTF8); err == nil || !strings.Contains(err.Error(), `entry "E": the enumeration value a has 1 octets, and the type 2`) {
		t.Error(err)
	}
}
