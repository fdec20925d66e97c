package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"stellwerk/ads"
	"stellwerk/ads/ams"
	"stellwerk/ads/router"
)

func newADSRoute() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "route",
		Short: "List and change the routes of a machine, and say why one does not work",
		Long: `Route is about the routes of another machine: a machine answers only those to whose
NetId and IP address it has a route.`,
		Example: `  stellwerk ads route add 192.0.2.5 --user Administrator --arm
  stellwerk ads route list 192.0.2.5
  stellwerk ads route diagnose 192.0.2.5 --port 851`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.SuggestionsMinimumDistance = 2
	cmd.AddCommand(newADSRouteList(), newADSRouteAdd(), newADSRouteRemove(), newADSRouteDiagnose())
	return cmd
}

// hostPorts splits HOST[:TCPPORT]; the port of UDP is another one.
func hostPorts(host string) (name, tcp string, err error) {
	address, err := router.Endpoint(host, ams.TCPPort)
	if err != nil {
		return "", "", err
	}
	name, _, err = net.SplitHostPort(address)
	return name, address, err
}

// adsRouteList is the command ads route list.
type adsRouteList struct {
	netID, source string
	router        string
	udp           int
	wait          time.Duration
	json          bool
}

func newADSRouteList() *cobra.Command {
	f := &adsRouteList{}
	cmd := &cobra.Command{
		Use:   "list HOST",
		Short: "List the routes of a machine",
		Long: `List asks the system service of a machine for its routes. The machine needs a route
to this one, or the machine with the router that --router names.`,
		Example: `  stellwerk ads route list 192.0.2.5
  stellwerk ads route list --router 127.0.0.1 --net-id 5.23.145.10.1.1
  stellwerk ads route list 192.0.2.5 --json | jq .net_id`,
		Args: func(cmd *cobra.Command, args []string) error {
			if f.router == "" {
				return hostArguments("HOST")(cmd, args)
			}
			return noArguments(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.router != "" {
				return f.run(cmd, f.router)
			}
			return f.run(cmd, args[0])
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.netID, "net-id", "", "AMS NetId of the machine (default what it says by UDP)")
	flags.StringVar(&f.source, "source", "", "AMS NetId of this machine (default its IP address with .1.1)")
	flags.StringVar(&f.router, "router", "", "AMS router of this machine to go through; --net-id says where (default the router's own machine)")
	registerDiscoveryPort(flags, &f.udp)
	flags.DurationVar(&f.wait, "timeout", 3*time.Second, "how long each answer may take")
	flags.BoolVar(&f.json, "json", false, "print an object for each route, a line each")
	return cmd
}

func registerDiscoveryPort(flags *pflag.FlagSet, port *int) {
	flags.IntVar(port, "discovery-port", ams.UDPPort, "UDP port of the machine for discovery and routes")
}

func (f *adsRouteList) run(cmd *cobra.Command, host string) error {
	name, address, err := hostPorts(host)
	var target, source ams.NetID
	if err == nil {
		target, err = netIDFlag("--net-id", f.netID)
	}
	if err == nil {
		source, err = netIDFlag("--source", f.source)
	}
	if err != nil {
		return usageError(cmd, err)
	}
	ctx := cmd.Context()
	if target.IsZero() && f.router == "" {
		found, err := router.Discover(ctx, net.JoinHostPort(name, strconv.Itoa(f.udp)), &router.UDPOptions{Wait: f.wait})
		if err != nil {
			return advise(statusUnreachable, fmt.Errorf("the NetId of %s is not known: %w", name, err), "name it with --net-id")
		}
		target = found[0].NetID
	}
	dialing, cancel := context.WithTimeout(ctx, f.wait)
	defer cancel()
	client, err := ads.Dial(dialing, address, &ads.ClientOptions{
		Target: ams.Address{NetID: target, Port: ams.PortSystemService}, Source: ams.Address{NetID: source}, Timeout: f.wait,
		Register: f.router != "",
	})
	if err != nil {
		return advise(statusUnreachable, err, "stellwerk ads route diagnose "+host+" says more")
	}
	defer client.Close() //nolint:errcheck // all has been read
	routes, err := client.Routes(ctx)
	if err != nil {
		status := statusUnreachable
		if ads.Code(err) != ams.NoError {
			status = statusNo
		}
		return advise(status, err, "stellwerk ads route diagnose "+host+" says more")
	}
	table := &textTable{columns: []column{{head: "NAME"}, {head: "NETID"}, {head: "ADDRESS"}}}
	encoder := json.NewEncoder(cmd.OutOrStdout())
	for _, listed := range routes {
		r := router.Route{Name: printable(listed.Name), NetID: listed.NetID, Address: printable(listed.Address)}
		table.add(r.Name, r.NetID.String(), r.Address)
		if f.json {
			if err := encoder.Encode(r); err != nil {
				return withStatus(statusNo, err)
			}
		}
	}
	if f.json {
		return nil
	}
	return withStatus(statusNo, table.write(cmd.OutOrStdout()))
}
