package main

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"stellwerk/ads/ams"
	"stellwerk/ads/router"
)

// adsDiagnose is the command ads route diagnose.
type adsDiagnose struct {
	netID, source, lang string
	port                uint16
	udp                 int
	wait                time.Duration
	json                bool
}

func newADSRouteDiagnose() *cobra.Command {
	f := &adsDiagnose{}
	cmd := &cobra.Command{
		Use:   "diagnose HOST",
		Short: "Say why a machine does not answer",
		Long: `Diagnose takes the steps to a machine one by one, and says at which one they end, and
what to do: name, discovery by UDP, NetId, TCP, the route back, the port that is
named with --port, and the clock. It reads, and changes nothing.

The exit status is 1 when a step fails.`,
		Example: "  stellwerk ads route diagnose 192.0.2.5\n  stellwerk ads route diagnose 192.0.2.5 --net-id 5.23.145.10.1.1 --port 851 --lang de",
		Args:    hostArguments("HOST"),
		RunE:    func(cmd *cobra.Command, args []string) error { return f.run(cmd, args[0]) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.netID, "net-id", "", "AMS NetId that the machine is to have (default what it says)")
	flags.Uint16Var(&f.port, "port", 0, "AMS port to ask too, such as 851")
	flags.StringVar(&f.source, "source", "", "AMS NetId of this machine (default its IP address with .1.1)")
	registerDiscoveryPort(flags, &f.udp)
	flags.DurationVar(&f.wait, "timeout", 3*time.Second, "how long each step may take")
	flags.BoolVar(&f.json, "json", false, "print an object for each step, a line each")
	flags.StringVar(&f.lang, "lang", "en", "language, en or de")
	return cmd
}

// diagnosed is a step as --json prints it; docs/manual.md has it.
type diagnosed struct {
	Step   router.StepName   `json:"step"`
	Result router.StepResult `json:"result"`
	Text   string            `json:"text"`
	Remedy string            `json:"remedy,omitempty"`
	Took   float64           `json:"ms,omitempty"`
}

func (f *adsDiagnose) run(cmd *cobra.Command, host string) error {
	target, err := netIDFlag("--net-id", f.netID)
	var source ams.NetID
	if err == nil {
		source, err = netIDFlag("--source", f.source)
	}
	if err == nil && f.lang != "en" && f.lang != "de" {
		err = fmt.Errorf("--lang %q: there is en and de", f.lang)
	}
	if err == nil {
		_, _, err = hostPorts(host)
	}
	if err != nil {
		return usageError(cmd, err)
	}
	waiting := newWaitLine(cmd.ErrOrStderr(), false)
	defer waiting.stop()
	waiting.say("asking " + host)
	steps := router.Diagnose(cmd.Context(), router.Target{Host: host, NetID: target, Port: ams.Port(f.port)}, &router.DiagnoseOptions{
		Source: ams.Address{NetID: source}, Wait: f.wait, DiscoveryPort: f.udp,
	})
	waiting.clear()
	out, failed := cmd.OutOrStdout(), false
	encoder := json.NewEncoder(out)
	for _, s := range steps {
		failed = failed || s.Result == router.StepFailed
		d := diagnosed{Step: s.Name, Result: s.Result, Text: printable(s.Text.In(f.lang)), Remedy: s.Remedy.In(f.lang), Took: float64(s.Took.Microseconds()) / 1000}
		if f.json {
			if err := encoder.Encode(d); err != nil {
				return withStatus(statusNo, err)
			}
			continue
		}
		line := fmt.Sprintf("%-10s %-7s %s", d.Step, d.Result, d.Text)
		if s.Took > 0 {
			line += " (" + milliseconds(s.Took) + ")"
		}
		fmt.Fprintln(out, line)
		if d.Remedy != "" {
			fmt.Fprintf(out, "%-18s > %s\n", "", d.Remedy)
		}
	}
	if failed {
		return found()
	}
	return nil
}
