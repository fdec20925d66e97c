package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"stellwerk/internal/analyzer"
)

func newAnalyze() *cobra.Command {
	var (
		output, lang string
		decodeAs     []string
		explain      int64
		check        bool
	)
	cmd := &cobra.Command{
		Use:   "analyze FILE...",
		Short: "Read captures and say what is in them",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError(cmd, errors.New("analyze needs at least one capture file, or - for standard input"))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			report := analyzer.Report{Format: analyzer.Format(output), Lang: lang, Explain: explain, Check: check}
			var err error
			if report.Ports, err = parsePorts(decodeAs); err != nil {
				return usageError(cmd, err)
			}
			result, err := analyzer.Run(cmd.Context(), args, cmd.InOrStdin(), cmd.OutOrStdout(), report)
			switch {
			case errors.Is(err, analyzer.ErrUnreadable):
				return withStatus(statusUsage, err)
			case err != nil:
				return withStatus(statusNo, err)
			case check && result.Wrong > 0:
				return found()
			}
			return nil
		},
	}
	flags := cmd.Flags()
	flags.StringVarP(&output, "output", "o", "text", "form of the output: text, json or summary")
	flags.StringVar(&lang, "lang", "en", "language of texts: en or de")
	flags.StringArrayVar(&decodeAs, "decode-as", nil, "protocol of a TCP port, as in tcp:2405=iec104; may be repeated")
	flags.Int64Var(&explain, "explain", 0, "print the packet of this number alone, with every field on a line")
	flags.BoolVar(&check, "check", false, "print findings and malformed telegrams alone; the exit status is 1 when there are any")
	return cmd
}

// parsePorts reads assignments such as "tcp:2405=iec104".
func parsePorts(assignments []string) (map[uint16]string, error) {
	ports := map[uint16]string{}
	for _, assignment := range assignments {
		place, protocol, ok := strings.Cut(assignment, "=")
		number, isTCP := strings.CutPrefix(place, "tcp:")
		if !ok || !isTCP {
			return nil, fmt.Errorf("--decode-as %q: must be like tcp:2405=iec104", assignment)
		}
		port, err := strconv.ParseUint(number, 10, 16)
		if err != nil || port == 0 {
			return nil, fmt.Errorf("--decode-as %q: %q is no port from 1 to 65535", assignment, number)
		}
		if protocol != "iec104" {
			return nil, fmt.Errorf("--decode-as %q: no protocol %q; there is %s", assignment, protocol, strings.Join(analyzer.Protocols(), ", "))
		}
		ports[uint16(port)] = protocol
	}
	return ports, nil
}
