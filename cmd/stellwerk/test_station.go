package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/spf13/cobra"

	"stellwerk/iec104"
	"stellwerk/iec104/iec104test"
	"stellwerk/internal/conformance"
)

// testStationFlags are the flags of test station.
type testStationFlags struct {
	testFlags
	device, write string
	driver        driverFlag
	pause         time.Duration
}

func newTestStation() *cobra.Command {
	var f testStationFlags
	f.role = iec104.Controlled
	cmd := &cobra.Command{
		Use:   "station ADDR",
		Short: "Hold a station (controlled station) to the standard",
		Long: `Test station calls a controlled station as a control centre does, and holds it to
the standard case by case. Port 2404 is taken where none is named, 19998 with
--tls.

What the station has is found out by interrogations. What no question can find
out, above all which objects may be operated, is said by a file (--device);
--write-device writes one with all that the station tells, and with what can be
added. Cases that need more than is known are skipped, with the reason.

Some cases need events, a process that moves, a restart or a clock that is put
forward and back. --driver names a program that does that (with --arm alone); it is
run with what is wanted as its arguments, such as "change station=1 address=101
value=1", and ends with status 0 when it is done, and 2 where it cannot do it.

The flags --k, --w and --t0 to --t3 say what the device is set to: the cases hold
it to that. With the timers of the standard the whole takes minutes.`,
		Example: `  stellwerk test station 192.0.2.10
  stellwerk test station 192.0.2.10 --write-device device.yaml
  stellwerk test station 192.0.2.10 --device device.yaml --arm --html report.html
  stellwerk test station 192.0.2.10 --case A* --t1 3s --t2 1s --t3 2s
  stellwerk test station --list`,
		Args: func(cmd *cobra.Command, args []string) error {
			if f.list && len(args) == 0 {
				return nil
			}
			return hostArguments("ADDR")(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.list {
				return f.show(cmd)
			}
			return testStation(cmd, &f, args[0])
		},
	}
	f.register(cmd, 10*time.Second, "how long a station that refuses connections is called again before it counts as gone")
	flags := cmd.Flags()
	f.tls.registerName(flags)
	flags.StringVar(&f.device, "device", "", "YAML file that says what the station has")
	flags.StringVar(&f.write, "write-device", "", "ask the station what it has, write it to this YAML file, and do nothing else")
	flags.StringVar(&f.driver.line, "driver", "", "with --arm: run this program where a case needs the process of the station moved; see docs/testing.md")
	flags.DurationVar(&f.pause, "pause", 0, "wait for so long before each connection, for stations that need it")
	return cmd
}

func testStation(cmd *cobra.Command, f *testStationFlags, host string) error {
	ctx := cmd.Context()
	warnings, err := f.check()
	if err == nil && f.pause < 0 {
		err = fmt.Errorf("--pause %v: must not be negative", f.pause)
	}
	if err == nil && f.driver.line != "" && !f.arm {
		err = errors.New("--driver: what it does changes the process of the station: add --arm")
	}
	if err == nil {
		err = f.driver.find()
	}
	if err != nil {
		return usageError(cmd, err)
	}
	file := &conformance.DeviceFile{Ask: true}
	if f.device != "" {
		if file, err = readDevice(f.device); err != nil {
			return withStatus(statusUsage, err)
		}
	}
	p := f.link.WithDefaults()
	d := &dialer{t0: p.T0, once: true}
	if d.address, err = withPort(host, f.tls.on); err != nil {
		return usageError(cmd, err)
	}
	if f.tls.on {
		name, _, _ := net.SplitHostPort(d.address)
		if d.secure, err = f.tls.client(name); err != nil {
			return withStatus(statusUsage, err)
		}
	}
	// A station that is not there is told at once, and with the next step.
	first, err := d.open(ctx)
	if err != nil {
		return err
	}
	device := &conformance.Device{Link: f.link, Patience: f.patience, Pause: f.pause, OneGroup: file.OneGroup, Dial: func(ctx context.Context) (net.Conn, error) {
		if conn := first; conn != nil {
			first = nil
			return conn, nil
		}
		conn, err := d.call(ctx)
		return conn, err
	}}
	defer func() {
		if first != nil {
			_ = first.Close() // never used
		}
	}()
	if f.write != "" {
		return writeDevice(ctx, cmd, f, device, file)
	}
	r, err := newTestRun(cmd, &f.testFlags, d.address)
	if err != nil {
		return err
	}
	defer r.waiting.stop()
	for _, warning := range warnings {
		r.talk("Note: %s", warning)
	}
	inventory := &file.Inventory
	if file.Ask {
		r.waiting.say("asking the station what it has")
		known, err := conformance.Discover(ctx, device, f.prompt, file.Inventory.CommonAddresses...)
		switch {
		case ctx.Err() != nil:
			return interrupted()
		case err != nil:
			r.talk("What the station has is not known: %v.\nCases that need it are skipped; --device FILE can say it. Next: stellwerk iec104 probe %s says whether it is a\nstation of IEC 60870-5-104 at all.", err, host)
		default:
			inventory = file.Complete(known)
		}
	}
	r.advise(inventory)
	r.announce(device)
	if f.driver.program == "" {
		return r.run(ctx, device, inventory)
	}
	return r.run(ctx, &conformance.DrivenDevice{Device: device, Driver: f.driver.driver(r.talk), Within: driverWithin}, inventory)
}

// advise says what a run like this leaves out, and what to do about it.
func (r *testRun) advise(inventory *iec104test.Inventory) {
	changing := 0
	for _, c := range r.cases {
		if c.Affects != 0 {
			changing++
		}
	}
	switch {
	case changing == 0:
	case !r.flags.arm && changing == 1:
		r.talk("1 case changes something in the device and is skipped; --arm allows it.")
	case !r.flags.arm:
		r.talk("%d cases change something in the device and are skipped; --arm allows them.", changing)
	case len(inventory.Controls) == 0:
		r.talk("No object is known that may be operated: cases of commands are skipped. Next: --write-device device.yaml writes\nwhat the station tells; add the controls, and run with --device device.yaml --arm.")
	}
}

// open calls the station for the first time.
func (d *dialer) open(ctx context.Context) (net.Conn, error) {
	conn, err := d.plain(ctx)
	if err != nil {
		return nil, err
	}
	return d.secured(ctx, conn)
}

// call calls the station again, and says in short why that does not work.
func (d *dialer) call(ctx context.Context) (net.Conn, error) {
	attempt, cancel := context.WithTimeout(ctx, d.t0)
	defer cancel()
	var plain net.Dialer
	conn, err := plain.DialContext(attempt, "tcp", d.address)
	if err != nil {
		return nil, err
	}
	return d.secured(ctx, conn)
}

func readDevice(name string) (*conformance.DeviceFile, error) {
	file, err := os.Open(name) //nolint:gosec // the user names the file
	if err != nil {
		return nil, fmt.Errorf("--device: %w", err)
	}
	defer func() { _ = file.Close() }() // was only read
	return conformance.ReadDevice(file, name)
}

// writeDevice asks the station what it has and writes it down.
func writeDevice(ctx context.Context, cmd *cobra.Command, f *testStationFlags, device *conformance.Device, file *conformance.DeviceFile) error {
	known, err := conformance.Discover(ctx, device, f.prompt, file.Inventory.CommonAddresses...)
	switch {
	case ctx.Err() != nil:
		return interrupted()
	case err != nil:
		return withStatus(statusUnreachable, err)
	}
	inventory := file.Complete(known)
	out, err := os.Create(f.write)
	if err != nil {
		return withStatus(statusUsage, unwritable(f.write, err))
	}
	if err := errors.Join(conformance.WriteDevice(out, inventory), out.Close()); err != nil {
		return withStatus(statusNo, unwritable(f.write, err))
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "%d points and %d counters written to %s. Next: add what the file explains in its head, above all controls,\nand run with --device %s --arm.\n",
		len(inventory.Points), len(inventory.Counters), f.write, f.write)
	return nil
}
