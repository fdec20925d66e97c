package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"stellwerk/iec104/asdu"
	"stellwerk/internal/conformance/probe"
)

func newClock() *cobra.Command {
	var f stationFlags
	var arm bool
	var listen time.Duration
	cmd := &cobra.Command{
		Use:   "clock HOST",
		Short: "Show how far a station's clock is off, or set it",
		Long: `Clock shows how far the clock of a station is from that of this machine. The
standard has no way to ask for the time: what a station stamps its telegrams with
is compared with when they arrive, for as long as --listen says. Where nothing
with a date arrives, the error stays unknown.

With --arm the clock is set to that of this machine (C_CS_NA_1), in the time zone
of --zone. The confirmation tells what the clock showed before, where the station
keeps to the standard.

The exit status is 1 where the error stays unknown.`,
		Example: `  stellwerk iec104 clock 192.0.2.10 --zone Europe/Berlin
  stellwerk iec104 clock 192.0.2.10 --zone Europe/Berlin --arm`,
		Args: hostArguments("HOST"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.check(cmd); err != nil {
				return usageError(cmd, err)
			}
			station, err := f.station(true)
			if err != nil {
				return usageError(cmd, err)
			}
			if listen < 0 {
				return usageError(cmd, fmt.Errorf("--listen %s: must not be negative", listen))
			}
			if arm {
				return setClock(cmd, &f, args[0], station)
			}
			return showClock(cmd, &f, args[0], station, listen)
		},
	}
	f.register(cmd, "1", "station whose clock is meant, or all")
	cmd.Flags().BoolVar(&arm, "arm", false, "set the clock")
	cmd.Flags().DurationVar(&listen, "listen", 10*time.Second, "how long to wait for telegrams with a date")
	return cmd
}

// clockResult is what --json prints.
type clockResult struct {
	Station       string             `json:"station"`
	CommonAddress asdu.CommonAddress `json:"common_address,omitempty"`
	Set           bool               `json:"set"`
	Known         bool               `json:"known"`
	// Error is by how much the clock is ahead.
	Error  *float64 `json:"error_ms,omitempty"`
	Shown  string   `json:"shown,omitempty"`
	Source string   `json:"source,omitempty"`
}

func (r *clockResult) print(cmd *cobra.Command, f *stationFlags) error {
	out := cmd.OutOrStdout()
	if f.json {
		return withStatus(statusNo, json.NewEncoder(out).Encode(r))
	}
	switch {
	case r.Set && r.Known:
		fmt.Fprintf(out, "The clock of %s is set; it showed %s, %s\n", r.Station, r.Shown, r.words())
	case r.Set:
		fmt.Fprintf(out, "The clock of %s is set; what it showed before is not known: %s\n", r.Station, r.Source)
	case r.Known:
		fmt.Fprintf(out, "The clock of %s is %s, by %s\n", r.Station, r.words(), r.Source)
	default:
		fmt.Fprintf(out, "The clock of %s is not known: nothing with a valid date has come\n", r.Station)
	}
	return nil
}

func (r *clockResult) words() string {
	return probe.ClockWords(time.Duration(*r.Error * float64(time.Millisecond)))
}

// setClock sets the clock.
func setClock(cmd *cobra.Command, f *stationFlags, host string, station asdu.CommonAddress) error {
	s, err := f.open(cmd, host, nil, nil)
	if err != nil {
		return err
	}
	s.waiting.say("setting the clock of " + s.address)
	begin := time.Now()
	before, err := s.client.SynchroniseClock(cmd.Context(), station)
	answered := time.Now()
	s.waiting.clear()
	if err != nil {
		return errors.Join(s.failed(cmd.Context(), err), s.close())
	}
	result := clockResult{Station: s.address, CommonAddress: station, Set: true}
	// Half the way there and back: nobody knows when the station read its clock.
	middle := begin.Add(answered.Sub(begin) / 2)
	switch shown, err := before.Instant(f.location()); {
	case err != nil:
		result.Source = "the confirmation has no valid time"
	case before.Invalid():
		result.Source = "the station says that its time was invalid"
	case before == asdu.CP56(begin.In(f.location())) || shown.Sub(begin).Abs() <= time.Millisecond:
		result.Source = "the confirmation has the time that we sent: the clock was right, or the station only repeats it"
	default:
		result.Known, result.Shown = true, before.String()
		result.Error, result.Source = ms(shown.Sub(middle)), "the confirmation"
	}
	return errors.Join(result.print(cmd, f), s.close())
}

// showClock estimates the error of the clock.
func showClock(cmd *cobra.Command, f *stationFlags, host string, station asdu.CommonAddress, listen time.Duration) error {
	clock := probe.NewClock(f.location())
	var mu sync.Mutex
	s, err := f.open(cmd, host, func(a asdu.ASDU) {
		mu.Lock()
		defer mu.Unlock()
		if station == a.Params().Broadcast() || a.CommonAddress == station {
			clock.Take(a, time.Now())
		}
	}, nil)
	if err != nil {
		return err
	}
	s.waiting.say("listening for telegrams with a date")
	select {
	case <-time.After(listen):
	case <-cmd.Context().Done():
	case <-s.client.Done():
		return errors.Join(s.failed(cmd.Context(), s.client.Err()), s.close())
	}
	s.waiting.clear()
	mu.Lock()
	ahead, source, known := clock.Error()
	mu.Unlock()
	result := clockResult{Station: s.address, Known: known, Source: source}
	if station != f.options.Params().Broadcast() {
		result.CommonAddress = station
	}
	if known {
		result.Error = ms(ahead)
	}
	err = result.print(cmd, f)
	if !known {
		err = errors.Join(err, advise(statusNo, errors.New("the error of the clock stays unknown"),
			"listen longer with --listen 5m, let something change in the station, or set the clock with --arm"))
	}
	return errors.Join(err, s.close())
}
