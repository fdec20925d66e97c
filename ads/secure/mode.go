package secure

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	"stellwerk/tlsconf"
)

// Mode is how machines know each other.
type Mode uint8

// The modes.
const (
	SelfSigned Mode = iota // by fingerprints of certificates
	Authority              // by an authority
	PreShared              // by identity and password
)

// String returns a word or two.
func (m Mode) String() string {
	switch m {
	case SelfSigned:
		return "self-signed"
	case Authority:
		return "authority"
	case PreShared:
		return "pre-shared key"
	default:
		return fmt.Sprintf("mode %d", uint8(m))
	}
}

// version is the only one of TLS that secure ADS has.
const version = "tlsv1.2"

// suites are those with a pre-shared key.
const suites = "PSK-AES256-CBC-SHA384:PSK-AES128-CBC-SHA256:PSK-AES256-CBC-SHA:PSK-AES128-CBC-SHA"

// Key returns the pre-shared key of an identity with a password: the SHA-256 of
// the identity in capital letters and the password behind it.
func Key(identity, password string) []byte {
	sum := sha256.Sum256([]byte(strings.ToUpper(identity) + password))
	return sum[:]
}

// Fingerprint returns the SHA-256 of a certificate in DER, as 64 hexadecimal
// digits.
func Fingerprint(certificate []byte) string {
	sum := sha256.Sum256(certificate)
	return hex.EncodeToString(sum[:])
}

// FingerprintPEM returns the fingerprint of the first certificate of a PEM text.
func FingerprintPEM(text []byte) (string, error) {
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			return "", errors.New("there is no certificate in the PEM text")
		}
		if block.Type == "CERTIFICATE" {
			return Fingerprint(block.Bytes), nil
		}
	}
}

// SameFingerprint compares fingerprints without regard to case, colons and
// spaces.
func SameFingerprint(a, b string) bool { return plain(a) == plain(b) }

var separators = strings.NewReplacer(":", "", " ", "", "-", "")

func plain(fingerprint string) string { return strings.ToLower(separators.Replace(fingerprint)) }

// CheckFingerprint says what is no fingerprint.
func CheckFingerprint(s string) error {
	octets, err := hex.DecodeString(plain(s))
	if err != nil || len(octets) != sha256.Size {
		return fmt.Errorf("%q is no fingerprint, which has %d hexadecimal digits: the SHA-256 of the certificate", s, 2*sha256.Size)
	}
	return nil
}

// own are the certificate and the key of this machine.
type own struct{ certificate, key, password string }

func (o own) settings() tlsconf.Settings {
	return tlsconf.Settings{Certificate: o.certificate, Key: o.key, KeyPassword: o.password, Version: version}
}

// judge returns what decides about a certificate by its fingerprint.
func judge(accept func(fingerprint string) error) func([]*x509.Certificate) error {
	return func(peer []*x509.Certificate) error { return accept(Fingerprint(peer[0].Raw)) }
}
