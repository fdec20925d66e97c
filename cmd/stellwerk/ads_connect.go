package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"stellwerk/ads"
	"stellwerk/ads/ams"
	adscommand "stellwerk/ads/command"
	"stellwerk/ads/router"
	"stellwerk/ads/symbol"
)

// adsFlags are the flags that every command has which speaks to an AMS port.
type adsFlags struct {
	netID, source string
	port          uint16
	router        string
	timeout       time.Duration
	write         string
	json          bool
	window        int
	known         string // how the other side of secure ADS is known; "" is not secure
	secure        adsSecure
}

// adsHost is what commands say about their first argument.
const adsHost = `HOST is the machine, HOST[:PORT] by TCP, or its AMS NetId, which the AMS router of
this machine then finds (--router).`

// register adds the flags to a command.
func (f *adsFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.BoolVar(&f.json, "json", false, "print the result as JSON")
	flags.Uint16Var(&f.port, "port", uint16(ams.PortTC3PLC1), "AMS port: 851 is the first PLC of TwinCAT 3, 801 of TwinCAT 2")
	flags.StringVar(&f.netID, "net-id", "", "AMS NetId of the machine (default what it says by UDP, else its IP address with .1.1)")
	flags.StringVar(&f.source, "source", "", "AMS NetId of this machine (default its IP address with .1.1)")
	flags.StringVar(&f.router, "router", "", "register with the AMS router at this address, and go through it (default 127.0.0.1 where HOST is a NetId)")
	flags.DurationVar(&f.timeout, "timeout", ads.DefaultTimeout, "how long connecting and each answer may take")
	flags.IntVar(&f.window, "window", ads.DefaultWindow, "how many requests may be under way at once; 1 for devices that answer one at a time")
	flags.StringVarP(&f.write, "write", "w", "", "write the conversation to this pcapng file")
	flags.StringVar(&f.known, "secure", "", "secure ADS, port 8016; the machine is known by \"psk\", \"ca\", or the fingerprint of its certificate")
	flags.StringVar(&f.secure.cert, "cert", "", "with --secure: certificate of this machine, PEM or DER")
	flags.StringVar(&f.secure.key, "key", "", "with --secure: its private key, PEM or DER")
	flags.StringVar(&f.secure.ca, "ca", "", "with --secure ca: certificates of the authority, PEM or DER")
	flags.StringVar(&f.secure.identity, "psk-identity", "", "with --secure psk: identity of the pre-shared key")
	flags.StringVar(&f.secure.passwordEnv, "psk-password-env", "", "with --secure psk: environment variable that has its password")
}

// adsPlace says where a machine is, and how to reach it.
type adsPlace struct {
	flags   *adsFlags
	host    string // as the user has written it
	address string // of TCP
	target  ams.Address
	source  ams.NetID
	route   router.Route // of secure ADS
	assumed bool         // the NetId was made of the IP address
}

// place reads the host and the flags.
func (f *adsFlags) place(host string) (*adsPlace, error) {
	p := &adsPlace{flags: f, host: host, target: ams.Address{Port: ams.Port(f.port)}}
	if f.timeout <= 0 {
		return nil, fmt.Errorf("--timeout %s: must be more than 0", f.timeout)
	}
	if f.window <= 0 {
		return nil, fmt.Errorf("--window %d: must be more than 0", f.window)
	}
	var err error
	if p.target.NetID, err = netIDFlag("--net-id", f.netID); err != nil {
		return nil, err
	}
	if p.source, err = netIDFlag("--source", f.source); err != nil {
		return nil, err
	}
	through := f.router
	if id, wrong := ams.ParseNetID(host); wrong == nil {
		if f.netID != "" && id != p.target.NetID {
			return nil, fmt.Errorf("HOST is the NetId %s, and --net-id %s another one", id, p.target.NetID)
		}
		p.target.NetID = id
		if through == "" {
			through = "127.0.0.1"
		}
	} else if through != "" && p.target.NetID.IsZero() {
		return nil, errors.New("--router: a router knows machines by their NetIds; write the NetId for HOST, or name it with --net-id")
	}
	port := ams.TCPPort
	if f.known != "" {
		port = ams.SecurePort
		if through != "" {
			return nil, errors.New("--secure and --router: programs reach the router of their machine without TLS")
		}
		p.route = router.Route{Name: host, Secure: f.known}
		if err := f.secure.check([]router.Route{p.route}); err != nil {
			return nil, err
		}
	}
	if through != "" {
		p.address, err = router.Endpoint(through, port)
	} else {
		p.address, err = router.Endpoint(host, port)
	}
	p.route.Address = p.address
	return p, err
}

// registers reports whether the connection goes to a router of this machine.
func (p *adsPlace) registers() bool {
	return p.flags.router != "" || p.host == p.target.NetID.String()
}

// ask finds the NetId of the machine by UDP, where nothing else is said. One that
// does not answer has that of its IP address, and so has the own machine.
func (p *adsPlace) ask(ctx context.Context) {
	name, _, _ := net.SplitHostPort(p.address) // it was joined
	ip := net.ParseIP(name)
	if !p.target.NetID.IsZero() || name == "localhost" || ip != nil && ip.IsLoopback() {
		return
	}
	p.assumed = true
	found, err := router.Discover(ctx, net.JoinHostPort(name, strconv.Itoa(ams.UDPPort)), &router.UDPOptions{Wait: min(p.flags.timeout, time.Second)})
	if err == nil && len(found) > 0 {
		p.target.NetID, p.assumed = found[0].NetID, false
	}
}

// dial opens a connection.
func (p *adsPlace) dial(ctx context.Context, address string) (net.Conn, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil || p.flags.known == "" {
		return conn, err
	}
	own := p.source
	if own.IsZero() {
		own = router.NetIDOf(conn.LocalAddr())
	}
	return p.flags.secure.dial(own)(ctx, conn, p.route)
}

// options are those of a client.
func (p *adsPlace) options() *ads.ClientOptions {
	o := &ads.ClientOptions{
		Target: p.target, Source: ams.Address{NetID: p.source},
		Register: p.registers(), Timeout: p.flags.timeout, Window: p.flags.window,
	}
	if p.flags.known != "" {
		o.Framing = ams.Bare
	}
	return o
}

// adsSession is a connection to an AMS port.
type adsSession struct {
	*adsPlace
	client  *ads.Client
	tape    *adsTape
	waiting *waitLine
}

// open connects to a machine.
func (f *adsFlags) open(cmd *cobra.Command, host string) (*adsSession, error) {
	place, err := f.place(host)
	if err != nil {
		return nil, usageError(cmd, err)
	}
	tape, err := newADSTape(f.write)
	if err != nil {
		return nil, withStatus(statusUsage, err)
	}
	s := &adsSession{adsPlace: place, tape: tape, waiting: newWaitLine(cmd.ErrOrStderr(), false)}
	if err := s.start(cmd.Context()); err != nil {
		s.waiting.stop()
		return nil, errors.Join(err, tape.close())
	}
	return s, nil
}

func (s *adsSession) start(ctx context.Context) error {
	s.waiting.say("connecting to " + s.host)
	s.ask(ctx)
	attempt, cancel := context.WithTimeout(ctx, s.flags.timeout)
	defer cancel()
	conn, err := s.dial(attempt, s.address)
	if err != nil {
		return s.unreached(ctx, err, errors.Is(attempt.Err(), context.DeadlineExceeded))
	}
	options := s.options()
	options.Trace = s.tape.frame
	s.tape.connected(conn, options.Framing)
	if s.client, err = ads.NewClient(conn, options); err != nil {
		_ = conn.Close() // of no use
		return withStatus(statusUsage, err)
	}
	s.waiting.say("waiting for " + s.host)
	return nil
}

// close closes the connection and ends the file of -w.
func (s *adsSession) close() error {
	_ = s.client.Close() // what the connection had was told with its requests
	s.waiting.stop()
	return withStatus(statusNo, s.tape.close())
}

// unreached says why there is no connection, and what to do about it.
func (p *adsPlace) unreached(ctx context.Context, err error, timedOut bool) error {
	var dns *net.DNSError
	switch {
	case ctx.Err() != nil:
		return interrupted()
	case errors.As(err, &dns) && dns.IsNotFound:
		return advise(statusUnreachable, fmt.Errorf("there is no host %q", dns.Name), "check the name, or write the IP address")
	case errors.Is(err, syscall.ECONNREFUSED) && p.registers():
		return advise(statusUnreachable, fmt.Errorf("no AMS router listens at %s", p.address),
			"start TwinCAT or \"stellwerk ads router\", or name the machine by its IP address to connect to it directly")
	case errors.Is(err, syscall.ECONNREFUSED):
		return advise(statusUnreachable, fmt.Errorf("%s refuses the connection: no AMS router listens on that port", p.address),
			fmt.Sprintf("check whether TwinCAT runs, and the port (%d, secure ADS %d)", ams.TCPPort, ams.SecurePort))
	case errors.Is(err, syscall.EHOSTUNREACH) || errors.Is(err, syscall.ENETUNREACH):
		return advise(statusUnreachable, fmt.Errorf("there is no way to %s: the network says that it cannot be reached", p.address),
			"check address, cable, VPN and gateway")
	case timedOut || errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, syscall.ETIMEDOUT):
		return advise(statusUnreachable, fmt.Errorf("%s does not answer: no connection within %s", p.address, p.flags.timeout),
			"check the address, and whether a firewall drops host or port; \"stellwerk ads route diagnose "+p.host+"\" says more")
	default:
		return withStatus(statusUnreachable, fmt.Errorf("%s cannot be reached: %w", p.address, err))
	}
}

// failed gives an error of the connection the status that it has, and names the
// next step.
func (s *adsSession) failed(ctx context.Context, err error) error {
	s.waiting.clear()
	if ads.Code(err) == ams.TargetPortNotFound && s.inConfig(ctx) {
		return advise(statusUnreachable, fmt.Errorf("%s is in config mode, where its PLCs do not run", s.host),
			"\"stellwerk ads state "+s.host+" run --system --arm\" restarts TwinCAT into run mode")
	}
	return s.explain(ctx, s.client.Source(), err)
}

// inConfig reports whether TwinCAT says that it is in config mode.
func (s *adsSession) inConfig(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	system, err := s.client.SystemState(ctx)
	return err == nil && system.ADSState == adscommand.StateConfig
}

// explain does so for an error of any connection to the place, whose own end had
// the address source.
func (p *adsPlace) explain(ctx context.Context, source ams.Address, err error) error {
	diagnose := "\"stellwerk ads route diagnose " + p.diagnosed() + "\" says more"
	var missing *symbol.NotFoundError
	var value *symbol.ValueError
	switch code := ads.Code(err); {
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		return interrupted()
	case errors.As(err, &missing):
		return advise(statusNo, missing, "\"stellwerk ads symbols "+p.host+"\" lists what there is")
	case errors.As(err, &value):
		return withStatus(statusUsage, value)
	case errors.Is(err, ads.ErrNoRoute):
		return advise(statusUnreachable, fmt.Errorf("%s closes the connection without an answer: it has no route back to %s, as a rule", p.host, source.NetID),
			"add the route with \"stellwerk ads route add "+p.machine()+" --arm\"; "+diagnose)
	case code != ams.NoError:
		return p.refused(code, err)
	case errors.Is(err, fs.ErrNotExist):
		return withStatus(statusNo, err)
	case errors.Is(err, ads.ErrTimeout):
		next := diagnose
		if p.assumed {
			next = fmt.Sprintf("its NetId is not known, and %s was assumed: name it with --net-id; ", netIDText(p.address)) + diagnose
		}
		return advise(statusUnreachable, fmt.Errorf("%s takes connections but is silent: %w", p.host, err), next)
	case errors.Is(err, ads.ErrAnswer):
		return advise(statusNo, fmt.Errorf("%s: %w", p.host, err), "record the conversation with -w talk.pcapng, and look at it with \"stellwerk analyze talk.pcapng\"")
	default:
		return advise(statusUnreachable, fmt.Errorf("%s: %w", p.host, err), diagnose)
	}
}

// netIDText is the NetId that is taken for a machine at an address of TCP.
func netIDText(address string) string {
	name, _, _ := net.SplitHostPort(address) // it was joined
	return name + ".1.1"
}

// machine is the host as "ads route add" takes it, which asks by UDP.
func (p *adsPlace) machine() string {
	if p.registers() {
		return "HOST"
	}
	name, _, _ := net.SplitHostPort(p.address) // it was joined
	return name
}

// diagnosed is the host as "ads route diagnose" takes it.
func (p *adsPlace) diagnosed() string {
	if p.registers() {
		return "HOST"
	}
	name, port, _ := net.SplitHostPort(p.address) // it was joined
	if port == strconv.Itoa(ams.TCPPort) || port == strconv.Itoa(ams.SecurePort) {
		return name
	}
	return p.address
}

// refused says what an ADS error means and what helps.
func (p *adsPlace) refused(code ams.ReturnCode, err error) error {
	status := statusNo
	if code == ams.TargetPortNotFound || code == ams.TargetMachineNotFound || code == ams.TargetUnreachable {
		status = statusUnreachable // a router on the way says so
	}
	next := code.Remedy().EN
	if next == "" {
		next = fmt.Sprintf("\"stellwerk code 0x%X\" explains the code", uint32(code))
	}
	text := err.Error()
	if !strings.Contains(text, code.String()) {
		text += " (" + code.String() + ")"
	}
	return advise(status, fmt.Errorf("%s says no: %s", p.host, printable(text)), strings.TrimSuffix(next, "."))
}

// armed wants --arm for what changes something; what would be done is printed.
func armed(cmd *cobra.Command, arm bool, what string) error {
	if arm {
		return nil
	}
	fmt.Fprintln(cmd.OutOrStdout(), "would", what)
	return withStatus(statusUsage, errors.New("nothing was changed\nNext: add --arm to do it"))
}
