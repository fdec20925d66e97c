package interop

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"os"
	"sync"
	"testing"

	"stellwerk/tlsconf"
	"stellwerk/tlsconf/libssl"
)

// secureWith puts the TLS of tlsconf on our ends, and crypto/tls on the peer's.
func secureWith(t *testing.T, name string) transport {
	t.Helper()
	files := certificateFor(t, "ECDSA")
	ciphers, engines := engineFor(t, name)
	client, err := tlsconf.New(tlsconf.Settings{CA: files.certificate, Ciphers: ciphers}, tlsconf.Client, engines...)
	if err != nil {
		t.Fatal(err)
	}
	server, err := tlsconf.New(tlsconf.Settings{Certificate: files.certificate, Key: files.key, Ciphers: ciphers}, tlsconf.Server, engines...)
	if err != nil {
		t.Fatal(err)
	}
	if (client.Engine() == "crypto/tls") != (name == "crypto/tls") || client.Engine() != server.Engine() {
		t.Fatalf("the engines are %s and %s", client.Engine(), server.Engine())
	}
	own, err := tls.LoadX509KeyPair(files.certificate, files.key)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(files.certificate)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(text)
	return transport{
		scheme: "wss",
		ourClient: func(ctx context.Context, conn net.Conn) (net.Conn, error) {
			return client.Client(ctx, conn, "station.example")
		},
		ourServer: func(ctx context.Context, conn net.Conn) (net.Conn, error) { return server.Server(ctx, conn) },
		peersClient: func(conn net.Conn) net.Conn {
			return tls.Client(conn, &tls.Config{RootCAs: roots, ServerName: "station.example", MinVersion: tls.VersionTLS12})
		},
		peersServ: func(conn net.Conn) net.Conn {
			return tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{own}, MinVersion: tls.VersionTLS12})
		},
	}
}

// engineFor chooses an engine: libssl by a cipher string that crypto/tls does
// not read.
func engineFor(t *testing.T, name string) (ciphers string, engines []tlsconf.Engine) {
	t.Helper()
	if name != "libssl" {
		return "", nil
	}
	engine, err := libssl.Load()
	if err != nil {
		t.Skip(err)
	}
	return "ECDHE+AESGCM", []tlsconf.Engine{engine}
}

// shaken is a listener whose connections have TLS by tlsconf. Each shakes hands
// by itself: browsers open some that they do not use.
func shaken(t *testing.T, listener net.Listener) net.Listener {
	t.Helper()
	over := secureWith(t, "crypto/tls")
	s := &shakenListener{Listener: listener, ready: make(chan net.Conn)}
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	all.Go(func() {
		defer close(s.ready)
		var each sync.WaitGroup
		defer each.Wait()
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			each.Go(func() {
				secure, err := over.ourServer(ctx, conn)
				if err != nil {
					return
				}
				select {
				case s.ready <- secure:
				case <-ctx.Done():
					_ = secure.Close()
				}
			})
		}
	})
	t.Cleanup(func() {
		cancel()
		_ = listener.Close()
		all.Wait()
	})
	return s
}

type shakenListener struct {
	net.Listener
	ready chan net.Conn
}

func (s *shakenListener) Accept() (net.Conn, error) {
	conn, ok := <-s.ready
	if !ok {
		return nil, net.ErrClosed
	}
	return conn, nil
}
