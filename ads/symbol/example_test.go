package symbol_test

import (
	"fmt"
	"strings"

	"stellwerk/ads/symbol"
)

// A device declares its types and variables, and a client finds its way in what
// the device uploads.
func Example() {
	d := symbol.NewDeclaration(symbol.TwinCAT3)
	d.Enum("E_State", "INT", symbol.EnumValue{Name: "Idle"}, symbol.EnumValue{Name: "Run", Value: 1})
	d.Structure("ST_Axis", symbol.Var("eState", "E_State"), symbol.Var("fPosition", "LREAL"))
	d.Symbol("MAIN.aAxis", "ARRAY [1..4] OF ST_Axis")
	served, err := d.Table()
	if err != nil {
		fmt.Println(err)
		return
	}
	upload, err := served.Upload(symbol.UTF8)
	if err != nil {
		fmt.Println(err)
		return
	}

	table, err := symbol.ReadUpload(upload, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	axis, err := table.Find("main.aaxis[2]")
	if err != nil {
		fmt.Println(err)
		return
	}
	data, err := axis.Type.Encode(map[string]any{"eState": "Run", "fPosition": 12.5})
	if err != nil {
		fmt.Println(err)
		return
	}
	value, err := axis.Decode(data)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s at %#x:%d, %d octets: %s\n", axis.Name, axis.IndexGroup, axis.IndexOffset, axis.Size, axis.Type.Text(value))
	_, err = table.Find("MAIN.aAxis[2].fPositoin")
	fmt.Println(err)
	// Output:
	// MAIN.aAxis[2] at 0x4040:16, 16 octets: {eState:=Run, fPosition:=12.5}
	// there is no field "fPositoin" in MAIN.aAxis[2], a ST_Axis; is it fPosition?
}

func ExampleType_Unmarshal() {
	types := symbol.NewTypes(nil, nil)
	trend, err := types.Resolve("ARRAY [0..1,0..2] OF INT")
	if err != nil {
		fmt.Println(err)
		return
	}
	var rows [2][3]int
	if err := trend.Unmarshal([]byte{1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 255, 255}, &rows); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(rows)
	// Output: [[1 2 3] [4 5 -1]]
}

func ExampleType_ParseText() {
	types := symbol.NewTypes(nil, nil)
	for _, c := range [][2]string{{"TIME", "1m30s"}, {"ARRAY [0..3] OF BYTE", "[3(16#FF), 1]"}, {"INT (0..100)", "101"}} {
		typ, err := types.Resolve(c[0])
		if err != nil {
			fmt.Println(err)
			return
		}
		value, err := typ.ParseText(c[1])
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(typ.Text(value), string(typ.AppendJSON(nil, value)))
	}
	// Output:
	// T#1m30s "T#1m30s"
	// [255, 255, 255, 1] [255,255,255,1]
	// value (INT (0..100)): 101 is out of range, 0 to 100 are possible
}

func ExampleReadTMC() {
	table, err := symbol.ReadTMC(strings.NewReader(`<TcModuleClass><Modules><Module><DataAreas><DataArea>
		<AreaNo AreaType="OutputSrc">1</AreaNo>
		<Symbol><Name>GVL.nSpeed</Name><BitSize>16</BitSize><BaseType>UINT</BaseType><BitOffs>32</BitOffs></Symbol>
	</DataArea></DataAreas></Module></Modules></TcModuleClass>`))
	if err != nil {
		fmt.Println(err)
		return
	}
	for e := range table.Symbols() {
		fmt.Printf("%s: %s at %#x:%d\n", e.Name, e.Type, e.IndexGroup, e.IndexOffset)
	}
	// Output: GVL.nSpeed: UINT at 0xf030:4
}

func ExampleReadTPY() {
	table, err := symbol.ReadTPY(strings.NewReader(`<PlcProjectInfo><Symbols>
		<Symbol><Name>.BRUN</Name><Type>BOOL</Type><IGroup>16448</IGroup><IOffset>7</IOffset><BitSize>8</BitSize></Symbol>
	</Symbols></PlcProjectInfo>`))
	if err != nil {
		fmt.Println(err)
		return
	}
	v, err := table.Find("bRun")
	fmt.Println(v.Name, v.Type, v.IndexOffset, err)
	// Output: .BRUN BOOL 7 <nil>
}

func ExampleDeclaration_Go() {
	type Pump struct {
		Speed float32 `ads:"fSpeed"`
		Name  string  `ads:"sName,STRING(20)"`
	}
	d := symbol.NewDeclaration(symbol.TwinCAT3)
	d.Symbol("MAIN.stPump", d.Go("ST_Pump", Pump{}))
	table, err := d.Table()
	if err != nil {
		fmt.Println(err)
		return
	}
	children, err := table.Children("MAIN.stPump", 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, child := range children {
		fmt.Println(child.Path, child.Type)
	}
	// Output:
	// MAIN.stPump.fSpeed REAL
	// MAIN.stPump.sName STRING(20)
}

func ExampleTypes_Signature() {
	d := symbol.NewDeclaration(symbol.TwinCAT3)
	d.FunctionBlock("FB_Math").Method("Add", "DINT", symbol.In("a", "DINT"), symbol.In("b", "DINT"))
	table, err := d.Table()
	if err != nil {
		fmt.Println(err)
		return
	}
	add, err := table.Types().Signature(table.Types().Entry("FB_Math").Method("Add"))
	if err != nil {
		fmt.Println(err)
		return
	}
	inputs, err := add.In.Encode(map[string]any{"a": 1, "b": 2})
	fmt.Printf("% x, %v\n", inputs, err)
	// Output: 01 00 00 00 02 00 00 00, <nil>
}
