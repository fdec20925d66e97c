package iec62351

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Profile makes connections secure. All methods are safe for concurrent use.
type Profile struct {
	config   Config
	material atomic.Pointer[material]

	reading sync.Mutex // held while files are read; guards looked and bad
	looked  time.Time
	bad     string // what was wrong with the files

	mu    sync.Mutex
	conns map[*Conn]struct{} // established; guarded by mu
}

// New reads the files of a configuration. An error names the file.
func New(config *Config) (*Profile, error) {
	complete, err := config.complete()
	if err != nil {
		return nil, fmt.Errorf("IEC 62351-3: %w", err)
	}
	p := &Profile{config: complete, conns: make(map[*Conn]struct{})}
	files, err := readFiles(p.config.names())
	if err == nil {
		var m *material
		if m, err = p.config.parse(files); err == nil {
			p.material.Store(m)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("IEC 62351-3: %w", err)
	}
	p.looked = p.config.Clock()
	return p, nil
}

// Run looks at the files at intervals, and at the connections that there are,
// until ctx ends; it returns the cause of that. Files that turn bad are an event;
// those before stay in effect.
func (p *Profile) Run(ctx context.Context) error {
	ticker := time.NewTicker(p.config.Interval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			_ = p.Reload() // told of as an event
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// Reload reads the files now, whether or not their time has come, and checks the
// connections that there are.
func (p *Profile) Reload() error {
	p.reading.Lock()
	err := p.reload()
	p.reading.Unlock()
	p.checkConns()
	return err
}

// fresh reads the files where their time has come.
func (p *Profile) fresh() {
	if !p.reading.TryLock() {
		return // somebody does
	}
	defer p.reading.Unlock()
	if since := p.config.Clock().Sub(p.looked); since >= p.config.Interval || since < 0 {
		_ = p.reload() // told of as an event
	}
}

// reload reads the files. The caller holds reading.
func (p *Profile) reload() error {
	p.looked = p.config.Clock()
	files, err := readFiles(p.config.names())
	if err == nil && !p.material.Load().same(files) {
		var m *material
		if m, err = p.config.parse(files); err == nil {
			p.material.Store(m)
			p.tell(Event{Kind: Renewed})
		}
	}
	text := ""
	if err != nil {
		text = err.Error()
	}
	if text != p.bad && err != nil {
		p.tell(Event{Kind: FilesBad, Err: err})
	}
	p.bad = text
	for _, l := range p.material.Load().lists {
		if l.outdated(p.looked) {
			p.tell(Event{Kind: ListOutdated, Subject: l.Issuer.String(), Err: fmt.Errorf("%s was valid until %s", l.file, l.NextUpdate)})
		}
	}
	return err
}

// tell tells of an event.
func (p *Profile) tell(e Event) {
	if p.config.Observe != nil {
		e.Time = p.config.Clock()
		p.config.Observe(e)
	}
}

// checkConns closes the connections that would not be let in any more, but for
// what their authority's list should say and does not.
func (p *Profile) checkConns() {
	m := p.material.Load()
	p.mu.Lock()
	all := make([]*Conn, 0, len(p.conns))
	for c := range p.conns {
		all = append(all, c)
	}
	p.mu.Unlock()
	for _, c := range all {
		err := p.config.verify(m, c.shown, c.usage, c.name)
		if refused, ok := errors.AsType[*Error](err); ok && refused.Kind != RevocationUnknown {
			c.refuse(refused)
		}
	}
}

// server returns the settings of a server's connection.
func (p *Profile) server(c *Conn) *tls.Config {
	m := p.material.Load()
	return &tls.Config{
		MinVersion:             p.config.MinVersion,
		CipherSuites:           p.config.CipherSuites,
		Certificates:           []tls.Certificate{m.certificate},
		ClientAuth:             tls.RequestClientCert, // VerifyConnection wants one, and says what is wrong with it
		ClientCAs:              m.authorities,
		SessionTicketsDisabled: true,
		Time:                   p.config.Clock,
		GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			for _, version := range hello.SupportedVersions {
				if version >= p.config.MinVersion && version <= tls.VersionTLS13 {
					return nil, nil //nolint:nilnil // the configuration stays
				}
			}
			var highest uint16
			for _, version := range hello.SupportedVersions {
				highest = max(highest, version)
			}
			return nil, &Error{Kind: VersionRefused, Err: fmt.Errorf("the client offers %s at the most", tls.VersionName(highest))}
		},
		VerifyConnection: func(state tls.ConnectionState) error { return c.verify(m, state) },
	}
}

// client returns the settings of a client's connection.
func (p *Profile) client(c *Conn) *tls.Config {
	m := p.material.Load()
	return &tls.Config{
		MinVersion:   p.config.MinVersion,
		CipherSuites: p.config.CipherSuites,
		ServerName:   c.name,
		Time:         p.config.Clock,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			c.asked = true
			return &m.certificate, nil
		},
		InsecureSkipVerify: true, //nolint:gosec // VerifyConnection does all of it, lists of revocations too
		VerifyConnection:   func(state tls.ConnectionState) error { return c.verify(m, state) },
		// Servers of TLS 1.2 change their keys and look at revocations so.
		Renegotiation: tls.RenegotiateFreelyAsClient,
	}
}

// Listen makes the connections of a listener secure. Accept does not wait for
// handshakes: [Conn.HandshakeContext] or the first Read or Write runs them.
func (p *Profile) Listen(inner net.Listener) net.Listener { return &listener{inner, p} }

type listener struct {
	net.Listener

	profile *Profile
}

func (l *listener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return l.profile.Server(conn), nil
}

// Server makes conn the server's end of a secure connection, and owns it from
// then on. It does not wait for the handshake.
func (p *Profile) Server(conn net.Conn) *Conn {
	p.fresh()
	c := &Conn{profile: p, usage: x509.ExtKeyUsageClientAuth}
	c.Conn = tls.Server(conn, p.server(c))
	return c
}

// Client makes conn the client's end of a secure connection, and owns it from
// then on. It does not wait for the handshake.
func (p *Profile) Client(conn net.Conn) *Conn { return p.clientOf(conn, p.config.ServerName) }

func (p *Profile) clientOf(conn net.Conn, name string) *Conn {
	p.fresh()
	c := &Conn{profile: p, usage: x509.ExtKeyUsageServerAuth, name: name}
	c.Conn = tls.Client(conn, p.client(c))
	return c
}

// Dial connects to a server, as a rule at port 19998, and runs the handshake. The
// connection is a *[Conn].
func (p *Profile) Dial(ctx context.Context, address string) (net.Conn, error) {
	name := p.config.ServerName
	if name == "" {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		name = host
	}
	var dialer net.Dialer
	inner, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	c := p.clientOf(inner, name)
	if err := c.HandshakeContext(ctx); err != nil {
		return nil, err
	}
	return c, nil
}
