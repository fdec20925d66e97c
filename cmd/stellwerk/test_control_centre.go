package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"stellwerk/iec104"
	"stellwerk/internal/conformance"
)

func newTestControlCentre() *cobra.Command {
	f := testFlags{role: iec104.Controlling}
	var c testCentreFlags
	cmd := &cobra.Command{
		Use:   "control-centre",
		Short: "Hold a control centre (controlling station) to the standard",
		Long: `Test control-centre is a station that a control centre connects to, and holds that
to the standard, connection by connection. Set the control centre to connect to
the address of --listen, and to connect again whenever a connection ends: each
case begins with a new one, and many end it on purpose.

A control centre that keeps several connections, one active and the others on
standby, may call one address or several: name each with --listen, and say with
--lines how many connections it keeps where they are not one an address. Switch off
that it returns to a preferred connection by itself.

Many cases need the control centre to send something. With --ask the terminal says
what, and asks what the control centre shows of it. --driver names a program that
is run instead, with what is wanted as its arguments, such as

  interrogate type=C_IC_NA_1 station=1 qualifier=20

and that ends with status 0 when the control centre takes it for done, 1 when it
takes it for failed, and 2 where it cannot do this. Without both, such cases are
skipped. A control centre that starts data transfer only when it is told to is
tested with --manual-start. Commands, and whatever else would change something in a real station, are
wanted with --arm alone; they reach nobody but this program.

The flags --k, --w and --t0 to --t3 say what the control centre is set to: the
cases hold it to that. With the timers of the standard the whole takes minutes.`,
		Example: `  stellwerk test control-centre --listen 0.0.0.0:2404
  stellwerk test control-centre --listen 192.0.2.1 --listen 198.51.100.1
  stellwerk test control-centre --listen 192.0.2.1 --ask --case C2,C4
  stellwerk test control-centre --listen 192.0.2.1 --driver ./operate.sh --arm
  stellwerk test control-centre --case A* --t1 3s --t2 1s --t3 2s --junit result.xml
  stellwerk test control-centre --list`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.list {
				return f.show(cmd)
			}
			return testControlCentre(cmd, &f, &c)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringArrayVar(&c.listen, "listen", nil, "address to wait on, may be repeated (default 127.0.0.1:2404, with TLS 127.0.0.1:19998)")
	flags.BoolVar(&c.ask, "ask", false, "ask you to operate the control centre where a case needs that, and what came of it")
	flags.StringVar(&c.driver.line, "driver", "", "run this program where a case needs the control centre operated; see docs/testing.md")
	flags.BoolVar(&c.waits, "manual-start", false, "the control centre starts data transfer only when it is told to, with --ask or --driver")
	flags.IntVar(&c.lines, "lines", 0, "connections that the control centre keeps, one of them active (default one for each --listen)")
	f.register(cmd, 2*time.Minute, "how long the control centre is waited for, whenever it is to connect")
	return cmd
}

// testCentreFlags are the flags of test control-centre besides those of all tests.
type testCentreFlags struct {
	listen []string
	lines  int
	driver driverFlag
	ask    bool
	waits  bool // for being told to start data transfer
}

// maxLines is how many connections a control centre may keep.
const maxLines = 16

// check completes the flags and says what is wrong with them.
func (c *testCentreFlags) check() error {
	if len(c.listen) == 0 {
		c.listen = []string{""}
	}
	if c.lines == 0 {
		c.lines = len(c.listen)
	}
	if c.lines < len(c.listen) || c.lines > maxLines {
		return fmt.Errorf("--lines %d: must be %d, one for each address, to %d", c.lines, len(c.listen), maxLines)
	}
	if c.ask && c.driver.line != "" {
		return errors.New("--ask and --driver: a person operates the control centre, or a program")
	}
	switch {
	case c.waits && !c.ask && c.driver.line == "":
		return errors.New("--manual-start: somebody must tell the control centre to start; add --ask or --driver")
	case c.waits && c.lines > 1:
		return fmt.Errorf("--manual-start: a control centre with %d connections chooses by itself which one it starts; test one connection", c.lines)
	}
	return c.driver.find()
}

// open opens the listeners, and returns where they are.
func (c *testCentreFlags) open(ctx context.Context, cmd *cobra.Command, f *testFlags) ([]net.Listener, string, error) {
	var all []net.Listener
	var addresses []string
	for _, address := range c.listen {
		listener, err := f.tls.listen(ctx, cmd, address)
		if err != nil {
			closeListeners(all)
			return nil, "", err
		}
		all, addresses = append(all, listener), append(addresses, listener.Addr().String())
	}
	return all, strings.Join(addresses, ", "), nil
}

// closeListeners closes listeners that nobody has called yet.
func closeListeners(all []net.Listener) {
	for _, listener := range all {
		_ = listener.Close() // it returns none that matters
	}
}

func testControlCentre(cmd *cobra.Command, f *testFlags, c *testCentreFlags) error {
	ctx := cmd.Context()
	warnings, err := f.check()
	if err == nil {
		err = c.check()
	}
	if err != nil {
		return usageError(cmd, err)
	}
	listeners, addresses, err := c.open(ctx, cmd, f)
	if err != nil {
		return err
	}
	r, err := newTestRun(cmd, f, addresses)
	if err != nil {
		closeListeners(listeners)
		return err
	}
	defer r.waiting.stop()
	for _, warning := range warnings {
		r.talk("Note: %s", warning)
	}
	centre := &conformance.Centre{Link: f.link, Patience: f.patience, Connections: c.lines}
	centre.Listen(listeners...)
	defer func() { _ = centre.Close() }() // nothing is left to be told
	starts := "start data transfer, "
	if c.waits {
		starts = ""
	}
	r.talk("Waiting on %s. Let the control centre connect now, %sand connect again whenever a connection\nends. Ctrl-C ends with the report so far.", addresses, starts)
	r.announce(centre)
	subject, done := c.subject(ctx, cmd, r, centre)
	defer done()
	err = r.run(ctx, subject, nil)
	if centre.Spare() {
		r.talk("The control centre keeps more than one connection. Next: --lines 2, or as many as it keeps, tests what it does with\nthem (A23).")
	}
	return err
}
