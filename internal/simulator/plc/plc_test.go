package plc

import (
	"net"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/ads"
	"stellwerk/ads/ams"
	"stellwerk/ads/command"
	"stellwerk/ads/symbol"
)

func builtin(t *testing.T) (*PLC, *Model) {
	t.Helper()
	m, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	p, err := New(m, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p, m
}

// connect returns a client of the PLC.
func connect(t *testing.T, p *PLC, target ams.Address) *ads.Client {
	t.Helper()
	ours, theirs := net.Pipe()
	if _, err := p.Server.ServeConn(theirs); err != nil {
		t.Fatal(err)
	}
	c, err := ads.NewClient(ours, &ads.ClientOptions{Target: target, Source: ams.Address{NetID: ams.NetID{10, 0, 0, 1, 1, 1}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestBuiltinHasEveryType(t *testing.T) {
	p, m := builtin(t)
	var seen [symbol.KindInterface + 1]bool
	for e := range m.Table.Symbols() {
		v, err := m.Table.Find(e.Name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Device.Get(e.Name); err != nil {
			t.Error(err)
		}
		seen[v.Type.Kind] = true
		for leaf := range v.Type.Leaves(0) {
			seen[leaf.Type.Kind] = true
		}
	}
	for kind := symbol.KindBool; kind < symbol.KindReference; kind++ {
		if !seen[kind] {
			t.Errorf("nothing is of the kind %v", kind)
		}
	}
}

func TestBuiltinAnswersAClient(t *testing.T) {
	p, m := builtin(t)
	c := connect(t, p, m.Address)
	info, err := c.DeviceInfo(t.Context())
	if err != nil || info.Name != "Plc30 App" || info.Major != 3 || info.Minor != 1 {
		t.Errorf("%+v, %v", info, err)
	}
	values, err := c.ReadValues(t.Context(), "GVL.wsString", "MAIN.aSensors[3].sName", "GVL.aMatrix[1,2]", "GVL.nMemory")
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []any{"Ωhm €", "sensor 3", 5.0, int32(7)} {
		if values[i].Err != nil || values[i].Value != want {
			t.Errorf("%+v, want %v", values[i], want)
		}
	}
	sum, err := c.Call(t.Context(), "MAIN.fbPump", "Add", 2, 3)
	if err != nil || sum.Return != int32(5) {
		t.Errorf("%+v, %v", sum, err)
	}
	if _, err := c.Call(t.Context(), "MAIN.aPumps[1]", "Start", 40.0); err != nil {
		t.Error(err)
	}
	if state, err := p.Device.Get("MAIN.aPumps[1].eState"); err != nil || state != (symbol.Enum{Name: "Running", Value: 20}) {
		t.Error(state, err)
	}
	if _, err := c.Call(t.Context(), "MAIN.fbPump", "Start", 101.0); ads.Code(err) != ams.InvalidParameter {
		t.Error(err)
	}
}

func TestConfigModeAndRestart(t *testing.T) {
	p, m := builtin(t)
	c := connect(t, p, m.Address)
	system := c.Target(ams.Address{NetID: m.Address.NetID, Port: ams.PortSystemService})
	if err := system.WriteControl(t.Context(), command.WriteControlRequest{ADSState: command.StateReconfig}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.ReadState(t.Context()); ads.Code(err) != ams.TargetPortNotFound {
		t.Error(err)
	}
	if err := system.WriteControl(t.Context(), command.WriteControlRequest{ADSState: command.StateReset}); err != nil {
		t.Fatal(err)
	}
	if s, err := c.ReadState(t.Context()); err != nil || s.ADSState != command.StateRun {
		t.Error(s, err)
	}
}

func TestValuesMove(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _ := builtin(t)
		done := make(chan struct{})
		go func() {
			defer close(done)
			p.Move(t.Context())
		}()
		get := func(path string) any {
			v, err := p.Device.Get(path)
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
		time.Sleep(5*time.Second + time.Millisecond)
		if n := get("MAIN.nCounter"); n != uint32(50) {
			t.Errorf("counter %v", n)
		}
		if f := get("MAIN.fSine"); f.(float64) < 99.9 {
			t.Errorf("sine %v", f)
		}
		if b := get("MAIN.bBlink"); b != true {
			t.Errorf("blink %v", b)
		}
		p.Device.SetState(command.StateStop, 0)
		time.Sleep(time.Second)
		if n := get("MAIN.nCounter"); n != uint32(50) {
			t.Errorf("counter %v of a stopped PLC", n)
		}
	})
}
