package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"stellwerk/ads/ams"
	"stellwerk/ads/discovery"
	"stellwerk/ads/router"
)

// adsRouteChange is the commands ads route add and remove.
type adsRouteChange struct {
	remove                                            bool
	name, netID, address, user, password, passwordEnv string
	temporary, arm                                    bool
	udp                                               int
	wait                                              time.Duration
}

func (f *adsRouteChange) register(flags *pflag.FlagSet) {
	flags.SortFlags = false
	flags.StringVar(&f.netID, "net-id", "", "AMS NetId that the route leads to (default that of this machine, its IP address with .1.1)")
	flags.StringVar(&f.name, "name", "", "name of the route (default the name of this machine)")
	flags.StringVar(&f.user, "user", "Administrator", "user of the machine")
	flags.StringVar(&f.password, "password", "", "password of the user; without it, it is asked for on a terminal")
	flags.StringVar(&f.passwordEnv, "password-env", "", "environment variable that has the password")
	registerDiscoveryPort(flags, &f.udp)
	flags.DurationVar(&f.wait, "timeout", 3*time.Second, "how long the answer may take")
	flags.BoolVar(&f.arm, "arm", false, "really change the machine")
}

func newADSRouteAdd() *cobra.Command {
	f := &adsRouteChange{}
	cmd := &cobra.Command{
		Use:   "add HOST --arm",
		Short: "Enter a route to this machine on another one",
		Long: `Add has a machine enter a route, back to this machine unless something else is named.
User and password are those of the machine, and travel in clear text. Without --arm
it only shows what would be sent.`,
		Example: `  stellwerk ads route add 192.0.2.5 --arm
  stellwerk ads route add 192.0.2.5 --user guest --password-env PLC_PASSWORD --arm
  stellwerk ads route add 192.0.2.5 --name panel --net-id 192.0.2.9.1.1 --address 192.0.2.9 --temporary --arm`,
		Args: hostArguments("HOST"),
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, args[0]) },
	}
	f.register(cmd.Flags())
	cmd.Flags().StringVar(&f.address, "address", "", "host name or IP address that the route leads to (default that of this machine)")
	cmd.Flags().BoolVar(&f.temporary, "temporary", false, "the route is gone when the machine starts again")
	return cmd
}

func newADSRouteRemove() *cobra.Command {
	f := &adsRouteChange{remove: true}
	cmd := &cobra.Command{
		Use:     "remove HOST --arm",
		Short:   "Remove the route to this machine from another one",
		Long:    "Remove has a machine remove a route, as \"stellwerk ads route add\" enters one.",
		Example: "  stellwerk ads route remove 192.0.2.5 --arm\n  stellwerk ads route remove 192.0.2.5 --name panel --net-id 192.0.2.9.1.1 --arm",
		Args:    hostArguments("HOST"),
		RunE:    func(cmd *cobra.Command, args []string) error { return f.run(cmd, args[0]) },
	}
	f.register(cmd.Flags())
	return cmd
}

func (f *adsRouteChange) run(cmd *cobra.Command, host string) error {
	name, _, err := hostPorts(host)
	if err != nil {
		return usageError(cmd, err)
	}
	request, err := f.request(cmd.Context(), name)
	if err != nil {
		return usageError(cmd, err)
	}
	verb, what := "enter", fmt.Sprintf("the route %q to %s at %s, as user %s", request.Name, request.NetID, request.Address, request.User)
	if f.remove {
		verb, what = "remove", fmt.Sprintf("the route %q to %s, as user %s", request.Name, request.NetID, request.User)
	}
	if !f.arm {
		return notArmed(cmd, "to "+name+": "+verb+" "+what)
	}
	if request.Password, err = f.secret(cmd, name); err != nil {
		return usageError(cmd, err)
	}
	change := router.AddRoute
	if f.remove {
		change = router.DeleteRoute
	}
	err = change(cmd.Context(), net.JoinHostPort(name, strconv.Itoa(f.udp)), request, &router.UDPOptions{Source: ams.Address{NetID: request.NetID}, Wait: f.wait})
	e, _ := errors.AsType[*router.Error](err)
	switch {
	case err == nil:
		fmt.Fprintf(cmd.ErrOrStderr(), "%s: done, %s %s\n", name, verb, what)
		return nil
	case cmd.Context().Err() != nil:
		return interrupted()
	case e != nil && e.Code == ams.InvalidAccess:
		return advise(statusNo, err, "name user and password of the machine with --user and --password")
	case e != nil && e.Code != ams.NoError:
		return withStatus(statusNo, err)
	}
	return adsSilent(err)
}

// request completes what is to be sent with what is known of this machine.
func (f *adsRouteChange) request(ctx context.Context, host string) (discovery.RouteRequest, error) {
	q := discovery.RouteRequest{Name: f.name, Address: f.address, User: f.user, Temporary: f.temporary}
	var err error
	if q.NetID, err = netIDFlag("--net-id", f.netID); err != nil {
		return q, err
	}
	if q.Name == "" {
		if q.Name, err = os.Hostname(); err != nil {
			return q, fmt.Errorf("the name of this machine is not known: %w; give one with --name", err)
		}
	}
	if !q.NetID.IsZero() && (q.Address != "" || f.remove) {
		return q, nil
	}
	// Nothing is sent: the system says which address it would take.
	conn, err := (&net.Dialer{}).DialContext(ctx, "udp4", net.JoinHostPort(host, strconv.Itoa(f.udp)))
	if err != nil {
		return q, fmt.Errorf("the address of this machine towards %s is not known: %w; give --net-id and --address", host, err)
	}
	defer conn.Close()
	if q.NetID.IsZero() {
		q.NetID = router.NetIDOf(conn.LocalAddr())
	}
	if q.Address == "" {
		q.Address, _, _ = net.SplitHostPort(conn.LocalAddr().String()) // the system has made it
	}
	return q, nil
}

// secret returns the password.
func (f *adsRouteChange) secret(cmd *cobra.Command, host string) (string, error) {
	switch {
	case cmd.Flags().Changed("password"):
		return f.password, nil
	case f.passwordEnv != "":
		password, ok := os.LookupEnv(f.passwordEnv)
		if !ok {
			return "", fmt.Errorf("--password-env: the environment has no %s", f.passwordEnv)
		}
		return password, nil
	case !isTerminal(os.Stdin):
		return "", errors.New("the password is missing: give it with --password or --password-env")
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "Password of %s on %s: ", f.user, host)
	password, err := term.ReadPassword(int(os.Stdin.Fd()))
	fmt.Fprintln(cmd.ErrOrStderr())
	return string(password), err
}
