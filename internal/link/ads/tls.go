package ads

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"strings"

	"stellwerk/ads/ams"
	"stellwerk/ads/router"
	"stellwerk/ads/secure"
	"stellwerk/tlsconf"
	"stellwerk/tlsconf/libssl"
)

// TLS are the settings of secure ADS. How machines know each other is what they
// are given: fingerprints, a CA, or a pre-shared key. Paths start from the
// directory in which the program runs.
type TLS struct {
	Certificate  string   `yaml:"certificate" help:"file with our own certificate, needed unless there is a pre-shared key" example:"stellwerk.pem"`
	Key          string   `yaml:"key" help:"file with the private key of the certificate" example:"stellwerk.key"`
	KeyPassword  string   `yaml:"key_password" help:"password of the key"`
	Fingerprints []string `yaml:"fingerprints" help:"machines are known by these: the SHA-256 of the certificate that the PLC has, or of those that clients of the device have"`
	CA           string   `yaml:"ca" help:"machines are known by this authority: file with its certificates" example:"ca.pem"`
	CRL          string   `yaml:"crl" help:"file with lists of certificates that the authority has revoked"`
	ServerName   string   `yaml:"server_name" help:"name in the certificate of the PLC, with ca; without it the host under connect"`
	PSKIdentity  string   `yaml:"psk_identity" help:"machines are known by a pre-shared key: its identity"`
	PSKPassword  string   `yaml:"psk_password" help:"the password that the pre-shared key is made of, with the identity"`
	PSKKey       string   `yaml:"psk_key" help:"the pre-shared key itself in hexadecimal, 1 to 64 octets, in the place of a password"`
}

// tlsKeys are the keys of settings that a reason is about.
var tlsKeys = map[tlsconf.Reason]string{
	tlsconf.CANotFound: ".ca", tlsconf.CAInvalid: ".ca",
	tlsconf.CertificateNotFound: ".certificate", tlsconf.CertificateInvalid: ".certificate",
	tlsconf.KeyNotFound: ".key", tlsconf.KeyInvalid: ".key",
	tlsconf.CRLNotFound: ".crl", tlsconf.CRLInvalid: ".crl",
}

// check reports what is wrong; keys begin with a dot, and "" stands for all of it.
func (t *TLS) check(role string, report func(key, text string)) {
	wrong := false
	tell := func(key, text string) {
		wrong = true
		report(key, text)
	}
	var ways []string
	for _, way := range []struct {
		name string
		set  bool
	}{{"fingerprints", len(t.Fingerprints) > 0}, {"ca", t.CA != ""}, {"psk_identity", t.PSKIdentity != ""}} {
		if way.set {
			ways = append(ways, way.name)
		}
	}
	switch {
	case len(ways) == 0:
		tell("", "how is the other side known? Write fingerprints, ca, or psk_identity")
	case len(ways) > 1:
		tell("."+ways[1], fmt.Sprintf("%s are ways to know the other side of which there can be one; remove the others", strings.Join(ways, " and ")))
	}
	t.checkPSK(tell)
	if t.PSKIdentity == "" && t.Certificate == "" {
		tell(".certificate", "the other side must know this machine too: write certificate and key")
	}
	if t.CA == "" {
		foreignTo(tell, "ca", map[string]bool{"crl": t.CRL != "", "server_name": t.ServerName != ""})
	}
	if role == roleDevice && t.ServerName != "" && t.CA != "" {
		tell(".server_name", "server_name is not for a device; remove it")
	}
	for _, f := range t.Fingerprints {
		if err := secure.CheckFingerprint(f); err != nil {
			tell(".fingerprints", err.Error()+"; \"stellwerk ads scan\" prints that of a PLC")
		}
	}
	if wrong {
		return
	}
	// Files, and the engine for pre-shared keys. The NetId is known later.
	var err error
	if role == roleDevice {
		_, err = t.server(ams.LocalNetID)
	} else {
		_, err = t.client(ams.LocalNetID)
	}
	if err != nil {
		key := ""
		if reason, ok := errors.AsType[*tlsconf.Error](err); ok {
			key = tlsKeys[reason.Reason]
		}
		report(key, err.Error())
	}
}

// foreignTo reports keys that go with another one, which is not there.
func foreignTo(report func(key, text string), with string, keys map[string]bool) {
	for key, set := range keys {
		if set {
			report("."+key, fmt.Sprintf("%s goes with %s; remove it, or write %s", key, with, with))
		}
	}
}

func (t *TLS) checkPSK(report func(key, text string)) {
	if t.PSKIdentity == "" {
		foreignTo(report, "psk_identity", map[string]bool{"psk_password": t.PSKPassword != "", "psk_key": t.PSKKey != ""})
		return
	}
	for key, set := range map[string]bool{"certificate": t.Certificate != "", "key": t.Key != "", "key_password": t.KeyPassword != ""} {
		if set {
			report("."+key, fmt.Sprintf("%s has no use with a pre-shared key; remove it, or psk_identity", key))
		}
	}
	if len(t.PSKIdentity) > 255 {
		report(".psk_identity", fmt.Sprintf("the identity has %d octets; it must have 1 to 255", len(t.PSKIdentity)))
	}
	switch {
	case t.PSKPassword != "" && t.PSKKey != "":
		report(".psk_key", "psk_password and psk_key are two ways to write the key; remove one")
	case t.PSKPassword == "" && t.PSKKey == "":
		report(".psk_identity", "the pre-shared key is missing; write psk_password or psk_key")
	case t.PSKKey != "":
		if octets, err := hex.DecodeString(t.PSKKey); err != nil || len(octets) > 64 {
			report(".psk_key", "the key must have 1 to 64 octets in hexadecimal, two digits each")
		}
	}
}

// preShared returns the pre-shared key.
func (t *TLS) preShared() []byte {
	if t.PSKKey == "" {
		return secure.Key(t.PSKIdentity, t.PSKPassword)
	}
	octets, _ := hex.DecodeString(t.PSKKey) // it was checked
	return octets
}

// engines are those for pre-shared keys. What is said without them names what is
// lacking.
func engines() []tlsconf.Engine {
	if engine, err := libssl.Load(); err == nil {
		return []tlsconf.Engine{engine}
	}
	return nil
}

// knows reports whether a fingerprint is one of those that are set.
func (t *TLS) knows(fingerprint string) error {
	for _, f := range t.Fingerprints {
		if secure.SameFingerprint(f, fingerprint) {
			return nil
		}
	}
	return fmt.Errorf("the machine has the fingerprint %s, which is not one of those that are set", fingerprint)
}

// client makes what puts secure ADS on connections to a PLC.
func (t *TLS) client(own ams.NetID) (*secure.Client, error) {
	o := secure.ClientOptions{
		NetID: own, Certificate: t.Certificate, Key: t.Key, KeyPassword: t.KeyPassword,
		CA: t.CA, CRL: t.CRL, ServerName: t.ServerName, Identity: t.PSKIdentity,
	}
	switch {
	case t.PSKIdentity != "":
		o.PSK = t.preShared()
	case t.CA == "":
		o.Trust = t.knows
	}
	return secure.NewClient(o, engines()...)
}

// server makes what puts secure ADS on connections of clients.
func (t *TLS) server(own ams.NetID) (*secure.Server, error) {
	o := secure.ServerOptions{
		NetID: own, Certificate: t.Certificate, Key: t.Key, KeyPassword: t.KeyPassword, CA: t.CA, CRL: t.CRL,
		Accept: func(p *secure.Peer) error {
			if p.Mode != secure.SelfSigned {
				return nil // the authority or the key has spoken for it
			}
			return t.knows(p.Fingerprint)
		},
	}
	if t.PSKIdentity != "" {
		key := t.preShared()
		o.Keys = func(identity string) []byte {
			if !strings.EqualFold(identity, t.PSKIdentity) {
				return nil
			}
			return key
		}
	}
	return secure.NewServer(o, engines()...)
}

// dial connects to a PLC by secure ADS. The files are read each time, so that a
// certificate that was renewed is used.
func (t *TLS) dial(ctx context.Context, address string, own ams.NetID) (net.Conn, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	if own.IsZero() {
		own = router.NetIDOf(conn.LocalAddr())
	}
	client, err := t.client(own)
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	host, _, _ := net.SplitHostPort(address) // it was checked
	secured, err := client.Handshake(ctx, conn, host)
	if err != nil {
		return nil, err
	}
	return secured, nil
}
