package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"

	"github.com/spf13/pflag"

	"stellwerk/ads/ams"
	"stellwerk/ads/router"
	"stellwerk/ads/secure"
	"stellwerk/tlsconf"
	"stellwerk/tlsconf/libssl"
)

// adsSecure are the flags of secure ADS. The word behind secure= in a route is
// "psk", "ca", or a fingerprint.
type adsSecure struct {
	listen, cert, key, ca, identity, passwordEnv string
}

func (f *adsSecure) register(flags *pflag.FlagSet) {
	flags.StringVar(&f.listen, "secure-listen", "", "TCP address to wait on for secure ADS, such as 0.0.0.0:8016")
	flags.StringVar(&f.cert, "cert", "", "certificate of this machine, PEM or DER")
	flags.StringVar(&f.key, "key", "", "its private key, PEM or DER")
	flags.StringVar(&f.ca, "ca", "", "certificates of the authority, PEM or DER")
	flags.StringVar(&f.identity, "psk-identity", "", "identity of the pre-shared key")
	flags.StringVar(&f.passwordEnv, "psk-password-env", "", "environment variable that has its password")
}

// check finds what routes need and flags do not give.
func (f *adsSecure) check(routes []router.Route) error {
	if (f.identity == "") != (f.passwordEnv == "") {
		return errors.New("--psk-identity and --psk-password-env belong together: name both")
	}
	if (f.cert == "") != (f.key == "") {
		return errors.New("--cert and --key belong together: name both")
	}
	for _, r := range routes {
		switch {
		case r.Secure == "":
		case r.Secure == "psk" && f.identity == "":
			return fmt.Errorf("the route %q has a pre-shared key: give --psk-identity and --psk-password-env", r.Name)
		case r.Secure == "ca" && (f.ca == "" || f.cert == ""):
			return fmt.Errorf("the route %q has an authority: give --ca, --cert and --key", r.Name)
		case r.Secure != "psk" && r.Secure != "ca" && f.cert == "":
			return fmt.Errorf("the route %q has a fingerprint: this machine needs a certificate too, --cert and --key", r.Name)
		}
	}
	return nil
}

func (f *adsSecure) password() string { return os.Getenv(f.passwordEnv) }

// engines are those for pre-shared keys. What is said without them names what is
// lacking.
func (f *adsSecure) engines() []tlsconf.Engine {
	if engine, err := libssl.Load(); err == nil {
		return []tlsconf.Engine{engine}
	}
	return nil
}

// fingerprint returns that of our certificate, "" without one.
func (f *adsSecure) fingerprint() string {
	text, err := os.ReadFile(f.cert)
	if err != nil {
		return "" // what needs the certificate says so
	}
	fingerprint, _ := secure.FingerprintPEM(text) // one in DER is not told
	return fingerprint
}

// host is what this machine calls itself in the handshake.
func (f *adsSecure) host() string {
	name, _ := os.Hostname() // may be empty
	return name[:min(len(name), 32)]
}

// dial returns what makes connections to machines secure.
func (f *adsSecure) dial(own ams.NetID) func(context.Context, net.Conn, router.Route) (net.Conn, error) {
	return func(ctx context.Context, conn net.Conn, route router.Route) (net.Conn, error) {
		o := secure.ClientOptions{NetID: own, Host: f.host(), Certificate: f.cert, Key: f.key}
		switch route.Secure {
		case "psk":
			o.Certificate, o.Key, o.Identity, o.Password = "", "", f.identity, f.password()
		case "ca":
			o.CA = f.ca
		default:
			o.Fingerprint = route.Secure
		}
		client, err := secure.NewClient(o, f.engines()...)
		if err != nil {
			return nil, errors.Join(err, conn.Close())
		}
		address, err := router.Endpoint(route.Address, ams.SecurePort)
		if err != nil {
			return nil, errors.Join(err, conn.Close())
		}
		host, _, _ := net.SplitHostPort(address) // it was joined
		secured, err := client.Handshake(ctx, conn, host)
		if err != nil {
			return nil, err
		}
		return secured, nil
	}
}

// serve takes machines that connect by secure ADS. Each needs a route that says
// by what it is known.
func (f *adsSecure) serve(ctx context.Context, r *router.Router, parent *adsRouter, serving *jobs, stop func()) error {
	if f.listen == "" {
		return nil
	}
	o := secure.ServerOptions{
		NetID: r.NetID(), Host: f.host(), Certificate: f.cert, Key: f.key, CA: f.ca,
		Accept:    func(p *secure.Peer) error { return f.accept(r, p) },
		AddRemote: func(p *secure.Peer, user, password string) error { return addRemote(r, parent, p, user, password) },
	}
	if f.identity != "" {
		o.Certificate, o.Key, o.CA = "", "", ""
		o.Passwords = func(identity string) (string, bool) {
			return f.password(), strings.EqualFold(identity, f.identity) && f.password() != ""
		}
	}
	server, err := secure.NewServer(o, f.engines()...)
	if err != nil {
		return withStatus(statusUsage, err)
	}
	listener, err := listen(ctx, loopback(f.listen, fmt.Sprint(ams.SecurePort)))
	if err != nil {
		return err
	}
	parent.talk.line(fmt.Sprintf("Secure ADS listens on %s, machines are known by %s.", listener.Addr(), server.Mode()))
	secured := secure.NewListener(listener, server, &secure.ListenerOptions{Refused: func(remote net.Addr, err error) {
		parent.talk.say("%s refused: %s", remote, printable(cut(err.Error(), 300)))
	}})
	proven := func(conn net.Conn) ams.NetID { return conn.(*secure.Conn).Peer.NetID }
	serving.run(stop, func() error { return r.ServeSecured(secured, proven) }, secured.Close)
	return nil
}

// accept holds a machine against its route.
func (f *adsSecure) accept(r *router.Router, p *secure.Peer) error {
	route, ok := r.Route(p.NetID)
	if !ok {
		return fmt.Errorf("there is no route to %s", p.NetID)
	}
	known := false
	switch p.Mode {
	case secure.PreShared:
		known = route.Secure == "psk"
	case secure.Authority:
		known = route.Secure == "ca"
	case secure.SelfSigned:
		known = secure.SameFingerprint(route.Secure, p.Fingerprint)
	}
	if !known {
		return fmt.Errorf("the route %q does not know it by this", route.Name)
	}
	return nil
}

// addRemote enters a machine that has user and password.
func addRemote(r *router.Router, parent *adsRouter, p *secure.Peer, user, password string) error {
	if !parent.knows(user, password) {
		return errors.New("user or password is wrong")
	}
	host, _, err := net.SplitHostPort(p.Address.String())
	if err != nil {
		return err
	}
	name := p.Host
	if name == "" {
		name = host
	}
	return r.AddRoute(router.Route{Name: name, NetID: p.NetID, Address: host, Secure: p.Fingerprint})
}
