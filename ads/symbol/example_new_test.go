package symbol_test

import (
	"fmt"

	"stellwerk/ads/symbol"
)

// A device that is written in Go declares what a PLC project would.
func ExampleNewDeclaration() {
	d := symbol.NewDeclaration(symbol.TwinCAT3)
	d.Symbol("MAIN.bRun", "BOOL")
	d.Symbol("MAIN.fSpeed", "LREAL")
	table, err := d.Table()
	if err != nil {
		fmt.Println(err)
		return
	}
	for e := range table.Symbols() {
		fmt.Println(e.Name, e.Type, e.IndexOffset, e.Size)
	}
	// Output:
	// MAIN.bRun BOOL 0 1
	// MAIN.fSpeed LREAL 8 8
}

// Symbols whose place is known need no upload.
func ExampleNewTable() {
	table := symbol.NewTable([]symbol.Entry{
		{Name: "GVL.aLevel", Type: "ARRAY [1..4] OF INT", IndexGroup: 0x4020, IndexOffset: 100, Size: 8},
	}, nil)
	level, err := table.Find("gvl.alevel[3]")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s: %s at %#x:%d\n", level.Name, level.Type, level.IndexGroup, level.IndexOffset)
	// Output: GVL.aLevel[3]: INT at 0x4020:104
}

// Types that are built in need no data type table.
func ExampleNewTypes() {
	types := symbol.NewTypes(nil, &symbol.TypesOptions{PointerSize: 4})
	for _, name := range []string{"STRING(10)", "POINTER TO INT", "ARRAY [0..9] OF REAL", "ST_Unknown"} {
		typ, err := types.Resolve(name)
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(typ, typ.Size)
	}
	// Output:
	// STRING(10) 11
	// POINTER TO INT 4
	// ARRAY [0..9] OF REAL 40
	// there is no type "ST_Unknown"
}
