package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/spf13/pflag"

	"stellwerk/ads/ams"
	"stellwerk/ads/secure"
)

// plcSecure are the flags by which a simulated PLC is asked by secure ADS.
type plcSecure struct {
	on                bool
	common            adsSecure // what the AMS router has as well
	known             []string  // fingerprints
	user, passwordEnv string

	mu      sync.Mutex
	entered []string // fingerprints, by first contact; guarded by mu
}

func (f *plcSecure) register(flags *pflag.FlagSet) {
	flags.BoolVar(&f.on, "secure", false, "be asked by secure ADS, on port 8016")
	flags.StringVar(&f.common.cert, "cert", "", "with --secure: certificate of the PLC, PEM or DER")
	flags.StringVar(&f.common.key, "key", "", "with --secure: its private key, PEM or DER")
	flags.StringArrayVar(&f.known, "fingerprint", nil, "with --secure: fingerprint of a client's certificate; again for others (default all)")
	flags.StringVar(&f.user, "user", "", "with --secure: user who may enter further clients")
	flags.StringVar(&f.passwordEnv, "password-env", "", "environment variable that has the user's password")
	flags.StringVar(&f.common.ca, "ca", "", "with --secure: certificates of the authority that clients must have theirs from, PEM or DER")
	flags.StringVar(&f.common.identity, "psk-identity", "", "with --secure: identity of the pre-shared key")
	flags.StringVar(&f.common.passwordEnv, "psk-password-env", "", "environment variable that has its password")
}

// check finds flags that do not go together.
func (f *plcSecure) check(connect string) error {
	c := &f.common
	certified, byFingerprint := c.cert != "" || c.key != "", len(f.known) > 0 || f.user != "" || f.passwordEnv != ""
	switch {
	case !f.on && (certified || byFingerprint || c.ca != "" || c.identity != "" || c.passwordEnv != ""):
		return errors.New("--cert, --key, --fingerprint, --user, --password-env, --ca, --psk-identity and --psk-password-env are for secure ADS: add --secure")
	case !f.on:
		return nil
	case connect != "":
		return errors.New("--secure and --connect: programs register with the router of their machine in plain text")
	case c.identity != "" && (certified || byFingerprint || c.ca != ""), c.ca != "" && byFingerprint:
		return errors.New("--secure: clients are known by fingerprints, by an authority (--ca) or by a pre-shared key (--psk-identity); choose one")
	case c.identity == "" && c.passwordEnv == "" && c.cert == "":
		return errors.New("--secure: the PLC needs --cert and --key, or --psk-identity and --psk-password-env")
	case (f.user == "") != (f.passwordEnv == ""):
		return errors.New("--user and --password-env belong together: name both")
	case f.user != "" && os.Getenv(f.passwordEnv) == "":
		return fmt.Errorf("--password-env: the environment variable %s has no password", f.passwordEnv)
	case c.passwordEnv != "" && c.password() == "":
		return fmt.Errorf("--psk-password-env: the environment variable %s has no password", c.passwordEnv)
	}
	for _, known := range f.known {
		if err := secure.CheckFingerprint(known); err != nil {
			return fmt.Errorf("--fingerprint: %w", err)
		}
	}
	return c.check(nil)
}

// port is where clients look for the PLC.
func (f *plcSecure) port() string {
	if f.on {
		return strconv.Itoa(ams.SecurePort)
	}
	return strconv.Itoa(ams.TCPPort)
}

// framing is how frames follow each other.
func (f *plcSecure) framing() ams.Framing {
	if f.on {
		return ams.Bare
	}
	return ams.OverTCP
}

// server makes what puts secure ADS on connections; nil without --secure.
func (f *plcSecure) server(own ams.NetID) (*secure.Server, error) {
	if !f.on {
		return nil, nil //nolint:nilnil // there is none
	}
	o := secure.ServerOptions{
		NetID: own, Host: f.common.host(), Certificate: f.common.cert, Key: f.common.key, CA: f.common.ca, Accept: f.accept,
	}
	if f.user != "" {
		o.AddRemote = f.enter
	}
	if f.common.identity != "" {
		o.Passwords = func(identity string) (string, bool) {
			return f.common.password(), strings.EqualFold(identity, f.common.identity)
		}
	}
	server, err := secure.NewServer(o, f.common.engines()...)
	return server, withStatus(statusUsage, err)
}

// accept decides about a client whose fingerprint counts.
func (f *plcSecure) accept(p *secure.Peer) error {
	if p.Mode != secure.SelfSigned || len(f.known) == 0 && f.user == "" {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	same := func(known string) bool { return secure.SameFingerprint(known, p.Fingerprint) }
	if !slices.ContainsFunc(f.known, same) && !slices.ContainsFunc(f.entered, same) {
		return fmt.Errorf("the fingerprint %s is not known", p.Fingerprint)
	}
	return nil
}

// maxEntered bounds the clients that enter themselves.
const maxEntered = 1000

// enter is first contact.
func (f *plcSecure) enter(p *secure.Peer, user, password string) error {
	if user != f.user || password != os.Getenv(f.passwordEnv) {
		return errors.New("user or password is wrong")
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.entered) == maxEntered {
		return fmt.Errorf("%d clients have been entered, as many as there may be", maxEntered)
	}
	f.entered = append(f.entered, p.Fingerprint)
	return nil
}

// wrap makes a listener one of secure ADS, and says how clients are known.
func (f *plcSecure) wrap(listener net.Listener, server *secure.Server, talk *teller) net.Listener {
	if server == nil {
		return listener
	}
	known := server.Mode().String()
	if fingerprint := f.common.fingerprint(); fingerprint != "" && server.Mode() == secure.SelfSigned {
		known += ", and the PLC by its fingerprint " + fingerprint
	}
	talk.line("It speaks secure ADS; clients are known by " + known + ".")
	return secure.NewListener(listener, server, &secure.ListenerOptions{Refused: func(from net.Addr, err error) {
		if errors.Is(err, secure.ErrAdded) {
			talk.say("%s has been entered", from)
			return
		}
		talk.say("%s refused: %s", from, printable(cut(err.Error(), 300)))
	}})
}
