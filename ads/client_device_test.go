package ads

import (
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/ads/ams"
	"stellwerk/ads/symbol"
	"stellwerk/internal/rig"
)

// deviceClient is a client of a device of this package.
func deviceClient(t *testing.T, d *Device, port ams.Port) *Client {
	t.Helper()
	return portsClient(t, port, map[ams.Port]Handler{port: d})
}

// portsClient is a client, with a target port, of a server with these ports.
func portsClient(t *testing.T, target ams.Port, ports map[ams.Port]Handler) *Client {
	t.Helper()
	server, err := NewServer(&ServerOptions{NetID: plc.NetID})
	if err != nil {
		t.Fatal(err)
	}
	for port, handler := range ports {
		server.Handle(port, handler)
	}
	near, far := rig.Pipe(nil)
	if _, err := server.ServeConn(far); err != nil {
		t.Fatal(err)
	}
	c, err := NewClient(near, &ClientOptions{Target: ams.Address{NetID: plc.NetID, Port: target}, Source: station})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// TestClientWithDevice has both ends of this package speak with each other.
func TestClientWithDevice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newTestDevice(t, nil)
		c := deviceClient(t, d, plc.Port)
		type axis struct {
			X    int
			On   bool    `ads:"bOn"`
			Off  bool    `ads:"bOff"`
			Real float64 `ads:"f"`
		}
		want := axis{X: -3, Off: true, Real: 1.5}
		values := []Value{
			{Name: "MAIN.a[2]", Value: want},
			{Name: "MAIN.n", Value: 70000},
			{Name: "MAIN.s", Value: "Öl"},
			{Name: "MAIN.m[1,2]", Value: -9},
			{Name: "GVL.bit", Value: true},
			{Name: "MAIN.a[3].bOn", Value: true},
			{Name: "GVL.constant", Value: 1},
		}
		if err := c.WriteValues(t.Context(), values); err != nil {
			t.Fatal(err)
		}
		for i, v := range values {
			if (v.Err == nil) != (i != len(values)-1) {
				t.Errorf("%s: %v", v.Name, v.Err)
			}
		}
		var got axis
		if err := c.ReadValueInto(t.Context(), "MAIN.a[2]", &got); err != nil || got != want {
			t.Errorf("%+v %v", got, err)
		}
		read, err := c.ReadValues(t.Context(), "MAIN.n", "MAIN.s", "MAIN.m[1,2]", "GVL.bit", "MAIN.a[3].bOn", "MAIN.a[3].bOff", "GVL.in")
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range []any{uint32(70000), "Öl", int16(-9), true, true, false, int16(0)} {
			if read[i].Err != nil || read[i].Value != want {
				t.Errorf("%s: %v (%v), want %v", read[i].Name, read[i].Value, read[i].Err, want)
			}
		}
		table, err := c.Symbols(t.Context())
		if err != nil || table.Entry("MAIN.fb") == nil {
			t.Error(err)
		}
		q := NewNotificationQueue(0)
		s, err := c.Subscribe(t.Context(), q, SubscribeRequest{Name: "MAIN.m[1,2]"})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		if err := c.WriteValue(t.Context(), "MAIN.m[1,2]", 8); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Second)
		for _, want := range []int16{-9, 8} {
			n, ok := q.TryNext()
			if v, err := n.Value(); !ok || err != nil || v != want || n.Subscription != s {
				t.Errorf("%v %v, want %d", v, err, want)
			}
		}
		if s := c.Status(); s.Unexpected != 0 {
			t.Errorf("%+v", s)
		}
	})
}

// TestClientWithOldDevice has a TwinCAT 2 PLC: upper-case names, no data types.
func TestClientWithOldDevice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		decl := symbol.NewDeclaration(symbol.TwinCAT2)
		decl.Symbol(".NSPEED", "INT")
		decl.Variables("MAIN", symbol.Var("N", "UDINT"), symbol.Var("S", "STRING(10)"))
		table, err := decl.Table()
		if err != nil {
			t.Fatal(err)
		}
		d, err := NewDevice(table, &DeviceOptions{TwinCAT2: true})
		if err != nil {
			t.Fatal(err)
		}
		c := deviceClient(t, d, ams.PortTC2PLC1)
		if err := c.WriteValue(t.Context(), ".nSpeed", 5); err != nil {
			t.Error(err)
		}
		values, err := c.ReadValues(t.Context(), ".NSPEED", "MAIN.N", "main.s")
		if err != nil || values[0].Value != int16(5) || values[1].Value != uint32(0) || values[2].Value != "" {
			t.Errorf("%+v %v", values, err)
		}
		if table, err := c.Symbols(t.Context()); err != nil || table.Len() != 3 {
			t.Error(table, err)
		}
	})
}
