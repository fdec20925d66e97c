package ads

import (
	"encoding/binary"
	"testing"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
	"stellwerk/ads/symbol"
)

// testTable has something of everything.
func testTable(t testing.TB) *symbol.Table {
	t.Helper()
	d := symbol.NewDeclaration(symbol.TwinCAT3)
	d.Structure("ST_Axis", symbol.Var("x", "INT"), symbol.Var("bOn", "BIT"), symbol.Var("bOff", "BIT"), symbol.Var("f", "LREAL"))
	d.FunctionBlock("FB_Sum", symbol.Var("nCalls", "UDINT")).
		Method("Add", "DINT", symbol.In("a", "INT"), symbol.In("b", "DINT"), symbol.Out("twice", "LINT"))
	d.Variables("MAIN",
		symbol.Var("n", "UDINT"), symbol.Var("s", "STRING(10)"), symbol.Var("a", "ARRAY [1..3] OF ST_Axis"),
		symbol.Var("fb", "FB_Sum"), symbol.Var("m", "ARRAY [0..1, 1..2] OF INT"))
	d.Symbol("GVL.constant", "INT").Flags(symbol.FlagReadOnly)
	d.Symbol("GVL.in", "INT").At("%IW2")
	d.Symbol("GVL.bit", "BOOL").At("%QX1.3")
	table, err := d.Table()
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func newTestDevice(t testing.TB, options *DeviceOptions) *Device {
	t.Helper()
	d, err := NewDevice(testTable(t), options)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// devicePeer asks a device and takes its answers apart.
type devicePeer struct {
	*rawPeer
	id uint32
}

func newDevicePeer(t testing.TB, d *Device) *devicePeer {
	return &devicePeer{rawPeer: newRawPeer(t, newTestServer(t, nil, d))}
}

func (p *devicePeer) request(c ams.Command, body []byte) []byte {
	p.t.Helper()
	p.id++
	got := p.ask(p.frame(p.id, c, body))
	for got.Command == ams.DeviceNotification {
		got = p.next()
	}
	if got.Error != 0 || got.InvokeID != p.id {
		p.t.Fatalf("answer %d to %v with %v, want %d", got.InvokeID, c, got.Error, p.id)
	}
	return got.Data
}

func (p *devicePeer) read(group command.IndexGroup, offset, length uint32) ([]byte, ams.ReturnCode) {
	p.t.Helper()
	r, err := command.DecodeReadResponse(p.request(ams.Read, command.ReadRequest{Index: command.Index{Group: group, Offset: offset}, Length: length}.Append(nil)))
	if err != nil {
		p.t.Fatal(err)
	}
	return r.Data, r.Result
}

func (p *devicePeer) write(group command.IndexGroup, offset uint32, data ...byte) ams.ReturnCode {
	p.t.Helper()
	code, err := command.DecodeResult(p.request(ams.Write, command.WriteRequest{Index: command.Index{Group: group, Offset: offset}, Data: data}.Append(nil)))
	if err != nil {
		p.t.Fatal(err)
	}
	return code
}

func (p *devicePeer) readWrite(group command.IndexGroup, offset, length uint32, data []byte) ([]byte, ams.ReturnCode) {
	p.t.Helper()
	q := command.ReadWriteRequest{Index: command.Index{Group: group, Offset: offset}, ReadLength: length, Data: data}
	r, err := command.DecodeReadResponse(p.request(ams.ReadWrite, q.Append(nil)))
	if err != nil {
		p.t.Fatal(err)
	}
	return r.Data, r.Result
}

func (p *devicePeer) handle(name string) uint32 {
	p.t.Helper()
	data, code := p.readWrite(command.GroupHandleByName, 0, 4, append([]byte(name), 0))
	if code != 0 {
		p.t.Fatalf("handle of %s: %v", name, code)
	}
	return binary.LittleEndian.Uint32(data)
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestDeviceByNameHandleAndAddress(t *testing.T) {
	d := newTestDevice(t, nil)
	p := newDevicePeer(t, d)
	check(t, d.Set("MAIN.n", 0x01020304))
	check(t, d.Set("MAIN.a[2].x", -2))
	check(t, d.Set("MAIN.a[2].bOff", true))
	check(t, d.Set("MAIN.m[1,2]", 7))
	for name, want := range map[string]string{
		"MAIN.n": "\x04\x03\x02\x01", "main.N": "\x04\x03\x02\x01", "MAIN.a[2].x": "\xfe\xff",
		"MAIN.a[2].bOff": "\x01", "MAIN.a[2].bOn": "\x00", "MAIN.m[1,2]": "\x07\x00",
	} {
		if got, code := p.read(command.GroupValueByHandle, p.handle(name), uint32(len(want))); code != 0 || string(got) != want {
			t.Errorf("%s by handle: %x, %v", name, got, code)
		}
		if got, code := p.readWrite(command.GroupValueByName, 0, 100, []byte(name)); code != 0 || string(got) != want {
			t.Errorf("%s by name: %x, %v", name, got, code)
		}
		info, code := p.readWrite(command.GroupInfoByName, 0, 12, []byte(name))
		if code != 0 || len(info) != 12 {
			t.Fatalf("info of %s: %x, %v", name, info, code)
		}
		if v, _ := d.Find(name); v.IsBit() {
			continue
		}
		got, code := p.read(command.IndexGroup(binary.LittleEndian.Uint32(info)), binary.LittleEndian.Uint32(info[4:]), uint32(len(want)))
		if code != 0 || string(got) != want {
			t.Errorf("%s by address: %x, %v", name, got, code)
		}
	}
	h := p.handle("MAIN.a[2].bOn")
	if code := p.write(command.GroupValueByHandle, h, 1); code != 0 {
		t.Error(code)
	}
	if on, _ := d.Get("MAIN.a[2].bOn"); on != true {
		t.Error("the bit was not written")
	}
	if off, _ := d.Get("MAIN.a[2].bOff"); off != true {
		t.Error("its neighbour was changed")
	}
}
