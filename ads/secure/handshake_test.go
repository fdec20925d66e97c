package secure_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"stellwerk/ads/ams"
	"stellwerk/ads/secure"
	"stellwerk/internal/rig"
	"stellwerk/tlsconf"
	"stellwerk/tlsconf/libssl"
)

var (
	near = ams.NetID{10, 0, 0, 1, 1, 1}
	far  = ams.NetID{10, 0, 0, 2, 1, 1}
)

// identity is a certificate with its key, as PEM texts.
type identity struct {
	certificate, key, fingerprint string
	parsed                        *x509.Certificate
	signer                        *ecdsa.PrivateKey
}

// certified makes a certificate, without an issuer one that signs itself.
func certified(t testing.TB, name string, issuer *identity) *identity {
	t.Helper()
	i, err := certify(name, issuer)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func certify(name string, issuer *identity) (*identity, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, IsCA: issuer == nil, BasicConstraintsValid: true,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	parent, signer := template, key
	if issuer != nil {
		parent, signer = issuer.parsed, issuer.signer
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		return nil, err
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	i := &identity{
		certificate: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		key:         string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})),
		parsed:      parsed, signer: key,
	}
	if i.fingerprint, err = secure.FingerprintPEM([]byte(i.certificate)); err == nil && i.fingerprint != secure.Fingerprint(der) {
		err = errors.New("PEM and DER have other fingerprints")
	}
	return i, err
}

// engines are those for pre-shared keys; the test is skipped where there is
// none.
func engines(t testing.TB) tlsconf.Engine {
	t.Helper()
	engine, err := libssl.Load()
	if err != nil {
		t.Skipf("pre-shared keys need OpenSSL 3: %v", err)
	}
	return engine
}

func newClient(t testing.TB, o secure.ClientOptions, e ...tlsconf.Engine) *secure.Client {
	t.Helper()
	o.NetID, o.Host = near, "panel"
	c, err := secure.NewClient(o, e...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func newServer(t testing.TB, o secure.ServerOptions, e ...tlsconf.Engine) *secure.Server {
	t.Helper()
	o.NetID, o.Host = far, "plc"
	s, err := secure.NewServer(o, e...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// meet lets both ends meet; AMS frames follow where they take to each other.
func meet(t testing.TB, s *secure.Server, client func(ctx context.Context, conn net.Conn) (*secure.Conn, error)) (peer secure.Peer, clientErr, serverErr error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	a, b := rig.Pipe(nil)
	done := make(chan error, 1)
	go func() {
		conn, err := s.Handshake(ctx, b)
		if err == nil {
			peer = conn.Peer
			var packet ams.Packet
			if packet, err = ams.NewReader(conn, ams.Bare, 0).Next(); err == nil {
				answer := ams.Frame{Header: packet.Frame.Answer(0, 0), Data: packet.Frame.Data}
				_, err = conn.Write(answer.Append(nil, ams.Bare))
			}
			_, _ = io.Copy(io.Discard, conn) // until the client has gone
			_ = conn.Close()
		}
		done <- err
	}()
	conn, err := client(ctx, a)
	if err == nil && conn != nil {
		request := ams.Frame{Header: ams.Header{Target: ams.Address{NetID: far, Port: 851}, Command: ams.Read, StateFlags: ams.RequestFlags}, Data: []byte("hello")}
		if _, err = conn.Write(request.Append(nil, ams.Bare)); err == nil {
			var packet ams.Packet
			if packet, err = ams.NewReader(conn, ams.Bare, 0).Next(); err == nil && string(packet.Frame.Data) != "hello" {
				err = fmt.Errorf("the answer is %q", packet.Frame.Data)
			}
		}
		if conn.Peer.NetID != far || conn.Peer.Host != "plc" {
			t.Errorf("the client sees %+v", conn.Peer)
		}
		_ = conn.Close()
	}
	_ = a.Close()
	return peer, err, <-done
}

func calling(c *secure.Client) func(context.Context, net.Conn) (*secure.Conn, error) {
	return func(ctx context.Context, conn net.Conn) (*secure.Conn, error) { return c.Handshake(ctx, conn, "plc") }
}

func TestFingerprints(t *testing.T) {
	panel, plc := certified(t, "panel", nil), certified(t, "plc", nil)
	known := map[string]bool{}
	s := newServer(t, secure.ServerOptions{
		Certificate: plc.certificate, Key: plc.key,
		Accept: func(p *secure.Peer) error {
			if !known[p.Fingerprint] || p.NetID != near {
				return secure.CodeCertificate
			}
			return nil
		},
		AddRemote: func(p *secure.Peer, user, password string) error {
			if user != "guest" || password != "secret" {
				return errors.New("a wrong password")
			}
			known[p.Fingerprint] = true
			return nil
		},
	})
	spaced := strings.ToUpper(plc.fingerprint[:2] + ":" + plc.fingerprint[2:])
	c := newClient(t, secure.ClientOptions{Certificate: panel.certificate, Key: panel.key, Fingerprint: spaced})
	if c.Mode() != secure.SelfSigned || s.Mode() != secure.SelfSigned {
		t.Error(c.Mode(), s.Mode())
	}
	add := func(password string) func(context.Context, net.Conn) (*secure.Conn, error) {
		return func(ctx context.Context, conn net.Conn) (*secure.Conn, error) {
			return nil, c.AddRemote(ctx, conn, "plc", "guest", password)
		}
	}
	if _, err, at := meet(t, s, calling(c)); !errors.Is(err, secure.CodeCertificate) || !errors.Is(at, secure.CodeCertificate) {
		t.Errorf("before first contact: client %v, server %v", err, at)
	}
	if _, err, at := meet(t, s, add("guess")); !errors.Is(err, secure.CodeUser) || !strings.Contains(at.Error(), "a wrong password") {
		t.Errorf("with a wrong password: client %v, server %v", err, at)
	}
	if _, err, at := meet(t, s, add("secret")); err != nil || !errors.Is(at, secure.ErrAdded) {
		t.Errorf("first contact: client %v, server %v", err, at)
	}
	peer, err, at := meet(t, s, calling(c))
	if err != nil || at != nil {
		t.Fatalf("client %v, server %v", err, at)
	}
	if peer.Fingerprint != panel.fingerprint || peer.NetID != near || peer.Host != "panel" || peer.Flags != secure.FlagSelfSigned {
		t.Errorf("the server sees %+v", peer)
	}
	other := newClient(t, secure.ClientOptions{Certificate: panel.certificate, Key: panel.key, Fingerprint: panel.fingerprint})
	if _, err, at := meet(t, s, calling(other)); err == nil || at == nil || !strings.Contains(err.Error(), "the machine has the fingerprint "+plc.fingerprint) {
		t.Errorf("another fingerprint: client %v, server %v", err, at)
	}
	var asked string
	asking := newClient(t, secure.ClientOptions{Certificate: panel.certificate, Key: panel.key, Trust: func(f string) error {
		asked = f
		return nil
	}})
	if _, err, at := meet(t, s, calling(asking)); err != nil || at != nil || asked != plc.fingerprint {
		t.Errorf("client %v, server %v, asked %s", err, at, asked)
	}
}

func TestAuthority(t *testing.T) {
	ca, foreign := certified(t, "authority", nil), certified(t, "foreign", nil)
	plc, panel := certified(t, "plc", ca), certified(t, "panel", ca)
	s := newServer(t, secure.ServerOptions{
		Certificate: plc.certificate, Key: plc.key, CA: ca.certificate,
		Accept: func(p *secure.Peer) error {
			if p.CommonName != p.Host {
				return secure.CodeCommonName
			}
			return nil
		},
	})
	peer, err, at := meet(t, s, calling(newClient(t, secure.ClientOptions{Certificate: panel.certificate, Key: panel.key, CA: ca.certificate})))
	if err != nil || at != nil || peer.CommonName != "panel" || peer.Flags != 0 || peer.Mode != secure.Authority {
		t.Errorf("client %v, server %v, %+v", err, at, peer)
	}
	odd := certified(t, "other", ca)
	if _, err, at := meet(t, s, calling(newClient(t, secure.ClientOptions{Certificate: odd.certificate, Key: odd.key, CA: ca.certificate}))); !errors.Is(err, secure.CodeCommonName) || at == nil {
		t.Errorf("another name: client %v, server %v", err, at)
	}
	stranger := certified(t, "panel", foreign)
	if _, err, at := meet(t, s, calling(newClient(t, secure.ClientOptions{Certificate: stranger.certificate, Key: stranger.key, CA: ca.certificate}))); err == nil || at == nil {
		t.Errorf("a foreign authority: client %v, server %v", err, at)
	}
	trusting := newClient(t, secure.ClientOptions{Certificate: panel.certificate, Key: panel.key, CA: foreign.certificate})
	if _, err, at := meet(t, s, calling(trusting)); err == nil || at == nil {
		t.Errorf("a server of a foreign authority: client %v, server %v", err, at)
	}
	named := newClient(t, secure.ClientOptions{Certificate: panel.certificate, Key: panel.key, CA: ca.certificate, ServerName: "elsewhere"})
	if _, err, _ := meet(t, s, calling(named)); err == nil {
		t.Error("a server with another name")
	}
}

func TestPreSharedKeys(t *testing.T) {
	engine := engines(t)
	s := newServer(t, secure.ServerOptions{
		Passwords: func(identity string) (string, bool) { return "Secret1", identity == "panel" },
		Accept: func(p *secure.Peer) error {
			if p.Identity != "panel" {
				return errors.New("another identity")
			}
			return nil
		},
	}, engine)
	peer, err, at := meet(t, s, calling(newClient(t, secure.ClientOptions{Identity: "panel", Password: "Secret1"}, engine)))
	if err != nil || at != nil || peer.Identity != "panel" || peer.Mode != secure.PreShared || peer.Fingerprint != "" {
		t.Errorf("client %v, server %v, %+v", err, at, peer)
	}
	for name, o := range map[string]secure.ClientOptions{
		"password": {Identity: "panel", Password: "secret1"},
		"identity": {Identity: "press", Password: "Secret1"},
	} {
		if _, err, at := meet(t, s, calling(newClient(t, o, engine))); err == nil || at == nil {
			t.Errorf("another %s: client %v, server %v", name, err, at)
		}
	}
	if _, err := secure.NewClient(secure.ClientOptions{NetID: near, Identity: "x", Password: "y"}); err == nil || !strings.Contains(err.Error(), "OpenSSL") {
		t.Errorf("without an engine: %v", err)
	}
}

func TestNobodyIsAcceptedByDefault(t *testing.T) {
	plc, panel := certified(t, "plc", nil), certified(t, "panel", nil)
	s := newServer(t, secure.ServerOptions{Certificate: plc.certificate, Key: plc.key})
	c := newClient(t, secure.ClientOptions{Certificate: panel.certificate, Key: panel.key, Fingerprint: plc.fingerprint})
	if _, err, at := meet(t, s, calling(c)); !errors.Is(err, secure.CodeCertificate) || at == nil {
		t.Errorf("client %v, server %v", err, at)
	}
	if _, err, at := meet(t, s, func(ctx context.Context, conn net.Conn) (*secure.Conn, error) {
		return nil, c.AddRemote(ctx, conn, "plc", "guest", "")
	}); !errors.Is(err, secure.CodeUser) || at == nil {
		t.Errorf("first contact: client %v, server %v", err, at)
	}
}

func TestOptionsThatCannotBe(t *testing.T) {
	own := certified(t, "own", nil)
	client := func(change func(*secure.ClientOptions)) error {
		o := secure.ClientOptions{NetID: near, Certificate: own.certificate, Key: own.key, Fingerprint: own.fingerprint}
		change(&o)
		_, err := secure.NewClient(o)
		return err
	}
	for want, change := range map[string]func(*secure.ClientOptions){
		"has no NetId":          func(o *secure.ClientOptions) { o.NetID = ams.NetID{} },
		"at most 32":            func(o *secure.ClientOptions) { o.Host = strings.Repeat("x", 33) },
		"choose one":            func(o *secure.ClientOptions) { o.Identity = "x" },
		"not both":              func(o *secure.ClientOptions) { o.CA = own.certificate },
		"a certificate of this": func(o *secure.ClientOptions) { o.Certificate = "" },
		"is no fingerprint":     func(o *secure.ClientOptions) { o.Fingerprint = "abcd" },
		"is not known":          func(o *secure.ClientOptions) { o.Fingerprint = "" },
	} {
		if err := client(change); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
	for _, o := range []secure.ServerOptions{
		{Certificate: own.certificate, Key: own.key}, {NetID: far}, {NetID: far, Host: "ä", Certificate: own.certificate, Key: own.key},
	} {
		if _, err := secure.NewServer(o); err == nil {
			t.Errorf("a server with %+v", o)
		}
	}
	if _, err := secure.FingerprintPEM([]byte(own.key)); err == nil {
		t.Error("a key has a fingerprint")
	}
}

// A machine that says nothing after the TLS handshake does not keep the server.
func TestSilentMachine(t *testing.T) {
	plc, panel := certified(t, "plc", nil), certified(t, "panel", nil)
	s := newServer(t, secure.ServerOptions{Certificate: plc.certificate, Key: plc.key, Wait: 2 * time.Second})
	endpoint, err := tlsconf.New(tlsconf.Settings{Certificate: panel.certificate, Key: panel.key, CA: plc.certificate, Version: "tlsv1.2"}, tlsconf.Client)
	if err != nil {
		t.Fatal(err)
	}
	a, b := rig.Pipe(nil)
	done := make(chan error, 1)
	go func() {
		_, err := s.Handshake(t.Context(), b)
		done <- err
	}()
	conn, err := endpoint.Client(t.Context(), a, "plc")
	if err != nil {
		t.Fatal(err)
	}
	if err := <-done; !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	_ = conn.Close()
}
