package tlsconf

import (
	"crypto/x509"
	"errors"
	"net"
	"strings"
	"time"
)

// Verify judges the certificates of the peer, its own first, at the given time.
// A client gives the name, or the address, that it has called; a server gives
// none. The error is an [*Error] with the reason [VerifyFail],
// [CertificateExpired] or [NameMismatch]. Engines call it; it is safe for
// concurrent use.
func (c *Config) Verify(peer []*x509.Certificate, host string, now time.Time) error {
	if c.Judge != nil {
		return c.judge(peer)
	}
	if c.Role == Client && c.NoServerCertCheck || c.Role == Server && c.Authorities == nil {
		return nil
	}
	if len(peer) == 0 {
		return fail(VerifyFail, "the %s has sent no certificate", other(c.Role))
	}
	options := x509.VerifyOptions{Roots: c.roots, CurrentTime: now, Intermediates: x509.NewCertPool(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	if c.Role == Server {
		options.KeyUsages = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	}
	for _, certificate := range peer[1:] {
		options.Intermediates.AddCert(certificate)
	}
	chains, err := peer[0].Verify(options)
	if err != nil {
		if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok && invalid.Reason == x509.Expired {
			return fail(CertificateExpired, "%q: %w", invalid.Cert.Subject, err)
		}
		return fail(VerifyFail, "%q: %w", peer[0].Subject, err)
	}
	if c.Role == Client {
		if err := verifyName(peer[0], host); err != nil {
			return err
		}
	}
	var revoked error
	for _, chain := range chains { // one chain that holds is enough
		if revoked = c.checkRevoked(chain, now); revoked == nil {
			return nil
		}
	}
	return revoked
}

// judge asks [Settings.Judge].
func (c *Config) judge(peer []*x509.Certificate) error {
	if len(peer) == 0 {
		return fail(VerifyFail, "the %s has sent no certificate", other(c.Role))
	}
	err := c.Judge(peer)
	if err == nil {
		return nil
	}
	if known, ok := errors.AsType[*Error](err); ok {
		return known
	}
	return fail(VerifyFail, "%q: %w", peer[0].Subject, err)
}

// verifyName holds a certificate against the name that was called.
func verifyName(certificate *x509.Certificate, host string) error {
	nameless := len(certificate.DNSNames)+len(certificate.IPAddresses)+len(certificate.URIs)+len(certificate.EmailAddresses) == 0
	common := certificate.Subject.CommonName
	if nameless && common != "" {
		if matches(common, host) {
			return nil
		}
		return fail(NameMismatch, "the certificate is for %q, not for %q", common, host)
	}
	if err := certificate.VerifyHostname(host); err != nil {
		return fail(NameMismatch, "%w", err)
	}
	return nil
}

// matches holds a common name against a host; a star stands for one label, the
// first of at least three.
func matches(name, host string) bool {
	name, host = strings.TrimSuffix(strings.ToLower(name), "."), strings.TrimSuffix(strings.ToLower(host), ".")
	if suffix, ok := strings.CutPrefix(name, "*."); ok && strings.Contains(suffix, ".") && net.ParseIP(host) == nil {
		_, rest, found := strings.Cut(host, ".")
		return found && rest == suffix
	}
	return name == host
}

func other(r Role) Role { return Client + Server - r }
