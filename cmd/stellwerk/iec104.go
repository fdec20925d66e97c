package main

import (
	"github.com/spf13/cobra"
)

func newIEC104() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "iec104",
		Short: "Speak to a station of IEC 60870-5-104, as a control centre for one request",
		Long: `Iec104 is a control centre for one request: it connects to a controlled station,
starts data transfer, asks, prints the answer, and leaves. Port 2404 is taken
where none is named, 19998 with --tls.

A station that serves one control centre at a time may send the other one away
when a second connection is started.

Nothing is written to the process without --arm. The exit status is 0 when all
is done, 1 when the station says no or something was found, 2 for wrong usage,
and 3 when the station cannot be reached, does not answer, or breaks off.`,
		Example: `  stellwerk iec104 probe 192.0.2.10
  stellwerk iec104 interrogate 192.0.2.10 --common-address 7
  stellwerk iec104 watch 192.0.2.10:2405 --trace`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.SuggestionsMinimumDistance = 2
	cmd.AddCommand(newProbe(), newInterrogate(), newRead(), newCommand(), newClock(), newCounters(), newParameter(), newFiles(), newWatch())
	return cmd
}
