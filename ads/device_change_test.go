package ads

import (
	"context"
	"testing"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
	"stellwerk/ads/symbol"
)

// changed is another program than testTable: MAIN.n and MAIN.a have moved.
func changed(t *testing.T) *symbol.Table {
	t.Helper()
	d := symbol.NewDeclaration(symbol.TwinCAT3)
	d.Structure("ST_Axis", symbol.Var("nNew", "LINT"), symbol.Var("x", "INT"), symbol.Var("f", "LREAL"), symbol.Var("bOn", "BIT"), symbol.Var("bOff", "BIT"))
	d.Variables("MAIN", symbol.Var("aNew", "ARRAY [0..99] OF LREAL"), symbol.Var("a", "ARRAY [1..3] OF ST_Axis"), symbol.Var("n", "UDINT"), symbol.Var("nFresh", "INT"))
	d.Symbol("GVL.in", "INT").At("%IW2")
	table, err := d.Table()
	check(t, err)
	return table
}

func TestDeviceOnlineChangeSetsInitialValues(t *testing.T) {
	d := newTestDevice(t, nil)
	check(t, d.Set("MAIN.n", 11))
	version := d.SymbolVersion()
	if err := d.SetTable(changed(t), DeviceValue{"MAIN.nFresh", 5}, DeviceValue{"MAIN.nFresh", "five"}); err == nil || d.SymbolVersion() != version {
		t.Errorf("a value that cannot be: %v, version %d", err, d.SymbolVersion())
	}
	if _, err := d.Find("MAIN.nFresh"); err == nil {
		t.Error("the table has changed in spite of the error")
	}
	check(t, d.SetTable(changed(t), DeviceValue{"MAIN.nFresh", 5}))
	for name, want := range map[string]any{"MAIN.n": uint32(11), "MAIN.nFresh": int16(5)} {
		if got, err := d.Get(name); err != nil || got != want {
			t.Errorf("%s is %v, %v", name, got, err)
		}
	}
}

// TestDeviceOnlineChangeWhileAHookDecides writes to variables that an online
// change moves before the write is decided about: what was written goes with them,
// and nothing else.
func TestDeviceOnlineChangeWhileAHookDecides(t *testing.T) {
	for _, test := range []struct {
		name, path string
		byHandle   bool
		want       any
	}{
		{"by address", "MAIN.a[2].x", false, int16(7)},
		{"by handle", "MAIN.a[2].x", true, int16(7)},
		{"a bit", "MAIN.a[2].bOn", false, true},
		{"in the process image", "GVL.in", false, int16(7)},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := newTestDevice(t, nil)
			p := newDevicePeer(t, d)
			before, err := d.Find(test.path)
			check(t, err)
			index := command.Index{Group: command.IndexGroup(before.IndexGroup), Offset: before.IndexOffset}
			if test.byHandle {
				index = command.Index{Group: command.GroupValueByHandle, Offset: p.handle(test.path)}
			}
			check(t, d.OnWrite(test.path, func(context.Context, DeviceWrite) error {
				if err := d.SetTable(changed(t)); err != nil {
					return err
				}
				return d.Set("MAIN.a[2].f", 1.5) // by somebody else, after the change
			}))
			data := make([]byte, before.Size)
			data[0] = 7
			if code := p.write(index.Group, index.Offset, data...); code != ams.NoError {
				t.Error(code)
			}
			for name, want := range map[string]any{test.path: test.want, "MAIN.a[2].f": 1.5} {
				if got, err := d.Get(name); err != nil || got != want {
					t.Errorf("%s is %v, %v; want %v", name, got, err, want)
				}
			}
		})
	}
}
