package conformance_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
	"stellwerk/iec104/iec104test"
	"stellwerk/iec104/station"
	"stellwerk/internal/conformance"
)

// plantDriver moves the built-in station, and takes a while for it.
type plantDriver struct {
	plant *iec104test.Builtin
	takes time.Duration
	names map[string]bool // of what was done
}

func (d *plantDriver) Drive(ctx context.Context, a conformance.Action) error {
	time.Sleep(d.takes)
	d.names[a.Name] = true
	if a.Case == "" || a.Text == "" || !a.Told {
		return fmt.Errorf("an action without words: %+v", a)
	}
	arguments := map[string]string{}
	for _, argument := range a.Arguments {
		name, value, _ := strings.Cut(argument, "=")
		arguments[name] = value
	}
	number := func(name string) float64 {
		n, _ := strconv.ParseFloat(arguments[name], 64)
		return n
	}
	station, address := asdu.CommonAddress(number("station")), asdu.ObjectAddress(number("address"))
	switch a.Name {
	case "events":
		return d.plant.Event(a.Count)
	case "change":
		return d.plant.Change(station, address, number("value"))
	case "operate":
		return d.plant.Operate(station, locally(arguments, address))
	case "restart":
		return d.plant.Restart(ctx)
	case "step-clock":
		return d.plant.StepClock(time.Duration(number("seconds")) * time.Second)
	default:
		return conformance.Unable("there is no " + a.Name)
	}
}

// locally makes a command of arguments.
func locally(arguments map[string]string, address asdu.ObjectAddress) asdu.Object {
	value, _ := strconv.ParseFloat(arguments["value"], 64)
	switch arguments["type"] {
	case "C_SC_NA_1":
		return asdu.SingleCommand{Address: address, Value: arguments["value"] == "on"}
	case "C_DC_NA_1":
		return asdu.DoubleCommand{Address: address, Value: map[string]asdu.DoubleCommandState{"off": asdu.CommandOff, "on": asdu.CommandOn}[arguments["value"]]}
	case "C_RC_NA_1":
		return asdu.StepCommand{Address: address, Value: map[string]asdu.StepCommandState{"lower": asdu.NextLower, "higher": asdu.NextHigher}[arguments["value"]]}
	case "C_SE_NA_1":
		n, _ := asdu.NormalizedOf(value)
		return asdu.NormalizedSetpoint{Address: address, Value: n}
	case "C_SE_NB_1":
		return asdu.ScaledSetpoint{Address: address, Value: int16(value)}
	case "C_SE_NC_1":
		return asdu.FloatSetpoint{Address: address, Value: float32(value)}
	default:
		return asdu.BitStringCommand{Address: address, Value: uint32(value)}
	}
}

// TestDrivenStation runs the cases that a driver is for against the built-in
// station, of which the tester knows an inventory and which it moves by a driver:
// none is skipped for want of anything. TestOwnStations runs all the others.
func TestDrivenStation(t *testing.T) {
	names := map[string]bool{}
	for _, c := range cases(t, iec104.Controlled, "A8", "A9", "A1?", "A2?", "B9", "C1*", "C3*", "C5*", "C6.return", "C8*", "C10*", "C12*") {
		synctest.Test(t, func(t *testing.T) {
			options := &iec104test.BuiltinOptions{
				Cycles:  c.Requirement == "C12" || c.ID == "C10.cyclic",
				Station: station.Options{Server: iec104.ServerOptions{Events: 500, SelectTimeout: 3 * time.Second}},
			}
			if c.Requirement == "A23" {
				options.Station.Server.Groups = []iec104.RedundancyGroup{{Name: "all"}}
			}
			d, plant := device(t, options, nil)
			defer plant.Close()
			d.OneGroup = c.Requirement == "A23"
			driven := &conformance.DrivenDevice{Device: d, Driver: &plantDriver{plant: plant, takes: 30 * time.Millisecond, names: names}}
			var r conformance.Report
			conformance.Run(t.Context(), []iec104test.Case{c}, driven, &conformance.Options{
				Armed: true, Inventory: plant.Inventory(), Prompt: 200 * time.Millisecond, Tolerance: 100 * time.Millisecond,
			}, &r)
			if o := r.Outcomes[0]; o.Status != iec104test.Passed {
				t.Errorf("%s %s: expected %s; seen %s", o.Case.ID, o.Status, o.Expected, o.Seen)
			}
		})
	}
	for _, name := range []string{"events", "change", "operate", "restart", "step-clock"} {
		if !names[name] {
			t.Errorf("nothing asks for %s", name)
		}
	}
}

// TestSlowDriverOfAStation has a driver that is run hundreds of times while a
// connection is open: its test frames are answered meanwhile.
func TestSlowDriverOfAStation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, plant := device(t, &iec104test.BuiltinOptions{Station: station.Options{Server: iec104.ServerOptions{
			Events: 300, Parameters: iec104.Parameters{T1: 2 * time.Second, T2: time.Second, T3: time.Second},
		}}}, nil)
		d.Link = iec104.Parameters{T1: 2 * time.Second, T2: time.Second, T3: time.Second}
		defer plant.Close()
		driven := &conformance.DrivenDevice{Device: d, Driver: &plantDriver{plant: plant, takes: 100 * time.Millisecond, names: map[string]bool{}}}
		var r conformance.Report
		conformance.Run(t.Context(), cases(t, iec104.Controlled, "A20", "C12.priority"), driven, &conformance.Options{
			Armed: true, Inventory: plant.Inventory(), Prompt: 200 * time.Millisecond, Tolerance: 100 * time.Millisecond,
		}, &r)
		if len(ids(&r, iec104test.Passed)) != 2 {
			t.Error(results(&r))
		}
	})
}

// TestStationsDriverCannot has a driver that can do nothing: cases are skipped with
// its reason, or do without.
func TestStationsDriverCannot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, plant := device(t, nil, nil)
		defer plant.Close()
		driven := &conformance.DrivenDevice{Device: d, Driver: driver(func(conformance.Action) error {
			return conformance.Unable("nobody is there")
		})}
		var r conformance.Report
		conformance.Run(t.Context(), cases(t, iec104.Controlled), driven, &conformance.Options{
			Armed: true, Inventory: plant.Inventory(), Prompt: 100 * time.Millisecond, Tolerance: 10 * time.Millisecond,
		}, &r)
		skipped := 0
		for _, o := range r.Outcomes {
			if o.Status == iec104test.Failed {
				t.Errorf("%s: expected %s; seen %s", o.Case.ID, o.Expected, o.Seen)
			}
			if o.Status == iec104test.Skipped && strings.Contains(o.Seen, "nobody is there") {
				skipped++
			}
		}
		if skipped < 9 || r.Count(iec104test.Skipped) > 25 {
			t.Errorf("%d skipped for want of a driver, %d at all", skipped, r.Count(iec104test.Skipped))
		}
	})
	// What fails at the driver fails, and is no station's fault that nobody hears of.
	synctest.Test(t, func(t *testing.T) {
		d, plant := device(t, nil, nil)
		defer plant.Close()
		driven := &conformance.DrivenDevice{Device: d, Driver: driver(func(conformance.Action) error { return errors.New("the lever is bent") })}
		var r conformance.Report
		conformance.Run(t.Context(), cases(t, iec104.Controlled, "A20"), driven, &conformance.Options{Armed: true, Inventory: plant.Inventory()}, &r)
		if o := r.Outcomes[0]; o.Status != iec104test.Failed || o.Seen != "the lever is bent" {
			t.Errorf("%s: expected %s; seen %s", o.Status, o.Expected, o.Seen)
		}
	})
}
