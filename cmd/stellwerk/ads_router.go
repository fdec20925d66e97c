package main

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"stellwerk/ads/ams"
	"stellwerk/ads/discovery"
	"stellwerk/ads/router"
)

// adsRouter is the command ads router.
type adsRouter struct {
	listen, udp, netID, name string
	routes                   []string
	file                     string
	user, passwordEnv        string
	acceptUnknown, transit   bool
	trace                    bool
	secure                   adsSecure
	talk                     *teller
}

func newADSRouter() *cobra.Command {
	f := &adsRouter{}
	cmd := &cobra.Command{
		Use:   "router",
		Short: "Be the AMS router of this machine",
		Long: `Router is an AMS router, as TwinCAT has one: programs of this machine connect to it,
register ports, and reach each other and other machines through it, over one
connection for each machine. Other machines are heard where there is a route to
them.

A route is NAME=NETID@HOST. With ",secure=" behind it the connection is made by
TLS on port 8016: "psk" with --psk-identity, "ca" with --ca, or the fingerprint of the
machine's certificate. Routes of --routes are in a file, as JSON, and changes are
written to it.

It listens on the loopback only, unless --listen and --udp say otherwise. Other
machines may add routes by UDP where --user is given, with the password of
--password-env.`,
		Example: `  stellwerk ads router --net-id 192.0.2.9.1.1 --route press=5.23.145.10.1.1@192.0.2.5
  stellwerk ads router --listen 0.0.0.0 --udp 0.0.0.0 --routes routes.json --user admin --password-env ROUTE_PASSWORD
  stellwerk ads router --route press=5.23.145.10.1.1@192.0.2.5,secure=psk --psk-identity panel --psk-password-env PSK`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&f.netID, "net-id", "", "AMS NetId of this machine (default its first IP address with .1.1)")
	flags.StringArrayVar(&f.routes, "route", nil, "route, NAME=NETID@HOST or NAME=NETID@HOST,secure=HOW; again for others")
	flags.StringVar(&f.file, "routes", "", "file with routes, which changes are written to")
	flags.StringVar(&f.listen, "listen", "", "TCP address to wait on (default 127.0.0.1:48898)")
	flags.StringVar(&f.udp, "udp", "", "UDP address to answer questions on (default 127.0.0.1:48899); \"off\" for none")
	flags.StringVar(&f.name, "name", "", "what the machine calls itself (default its host name)")
	flags.StringVar(&f.user, "user", "", "user who may add and remove routes by UDP (default nobody)")
	flags.StringVar(&f.passwordEnv, "password-env", "", "environment variable that has the user's password")
	flags.BoolVar(&f.acceptUnknown, "accept-unknown", false, "hear machines too that there is no route to")
	flags.BoolVar(&f.transit, "transit", false, "pass telegrams on from one machine to another")
	flags.BoolVar(&f.trace, "trace", false, "show every telegram on standard error")
	f.secure.register(flags)
	return cmd
}

// firstNetID returns the NetId that is made of the first IPv4 address of this
// machine that others can reach.
func firstNetID() ams.NetID {
	addresses, _ := net.InterfaceAddrs() // none is as good as an error
	for _, a := range addresses {
		if ip, ok := a.(*net.IPNet); ok && ip.IP.To4() != nil && ip.IP.IsGlobalUnicast() {
			return router.NetIDOf(&net.TCPAddr{IP: ip.IP})
		}
	}
	return ams.LocalNetID
}

// options reads the flags.
func (f *adsRouter) options() (*router.Options, error) {
	o := &router.Options{AcceptUnknown: f.acceptUnknown, Transit: f.transit, Trace: f.tell}
	var err error
	if o.NetID, err = netIDFlag("--net-id", f.netID); err != nil {
		return nil, err
	}
	if o.NetID.IsZero() {
		o.NetID = firstNetID()
	}
	if f.file != "" {
		if o.Routes, err = readRoutes(f.file); err != nil {
			return nil, err
		}
		o.Changed = func(all []router.Route) error { return writeRoutes(f.file, all) }
	}
	for _, s := range f.routes {
		plain, how, _ := strings.Cut(s, ",secure=")
		route, err := router.ParseRoute(plain)
		if err != nil {
			return nil, fmt.Errorf("--route: %w", err)
		}
		route.Secure, route.Temporary = how, true
		o.Routes = append(o.Routes, route)
	}
	if err := f.secure.check(o.Routes); err != nil {
		return nil, err
	}
	o.Secure = f.secure.dial(o.NetID)
	if (f.user == "") != (f.passwordEnv == "") {
		return nil, errors.New("--user and --password-env belong together: name both")
	}
	return o, nil
}

// readRoutes reads the file of routes; one that is not there yet is empty.
func readRoutes(file string) ([]router.Route, error) {
	text, err := os.ReadFile(file) //nolint:gosec // the user names the file
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var routes []router.Route
	if err == nil {
		err = json.Unmarshal(text, &routes)
	}
	if err != nil {
		return nil, fmt.Errorf("--routes %s: %w", file, err)
	}
	return routes, nil
}

// writeRoutes writes the file of routes, whole or not at all.
func writeRoutes(file string, routes []router.Route) error {
	text, err := json.MarshalIndent(routes, "", "  ")
	if err != nil {
		return err
	}
	temporary, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".*")
	if err != nil {
		return err
	}
	_, err = temporary.Write(append(text, '\n'))
	err = errors.Join(err, temporary.Sync(), temporary.Close())
	if err == nil {
		err = os.Rename(temporary.Name(), file)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temporary.Name()))
	}
	return nil
}

// tell shows what happens: telegrams with --trace, the rest always.
func (f *adsRouter) tell(e router.Event) {
	if e.Frame == nil || f.trace {
		f.talk.say("%s", printable(e.String()))
	}
}

func (f *adsRouter) run(cmd *cobra.Command) error {
	f.talk = &teller{out: cmd.ErrOrStderr()}
	options, err := f.options()
	if err != nil {
		return usageError(cmd, err)
	}
	r, err := router.New(options)
	if err != nil {
		return usageError(cmd, err)
	}
	defer r.Close() //nolint:errcheck // it only waits
	ctx, stop := context.WithCancel(cmd.Context())
	defer stop()
	var serving jobs
	listener, err := listen(ctx, loopback(f.listen, fmt.Sprint(ams.TCPPort)))
	if err != nil {
		return err
	}
	serving.run(stop, func() error { return r.Serve(listener) }, func() error { return listener.Close() })
	f.talk.line(fmt.Sprintf("The AMS router %s listens on %s. Ctrl-C ends.", r.NetID(), listener.Addr()))
	if err := f.respond(ctx, r, &serving, stop); err != nil {
		return errors.Join(err, serving.end())
	}
	if err := f.secure.serve(ctx, r, f, &serving, stop); err != nil {
		return errors.Join(err, serving.end())
	}
	<-ctx.Done()
	_ = r.Close()
	return withStatus(statusUnreachable, serving.end())
}

// respond answers by UDP.
func (f *adsRouter) respond(ctx context.Context, r *router.Router, serving *jobs, stop func()) error {
	if f.udp == "off" {
		return nil
	}
	info := discovery.ServerInfo{Name: f.name, Fingerprint: f.secure.fingerprint()}
	if info.Name == "" {
		info.Name, _ = os.Hostname() // a machine without a name has none to tell
	}
	responder, err := r.Responder(router.ResponderOptions{Info: info, Allow: f.allow(), Trace: func(from netip.AddrPort, q *discovery.Packet, err error) {
		if err == nil && q.Service == discovery.ServiceServerInfo && !f.trace {
			return
		}
		outcome := "done"
		if err != nil {
			outcome = err.Error()
		}
		f.talk.say("%s asks by UDP, %s: %s", from, q.Service, printable(outcome))
	}})
	if err != nil {
		return withStatus(statusUsage, err)
	}
	address := loopback(f.udp, fmt.Sprint(ams.UDPPort))
	conn, err := (&net.ListenConfig{}).ListenPacket(ctx, "udp", address)
	if err != nil {
		return advise(statusUsage, fmt.Errorf("cannot listen on UDP %s: %w", address, err), "stop the program that does, TwinCAT perhaps, name another address with --udp, or \"--udp off\"")
	}
	serving.run(stop, func() error { return responder.Serve(conn) }, responder.Close)
	f.talk.line(fmt.Sprintf("Questions by UDP are answered on %s.", conn.LocalAddr()))
	return nil
}

// allow says who may change routes; nil is nobody.
func (f *adsRouter) allow() func(netip.AddrPort, *discovery.RouteRequest) bool {
	if f.user == "" {
		return nil
	}
	return func(_ netip.AddrPort, q *discovery.RouteRequest) bool { return f.knows(q.User, q.Password) }
}

// knows checks user and password. An empty password opens nothing.
func (f *adsRouter) knows(user, password string) bool {
	want := os.Getenv(f.passwordEnv)
	return f.user != "" && want != "" && subtle.ConstantTimeCompare([]byte(user), []byte(f.user)) == 1 &&
		subtle.ConstantTimeCompare([]byte(password), []byte(want)) == 1
}
