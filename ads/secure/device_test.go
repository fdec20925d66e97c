package secure_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"stellwerk/ads"
	"stellwerk/ads/ams"
	"stellwerk/ads/command"
	"stellwerk/ads/secure"
	"stellwerk/ads/symbol"
)

// plant is a device behind secure ADS, and who it has refused.
type plant struct {
	device  *ads.Device
	address string

	mu      sync.Mutex
	refused []error // guarded by mu
}

// told waits until somebody has been refused, and returns why.
func (p *plant) told(t *testing.T, n int) error {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		p.mu.Lock()
		var err error
		if len(p.refused) >= n {
			err = p.refused[n-1]
		}
		p.mu.Unlock()
		if err != nil {
			return err
		}
		if time.Now().After(deadline) {
			t.Fatalf("no refusal %d is told", n)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// serve has a device served by secure ADS until the test ends.
func serve(t *testing.T, s *secure.Server, o secure.ListenerOptions) *plant {
	t.Helper()
	declaration := symbol.NewDeclaration(symbol.TwinCAT3)
	declaration.Symbol("MAIN.nLevel", "INT")
	declaration.Symbol("MAIN.aLog", "ARRAY [1..100000] OF BYTE")
	table, err := declaration.Table()
	if err != nil {
		t.Fatal(err)
	}
	p := &plant{}
	if p.device, err = ads.NewDevice(table, nil); err != nil {
		t.Fatal(err)
	}
	server, err := ads.NewServer(&ads.ServerOptions{NetID: far, Framing: ams.Bare})
	if err != nil {
		t.Fatal(err)
	}
	server.Handle(ams.PortTC3PLC1, p.device)
	tcp, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	o.Refused = func(_ net.Addr, err error) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.refused = append(p.refused, err)
	}
	listener := secure.NewListener(tcp, s, &o)
	p.address = listener.Addr().String()
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		if err := <-done; !errors.Is(err, ads.ErrServerClosed) {
			t.Error(err)
		}
	})
	return p
}

// tcp connects to a plant.
func (p *plant) tcp(t *testing.T) net.Conn {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", p.address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// connect is the way of a client: TCP, handshake, ADS.
func (p *plant) connect(t *testing.T, c *secure.Client) (*ads.Client, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	conn, err := c.Handshake(ctx, p.tcp(t), "plc")
	if err != nil {
		return nil, err
	}
	client, err := ads.NewClient(conn, &ads.ClientOptions{
		Target: ams.Address{NetID: conn.Peer.NetID}, Source: ams.Address{NetID: near}, Framing: ams.Bare, Timeout: 20 * time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client, nil
}

// use reads, writes and has notifications, small and large.
func (p *plant) use(t *testing.T, c *secure.Client) {
	t.Helper()
	client, err := p.connect(t, c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := client.WriteValue(ctx, "MAIN.nLevel", 41); err != nil {
		t.Fatal(err)
	}
	if value, err := client.ReadValue(ctx, "MAIN.nLevel"); err != nil || value != int16(41) {
		t.Errorf("%v, %v", value, err)
	}
	if state, err := client.ReadState(ctx); err != nil || state.ADSState != command.StateRun {
		t.Errorf("%+v, %v", state, err)
	}
	v, err := client.Symbol(ctx, "MAIN.aLog")
	if err != nil {
		t.Fatal(err)
	}
	index := command.Index{Group: command.IndexGroup(v.IndexGroup), Offset: v.IndexOffset}
	written := make([]byte, v.Size) // many TLS records
	for i := range written {
		written[i] = byte(i * 7)
	}
	if err := client.Write(ctx, index, written); err != nil {
		t.Fatal(err)
	}
	if read, err := client.Read(ctx, index, v.Size); err != nil || string(read) != string(written) {
		t.Errorf("%d octets come back, %v", len(read), err)
	}
	queue := ads.NewNotificationQueue(100)
	if _, err := client.Subscribe(ctx, queue, ads.SubscribeRequest{Name: "MAIN.nLevel", Mode: command.ServerOnChange, CycleTime: 5 * time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []byte{41, 42, 43} {
		if err := p.device.Set("MAIN.nLevel", want); err != nil {
			t.Fatal(err)
		}
		if n, err := queue.Next(ctx); err != nil || len(n.Data) != 2 || n.Data[0] != want {
			t.Fatalf("%v, %v; want %d", n.Data, err, want)
		}
	}
}

// Clients and devices use each other when machines know each other by
// fingerprints, after a first contact with credentials; those that are not known
// do not.
func TestDeviceByFingerprint(t *testing.T) {
	panel, plc := certified(t, "panel", nil), certified(t, "plc", nil)
	var mu sync.Mutex
	known := map[string]bool{}
	p := serve(t, newServer(t, secure.ServerOptions{
		Certificate: plc.certificate, Key: plc.key,
		Accept: func(p *secure.Peer) error {
			mu.Lock()
			defer mu.Unlock()
			if !known[p.Fingerprint] {
				return errors.New("nobody knows it")
			}
			return nil
		},
		AddRemote: func(p *secure.Peer, user, password string) error {
			mu.Lock()
			defer mu.Unlock()
			if user != "guest" || password != "secret" {
				return errors.New("a wrong password")
			}
			known[p.Fingerprint] = true
			return nil
		},
	}), secure.ListenerOptions{})
	c := newClient(t, secure.ClientOptions{Certificate: panel.certificate, Key: panel.key, Fingerprint: plc.fingerprint})
	if _, err := p.connect(t, c); !errors.Is(err, secure.CodeCertificate) {
		t.Errorf("before first contact: %v", err)
	}
	if err := p.told(t, 1); !strings.Contains(err.Error(), "nobody knows it") {
		t.Error(err)
	}
	for i, wrong := range [][2]string{{"guest", "guess"}, {"ghost", "secret"}, {"", ""}} {
		if err := c.AddRemote(t.Context(), p.tcp(t), "plc", wrong[0], wrong[1]); !errors.Is(err, secure.CodeUser) {
			t.Errorf("first contact as %v: %v", wrong, err)
		}
		if err := p.told(t, i+2); !strings.Contains(err.Error(), "a wrong password") {
			t.Error(err)
		}
	}
	if err := c.AddRemote(t.Context(), p.tcp(t), "plc", "guest", "secret"); err != nil {
		t.Fatal(err)
	}
	if err := p.told(t, 5); !errors.Is(err, secure.ErrAdded) {
		t.Error(err)
	}
	p.use(t, c)
	other := newClient(t, secure.ClientOptions{Certificate: panel.certificate, Key: panel.key, Fingerprint: panel.fingerprint})
	if _, err := p.connect(t, other); err == nil || !strings.Contains(err.Error(), "the machine has the fingerprint "+plc.fingerprint) {
		t.Errorf("another fingerprint: %v", err)
	}
	// A fingerprint is public; the key to it is not.
	thief := certified(t, "panel", nil)
	stolen := newClient(t, secure.ClientOptions{Certificate: thief.certificate, Key: thief.key, Fingerprint: plc.fingerprint})
	if _, err := p.connect(t, stolen); !errors.Is(err, secure.CodeCertificate) {
		t.Errorf("another certificate: %v", err)
	}
}

// The same where an authority vouches for both.
func TestDeviceByAuthority(t *testing.T) {
	ca, foreign := certified(t, "authority", nil), certified(t, "foreign", nil)
	plc, panel, stranger := certified(t, "plc", ca), certified(t, "panel", ca), certified(t, "panel", foreign)
	p := serve(t, newServer(t, secure.ServerOptions{
		Certificate: plc.certificate, Key: plc.key, CA: ca.certificate, Accept: func(*secure.Peer) error { return nil },
	}), secure.ListenerOptions{})
	p.use(t, newClient(t, secure.ClientOptions{Certificate: panel.certificate, Key: panel.key, CA: ca.certificate}))
	for name, o := range map[string]secure.ClientOptions{
		"client of a foreign authority": {Certificate: stranger.certificate, Key: stranger.key, CA: ca.certificate},
		"device of a foreign authority": {Certificate: panel.certificate, Key: panel.key, CA: foreign.certificate},
		"device with another name":      {Certificate: panel.certificate, Key: panel.key, CA: ca.certificate, ServerName: "press"},
	} {
		if _, err := p.connect(t, newClient(t, o)); err == nil {
			t.Errorf("%s: connected", name)
		}
	}
}

// The same with a pre-shared key, made of a password or as it is.
func TestDeviceByPreSharedKey(t *testing.T) {
	engine := engines(t)
	key := []byte("sixteen octets..")
	for name, row := range map[string]struct {
		server secure.ServerOptions
		client secure.ClientOptions
	}{
		"password": {
			secure.ServerOptions{Passwords: func(identity string) (string, bool) { return "Secret1", identity == "panel" }},
			secure.ClientOptions{Identity: "panel", Password: "Secret1"},
		},
		"key": {
			secure.ServerOptions{Keys: func(identity string) []byte {
				if identity != "panel" {
					return nil
				}
				return key
			}},
			secure.ClientOptions{Identity: "panel", PSK: key},
		},
	} {
		t.Run(name, func(t *testing.T) {
			row.server.Accept = func(*secure.Peer) error { return nil }
			p := serve(t, newServer(t, row.server, engine), secure.ListenerOptions{})
			p.use(t, newClient(t, row.client, engine))
			for name, o := range map[string]secure.ClientOptions{
				"user":     {Identity: "press", Password: "Secret1", PSK: row.client.PSK},
				"password": {Identity: "panel", Password: "secret1"},
				"key":      {Identity: "panel", PSK: []byte("sixteen octets!!")},
			} {
				if _, err := p.connect(t, newClient(t, o, engine)); err == nil {
					t.Errorf("with another %s: connected", name)
				}
			}
		})
	}
}

// Machines that are silent do not hold up others; when too many are, further ones
// are refused until one of those has gone. TestSilentMachine has the time limit.
func TestSilentMachinesDoNotHoldUpOthers(t *testing.T) {
	plc, panel := certified(t, "plc", nil), certified(t, "panel", nil)
	p := serve(t, newServer(t, secure.ServerOptions{
		Certificate: plc.certificate, Key: plc.key, Accept: func(*secure.Peer) error { return nil }, Wait: time.Hour,
	}), secure.ListenerOptions{Handshakes: 3})
	c := newClient(t, secure.ClientOptions{Certificate: panel.certificate, Key: panel.key, Fingerprint: plc.fingerprint})
	first := p.tcp(t)
	p.tcp(t)
	p.use(t, c)
	p.tcp(t)
	if _, err := p.connect(t, c); err == nil {
		t.Error("there was a fourth handshake at the same time")
	}
	if err := p.told(t, 1); !errors.Is(err, secure.ErrBusy) {
		t.Error(err)
	}
	_ = first.Close()
	if err := p.told(t, 2); errors.Is(err, secure.ErrBusy) {
		t.Error(err)
	}
	p.use(t, c)
}

// Who may not connect has no handshake.
func TestListenerAdmits(t *testing.T) {
	plc, panel := certified(t, "plc", nil), certified(t, "panel", nil)
	stranger := errors.New("a strange address")
	p := serve(t, newServer(t, secure.ServerOptions{
		Certificate: plc.certificate, Key: plc.key, Accept: func(*secure.Peer) error { return nil },
	}), secure.ListenerOptions{Admit: func(net.Addr) error { return stranger }})
	c := newClient(t, secure.ClientOptions{Certificate: panel.certificate, Key: panel.key, Fingerprint: plc.fingerprint})
	if _, err := p.connect(t, c); err == nil {
		t.Error("connected")
	}
	if err := p.told(t, 1); !errors.Is(err, stranger) {
		t.Error(err)
	}
}

// Close ends handshakes, and Accept.
func TestListenerCloses(t *testing.T) {
	plc := certified(t, "plc", nil)
	tcp, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := secure.NewListener(tcp, newServer(t, secure.ServerOptions{Certificate: plc.certificate, Key: plc.key, Wait: time.Hour}), nil)
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	done := make(chan error, 1)
	go func() {
		_, err := l.Accept()
		done <- err
	}()
	for range 2 {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := <-done; !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
	if _, err := conn.Read(make([]byte, 1)); err == nil {
		t.Error("the machine is still connected")
	}
}
