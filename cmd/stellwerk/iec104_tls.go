package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"

	"github.com/spf13/pflag"

	"stellwerk/iec104/iec62351"
)

// tlsFlags are the flags of TLS. With certificates of both sides connections are
// those of IEC 62351-3; with fewer they are plain TLS, as devices have it that
// are not set up yet.
type tlsFlags struct {
	on            bool
	ca, cert, key string
	crl           []string
	name          string
}

func (f *tlsFlags) register(flags *pflag.FlagSet) {
	flags.BoolVar(&f.on, "tls", false, "speak TLS (1.2 or 1.3); with --ca, --cert and --key as IEC 62351-3 asks for")
	flags.StringVar(&f.ca, "ca", "", "file with the certificates (PEM) that the other side's must come from; without it those of this machine")
	flags.StringVar(&f.cert, "cert", "", "file with our certificate (PEM)")
	flags.StringVar(&f.key, "key", "", "file with its private key (PEM)")
	flags.StringArrayVar(&f.crl, "crl", nil, "file with a list of revoked certificates; one for each authority")
}

// registerName adds the flag that only who connects has.
func (f *tlsFlags) registerName(flags *pflag.FlagSet) {
	flags.StringVar(&f.name, "server-name", "", "name that the station's certificate must have; without it that of the host")
}

// check says which flags do not go together.
func (f *tlsFlags) check() error {
	switch {
	case !f.on && (f.ca != "" || f.cert != "" || f.key != "" || f.name != "" || len(f.crl) > 0):
		return errors.New("--ca, --cert, --key, --crl and --server-name are for TLS: add --tls")
	case (f.cert == "") != (f.key == ""):
		return errors.New("--cert and --key belong together: name both")
	case len(f.crl) > 0 && !f.mutual():
		return errors.New("--crl needs the certificates of both sides: name --ca, --cert and --key")
	}
	return nil
}

// mutual reports whether both sides have certificates.
func (f *tlsFlags) mutual() bool { return f.ca != "" && f.cert != "" }

// securedConn is a TLS connection of either kind.
type securedConn interface {
	net.Conn
	HandshakeContext(ctx context.Context) error
	ConnectionState() tls.ConnectionState
}

// profile reads the files of IEC 62351-3.
func (f *tlsFlags) profile(host string) (*iec62351.Profile, error) {
	return iec62351.New(&iec62351.Config{
		Certificate: f.cert, Key: f.key, Authorities: []string{f.ca}, RevocationLists: f.crl,
		ServerName: host,
	})
}

// client returns what makes a connection the client's end of a secure one.
func (f *tlsFlags) client(host string) (func(net.Conn) securedConn, error) {
	if f.name != "" {
		host = f.name
	}
	if f.mutual() {
		profile, err := f.profile(host)
		if err != nil {
			return nil, err
		}
		return func(conn net.Conn) securedConn { return profile.Client(conn) }, nil
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: host, Renegotiation: tls.RenegotiateFreelyAsClient}
	var err error
	if c.RootCAs, err = f.authorities(); err != nil {
		return nil, err
	}
	if err := f.identity(c); err != nil {
		return nil, err
	}
	return func(conn net.Conn) securedConn { return tls.Client(conn, c) }, nil
}

// server makes the connections of a listener secure. Without --ca whoever connects
// needs no certificate. What it returns is to be closed in the end.
func (f *tlsFlags) server(listener net.Listener) (net.Listener, error) {
	if f.cert == "" {
		return nil, errors.New("--tls: a listener needs a certificate; name it with --cert and --key")
	}
	if f.mutual() {
		profile, err := f.profile("")
		if err != nil {
			return nil, err
		}
		return profile.Listen(listener), nil
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if err := f.identity(c); err != nil {
		return nil, err
	}
	return tls.NewListener(listener, c), nil
}

func (f *tlsFlags) identity(c *tls.Config) error {
	if f.cert == "" {
		return nil
	}
	certificate, err := tls.LoadX509KeyPair(f.cert, f.key)
	if err != nil {
		return fmt.Errorf("--cert %s --key %s: %w", f.cert, f.key, err)
	}
	c.Certificates = []tls.Certificate{certificate}
	return nil
}

func (f *tlsFlags) authorities() (*x509.CertPool, error) {
	if f.ca == "" {
		return nil, nil
	}
	text, err := os.ReadFile(f.ca)
	if err != nil {
		return nil, fmt.Errorf("--ca: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("--ca %s: no certificate in it", f.ca)
	}
	return pool, nil
}

// unsecured says why there is no TLS.
func (d *dialer) unsecured(err error) error {
	next := "check the certificates of both sides"
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var header tls.RecordHeaderError
	refused, _ := errors.AsType[*iec62351.Error](err)
	switch {
	case errors.As(err, &unknown), refused != nil && refused.Kind == iec62351.UnknownAuthority:
		next = "name the file with the authority's certificate with --ca"
	case errors.As(err, &name), refused != nil && refused.Kind == iec62351.WrongName:
		next = "name the host as it stands in the certificate with --server-name"
	case errors.As(err, &header):
		next = "leave --tls out, or name the port of TLS, " + tlsPort + " as a rule: this one speaks something else"
	case hungUp(err):
		next = "check whether this is the port of TLS, and whether the other side wants a certificate from us (--cert, --key)"
	case errors.Is(err, context.DeadlineExceeded):
		next = "check whether this is the port of TLS: the other side says nothing"
	}
	if errors.Is(err, io.EOF) {
		err = errors.New("the other side hangs up")
	}
	return advise(statusUnreachable, fmt.Errorf("no TLS with %s: %w", d.address, err), next)
}
