package main

import (
	"errors"
	"fmt"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"stellwerk/internal/analyzer"
	"stellwerk/internal/analyzer/filter"
)

// analyzeFlags are the flags of analyze as they were given.
type analyzeFlags struct {
	output, lang, filter, write, zone string
	decodeAs, private                 []string
	params, timing                    map[string]string
	explain                           int64
	check                             bool
}

func newAnalyze() *cobra.Command {
	var f analyzeFlags
	cmd := &cobra.Command{
		Use:   "analyze FILE...",
		Short: "Read captures and say what is in them",
		Long: `Analyze reads captures (pcap and pcapng, also compressed with gzip; - is standard
input) and prints what is in them: as text every packet with its layers and
telegrams down to the bit, as JSON one line a telegram (docs/json.md), or a
summary of stations, commands and findings.

Connections of IEC 60870-5-104 are recognised by port 2404 and by their first
telegrams, those of ADS by port 48898 and by their first frame, its datagrams by
port 48899, and WebSocket by the request that asks for it, on any port. The exit status is 1 when a file is damaged, or with --check when something is wrong,
and 2 when a file cannot be read at all.

A filter is an expression (github.com/expr-lang/expr) over these names:
` + filter.Help(),
		Example: `  stellwerk analyze substation.pcapng
  stellwerk analyze -o summary *.pcap
  stellwerk analyze -o json --filter 'cause == "spont" and ioa in 4000..4099' substation.pcap
  stellwerk analyze --explain 12 substation.pcap
  stellwerk analyze --check -w trouble.pcapng substation.pcap
  tcpdump -i eth0 -U -w - tcp port 2404 | stellwerk analyze -`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError(cmd, errors.New("analyze needs at least one capture file, or - for standard input"))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			report, err := f.report(cmd.OutOrStdout())
			if err != nil {
				return usageError(cmd, err)
			}
			return analyze(cmd, args, report, f.write)
		},
	}
	flags := cmd.Flags()
	flags.StringVarP(&f.output, "output", "o", "text", "form of the output: text, json or summary")
	flags.StringVar(&f.lang, "lang", "en", "language of texts: en or de")
	flags.StringVar(&f.filter, "filter", "", "print only what the expression holds for")
	flags.Int64Var(&f.explain, "explain", 0, "print the packet of this number alone, with every field on a line")
	flags.BoolVar(&f.check, "check", false, "print findings and malformed telegrams alone; the exit status is 1 when one is more than a note")
	flags.StringVarP(&f.write, "write", "w", "", "write the packets of which something is printed to this pcapng file")
	flags.StringArrayVar(&f.decodeAs, "decode-as", nil, "protocol of a port, as in tcp:2405=iec104 or udp:50000=ads; may be repeated")
	flags.StringArrayVar(&f.private, "private", nil, "layout of a private type, as in 150=M_ME_NC_1 or 150=M_ME_NC_1+cp56; may be repeated")
	flags.StringToStringVar(&f.params, "params", nil, "octets of the fields of ASDUs (cause=2,common=2,object=3)")
	flags.StringToStringVar(&f.timing, "timing", nil, "what connections are judged by (k=12,w=8,t1=15s,t2=10s,t3=20s)")
	flags.StringVar(&f.zone, "zone", "", "time zone of the stations, such as Europe/Berlin: times get their offset from UTC")
	return cmd
}

// analyze runs the analysis and makes the exit status of what came out.
func analyze(cmd *cobra.Command, files []string, report analyzer.Report, write string) error {
	// A reader that has gone is an error of writing, told like any other.
	signal.Ignore(syscall.SIGPIPE)
	var out *evidence
	if write != "" {
		var err error
		if out, err = newEvidence(write, files); err != nil {
			return withStatus(statusUsage, err)
		}
		report.Packets = out.packet
	}
	talk := cmd.ErrOrStderr()
	progress := newProgressLine(talk, report.Format, cmd.OutOrStdout())
	report.Progress = progress.show
	say := func(err error) {
		progress.clear()
		fmt.Fprintln(talk, "stellwerk:", err)
	}
	report.Problem = say
	result, err := analyzer.Run(cmd.Context(), files, interruptible(cmd.Context(), cmd.InOrStdin()), cmd.OutOrStdout(), report)
	progress.clear()
	if out != nil {
		err = errors.Join(err, out.close())
	}
	if result.Forgotten > 0 {
		say(fmt.Errorf("%d packet(s) are missing in %s: that something is printed of them showed too late", result.Forgotten, write))
	}
	switch {
	case errors.Is(err, syscall.EPIPE):
		return withStatus(statusNo, errors.New("nobody reads the results any more: the rest was not analysed"))
	case err != nil:
		return withStatus(statusNo, err)
	case result.Unreadable > 0:
		return &statusError{status: statusUsage}
	case result.Damaged > 0 || report.Check && result.Wrong > 0:
		return found()
	}
	return nil
}
