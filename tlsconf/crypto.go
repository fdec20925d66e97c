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

// Prepare says what crypto/tls cannot do, or makes ready.
func (cryptoTLS) Prepare(c *Config) (Maker, error) {
	if err := lacking(c); err != nil {
		return nil, err
	}
	return cryptoMaker{c}, nil
}

// lacking says what crypto/tls cannot do.
func lacking(c *Config) error {
	if c.PSK() {
		return fail(Setup, "pre-shared keys need OpenSSL, which is not at hand")
	}
	list := c.Ciphers
	if list.Text == "" {
		return nil
	}
	if len(list.Unknown) > 0 {
		return fail(CipherInvalid, "%s: no such suite is known here; OpenSSL, which might know more, is not at hand", strings.Join(list.Unknown, ", "))
	}
	if list.Expression {
		return fail(Setup, "the cipher string %q is an expression, which needs OpenSSL; it is not at hand: name suites", list.Text)
	}
	for _, s := range list.Suites {
		if !s.crypto() {
			return fail(Setup, "the suite %s needs OpenSSL, which is not at hand", s.Name)
		}
	}
	if c.MinVersion == tls.VersionTLS13 {
		return fail(CipherInvalid, "%q: none of these suites works with TLS 1.3", list.Text)
	}
	return nil
}

// cryptoMaker makes connections of crypto/tls.
type cryptoMaker struct{ *Config }

// Client returns the client's end.
func (m cryptoMaker) Client(conn net.Conn, host string) (Conn, error) {
	config := m.config()
	config.ServerName = host
	config.VerifyConnection = func(state tls.ConnectionState) error {
		return m.Verify(state.PeerCertificates, host, time.Now())
	}
	return cryptoConn{tls.Client(conn, config)}, nil
}

// Server returns the server's end.
func (m cryptoMaker) Server(conn net.Conn) (Conn, error) {
	config := m.config()
	if m.Demands() {
		config.ClientAuth = tls.RequireAnyClientCert
		config.ClientCAs = m.roots // named in the request
		config.VerifyConnection = func(state tls.ConnectionState) error {
			return m.Verify(state.PeerCertificates, "", time.Now())
		}
	}
	return cryptoConn{tls.Server(conn, config)}, nil
}

func (m cryptoMaker) config() *tls.Config {
	config := &tls.Config{
		MinVersion: m.MinVersion,
		MaxVersion: m.MaxVersion,
		// Config.Verify judges instead, which knows revocation lists and
		// common names.
		InsecureSkipVerify: true, //nolint:gosec // see above
		// A session that is continued would not be verified anew.
		SessionTicketsDisabled: true,
	}
	for _, s := range m.Ciphers.Suites {
		config.CipherSuites = append(config.CipherSuites, s.ID)
	}
	if m.Key != nil {
		own := tls.Certificate{Certificate: m.Chain, PrivateKey: m.Key}
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
