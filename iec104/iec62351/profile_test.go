package iec62351_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/iec104/iec62351"
	"stellwerk/internal/rig"
)

func TestMain(m *testing.M) { rig.Main(m) }

// meet connects a client with a server, has an octet sent each way, and returns
// both ends and what went wrong at each.
func meet(t *testing.T, server *iec62351.Profile, client func(net.Conn) net.Conn) (near, far net.Conn, clientErr, serverErr error) {
	t.Helper()
	a, b := rig.Pipe(nil)
	far = server.Server(b)
	near = client(a)
	t.Cleanup(func() { _ = a.Close(); _ = b.Close() })
	done := make(chan error, 1)
	echo := func(conn net.Conn, first bool) error {
		octet := []byte{0x68}
		if first {
			if _, err := conn.Write(octet); err != nil {
				return err
			}
		}
		if _, err := io.ReadFull(conn, octet); err != nil {
			return err
		}
		if !first {
			_, err := conn.Write(octet)
			return err
		}
		return nil
	}
	go func() {
		err := echo(far, false)
		if err != nil {
			_ = b.Close()
		}
		done <- err
	}()
	clientErr = echo(near, true)
	if clientErr != nil {
		_ = a.Close()
	}
	return near, far, clientErr, <-done
}

// kind returns why a peer was refused.
func kind(err error) string {
	if refused, ok := errors.AsType[*iec62351.Error](err); ok {
		return refused.Kind.String()
	}
	return fmt.Sprint(err)
}

func TestMutual(t *testing.T) {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		t.Run(tls.VersionName(version), func(t *testing.T) {
			ca := newAuthority(t, "CA")
			ca.issue("station", nil, nil)
			centre := ca.issue("centre", nil, nil)
			var log eventLog
			station, client := ca.config("station", &log), ca.config("centre", &log)
			client.ServerName = "127.0.0.1"
			station.Subjects = []string{centre.Subject.String()}
			server, p := profile(t, station), profile(t, client)
			near, far, e1, e2 := meet(t, server, func(conn net.Conn) net.Conn {
				if version == tls.VersionTLS13 {
					return p.Client(conn)
				}
				// Our own client takes the highest version.
				pair, err := tls.LoadX509KeyPair(client.Certificate, client.Key)
				if err != nil {
					t.Fatal(err)
				}
				return tls.Client(conn, &tls.Config{Certificates: []tls.Certificate{pair}, MaxVersion: version, InsecureSkipVerify: true, Time: log.now})
			})
			if e1 != nil || e2 != nil {
				t.Fatal(e1, e2)
			}
			state := far.(*iec62351.Conn).ConnectionState()
			if state.Version != version || state.DidResume || state.PeerCertificates[0].Subject.CommonName != "centre" {
				t.Errorf("%+v", state)
			}
			if got := log.take(); len(got) > 0 {
				t.Error(got)
			}
			_, _ = near.Close(), far.Close()
		})
	}
}

func TestRefused(t *testing.T) {
	t.Setenv("GODEBUG", "rsa1024min=0")
	ca, other := newAuthority(t, "CA"), newAuthority(t, "Other")
	ca.issue("station", nil, nil)
	ca.issue("centre", nil, nil)
	short, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	between := func(begin, end time.Time) func(*x509.Certificate) {
		return func(c *x509.Certificate) { c.NotBefore, c.NotAfter = begin, end }
	}
	allowed := ca.issue("allowed", nil, nil)
	ca.issue("expired", nil, between(now.AddDate(-2, 0, 0), now.Add(-time.Second)))
	ca.issue("future", nil, between(now.Add(time.Second), now.AddDate(2, 0, 0)))
	ca.issue("server-only", nil, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} })
	ca.issue("weak", short, nil)
	ca.revoke("ca.crl", now.Add(240*time.Hour), ca.issue("revoked", nil, nil))
	other.issue("stranger", nil, nil)

	with := func(a *authority, name string, change func(*tls.Config)) func(net.Conn) net.Conn {
		return func(conn net.Conn) net.Conn {
			config := &tls.Config{InsecureSkipVerify: true, Time: func() time.Time { return now }}
			if name != "" {
				pair, err := tls.LoadX509KeyPair(a.path(name+".pem"), a.path(name+".key"))
				if err != nil {
					t.Fatal(err)
				}
				config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &pair, nil }
			}
			if change != nil {
				change(config)
			}
			return tls.Client(conn, config)
		}
	}
	sum := sha256.Sum256(allowed.Raw)
	for _, test := range []struct {
		name   string
		client func(net.Conn) net.Conn
		change func(*iec62351.Config)
		want   iec62351.Kind
		ok     bool
	}{
		{"good", with(ca, "centre", nil), nil, 0, true},
		{"expired", with(ca, "expired", nil), nil, iec62351.Expired, false},
		{"not yet valid", with(ca, "future", nil), nil, iec62351.NotYetValid, false},
		{"unknown authority", with(other, "stranger", nil), nil, iec62351.UnknownAuthority, false},
		{"revoked", with(ca, "revoked", nil), nil, iec62351.Revoked, false},
		{"weak key", with(ca, "weak", nil), nil, iec62351.WeakKey, false},
		{"a server's certificate", with(ca, "server-only", nil), nil, iec62351.CertificateInvalid, false},
		{"no certificate", with(nil, "", nil), nil, iec62351.NoCertificate, false},
		{"TLS 1.1", with(ca, "centre", func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 }), nil, iec62351.VersionRefused, false},
		{
			"TLS 1.2 where 1.3 is wanted", with(ca, "centre", func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 }),
			func(c *iec62351.Config) { c.MinVersion = tls.VersionTLS13 }, iec62351.VersionRefused, false,
		},
		{"no common cipher suite", with(ca, "centre", func(c *tls.Config) {
			c.MaxVersion, c.CipherSuites = tls.VersionTLS12, []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA}
		}), nil, iec62351.HandshakeFailed, false},
		{"not allowed", with(ca, "centre", nil), func(c *iec62351.Config) { c.Subjects = []string{"somebody"} }, iec62351.NotAllowed, false},
		{"allowed by fingerprint", with(ca, "allowed", nil), func(c *iec62351.Config) { c.Fingerprints = []string{fmt.Sprintf("%X", sum)} }, 0, true},
		{
			"list out of date", with(ca, "centre", nil), func(c *iec62351.Config) { c.Clock = func() time.Time { return now.Add(241 * time.Hour) } },
			iec62351.RevocationUnknown, false,
		},
		{
			"no list of the authority", with(ca, "centre", nil), func(c *iec62351.Config) { c.RevocationLists = []string{other.path("ca.crl")} },
			iec62351.RevocationUnknown, false,
		},
		{"no lists", with(ca, "revoked", nil), func(c *iec62351.Config) { c.RevocationLists = nil }, 0, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			var log eventLog
			config := ca.config("station", &log)
			if test.change != nil {
				test.change(config)
			}
			_, far, clientErr, serverErr := meet(t, profile(t, config), test.client)
			defer far.Close()
			got := log.take()
			if test.ok {
				if clientErr != nil || serverErr != nil || len(got) > 0 {
					t.Error(clientErr, serverErr, got)
				}
				return
			}
			if clientErr == nil || kind(serverErr) != test.want.String() || !slices.Equal(got, []iec62351.Kind{test.want}) {
				t.Errorf("%v, %v, %v", clientErr, serverErr, got)
			}
		})
	}
}

// The client checks the server in the same way.
func TestClientRefuses(t *testing.T) {
	ca, other := newAuthority(t, "CA"), newAuthority(t, "Other")
	ca.issue("centre", nil, nil)
	ca.issue("station", nil, nil)
	ca.revoke("ca.crl", now.Add(240*time.Hour), ca.issue("revoked", nil, nil))
	other.issue("stranger", nil, nil)
	for _, test := range []struct {
		name string
		a    *authority
		file string
		ask  tls.ClientAuthType
		host string
		want iec62351.Kind
	}{
		{"unknown authority", other, "stranger", tls.RequireAnyClientCert, "127.0.0.1", iec62351.UnknownAuthority},
		{"revoked", ca, "revoked", tls.RequireAnyClientCert, "127.0.0.1", iec62351.Revoked},
		{"another name", ca, "station", tls.RequireAnyClientCert, "station.example", iec62351.WrongName},
		{"not mutual", ca, "station", tls.NoClientCert, "127.0.0.1", iec62351.NoCertificate},
	} {
		t.Run(test.name, func(t *testing.T) {
			var log eventLog
			config := ca.config("centre", &log)
			config.ServerName = test.host
			pair, err := tls.LoadX509KeyPair(test.a.path(test.file+".pem"), test.a.path(test.file+".key"))
			if err != nil {
				t.Fatal(err)
			}
			a, b := rig.Pipe(nil)
			served := make(chan error, 1)
			go func() {
				server := tls.Server(b, &tls.Config{Certificates: []tls.Certificate{pair}, ClientAuth: test.ask})
				_, err := server.Read(make([]byte, 1))
				served <- errors.Join(err, b.Close())
			}()
			client := profile(t, config).Client(a)
			err = client.Handshake()
			_ = client.Close()
			if err := <-served; err == nil {
				t.Error("the server has received something")
			}
			if got := log.take(); kind(err) != test.want.String() || !slices.Equal(got, []iec62351.Kind{test.want}) {
				t.Errorf("%v, %v", err, got)
			}
		})
	}
}

// Certificates are revoked, run out and are renewed while connections are open.
func TestRenewal(t *testing.T) {
	ca := newAuthority(t, "CA")
	ca.issue("station", nil, nil)
	first := ca.issue("first", nil, nil)
	ca.issue("second", nil, func(c *x509.Certificate) { c.NotBefore, c.NotAfter = now.Add(-time.Hour), now.Add(time.Hour) })
	var log, quiet eventLog
	server := profile(t, ca.config("station", &log))
	connect := func(name string) (net.Conn, net.Conn, error) {
		near, far, _, err := meet(t, server, func(conn net.Conn) net.Conn { return profile(t, ca.config(name, &quiet)).Client(conn) })
		return near, far, err
	}
	_, one, err := connect("first")
	if err != nil {
		t.Fatal(err)
	}
	_, two, err := connect("second")
	if err != nil {
		t.Fatal(err)
	}

	// Nothing has changed.
	if err := server.Reload(); err != nil || len(log.take()) > 0 {
		t.Error(err)
	}
	// The first is revoked.
	ca.revoke("ca.crl", now.Add(240*time.Hour), first)
	if err := server.Reload(); err != nil {
		t.Error(err)
	}
	if _, err := one.Read(make([]byte, 1)); kind(err) != iec62351.Revoked.String() {
		t.Error(err)
	}
	if got := log.take(); !slices.Equal(got, []iec62351.Kind{iec62351.Renewed, iec62351.Revoked}) {
		t.Error(got)
	}
	if _, _, err := connect("first"); kind(err) != iec62351.Revoked.String() {
		t.Error(err)
	}
	log.take()
	// A bad file changes nothing, and is told of once.
	good, err := os.ReadFile(ca.path("ca.crl"))
	if err != nil {
		t.Fatal(err)
	}
	ca.write("ca.crl", "X509 CRL", []byte("no list"))
	for range 2 {
		if err := server.Reload(); err == nil || !strings.Contains(err.Error(), "ca.crl") {
			t.Error(err)
		}
	}
	if got := log.take(); !slices.Equal(got, []iec62351.Kind{iec62351.FilesBad}) {
		t.Error(got)
	}
	if err := os.WriteFile(ca.path("ca.crl"), good, 0o600); err != nil {
		t.Fatal(err)
	}
	// The second runs out; the list is read without being asked for.
	log.pass(2 * time.Hour)
	if err := server.Reload(); err != nil {
		t.Error(err)
	}
	if _, err := two.Read(make([]byte, 1)); kind(err) != iec62351.Expired.String() {
		t.Error(err)
	}
	ca.revoke("ca.crl", now.Add(240*time.Hour))
	quiet.pass(2 * time.Hour)
	log.pass(time.Minute) // the interval
	log.take()
	_, again, err := connect("first")
	if err != nil || !slices.Equal(log.take(), []iec62351.Kind{iec62351.Renewed}) {
		t.Error(err)
	}
	// A list that is out of date closes nothing, but is told of.
	log.pass(300 * time.Hour)
	if err := server.Reload(); err != nil {
		t.Error(err)
	}
	if _, err := again.Write([]byte{0x68}); err != nil || !slices.Equal(log.take(), []iec62351.Kind{iec62351.ListOutdated}) {
		t.Error(err)
	}
}

// Run renews by itself.
func TestRun(t *testing.T) {
	ca := newAuthority(t, "CA")
	station := ca.issue("station", nil, nil)
	_ = station
	synctest.Test(t, func(t *testing.T) {
		var log eventLog
		p := profile(t, ca.config("station", &log))
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- p.Run(ctx) }()
		ca.revoke("ca.crl", now.Add(480*time.Hour))
		time.Sleep(61 * time.Second)
		if got := log.take(); !slices.Equal(got, []iec62351.Kind{iec62351.Renewed}) {
			t.Error(got)
		}
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

// A peer that says nothing, or stops in the middle, is closed in time.
func TestSlowHandshake(t *testing.T) {
	ca := newAuthority(t, "CA")
	ca.issue("station", nil, nil)
	for _, octets := range [][]byte{nil, {22, 3, 1, 2, 0, 1}} {
		synctest.Test(t, func(t *testing.T) {
			var log eventLog
			config := ca.config("station", &log)
			config.HandshakeTimeout = 7 * time.Second
			a, b := net.Pipe()
			far := profile(t, config).Server(b)
			go func() {
				_, _ = a.Write(octets)
			}()
			begin := time.Now()
			_, err := far.Read(make([]byte, 1))
			if after := time.Since(begin); after != 7*time.Second || kind(err) != iec62351.HandshakeTimeout.String() {
				t.Errorf("%v, %v", after, err)
			}
			if got := log.take(); !slices.Equal(got, []iec62351.Kind{iec62351.HandshakeTimeout}) {
				t.Error(got)
			}
			_ = a.Close()
		})
	}
}

func TestConfig(t *testing.T) {
	ca := newAuthority(t, "CA")
	ca.issue("station", nil, nil)
	for name, change := range map[string]func(*iec62351.Config){
		"key is missing":            func(c *iec62351.Config) { c.Key = "" },
		"authorities are missing":   func(c *iec62351.Config) { c.Authorities = nil },
		"no such file":              func(c *iec62351.Config) { c.Authorities = []string{ca.path("none.pem")} },
		"is no authority":           func(c *iec62351.Config) { c.Authorities = []string{ca.path("station.pem")} },
		"has no certificate":        func(c *iec62351.Config) { c.Authorities = []string{ca.path("station.key")} },
		"no list of revocations":    func(c *iec62351.Config) { c.RevocationLists = []string{ca.path("station.pem")} },
		"station.pem with":          func(c *iec62351.Config) { c.Key = c.Certificate },
		"is no fingerprint":         func(c *iec62351.Config) { c.Fingerprints = []string{"ab:cd"} },
		"TLS 1.1 is no version":     func(c *iec62351.Config) { c.MinVersion = tls.VersionTLS11 },
		"TLS_RSA_WITH_RC4_128_SHA":  func(c *iec62351.Config) { c.CipherSuites = []uint16{tls.TLS_RSA_WITH_RC4_128_SHA} },
		"handshake timeout is -1ns": func(c *iec62351.Config) { c.HandshakeTimeout = -1 },
		"interval is 1ms":           func(c *iec62351.Config) { c.Interval = time.Millisecond },
	} {
		config := ca.config("station", &eventLog{})
		change(config)
		if _, err := iec62351.New(config); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := iec62351.New(nil); err == nil {
		t.Error("nil is accepted")
	}
}
