package ads

import (
	"strings"
	"testing"
)

func TestCheck(t *testing.T) {
	for name, row := range map[string]struct {
		set  func(*Options)
		want string
	}{
		"client, bare":        {func(o *Options) { o.Role = "client" }, "a client needs connect"},
		"client, listening":   {func(o *Options) { o.Role, o.Connect, o.Listen = "client", "x", ":1" }, "listen is not for a client"},
		"client, router":      {func(o *Options) { o.Role, o.Connect, o.Router = "client", "x", true }, "through a router the PLC must be named"},
		"client, NetId":       {func(o *Options) { o.Role, o.Connect, o.NetID = "client", "x", "1.2" }, "no AMS NetId"},
		"client, source":      {func(o *Options) { o.Role, o.Connect, o.Source = "client", "x", "1.2.3.4.5.6" }, "no port"},
		"client, poll, delay": {func(o *Options) { o.Role, o.Connect, o.Update, o.Delay = "client", "x", "poll", 1 }, "delay is for notifications"},
		"device, bare":        {func(o *Options) { o.Role = "device" }, "a device needs listen"},
		"device, connecting":  {func(o *Options) { o.Role, o.Listen, o.Connect = "device", "127.0.0.1:1", "x" }, "connect is not for a device"},
		"device, name":        {func(o *Options) { o.Role, o.Listen, o.Device = "device", "127.0.0.1:1", strings.Repeat("x", 17) }, "17 octets"},
		"device, no port":     {func(o *Options) { o.Role, o.Listen = "device", "127.0.0.1" }, "no address with a port"},
	} {
		o := DefaultOptions()
		row.set(o)
		var got []string
		o.Check(func(_, text string) { got = append(got, text) })
		if !strings.Contains(strings.Join(got, "; "), row.want) {
			t.Errorf("%s: %q, want %q", name, got, row.want)
		}
	}
	for _, connect := range []string{"192.0.2.1", "192.0.2.1:8000", "plc", "[::1]", "::1"} {
		o := DefaultOptions()
		o.Role, o.Connect = "client", connect
		o.Check(func(key, text string) { t.Errorf("%s: %s: %s", connect, key, text) })
	}
}

func TestAddresses(t *testing.T) {
	client, device := &Options{Role: "client"}, &Options{Role: "device"}
	for _, address := range []string{"MAIN.fPower", ".gPower", "MAIN.aData[2].fX", "MAIN.aData[2,-1]", "MAIN.pPump^.nSpeed", "GVL.Übung"} {
		if err := client.CheckAddress(address); err != nil {
			t.Errorf("client: %v", err)
		}
	}
	for _, address := range []string{"", "MAIN.", "MAIN fPower", "MAIN.a[x]", "MAIN..x"} {
		if client.CheckAddress(address) == nil {
			t.Errorf("client: %q is an address", address)
		}
	}
	for _, address := range []string{"Bay1.fVoltage", "x", "_a._b"} {
		if err := device.CheckAddress(address); err != nil {
			t.Errorf("device: %v", err)
		}
	}
	for _, address := range []string{"1/4001", "Bay.x[1]", "Bay.1", "Bay.x_Q", "Bay.x_T"} {
		if device.CheckAddress(address) == nil {
			t.Errorf("device: %q is an address", address)
		}
	}
}

func TestPatterns(t *testing.T) {
	for _, row := range []struct {
		pattern, name string
		want          bool
	}{
		{"GVL.*", "GVL.fX", true},
		{"GVL.*", "gvl.aBay[1].fX", true},
		{"GVL.*", "GVL.", false},
		{"GVL.*", "MAIN.fX", false},
		{"*", "x", true},
		{"*.fX", "GVL.fX", true},
		{"*.fX", ".fX", false},
		{"MAIN.*.fX", "MAIN.aBay[2].fX", true},
		{"MAIN.*.fX", "MAIN.fX", false},
		{"a*b*c", "aXbYc", true},
		{"a*b*c", "abc", false},
	} {
		p := parsePattern(row.pattern)
		if got := p.matches(row.name); got != row.want {
			t.Errorf("%s matches %s: %t", row.pattern, row.name, got)
		}
	}
}
