package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"stellwerk/iec104"
	"stellwerk/iec104/iec104test"
	"stellwerk/internal/conformance"
)

func newTest() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "test",
		Short: "Hold a device to IEC 60870-5-104, case by case",
		Long: `Test holds a device to IEC 60870-5-104: link procedure, ASDUs, application
functions. A station is called (test station), a control centre is waited for
(test control-centre). Each case passes, fails or is skipped with its reason; for
each failed one the report says what was expected, what came, and shows the
conversation.

The cases provoke a device with what a correct one never sends. Do not run them on
a link that is in service. Nothing that changes anything in a device is run
without --arm.

The exit status is 0 when no case failed, 1 when one did, 2 for wrong usage, and 3
when the other side cannot be reached or does not come back.`,
		Example: `  stellwerk test station 192.0.2.10
  stellwerk test station 192.0.2.10 --case A9,C* --html report.html --pcap evidence.pcapng
  stellwerk test control-centre --listen 0.0.0.0:2404`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newTestStation(), newTestControlCentre())
	return cmd
}

// testFlags are the flags that tests of both roles have.
type testFlags struct {
	role      iec104.Role
	cases     []string
	list      bool
	arm       bool
	link      iec104.Parameters
	prompt    time.Duration
	tolerance time.Duration
	patience  time.Duration
	json      bool
	html      string
	junit     string
	pcap      string
	tls       tlsFlags
}

func (f *testFlags) register(cmd *cobra.Command, patience time.Duration, patienceHelp string) {
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringSliceVar(&f.cases, "case", nil, "run these cases alone: IDs or patterns, such as A9,C*")
	flags.BoolVar(&f.list, "list", false, "print the table of cases and do nothing else")
	flags.BoolVar(&f.arm, "arm", false, "run also cases that change something in the device: commands, clock, counters, parameters, reset")
	flags.IntVar(&f.link.K, "k", 0, "k that the device is set to (default 12)")
	flags.IntVar(&f.link.W, "w", 0, "w that the device is set to (default 8, or two thirds of k)")
	flags.DurationVar(&f.link.T0, "t0", 0, "t0 that the device is set to (default 30s)")
	flags.DurationVar(&f.link.T1, "t1", 0, "t1 that the device is set to (default 15s)")
	flags.DurationVar(&f.link.T2, "t2", 0, "t2 that the device is set to (default 10s, or two thirds of t1)")
	flags.DurationVar(&f.link.T3, "t3", 0, "t3 that the device is set to (default 20s)")
	flags.DurationVar(&f.prompt, "timeout", 500*time.Millisecond, "how long the device may take for what it is to do at once")
	flags.DurationVar(&f.tolerance, "tolerance", 500*time.Millisecond, "by how much a timer of the device may be off")
	flags.DurationVar(&f.patience, "patience", patience, patienceHelp)
	flags.BoolVar(&f.json, "json", false, "print a line of JSON for each case instead of text")
	flags.StringVar(&f.html, "html", "", "write the report to this file as a page")
	flags.StringVar(&f.junit, "junit", "", "write the report to this file as JUnit XML")
	flags.StringVar(&f.pcap, "pcap", "", "write the conversations to this pcapng file, with the case of each packet")
	f.tls.register(flags)
}

// check says what is wrong with the flags, and returns warnings about parameters
// that are not wise.
func (f *testFlags) check() ([]string, error) {
	warnings, err := f.link.WithDefaults().Check()
	switch {
	case err != nil:
		return nil, err
	case f.prompt <= 0:
		return nil, fmt.Errorf("--timeout %v: must be above 0", f.prompt)
	case f.tolerance <= 0:
		return nil, fmt.Errorf("--tolerance %v: must be above 0", f.tolerance)
	case f.patience <= 0:
		return nil, fmt.Errorf("--patience %v: must be above 0", f.patience)
	}
	if _, err := conformance.Select(f.role, f.cases); err != nil {
		return nil, err
	}
	names := map[string]string{}
	for _, file := range []struct{ flag, name string }{{"--html", f.html}, {"--junit", f.junit}, {"--pcap", f.pcap}} {
		if file.name == "" {
			continue
		}
		if other, twice := names[filepath.Clean(file.name)]; twice {
			return nil, fmt.Errorf("%s and %s both name %s: write them to two files", other, file.flag, file.name)
		}
		names[filepath.Clean(file.name)] = file.flag
	}
	return warnings, f.tls.check()
}

// show prints the table of the cases that were chosen.
func (f *testFlags) show(cmd *cobra.Command) error {
	cases, err := conformance.Select(f.role, f.cases)
	if err != nil {
		return usageError(cmd, err)
	}
	return conformance.List(cmd.OutOrStdout(), cases)
}

// commandLine returns how the program was called, for the report.
func commandLine() string {
	words := []string{"stellwerk"}
	for _, word := range os.Args[1:] {
		if strings.ContainsAny(word, " '\"$*?&;|<>()") {
			word = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}

// verdictStatus makes the exit status of a report.
func verdictStatus(r *conformance.Report) error {
	switch {
	case r.Vanished != nil:
		return withStatus(statusUnreachable, fmt.Errorf("the other side cannot be connected with any more: %w", r.Vanished))
	case r.Count(iec104test.Failed) > 0:
		return found()
	case r.Interrupted:
		return interrupted()
	case r.Count(iec104test.Passed) == 0:
		return withStatus(statusNo, errors.New("no case was run to its end: the reasons stand in the report"))
	default:
		return nil
	}
}
