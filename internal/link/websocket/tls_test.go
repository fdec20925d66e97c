package websocket_test

import (
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

	"stellwerk/internal/link/websocket"
	"stellwerk/internal/point"
)

// certificate writes a self-signed certificate for 127.0.0.1 and its key.
func certificate(t *testing.T) (certificate, key string) {
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
	certificate, key = filepath.Join(folder, "a.pem"), filepath.Join(folder, "a.key")
	for file, block := range map[string]*pem.Block{certificate: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: pkcs8}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certificate, key
}

// Both ends with TLS and certificates of both; a client without one is refused.
func TestTLS(t *testing.T) {
	own, key := certificate(t)
	source, sink := newPlant(point.QueueOptions{}), newPlant(point.QueueOptions{})
	l, _ := run(t, source, func(o *websocket.Options) {
		server(o)
		o.TLS = &websocket.TLS{CA: own, Certificate: own, Key: key}
	})
	secured := func(settings websocket.TLS) func(*websocket.Options) {
		return func(o *websocket.Options) {
			client(l)(o)
			o.Connect = strings.Replace(o.Connect, "ws:", "wss:", 1)
			o.TLS = &settings
		}
	}
	stranger, _ := run(t, newPlant(point.QueueOptions{}), secured(websocket.TLS{CA: own}))
	run(t, sink, secured(websocket.TLS{CA: own, Certificate: own, Key: key}))
	source.change(t, "secret", point.NumberValue(42))
	sink.has(t, "cloud/secret=42 good")
	await(t, func() string {
		if stranger.Status().Detail.IsZero() {
			return "nobody says what is wrong"
		}
		return ""
	})
	if peers := l.Status().Peers; len(peers) != 1 {
		t.Errorf("peers %q", peers)
	}
}
