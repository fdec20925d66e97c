package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"stellwerk/ads"
	"stellwerk/ads/ams"
	adscommand "stellwerk/ads/command"
	"stellwerk/internal/config"
)

// adsState is the command ads state.
type adsState struct {
	adsFlags
	arm    bool
	system bool
}

// stateOrders are what a PLC or the system can be told.
var stateOrders = []string{"run", "stop", "reset", "config"}

func newADSState() *cobra.Command {
	f := &adsState{}
	cmd := &cobra.Command{
		Use:   "state HOST [run|stop|reset|config]",
		Short: "Read the state of a PLC, or change it",
		Long: `State reads the state of the device at --port. With --arm it changes it:

  run     the PLC runs
  stop    the PLC stops; its outputs do what the project says
  reset   the PLC's variables get their initial values
  config  TwinCAT goes to config mode, and all PLCs stop

With --system the order goes to TwinCAT itself: run and reset restart it into run
mode, config is the same, and there is no stop.

` + adsHost,
		Example: "  stellwerk ads state 192.0.2.5\n  stellwerk ads state 192.0.2.5 run --arm\n  stellwerk ads state 192.0.2.5 run --system --arm",
		Args:    someArguments(1, 2, "HOST, and perhaps run, stop, reset or config"),
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) == 1 {
				return stateOrders, cobra.ShellCompDirectiveNoFileComp
			}
			return nil, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, args) },
	}
	f.register(cmd)
	flags := cmd.Flags()
	flags.BoolVar(&f.arm, "arm", false, "really change it")
	flags.BoolVar(&f.system, "system", false, "read or change the state of TwinCAT, not that of a PLC")
	return cmd
}

// statePrinted is what --json prints; docs/manual.md has it.
type statePrinted struct {
	Target      ams.Address `json:"target"`
	State       string      `json:"state"`
	ADSState    uint16      `json:"ads_state"`
	DeviceState uint16      `json:"device_state"`
	Before      string      `json:"before,omitempty"`
}

// order returns what the words ask for, nil where the state is only read.
func (f *adsState) order(args []string) (do func(*ads.Client, context.Context) error, what string, err error) {
	if len(args) < 2 {
		if f.arm {
			return nil, "", errors.New("--arm: there is nothing to change; name run, stop, reset or config")
		}
		return nil, "", nil
	}
	switch word := args[1]; {
	case word == "config":
		return (*ads.Client).ConfigureSystem, "have TwinCAT go to config mode: all PLCs stop", nil
	case f.system && (word == "run" || word == "reset"):
		return (*ads.Client).RestartSystem, "restart TwinCAT into run mode: all PLCs stop meanwhile", nil
	case f.system && word == "stop":
		return nil, "", errors.New("--system: TwinCAT knows run, reset and config; to stop a PLC leave --system out")
	case word == "run":
		return (*ads.Client).Run, "have the PLC run", nil
	case word == "stop":
		return (*ads.Client).Stop, "stop the PLC", nil
	case word == "reset":
		return (*ads.Client).Reset, "reset the PLC: its variables get their initial values", nil
	default:
		return nil, "", fmt.Errorf("%q is no order: it must be run, stop, reset or config%s", word, config.DidYouMean(word, stateOrders))
	}
}

func (f *adsState) run(cmd *cobra.Command, args []string) error {
	do, what, err := f.order(args)
	if err != nil {
		return usageError(cmd, err)
	}
	if f.system || len(args) == 2 && args[1] == "config" {
		if cmd.Flags().Changed("port") {
			return usageError(cmd, errors.New("--port: the system has its own, 10000"))
		}
		f.port = uint16(ams.PortSystemService)
	}
	s, err := f.open(cmd, args[0])
	if err != nil {
		return err
	}
	ctx := cmd.Context()
	state, err := s.client.ReadState(ctx)
	if err != nil {
		return errors.Join(s.failed(ctx, err), s.close())
	}
	printed := statePrinted{Target: s.client.Address()}
	if do != nil {
		s.waiting.clear()
		if err := armed(cmd, f.arm, fmt.Sprintf("%s; %s is in %s now", what, s.client.Address(), state.ADSState)); err != nil {
			return errors.Join(err, s.close())
		}
		printed.Before = state.ADSState.String()
		s.waiting.say("changing the state of " + s.host)
		if err := do(s.client, ctx); err != nil {
			return errors.Join(s.failed(ctx, err), s.close())
		}
		state = s.settled(ctx, state)
	}
	s.waiting.clear()
	printed.State, printed.ADSState, printed.DeviceState = state.ADSState.String(), uint16(state.ADSState), state.DeviceState
	out := cmd.OutOrStdout()
	switch {
	case f.json:
		err = newLineEncoder(out).Encode(printed)
	case printed.Before != "":
		_, err = fmt.Fprintf(out, "%s: %s, before %s\n", printed.Target, stateWords(state), printed.Before)
	default:
		_, err = fmt.Fprintf(out, "%s: %s\n", printed.Target, stateWords(state))
	}
	return errors.Join(withStatus(statusNo, err), s.close())
}

// settled reads the state after a change: that the device, or TwinCAT as it
// restarts, is away for a moment is no error.
func (s *adsSession) settled(ctx context.Context, before adscommand.State) adscommand.State {
	state := before
	for range 10 {
		now, err := s.client.ReadState(ctx)
		if err == nil {
			state = now
			if now.ADSState != before.ADSState {
				break
			}
		}
		select {
		case <-ctx.Done():
			return state
		case <-time.After(50 * time.Millisecond):
		}
	}
	return state
}

// stateWords shows a state and what it means.
func stateWords(state adscommand.State) string {
	text := fmt.Sprintf("%s, device state %d", state.ADSState, state.DeviceState)
	if meaning := state.ADSState.Text().EN; meaning != "" && meaning != state.ADSState.String() {
		text += " (" + meaning + ")"
	}
	return text
}
