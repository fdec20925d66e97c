package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"stellwerk/ads/ams"
	"stellwerk/ads/router"
)

// adsScan is the command ads scan.
type adsScan struct {
	source string
	wait   time.Duration
	json   bool
}

func newADSScan() *cobra.Command {
	f := &adsScan{}
	cmd := &cobra.Command{
		Use:   "scan [HOST|NETWORK]",
		Short: "Find machines with TwinCAT",
		Long: `Scan asks by UDP port 48899 who is there, and prints who answers: all machines in the
networks of this one, those of a network such as 192.0.2.0/24, whose addresses are
asked one by one, or one host. Nobody needs a route for that.

The exit status is 1 when nobody is there, and 3 when a host that is named does not
answer.`,
		Example: `  stellwerk ads scan
  stellwerk ads scan 192.0.2.0/24 --wait 5s
  stellwerk ads scan cx-1234ab --json`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usageError(cmd, fmt.Errorf("%s takes one host or network, but was given %d", cmd.CommandPath(), len(args)))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			where := ""
			if len(args) > 0 {
				where = args[0]
			}
			return f.run(cmd, where)
		},
	}
	flags := cmd.Flags()
	flags.DurationVar(&f.wait, "wait", 2*time.Second, "how long to wait for answers")
	flags.StringVar(&f.source, "source", "", "AMS NetId of this machine (default its IP address with .1.1)")
	flags.BoolVar(&f.json, "json", false, "print an object for each machine, a line each")
	return cmd
}

// scanned is a machine as --json prints it; docs/manual.md has it.
type scanned struct {
	Name        string         `json:"name"`
	NetID       ams.NetID      `json:"net_id"`
	Address     netip.AddrPort `json:"address"`
	TwinCAT     string         `json:"twincat,omitempty"`
	OS          string         `json:"os,omitempty"`
	Fingerprint string         `json:"fingerprint,omitempty"`
	Took        float64        `json:"ms"`
}

func (f *adsScan) run(cmd *cobra.Command, where string) error {
	source, err := netIDFlag("--source", f.source)
	if err == nil && f.wait <= 0 {
		err = errors.New("--wait must be above 0")
	}
	if err != nil {
		return usageError(cmd, err)
	}
	waiting := newWaitLine(cmd.ErrOrStderr(), false)
	defer waiting.stop()
	waiting.say("waiting for answers")
	found, err := router.Discover(cmd.Context(), where, &router.UDPOptions{Source: ams.Address{NetID: source}, Wait: f.wait})
	waiting.clear()
	switch {
	case cmd.Context().Err() != nil:
		return interrupted()
	case err != nil:
		return adsSilent(err)
	case len(found) == 0:
		fmt.Fprintln(cmd.ErrOrStderr(), "Nobody answers. Next: name a network, such as 192.0.2.0/24, or a host; firewalls must let UDP port 48899 through.")
		return &statusError{status: statusNo}
	}
	return withStatus(statusNo, f.print(cmd.OutOrStdout(), found))
}

// adsSilent gives what was tried by UDP its status and the next step.
func adsSilent(err error) error {
	if strings.Contains(err.Error(), "no answer") {
		return advise(statusUnreachable, err, "check that the machine is on, and that firewalls let UDP port 48899 through")
	}
	return withStatus(statusUnreachable, err)
}

func (f *adsScan) print(out io.Writer, found []router.Machine) error {
	table := &textTable{columns: []column{{head: "NAME"}, {head: "NETID"}, {head: "ADDRESS"}, {head: "TWINCAT"}, {head: "OS"}, {head: "FINGERPRINT"}}}
	encoder := json.NewEncoder(out)
	for _, m := range found {
		s := scanned{
			Name: printable(m.Name), NetID: m.NetID, Address: m.Address, Fingerprint: printable(m.Fingerprint),
			Took: float64(m.Took.Microseconds()) / 1000,
		}
		if !m.Version.IsZero() {
			s.TwinCAT = m.Version.String()
		}
		if !m.OS.IsZero() {
			s.OS = printable(m.OS.String())
		}
		if f.json {
			if err := encoder.Encode(s); err != nil {
				return err
			}
			continue
		}
		address := s.Address.Addr().String()
		if s.Address.Port() != ams.UDPPort {
			address = s.Address.String()
		}
		table.add(s.Name, s.NetID.String(), address, s.TwinCAT, s.OS, s.Fingerprint)
	}
	if f.json {
		return nil
	}
	return table.write(out)
}

// printable replaces control characters in what others call themselves.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7F || r >= 0x80 && r < 0xA0 {
			return '·'
		}
		return r
	}, s)
}
