package iec62351_test

import (
	"crypto"
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
	"sync"
	"time"

	"stellwerk/iec104/iec62351"
)

// helper is what of testing.TB is needed here.
type helper interface {
	Helper()
	TempDir() string
	Fatal(args ...any)
}

// authority signs certificates and lists of revocations, as files.
type authority struct {
	tb          helper
	dir         string
	certificate *x509.Certificate
	key         crypto.Signer
	serial      int64
}

var now = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func newKey(tb helper) crypto.Signer {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	return key
}

func newAuthority(tb helper, name string) *authority {
	tb.Helper()
	a := &authority{tb: tb, dir: tb.TempDir(), key: newKey(tb), serial: 1}
	a.certificate = a.sign(&x509.Certificate{
		Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign, SubjectKeyId: []byte(name),
	}, a.key.Public())
	a.write("ca.pem", "CERTIFICATE", a.certificate.Raw)
	a.revoke("ca.crl", now.Add(240*time.Hour))
	return a
}

// sign makes a certificate, valid for a year around now where nothing is said.
func (a *authority) sign(template *x509.Certificate, key crypto.PublicKey) *x509.Certificate {
	a.tb.Helper()
	a.serial++
	template.SerialNumber = big.NewInt(a.serial)
	if template.NotAfter.IsZero() {
		template.NotBefore, template.NotAfter = now.AddDate(0, -6, 0), now.AddDate(0, 6, 0)
	}
	parent := a.certificate
	if parent == nil {
		parent = template
	}
	octets, err := x509.CreateCertificate(rand.Reader, template, parent, key, a.key)
	if err != nil {
		a.tb.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(octets)
	if err != nil {
		a.tb.Fatal(err)
	}
	return certificate
}

func (a *authority) path(name string) string { return filepath.Join(a.dir, name) }

func (a *authority) write(name, kind string, octets []byte) {
	a.tb.Helper()
	// In one step, as whoever renews a file should.
	part := a.path(name + ".part")
	if err := os.WriteFile(part, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: octets}), 0o600); err != nil {
		a.tb.Fatal(err)
	}
	if err := os.Rename(part, a.path(name)); err != nil {
		a.tb.Fatal(err)
	}
}

// issue makes a certificate for a station, with its key, as files.
func (a *authority) issue(name string, key crypto.Signer, change func(*x509.Certificate)) *x509.Certificate {
	a.tb.Helper()
	if key == nil {
		key = newKey(a.tb)
	}
	template := &x509.Certificate{
		Subject:     pkix.Name{CommonName: name, Organization: []string{"Stadtwerke"}},
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	if change != nil {
		change(template)
	}
	certificate := a.sign(template, key.Public())
	octets, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		a.tb.Fatal(err)
	}
	a.write(name+".pem", "CERTIFICATE", certificate.Raw)
	a.write(name+".key", "PRIVATE KEY", octets)
	return certificate
}

// revoke writes a list with certificates.
func (a *authority) revoke(file string, until time.Time, certificates ...*x509.Certificate) {
	a.tb.Helper()
	a.serial++
	template := &x509.RevocationList{Number: big.NewInt(a.serial), ThisUpdate: now.Add(-time.Hour).Add(time.Duration(a.serial) * time.Second), NextUpdate: until}
	for _, c := range certificates {
		template.RevokedCertificateEntries = append(template.RevokedCertificateEntries,
			x509.RevocationListEntry{SerialNumber: c.SerialNumber, RevocationTime: now.Add(-time.Hour)})
	}
	octets, err := x509.CreateRevocationList(rand.Reader, template, a.certificate, a.key)
	if err != nil {
		a.tb.Fatal(err)
	}
	a.write(file, "X509 CRL", octets)
}

// config is that of a station of the authority, whose events go to a log.
func (a *authority) config(name string, log *eventLog) *iec62351.Config {
	return &iec62351.Config{
		Certificate: a.path(name + ".pem"), Key: a.path(name + ".key"),
		Authorities:     []string{a.path("ca.pem")},
		RevocationLists: []string{a.path("ca.crl")},
		Observe:         log.add,
		Clock:           log.now,
	}
}

// eventLog keeps events, and the time.
type eventLog struct {
	mu     sync.Mutex
	events []iec62351.Event
	ahead  time.Duration
}

func (l *eventLog) add(e iec62351.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.events = append(l.events, e)
}

func (l *eventLog) now() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return now.Add(l.ahead)
}

func (l *eventLog) pass(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ahead += d
}

// take returns the kinds of the events since the last call.
func (l *eventLog) take() []iec62351.Kind {
	l.mu.Lock()
	defer l.mu.Unlock()
	var kinds []iec62351.Kind
	for _, e := range l.events {
		kinds = append(kinds, e.Kind)
	}
	l.events = nil
	return kinds
}

func profile(tb helper, config *iec62351.Config) *iec62351.Profile {
	tb.Helper()
	p, err := iec62351.New(config)
	if err != nil {
		tb.Fatal(err)
	}
	return p
}
