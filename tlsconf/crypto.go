package tlsconf

import (
	"crypto/tls"
	"net"
	"strings"
	"time"
)

// cryptoTLS is the engine of the standard library.
type cryptoTLS struct{}

// Name returns "crypto/tls".
func (cryptoTLS) Name() string { return "crypto/tls" }

// Check says what crypto/tls cannot do.
func (cryptoTLS) Check(c *Config) error {
	if c.PSK() {
		return fail(Setup, "pre-shared keys need OpenSSL, which is not at hand")
	}
	list := c.ciphers
	if list.text == "" {
		return nil
	}
	if len(list.unknown) > 0 {
		return fail(CipherInvalid, "%s: no such suite is known here; OpenSSL, which might know more, is not at hand", strings.Join(list.unknown, ", "))
	}
	if list.expression {
		return fail(Setup, "the cipher string %q is an expression, which needs OpenSSL; it is not at hand: name suites", list.text)
	}
	for _, s := range list.suites {
		if !s.crypto() {
			return fail(Setup, "the suite %s needs OpenSSL, which is not at hand", s.Name)
		}
	}
	if c.MinVersion == tls.VersionTLS13 {
		return fail(CipherInvalid, "%q: none of these suites works with TLS 1.3", list.text)
	}
	return nil
}

// Client returns the client's end.
func (e cryptoTLS) Client(conn net.Conn, c *Config, host string) (Conn, error) {
	config := e.config(c)
	config.ServerName = host
	config.VerifyConnection = func(state tls.ConnectionState) error {
		return c.Verify(state.PeerCertificates, host, time.Now())
	}
	return cryptoConn{tls.Client(conn, config)}, nil
}

// Server returns the server's end.
func (e cryptoTLS) Server(conn net.Conn, c *Config) (Conn, error) {
	config := e.config(c)
	if c.Authorities != nil {
		config.ClientAuth = tls.RequireAnyClientCert
		config.ClientCAs = c.roots // named in the request
		config.VerifyConnection = func(state tls.ConnectionState) error {
			return c.Verify(state.PeerCertificates, "", time.Now())
		}
	}
	return cryptoConn{tls.Server(conn, config)}, nil
}

func (cryptoTLS) config(c *Config) *tls.Config {
	config := &tls.Config{
		MinVersion: c.MinVersion,
		MaxVersion: c.MaxVersion,
		// Config.Verify judges instead, which knows revocation lists and
		// common names.
		InsecureSkipVerify: true, //nolint:gosec // see above
		// A session that is continued would not be verified anew.
		SessionTicketsDisabled: true,
	}
	for _, s := range c.ciphers.suites {
		config.CipherSuites = append(config.CipherSuites, s.ID)
	}
	if c.Key != nil {
		own := tls.Certificate{Certificate: c.Chain, PrivateKey: c.Key}
		config.Certificates = []tls.Certificate{own}
		// Sent whatever authorities the server names, so that the server's
		// refusal says what is wrong.
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &own, nil }
	}
	return config
}

// cryptoConn is a connection of crypto/tls.
type cryptoConn struct{ *tls.Conn }

// State returns what the handshake has agreed on.
func (c cryptoConn) State() State {
	state := c.ConnectionState()
	s := State{Version: state.Version, Suite: state.CipherSuite, Resumed: state.DidResume}
	for _, certificate := range state.PeerCertificates {
		s.Peer = append(s.Peer, certificate.Raw)
	}
	return s
}
