package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/pflag"
)

// tlsFlags are the flags of TLS.
type tlsFlags struct {
	on            bool
	ca, cert, key string
	name          string
}

func (f *tlsFlags) register(flags *pflag.FlagSet) {
	flags.BoolVar(&f.on, "tls", false, "speak TLS (1.2 or 1.3)")
	flags.StringVar(&f.ca, "ca", "", "file with the certificates (PEM) that the other side's must come from; without it those of this machine")
	flags.StringVar(&f.cert, "cert", "", "file with our certificate (PEM)")
	flags.StringVar(&f.key, "key", "", "file with its private key (PEM)")
}

// registerName adds the flag that only who connects has.
func (f *tlsFlags) registerName(flags *pflag.FlagSet) {
	flags.StringVar(&f.name, "server-name", "", "name that the station's certificate must have; without it that of the host")
}

// check says which flags do not go together.
func (f *tlsFlags) check() error {
	switch {
	case !f.on && (f.ca != "" || f.cert != "" || f.key != "" || f.name != ""):
		return errors.New("--ca, --cert, --key and --server-name are for TLS: add --tls")
	case (f.cert == "") != (f.key == ""):
		return errors.New("--cert and --key belong together: name both")
	}
	return nil
}

// client returns the settings of who connects.
func (f *tlsFlags) client(host string) (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: host}
	if f.name != "" {
		c.ServerName = f.name
	}
	var err error
	if c.RootCAs, err = f.authorities(); err != nil {
		return nil, err
	}
	return c, f.identity(c)
}

// server returns the settings of who waits: with --ca, the other side must show a
// certificate that comes from there.
func (f *tlsFlags) server() (*tls.Config, error) {
	if f.cert == "" {
		return nil, errors.New("--tls: a listener needs a certificate; name it with --cert and --key")
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	var err error
	if c.ClientCAs, err = f.authorities(); err != nil {
		return nil, err
	}
	if c.ClientCAs != nil {
		c.ClientAuth = tls.RequireAndVerifyClientCert
	}
	return c, f.identity(c)
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
