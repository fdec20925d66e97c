package route_test

import (
	"math"
	"testing"

	"stellwerk/internal/point"
	"stellwerk/internal/route"
	"stellwerk/internal/tap"
)

const commands = `points:
  - {id: station/1/1, type: single}
  - {id: station/1/3, type: scaled}
  - {id: station/1/6, type: step}
routes:
  - {from: station/1/1, to: control/1/1, commands: true, invert: true}
  - {from: station/1/2, to: control/1/2}
  - {from: station/1/3, to: control/1/3, commands: true, scale: 0.1, offset: 5}
  - {from: station/1/4, to: control/1/4, commands: true, test: true}
  - {from: station/1/6, to: control/1/6, commands: true}
  - {from: station/2/*, to: control/2/*, commands: true}
  - {from: other/3, to: control/3, commands: true}
`

func TestCommandGoesThrough(t *testing.T) {
	h := newHouse(t, commands)
	h.station.answer = []point.Result{{Outcome: point.Confirmed}, {Outcome: point.Terminated}}
	asked := point.Command{
		ID: id("control/1/1"), Value: point.SingleValue(true), Origin: point.Origin{Link: "control", Peer: "10.0.0.9"},
		Trace: 4, Type: "double", Qualifier: 2, Action: point.Execute,
	}
	if got := h.command(t, asked); got != "confirmed, terminated" {
		t.Error(got)
	}
	want := asked
	want.ID, want.Value, want.Type = id("station/1/1"), point.SingleValue(false), "single"
	if got := h.station.carriedOut; len(got) != 1 || got[0] != want {
		t.Errorf("%+v\nwant %+v", got, want)
	}
	h.command(t, point.Command{ID: id("control/2/77"), Value: point.BitsValue(1), Type: "bits", Action: point.Select})
	if got := h.station.carriedOut[1]; got.ID != id("station/2/77") || got.Type != "bits" || got.Action != point.Select {
		t.Errorf("by a pattern: %+v", got)
	}
	h.command(t, point.Command{ID: id("control/1/3"), Value: number(105.06)})
	if got := h.station.carriedOut[2]; got.Value != number(1001) {
		t.Errorf("a set-point becomes %v", got.Value)
	}
	telegram := &point.Telegram{Protocol: "test"}
	h.command(t, point.Command{ID: id("control/3"), Value: point.RawValue(), Telegram: telegram})
	if got := h.other.carriedOut; len(got) != 1 || got[0].ID != id("other/3") || got[0].Telegram != telegram {
		t.Errorf("a telegram: %+v", got)
	}
}

func TestCommandIsRefused(t *testing.T) {
	h := newHouse(t, commands)
	s := h.tap.Subscribe(tap.Options{})
	defer s.Close()
	for _, row := range []struct {
		target string
		value  point.Value
		want   string
	}{
		{"control/9/9", point.SingleValue(true), "refused: there is no such point"},
		{"station/1/1", point.SingleValue(true), "refused: there is no such point"},
		{"control/1/2", point.SingleValue(true), "refused: no route allows commands on this point"},
		{"control/1/3", number(1e6), "refused: the value does not fit the point: 9.99995e+06 is not within -32768 to 32767"},
		{"control/1/3", number(nan), "refused: the value does not fit the point: NaN is no set-point"},
		{"control/2/1", number(math.Inf(1)), "refused: the value does not fit the point: +Inf is no set-point"},
		{"control/1/1", point.StepValue(1, false), "refused: the value does not fit the point: a step does not become a single"},
		{"control/1/1", point.DoubleValue(point.Intermediate), "refused: the value does not fit the point: intermediate does not fit a single"},
		{"control/1/6", number(100), "refused: the value does not fit the point: 100 does not fit a step"},
	} {
		if got := h.command(t, point.Command{ID: id(row.target), Value: row.value}); got != row.want {
			t.Errorf("%s %v: %s\nwant %s", row.target, row.value, got, row.want)
		}
		if got := events(t, s); got != row.target+" refused "+row.target+" command-refused" {
			t.Errorf("%s %v is told as %s", row.target, row.value, got)
		}
	}
	if len(h.station.carriedOut) != 0 {
		t.Errorf("carried out: %+v", h.station.carriedOut)
	}
	h.station.answer = []point.Result{point.Refusal(point.ReasonFarEnd, "")}
	if got := h.command(t, point.Command{ID: id("control/1/1"), Value: point.SingleValue(true)}); got != "refused: the far end refused it" {
		t.Error(got)
	}
	if got := events(t, s); got != "control/1/1 routed station/1/1, control/1/1 refused station/1/1 command-refused" {
		t.Error(got)
	}
	h.router.Connect(route.Options{Source: h.image, Tap: &h.tap})
	if got := h.command(t, point.Command{ID: id("control/1/1"), Value: point.SingleValue(true)}); got != "refused: the link cannot carry this command out: link station takes no commands" {
		t.Error(got)
	}
}

// With the test bit a command is confirmed and not executed; it passes only by a
// route that says so.
func TestCommandWithTheTestBit(t *testing.T) {
	h := newHouse(t, commands)
	for _, row := range []struct {
		target string
		action point.Action
		want   string
		passed int
	}{
		{"control/1/1", point.Execute, "confirmed, terminated", 0},
		{"control/1/1", point.Select, "confirmed", 0},
		{"control/1/2", point.Execute, "refused: no route allows commands on this point", 0},
		{"control/1/4", point.Execute, "confirmed", 1},
	} {
		h.station.carriedOut, h.station.answer = nil, []point.Result{{Outcome: point.Confirmed}}
		got := h.command(t, point.Command{ID: id(row.target), Value: point.SingleValue(true), Action: row.action, Test: true})
		if got != row.want || len(h.station.carriedOut) != row.passed {
			t.Errorf("%s %v: %s, %d passed on", row.target, row.action, got, len(h.station.carriedOut))
		}
	}
}
