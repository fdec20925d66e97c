package main

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"stellwerk/iec104/asdu"
	"stellwerk/internal/analyzer/dissect"
	"stellwerk/internal/capture/stream"
	"stellwerk/internal/conformance/probe"
	"stellwerk/internal/finding"
)

func newProbe() *cobra.Command {
	var f stationFlags
	var list string
	var quick bool
	cmd := &cobra.Command{
		Use:   "probe HOST",
		Short: "Say what a station does, and what is wrong with it",
		Long: `Probe connects to a station of which nothing is known, and says what a newcomer
to the link needs: how long connecting and test frames take, which common addresses
there are and what they have, how far the clock is off, at which k, w and t2 the
station works, and what is wrong, judged as "stellwerk analyze" judges captures.

It writes nothing to the process: it interrogates, reads counters without freezing
them, sends test commands, and withholds acknowledgements for up to 13.5 s to see
where the station's window ends. --quick leaves groups, clock events and window out.

The exit status is 1 when there is a finding above a note.`,
		Example: `  stellwerk iec104 probe 192.0.2.10
  stellwerk iec104 probe 192.0.2.10:2405 --points points.csv -w probe.pcapng
  stellwerk iec104 probe 192.0.2.10 --quick --json | jq .findings`,
		Args: hostArguments("HOST"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.check(cmd); err != nil {
				return usageError(cmd, err)
			}
			var station asdu.CommonAddress
			if f.common != "" {
				var err error
				if station, err = f.station(false); err != nil {
					return usageError(cmd, err)
				}
			}
			return runProbe(cmd, &f, args[0], station, list, quick)
		},
	}
	f.register(cmd, "", "look at this station only; without it they are found")
	flags := cmd.Flags()
	flags.StringVar(&list, "points", "", "write the points to this CSV file, a signal list for \"stellwerk run\"")
	flags.BoolVar(&quick, "quick", false, "leave out what takes long: groups, waiting for events, and the window")
	return cmd
}

func runProbe(cmd *cobra.Command, f *stationFlags, host string, station asdu.CommonAddress, list string, quick bool) error {
	d, err := f.dialer(host)
	if err != nil {
		return usageError(cmd, err)
	}
	var points *os.File
	if list != "" {
		if points, err = os.Create(list); err != nil { //nolint:gosec // the user names the file
			return withStatus(statusUsage, unwritable(list, err))
		}
		defer points.Close() //nolint:errcheck // closed below, where that went well
	}
	t, err := f.newTapeFor(cmd)
	if err != nil {
		return err
	}
	report := &probe.Report{Address: d.address, Stations: []*probe.Station{}, Findings: []probe.Finding{}}
	judged := &judgement{}
	t.line = judged.line
	waiting := newWaitLine(cmd.ErrOrStderr(), f.trace)
	defer waiting.stop()
	seen, err := probeStation(cmd, f, d, t, waiting, station, quick, report)
	waiting.clear()
	if report.TCP == nil {
		return errors.Join(err, t.close()) // there was no connection to speak of
	}
	err = errors.Join(err, withStatus(statusNo, t.close()))
	judged.into(report)
	if f.json {
		err = errors.Join(err, withStatus(statusNo, json.NewEncoder(cmd.OutOrStdout()).Encode(report)))
	} else {
		err = errors.Join(err, withStatus(statusNo, printProbe(cmd.OutOrStdout(), report, quick)))
	}
	if points != nil && seen != nil {
		if e := errors.Join(seen.WriteCSV(points, d.address), points.Close()); e != nil {
			return withStatus(statusNo, errors.Join(err, unwritable(list, e)))
		}
		fmt.Fprintf(cmd.ErrOrStderr(), "%s in %s\n", number(seen.Len(), "point"), list)
	}
	if err == nil && report.Wrong() {
		return found()
	}
	return err
}

// probeStation connects and probes.
func probeStation(cmd *cobra.Command, f *stationFlags, d *dialer, t *tape, waiting *waitLine, station asdu.CommonAddress, quick bool, report *probe.Report) (*probe.List, error) {
	ctx := cmd.Context()
	waiting.say("connecting to " + d.address)
	conn, err := d.plain(ctx)
	if err != nil {
		return nil, err
	}
	begin := time.Now()
	secured, err := d.secured(ctx, conn)
	if err != nil {
		return nil, err
	}
	report.TCP = ms(d.took)
	if c, ok := secured.(securedConn); ok {
		report.TLS, report.TLSVersion = ms(time.Since(begin)), tls.VersionName(c.ConnectionState().Version)
	}
	t.connected(secured, false, f.dissection(), f.judged(cmd))
	found, err := probe.Run(ctx, secured, probe.Options{
		Parameters: f.parameters(), ASDU: f.options.Params(), Originator: f.options.Originator,
		CommonAddress: station, Answer: f.options.Answer, Zone: f.location(), Quick: quick,
		Trace: t.frame, Doing: waiting.say,
	}, report)
	return found, probeError(ctx, d, f, report, err)
}

// judgement collects what the analyzer's judge says about the station.
type judgement struct {
	list []judged
}

type judged struct {
	finding finding.Finding
	frame   int64
}

// maxJudged bounds what is kept.
const maxJudged = 10000

// line is told of every line about the connection, one after the other.
func (j *judgement) line(line *dissect.Line) {
	if line.Direction != stream.Backward || len(j.list) == maxJudged {
		return // what we do ourselves is no news
	}
	switch {
	case line.Finding != nil:
		j.list = append(j.list, judged{*line.Finding, line.Frame})
	case !line.Malformed.IsZero():
		j.list = append(j.list, judged{finding.New(finding.Malformed, line.Malformed), line.Frame})
	}
}

// into puts all of it into the report. The tape is closed.
func (j *judgement) into(report *probe.Report) {
	for _, f := range j.list {
		report.Found(f.finding, f.frame)
	}
}
