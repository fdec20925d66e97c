package iec62351

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"time"
)

// The shortest keys.
const (
	minRSA   = 2048
	minCurve = 256
)

// refusal returns the error of a certificate.
func refusal(kind Kind, c *x509.Certificate, err error) *Error {
	return &Error{Kind: kind, Subject: c.Subject.String(), Serial: c.SerialNumber.String(), Err: err}
}

// verify checks what a peer has shown. Usage is the part that it plays; the name
// of a server may be empty.
func (c *Config) verify(m *material, shown []*x509.Certificate, usage x509.ExtKeyUsage, name string) error {
	if len(shown) == 0 {
		return &Error{Kind: NoCertificate, Err: errors.New("the peer has shown none")}
	}
	peer, now := shown[0], c.Clock()
	for _, certificate := range shown {
		if err := strong(certificate); err != nil {
			return refusal(WeakKey, certificate, err)
		}
	}
	between := x509.NewCertPool()
	for _, certificate := range shown[1:] {
		between.AddCert(certificate)
	}
	chains, err := peer.Verify(x509.VerifyOptions{
		DNSName: name, Roots: m.authorities, Intermediates: between,
		CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{usage},
	})
	if err != nil {
		return refusal(kindOf(err, peer, now), peer, err)
	}
	if len(c.RevocationLists) > 0 {
		var first error
		for _, chain := range chains {
			if err := m.notRevoked(chain, now); err == nil {
				first = nil
				break
			} else if first == nil {
				first = err
			}
		}
		if first != nil {
			return first
		}
	}
	return c.allowed(peer)
}

// kindOf classifies an error of [x509.Certificate.Verify].
func kindOf(err error, peer *x509.Certificate, now time.Time) Kind {
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok && invalid.Reason == x509.Expired {
		if c := invalid.Cert; c != nil && now.Before(c.NotBefore) {
			return NotYetValid
		}
		return Expired
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		if now.After(peer.NotAfter) {
			return Expired
		}
		return UnknownAuthority
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return WrongName
	}
	return CertificateInvalid
}

// strong refuses keys and signatures that can be forged.
func strong(c *x509.Certificate) error {
	if err := strongKey(c); err != nil {
		return err
	}
	switch c.SignatureAlgorithm {
	case x509.MD2WithRSA, x509.MD5WithRSA, x509.SHA1WithRSA, x509.DSAWithSHA1, x509.ECDSAWithSHA1:
		return fmt.Errorf("signed with %s", c.SignatureAlgorithm)
	default:
		return nil
	}
}

// strongKey refuses keys that are too short. How an authority's own certificate
// is signed does not matter.
func strongKey(c *x509.Certificate) error {
	switch key := c.PublicKey.(type) {
	case *rsa.PublicKey:
		if bits := key.N.BitLen(); bits < minRSA {
			return fmt.Errorf("RSA key of %d bits, %d are the least", bits, minRSA)
		}
	case *ecdsa.PublicKey:
		if bits := key.Curve.Params().BitSize; bits < minCurve {
			return fmt.Errorf("key on a curve of %d bits, %d are the least", bits, minCurve)
		}
	case ed25519.PublicKey:
	default:
		return fmt.Errorf("key of the kind %s", c.PublicKeyAlgorithm)
	}
	return nil
}

// notRevoked looks for the certificates of a chain in the lists of their
// authorities.
func (m *material) notRevoked(chain []*x509.Certificate, now time.Time) error {
	for i, certificate := range chain[:len(chain)-1] {
		authority := chain[i+1]
		l := m.listOf(authority)
		switch {
		case l == nil:
			return refusal(RevocationUnknown, certificate, fmt.Errorf("there is no list of %s", authority.Subject))
		case l.has(certificate):
			return refusal(Revoked, certificate, fmt.Errorf("it is in the list of %s of %s", authority.Subject, l.ThisUpdate))
		case l.outdated(now):
			return refusal(RevocationUnknown, certificate, fmt.Errorf("the list of %s was valid until %s", authority.Subject, l.NextUpdate))
		case now.Before(l.ThisUpdate):
			return refusal(RevocationUnknown, certificate, fmt.Errorf("the list of %s is valid from %s on", authority.Subject, l.ThisUpdate))
		}
	}
	return nil
}

// listOf returns the newest list that an authority has signed, or nil.
func (m *material) listOf(authority *x509.Certificate) *list {
	var newest *list
	for _, l := range m.lists {
		if bytes.Equal(l.RawIssuer, authority.RawSubject) && l.CheckSignatureFrom(authority) == nil &&
			(newest == nil || l.ThisUpdate.After(newest.ThisUpdate)) {
			newest = l
		}
	}
	return newest
}

func (l *list) has(c *x509.Certificate) bool {
	_, revoked := l.serials[c.SerialNumber.String()]
	return revoked
}

// outdated reports whether there should be a newer one.
func (l *list) outdated(now time.Time) bool { return !l.NextUpdate.IsZero() && now.After(l.NextUpdate) }

// allowed holds a certificate against those configured.
func (c *Config) allowed(peer *x509.Certificate) error {
	if len(c.Subjects) == 0 && len(c.Fingerprints) == 0 {
		return nil
	}
	if slices.Contains(c.Subjects, peer.Subject.String()) ||
		peer.Subject.CommonName != "" && slices.Contains(c.Subjects, peer.Subject.CommonName) {
		return nil
	}
	sum := sha256.Sum256(peer.Raw)
	if slices.Contains(c.Fingerprints, string(sum[:])) {
		return nil
	}
	return refusal(NotAllowed, peer, fmt.Errorf("neither its name nor its fingerprint %x is in the list", sum))
}
