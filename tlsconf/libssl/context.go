//go:build linux && (amd64 || arm64) && !nolibssl

package libssl

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"runtime"
	"strings"

	"stellwerk/tlsconf"
)

// Numbers of openssl/ssl.h.
const (
	controlExtraChain = 14
	controlMode       = 33
	controlCacheMode  = 44
	controlHostName   = 55
	controlDHAuto     = 118
	controlMinVersion = 123
	controlMaxVersion = 124

	modeMovingWriteBuffer = 2
	modeReleaseBuffers    = 0x10

	optionNoTicket        = 1 << 14
	optionNoCompression   = 1 << 17
	optionNoRenegotiation = 1 << 30

	verifyPeer     = 1
	verifyRequired = 2
)

// maker is an SSL_CTX.
type maker struct {
	*library
	config  *tlsconf.Config
	context uintptr
}

// Prepare makes an SSL_CTX.
func (e engine) Prepare(c *tlsconf.Config) (tlsconf.Maker, error) {
	m := &maker{library: e.library, config: c}
	var err error
	e.attempt(func() { err = m.prepare() })
	if err != nil {
		e.contextFree.call(m.context)
		return nil, err
	}
	// Connections hold the context themselves.
	runtime.AddCleanup(m, func(context uintptr) { e.contextFree.call(context) }, m.context)
	return m, nil
}

func (m *maker) prepare() error {
	c := m.config
	if m.context = m.contextNew.call(m.contextMethod.call()); m.context == 0 {
		return m.fail(tlsconf.Setup, "OpenSSL makes no context")
	}
	// Level 1 allows what crypto/tls allows; TLS 1.0 and 1.1 sign with SHA-1,
	// which level 0 alone allows.
	level := uintptr(1)
	if c.MaxVersion < tls.VersionTLS12 {
		level = 0
	}
	m.contextLevel.call(m.context, level)
	highest := c.MaxVersion
	if c.PSK() {
		highest = min(highest, tls.VersionTLS12)
	}
	m.contextOptions.call(m.context, optionNoTicket|optionNoCompression|optionNoRenegotiation)
	m.control(controlMode, modeMovingWriteBuffer|modeReleaseBuffers)
	m.control(controlCacheMode, 0)
	m.control(controlDHAuto, 1)
	if m.control(controlMinVersion, uintptr(c.MinVersion)) == 0 || m.control(controlMaxVersion, uintptr(highest)) == 0 {
		return m.fail(tlsconf.VersionInvalid, "OpenSSL does not know the version")
	}
	if err := m.choose(); err != nil {
		return err
	}
	if err := m.own(); err != nil {
		return err
	}
	m.trust()
	return nil
}

func (m *maker) control(command, number uintptr) uintptr {
	return m.contextControl.call(m.context, command, number, 0)
}

// fail makes an error, with what the queue says.
func (m *maker) fail(r tlsconf.Reason, text string) error {
	if reason := m.reason(); reason != "" {
		text += ": " + reason
	}
	return &tlsconf.Error{Reason: r, Err: fmt.Errorf("%s", text)}
}

// choose sets the suites.
func (m *maker) choose() error {
	list := m.config.Ciphers
	text := list.Text
	if text == "" && m.config.PSK() {
		text = pskSuites()
	}
	if text == "" {
		return nil // what OpenSSL thinks best
	}
	for _, word := range list.Unknown {
		name := cString(word)
		if m.contextCiphers.number(m.context, uintptr(address(name))) == 0 {
			return m.fail(tlsconf.CipherInvalid, fmt.Sprintf("OpenSSL does not know %s", word))
		}
	}
	var older, newer []string
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(":,; ", r) }) {
		if strings.HasPrefix(word, "TLS_") {
			newer = append(newer, word)
		} else {
			older = append(older, word)
		}
	}
	if len(older) > 0 {
		name := cString(strings.Join(older, ":"))
		if m.contextCiphers.number(m.context, uintptr(address(name))) == 0 {
			return m.fail(tlsconf.CipherInvalid, fmt.Sprintf("%q chooses nothing", text))
		}
	}
	if len(newer) > 0 {
		name := cString(strings.Join(newer, ":"))
		if m.contextCiphers13.number(m.context, uintptr(address(name))) == 0 {
			return m.fail(tlsconf.CipherInvalid, fmt.Sprintf("%q chooses nothing", text))
		}
	}
	return nil
}

// pskSuites are TwinCAT's suites with pre-shared key.
func pskSuites() string {
	var names []string
	for _, suite := range tlsconf.Suites() {
		if suite.PSK() {
			names = append(names, suite.Name)
		}
	}
	return strings.Join(names, ":")
}

// own sets certificate and key.
func (m *maker) own() error {
	c := m.config
	for i, der := range c.Chain {
		certificate := m.certificate(der)
		if certificate == 0 {
			return m.fail(tlsconf.CertificateInvalid, "OpenSSL cannot read the certificate")
		}
		if i > 0 {
			m.contextControl.call(m.context, controlExtraChain, 0, certificate) // owns it
			continue
		}
		set := m.contextCertificate.number(m.context, certificate)
		m.certificateFree.call(certificate)
		if set != 1 {
			return m.fail(tlsconf.CertificateInvalid, "OpenSSL does not take the certificate")
		}
	}
	if c.Key == nil {
		return nil
	}
	der, err := x509.MarshalPKCS8PrivateKey(c.Key)
	if err != nil {
		return &tlsconf.Error{Reason: tlsconf.KeyInvalid, Err: err}
	}
	key := m.within(der, func(bio uintptr) uintptr { return m.keyRead.call(bio, 0) })
	if key == 0 {
		return m.fail(tlsconf.KeyInvalid, "OpenSSL cannot read the key")
	}
	defer m.keyFree.call(key)
	if m.contextKey.number(m.context, key) != 1 {
		return m.fail(tlsconf.KeyInvalid, "OpenSSL does not take the key")
	}
	return nil
}

func (m *maker) certificate(der []byte) uintptr {
	return m.within(der, func(bio uintptr) uintptr { return m.certificateRead.call(bio, 0) })
}

// trust sets how the peer proves who it is.
func (m *maker) trust() {
	c := m.config
	mode := uintptr(0)
	switch {
	case c.PSK() && c.Role == tlsconf.Client:
		m.contextClientKey.call(m.context, m.clientKey)
	case c.PSK():
		m.contextServerKey.call(m.context, m.serverKey)
	case c.Role == tlsconf.Client:
		mode = verifyPeer
	case c.Demands():
		mode = verifyPeer | verifyRequired
		for _, authority := range c.Authorities {
			if certificate := m.certificate(authority.Raw); certificate != 0 {
				m.contextAuthority.call(m.context, certificate)
				m.certificateFree.call(certificate)
			}
		}
	}
	m.contextVerify.call(m.context, mode, 0)
	m.contextVerifyCallback.call(m.context, m.library.verify, 0)
}

// Client returns the client's end.
func (m *maker) Client(raw net.Conn, host string) (tlsconf.Conn, error) {
	c, err := m.connection(raw, host)
	if err != nil {
		return nil, err
	}
	m.sessionConnect.call(c.ssl)
	if net.ParseIP(host) == nil && host != "" {
		name := cString(host)
		m.sessionControl.call(c.ssl, controlHostName, 0, uintptr(address(name)))
	}
	return c, nil
}

// Server returns the server's end.
func (m *maker) Server(raw net.Conn) (tlsconf.Conn, error) {
	c, err := m.connection(raw, "")
	if err != nil {
		return nil, err
	}
	m.sessionAccept.call(c.ssl)
	return c, nil
}
