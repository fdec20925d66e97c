package symbol_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stellwerk/ads/symbol"
)

const tmcFile = `<?xml version="1.0" encoding="utf-8"?>
<TcModuleClass Hash="{00000000-0000-0000-0000-000000000000}">
 <DataTypes>
  <DataType>
   <Name Namespace="Plant">E_Mode</Name><BitSize>16</BitSize><BaseType GUID="{18071995-0000-0000-0000-000000000006}">INT</BaseType>
   <EnumInfo><Text>Auto</Text><Enum>0</Enum><Comment>by itself</Comment></EnumInfo>
   <EnumInfo><Text>Hand</Text><Enum>#x10</Enum></EnumInfo>
   <EnumInfo><Text>Off</Text><Enum>-1</Enum></EnumInfo>
  </DataType>
  <DataType><Name>T_Label</Name><BitSize>168</BitSize><BaseType>STRING(20)</BaseType></DataType>
  <DataType>
   <Name GUID="{44332211-6655-8877-0102-030405060708}">ST_Valve</Name><Comment><![CDATA[one valve]]></Comment><BitSize>320</BitSize>
   <SubItem><Name>eMode</Name><Type Namespace="Plant">E_Mode</Type><BitSize>16</BitSize><BitOffs>0</BitOffs></SubItem>
   <SubItem><Name>bOpen</Name><Type>BIT</Type><BitSize>1</BitSize><BitOffs>16</BitOffs></SubItem>
   <SubItem><Name>bShut</Name><Type>BIT</Type><BitSize>1</BitSize><BitOffs>17</BitOffs></SubItem>
   <SubItem><Name>sLabel</Name><Type>T_Label</Type><BitSize>168</BitSize><BitOffs>24</BitOffs></SubItem>
   <SubItem><Name>pNext</Name><Type PointerTo="1">ST_Valve</Type><BitSize>64</BitSize><BitOffs>192</BitOffs></SubItem>
   <SubItem><Name>aTrend</Name><Type>INT</Type>
    <ArrayInfo><LBound>1</LBound><Elements>2</Elements></ArrayInfo><ArrayInfo><LBound>0</LBound><Elements>2</Elements></ArrayInfo>
    <Comment>trend</Comment><BitSize>64</BitSize><BitOffs>256</BitOffs>
    <Properties><Property><Name>unit</Name><Value>bar</Value></Property></Properties></SubItem>
  </DataType>
  <DataType>
   <Name>FB_Count</Name><BitSize>128</BitSize>
   <SubItem><Name>nStep</Name><Type>DINT</Type><BitSize>32</BitSize><BitOffs>64</BitOffs>
    <Properties><Property><Name>ItemType</Name><Value>Input</Value></Property></Properties></SubItem>
   <SubItem><Name>refOut</Name><Type ReferenceTo="true">DINT</Type><BitSize>64</BitSize><BitOffs>64</BitOffs></SubItem>
   <SubItem><Name Static="true">nShared</Name><Type>LREAL</Type><BitSize>64</BitSize></SubItem>
   <PropertyItem><Name>Total</Name><Type>DINT</Type><BitSize>32</BitSize><GetCodeOffs>80103284</GetCodeOffs></PropertyItem>
   <Method><Name RpcEnable="plc">Add</Name><ReturnType>DINT</ReturnType><ReturnBitSize>32</ReturnBitSize>
    <Parameter><Name>nBy</Name><Type>INT</Type><BitSize>16</BitSize></Parameter>
    <Parameter><Name>nNow</Name><Type>DINT</Type><BitSize>32</BitSize>
     <Properties><Property><Name>ItemType</Name><Value>Output</Value></Property></Properties></Parameter>
   </Method>
   <Properties><Property><Name>PouType</Name><Value>FunctionBlock</Value></Property></Properties>
  </DataType>
  <DataType><Name>I_Run</Name><BitSize X64="64">32</BitSize><ExtendsType>PVOID</ExtendsType><Method><Name>Go</Name></Method></DataType>
  <DataType><Name>ST_Broken</Name><BitSize>many</BitSize></DataType>
 </DataTypes>
 <Modules><Module><Name>Plc</Name><DataAreas>
  <DataArea><AreaNo AreaType="InputDst" CreateSymbols="true">0</AreaNo><Name>PlcTask Inputs</Name><ContextId>1</ContextId>
   <Symbol><Name>GVL.bIn</Name><BitSize>8</BitSize><BaseType>BOOL</BaseType><BitOffs>8</BitOffs></Symbol>
   <Symbol><Name>GVL.bBit</Name><BitSize>1</BitSize><BaseType>BIT</BaseType><BitOffs>19</BitOffs></Symbol>
  </DataArea>
  <DataArea><AreaNo AreaType="OutputSrc">1</AreaNo><ContextId>0</ContextId>
   <Symbol><Name>GVL.nOut</Name><BitSize>16</BitSize><BaseType>UINT</BaseType><BitOffs>32</BitOffs></Symbol>
  </DataArea>
  <DataArea><AreaNo AreaType="Internal">3</AreaNo><ContextId>0</ContextId>
   <Symbol><Name>MAIN.aValve</Name><Comment>valves</Comment><BitSize>960</BitSize><BaseType>ST_Valve</BaseType>
    <ArrayInfo><LBound>1</LBound><Elements>3</Elements></ArrayInfo><BitOffs>8000</BitOffs></Symbol>
   <Symbol><Name>MAIN.aDeep</Name><BitSize>96</BitSize><BaseType>INT</BaseType>
    <ArrayInfo Level="0"><LBound>0</LBound><Elements>2</Elements></ArrayInfo>
    <ArrayInfo Level="1"><LBound>1</LBound><Elements>3</Elements></ArrayInfo><BitOffs>9600</BitOffs></Symbol>
   <Symbol><Name>MAIN.fbCount</Name><BitSize>128</BitSize><BaseType>FB_Count</BaseType><BitOffs>12800</BitOffs></Symbol>
   <Symbol><Name>MAIN.bLost</Name><BitSize>1</BitSize><BaseType>BIT</BaseType><BitOffs>1</BitOffs></Symbol>
   <Symbol><Name>MAIN.wrong</Name><BitSize>8</BitSize><BaseType>LREAL</BaseType><BitOffs>0</BitOffs></Symbol>
  </DataArea>
 </DataAreas></Module></Modules>
</TcModuleClass>`

func TestReadTMC(t *testing.T) {
	table, err := symbol.ReadTMC(strings.NewReader(tmcFile))
	if err == nil {
		t.Fatal("the wrong parts are not told")
	}
	for _, want := range []string{`data type "ST_Broken"`, "symbol MAIN.bLost: it begins at bit 1", "symbol MAIN.wrong: type LREAL has 8 octets, and the table says 1"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v lacks %q", err, want)
		}
	}
	var got []string
	for e := range table.Symbols() {
		got = append(got, fmt.Sprintf("%s %s %#x:%d %d %s [%s]", e.Name, e.Type, e.IndexGroup, e.IndexOffset, e.Size, e.BaseType, e.Flags))
	}
	want := []string{
		"GVL.bIn BOOL 0xf020:1 1 BIT [context 1]",
		"GVL.bBit BIT 0xf021:19 1 BIT [bit value, context 1]",
		"GVL.nOut UINT 0xf030:4 2 UINT16 []",
		"MAIN.aValve ARRAY [1..3] OF ST_Valve 0x4040:1000 120 BIGTYPE []",
		"MAIN.aDeep ARRAY [0..1] OF ARRAY [1..3] OF INT 0x4040:1200 12 BIGTYPE []",
		"MAIN.fbCount FB_Count 0x4040:1600 16 BIGTYPE []",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	paths := map[string]string{
		"MAIN.aValve[2].bShut":       "0x4040:1042.1 BIT",
		"MAIN.aValve[2].aTrend[2,1]": "0x4040:1078.0 INT",
		"MAIN.aValve[3].pNext":       "0x4040:1104.0 POINTER TO ST_Valve",
		"MAIN.aDeep[1][3]":           "0x4040:1210.0 INT",
		"MAIN.fbCount.nStep":         "0x4040:1608.0 DINT",
	}
	for path, want := range paths {
		v, err := table.Find(path)
		if got := fmt.Sprintf("%#x:%d.%d %s", v.IndexGroup, v.IndexOffset, v.Bit, v.Type); err != nil || got != want {
			t.Errorf("%s: %s, %v", path, got, err)
		}
	}
	mode, err := table.Types().Resolve("E_Mode")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]symbol.EnumValue{{Name: "Auto", Comment: "by itself"}, {Name: "Hand", Value: 16}, {Name: "Off", Value: -1}}, mode.Enum); diff != "" {
		t.Error(diff)
	}
	count, err := table.Types().Resolve("FB_Count")
	if err != nil || count.Kind != symbol.KindFunctionBlock || len(count.Fields) != 2 {
		t.Fatal(count, err)
	}
	add := count.Method("add")
	if add == nil || add.ReturnSize != 4 || add.ReturnBase != symbol.BaseInt32 || len(add.Parameters) != 2 ||
		!add.Parameters[0].In() || add.Parameters[0].BaseType != symbol.BaseInt16 || !add.Parameters[1].Out() || add.Parameters[1].In() {
		t.Errorf("%+v", add)
	}
	if run, err := table.Types().Resolve("I_Run"); err != nil || run.Kind != symbol.KindInterface || run.Size != 8 {
		t.Error(run, err)
	}
	// What a device would upload of it resolves again.
	upload, err := table.Upload(symbol.UTF8)
	if err != nil {
		t.Fatal(err)
	}
	again, err := symbol.ReadUpload(upload, nil)
	if err != nil {
		t.Fatal(err)
	}
	for typ, err := range again.Types().All() {
		if err != nil {
			t.Error(typ, err)
		}
	}
}

const tpyFile = `<?xml version="1.0" encoding="windows-1252"?>
<PlcProjectInfo>
 <RoutingInfo><AdsInfo><NetId>5.1.2.3.1.1</NetId><Port>801</Port></AdsInfo></RoutingInfo>
 <DataTypes>
  <DataType><Name Decoration="00000061">ST_PART</Name><BitSize>56</BitSize>
   <SubItem><Name>NLENGTH</Name><Type>UINT</Type><BitSize>16</BitSize><BitOffs>0</BitOffs></SubItem>
   <SubItem><Name>PNEXT</Name><Type>POINTER TO ST_PART</Type><BitSize>32</BitSize><BitOffs>16</BitOffs></SubItem>
   <SubItem><Name>BGOOD</Name><Type>BOOL</Type><BitSize>8</BitSize><BitOffs>48</BitOffs></SubItem>
  </DataType>
 </DataTypes>
 <Symbols>
  <Symbol><Name>.APART</Name><Type Decoration="00000062">ARRAY [0..9] OF ST_PART</Type><IGroup>16448</IGroup><IOffset>100</IOffset><BitSize>560</BitSize></Symbol>
  <Symbol><Name>MAIN.STEXT</Name><Type>STRING(80)</Type><Comment>Gr` + "\xf6\xdf" + `e</Comment><IGroup>16448</IGroup><IOffset>1000</IOffset><BitSize>648</BitSize></Symbol>
  <Symbol><Name>MAIN.XBIT</Name><Type>BOOL</Type><IGroup>61473</IGroup><IOffset>3</IOffset><BitSize>1</BitSize></Symbol>
  <Symbol><Name>MAIN.LOST</Name><Type>INT</Type><IGroup>here</IGroup><IOffset>3</IOffset><BitSize>16</BitSize></Symbol>
 </Symbols>
</PlcProjectInfo>`

func TestReadTPY(t *testing.T) {
	table, err := symbol.ReadTPY(strings.NewReader(tpyFile))
	if err == nil || !strings.Contains(err.Error(), `symbol MAIN.LOST: <IGroup> is "here"`) {
		t.Error(err)
	}
	for path, want := range map[string]string{
		"aPart[2].nLength": "0x4040:114 2 UINT",
		".APART[9].bgood":  "0x4040:169 1 BOOL",
		"aPart[0].pnext":   "0x4040:102 4 POINTER TO ST_PART",
		"Main.sText":       "0x4040:1000 81 STRING(80)",
		"MAIN.xBit":        "0xf021:3 1 BOOL",
	} {
		v, err := table.Find(path)
		if got := fmt.Sprintf("%#x:%d %d %s", v.IndexGroup, v.IndexOffset, v.Size, v.Type); err != nil || got != want {
			t.Errorf("%s: %s, %v", path, got, err)
		}
	}
	if comment := table.Entry("MAIN.sText").Comment; comment != "Größe" {
		t.Error(comment)
	}
}

func TestFilesThatAreNone(t *testing.T) {
	for text, want := range map[string]string{
		"":                        "TMC file: it is empty",
		"<a/>":                    "TMC file: its root is <a>, <TcModuleClass> is needed",
		"<TcModuleClass><DataTyp": "TMC file: XML syntax error on line 1",
		`<?xml version="1.0" encoding="utf-7"?><TcModuleClass/>`: `coded as "utf-7"`,
	} {
		if _, err := symbol.ReadTMC(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	if _, err := symbol.ReadTPY(strings.NewReader("<TcModuleClass/>")); err == nil || !strings.Contains(err.Error(), "<PlcProjectInfo> is needed") {
		t.Error(err)
	}
}
