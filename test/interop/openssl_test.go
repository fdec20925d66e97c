package interop

import (
	"bufio"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"stellwerk/tlsconf"
	"stellwerk/tlsconf/libssl"
)

var sharedKey = []byte("0123456789abcdef")

// TestOpenSSL agrees with the openssl program on every suite of TwinCAT 4026,
// as its client and as its server, with the engine that the settings choose.
func TestOpenSSL(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("the program openssl is not installed")
	}
	engine, err := libssl.Load()
	if err != nil {
		t.Skip(err)
	}
	own := map[string]pemFiles{"RSA": certificateFor(t, "RSA"), "ECDSA": certificateFor(t, "ECDSA")}
	for _, suite := range tlsconf.Suites() {
		if !suite.TwinCAT {
			continue
		}
		files := own["RSA"]
		if strings.Contains(suite.Name, "ECDSA") {
			files = own["ECDSA"]
		}
		peer := []string{"-cipher", suite.Name + ":@SECLEVEL=0", "-tls1_2", "-quiet"}
		client := tlsconf.Settings{Version: "tlsv1.2", Ciphers: suite.Name, CA: files.certificate}
		server := tlsconf.Settings{Version: "tlsv1.2", Ciphers: suite.Name, Certificate: files.certificate, Key: files.key}
		switch {
		case suite.PSK():
			client.CA, server.Certificate, server.Key = "", "", ""
			client.PSKIdentity, server.PSKIdentity = "station", "station"
			client.PSKKey, server.PSKKey = sharedKey, sharedKey
			peer = append(peer, "-psk_identity", "station", "-psk", hex.EncodeToString(sharedKey))
		default:
		}
		t.Run(suite.Name+"/client", func(t *testing.T) {
			arguments := append([]string{"-naccept", "1", "-rev"}, peer...)
			if suite.PSK() {
				arguments = append(arguments, "-nocert")
			} else {
				arguments = append(arguments, "-cert", files.certificate, "-key", files.key)
			}
			address := opensslServer(t, arguments...)
			endpoint, err := tlsconf.New(client, tlsconf.Client, engine)
			if err != nil {
				t.Fatal(err)
			}
			conn, err := endpoint.Client(t.Context(), dialRetrying(t, address), "station.example")
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if got := tlsconf.SuiteName(conn.State().Suite); got != suite.Name || conn.State().Version != tls.VersionTLS12 {
				t.Errorf("the suite is %s", got)
			}
			if _, err := io.WriteString(conn, "Stellwerk\n"); err != nil {
				t.Fatal(err)
			}
			if line, err := bufio.NewReader(conn).ReadString('\n'); line != "krewlletS\n" {
				t.Errorf("it answers %q, %v", line, err)
			}
		})
		t.Run(suite.Name+"/server", func(t *testing.T) {
			endpoint, err := tlsconf.New(server, tlsconf.Server, engine)
			if err != nil {
				t.Fatal(err)
			}
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer listener.Close()
			arguments := append([]string{"s_client", "-connect", listener.Addr().String(), "-servername", "station.example"}, peer...)
			if !suite.PSK() {
				arguments = append(arguments, "-CAfile", files.certificate, "-verify_return_error")
			}
			process := exec.CommandContext(t.Context(), "openssl", arguments...)
			input, err := process.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			output, err := process.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := process.Start(); err != nil {
				t.Fatal(err)
			}
			defer func() {
				_ = process.Process.Kill()
				_ = process.Wait()
			}()
			raw, err := listener.Accept()
			if err != nil {
				t.Fatal(err)
			}
			conn, err := endpoint.Server(t.Context(), raw)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if got := tlsconf.SuiteName(conn.State().Suite); got != suite.Name {
				t.Errorf("the suite is %s", got)
			}
			if _, err := io.WriteString(conn, "from the server\n"); err != nil {
				t.Fatal(err)
			}
			if line, err := bufio.NewReader(output).ReadString('\n'); line != "from the server\n" {
				t.Errorf("openssl prints %q, %v", line, err)
			}
			if _, err := io.WriteString(input, "from the client\n"); err != nil {
				t.Fatal(err)
			}
			if line, err := bufio.NewReader(conn).ReadString('\n'); line != "from the client\n" {
				t.Errorf("the server reads %q, %v", line, err)
			}
		})
	}
}

// TestOpenSSLKeys reads the keys that openssl writes.
func TestOpenSSLKeys(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("the program openssl is not installed")
	}
	files := certificateFor(t, "RSA")
	for name, arguments := range map[string][]string{
		"PKCS 8, AES":         {"pkcs8", "-topk8", "-v2", "aes-256-cbc"},
		"PKCS 8, AES, DER":    {"pkcs8", "-topk8", "-v2", "aes-128-cbc", "-outform", "DER"},
		"PKCS 8, scrypt":      {"pkcs8", "-topk8", "-scrypt"},
		"PKCS 8, 3DES":        {"pkcs8", "-topk8", "-v2", "des3"},
		"PKCS 1, RFC 1421":    {"rsa", "-traditional", "-aes128"},
		"PKCS 1, plain, DER":  {"rsa", "-traditional", "-outform", "DER"},
		"PKCS 8, plain":       {"pkcs8", "-topk8", "-nocrypt"},
		"PKCS 8, SHA-256 PRF": {"pkcs8", "-topk8", "-v2", "aes-256-cbc", "-v2prf", "hmacWithSHA256"},
	} {
		t.Run(name, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "key")
			arguments = append(arguments, "-in", files.key, "-passout", "pass:secret", "-out", out)
			if output, err := exec.CommandContext(t.Context(), "openssl", arguments...).CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, output)
			}
			s := tlsconf.Settings{Certificate: files.certificate, Key: out, KeyPassword: "secret"}
			if _, err := tlsconf.New(s, tlsconf.Server); err != nil {
				t.Error(err)
			}
		})
	}
}

// opensslServer starts a server on loopback that ends with the test, and
// returns its address.
func opensslServer(t *testing.T, arguments ...string) string {
	t.Helper()
	probe, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := probe.Addr().String()
	_ = probe.Close()
	process := exec.CommandContext(t.Context(), "openssl", append([]string{"s_server", "-accept", address}, arguments...)...)
	var said strings.Builder
	process.Stdout, process.Stderr = &said, &said
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = process.Process.Kill()
		_ = process.Wait()
		if t.Failed() {
			t.Logf("openssl says: %s", said.String())
		}
	})
	return address
}

// dialRetrying connects to a server that is starting.
func dialRetrying(t *testing.T, address string) net.Conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
		if err == nil {
			return conn
		}
		select {
		case <-ctx.Done():
			t.Fatal(err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// pemFiles are the files of a certificate that is signed by itself.
type pemFiles struct{ certificate, key string }

func certificateFor(t *testing.T, kind string) pemFiles {
	t.Helper()
	var key crypto.Signer
	var err error
	if kind == "RSA" {
		key, err = rsa.GenerateKey(rand.Reader, 2048)
	} else {
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	}
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: kind}, DNSNames: []string{"station.example"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	files := pemFiles{filepath.Join(dir, "own.pem"), filepath.Join(dir, "own.key")}
	for name, block := range map[string]*pem.Block{
		files.certificate: {Type: "CERTIFICATE", Bytes: der},
		files.key:         {Type: "PRIVATE KEY", Bytes: private},
	} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(fmt.Errorf("%s: %w", name, err))
		}
	}
	return files
}
