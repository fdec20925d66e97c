package tlsconf_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"stellwerk/internal/rig"
	"stellwerk/tlsconf"
)

func TestMain(m *testing.M) { rig.Main(m) }

// meet runs the handshakes of both ends, and lets an octet pass each way where
// they succeed.
func meet(t *testing.T, client, server tlsconf.Settings, host string) (seen tlsconf.State, clientErr, serverErr error) {
	t.Helper()
	dialer, err := tlsconf.New(client, tlsconf.Client)
	if err != nil {
		t.Fatal(err)
	}
	acceptor, err := tlsconf.New(server, tlsconf.Server)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	near, far := rig.Pipe(nil)
	done := make(chan error, 1)
	go func() {
		conn, err := acceptor.Server(ctx, far)
		if err == nil {
			_, err = io.Copy(conn, conn)
			err = errors.Join(err, conn.Close())
		}
		done <- err
	}()
	conn, err := dialer.Client(ctx, near, host)
	if err != nil {
		return seen, err, <-done
	}
	seen = conn.State()
	_, err = conn.Write([]byte{42})
	if err == nil {
		err = conn.CloseWrite()
	}
	if err == nil {
		var answer []byte
		if answer, err = io.ReadAll(conn); err == nil && len(answer) != 1 {
			t.Errorf("%d octets came back", len(answer))
		}
	}
	_ = near.Close()
	return seen, err, <-done
}

func reasonOf(err error) tlsconf.Reason {
	if found, ok := errors.AsType[*tlsconf.Error](err); ok {
		return found.Reason
	}
	return 0
}

// TestHandshake lets a client meet servers of all kinds.
func TestHandshake(t *testing.T) {
	authority, foreign := issue(t, nil, nil), issue(t, nil, nil)
	hour := time.Now().Add(time.Hour)
	server := func(change func(*x509.Certificate)) tlsconf.Settings {
		own := issue(t, authority, change)
		return tlsconf.Settings{Certificate: own.pem(), Key: own.keyPEM(t)}
	}
	good := server(nil)
	revokedOwn := issue(t, authority, nil)
	revoked := tlsconf.Settings{Certificate: revokedOwn.pem(), Key: revokedOwn.keyPEM(t)}
	intermediate := issue(t, authority, func(c *x509.Certificate) {
		c.Subject.CommonName = "bay authority"
		c.IsCA, c.BasicConstraintsValid, c.KeyUsage = true, true, x509.KeyUsageCertSign
	})
	below := issue(t, intermediate, nil)
	alone := issue(t, nil, func(c *x509.Certificate) { c.DNSNames = []string{"station.example"} })
	trusting := tlsconf.Settings{CA: authority.pem()}
	with := func(s tlsconf.Settings, change func(*tlsconf.Settings)) tlsconf.Settings {
		change(&s)
		return s
	}
	tests := map[string]struct {
		client, server tlsconf.Settings
		host           string
		want           tlsconf.Reason
	}{
		"trusted":               {client: trusting, server: good},
		"another name":          {client: trusting, server: good, host: "other.example", want: tlsconf.NameMismatch},
		"expired":               {client: trusting, server: server(func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }), want: tlsconf.CertificateExpired},
		"not yet valid":         {client: trusting, server: server(func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Minute) }), want: tlsconf.CertificateExpired},
		"foreign authority":     {client: tlsconf.Settings{CA: foreign.pem()}, server: good, want: tlsconf.VerifyFail},
		"roots of the system":   {client: tlsconf.Settings{}, server: good, want: tlsconf.VerifyFail},
		"no check":              {client: tlsconf.Settings{NoServerCertCheck: true}, server: good, host: "other.example"},
		"for clients only":      {client: trusting, server: server(func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }), want: tlsconf.VerifyFail},
		"common name alone":     {client: trusting, server: server(func(c *x509.Certificate) { c.DNSNames = nil })},
		"common name, star":     {client: trusting, server: server(func(c *x509.Certificate) { c.DNSNames, c.Subject = nil, pkix.Name{CommonName: "*.plant.example"} }), host: "A.plant.example"},
		"common name, two dots": {client: trusting, server: server(func(c *x509.Certificate) { c.DNSNames, c.Subject = nil, pkix.Name{CommonName: "*.plant.example"} }), host: "a.b.plant.example", want: tlsconf.NameMismatch},
		"common name beside":    {client: trusting, server: server(func(c *x509.Certificate) { c.DNSNames = []string{"x.example"} }), want: tlsconf.NameMismatch},
		"address":               {client: trusting, server: server(func(c *x509.Certificate) { c.IPAddresses = []net.IP{net.IPv6loopback} }), host: "[::1]"},
		"signed by itself":      {client: tlsconf.Settings{CA: alone.pem()}, server: tlsconf.Settings{Certificate: alone.pem(), Key: alone.keyPEM(t)}},
		"intermediate":          {client: trusting, server: tlsconf.Settings{Certificate: below.pem() + intermediate.pem(), Key: below.keyPEM(t)}},
		"intermediate missing":  {client: trusting, server: tlsconf.Settings{Certificate: below.pem(), Key: below.keyPEM(t)}, want: tlsconf.VerifyFail},
		"list":                  {client: with(trusting, func(s *tlsconf.Settings) { s.CRL = authority.revoke(t, hour, revokedOwn) }), server: good},
		"revoked":               {client: with(trusting, func(s *tlsconf.Settings) { s.CRL = authority.revoke(t, hour, revokedOwn) }), server: revoked, want: tlsconf.VerifyFail},
		"list has run out":      {client: with(trusting, func(s *tlsconf.Settings) { s.CRL = authority.revoke(t, time.Now().Add(-time.Minute)) }), server: good, want: tlsconf.VerifyFail},
		"list of another":       {client: with(trusting, func(s *tlsconf.Settings) { s.CRL = foreign.revoke(t, hour, revokedOwn) }), server: good, want: tlsconf.VerifyFail},
		"list and no check":     {client: tlsconf.Settings{NoServerCertCheck: true, CRL: authority.revoke(t, hour, revokedOwn)}, server: revoked},
		"versions apart":        {client: with(trusting, func(s *tlsconf.Settings) { s.Version = "tlsv1.3" }), server: with(good, func(s *tlsconf.Settings) { s.Version = "tlsv1.2" }), want: tlsconf.HandshakeFail},
		"suites apart": {
			client: with(trusting, func(s *tlsconf.Settings) { s.Version, s.Ciphers = "tlsv1.2", "ECDHE-ECDSA-AES128-SHA" }),
			server: with(good, func(s *tlsconf.Settings) { s.Ciphers = "ECDHE-ECDSA-AES256-GCM-SHA384" }), want: tlsconf.HandshakeFail,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			host := test.host
			if host == "" {
				host = "station.example"
			}
			_, clientErr, serverErr := meet(t, test.client, test.server, host)
			if got := reasonOf(clientErr); got != test.want || test.want == 0 && (clientErr != nil || serverErr != nil) {
				t.Errorf("client: %v, server: %v; want %v", clientErr, serverErr, test.want)
			}
			if test.want != 0 && serverErr == nil {
				t.Error("the server has noticed nothing")
			}
		})
	}
}

// TestClients lets a server that demands certificates meet clients.
func TestClients(t *testing.T) {
	authority, foreign := issue(t, nil, nil), issue(t, nil, nil)
	own := issue(t, authority, nil)
	client := func(issuer *issued, change func(*x509.Certificate)) (tlsconf.Settings, *issued) {
		c := issue(t, issuer, change)
		return tlsconf.Settings{CA: authority.pem(), Certificate: c.pem(), Key: c.keyPEM(t)}, c
	}
	good, goodOwn := client(authority, func(c *x509.Certificate) { c.DNSNames = nil })
	stranger, _ := client(foreign, nil)
	late, _ := client(authority, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) })
	wrong, _ := client(authority, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} })
	server := tlsconf.Settings{CA: authority.pem(), Certificate: own.pem(), Key: own.keyPEM(t)}
	strict := server
	strict.CRL = authority.revoke(t, time.Now().Add(time.Hour), goodOwn)
	tests := map[string]struct {
		client, server tlsconf.Settings
		want           tlsconf.Reason
	}{
		"trusted":          {good, server, 0},
		"without":          {tlsconf.Settings{CA: authority.pem()}, server, tlsconf.HandshakeFail},
		"foreign":          {stranger, server, tlsconf.VerifyFail},
		"expired":          {late, server, tlsconf.CertificateExpired},
		"for servers only": {wrong, server, tlsconf.VerifyFail},
		"revoked":          {good, strict, tlsconf.VerifyFail},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, clientErr, serverErr := meet(t, test.client, test.server, "station.example")
			if got := reasonOf(serverErr); got != test.want || (test.want == 0) != (serverErr == nil) {
				t.Errorf("server: %v, client: %v; want %v", serverErr, clientErr, test.want)
			}
			if (clientErr == nil) != (test.want == 0) {
				t.Errorf("client: %v", clientErr)
			}
		})
	}
}

// TestSuites agrees on each suite that crypto/tls has.
func TestSuites(t *testing.T) {
	authority := issue(t, nil, nil)
	own := issue(t, authority, nil)
	for _, suite := range tlsconf.Suites() {
		client := tlsconf.Settings{CA: authority.pem(), Version: "tlsv1.2", Ciphers: suite.Name}
		if _, err := tlsconf.New(client, tlsconf.Client); err != nil || suite.ID&0xff00 != 0xc000 || suite.Name[:11] != "ECDHE-ECDSA" {
			continue // needs another engine, or a certificate for RSA
		}
		t.Run(suite.Name, func(t *testing.T) {
			server := tlsconf.Settings{Certificate: own.pem(), Key: own.keyPEM(t), Ciphers: suite.Name}
			state, clientErr, serverErr := meet(t, client, server, "station.example")
			if clientErr != nil || serverErr != nil {
				t.Fatalf("client: %v, server: %v", clientErr, serverErr)
			}
			if got := tlsconf.SuiteName(state.Suite); got != suite.Name || state.Version != tls.VersionTLS12 {
				t.Errorf("%s with version %#x; want %s", got, state.Version, suite.Name)
			}
		})
	}
}

// TestSilence ends the handshake with a peer that says nothing.
func TestSilence(t *testing.T) {
	near, far := rig.Pipe(nil)
	defer far.Close()
	endpoint, err := tlsconf.New(tlsconf.Settings{NoServerCertCheck: true}, tlsconf.Client)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err = endpoint.Client(ctx, near, "station.example")
	if !errors.Is(err, context.DeadlineExceeded) || reasonOf(err) != tlsconf.HandshakeFail {
		t.Errorf("Client: %v", err)
	}
	if _, err := near.Write([]byte{1}); !errors.Is(err, net.ErrClosed) {
		t.Errorf("the connection is still open: %v", err)
	}
}
