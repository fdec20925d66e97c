package ads_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"stellwerk/ads/ams"
	"stellwerk/ads/secure"
	"stellwerk/internal/link"
	"stellwerk/internal/link/ads"
	"stellwerk/internal/point"
	"stellwerk/internal/tap"
	"stellwerk/tlsconf/libssl"
)

// identity is a self-signed certificate for 127.0.0.1, in files.
type identity struct{ certificate, key, fingerprint string }

func certified(t *testing.T) identity {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "plant"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, BasicConstraintsValid: true, IsCA: true,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	i := identity{filepath.Join(folder, "a.pem"), filepath.Join(folder, "a.key"), secure.Fingerprint(der)}
	for file, block := range map[string]*pem.Block{i.certificate: {Type: "CERTIFICATE", Bytes: der}, i.key: {Type: "PRIVATE KEY", Bytes: pkcs8}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return i
}

func (i identity) settings(change func(*ads.TLS)) *ads.TLS {
	s := &ads.TLS{Certificate: i.certificate, Key: i.key}
	change(s)
	return s
}

func preShared(t *testing.T) {
	t.Helper()
	if _, err := libssl.Load(); err != nil {
		t.Skipf("pre-shared keys need OpenSSL 3: %v", err)
	}
}

// Both roles speak secure ADS with each other, however they know each other:
// values, changes and commands pass, and traces lead to telegrams.
func TestSecure(t *testing.T) {
	for name, make := range map[string]func(t *testing.T) (ours, theirs *ads.TLS){
		"fingerprints": func(t *testing.T) (ours, theirs *ads.TLS) {
			a, b, other := certified(t), certified(t), certified(t)
			return a.settings(func(s *ads.TLS) { s.Fingerprints = []string{strings.ToUpper(b.fingerprint)} }),
				b.settings(func(s *ads.TLS) { s.Fingerprints = []string{other.fingerprint, a.fingerprint} })
		},
		"authority": func(t *testing.T) (ours, theirs *ads.TLS) {
			a, b := certified(t), certified(t) // each is its own authority
			return a.settings(func(s *ads.TLS) { s.CA = b.certificate }), b.settings(func(s *ads.TLS) { s.CA = a.certificate })
		},
		"password": func(t *testing.T) (ours, theirs *ads.TLS) {
			preShared(t)
			return &ads.TLS{PSKIdentity: "gateway", PSKPassword: "Secret1"}, &ads.TLS{PSKIdentity: "GATEWAY", PSKPassword: "Secret1"}
		},
		"key": func(t *testing.T) (ours, theirs *ads.TLS) {
			preShared(t)
			s := &ads.TLS{PSKIdentity: "gateway", PSKKey: "000102030405060708090a0b0c0d0e0f"}
			return s, s
		},
	} {
		t.Run(name, func(t *testing.T) {
			ours, theirs := make(t)
			far, near := newPlant(), newPlant()
			d, _ := run(t, far, listed(t, "Bay1.fVoltage REAL", "Bay1.bClose BOOL"), func(o *ads.Options) {
				device(o)
				o.TLS = theirs
			})
			far.change(t, "Bay1.fVoltage", point.NumberValue(230.5), 0)
			setup := listed(t, "Bay1.fVoltage REAL", "Bay1.bClose BOOL")
			setup.Tap = &tap.Tap{}
			recorder := tap.NewRecorder(setup.Tap, 1000)
			go recorder.Run(t.Context())
			l, _ := run(t, near, setup, func(o *ads.Options) {
				o.Role, o.Connect, o.Cycle, o.TLS = "client", d.Status().Address, 5*time.Millisecond, ours
				o.NetID = ams.LocalNetID.String()
			})
			near.has(t, "Bay1.fVoltage=230.5 REAL")
			near.forget()
			far.change(t, "Bay1.fVoltage", point.NumberValue(231), 0)
			near.has(t, "Bay1.fVoltage=231 REAL good spontaneous time=true")
			near.mu.Lock()
			trace := near.traces["Bay1.fVoltage"]
			near.mu.Unlock()
			await(t, func() string {
				for _, e := range recorder.Lookup(trace) {
					if e.Stage != tap.Received {
						continue
					}
					packet, err := ams.NewReader(bytes.NewReader(e.Raw), ams.OverTCP, 0).Next()
					if err != nil || packet.Frame.Command != ams.DeviceNotification || !bytes.Contains(e.Raw, []byte{0, 0, 0x67, 0x43}) {
						t.Fatalf("telegram %d is %x: %v", trace, e.Raw, err)
					}
					return ""
				}
				return "the telegram was not seen"
			})
			var results []point.Result
			l.(point.Commander).Command(t.Context(), point.Command{
				ID: point.ID{Link: "plc", Address: "Bay1.bClose"}, Value: point.SingleValue(true), Action: point.Execute,
			}, func(r point.Result) { results = append(results, r) })
			if len(results) != 2 || results[1].Outcome != point.Terminated {
				t.Errorf("%+v", results)
			}
			far.mu.Lock()
			if got := strings.Join(far.commands, "; "); got != "execute BOOL Bay1.bClose=on" {
				t.Error(got)
			}
			far.mu.Unlock()
			if status := d.Status(); status.State != link.Connected || len(status.Peers) != 1 {
				t.Errorf("%+v", status)
			}
		})
	}
}

// Who is not known is refused, which both sides tell.
func TestSecureRefuses(t *testing.T) {
	a, b, stranger := certified(t), certified(t), certified(t)
	known := b.settings(func(s *ads.TLS) { s.Fingerprints = []string{a.fingerprint} })
	for name, row := range map[string]struct {
		ours *ads.TLS
		want string // of the client
	}{
		"a client that is not known": {stranger.settings(func(s *ads.TLS) { s.Fingerprints = []string{b.fingerprint} }), "UNKNOWN_CERT"},
		"another device":             {a.settings(func(s *ads.TLS) { s.Fingerprints = []string{stranger.fingerprint} }), "has the fingerprint " + b.fingerprint},
		"another authority":          {a.settings(func(s *ads.TLS) { s.CA = stranger.certificate }), "unknown authority"},
		"another name":               {a.settings(func(s *ads.TLS) { s.CA, s.ServerName = b.certificate, "press" }), "press"},
		"plain text":                 {nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			d, _ := run(t, newPlant(), link.Setup{}, func(o *ads.Options) { device(o); o.TLS = known })
			l, _ := run(t, newPlant(), listed(t, "Bay1.fVoltage REAL"), func(o *ads.Options) {
				o.Role, o.Connect, o.TLS, o.NetID = "client", d.Status().Address, row.ours, ams.LocalNetID.String()
			})
			await(t, func() string {
				if text := l.Status().Detail.EN; l.Status().State == link.Connected || !strings.Contains(text, row.want) || text == "" {
					return "the client says " + text
				}
				if d.Status().Dropped == 0 {
					return "the device says nothing"
				}
				return ""
			})
		})
	}
}

// A pre-shared key that is another, or another's, is refused.
func TestSecureRefusesKeys(t *testing.T) {
	preShared(t)
	for name, ours := range map[string]*ads.TLS{
		"password": {PSKIdentity: "gateway", PSKPassword: "secret1"},
		"user":     {PSKIdentity: "press", PSKPassword: "Secret1"},
	} {
		t.Run(name, func(t *testing.T) {
			d, _ := run(t, newPlant(), link.Setup{}, func(o *ads.Options) {
				device(o)
				o.TLS = &ads.TLS{PSKIdentity: "gateway", PSKPassword: "Secret1"}
			})
			l, _ := run(t, newPlant(), listed(t, "Bay1.fVoltage REAL"), func(o *ads.Options) {
				o.Role, o.Connect, o.TLS, o.NetID = "client", d.Status().Address, ours, ams.LocalNetID.String()
			})
			await(t, func() string {
				if status := l.Status(); status.State == link.Connected || status.Detail.EN == "" {
					return "the client is connected"
				}
				if d.Status().Dropped == 0 {
					return "the device says nothing"
				}
				return ""
			})
		})
	}
}

// An address that may not connect has no handshake.
func TestSecureAllowList(t *testing.T) {
	a, b := certified(t), certified(t)
	d, _ := run(t, newPlant(), link.Setup{}, func(o *ads.Options) {
		device(o)
		o.Allow, o.TLS = []string{"192.0.2.1"}, b.settings(func(s *ads.TLS) { s.Fingerprints = []string{a.fingerprint} })
	})
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", d.Status().Address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if n, err := conn.Read(make([]byte, 1)); err == nil {
		t.Errorf("%d octets came", n)
	}
	await(t, func() string {
		if d.Status().Dropped != 1 {
			return "it was not reported"
		}
		return ""
	})
}

// What cannot be is said before anything runs, with its key.
func TestSecureOptions(t *testing.T) {
	a := certified(t)
	for name, row := range map[string]struct {
		role string
		set  func(*ads.Options)
		want string
	}{
		"nothing":               {"client", func(o *ads.Options) { *o.TLS = ads.TLS{} }, "tls: how is the other side known?"},
		"two ways":              {"client", func(o *ads.Options) { o.TLS.CA = a.certificate }, "tls.ca: fingerprints and ca are ways"},
		"no certificate":        {"device", func(o *ads.Options) { o.TLS.Certificate = "" }, "tls.certificate: the other side must know this machine too"},
		"no fingerprint":        {"client", func(o *ads.Options) { o.TLS.Fingerprints = []string{"abcd"} }, `tls.fingerprints: "abcd" is no fingerprint`},
		"list without CA":       {"device", func(o *ads.Options) { o.TLS.CRL = "x" }, "tls.crl: crl goes with ca"},
		"name without CA":       {"client", func(o *ads.Options) { o.TLS.ServerName = "x" }, "tls.server_name: server_name goes with ca"},
		"name of a device":      {"device", func(o *ads.Options) { o.TLS.Fingerprints, o.TLS.CA, o.TLS.ServerName = nil, a.certificate, "x" }, "tls.server_name: server_name is not for a device"},
		"password alone":        {"client", func(o *ads.Options) { o.TLS.PSKPassword = "x" }, "tls.psk_password: psk_password goes with psk_identity"},
		"identity alone":        {"client", func(o *ads.Options) { *o.TLS = ads.TLS{PSKIdentity: "x"} }, "tls.psk_identity: the pre-shared key is missing"},
		"two keys":              {"client", func(o *ads.Options) { *o.TLS = ads.TLS{PSKIdentity: "x", PSKPassword: "y", PSKKey: "00"} }, "tls.psk_key: psk_password and psk_key are two ways"},
		"odd key":               {"device", func(o *ads.Options) { *o.TLS = ads.TLS{PSKIdentity: "x", PSKKey: "123"} }, "tls.psk_key: the key must have 1 to 64 octets"},
		"long key":              {"device", func(o *ads.Options) { *o.TLS = ads.TLS{PSKIdentity: "x", PSKKey: strings.Repeat("00", 65)} }, "tls.psk_key: the key must have 1 to 64 octets"},
		"long identity":         {"device", func(o *ads.Options) { *o.TLS = ads.TLS{PSKIdentity: strings.Repeat("x", 256), PSKKey: "00"} }, "tls.psk_identity: the identity has 256 octets"},
		"key and certificate":   {"client", func(o *ads.Options) { o.TLS.Fingerprints, o.TLS.PSKIdentity, o.TLS.PSKKey = nil, "x", "00" }, "tls.certificate: certificate has no use with a pre-shared key"},
		"a file that is none":   {"client", func(o *ads.Options) { o.TLS.Certificate = "missing.pem" }, "tls.certificate: "},
		"a key that is none":    {"device", func(o *ads.Options) { o.TLS.Key = a.certificate }, "tls.key: "},
		"an authority, missing": {"device", func(o *ads.Options) { o.TLS.Fingerprints, o.TLS.CA = nil, "missing.pem" }, "tls.ca: "},
		"through a router":      {"client", func(o *ads.Options) { o.Router, o.NetID = true, "1.2.3.4.1.1" }, "tls: programs reach the AMS router"},
		"device, no port":       {"device", func(o *ads.Options) { o.Listen = "127.0.0.1" }, "such as 127.0.0.1:8016"},
	} {
		o := ads.DefaultOptions()
		o.Role, o.TLS = row.role, a.settings(func(s *ads.TLS) { s.Fingerprints = []string{a.fingerprint} })
		if row.role == "client" {
			o.Connect = "192.0.2.1"
		} else {
			o.Listen = "127.0.0.1:8016"
		}
		o.Check(func(key, text string) { t.Errorf("%s, before: %s: %s", name, key, text) })
		row.set(o)
		var got []string
		o.Check(func(key, text string) { got = append(got, key+": "+text) })
		if !strings.Contains(strings.Join(got, "; "), row.want) {
			t.Errorf("%s: %q, want %q", name, got, row.want)
		}
	}
}

// The port of secure ADS is another.
func TestSecurePort(t *testing.T) {
	o := ads.DefaultOptions()
	o.Role, o.Connect, o.TLS = "client", "192.0.2.1", &ads.TLS{PSKIdentity: "x", PSKKey: "00"}
	l, err := ads.New(o, link.Setup{Name: "plc", Traces: &point.Traces{}, Tap: &tap.Tap{}})
	if err != nil {
		t.Fatal(err)
	}
	if got := l.Status().Address; got != "192.0.2.1:8016" {
		t.Error(got)
	}
}
