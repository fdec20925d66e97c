package ads

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
	"stellwerk/ads/symbol"
)

// systems are the kinds of devices that values are read from.
var systems = []struct {
	name   string
	change func(*testPLC)
}{
	{"TwinCAT 3", func(*testPLC) {}},
	{"without sum commands", func(p *testPLC) { p.noSums = true }},
	{"TwinCAT 2", func(p *testPLC) { p.old = true }},
}

// each runs a test with every kind of device.
func each(t *testing.T, f func(t *testing.T, p *testPLC, c *Client)) {
	t.Helper()
	for _, system := range systems {
		t.Run(system.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newTestPLC()
				system.change(p)
				f(t, p, p.serve(t, ClientOptions{}))
			})
		})
	}
}

func TestClientValues(t *testing.T) {
	each(t, func(t *testing.T, p *testPLC, c *Client) {
		values := []Value{{Name: "MAIN.n", Value: -5}, {Name: "main.F", Value: 2.5}, {Name: "MAIN.s", Value: "Grün"}}
		if err := c.WriteValues(t.Context(), values); err != nil {
			t.Fatal(err)
		}
		read, err := c.ReadValues(t.Context(), "MAIN.n", "main.F", "MAIN.s", "MAIN.nothing")
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range []any{int16(-5), 2.5, "Grün"} {
			if values[i].Err != nil || read[i].Err != nil || read[i].Value != want {
				t.Errorf("%+v %+v", values[i].Err, read[i])
			}
		}
		missing, ok := errors.AsType[*symbol.NotFoundError](read[3].Err)
		if Code(read[3].Err) != ams.SymbolNotFound || !ok || missing.Name != "MAIN.nothing" {
			t.Error(read[3].Err)
		}
		var n int64
		if err := c.ReadValueInto(t.Context(), "MAIN.n", &n); err != nil || n != -5 {
			t.Error(n, err)
		}
		if err := c.WriteValue(t.Context(), "MAIN.n", 40000); err == nil || !strings.Contains(err.Error(), "MAIN.n") {
			t.Error(err)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		if len(p.handles) != 0 {
			t.Errorf("handles %v are left", p.handles)
		}
	})
}

func TestClientStructures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newTestPLC()
		c := p.serve(t, ClientOptions{})
		type point struct{ X, Y int }
		if err := c.WriteValue(t.Context(), "MAIN.p", point{3, -4}); err != nil {
			t.Fatal(err)
		}
		var got point
		if err := c.ReadValueInto(t.Context(), "MAIN.p", &got); err != nil || got != (point{3, -4}) {
			t.Error(got, err)
		}
		part, err := c.ReadValue(t.Context(), "MAIN.p.y")
		if err != nil || part != int16(-4) {
			t.Error(part, err)
		}
	})
}

// TestClientManyValues reads more than one sum command holds.
func TestClientManyValues(t *testing.T) {
	each(t, func(t *testing.T, p *testPLC, c *Client) {
		var list []string
		for i := range 700 {
			list = append(list, fmt.Sprintf("GVL.v%d", i))
			binary.LittleEndian.PutUint32(p.memory[1000+4*i:], uint32(i))
		}
		for range 2 {
			values, err := c.ReadValues(t.Context(), list...)
			if err != nil {
				t.Fatal(err)
			}
			for i, v := range values {
				if v.Err != nil || v.Value != int32(i) {
					t.Fatalf("%d: %+v", i, v)
				}
			}
		}
		if p.noSums == (p.groups[command.GroupSumRead] > 0) {
			t.Errorf("%d sum reads", p.groups[command.GroupSumRead])
		}
		if !p.noSums && p.groups[command.GroupSumRead] != 4 {
			t.Errorf("%d sum reads, want 2 for each of 2", p.groups[command.GroupSumRead])
		}
	})
}

// TestClientOnlineChange moves a symbol, first between two reads, then in the
// middle of one.
func TestClientOnlineChange(t *testing.T) {
	each(t, func(t *testing.T, p *testPLC, c *Client) {
		expect := func(want int16) {
			t.Helper()
			if got, err := c.ReadValue(t.Context(), "MAIN.n"); err != nil || got != want {
				t.Errorf("%v, %v; want %d", got, err, want)
			}
		}
		p.set("MAIN.n", 1)
		expect(1)
		p.online("MAIN.n", 200)
		p.set("MAIN.n", 2)
		expect(2)
		once := false
		p.between = func(group command.IndexGroup) {
			if group == command.GroupValueByHandle && !once {
				once = true
				p.memory[300] = 3
				p.symbols[0].IndexOffset = 300
				p.version++
				// What the handle leads to now belongs to somebody else.
				for handle := range p.handles {
					p.handles[handle] = "MAIN.p"
				}
			}
		}
		expect(3)
		p.between = nil
		p.online("MAIN.n", 400)
		if err := c.WriteValue(t.Context(), "MAIN.n", 7); err != nil {
			t.Error(err)
		}
		if p.memory[400] != 7 || p.memory[300] != 3 {
			t.Errorf("%d %d", p.memory[400], p.memory[300])
		}
	})
}

// TestClientWithoutSymbolVersion has devices that say no to it, or that they have
// failed.
func TestClientWithoutSymbolVersion(t *testing.T) {
	for _, code := range []ams.ReturnCode{ams.ServiceNotSupported, ams.InvalidGroup, ams.InvalidOffset, ams.DeviceError} {
		synctest.Test(t, func(t *testing.T) {
			p := newTestPLC()
			p.refuses = code
			p.set("MAIN.n", 5)
			if got, err := p.serve(t, ClientOptions{}).ReadValue(t.Context(), "MAIN.n"); err != nil || got != int16(5) {
				t.Error(code, got, err)
			}
		})
	}
}

// TestClientRestart has the PLC forget all handles without a new version.
func TestClientRestart(t *testing.T) {
	each(t, func(t *testing.T, p *testPLC, c *Client) {
		p.set("MAIN.n", 5)
		for range 3 {
			if got, err := c.ReadValue(t.Context(), "MAIN.n"); err != nil || got != int16(5) {
				t.Error(got, err)
			}
			if err := c.WriteValue(t.Context(), "MAIN.n", 5); err != nil {
				t.Error(err)
			}
			p.reboot()
		}
	})
}

func TestClientCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newTestPLC()
		c := p.serve(t, ClientOptions{})
		for range 2 {
			got, err := c.Call(t.Context(), "MAIN.fb", "Add", 20, -6)
			want := CallResult{Return: int32(14), Outputs: symbol.Struct{Fields: []symbol.FieldValue{{Name: "half", Value: int16(7)}}}}
			if diff := cmp.Diff(want, got); diff != "" || err != nil {
				t.Errorf("%v\n%s", err, diff)
			}
			p.reboot()
		}
		for _, test := range []struct {
			method string
			inputs []any
			want   string
		}{
			{"Add", []any{1}, "1 inputs, the method has 2: a (INT), b (INT)"},
			{"Add", []any{1, 70000}, "the input b"},
			{"Sub", nil, `no method "Sub"`},
		} {
			if _, err := c.Call(t.Context(), "MAIN.fb", test.method, test.inputs...); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v, want %s", err, test.want)
			}
		}
		if _, err := c.ReadValue(t.Context(), "MAIN.fb#Add"); err == nil || !strings.Contains(err.Error(), "call it") {
			t.Error(err)
		}
	})
}

// TestClientSymbols loads the table once for each symbol version.
func TestClientSymbols(t *testing.T) {
	each(t, func(t *testing.T, p *testPLC, c *Client) {
		for range 2 {
			table, err := c.Symbols(t.Context())
			if err != nil || table.Len() != 705 {
				t.Fatal(table, err)
			}
		}
		if p.groups[command.GroupUpload] != 1 {
			t.Errorf("%d uploads", p.groups[command.GroupUpload])
		}
		p.online("MAIN.n", 500)
		table, err := c.Symbols(t.Context())
		if err != nil || table.Entry("MAIN.n").IndexOffset != 500 {
			t.Error(err)
		}
	})
}
