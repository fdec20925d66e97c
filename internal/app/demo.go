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

// Demo is the whole house in one process: a simulated substation, the router, and
// a simulated control centre, connected over the loopback as real ones would be. The
// points are there as JSON over WebSocket, too.
type Demo struct {
	App        *App
	substation *station.Substation
	process    net.Listener
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
	if err := d.build(); err != nil {
		_ = process.Close() // the first error counts
		return nil, err
	}
	return d, nil
}

func (d *Demo) build() error {
	text := demoConfig(d.process.Addr().String(), d.options.Web, d.substation.Signals())
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
	_ = d.process.Close() // nothing to do about it
}

// Run keeps the demonstration running until ctx ends or a part of it fails.
func (d *Demo) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	var (
		work     sync.WaitGroup
		simulate error
	)
	work.Go(func() {
		defer cancel()
		simulate = d.substation.Run(ctx, d.process)
	})
	work.Go(func() { d.centre.Run(ctx) })
	err := d.App.Run(ctx)
	cancel()
	work.Wait()
	return errors.Join(err, simulate)
}

// demoConfig writes the configuration of the router in the demonstration.
func demoConfig(substation, page string, signals []station.Signal) string {
	var text strings.Builder
	fmt.Fprintf(&text, `links:
  substation:
    iec104: {role: controlling, connect: %q}
  control:
    iec104: {role: controlled, listen: "127.0.0.1:0"}
  feed:
    websocket: {role: server, listen: "127.0.0.1:0"}
    queue: {limit: 10000, full: drop-oldest, replace_timed: true}
web: {listen: %q}
routes:
  - {from: substation/%d/*, to: feed/substation/*}
points:
`, substation, page, station.SubstationAddress)
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
