package ads_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"stellwerk/ads/command"
	"stellwerk/ads/symbol"
	"stellwerk/internal/link"
	"stellwerk/internal/link/ads"
	"stellwerk/internal/point"
	"stellwerk/internal/tap"
)

// modes are the ways in which a client learns of changes.
var modes = map[string]func(*ads.Options){
	"notifications": func(*ads.Options) {},
	"poll":          func(o *ads.Options) { o.Update = "poll" },
}

// Symbols become points: first as they are, then with each change.
func TestSymbolsArePoints(t *testing.T) {
	for mode, set := range modes {
		t.Run(mode, func(t *testing.T) {
			x := newPLC(t, "127.0.0.1:0")
			x.set("MAIN.fPower", 1.5)
			x.set("MAIN.nBreaker", 2)
			x.set("MAIN.wFlags", 0x8001)
			x.set("MAIN.tDelay", "T#2s")
			p := newPlant()
			setup := listed(t, "MAIN.fPower REAL", "MAIN.nBreaker double")
			setup.Addresses = append(setup.Addresses, "MAIN.eMode", "MAIN.wFlags", "MAIN.tDelay", "main.ncount")
			l, _ := run(t, p, setup, func(o *ads.Options) { x.client(o); set(o) })
			p.has(t, "MAIN.fPower=1.5 REAL", "MAIN.nBreaker=on USINT", "MAIN.eMode=0 E_Mode", "MAIN.tDelay=2000 TIME",
				"main.ncount=0 INT", "interrogated", "MAIN.wFlags=")
			p.forget()
			x.set("MAIN.fPower", 2.5)
			x.set("MAIN.eMode", "On")
			timed := "time=true"
			if mode == "poll" {
				timed = "time=false" // nobody says when it changed
			}
			p.has(t, "MAIN.fPower=2.5 REAL good spontaneous "+timed, "MAIN.eMode=1 E_Mode good spontaneous")
			if status := l.Status(); status.State != link.Connected || !status.Detail.IsZero() {
				t.Errorf("%+v", status)
			}
		})
	}
}

// Stars stand for all elementary values that a point can have.
func TestStars(t *testing.T) {
	for mode, set := range modes {
		t.Run(mode, func(t *testing.T) {
			x := newPLC(t, "127.0.0.1:0")
			x.set("GVL.aBay[2].bClosed", true)
			p := newPlant()
			run(t, p, link.Setup{Addresses: []string{"GVL.*"}}, func(o *ads.Options) { x.client(o); set(o) })
			p.has(t, "GVL.aBay[1].fVoltage=0 LREAL", "GVL.aBay[1].bClosed=off BOOL", "GVL.aBay[2].bClosed=on BOOL")
			p.mu.Lock()
			defer p.mu.Unlock()
			for _, got := range p.got {
				if strings.Contains(got, "sName") || strings.Contains(got, "MAIN") {
					t.Errorf("there is %s", got)
				}
			}
		})
	}
}

// Symbols that do not work are named, and the others work.
func TestTroubles(t *testing.T) {
	for mode, set := range modes {
		t.Run(mode, func(t *testing.T) {
			x := newPLC(t, "127.0.0.1:0")
			p := newPlant()
			setup := listed(t, "MAIN.fPower double")
			setup.Addresses = append(setup.Addresses, "MAIN.sText", "MAIN.nCount", "MAIN.nMissing")
			l, _ := run(t, p, setup, func(o *ads.Options) { x.client(o); set(o) })
			p.has(t, "MAIN.nCount=0")
			await(t, func() string {
				if text := l.Status().Detail.EN; !strings.Contains(text, "MAIN.fPower: it has the type REAL, which cannot be what the signal list says, double; and 2 symbols more") {
					return text
				}
				return ""
			})
		})
	}
}

// A lost connection, and an online change, make points not topical until values
// come again.
func TestLosses(t *testing.T) {
	for mode, set := range modes {
		t.Run(mode, func(t *testing.T) {
			x := newPLC(t, "127.0.0.1:0")
			x.set("MAIN.nCount", 7)
			p := newPlant()
			l, _ := run(t, p, link.Setup{Addresses: []string{"MAIN.nCount", "MAIN.fPower"}}, func(o *ads.Options) { x.client(o); set(o) })
			p.has(t, "MAIN.nCount=7")
			x.stop()
			await(t, func() string {
				p.mu.Lock()
				defer p.mu.Unlock()
				if p.losses == 0 {
					return "the loss is not told"
				}
				return ""
			})
			p.forget()
			x.serve(x.address)
			p.has(t, "MAIN.nCount=7 INT good interrogated time=false")
			if err := x.device.SetTable(declare(t, func(d *symbol.Declaration) { d.Symbol("MAIN.nNew", "INT") })); err != nil {
				t.Fatal(err)
			}
			x.set("MAIN.nCount", 8)
			p.has(t, "MAIN.nCount=8")
			p.forget()
			smaller := symbol.NewDeclaration(symbol.TwinCAT3)
			smaller.Symbol("MAIN.nCount", "INT")
			table, err := smaller.Table()
			if err != nil {
				t.Fatal(err)
			}
			if err := x.device.SetTable(table); err != nil {
				t.Fatal(err)
			}
			p.has(t, "MAIN.fPower=0 REAL NT")
			await(t, func() string {
				if text := l.Status().Detail.EN; !strings.Contains(text, "MAIN.fPower") {
					return "the symbol is not named: " + text
				}
				return ""
			})
		})
	}
}

// A symbol that is gone when the connection is back is named, and so is why; the
// others are not named for the loss of the connection.
func TestGoneMeanwhile(t *testing.T) {
	for mode, set := range modes {
		t.Run(mode, func(t *testing.T) {
			x := newPLC(t, "127.0.0.1:0")
			p := newPlant()
			l, _ := run(t, p, link.Setup{Addresses: []string{"MAIN.fPower", "MAIN.nCount"}}, func(o *ads.Options) { x.client(o); set(o) })
			p.has(t, "MAIN.fPower=0", "MAIN.nCount=0")
			x.stop()
			await(t, func() string {
				if l.Status().State == link.Connected {
					return "the link is connected"
				}
				return ""
			})
			smaller := symbol.NewDeclaration(symbol.TwinCAT3)
			smaller.Symbol("MAIN.nCount", "INT")
			table, err := smaller.Table()
			if err != nil {
				t.Fatal(err)
			}
			if err := x.device.SetTable(table); err != nil {
				t.Fatal(err)
			}
			x.serve(x.address)
			await(t, func() string {
				text := l.Status().Detail.EN
				if l.Status().State != link.Connected || !strings.Contains(text, "MAIN.fPower") || !strings.Contains(text, "there is no symbol") || strings.Contains(text, "more") {
					return "the symbol is not named: " + text
				}
				return ""
			})
		})
	}
}

// A value tells which telegram brought it.
func TestTraces(t *testing.T) {
	x := newPLC(t, "127.0.0.1:0")
	p := newPlant()
	house := &tap.Tap{}
	recorder := tap.NewRecorder(house, 1000)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	go recorder.Run(ctx)
	run(t, p, link.Setup{Addresses: []string{"MAIN.nCount"}, Tap: house}, x.client)
	p.has(t, "MAIN.nCount=0")
	x.set("MAIN.nCount", 77)
	p.has(t, "MAIN.nCount=77")
	p.mu.Lock()
	trace := p.traces["MAIN.nCount"]
	p.mu.Unlock()
	await(t, func() string {
		for _, e := range recorder.Lookup(trace) {
			if e.Stage == tap.Received {
				if !bytes.Contains(e.Raw, []byte{77, 0}) {
					t.Fatalf("telegram %d is %x", trace, e.Raw)
				}
				return ""
			}
		}
		return "the telegram was not seen"
	})
}

// Commands are written, and refused where they cannot be.
func TestCommands(t *testing.T) {
	x := newPLC(t, "127.0.0.1:0")
	p := newPlant()
	l, _ := run(t, p, link.Setup{Addresses: []string{"MAIN.nCount"}}, x.client)
	commander, ok := l.(point.Commander)
	if !ok {
		t.Fatal("the link takes no commands")
	}
	p.has(t, "MAIN.nCount=0")
	do := func(action point.Action, address string, value point.Value, peer string) string {
		t.Helper()
		var steps []string
		commander.Command(t.Context(), point.Command{
			ID: point.ID{Link: "plc", Address: address}, Value: value, Action: action, Origin: point.Origin{Link: "centre", Peer: peer},
		}, func(r point.Result) {
			text := r.Outcome.String()
			if r.Reason != point.ReasonNone {
				text += " " + r.Reason.String()
			}
			steps = append(steps, text)
		})
		return strings.Join(steps, ", ")
	}
	for _, step := range []struct {
		action  point.Action
		address string
		value   point.Value
		peer    string
		want    string
	}{
		{point.Execute, "MAIN.nCount", point.NumberValue(42), "a", "confirmed, terminated"},
		{point.Execute, "MAIN.nCount", point.NumberValue(40000), "a", "refused value"},
		{point.Execute, "MAIN.nCount", point.NumberValue(1.5), "a", "refused value"},
		{point.Execute, "MAIN.eMode", point.SingleValue(true), "a", "confirmed, terminated"},
		{point.Execute, "MAIN.nMissing", point.NumberValue(1), "a", "refused unknown-point"},
		{point.Select, "MAIN.nCount", point.NumberValue(1), "a", "confirmed"},
		{point.Execute, "MAIN.nCount", point.NumberValue(1), "b", "refused selected-by-other"},
		{point.Cancel, "MAIN.nCount", point.Value{}, "a", "confirmed"},
		{point.Cancel, "MAIN.nCount", point.Value{}, "a", "refused not-selected"},
		{point.Execute, "MAIN.nCount", point.NumberValue(43), "b", "confirmed, terminated"},
	} {
		if got := do(step.action, step.address, step.value, step.peer); got != step.want {
			t.Errorf("%s %s=%s: %s, want %s", step.action, step.address, step.value, got, step.want)
		}
	}
	if value, err := x.device.Get("MAIN.nCount"); err != nil || value != int16(43) {
		t.Errorf("the PLC has %v: %v", value, err)
	}
	x.device.SetState(command.StateConfig, 0)
	x.stop()
	await(t, func() string {
		if got := do(point.Execute, "MAIN.nCount", point.NumberValue(1), "a"); got != "refused not-connected" {
			return got
		}
		return ""
	})
}

// A gateway's device is a PLC to another gateway.
func TestDeviceAndClient(t *testing.T) {
	house := newPlant()
	l, _ := run(t, house, listed(t, "Bay1.fVoltage REAL", "Bay1.bClose BOOL"), device)
	house.change(t, "Bay1.fVoltage", point.NumberValue(11), 0)
	p := newPlant()
	other, _ := run(t, p, link.Setup{Addresses: []string{"Bay1.fVoltage", "Bay1.fVoltage_Q"}}, func(o *ads.Options) {
		o.Role, o.Connect, o.NetID = "client", l.Status().Address, "127.0.0.1.1.1"
	})
	p.has(t, "Bay1.fVoltage=11 REAL", "Bay1.fVoltage_Q=")
	var outcome point.Result
	other.(point.Commander).Command(context.WithoutCancel(t.Context()), point.Command{ //nolint:forcetypeassert // a client takes commands
		ID: point.ID{Link: "plc", Address: "Bay1.bClose"}, Value: point.SingleValue(true),
	}, func(r point.Result) { outcome = r })
	if outcome.Outcome != point.Terminated {
		t.Errorf("%+v", outcome)
	}
	house.mu.Lock()
	defer house.mu.Unlock()
	if len(house.commands) != 1 {
		t.Errorf("%q", house.commands)
	}
}
