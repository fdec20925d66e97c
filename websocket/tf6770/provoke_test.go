package tf6770_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/ads/ams"
	"stellwerk/internal/rig"
	"stellwerk/tlsconf"
	"stellwerk/websocket"
	"stellwerk/websocket/tf6770"
	"stellwerk/websocket/websockettest"
)

// provocation brings a status about.
type provocation struct {
	status tf6770.Status
	// how is what the documentation says about it.
	how string
	// real is for what needs the operating system, and with it real time.
	real bool
	// with drives the client until the outputs have the status.
	with func(t *testing.T, p *plc)
}

// provocations have one for each status that can come about here.
var provocations = slices.Concat(generalProvocations, networkProvocations, tlsProvocations, webSocketProvocations)

// TestEveryStatusIsProvoked brings every status about, apart from those for which
// the table gives the reason why they cannot be.
func TestEveryStatusIsProvoked(t *testing.T) {
	provoked := map[tf6770.Status]bool{}
	for _, want := range provocations {
		provoked[want.status] = true
		check := func(t *testing.T, p *plc) {
			want.with(t, p)
			if p.ConnectionState != want.status && tf6770.StatusOf(p.Err) != want.status {
				t.Errorf("got %+v", p.Outputs)
			}
			failed := want.status.HRESULT().Failed() && want.status != tf6770.SocketNoConnection
			if failed && (!p.Error || p.Err == nil || !p.ErrorCode.Failed() && want.status != tf6770.InternalError) {
				t.Errorf("without an error: %+v", p.Outputs)
			}
			if p.Err != nil {
				t.Log(p.Err)
			}
			p.disconnect()
		}
		t.Run(want.status.String(), func(t *testing.T) {
			if want.real {
				check(t, newRealPLC(t))
			} else {
				synctest.Test(t, func(t *testing.T) { check(t, newPLC(t, nil)) })
			}
		})
	}
	for s := range tf6770.Statuses() {
		if absent := !s.Absent().IsZero(); absent == provoked[s] {
			t.Errorf("%v is provoked: %t, and said to be absent: %t", s, provoked[s], absent)
		}
	}
}

// served gives the client a connection that behaves like TCP.
func (p *plc) served(serve func(net.Conn)) {
	p.Dial = func(context.Context, string, string) (net.Conn, error) {
		here, there := rig.Pipe(nil)
		p.servers.Go(func() {
			defer func() { _ = there.Close() }()
			serve(there)
		})
		return here, nil
	}
}

// misbehaves connects to a server that does something wrong, and waits for what
// comes of it.
func misbehaves(name string) func(*testing.T, *plc) {
	return func(t *testing.T, p *plc) {
		m, known := websockettest.Find(name)
		if !known {
			t.Fatalf("there is no misbehaviour %q", name)
		}
		p.served(func(conn net.Conn) { _ = (&websockettest.Server{Misbehaviour: m}).ServeConn(p.ctx, conn) })
		p.connect()
		p.until(10*time.Minute, "the end", func() bool { return !p.Connected })
	}
}

// fails connects with settings that are changed before.
func fails(change func(*testing.T, *plc)) func(*testing.T, *plc) {
	return func(t *testing.T, p *plc) {
		change(t, p)
		p.connect()
		p.until(time.Minute, "the end", func() bool { return !p.Connected })
	}
}

var generalProvocations = []provocation{
	{tf6770.Busy, "a server that takes its time", false, func(_ *testing.T, p *plc) {
		p.served(func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) })
		p.Connect(false)
	}},
	{tf6770.Success, "a server that answers", false, func(t *testing.T, p *plc) {
		p.served(server(t, nil, echo))
		p.connect()
	}},
	{tf6770.SocketNoConnection, "a message before connecting", false, func(t *testing.T, p *plc) {
		if p.SendMessage([]byte("hello"), true, false) {
			t.Error("it was taken")
		}
	}},
	{tf6770.FinalizeDisconnect, "Disconnect, and a server that does not answer close frames", false, func(t *testing.T, p *plc) {
		m, _ := websockettest.Find("no-close")
		p.served(func(conn net.Conn) { _ = (&websockettest.Server{Misbehaviour: m, After: 1}).ServeConn(p.ctx, conn) })
		p.connected()
		p.Disconnect()
	}},
	{tf6770.InternalError, "OnWebSocketMessage returns a failure", false, func(t *testing.T, p *plc) {
		p.served(server(t, nil, echo))
		p.connected()
		p.answers = []ams.HRESULT{ams.DeviceError.HRESULT()}
		p.SendMessage([]byte("hello"), true, false)
		p.until(time.Second, "the end", func() bool { return !p.Connected })
	}},
}

var webSocketProvocations = []provocation{
	{tf6770.SocketConnectionLost, "a server that closes TCP without a close frame", false, misbehaves("cut")},
	{tf6770.SocketNotSupported, "a server that closes with 1003", false, misbehaves("close-1003")},
	{tf6770.SocketAuthentication, "a server that closes with 3000", false, misbehaves("close-3000")},
	{tf6770.SocketAccessDenied, "a server that closes with 1008", false, misbehaves("close-1008")},
	{tf6770.SocketProxy, "an answer with 407", false, misbehaves("status-407")},
	{tf6770.RequestInternalError, "an sUri with a line end", false, fails(func(_ *testing.T, p *plc) { p.URI = "/feed\r\nEvil: 1" })},
	{tf6770.ResponseParseError, "a server that speaks another protocol", false, misbehaves("no-http")},
	{tf6770.ResponseInvalid, "a response without Upgrade", false, misbehaves("no-upgrade")},
	{tf6770.ResponseStatus, "an answer with 403", false, misbehaves("status-403")},
	{tf6770.ResponseAccept, "a response without Sec-WebSocket-Accept", false, misbehaves("no-accept")},
	{tf6770.ResponseAcceptHash, "the Sec-WebSocket-Accept of another request", false, misbehaves("wrong-accept")},
	{tf6770.ResponseExtension, "an extension that does not exist", false, misbehaves("unknown-extension")},
	{tf6770.ResponseReject, "CheckProtocol returns false", false, fails(func(t *testing.T, p *plc) {
		p.served(server(t, nil, echo))
		p.CheckProtocol = func(string) bool { return false }
	})},
	{tf6770.ResponseTimeout, "a server that never answers the request", false, misbehaves("silent")},
	{tf6770.KeepAliveTimeout, "a server that answers no ping", false, misbehaves("dead")},
	{tf6770.NoMemory, "SendMessage while the server reads nothing", false, func(t *testing.T, p *plc) {
		p.served(server(t, nil, func(*websocket.Conn) { time.Sleep(time.Minute) }))
		p.MaxSendQueue = 200_000
		p.connected()
		for taken := 0; p.SendMessage(make([]byte, 10_000), false, false); taken++ {
			if taken > 1000 {
				t.Fatal("everything was taken")
			}
		}
	}},
	{tf6770.InvalidMessageSize, "a frame of a tebibyte", false, misbehaves("endless-frame")},
	{tf6770.ProtocolError, "a masked frame from the server", false, misbehaves("masked")},
	{tf6770.ReceiveQueueFull, "messages while OnWebSocketMessage returns S_FALSE", false, func(t *testing.T, p *plc) {
		p.MaxReceiveQueue = 100_000
		p.OnWebSocketMessage = func([]byte, tf6770.ContentType) ams.HRESULT { return ams.False }
		misbehaves("message-flood")(t, p)
	}},
	{tf6770.DecompressError, "a compressed message that is damaged", false, func(t *testing.T, p *plc) {
		p.PerMessageDeflate = true
		misbehaves("damaged-compression")(t, p)
	}},
}

var tlsProvocations = []provocation{
	{tf6770.SocketTLS, "a TLS record that is damaged after the handshake", false, fails(func(t *testing.T, p *plc) {
		p.TLS.NoServerCertCheck = true
		own := issue(t, nil, nil)
		p.served(func(conn net.Conn) {
			secure := tls.Server(conn, own.config())
			if w, err := websocket.Server(endless, secure, nil); err == nil {
				defer func() { _ = w.Abort() }()
				_, _ = conn.Write([]byte{0x17, 3, 3, 0, 32})
				_, _ = conn.Write(make([]byte, 32))
				_, _ = io.Copy(io.Discard, conn)
			}
		})
	})},
	{tf6770.TLSCANotFound, "an sCA that is not there", false, fails(func(_ *testing.T, p *plc) { p.TLS.CA = "/does/not/exist.pem" })},
	{tf6770.TLSCertificateNotFound, "an sCert that is not there", false, fails(func(t *testing.T, p *plc) {
		own := issue(t, nil, nil)
		p.TLS = tlsconf.Settings{CA: own.pem(), Certificate: "/does/not/exist.pem", Key: own.keyPEM(t)}
	})},
	{tf6770.TLSKeyNotFound, "an sKeyFile that is not there", false, fails(func(t *testing.T, p *plc) {
		own := issue(t, nil, nil)
		p.TLS = tlsconf.Settings{CA: own.pem(), Certificate: own.pem(), Key: "/does/not/exist.pem"}
	})},
	{tf6770.TLSCAInvalid, "a file that is no certificate as sCA", false, fails(func(t *testing.T, p *plc) { p.TLS.CA = file(t, "hello") })},
	{tf6770.TLSCertificateInvalid, "a file that is no certificate as sCert", false, fails(func(t *testing.T, p *plc) {
		own := issue(t, nil, nil)
		p.TLS = tlsconf.Settings{CA: own.pem(), Certificate: file(t, "hello"), Key: own.keyPEM(t)}
	})},
	{tf6770.TLSKeyInvalid, "the key of another certificate", false, fails(func(t *testing.T, p *plc) {
		own := issue(t, nil, nil)
		p.TLS = tlsconf.Settings{CA: own.pem(), Certificate: own.pem(), Key: file(t, issue(t, nil, nil).keyPEM(t))}
	})},
	{tf6770.TLSVerifyFail, "a server with a certificate of another CA", false, secured(func(t *testing.T, p *plc, _ *issued) *issued {
		return issue(t, issue(t, nil, nil), nil)
	})},
	{tf6770.TLSSetup, "an sCert without an sCA", false, fails(func(t *testing.T, p *plc) {
		own := issue(t, nil, nil)
		p.TLS = tlsconf.Settings{Certificate: own.pem(), Key: own.keyPEM(t)}
	})},
	{tf6770.TLSHandshakeFail, "a server that speaks no TLS", false, fails(func(_ *testing.T, p *plc) {
		p.TLS.NoServerCertCheck = true
		p.served(func(conn net.Conn) { _, _ = conn.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n")) })
	})},
	{tf6770.TLSCipherInvalid, "an sCiphers with a suite of 3DES", false, fails(func(_ *testing.T, p *plc) { p.TLS.Ciphers = "DES-CBC3-SHA" })},
	{tf6770.TLSVersionInvalid, "an sVersion of ssl3", false, fails(func(_ *testing.T, p *plc) {
		p.TLS.Version, p.TLS.NoServerCertCheck = "ssl3", true
	})},
	{tf6770.TLSPSKInvalid, "an sPskIdentity without a key", false, fails(func(_ *testing.T, p *plc) { p.TLS.PSKIdentity = "plc" })},
	{tf6770.TLSCRLNotFound, "an sCrl that is not there", false, fails(func(t *testing.T, p *plc) {
		p.TLS.CA, p.TLS.CRL = issue(t, nil, nil).pem(), "/does/not/exist.crl"
	})},
	{tf6770.TLSCRLInvalid, "a certificate as sCrl", false, fails(func(t *testing.T, p *plc) {
		own := issue(t, nil, nil)
		p.TLS.CA, p.TLS.CRL = own.pem(), file(t, own.pem())
	})},
	{tf6770.TLSCertificateExpired, "a server with a certificate that has run out", false, secured(func(t *testing.T, _ *plc, ca *issued) *issued {
		return issue(t, ca, func(c *template) { c.NotAfter = time.Now().Add(-time.Minute) })
	})},
	{tf6770.TLSCommonNameMismatch, "a server with a certificate for another name", false, secured(func(t *testing.T, p *plc, ca *issued) *issued {
		p.HostName = "other.example"
		return issue(t, ca, nil)
	})},
}

// secured connects to a server with a certificate, trusting an authority.
func secured(certificate func(*testing.T, *plc, *issued) *issued) func(*testing.T, *plc) {
	return fails(func(t *testing.T, p *plc) {
		ca := issue(t, nil, nil)
		p.TLS.CA, p.HostName = ca.pem(), "server.example"
		own := certificate(t, p, ca)
		p.served(func(conn net.Conn) { _ = tls.Server(conn, own.config()).HandshakeContext(endless) })
	})
}

var networkProvocations = []provocation{
	{tf6770.SocketConnectionInvalid, "an sHostName with a blank", false, fails(func(_ *testing.T, p *plc) { p.HostName = "no host" })},
	{tf6770.SocketConnectionRefused, "a port on which nobody listens", true, fails(func(t *testing.T, p *plc) {
		listener := listen(t, "tcp4", "127.0.0.1:0")
		p.HostName = listener.Addr().String()
		_ = listener.Close()
	})},
	{tf6770.SocketUnknown, "a Dial function with an error of its own", false, fails(func(_ *testing.T, p *plc) {
		p.Dial = func(context.Context, string, string) (net.Conn, error) {
			return nil, errors.New("the modem does not answer")
		}
	})},
	{tf6770.SocketErrno, "a connection through a device that is full", true, fails(func(t *testing.T, p *plc) {
		full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
		if err != nil {
			t.Skip(err)
		}
		p.served(server(t, nil, echo))
		dial := p.Dial
		p.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dial(ctx, network, address)
			return &intoDevice{Conn: conn, device: full}, err
		}
		t.Cleanup(func() { _ = full.Close() })
		p.connected()
		p.SendMessage([]byte("hello"), true, false)
	})},
	{tf6770.SocketNameResolution, "a name server that does not know the host", true, fails(func(t *testing.T, p *plc) {
		p.HostName = "unknown.example"
		resolver := &net.Resolver{PreferGo: true, Dial: nameServer(t)}
		p.Dial = (&net.Dialer{Resolver: resolver}).DialContext
	})},
	{tf6770.RequestSendError, "a server that resets the connection at once", true, fails(func(t *testing.T, p *plc) {
		listener := listen(t, "tcp4", "127.0.0.1:0")
		connected := make(chan struct{})
		p.servers.Go(func() {
			conn, err := listener.Accept()
			if <-connected; err == nil {
				_ = conn.(*net.TCPConn).SetLinger(0)
				_ = conn.Close()
			}
		})
		p.Dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
			conn, err := new(net.Dialer).DialContext(ctx, network, listener.Addr().String())
			close(connected)
			if err == nil {
				_, _ = conn.Read(make([]byte, 1)) // until the reset is there
			}
			return conn, err
		}
	})},
	{tf6770.SocketAddressInUse, "a Dial function with a local port that is taken", true, fails(func(t *testing.T, p *plc) {
		listener := listen(t, "tcp4", "127.0.0.1:0")
		p.Dial = (&net.Dialer{LocalAddr: listener.Addr()}).DialContext
		p.HostName = "127.0.0.1"
	})},
	{tf6770.SocketAddressInvalid, "a Dial function with a local address of another machine", true, fails(func(_ *testing.T, p *plc) {
		p.Dial = (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1)}}).DialContext
		p.HostName = "127.0.0.1"
	})},
}

// intoDevice sends what comes behind the handshake into a device.
type intoDevice struct {
	net.Conn
	device *os.File
	shaken bool
}

func (c *intoDevice) Write(data []byte) (int, error) {
	if c.shaken {
		return c.device.Write(data)
	}
	c.shaken = true
	return c.Conn.Write(data)
}

func listen(t *testing.T, network, address string) net.Listener {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	return listener
}

// nameServer knows no name at all.
func nameServer(t *testing.T) func(context.Context, string, string) (net.Conn, error) {
	socket, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for question := make([]byte, 512); ; {
			n, from, err := socket.ReadFrom(question)
			if err != nil {
				return
			}
			if n > 12 {
				question[2], question[3] = 0x81, 0x83 // an answer, recursion, NXDOMAIN
				question[10], question[11] = 0, 0     // without the question's additional record
				_, _ = socket.WriteTo(question[:end(question[:n])], from)
			}
		}
	}()
	t.Cleanup(func() {
		_ = socket.Close()
		<-ended
	})
	return func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp4", socket.LocalAddr().String())
	}
}

// end returns where the question of a DNS message ends.
func end(message []byte) int {
	at := 12
	for at < len(message) && message[at] != 0 {
		at += int(message[at]) + 1
	}
	return min(at+5, len(message))
}

// Every wrong server there is gives the status that belongs to what is wrong, and
// none keeps a task waiting.
func TestMisbehavingServers(t *testing.T) {
	stages := map[websocket.Stage]tf6770.Status{
		websocket.StatusLine: tf6770.ResponseStatus, websocket.Headers: tf6770.ResponseInvalid,
		websocket.Accept: tf6770.ResponseAccept, websocket.AcceptHash: tf6770.ResponseAcceptHash,
		websocket.Extension: tf6770.ResponseExtension, websocket.Subprotocol: tf6770.ResponseReject,
		websocket.Responding: tf6770.ResponseParseError,
	}
	codes := map[websocket.CloseCode]tf6770.Status{
		1002: tf6770.ProtocolError, 1007: tf6770.ProtocolError, 1009: tf6770.InvalidMessageSize,
	}
	byName := map[string]tf6770.Status{
		"silent": tf6770.ResponseTimeout, "half-response": tf6770.ResponseTimeout, "drip-response": tf6770.ResponseTimeout,
		"hang-up": tf6770.SocketConnectionLost, "reset": tf6770.SocketConnectionLost, "status-407": tf6770.SocketProxy,
		"damaged-compression": tf6770.DecompressError, "cut-compression": tf6770.DecompressError, "far-distance": tf6770.DecompressError,
		"half-header": tf6770.KeepAliveTimeout, "half-frame": tf6770.KeepAliveTimeout, "drip": tf6770.KeepAliveTimeout,
		"no-pong": tf6770.KeepAliveTimeout, "dead": tf6770.KeepAliveTimeout, "deaf": tf6770.KeepAliveTimeout,
		"half-message": tf6770.KeepAliveTimeout, "cut-frame": tf6770.SocketConnectionLost, "reset-frame": tf6770.SocketConnectionLost,
		"cut": tf6770.SocketConnectionLost, "reset-connection": tf6770.SocketConnectionLost,
		// These go on for as long as one likes.
		"mute": tf6770.Success, "wrong-pong": tf6770.Success, "no-close": tf6770.Success, "close-and-stay": tf6770.Success,
		"empty-fragments": tf6770.Success, "message-flood": tf6770.ReceiveQueueFull, "ping-flood": tf6770.Success, "pong-flood": tf6770.Success,
	}
	// These never let virtual time pass.
	floods := []string{"empty-fragments", "ping-flood", "pong-flood"}
	for m := range websockettest.Misbehaviours() {
		check := func(t *testing.T, p *plc, patience time.Duration) {
			p.PerMessageDeflate = true
			p.served(func(conn net.Conn) { _ = (&websockettest.Server{Misbehaviour: m}).ServeConn(p.ctx, conn) })
			p.connect()
			for begin := time.Now(); p.Connected && time.Since(begin) < patience; {
				p.cycle()
			}
			want, ok := byName[m.Name]
			if !ok && m.Stage != 0 {
				want, ok = stages[m.Stage], true
			}
			if !ok && m.Phase == websockettest.Closing {
				want = tf6770.StatusOf(&websocket.CloseError{Code: m.Code})
				if want == tf6770.Success {
					want = tf6770.SocketNoConnection // ended as it should
				}
			} else if !ok {
				want = codes[m.Code]
			}
			if p.ConnectionState != want {
				t.Errorf("%s: got %+v, want %v", m.Text.EN, p.Outputs, want)
			}
			p.disconnect()
		}
		t.Run(m.Name, func(t *testing.T) {
			if slices.Contains(floods, m.Name) {
				check(t, newRealPLC(t), 100*time.Millisecond)
				return
			}
			synctest.Test(t, func(t *testing.T) { check(t, newPLC(t, nil), time.Minute) })
		})
	}
}
