package tf6770_test

import (
	"context"
	"errors"
	"net"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"

	"stellwerk/websocket/tf6770"
)

// Where a client connects to, whether with TLS, and what the request says.
func TestAddresses(t *testing.T) {
	for _, test := range []struct {
		host     string
		port     uint16
		uri      string
		insecure bool // a TLS setting is made
		address  string
		tls      bool
		request  string
		header   string
	}{
		{address: "localhost:80", request: "GET / HTTP/1.1", header: "Host: localhost"},
		{host: "plc", address: "plc:80", request: "GET / HTTP/1.1", header: "Host: plc"},
		{host: "plc", port: 8080, uri: "/feed?x=1&y=ä b", address: "plc:8080", request: "GET /feed?x=1&y=%C3%A4%20b HTTP/1.1", header: "Host: plc:8080"},
		{host: "plc", uri: "feed/ä", address: "plc:80", request: "GET /feed/%C3%A4 HTTP/1.1", header: "Host: plc"},
		{host: "plc:8080", address: "plc:8080", request: "GET / HTTP/1.1", header: "Host: plc:8080"},
		{host: "plc:8080", port: 9090, address: "plc:9090", request: "GET / HTTP/1.1", header: "Host: plc:9090"},
		{host: "192.0.2.7", uri: "//x", address: "192.0.2.7:80", request: "GET //x HTTP/1.1", header: "Host: 192.0.2.7"},
		{host: "2001:db8::7", address: "[2001:db8::7]:80", request: "GET / HTTP/1.1", header: "Host: [2001:db8::7]"},
		{host: "[2001:db8::7]:8080", address: "[2001:db8::7]:8080", request: "GET / HTTP/1.1", header: "Host: [2001:db8::7]:8080"},
		{host: "ws://plc/feed", address: "plc:80", request: "GET /feed HTTP/1.1", header: "Host: plc"},
		{host: "WS://plc:8080", uri: "/other", address: "plc:8080", request: "GET /other HTTP/1.1", header: "Host: plc:8080"},
		{uri: "ws://plc:8080/feed?a=b", address: "plc:8080", request: "GET /feed?a=b HTTP/1.1", header: "Host: plc:8080"},
		{host: "near", uri: "ws://plc:8080/feed", address: "near:8080", request: "GET /feed HTTP/1.1", header: "Host: near:8080"},
		{host: "ws://me:secret@plc/feed", address: "plc:80", request: "GET /feed HTTP/1.1", header: "Authorization: Basic bWU6c2VjcmV0"},
		// TLS is on where wss says so, or a setting does; only wss changes the port.
		{host: "wss://plc", address: "plc:443", tls: true},
		{uri: "wss://plc/feed", address: "plc:443", tls: true},
		{host: "plc", uri: "wss://plc:8443/feed", address: "plc:8443", tls: true},
		{host: "plc", port: 8443, uri: "wss://plc/feed", address: "plc:8443", tls: true},
		{host: "plc", insecure: true, address: "plc:80", tls: true},
		{host: "ws://plc", insecure: true, address: "plc:80", tls: true},
	} {
		synctest.Test(t, func(t *testing.T) {
			p := newPLC(t, nil)
			p.HostName, p.HostPort, p.URI = test.host, test.port, test.uri
			p.TLS.NoServerCertCheck = test.insecure
			var got string
			var first []byte
			p.served(func(conn net.Conn) {
				first = make([]byte, 4096)
				n, _ := conn.Read(first)
				first = first[:n]
			})
			dial := p.Dial
			p.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
				got = address
				return dial(ctx, network, address)
			}
			p.connect()
			p.servers.Wait()
			if got != test.address {
				t.Errorf("%+v: dialled %q", test, got)
			}
			if secure := len(first) > 0 && first[0] == 0x16; secure != test.tls {
				t.Errorf("%+v: TLS is %t", test, secure)
			}
			if request := string(first); !test.tls && (!strings.HasPrefix(request, test.request+"\r\n") || !strings.Contains(request, "\r\n"+test.header+"\r\n")) {
				t.Errorf("%+v: the request is %q", test, request)
			}
		})
	}
}

func TestAddressesThatAreRefused(t *testing.T) {
	for _, test := range []struct {
		host, uri string
		status    tf6770.Status
	}{
		{"a b", "", tf6770.SocketConnectionInvalid},
		{"plc/feed", "", tf6770.SocketConnectionInvalid},
		{"http://plc", "", tf6770.SocketConnectionInvalid},
		{"ws://", "", tf6770.SocketConnectionInvalid},
		{"user:secret@plc", "", tf6770.SocketConnectionInvalid},
		{"ws://pl c/", "", tf6770.SocketConnectionInvalid},
		{"plc:http", "", tf6770.SocketConnectionInvalid},
		{"plc:0", "", tf6770.SocketConnectionInvalid},
		{"plc:70000", "", tf6770.SocketConnectionInvalid},
		{"plc:1:2", "", tf6770.SocketConnectionInvalid},
		{"plc\x00", "", tf6770.SocketConnectionInvalid},
		{strings.Repeat("a", 254), "", tf6770.SocketConnectionInvalid},
		{"plc", "/\n", tf6770.RequestInternalError},
		{"plc", "/%zz", tf6770.RequestInternalError},
		{"plc", "/feed#part", tf6770.RequestInternalError},
		{"plc", "http://plc/", tf6770.RequestInternalError},
	} {
		synctest.Test(t, func(t *testing.T) {
			p := newPLC(t, nil)
			p.Dial = func(context.Context, string, string) (net.Conn, error) {
				t.Errorf("%q %q: dialled", test.host, test.uri)
				return nil, errors.New("dialled")
			}
			p.HostName, p.URI = test.host, test.uri
			p.connect()
			if p.ConnectionState != test.status || !p.Error {
				t.Errorf("%q %q: %+v", test.host, test.uri, p.Outputs)
			}
		})
	}
}

// What the request offers.
func TestRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPLC(t, nil)
		var got string
		p.served(func(conn net.Conn) {
			first := make([]byte, 4096)
			n, _ := conn.Read(first)
			got = string(first[:n])
		})
		p.Protocol, p.Origin, p.PerMessageDeflate = "a, b", "https://plant.example", true
		p.Header = map[string][]string{"Authorization": {"Bearer x"}}
		p.connect()
		p.servers.Wait()
		for _, line := range []string{"Sec-WebSocket-Protocol: a, b", "Origin: https://plant.example", "Authorization: Bearer x", "Sec-WebSocket-Extensions: permessage-deflate"} {
			if !strings.Contains(got, "\r\n"+line) {
				t.Errorf("without %q: %q", line, got)
			}
		}
	})
	for name, change := range map[string]func(*tf6770.Client){
		"sProtocol": func(c *tf6770.Client) { c.Protocol = "no token" },
		"sOrigin":   func(c *tf6770.Client) { c.Origin = "a\r\nb" },
		"a header":  func(c *tf6770.Client) { c.Header = map[string][]string{"Upgrade": {"x"}} },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPLC(t, nil)
				p.served(func(net.Conn) {})
				change(p.Client)
				p.connect()
				if p.ConnectionState != tf6770.RequestInternalError {
					t.Errorf("%+v", p.Outputs)
				}
			})
		})
	}
}

// Whatever the inputs are, an address can be dialled, and its request has no
// blanks or line ends.
func FuzzAddress(f *testing.F) {
	for _, seed := range [][2]string{
		{"", ""}, {"plc:80", "/feed?a=b c"}, {"wss://plc:8443/x", "y"}, {"[::1]:80", "wss://plc"}, {"fe80::1%eth0", "//"}, {"a", "/%41"}, {"ws://%41/", "?"}, {"\x0f", "0"}, {"ws://::", "?"},
	} {
		f.Add(seed[0], uint16(0), seed[1])
	}
	f.Fuzz(func(t *testing.T, host string, port uint16, uri string) {
		u, err := tf6770.Address(&tf6770.Inputs{HostName: host, HostPort: port, URI: uri})
		if err != nil {
			if s := tf6770.StatusOf(err); s != tf6770.SocketConnectionInvalid && s != tf6770.RequestInternalError {
				t.Errorf("%v is %v", err, s)
			}
			return
		}
		again, err := url.Parse(u.String())
		if err != nil || again.Hostname() == "" || u.Scheme != "ws" && u.Scheme != "wss" {
			t.Errorf("%q, %d, %q lead to %q: %v", host, port, uri, u, err)
			return
		}
		for _, octet := range []byte(again.RequestURI()) {
			if octet <= ' ' || octet >= 0x7F {
				t.Errorf("%q leads to the request %q", uri, again.RequestURI())
			}
		}
	})
}
