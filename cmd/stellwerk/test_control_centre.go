package main

import (
	"time"

	"github.com/spf13/cobra"

	"stellwerk/iec104"
	"stellwerk/internal/conformance"
)

func newTestControlCentre() *cobra.Command {
	f := testFlags{role: iec104.Controlling}
	var listen string
	cmd := &cobra.Command{
		Use:   "control-centre",
		Short: "Hold a control centre (controlling station) to the standard",
		Long: `Test control-centre is a station that a control centre connects to, and holds that
to the standard, connection by connection. Set the control centre to connect to
the address of --listen, and to connect again whenever a connection ends: each
case begins with a new one, and many end it on purpose.

The flags --k, --w and --t0 to --t3 say what the control centre is set to: the
cases hold it to that. With the timers of the standard the whole takes minutes.`,
		Example: `  stellwerk test control-centre --listen 0.0.0.0:2404
  stellwerk test control-centre --case A* --t1 3s --t2 1s --t3 2s --junit result.xml
  stellwerk test control-centre --list`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.list {
				return f.show(cmd)
			}
			return testControlCentre(cmd, &f, listen)
		},
	}
	cmd.Flags().StringVar(&listen, "listen", "", "address to wait on (default 127.0.0.1:2404, with TLS 127.0.0.1:19998)")
	f.register(cmd, 2*time.Minute, "how long the control centre is waited for, whenever it is to connect")
	return cmd
}

func testControlCentre(cmd *cobra.Command, f *testFlags, listen string) error {
	ctx := cmd.Context()
	warnings, err := f.check()
	if err != nil {
		return usageError(cmd, err)
	}
	listener, err := f.tls.listen(ctx, cmd, listen)
	if err != nil {
		return err
	}
	r, err := newTestRun(cmd, f, listener.Addr().String())
	if err != nil {
		_ = listener.Close() // nobody has called yet
		return err
	}
	defer r.waiting.stop()
	for _, warning := range warnings {
		r.talk("Note: %s", warning)
	}
	centre := &conformance.Centre{Link: f.link, Patience: f.patience}
	centre.Listen(listener)
	defer func() { _ = centre.Close() }() // nothing is left to be told
	r.talk("Waiting on %s. Let the control centre connect now, start data transfer, and connect again whenever a connection\nends. Ctrl-C ends with the report so far.", listener.Addr())
	r.announce(centre)
	return r.run(ctx, centre, nil)
}
