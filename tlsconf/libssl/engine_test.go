//go:build linux && (amd64 || arm64) && !nolibssl

package libssl_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"stellwerk/internal/rig"
	"stellwerk/tlsconf"
	"stellwerk/tlsconf/libssl"
)

func TestMain(m *testing.M) { rig.Main(m) }

// load returns the engine, or skips the test.
func load(t testing.TB) tlsconf.Engine {
	t.Helper()
	engine, err := libssl.Load()
	if err != nil {
		t.Skip(err)
	}
	return engine
}

// only makes an endpoint out of one engine, whether crypto/tls could do it or
// not.
type only struct{ tlsconf.Maker }

func prepare(t testing.TB, s tlsconf.Settings, role tlsconf.Role) only {
	t.Helper()
	c, err := tlsconf.Load(s, role)
	if err != nil {
		t.Fatal(err)
	}
	maker, err := load(t).Prepare(c)
	if err != nil {
		t.Fatal(err)
	}
	return only{maker}
}

// pair is both ends of a connection after the handshake.
type pair struct{ client, server tlsconf.Conn }

// meet runs the handshakes of both ends.
func meet(t testing.TB, near, far net.Conn, client, server tlsconf.Maker, host string) (p pair, clientErr, serverErr error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var err error
	if p.client, err = client.Client(near, host); err != nil {
		t.Fatal(err)
	}
	if p.server, err = server.Server(far); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		if serverErr = p.server.HandshakeContext(ctx); serverErr != nil {
			_ = p.server.Close()
		}
	})
	if clientErr = p.client.HandshakeContext(ctx); clientErr != nil {
		_ = p.client.Close()
	}
	wg.Wait()
	t.Cleanup(func() {
		_ = p.client.Close()
		_ = p.server.Close()
	})
	return p, clientErr, serverErr
}

// TestSuites agrees on every suite that TwinCAT 4026 offers, and sends data
// both ways.
func TestSuites(t *testing.T) {
	count := 0
	for _, suite := range tlsconf.Suites() {
		if suite.TwinCAT {
			count++
		}
		t.Run(suite.Name, func(t *testing.T) {
			client, server := settings(t, suite)
			near, far := rig.Pipe(nil)
			p, clientErr, serverErr := meet(t, near, far, prepare(t, client, tlsconf.Client), prepare(t, server, tlsconf.Server), "station.example")
			if clientErr != nil || serverErr != nil {
				t.Fatalf("client: %v, server: %v", clientErr, serverErr)
			}
			for name, state := range map[string]tlsconf.State{"client": p.client.State(), "server": p.server.State()} {
				if got := tlsconf.SuiteName(state.Suite); got != suite.Name {
					t.Errorf("the %s has %s", name, got)
				}
				if suite.PSK() && state.PSKIdentity != "station" {
					t.Errorf("the %s has the identity %q", name, state.PSKIdentity)
				}
			}
			echo(t, p)
		})
	}
	if count != 30 {
		t.Errorf("%d suites of TwinCAT 4026, want 30", count)
	}
}

// settings are those of both ends for a suite.
func settings(t testing.TB, suite tlsconf.Suite) (client, server tlsconf.Settings) {
	t.Helper()
	if suite.PSK() {
		client = tlsconf.Settings{PSKIdentity: "station", PSKKey: []byte("0123456789abcdef"), Ciphers: suite.Name}
		return client, client
	}
	key := "rsa"
	if strings.Contains(suite.Name, "ECDSA") {
		key = "ecdsa"
	}
	own := certificate(t, key)
	server = tlsconf.Settings{Certificate: own.pem, Key: own.key, Ciphers: suite.Name}
	client = tlsconf.Settings{CA: own.pem, Ciphers: suite.Name}
	if suite.TLS13() {
		client.Version = "tlsv1.3"
	}
	return client, server
}

// echo sends more than a record to the server, and back.
func echo(t testing.TB, p pair) {
	t.Helper()
	sent := []byte(strings.Repeat("Stellwerk ", 5000))
	var wg sync.WaitGroup
	wg.Go(func() {
		if _, err := io.Copy(p.server, p.server); err != nil {
			t.Errorf("server: %v", err)
		}
		if err := p.server.CloseWrite(); err != nil {
			t.Errorf("server: %v", err)
		}
	})
	wg.Go(func() {
		if _, err := p.client.Write(sent); err != nil {
			t.Errorf("client: %v", err)
		}
		if err := p.client.CloseWrite(); err != nil {
			t.Errorf("client: %v", err)
		}
	})
	got, err := io.ReadAll(p.client)
	if err != nil || string(got) != string(sent) {
		t.Errorf("%d octets of %d came back: %v", len(got), len(sent), err)
	}
	wg.Wait()
}

// TestAgainstCrypto meets crypto/tls at the other end, in both roles and all
// versions.
func TestAgainstCrypto(t *testing.T) {
	own := certificate(t, "ecdsa")
	for _, version := range []string{"tlsv1", "tlsv1.1", "tlsv1.2", "tlsv1.3", ""} {
		server := tlsconf.Settings{CA: own.pem, Certificate: own.pem, Key: own.key, Version: version}
		client := server
		goServer, err := tlsconf.New(server, tlsconf.Server)
		if err != nil {
			t.Fatal(err)
		}
		goClient, err := tlsconf.New(client, tlsconf.Client)
		if err != nil {
			t.Fatal(err)
		}
		for name, run := range map[string]func(near, far net.Conn) pair{
			"client": func(near, far net.Conn) (p pair) {
				var wg sync.WaitGroup
				wg.Go(func() { p.server, _ = goServer.Server(t.Context(), far) })
				p.client, err = prepare(t, client, tlsconf.Client).Client(near, "station.example")
				err = errors.Join(err, p.client.HandshakeContext(t.Context()))
				wg.Wait()
				return p
			},
			"server": func(near, far net.Conn) (p pair) {
				var wg sync.WaitGroup
				wg.Go(func() { p.client, _ = goClient.Client(t.Context(), near, "station.example") })
				p.server, err = prepare(t, server, tlsconf.Server).Server(far)
				err = errors.Join(err, p.server.HandshakeContext(t.Context()))
				wg.Wait()
				return p
			},
		} {
			t.Run(name+" "+version, func(t *testing.T) {
				near, far := rig.Pipe(nil)
				p := run(near, far)
				if err != nil || p.client == nil || p.server == nil {
					t.Fatalf("no connection: %v", err)
				}
				if len(p.client.State().Peer) != 1 || len(p.server.State().Peer) != 1 {
					t.Error("a certificate of a peer is lost")
				}
				echo(t, p)
				_ = p.client.Close()
				_ = p.server.Close()
			})
		}
	}
}

// TestKeysOfSeveral lets a server choose the key by the identity.
func TestKeysOfSeveral(t *testing.T) {
	keys := map[string]string{"station": "0123456789", "panel": "abcdefghij"}
	server := tlsconf.Settings{PSKKeys: func(identity string) []byte { return []byte(keys[identity]) }, Version: "tlsv1.2"}
	for identity, key := range keys {
		near, far := rig.Pipe(nil)
		client := tlsconf.Settings{PSKIdentity: identity, PSKKey: []byte(key), Version: "tlsv1.2"}
		p, clientErr, serverErr := meet(t, near, far, prepare(t, client, tlsconf.Client), prepare(t, server, tlsconf.Server), "")
		if clientErr != nil || serverErr != nil {
			t.Fatalf("%s: client: %v, server: %v", identity, clientErr, serverErr)
		}
		if got := p.server.State().PSKIdentity; got != identity {
			t.Errorf("the server has seen %q", got)
		}
		_, _ = p.client.Close(), p.server.Close()
	}
	near, far := rig.Pipe(nil)
	client := tlsconf.Settings{PSKIdentity: "somebody", PSKKey: []byte("0123456789"), Version: "tlsv1.2"}
	if _, clientErr, serverErr := meet(t, near, far, prepare(t, client, tlsconf.Client), prepare(t, server, tlsconf.Server), ""); clientErr == nil || serverErr == nil {
		t.Errorf("an identity that is not known: client: %v, server: %v", clientErr, serverErr)
	}
}

// TestRefusals has the reasons that crypto/tls has.
func TestRefusals(t *testing.T) {
	own, stranger := certificate(t, "ecdsa"), certificate(t, "rsa")
	server := tlsconf.Settings{Certificate: own.pem, Key: own.key}
	strict := tlsconf.Settings{CA: own.pem, Certificate: own.pem, Key: own.key}
	psk := func(identity, key string) tlsconf.Settings {
		return tlsconf.Settings{PSKIdentity: identity, PSKKey: []byte(key)}
	}
	tests := map[string]struct {
		client, server tlsconf.Settings
		host           string
		atClient       tlsconf.Reason // 0: HandshakeFail, or nothing known
		atServer       tlsconf.Reason
	}{
		"another name":     {client: tlsconf.Settings{CA: own.pem}, server: server, host: "other.example", atClient: tlsconf.NameMismatch},
		"foreign":          {client: tlsconf.Settings{CA: stranger.pem}, server: server, atClient: tlsconf.VerifyFail},
		"foreign client":   {client: tlsconf.Settings{CA: own.pem, Certificate: stranger.pem, Key: stranger.key}, server: strict, atServer: tlsconf.VerifyFail},
		"no certificate":   {client: tlsconf.Settings{CA: own.pem}, server: strict},
		"unknown identity": {client: psk("somebody", "0123456789"), server: psk("station", "0123456789"), atServer: tlsconf.HandshakeFail},
		"another key":      {client: psk("station", "012345678x"), server: psk("station", "0123456789")},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			host := test.host
			if host == "" {
				host = "station.example"
			}
			// Version 1.2, where a client learns of its refusal in the handshake.
			test.client.Version, test.server.Version = "tlsv1.2", "tlsv1.2"
			near, far := rig.Pipe(nil)
			_, clientErr, serverErr := meet(t, near, far, prepare(t, test.client, tlsconf.Client), prepare(t, test.server, tlsconf.Server), host)
			if clientErr == nil || serverErr == nil {
				t.Fatalf("client: %v, server: %v", clientErr, serverErr)
			}
			if got := reasonOf(clientErr); got != test.atClient {
				t.Errorf("client: %v", clientErr)
			}
			if got := reasonOf(serverErr); got != test.atServer {
				t.Errorf("server: %v", serverErr)
			}
		})
	}
}

func reasonOf(err error) tlsconf.Reason {
	if found, ok := errors.AsType[*tlsconf.Error](err); ok {
		return found.Reason
	}
	return 0
}

// TestExpressions lets OpenSSL resolve cipher strings.
func TestExpressions(t *testing.T) {
	own := certificate(t, "rsa")
	for text, want := range map[string]tlsconf.Reason{
		"HIGH:!aNULL:!3DES:@STRENGTH":   0,
		"DHE-RSA-AES256-SHA:AES128-SHA": 0,
		"DHE-RSA-CAMELLIA128-SHA":       0,
		"AES128-SHA:ROT13":              tlsconf.CipherInvalid,
		"HIGH:!ALL":                     tlsconf.CipherInvalid,
	} {
		endpoint, err := tlsconf.New(tlsconf.Settings{CA: own.pem, Ciphers: text}, tlsconf.Client, load(t))
		if got := reasonOf(err); got != want {
			t.Errorf("%s: %v", text, err)
		}
		if err == nil && endpoint.Engine() != "OpenSSL" {
			t.Errorf("%s: %s", text, endpoint.Engine())
		}
	}
}

// TestCloseWhileReading ends a Read, as with every connection.
func TestCloseWhileReading(t *testing.T) {
	p := established(t)
	ended := make(chan error)
	go func() {
		_, err := p.client.Read(make([]byte, 1))
		ended <- err
	}()
	time.Sleep(10 * time.Millisecond)
	if err := p.client.Close(); err != nil {
		t.Error(err)
	}
	if err := <-ended; !errors.Is(err, net.ErrClosed) {
		t.Errorf("Read: %v", err)
	}
	if _, err := p.client.Write([]byte{1}); err == nil {
		t.Error("Write after Close")
	}
	if n, err := p.server.Read(make([]byte, 1)); n != 0 || !errors.Is(err, io.EOF) {
		t.Errorf("the other end reads %d, %v", n, err)
	}
}

// TestCut tells an end without close_notify from one with it.
func TestCut(t *testing.T) {
	p := established(t)
	raw, ok := p.client.(interface{ NetConn() net.Conn })
	if !ok {
		t.Fatal("no NetConn")
	}
	half, ok := raw.NetConn().(interface{ CloseWrite() error })
	if !ok {
		t.Fatal("no CloseWrite")
	}
	if err := half.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if _, err := p.server.Read(make([]byte, 1)); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("Read: %v", err)
	}
}

// TestDeadline ends a Read in time, and lets the next one go on.
func TestDeadline(t *testing.T) {
	p := established(t)
	_ = p.client.SetReadDeadline(time.Now().Add(5 * time.Millisecond))
	_, err := p.client.Read(make([]byte, 1))
	if timeout, ok := errors.AsType[net.Error](err); !ok || !timeout.Timeout() {
		t.Fatalf("Read: %v", err)
	}
	_ = p.client.SetReadDeadline(time.Time{})
	if _, err := p.server.Write([]byte{42}); err != nil {
		t.Fatal(err)
	}
	data := make([]byte, 2)
	if n, err := p.client.Read(data); n != 1 || err != nil || data[0] != 42 {
		t.Errorf("Read: %d, %v", n, err)
	}
}

// TestGarbage is a peer that does not speak TLS.
func TestGarbage(t *testing.T) {
	near, far := rig.Pipe(nil)
	client, err := prepare(t, tlsconf.Settings{NoServerCertCheck: true}, tlsconf.Client).Client(near, "x")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := far.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	if err := client.HandshakeContext(t.Context()); err == nil || !strings.Contains(err.Error(), "wrong version number") {
		t.Errorf("handshake: %v", err)
	}
	_ = client.Close()
	_ = far.Close()
}

func established(t testing.TB) pair {
	t.Helper()
	own := certificate(t, "ecdsa")
	near, far := rig.Pipe(nil)
	p, clientErr, serverErr := meet(t, near, far,
		prepare(t, tlsconf.Settings{CA: own.pem}, tlsconf.Client),
		prepare(t, tlsconf.Settings{Certificate: own.pem, Key: own.key}, tlsconf.Server), "station.example")
	if clientErr != nil || serverErr != nil {
		t.Fatalf("client: %v, server: %v", clientErr, serverErr)
	}
	return p
}

// TestMany makes, uses and ends thousands of connections, several at a time.
func TestMany(t *testing.T) {
	own := certificate(t, "ecdsa")
	client := prepare(t, tlsconf.Settings{CA: own.pem}, tlsconf.Client)
	server := prepare(t, tlsconf.Settings{Certificate: own.pem, Key: own.key}, tlsconf.Server)
	rounds := 250
	if testing.Short() {
		rounds = 20
	}
	before := libssl.Open()
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			for round := range rounds {
				near, far := rig.Pipe(nil)
				p, clientErr, serverErr := meet(t, near, far, client, server, "station.example")
				if clientErr != nil || serverErr != nil {
					t.Errorf("client: %v, server: %v", clientErr, serverErr)
					return
				}
				text := fmt.Sprintf("%d/%d", worker, round)
				data := make([]byte, len(text))
				if _, err := p.client.Write([]byte(text)); err != nil {
					t.Error(err)
				}
				if _, err := io.ReadFull(p.server, data); err != nil || string(data) != text {
					t.Errorf("%q, %v", data, err)
				}
				_ = p.client.Close()
				_ = p.server.Close()
			}
		})
	}
	wg.Wait()
	if after := libssl.Open(); after != before {
		t.Errorf("%d connections are still known", after-before)
	}
}

// TestFullDuplex lets both ends write at once more than buffers hold, while
// both read.
func TestFullDuplex(t *testing.T) {
	p := established(t)
	const size = 4 << 20
	var wg sync.WaitGroup
	for _, c := range []tlsconf.Conn{p.client, p.server} {
		wg.Go(func() {
			data := make([]byte, 40_000)
			for sent := 0; sent < size; sent += len(data) {
				if _, err := c.Write(data); err != nil {
					t.Error(err)
					return
				}
			}
			if err := c.CloseWrite(); err != nil {
				t.Error(err)
			}
		})
		wg.Go(func() {
			if n, err := io.Copy(io.Discard, c); err != nil || n < size {
				t.Errorf("%d octets, %v", n, err)
			}
		})
	}
	wg.Wait()
}
