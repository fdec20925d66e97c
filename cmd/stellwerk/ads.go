package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"stellwerk/ads/ams"
)

func newADS() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "ads",
		Short: "Speak ADS to TwinCAT machines, and route it",
		Long: `Ads speaks to machines with TwinCAT, or with anything else that has ADS: it finds
them, changes their routes and says why one does not work, and is an AMS router for
programs of this machine.

A machine answers only those that it has a route to: "stellwerk ads route add"
enters one. Nothing is changed on another machine without --arm. The exit status is
1 when the machine says no or something is wrong, 2 for wrong usage, and 3 when it
cannot be reached or does not answer.`,
		Example: `  stellwerk ads scan
  stellwerk ads route add 192.0.2.5 --arm
  stellwerk ads read 192.0.2.5 MAIN.nCounter
  stellwerk ads route diagnose 192.0.2.5`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.SuggestionsMinimumDistance = 2
	cmd.AddCommand(newADSScan())
	cmd.AddCommand(newADSRoute())
	cmd.AddCommand(newADSRouter())
	cmd.AddCommand(newADSTF6770())
	cmd.AddCommand(newADSInfo(), newADSState(), newADSSymbols(), newADSRead(), newADSWrite(), newADSCall(), newADSWatch(), newADSFiles())
	return cmd
}

// netIDFlag reads a NetId, which is zero where the flag is not given.
func netIDFlag(flag, value string) (ams.NetID, error) {
	if value == "" {
		return ams.NetID{}, nil
	}
	id, err := ams.ParseNetID(value)
	if err != nil {
		return id, fmt.Errorf("%s: %w", flag, err)
	}
	return id, nil
}
