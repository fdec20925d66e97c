package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"stellwerk/iec104/asdu"
)

func newRead() *cobra.Command {
	var f stationFlags
	cmd := &cobra.Command{
		Use:   "read HOST ADDRESS",
		Short: "Ask a station for one object",
		Long: `Read asks a station for one object (C_RD_NA_1) and prints it. With --json the answer
is a line as "analyze -o json" prints it (docs/json.md). The exit status is 1 where
the station does not know the object.`,
		Example: `  stellwerk iec104 read 192.0.2.10 4001
  stellwerk iec104 read 192.0.2.10 4001 --common-address 7 --json`,
		Args: hostArguments("HOST", "ADDRESS"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.check(cmd); err != nil {
				return usageError(cmd, err)
			}
			station, err := f.station(false)
			if err != nil {
				return usageError(cmd, err)
			}
			address, err := f.objectAddress(args[1])
			if err != nil {
				return usageError(cmd, err)
			}
			return read(cmd, &f, args[0], station, address)
		},
	}
	f.register(cmd, "1", "station that the object belongs to")
	return cmd
}

func read(cmd *cobra.Command, f *stationFlags, host string, station asdu.CommonAddress, address asdu.ObjectAddress) error {
	got := f.newAnswers(cmd, func(a asdu.ASDU) bool { return a.Cause == asdu.Request && a.CommonAddress == station })
	s, err := f.open(cmd, host, got.take, func(t *tape) { t.line = got.line })
	if err != nil {
		return err
	}
	s.waiting.say("reading from " + s.address)
	begin := time.Now()
	_, err = s.client.Read(cmd.Context(), station, address)
	took := time.Since(begin)
	if err != nil {
		err = s.failed(cmd.Context(), err)
	}
	s.waiting.clear()
	return errors.Join(got.print(cmd, took, err != nil), err, s.close())
}

// freezes are the words of counters --freeze.
var freezes = map[string]asdu.Freeze{
	"freeze": asdu.FreezeOnly, "freeze-reset": asdu.FreezeWithReset, "reset": asdu.FreezeReset,
}

func newCounters() *cobra.Command {
	var f stationFlags
	var group int
	var freeze string
	var arm bool
	cmd := &cobra.Command{
		Use:   "counters HOST",
		Short: "Ask a station for its integrated totals",
		Long: `Counters asks a station for its integrated totals (C_CI_NA_1), or for those of a
counter group, and prints them. With --freeze the counters are frozen, reset, or
both instead; that changes what the station counts, and needs --arm.`,
		Example: `  stellwerk iec104 counters 192.0.2.10
  stellwerk iec104 counters 192.0.2.10 --group 2 --json
  stellwerk iec104 counters 192.0.2.10 --freeze freeze --arm`,
		Args: hostArguments("HOST"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.check(cmd); err != nil {
				return usageError(cmd, err)
			}
			station, err := f.station(true)
			if err != nil {
				return usageError(cmd, err)
			}
			if group < 0 || group > 4 {
				return usageError(cmd, fmt.Errorf("--group %d: there are the counter groups 1 to 4", group))
			}
			object := asdu.CounterInterrogation{Request: asdu.RequestAllCounters}
			if group > 0 {
				object.Request = asdu.RequestCounterGroup(group)
			}
			if freeze != "" {
				var known bool
				if object.Freeze, known = freezes[freeze]; !known {
					return usageError(cmd, fmt.Errorf("--freeze %q: there is freeze, freeze-reset and reset", freeze))
				}
				if !arm {
					return notArmed(cmd, fmt.Sprintf("C_CI_NA_1 %s, %s to station %d of %s", object.Request.Text().EN, object.Freeze.Text().EN, station, args[0]))
				}
			}
			return counters(cmd, &f, args[0], station, group, object)
		},
	}
	f.register(cmd, "1", "station that is asked, or all")
	flags := cmd.Flags()
	flags.IntVar(&group, "group", 0, "ask only for this counter group, 1 to 4")
	flags.StringVar(&freeze, "freeze", "", "freeze, freeze-reset or reset")
	flags.BoolVar(&arm, "arm", false, "really freeze or reset")
	return cmd
}

func counters(cmd *cobra.Command, f *stationFlags, host string, station asdu.CommonAddress, group int, object asdu.CounterInterrogation) error {
	got := f.newAnswers(cmd, func(a asdu.ASDU) bool { return a.Cause == asdu.RequestedByCounterGroup(group) })
	s, err := f.open(cmd, host, got.take, func(t *tape) { t.line = got.line })
	if err != nil {
		return err
	}
	s.waiting.say("reading the counters of " + s.address)
	begin := time.Now()
	err = s.client.ReadCounters(cmd.Context(), station, object.Request, object.Freeze)
	took := time.Since(begin)
	if err != nil {
		return errors.Join(s.failed(cmd.Context(), err), s.close())
	}
	s.waiting.clear()
	if object.Freeze != asdu.FreezeRead {
		fmt.Fprintf(cmd.ErrOrStderr(), "%s: done, %s\n", object.Freeze.Text().EN, milliseconds(took))
		return s.close()
	}
	return errors.Join(got.print(cmd, took, false), s.close())
}
