package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"strings"
	"sync"
	"time"

	"stellwerk/iec104/asdu"
	"stellwerk/internal/simulator/controlcentre"
	"stellwerk/internal/simulator/plc"
	"stellwerk/internal/simulator/station"
)

// DemoOptions are the settings of a [Demo].
type DemoOptions struct {
	Options
	// Web is the address of the page.
	Web string
	// Seed decides how the load of the substation wanders.
	Seed uint64
	// Every is the pause between commands of the control centre. Zero is 12 s.
	Every time.Duration
	// Event is told in a sentence what the control centre does and sees. It may
	// be nil.
	Event func(string)
}

// Demo is the whole house in one process: a simulated substation, a simulated PLC,
// the router, and a simulated control centre, connected over the loopback as real
// ones would be. The points are there as JSON over WebSocket, too.
type Demo struct {
	App        *App
	substation *station.Substation
	process    net.Listener // of the substation
	controller *plc.PLC
	ads        net.Listener // of the PLC
	centre     *controlcentre.ControlCentre
	options    DemoOptions
}

// NewDemo makes a demonstration and takes its ports. It must be run or closed.
func NewDemo(options DemoOptions) (*Demo, error) {
	var config net.ListenConfig
	process, err := config.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("the substation cannot listen: %w", err)
	}
	d := &Demo{substation: station.NewSubstation(options.Seed), process: process, options: options}
	if d.ads, err = config.Listen(context.Background(), "tcp", "127.0.0.1:0"); err != nil {
		_ = process.Close() // the first error counts
		return nil, fmt.Errorf("the PLC cannot listen: %w", err)
	}
	if err := d.build(); err != nil {
		d.closePeers()
		return nil, err
	}
	return d, nil
}

// closePeers gives back what the substation and the PLC have, where they do not
// run.
func (d *Demo) closePeers() {
	_ = d.process.Close() // nothing to do about it
	_ = d.ads.Close()
	if d.controller != nil {
		_ = d.controller.Close()
	}
}

func (d *Demo) build() error {
	model, err := plc.Builtin()
	if err == nil {
		d.controller, err = plc.New(model, plc.Options{})
	}
	if err != nil {
		return err
	}
	text := demoConfig(d.process.Addr().String(), d.ads.Addr().String(), d.options.Web, d.substation.Signals())
	c, err := Registry().Parse("demo.yaml", []byte(text), func(string) ([]byte, error) { return nil, fs.ErrNotExist })
	if err != nil {
		return err
	}
	if d.App, err = New(c, d.options.Options); err != nil {
		return err
	}
	control, _ := d.App.Status("control")
	d.centre, err = controlcentre.New(controlcentre.Options{
		Address: control.Address, Station: station.SubstationAddress,
		Commands: demoCommand, Every: d.every(), Event: d.options.Event, MinBackoff: 200 * time.Millisecond,
	})
	if err != nil {
		d.App.Close()
	}
	return err
}

func (d *Demo) every() time.Duration {
	if d.options.Every > 0 {
		return d.options.Every
	}
	return 12 * time.Second
}

// Feed returns the URL of the points over WebSocket.
func (d *Demo) Feed() string {
	feed, _ := d.App.Status("feed")
	return "ws://" + feed.Address + "/"
}

// Close gives back what NewDemo took, for a demonstration that is not run.
func (d *Demo) Close() {
	d.App.Close()
	d.closePeers()
}

// Run keeps the demonstration running until ctx ends or a part of it fails.
func (d *Demo) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	var (
		work              sync.WaitGroup
		simulate, control error
	)
	work.Go(func() {
		defer cancel()
		control = d.controller.Serve(d.ads)
	})
	work.Go(func() { d.controller.Move(ctx) })
	context.AfterFunc(ctx, func() { _ = d.controller.Close() }) // ends Serve
	work.Go(func() {
		defer cancel()
		simulate = d.substation.Run(ctx, d.process)
	})
	work.Go(func() { d.centre.Run(ctx) })
	err := d.App.Run(ctx)
	cancel()
	work.Wait()
	return errors.Join(err, simulate, control)
}

// demoSymbols are what the control centre sees of the PLC, from demoSymbolsFrom on.
var demoSymbols = []struct{ path, name, typ, unit, sent, description string }{
	{"MAIN.fSine", "M1 speed", "LREAL", "%", "M_ME_TF_1", "speed of the drive"},
	{"MAIN.fRamp", "M1 level", "REAL", "%", "M_ME_TF_1", "level of the tank"},
	{"MAIN.bBlink", "M1 alive", "BOOL", "", "M_SP_TB_1", "the PLC is alive"},
	{"MAIN.aSensors[1].fValue", "M1 T1", "LREAL", "°C", "M_ME_TF_1", "temperature of the bearing"},
	{"MAIN.aSensors[2].fValue", "M1 T2", "LREAL", "°C", "M_ME_TF_1", "temperature of the winding"},
}

const demoSymbolsFrom = 5001

// demoConfig writes the configuration of the router in the demonstration.
func demoConfig(substation, controller, page string, signals []station.Signal) string {
	var text strings.Builder
	fmt.Fprintf(&text, `links:
  substation:
    iec104: {role: controlling, connect: %q}
  plc:
    ads: {role: client, connect: %q, net_id: 127.0.0.1.1.1, cycle: 500ms}
  control:
    iec104: {role: controlled, listen: "127.0.0.1:0"}
  feed:
    websocket: {role: server, listen: "127.0.0.1:0"}
    queue: {limit: 10000, full: drop-oldest, replace_timed: true}
web: {listen: %q}
routes:
  - {from: substation/%d/*, to: feed/substation/*}
`, substation, controller, page, station.SubstationAddress)
	for _, s := range demoSymbols {
		fmt.Fprintf(&text, "  - {from: %q, to: %q}\n", "plc/"+s.path, "feed/plc/"+s.path)
	}
	text.WriteString("points:\n")
	for i, s := range demoSymbols {
		fmt.Fprintf(&text, "  - {id: %q, name: %q, type: %s, unit: %q, group: PLC, description: %q, to: [control/%d/%d], to_type: %s}\n",
			"plc/"+s.path, s.name, s.typ, s.unit, s.description, station.SubstationAddress, demoSymbolsFrom+i, s.sent)
	}
	for _, s := range signals {
		fmt.Fprintf(&text, "  - {id: substation/%d/%d, name: %q, type: %s, unit: %q, group: %q, description: %q, to: [control/%d/%d], commands: %t}\n",
			station.SubstationAddress, s.Address, s.Name, s.Type, s.Unit, s.Group, s.Description,
			station.SubstationAddress, s.Address, s.Type.Control())
	}
	return text.String()
}

// demoCommand returns the n-th command of the control centre: it opens and closes
// the breaker of the second bay, and lets the tap changer go up and down.
func demoCommand(n int) controlcentre.Command {
	switch n % 4 {
	case 0:
		return controlcentre.Command{Name: "E02 Q0 off", Select: true, Object: asdu.DoubleCommand{Address: 1111, Value: asdu.CommandOff}}
	case 1:
		return controlcentre.Command{Name: "T1 tap higher", Object: asdu.StepCommand{Address: 1301, Value: asdu.NextHigher}}
	case 2:
		return controlcentre.Command{Name: "E02 Q0 on", Select: true, Object: asdu.DoubleCommand{Address: 1111, Value: asdu.CommandOn}}
	default:
		return controlcentre.Command{Name: "T1 tap lower", Object: asdu.StepCommand{Address: 1301, Value: asdu.NextLower}}
	}
}
