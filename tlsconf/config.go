package tlsconf

import (
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
)

// maxFile is how long a file of the settings may be: lists of revoked
// certificates are the longest.
const maxFile = 64 << 20

// Config is what [Settings] mean: checked, with all files read. It is not
// changed any more, and is what an [Engine] works from.
type Config struct {
	Role Role
	// Authorities are the certificates of the CA, nil where there is none.
	Authorities []*x509.Certificate
	// Chain is the own certificate and its intermediate authorities, in DER;
	// Key belongs to the first.
	Chain [][]byte
	Key   crypto.Signer
	// Revoked are the certificate revocation lists.
	Revoked []*x509.RevocationList
	// Ciphers are the suites to choose from; with an empty text, the engine
	// chooses.
	Ciphers CipherList
	// MinVersion and MaxVersion are as in crypto/tls.
	MinVersion, MaxVersion uint16
	// NoServerCertCheck lets a client accept any certificate.
	NoServerCertCheck bool
	// PSKIdentity and PSKKey are set for connections with a pre-shared key.
	PSKIdentity string
	PSKKey      []byte
	// PSKKeys and Judge are as in Settings.
	PSKKeys func(identity string) []byte
	Judge   func(peer []*x509.Certificate) error

	roots *x509.CertPool // of Authorities, nil for those of the system
}

// PSK reports whether a pre-shared key takes the place of certificates.
func (c *Config) PSK() bool { return len(c.PSKKey) > 0 || c.PSKKeys != nil }

// KeyOf returns the key that a server has for an identity, nil for one that is
// not known.
func (c *Config) KeyOf(identity string) []byte {
	switch {
	case c.PSKKeys != nil:
		return c.PSKKeys(identity)
	case identity == c.PSKIdentity:
		return c.PSKKey
	}
	return nil
}

// Demands reports whether the peer must have a certificate.
func (c *Config) Demands() bool { return c.Role == Client || c.Authorities != nil || c.Judge != nil }

// Load checks settings and reads their files. The error is an [*Error].
func Load(s Settings, role Role) (*Config, error) {
	if err := s.check(role); err != nil {
		return nil, err
	}
	c := &Config{Role: role, NoServerCertCheck: s.NoServerCertCheck, PSKIdentity: s.PSKIdentity, PSKKey: slices.Clone(s.PSKKey), PSKKeys: s.PSKKeys, Judge: s.Judge}
	var err error
	if c.MinVersion, c.MaxVersion, err = versions(s.Version); err != nil {
		return nil, err
	}
	if c.Ciphers, err = parseCiphers(s.Ciphers); err != nil {
		return nil, err
	}
	if s.Version == "" {
		c.narrow()
	}
	if err := c.loadAuthorities(s.CA); err != nil {
		return nil, err
	}
	if err := c.loadOwn(s); err != nil {
		return nil, err
	}
	if s.CRL != "" {
		if c.Revoked, err = loadRevoked(s.CRL); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// narrow leaves the versions that the named suites are for.
func (c *Config) narrow() {
	list := c.Ciphers
	if list.Expression || len(list.Suites) == 0 {
		return
	}
	if !slices.ContainsFunc(list.Suites, Suite.TLS13) {
		c.MaxVersion = tls.VersionTLS12
	} else if len(list.Unknown) == 0 && !slices.ContainsFunc(list.Suites, func(s Suite) bool { return !s.TLS13() }) {
		c.MinVersion = tls.VersionTLS13
	}
}

// check finds settings that do not go together.
func (s Settings) check(role Role) error {
	psk := s.PSKIdentity != "" || len(s.PSKKey) > 0 || s.PSKKeys != nil
	switch {
	case s.PSKKeys != nil && role == Client:
		return fail(Setup, "keys for several identities are those of a server")
	case s.PSKKeys != nil && (s.PSKIdentity != "" || len(s.PSKKey) > 0):
		return fail(Setup, "one pre-shared key or several, not both")
	case s.PSKKeys != nil:
	case psk && s.PSKIdentity == "":
		return fail(PSKInvalid, "there is a key, but no identity")
	case psk && len(s.PSKKey) == 0:
		return fail(PSKInvalid, "there is the identity %q, but no key", s.PSKIdentity)
	case len(s.PSKKey) > 64:
		return fail(PSKInvalid, "the key has %d octets, at most 64 are allowed", len(s.PSKKey))
	case len(s.PSKIdentity) > 255:
		return fail(PSKInvalid, "the identity has %d octets, at most 255 are allowed", len(s.PSKIdentity))
	case strings.ContainsRune(s.PSKIdentity, 0):
		return fail(PSKInvalid, "the identity contains an octet 0")
	}
	switch {
	case s.Judge != nil && (s.CA != "" || s.CRL != "" || s.NoServerCertCheck):
		return fail(Setup, "certificates are held against a CA or judged otherwise, not both")
	case psk && s.Judge != nil, psk && (s.CA != "" || s.Certificate != "" || s.Key != "" || s.CRL != ""):
		return fail(Setup, "certificates or a pre-shared key, not both")
	case psk && strings.EqualFold(s.Version, "tlsv1.3"):
		return fail(Setup, "pre-shared keys are used with TLS 1.2, not with tlsv1.3")
	case psk:
		return nil
	case s.Certificate != "" && s.Key == "":
		return fail(KeyNotFound, "there is a certificate, but no key for it is named")
	case s.Key != "" && s.Certificate == "":
		return fail(CertificateNotFound, "there is a key, but no certificate for it is named")
	case role == Server && s.Certificate == "":
		return fail(CertificateNotFound, "a server needs a certificate and its key, or a pre-shared key")
	case role == Client && s.Certificate != "" && s.CA == "" && s.Judge == nil:
		return fail(Setup, "a client certificate requires a CA as well, even where the server is not checked")
	case s.CRL != "" && s.CA == "" && role == Server:
		return fail(Setup, "a revocation list is for the certificates of clients, which a server demands only with a CA")
	}
	return nil
}

// read returns what a setting names, or is.
func read(setting string, missing, invalid Reason) ([]byte, error) {
	if strings.HasPrefix(strings.TrimSpace(setting), "-----BEGIN") {
		return []byte(setting), nil
	}
	info, err := os.Stat(setting)
	switch {
	case err != nil:
		if wrapped, ok := errors.AsType[*fs.PathError](err); ok {
			err = wrapped.Err
		}
		return nil, fail(missing, "%s: %w", setting, err)
	case info.IsDir():
		return nil, fail(missing, "%s is a directory", setting)
	case info.Size() > maxFile:
		return nil, fail(invalid, "%s has %d octets, more than %d", setting, info.Size(), maxFile)
	}
	data, err := os.ReadFile(setting) //nolint:gosec // the user names the file
	if err != nil {
		return nil, fail(missing, "%s: %w", setting, err)
	}
	return data, nil
}

// called is how errors name a setting.
func called(setting string) string {
	if strings.HasPrefix(strings.TrimSpace(setting), "-----BEGIN") {
		return "the PEM text"
	}
	return setting
}

// blocks returns the contents of all PEM blocks with one of the labels, or the
// data itself where it is DER.
func blocks(data []byte, labels ...string) ([]*pem.Block, error) {
	var found []*pem.Block
	var other []string
	rest := data
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		wanted := false
		for _, label := range labels {
			wanted = wanted || block.Type == label
		}
		if wanted {
			found = append(found, block)
		} else {
			other = append(other, block.Type)
		}
	}
	switch {
	case len(found) > 0:
		return found, nil
	case len(other) > 0:
		return nil, fmt.Errorf("it holds %s, not %s", strings.Join(other, ", "), labels[0])
	case len(data) > 0 && data[0] == 0x30: // SEQUENCE
		return []*pem.Block{{Bytes: data}}, nil
	default:
		return nil, errors.New("it is neither PEM nor DER")
	}
}

// certificates reads all certificates of a setting.
func certificates(setting string, missing, invalid Reason) ([]*x509.Certificate, error) {
	data, err := read(setting, missing, invalid)
	if err != nil {
		return nil, err
	}
	found, err := blocks(data, "CERTIFICATE", "TRUSTED CERTIFICATE", "X509 CERTIFICATE")
	if err != nil {
		return nil, fail(invalid, "%s: %w", called(setting), err)
	}
	all := make([]*x509.Certificate, 0, len(found))
	for _, block := range found {
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fail(invalid, "%s: %w", called(setting), err)
		}
		all = append(all, certificate)
	}
	return all, nil
}

func (c *Config) loadAuthorities(setting string) (err error) {
	if setting == "" {
		return nil
	}
	if c.Authorities, err = certificates(setting, CANotFound, CAInvalid); err != nil {
		return err
	}
	c.roots = x509.NewCertPool()
	for _, authority := range c.Authorities {
		c.roots.AddCert(authority)
	}
	return nil
}

// loadOwn reads the own certificate and its key.
func (c *Config) loadOwn(s Settings) error {
	if s.Certificate == "" {
		return nil
	}
	chain, err := certificates(s.Certificate, CertificateNotFound, CertificateInvalid)
	if err != nil {
		return err
	}
	for _, certificate := range chain {
		c.Chain = append(c.Chain, certificate.Raw)
	}
	if c.Key, err = PrivateKey(s.Key, s.KeyPassword); err != nil {
		return err
	}
	public, ok := c.Key.Public().(interface{ Equal(crypto.PublicKey) bool })
	if !ok || !public.Equal(chain[0].PublicKey) {
		return fail(KeyInvalid, "%s is not the key of the certificate in %s", called(s.Key), called(s.Certificate))
	}
	return nil
}
