package iec62351

import (
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Port is the TCP port of IEC 60870-5-104 over TLS.
const Port = 19998

// Config are the settings of a [Profile]. Files are in PEM format; lists of
// revocations may be in DER format too.
type Config struct {
	// Certificate is the file with the certificate of this side, followed by
	// those of the authorities between it and the one that the peer knows. Key
	// is the file with its private key, not encrypted.
	Certificate, Key string
	// Authorities are files with the certificates of the authorities that are
	// trusted, at least one.
	Authorities []string
	// RevocationLists are files with lists of revocations. With at least one,
	// each authority of a chain must have a list. Nil checks none.
	RevocationLists []string
	// Subjects are the peers that are allowed, by the distinguished name of
	// their certificate as [crypto/x509/pkix.Name.String] writes it (RFC 2253),
	// or by its common name alone. Fingerprints allow by the SHA-256 of the
	// certificate, in hexadecimal, with colons or without. With both empty every
	// certificate of the authorities is allowed.
	Subjects, Fingerprints []string
	// ServerName is the name, or IP address, that the certificate of a server
	// must have. Empty means the host that [Profile.Dial] is given; with
	// [Profile.Client] it means that the name does not count.
	ServerName string
	// MinVersion is [tls.VersionTLS12] or [tls.VersionTLS13]. Zero is TLS 1.2.
	MinVersion uint16
	// CipherSuites are those of TLS 1.2, each of them one that
	// [DefaultCipherSuites] has. Nil means all of these.
	CipherSuites []uint16
	// HandshakeTimeout bounds a handshake. Zero is 30 s.
	HandshakeTimeout time.Duration
	// Interval is how often files are looked at, 1 s at least. Zero is 1 min.
	Interval time.Duration
	// Observe is told of security events, by the goroutine in which they
	// happen: it must return soon. It may be called by several at once.
	Observe func(Event)
	// Clock gives the time by which certificates and lists are valid. Nil is
	// [time.Now].
	Clock func() time.Time
}

// DefaultCipherSuites returns the cipher suites of TLS 1.2 that the profile
// allows: ephemeral keys and authenticated encryption.
func DefaultCipherSuites() []uint16 {
	return []uint16{
		tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
		tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
		tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
		tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
		tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
		tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
	}
}

// complete returns the settings with what is zero filled in.
func (c *Config) complete() (Config, error) {
	if c == nil {
		return Config{}, errors.New("there is no configuration")
	}
	o := *c
	switch {
	case o.Certificate == "" || o.Key == "":
		return o, errors.New("certificate or key is missing: both sides of a connection must have one")
	case len(o.Authorities) == 0:
		return o, errors.New("the authorities are missing: nobody would be trusted")
	case o.HandshakeTimeout < 0:
		return o, fmt.Errorf("the handshake timeout is %v: must not be below 0", o.HandshakeTimeout)
	case o.Interval != 0 && o.Interval < time.Second:
		return o, fmt.Errorf("the interval is %v: must be 1 s or more", o.Interval)
	}
	switch o.MinVersion {
	case 0:
		o.MinVersion = tls.VersionTLS12
	case tls.VersionTLS12, tls.VersionTLS13:
	default:
		return o, fmt.Errorf("%s is no version that the profile allows: TLS 1.2 or 1.3", tls.VersionName(o.MinVersion))
	}
	allowed := DefaultCipherSuites()
	for _, suite := range o.CipherSuites {
		if !slices.Contains(allowed, suite) {
			return o, fmt.Errorf("the profile does not allow the cipher suite %s", tls.CipherSuiteName(suite))
		}
	}
	if len(o.CipherSuites) == 0 {
		o.CipherSuites = allowed
	}
	o.Fingerprints = slices.Clone(o.Fingerprints)
	for i, text := range o.Fingerprints {
		octets, err := hex.DecodeString(strings.ReplaceAll(text, ":", ""))
		if err != nil || len(octets) != 32 {
			return o, fmt.Errorf("%q is no fingerprint: SHA-256 has 64 hexadecimal digits", text)
		}
		o.Fingerprints[i] = string(octets)
	}
	if o.HandshakeTimeout == 0 {
		o.HandshakeTimeout = 30 * time.Second
	}
	if o.Interval == 0 {
		o.Interval = time.Minute
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	return o, nil
}
