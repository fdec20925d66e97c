package ads_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
	"stellwerk/internal/link"
	"stellwerk/internal/link/ads"
	"stellwerk/internal/point"
)

// Points of the house are symbols, with quality and time beside them.
func TestPointsAreSymbols(t *testing.T) {
	p := newPlant()
	l, _ := run(t, p, listed(t, "Bay1.fVoltage REAL", "Bay1.bClosed BOOL", "Bay1.nTap step", "Bay1.eBreaker double"), device)
	p.change(t, "Bay1.fVoltage", point.NumberValue(230.5), 0)
	p.change(t, "Bay1.eBreaker", point.DoubleValue(point.On), point.Blocked)
	c := dial(t, l)
	ctx := t.Context()
	read := func(name string) any {
		t.Helper()
		value, err := c.ReadValue(ctx, name)
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
	await(t, func() string {
		if got := read("Bay1.eBreaker_Q"); got != uint8(point.Blocked) {
			return "the quality is not there"
		}
		return ""
	})
	if got := read("Bay1.fVoltage"); got != float32(230.5) {
		t.Errorf("the voltage is %v", got)
	}
	if got, ok := read("Bay1.fVoltage_T").(time.Time); !ok || !got.Equal(time.Date(2026, 3, 2, 8, 30, 0, 5e8, time.UTC)) {
		t.Errorf("its time is %v", got)
	}
	if got := read("Bay1.fVoltage_Q"); got != uint8(0) {
		t.Errorf("its quality is %v", got)
	}
	info, err := c.DeviceInfo(ctx)
	if err != nil || info.Name != "Stellwerk" {
		t.Errorf("%+v, %v", info, err)
	}
	if status := l.Status(); status.State != link.Connected || len(status.Peers) != 1 || status.Received == 0 {
		t.Errorf("%+v", status)
	}
}

// A point that nobody has named is a symbol when its first value comes.
func TestNewPointsBecomeSymbols(t *testing.T) {
	p := newPlant()
	l, _ := run(t, p, link.Setup{}, device)
	c := dial(t, l)
	before, err := c.SymbolVersion(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	p.change(t, "Sub.P4001", point.SingleValue(true), 0)
	p.change(t, "not a name", point.SingleValue(true), 0)
	p.change(t, "SUB.p4001", point.SingleValue(true), 0)
	await(t, func() string {
		if value, err := c.ReadValue(t.Context(), "Sub.P4001"); err != nil || value != true {
			return "it is not there"
		}
		return ""
	})
	after, err := c.SymbolVersion(t.Context())
	if err != nil || after == before {
		t.Errorf("the symbol version stayed %d: %v", after, err)
	}
	await(t, func() string {
		if l.Status().Dropped != 2 {
			return "names that are none, or the same, are not reported"
		}
		return ""
	})
}

// What clients write is a command, and answered when the process has answered.
func TestWritesAreCommands(t *testing.T) {
	p := newPlant()
	l, _ := run(t, p, listed(t, "Bay1.bClose BOOL", "Bay1.nSetpoint INT", "Bay1.locked BOOL"), device)
	c := dial(t, l)
	ctx := t.Context()
	if err := c.WriteValue(ctx, "Bay1.bClose", true); err != nil {
		t.Fatal(err)
	}
	if err := c.WriteValue(ctx, "Bay1.nSetpoint", -5); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"Bay1.locked", "Bay1.bClose_Q", "Bay1.bClose_T"} {
		v, err := c.Symbol(ctx, name)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Write(ctx, command.Index{Group: command.IndexGroup(v.IndexGroup), Offset: v.IndexOffset}, make([]byte, v.Size)); !errors.Is(err, ams.InvalidAccess) {
			t.Errorf("%s is written: %v", name, err)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if got := strings.Join(p.commands, "; "); got != "execute BOOL Bay1.bClose=on; execute INT Bay1.nSetpoint=-5; execute BOOL Bay1.locked=off" {
		t.Error(got)
	}
}

// After a command a symbol shows what the process reports, not what was written.
func TestSymbolFollowsTheProcess(t *testing.T) {
	p := newPlant()
	l, _ := run(t, p, listed(t, "Bay1.bClosed BOOL"), device)
	p.change(t, "Bay1.bClosed", point.SingleValue(false), 0)
	c := dial(t, l)
	if err := c.WriteValue(t.Context(), "Bay1.bClosed", true); err != nil {
		t.Fatal(err)
	}
	await(t, func() string {
		if value, err := c.ReadValue(t.Context(), "Bay1.bClosed"); err != nil || value != false {
			return "it shows what was written"
		}
		return ""
	})
}

// Nobody stops the gateway by ADS.
func TestStateIsNotForClients(t *testing.T) {
	l, _ := run(t, newPlant(), link.Setup{}, device)
	c := dial(t, l)
	err := c.WriteControl(t.Context(), command.WriteControlRequest{ADSState: command.StateStop})
	if !errors.Is(err, ams.DeviceAccessDenied) {
		t.Errorf("stopped: %v", err)
	}
}

func TestAllowList(t *testing.T) {
	l, _ := run(t, newPlant(), link.Setup{}, func(o *ads.Options) { device(o); o.Allow = []string{"192.0.2.1"} })
	c := dial(t, l)
	if _, err := c.DeviceInfo(t.Context()); err == nil {
		t.Error("an address that is not on the list was served")
	}
	if l.Status().Dropped == 0 {
		t.Error("it was not reported")
	}
}
