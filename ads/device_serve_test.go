package ads

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
	"stellwerk/ads/symbol"
)

func TestDeviceUploads(t *testing.T) {
	d := newTestDevice(t, nil)
	p := newDevicePeer(t, d)
	for _, length := range []uint32{8, 24, 64, 100} {
		data, code := p.read(command.GroupUploadInfo2, 0, length)
		if want := min(length, 64); code != 0 || uint32(len(data)) != want {
			t.Fatalf("%d octets of upload info, %v; want %d", len(data), code, want)
		}
	}
	data, _ := p.read(command.GroupUploadInfo2, 0, 64)
	info, err := symbol.DecodeUploadInfo(data)
	check(t, err)
	if old, code := p.read(command.GroupUploadInfo, 0, 8); code != 0 || !bytes.Equal(old, data[:8]) {
		t.Errorf("upload info of 8 octets %x, %v", old, code)
	}
	symbols, code := p.read(command.GroupUpload, 0, info.SymbolBytes)
	types, code2 := p.read(command.GroupTypeUpload, 0, info.TypeBytes)
	if code != 0 || code2 != 0 || info.CodePage != symbol.UTF8 {
		t.Fatal(code, code2, info.CodePage)
	}
	table, err := symbol.ReadUpload(&symbol.Upload{Info: info, Symbols: symbols, Types: types}, nil)
	check(t, err)
	if diff := cmp.Diff(d.Table().Entries(), table.Entries()); diff != "" {
		t.Error(diff)
	}
	entry, code := p.readWrite(command.GroupInfoByNameEx, 0, 0xFFFFFFFF, []byte("MAIN.a[3].f\x00"))
	if code != 0 {
		t.Fatal(code)
	}
	e, _, err := symbol.DecodeEntry(entry, symbol.UTF8)
	if v, _ := d.Find("MAIN.a[3].f"); err != nil || e.Name != "MAIN.a[3].f" || e.Type != "LREAL" || e.Size != 8 || e.IndexOffset != v.IndexOffset {
		t.Errorf("%+v, %v", e, err)
	}
	// A bit of a structure has an address of its own, which leaves its neighbours alone.
	for _, name := range []string{"MAIN.a[3].bOff", "MAIN.a[3].bOn"} {
		entry, code := p.readWrite(command.GroupInfoByNameEx, 0, 0xFFFFFFFF, []byte(name))
		if e, _, err = symbol.DecodeEntry(entry, symbol.UTF8); code != 0 || err != nil || e.IndexGroup != uint32(command.GroupDataBits) {
			t.Fatalf("%+v, %v, %v", e, code, err)
		}
		if code := p.write(command.GroupDataBits, e.IndexOffset, 1); code != 0 {
			t.Error(code)
		}
		if got, err := d.Get(name); err != nil || got != true {
			t.Errorf("%s is %v, %v", name, got, err)
		}
		if got, err := d.Get("MAIN.a[3].bOn"); err != nil || got != (name == "MAIN.a[3].bOn") {
			t.Errorf("MAIN.a[3].bOn is %v, %v, when %s was written", got, err, name)
		}
	}
	typ, code := p.readWrite(command.GroupTypeInfoByNameEx, 0, 0xFFFFFFFF, []byte("ST_Axis"))
	if te, _, err := symbol.DecodeTypeEntry(typ, symbol.UTF8); code != 0 || err != nil || len(te.SubItems) != 4 {
		t.Errorf("%+v, %v, %v", te, err, code)
	}
	long, code := p.readWrite(command.GroupHandleByName, 0, 0xFFFFFFFF, []byte("MAIN.s\x00"))
	if code != 0 || len(long) != 14+len("STRING(10)")+1 || binary.LittleEndian.Uint32(long[4:]) != 11 || string(long[14:]) != "STRING(10)\x00" {
		t.Errorf("long handle %q, %v", long, code)
	}
}

// Clients ask for the octets that they have room for when they read a string, by
// its handle or by its address: they get those that there are.
func TestDeviceGivesStringsToThoseWithMoreRoom(t *testing.T) {
	d := newTestDevice(t, nil)
	p := newDevicePeer(t, d)
	data, code := p.read(command.GroupValueByHandle, p.handle("MAIN.s"), 1024)
	if code != ams.NoError || len(data) != 11 {
		t.Errorf("%d octets, %v", len(data), code)
	}
	for name, want := range map[string]int{"MAIN.s": 11, "MAIN.n": 0} {
		v, err := d.Find(name)
		check(t, err)
		data, code := p.read(command.IndexGroup(v.IndexGroup), v.IndexOffset, 1<<16)
		if len(data) != want || (code == ams.NoError) != (want > 0) || want == 0 && code != ams.InvalidSize {
			t.Errorf("%s: %d octets, %v", name, len(data), code)
		}
	}
}

func TestDeviceReturnCodes(t *testing.T) {
	d := newTestDevice(t, nil)
	p := newDevicePeer(t, d)
	n := p.handle("MAIN.n")
	one := func(_ []byte, code ams.ReturnCode) ams.ReturnCode { return code }
	for name, c := range map[string]struct{ got, want ams.ReturnCode }{
		"unknown name":       {one(p.readWrite(command.GroupHandleByName, 0, 4, []byte("MAIN.nothing"))), ams.SymbolNotFound},
		"index out of range": {one(p.readWrite(command.GroupHandleByName, 0, 4, []byte("MAIN.a[4].x"))), ams.InvalidArrayIndex},
		"room for no handle": {one(p.readWrite(command.GroupHandleByName, 0, 3, []byte("MAIN.n"))), ams.InvalidSize},
		"value too long":     {one(p.read(command.GroupValueByHandle, n, 5)), ams.InvalidSize},
		"no such handle":     {one(p.read(command.GroupValueByHandle, n+100, 4)), ams.SymbolNotFound},
		"group":              {one(p.read(0x1234, 0, 4)), ams.ServiceNotSupported},
		"size at an offset":  {one(p.read(command.GroupMemorySize, 0x10000, 4)), ams.ServiceNotSupported},
		"offset":             {one(p.read(command.GroupInputs, 4000, 4)), ams.InvalidOffset},
		"over the end":       {one(p.read(command.GroupInputs, 1022, 4)), ams.InvalidSize},
		"4 GiB":              {one(p.read(command.GroupInputs, 0, 0xFFFFFFFF)), ams.InvalidSize},
		"read only":          {p.write(command.GroupValueByHandle, p.handle("GVL.constant"), 1, 2), ams.InvalidAccess},
		"write too long":     {p.write(command.GroupValueByHandle, n, 1, 2, 3, 4, 5), ams.InvalidSize},
		"release nothing":    {p.write(command.GroupReleaseHandle, 0, 9, 9, 9, 9), ams.SymbolNotFound},
		"sum too long":       {one(p.readWrite(command.GroupSumRead, 2, 0xFFFFFFFF, bytes.Repeat([]byte{0xFF}, 24))), ams.InvalidSize},
		"sum too short":      {one(p.readWrite(command.GroupSumRead, 3, 100, make([]byte, 24))), ams.InvalidSize},
	} {
		if c.got != c.want {
			t.Errorf("%s: %v, want %v", name, c.got, c.want)
		}
	}
	if code := p.write(command.GroupReleaseHandle, 0, binary.LittleEndian.AppendUint32(nil, n)...); code != 0 {
		t.Error(code)
	}
	if _, code := p.read(command.GroupValueByHandle, n, 4); code != ams.SymbolNotFound {
		t.Errorf("a released handle: %v", code)
	}
}

func TestDeviceSums(t *testing.T) {
	d := newTestDevice(t, nil)
	p := newDevicePeer(t, d)
	check(t, d.SetAll(DeviceValue{"MAIN.n", 5}, DeviceValue{"MAIN.m[0,1]", 6}))
	n, m := p.handle("MAIN.n"), p.handle("MAIN.m[0,1]")
	byHandle := func(h, length uint32) command.ReadRequest {
		return command.ReadRequest{Index: command.Index{Group: command.GroupValueByHandle, Offset: h}, Length: length}
	}
	reads := []command.ReadRequest{byHandle(n, 4), byHandle(n+77, 2), byHandle(m, 2)}
	body := command.AppendSumReads(nil, reads)

	data, code := p.readWrite(command.GroupSumRead, 3, 100, body)
	if code != 0 {
		t.Fatal(code)
	}
	answers, err := command.DecodeSumReadAnswers(nil, reads, data)
	check(t, err)
	want := []command.SumAnswer{{Data: []byte{5, 0, 0, 0}}, {Result: ams.SymbolNotFound, Data: []byte{0, 0}}, {Data: []byte{6, 0}}}
	if diff := cmp.Diff(want, answers); diff != "" {
		t.Error(diff)
	}
	want[1].Data = []byte{}
	data, _ = p.readWrite(command.GroupSumReadEx, 3, 100, body)
	answers, err = command.DecodeSumReadExAnswers(nil, reads, data)
	check(t, err)
	if diff := cmp.Diff(want, answers); diff != "" {
		t.Error(diff)
	}
	data, _ = p.readWrite(command.GroupSumReadEx2, 3, 100, body)
	answers, err = command.DecodeSumDataAnswers(nil, 3, data)
	check(t, err)
	if diff := cmp.Diff(want, answers); diff != "" {
		t.Error(diff)
	}

	writes := []command.WriteRequest{{Index: reads[0].Index, Data: []byte{9, 0, 0, 0}}, {Index: command.Index{Group: 1}, Data: []byte{1}}}
	data, _ = p.readWrite(command.GroupSumWrite, 2, 8, command.AppendSumWrites(nil, writes))
	results, err := command.DecodeSumResults(nil, 2, data)
	check(t, err)
	if results[0] != 0 || results[1] != ams.ServiceNotSupported {
		t.Error(results)
	}
	if value, _ := d.Get("MAIN.n"); value != uint32(9) {
		t.Error(value)
	}

	handles := []command.ReadWriteRequest{
		{Index: command.Index{Group: command.GroupHandleByName}, ReadLength: 4, Data: []byte("MAIN.n")},
		{Index: command.Index{Group: command.GroupHandleByName}, ReadLength: 4, Data: []byte("MAIN.x")},
		{Index: command.Index{Group: command.GroupSumRead}, ReadLength: 4},
	}
	data, _ = p.readWrite(command.GroupSumReadWrite, 3, 100, command.AppendSumReadWrites(nil, handles))
	answers, err = command.DecodeSumDataAnswers(nil, 3, data)
	check(t, err)
	if answers[0].Result != 0 || binary.LittleEndian.Uint32(answers[0].Data) != n || answers[1].Result != ams.SymbolNotFound || answers[2].Result != ams.ServiceNotSupported {
		t.Errorf("%+v, want handle %d", answers, n)
	}
}

func TestDeviceHooks(t *testing.T) {
	d := newTestDevice(t, nil)
	p := newDevicePeer(t, d)
	count := 0
	check(t, d.OnRead("MAIN.n", func(context.Context) (any, error) {
		count++
		return count, nil
	}))
	var seen []any
	check(t, d.OnWrite("MAIN.a[2]", func(_ context.Context, w DeviceWrite) error {
		value, err := w.Value()
		if err != nil {
			return err
		}
		x, _ := value.(symbol.Struct).Get("x")
		seen = append(seen, x)
		if x == int16(13) {
			return ams.InvalidData
		}
		if x == int16(14) {
			return errors.New("no")
		}
		return nil
	}))
	for want := range uint32(3) {
		if data, code := p.read(command.GroupValueByHandle, p.handle("MAIN.n"), 4); code != 0 || binary.LittleEndian.Uint32(data) != want+1 {
			t.Errorf("%x, %v", data, code)
		}
	}
	x := p.handle("MAIN.a[2].x")
	for value, want := range map[byte]ams.ReturnCode{12: 0, 13: ams.InvalidData, 14: ams.DeviceError} {
		if code := p.write(command.GroupValueByHandle, x, value, 0); code != want {
			t.Errorf("%d: %v", value, code)
		}
	}
	if value, _ := d.Get("MAIN.a[2].x"); value != int16(12) || len(seen) != 3 {
		t.Errorf("value %v, seen %v", value, seen)
	}
	if code := p.write(command.GroupValueByHandle, p.handle("MAIN.a[1].x"), 13, 0); code != 0 || len(seen) != 3 {
		t.Errorf("a neighbour: %v, seen %v", code, seen)
	}
	check(t, d.OnWrite("MAIN.a[2]", nil))
	if code := p.write(command.GroupValueByHandle, x, 13, 0); code != 0 {
		t.Error(code)
	}
	if err := d.OnRead("MAIN.nothing", nil); err == nil {
		t.Error("a hook for nothing")
	}
}

func TestDeviceMethods(t *testing.T) {
	d := newTestDevice(t, nil)
	p := newDevicePeer(t, d)
	h := p.handle("MAIN.fb#Add")
	body := []byte{2, 0, 3, 0, 0, 0}
	if _, code := p.readWrite(command.GroupValueByHandle, h, 12, body); code != ams.ServiceNotSupported {
		t.Errorf("without a function: %v", code)
	}
	check(t, d.OnCall("FB_Sum#Add", func(_ context.Context, c *DeviceCall) error {
		sum := int64(c.In["A"].(int16)) + int64(c.In["B"].(int32))
		c.Return, c.Out["Twice"] = sum, 2*sum
		return nil
	}))
	want := []byte{5, 0, 0, 0, 10, 0, 0, 0, 0, 0, 0, 0}
	if got, code := p.readWrite(command.GroupValueByHandle, h, 12, body); code != 0 || !bytes.Equal(got, want) {
		t.Errorf("%x, %v", got, code)
	}
	check(t, d.OnCall("MAIN.fb#Add", func(context.Context, *DeviceCall) error { return ams.Busy }))
	if _, code := p.readWrite(command.GroupValueByHandle, h, 12, body); code != ams.Busy {
		t.Error(code)
	}
	if _, code := p.readWrite(command.GroupValueByHandle, h, 12, body[:5]); code != ams.InvalidSize {
		t.Error(code)
	}
	if _, code := p.readWrite(command.GroupValueByHandle, h, 11, body); code != ams.InvalidSize {
		t.Error(code)
	}
	d.SetState(command.StateStop, 0)
	if _, code := p.readWrite(command.GroupValueByHandle, h, 12, body); code != ams.InvalidState {
		t.Error(code)
	}
	if err := d.OnCall("MAIN.fb#Sub", nil); err == nil {
		t.Error("a method that is none")
	}
}

func TestDeviceStates(t *testing.T) {
	d := newTestDevice(t, &DeviceOptions{Init: func(d *Device) { _ = d.Set("MAIN.n", 42) }})
	p := newDevicePeer(t, d)
	info, err := command.DecodeDeviceInfo(p.request(ams.ReadDeviceInfo, nil))
	if err != nil || info.Name != "Plc30 App" || info.Version() != "3.1.0" {
		t.Errorf("%+v, %v", info, err)
	}
	control := func(s command.ADSState) ams.ReturnCode {
		code, _ := command.DecodeResult(p.request(ams.WriteControl, command.WriteControlRequest{ADSState: s}.Append(nil)))
		return code
	}
	state := func() command.ADSState {
		s, _ := command.DecodeState(p.request(ams.ReadState, nil))
		return s.ADSState
	}
	check(t, d.Set("MAIN.n", 7))
	for _, c := range []struct {
		to, then command.ADSState
		code     ams.ReturnCode
	}{
		{command.StateStop, command.StateStop, 0},
		{command.StateRun, command.StateRun, 0},
		{command.StateConfig, command.StateRun, ams.ServiceNotSupported},
		{command.StateReset, command.StateStop, 0},
		{command.StateStart, command.StateRun, 0},
	} {
		if code := control(c.to); code != c.code || state() != c.then {
			t.Errorf("%v: %v, then %v", c.to, code, state())
		}
	}
	if n, _ := d.Get("MAIN.n"); n != uint32(42) {
		t.Errorf("after the reset it is %v", n)
	}
	if data, code := p.read(command.GroupDeviceData, 0, 4); code != 0 || !bytes.Equal(data, []byte{5, 0, 0, 0}) {
		t.Errorf("%x, %v", data, code)
	}
	refused, err := NewDevice(nil, &DeviceOptions{Control: func(_ context.Context, c DeviceControl) error {
		if c.To == command.StateStop {
			return ams.DeviceAccessDenied
		}
		return nil
	}})
	check(t, err)
	p = newDevicePeer(t, refused)
	if code := control(command.StateStop); code != ams.DeviceAccessDenied {
		t.Error(code)
	}
}

func TestDeviceProcessImages(t *testing.T) {
	d := newTestDevice(t, nil)
	p := newDevicePeer(t, d)
	check(t, d.Set("GVL.in", 0x0304))
	check(t, d.Set("GVL.bit", true))
	for name, c := range map[string]struct {
		group  command.IndexGroup
		offset uint32
		want   string
	}{
		"inputs":          {command.GroupInputs, 4, "\x04\x03"},
		"inputs, old":     {command.GroupInputsOld, 4, "\x04\x03"},
		"input bits":      {command.GroupInputBits, 4*8 + 2, "\x01\x00"},
		"outputs":         {command.GroupOutputs, 1, "\x08"},
		"output bits":     {command.GroupOutputBits, 1*8 + 3, "\x01"},
		"size of inputs":  {command.GroupInputSize, 0, "\x00\x04\x00\x00"},
		"size of memory":  {command.GroupMemorySize, 0, "\x00\x04\x00\x00"},
		"size of outputs": {command.GroupOutputSize, 0, "\x00\x04\x00\x00"},
	} {
		if got, code := p.read(c.group, c.offset, uint32(len(c.want))); code != 0 || string(got) != c.want {
			t.Errorf("%s: %x, %v", name, got, code)
		}
	}
	if code := p.write(command.GroupMemoryBits, 17, 1); code != 0 {
		t.Error(code)
	}
	if got, code := p.read(command.GroupMemory, 2, 1); code != 0 || got[0] != 2 {
		t.Errorf("%x, %v", got, code)
	}
	if code := p.write(command.GroupClearOutputs, 0); code != 0 {
		t.Error(code)
	}
	if bit, _ := d.Get("GVL.bit"); bit != false {
		t.Error("the output was not cleared")
	}
	if got, code := p.readWrite(command.GroupReadInWriteOut, 4, 2, []byte{8, 9}); code != 0 || !bytes.Equal(got, []byte{4, 3}) {
		t.Errorf("%x, %v", got, code)
	}
	if got, _ := p.read(command.GroupOutputs, 4, 2); !bytes.Equal(got, []byte{8, 9}) {
		t.Errorf("outputs %x", got)
	}
}

func TestDeviceOnlineChange(t *testing.T) {
	d := newTestDevice(t, nil)
	p := newDevicePeer(t, d)
	check(t, d.Set("MAIN.n", 11))
	check(t, d.Set("MAIN.s", "stays"))
	n, s, gone := p.handle("MAIN.n"), p.handle("MAIN.s"), p.handle("MAIN.a[1].x")
	before, _ := p.read(command.GroupSymbolVersion, 0, 1)
	next := symbol.NewDeclaration(symbol.TwinCAT3)
	next.Variables("MAIN", symbol.Var("new", "ARRAY [0..99] OF LREAL"), symbol.Var("s", "STRING(20)"), symbol.Var("n", "UDINT"))
	table, err := next.Table()
	check(t, err)
	check(t, d.SetTable(table))
	if after, _ := p.read(command.GroupSymbolVersion, 0, 1); after[0] != before[0]+1 {
		t.Errorf("version %d after %d", after[0], before[0])
	}
	if got, code := p.read(command.GroupValueByHandle, n, 4); code != 0 || got[0] != 11 {
		t.Errorf("%x, %v", got, code)
	}
	if got, code := p.read(command.GroupValueByHandle, s, 6); code != 0 || string(got) != "stays\x00" {
		t.Errorf("%x, %v", got, code)
	}
	if _, code := p.read(command.GroupValueByHandle, gone, 2); code != ams.SymbolVersionInvalid {
		t.Errorf("handle of what is gone: %v", code)
	}
	d.Restart()
	if _, code := p.read(command.GroupValueByHandle, n, 4); code != ams.SymbolVersionInvalid {
		t.Errorf("handle from before the restart: %v", code)
	}
}

func TestDeviceOfTwinCAT2(t *testing.T) {
	decl := symbol.NewDeclaration(symbol.TwinCAT2)
	decl.Symbol(".GLOBAL", "INT")
	table, err := decl.Table()
	check(t, err)
	d, err := NewDevice(table, &DeviceOptions{TwinCAT2: true})
	check(t, err)
	p := newDevicePeer(t, d)
	if _, code := p.read(command.GroupUploadInfo2, 0, 24); code != ams.InvalidGroup {
		t.Error(code)
	}
	if data, code := p.read(command.GroupUploadInfo, 0, 8); code != 0 || data[0] != 1 {
		t.Errorf("%x, %v", data, code)
	}
	if a, b := p.handle(".GLOBAL"), p.handle("GLOBAL"); a != b {
		t.Error("the dot makes a difference")
	}
}
