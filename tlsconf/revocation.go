package tlsconf

import (
	"bytes"
	"crypto/x509"
	"time"
)

// loadRevoked reads certificate revocation lists.
func loadRevoked(setting string) ([]*x509.RevocationList, error) {
	data, err := read(setting, CRLNotFound, CRLInvalid)
	if err != nil {
		return nil, err
	}
	found, err := blocks(data, "X509 CRL", "CRL")
	if err != nil {
		return nil, fail(CRLInvalid, "%s: %w", called(setting), err)
	}
	var lists []*x509.RevocationList
	for _, block := range found {
		list, err := x509.ParseRevocationList(block.Bytes)
		if err != nil {
			return nil, fail(CRLInvalid, "%s: %w", called(setting), err)
		}
		lists = append(lists, list)
	}
	return lists, nil
}

// checkRevoked looks for the certificates of a verified chain in the lists. The
// first one must be covered, the others are where their issuer has a list.
func (c *Config) checkRevoked(chain []*x509.Certificate, now time.Time) error {
	if len(c.Revoked) == 0 {
		return nil
	}
	for i, certificate := range chain {
		issuer := certificate // of itself, or the next one
		if i+1 < len(chain) {
			issuer = chain[i+1]
		}
		covered, err := c.checkOne(certificate, issuer, now)
		if err != nil {
			return err
		}
		if i == 0 && !covered {
			return fail(VerifyFail, "no revocation list of %q covers the certificate", certificate.Issuer)
		}
	}
	return nil
}

func (c *Config) checkOne(certificate, issuer *x509.Certificate, now time.Time) (covered bool, err error) {
	for _, list := range c.Revoked {
		if !bytes.Equal(list.RawIssuer, certificate.RawIssuer) || list.CheckSignatureFrom(issuer) != nil {
			continue
		}
		if !list.NextUpdate.IsZero() && now.After(list.NextUpdate) {
			return false, fail(VerifyFail, "the revocation list of %q has run out at %s: get a new one",
				list.Issuer, list.NextUpdate.Format(time.RFC3339))
		}
		covered = true
		for _, entry := range list.RevokedCertificateEntries {
			if entry.SerialNumber.Cmp(certificate.SerialNumber) == 0 {
				return true, fail(VerifyFail, "the certificate of %q, number %s, was revoked at %s",
					certificate.Subject, certificate.SerialNumber, entry.RevocationTime.Format(time.RFC3339))
			}
		}
	}
	return covered, nil
}
