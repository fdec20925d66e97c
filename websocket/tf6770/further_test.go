package tf6770_test

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/tlsconf"
	"stellwerk/tlsconf/libssl"
	"stellwerk/websocket"
	"stellwerk/websocket/tf6770"
)

// Further ways to some of the statuses, which users meet.
func TestFurtherCauses(t *testing.T) {
	for _, test := range []struct {
		name   string
		status tf6770.Status
		with   func(*testing.T, *plc)
	}{
		{"with TLS 1.3, a server refuses the client's certificate after its handshake", tf6770.SocketTLS, func(t *testing.T, p *plc) {
			ca := issue(t, nil, nil)
			own := issue(t, ca, nil)
			p.HostName = "server.example"
			p.TLS = tlsconf.Settings{CA: ca.pem(), Version: "tlsv1.3"}
			config := own.config()
			config.ClientAuth = tls.RequireAndVerifyClientCert
			p.served(func(conn net.Conn) {
				_ = tls.Server(conn, config).HandshakeContext(endless)
				_, _ = io.Copy(io.Discard, conn)
			})
		}},
		{"with TLS 1.2, during it", tf6770.TLSHandshakeFail, func(t *testing.T, p *plc) {
			ca := issue(t, nil, nil)
			own := issue(t, ca, nil)
			p.HostName, p.TLS.CA = "server.example", ca.pem()
			config := own.config()
			config.ClientAuth = tls.RequireAndVerifyClientCert
			p.served(func(conn net.Conn) { _ = tls.Server(conn, config).HandshakeContext(endless) })
		}},
		{"TLS for a server that speaks TLS 1.3 only", tf6770.TLSHandshakeFail, func(t *testing.T, p *plc) {
			p.TLS.NoServerCertCheck = true
			config := issue(t, nil, nil).config()
			config.MinVersion = tls.VersionTLS13
			p.served(func(conn net.Conn) { _ = tls.Server(conn, config).HandshakeContext(endless) })
		}},
		{"a server that wants TLS, gets none, and says so as OpenSSL does", tf6770.ResponseParseError, func(_ *testing.T, p *plc) {
			p.served(func(conn net.Conn) {
				_, _ = conn.Read(make([]byte, 4096))
				_, _ = conn.Write([]byte{0x15, 3, 1, 0, 2, 2, 70}) // alert protocol_version
			})
		}},
		{"one that hangs up instead", tf6770.SocketConnectionLost, func(t *testing.T, p *plc) {
			config := issue(t, nil, nil).config()
			p.served(func(conn net.Conn) { _ = tls.Server(conn, config).HandshakeContext(endless) })
		}},
		{"a pre-shared key without OpenSSL", tf6770.TLSSetup, func(_ *testing.T, p *plc) {
			p.TLS.PSKIdentity, p.TLS.PSKKey = "plc", []byte("0123456789abcdef")
		}},
		{"a server whose response is an octet a second", tf6770.ResponseTimeout, misbehaves("drip-response")},
		{"a compressed gibibyte", tf6770.InvalidMessageSize, func(t *testing.T, p *plc) {
			p.PerMessageDeflate = true
			misbehaves("bomb")(t, p)
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPLC(t, nil)
				test.with(t, p)
				p.connect()
				p.until(10*time.Minute, "the end", func() bool { return !p.Connected })
				if p.ConnectionState != test.status {
					t.Errorf("got %+v, want %v", p.Outputs, test.status)
				}
				p.disconnect()
			})
		})
	}
}

// A pre-shared key, as the manual shows it, with OpenSSL on both ends.
func TestPreSharedKey(t *testing.T) {
	engine, err := libssl.Load()
	if err != nil {
		t.Skip(err)
	}
	settings := tlsconf.Settings{PSKIdentity: "identityofPSK", PSKKey: []byte{0x1B, 0xD0, 0x6F, 0xD2, 0x56, 0x16, 0x7D, 0xC1, 0xE8, 0xC7, 0x48, 0x2A, 0x8E, 0xF5, 0xFF}}
	endpoint, err := tlsconf.New(settings, tlsconf.Server, engine)
	if err != nil {
		t.Fatal(err)
	}
	for _, known := range []bool{true, false} {
		p := newRealPLC(t)
		p.Engines, p.TLS.PSKIdentity, p.TLS.PSKKey = []tlsconf.Engine{engine}, settings.PSKIdentity, settings.PSKKey
		if !known {
			p.TLS.PSKIdentity = "somebody else"
		}
		p.served(func(conn net.Conn) {
			secure, err := endpoint.Server(endless, conn)
			if err != nil {
				return
			}
			if w, err := websocket.Server(endless, secure, nil); err == nil {
				echo(w)
			}
		})
		p.connect()
		if known {
			if !p.SendMessage([]byte("hello"), true, false) {
				t.Fatalf("%+v", p.Outputs)
			}
			p.until(10*time.Second, "the answer", func() bool { return len(p.messages) == 1 })
		} else if p.ConnectionState != tf6770.TLSHandshakeFail {
			t.Errorf("with an identity that is not known: %+v", p.Outputs)
		}
		p.disconnect()
	}
}

// Many connections one after the other, over TCP, with messages both ways, ended
// in every way; TestMain sees what they leave behind.
func TestManyConnections(t *testing.T) {
	listener := listen(t, "tcp4", "127.0.0.1:0")
	p := newRealPLC(t)
	p.servers.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			if w, err := websocket.Server(endless, conn, nil); err == nil {
				p.servers.Go(func() { echo(w) })
			}
		}
	})
	t.Cleanup(func() { _ = listener.Close() })
	p.HostName = listener.Addr().String()
	for i := range 100 {
		p.messages = nil
		for !p.Connect(i%2 == 0) {
			if p.Error {
				t.Fatalf("connection %d: %+v", i, p.Outputs)
			}
			p.Execute()
			time.Sleep(100 * time.Microsecond)
		}
		for n := range 10 {
			p.SendMessage(fmt.Append(nil, n), n%2 == 0, false)
		}
		for end := time.Now().Add(10 * time.Second); i%3 != 0 && len(p.messages) < 10; p.Execute() {
			if time.Sleep(100 * time.Microsecond); time.Now().After(end) {
				t.Fatalf("connection %d: only %d answers, %+v", i, len(p.messages), p.Outputs)
			}
		}
		if err := p.Close(); err != nil || p.Connected || p.Error || p.CloseReason != 1000 {
			t.Fatalf("connection %d: %v, %+v", i, err, p.Outputs)
		}
	}
}
