package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"stellwerk/iec104/apci"
	"stellwerk/iec104/asdu"
	"stellwerk/internal/analyzer"
	"stellwerk/internal/analyzer/dissect/iec104"
	"stellwerk/internal/simulator/station"
)

func newReplay() *cobra.Command {
	var (
		as, listen string
		speed      float64
		decodeAs   []string
		once       bool
	)
	cmd := &cobra.Command{
		Use:   "replay FILE --as station",
		Short: "Make a live peer of a capture",
		Long: `Replay makes a live peer of a capture: a controlled station of IEC 60870-5-104
that sends what the stations in the capture sent, in their order and at their
pace, as soon as a control centre has connected and started data transfer. The
frames are numbered anew. Interrogations are answered with the state that the
capture has reached; commands are refused.`,
		Example: `  stellwerk replay substation.pcap --as station
  stellwerk replay substation.pcapng --as station --listen 127.0.0.1:2405 --speed 10`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError(cmd, fmt.Errorf("replay needs one capture file, but was given %d", len(args)))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case as != "station":
				return usageError(cmd, fmt.Errorf("--as %q: a capture can be replayed as station", as))
			case speed < 0:
				return usageError(cmd, fmt.Errorf("--speed %g: must be above 0, or 0 for no pauses at all", speed))
			}
			ports, _, err := parsePorts(decodeAs)
			if err != nil {
				return usageError(cmd, err)
			}
			if speed == 0 {
				speed = -1
			}
			return replayStation(cmd.Context(), cmd.ErrOrStderr(), args[0], analyzer.Options{Ports: ports}, listen, speed, once)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&as, "as", "station", "what the capture becomes: station")
	flags.StringVar(&listen, "listen", "127.0.0.1:2404", "address to wait on")
	flags.Float64Var(&speed, "speed", 1, "how much faster than recorded; 0 sends without pauses")
	flags.BoolVar(&once, "once", false, "end when everything has been sent and acknowledged")
	flags.StringArrayVar(&decodeAs, "decode-as", nil, "protocol of a TCP port, as in tcp:2405=iec104; may be repeated")
	return cmd
}

// replayStation replays a capture until ctx ends.
func replayStation(ctx context.Context, talk io.Writer, file string, options analyzer.Options, address string, speed float64, once bool) error {
	var stations []asdu.CommonAddress
	telegrams := 0
	for recorded, err := range recording(file, options) {
		if err != nil {
			return withStatus(statusUsage, err)
		}
		telegrams++
		if !slices.Contains(stations, recorded.ASDU.CommonAddress) {
			stations = append(stations, recorded.ASDU.CommonAddress)
		}
	}
	if telegrams == 0 {
		return withStatus(statusUsage, fmt.Errorf("%s: no telegram of a controlled station in it; if its port is not 2404, name it: --decode-as tcp:PORT=iec104", file))
	}
	replay, err := station.NewReplay(station.ReplayOptions{Speed: speed, Stations: stations})
	if err != nil {
		return withStatus(statusUsage, err)
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return withStatus(statusUsage, fmt.Errorf("cannot listen on %s: %w", address, err))
	}
	fmt.Fprintf(talk, "Replaying %d telegrams as the station(s) %v on %s. Waiting for a control centre; Ctrl-C ends.\n", telegrams, stations, listener.Addr())
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	return replay.Run(ctx, listener, recording(file, options), func() {
		fmt.Fprintln(talk, "Everything has been sent and acknowledged.")
		if once {
			cancel()
		}
	})
}

// recording yields what the stations of a capture sent by themselves. Damage at
// the end of the file only ends it.
func recording(file string, options analyzer.Options) iter.Seq2[station.Recorded, error] {
	return func(yield func(station.Recorded, error) bool) {
		for line, err := range analyzer.Lines(file, options) {
			if err != nil {
				if !errors.Is(err, io.ErrUnexpectedEOF) {
					yield(station.Recorded{}, err)
				}
				return
			}
			t, ok := line.Telegram.(*iec104.Telegram)
			if !ok || t.APDU.Format != apci.FormatI || t.Err != nil || !station.Replayable(t.ASDU) {
				continue
			}
			if !yield(station.Recorded{Time: time.Unix(0, line.Time), ASDU: t.ASDU}, nil) {
				return
			}
		}
	}
}
