package iec62351

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
)

// maxFile bounds what is read of a file, in octets.
const maxFile = 64 << 20

// material is what the files hold.
type material struct {
	files       [][]byte // as they were read
	certificate tls.Certificate
	authorities *x509.CertPool
	lists       []*list
}

// list is a list of revocations.
type list struct {
	*x509.RevocationList
	file    string
	serials map[string]struct{} // of the certificates in it
}

// deltaIndicator marks a list that has only the changes (RFC 5280, 5.2.4).
var deltaIndicator = asn1.ObjectIdentifier{2, 5, 29, 27}

// removed is the reason code of an entry that takes a revocation back.
const removed = 8

// names returns the files in the order in which they are read.
func (c *Config) names() []string {
	return slices.Concat([]string{c.Certificate, c.Key}, c.Authorities, c.RevocationLists)
}

// readFiles reads all files.
func readFiles(names []string) ([][]byte, error) {
	all := make([][]byte, 0, len(names))
	for _, name := range names {
		data, err := readFile(name)
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

func readFile(name string) ([]byte, error) {
	file, err := os.Open(name) //nolint:gosec // the file that was configured
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err := errors.Join(err, file.Close()); err != nil {
		return nil, err
	}
	if len(data) > maxFile {
		return nil, fmt.Errorf("%s is larger than %d octets", name, maxFile)
	}
	return data, nil
}

// same reports whether nothing has changed.
func (m *material) same(files [][]byte) bool {
	return slices.EqualFunc(m.files, files, bytes.Equal)
}

// parse makes sense of the files.
func (c *Config) parse(files [][]byte) (*material, error) {
	m := &material{files: files, authorities: x509.NewCertPool()}
	certificate, err := tls.X509KeyPair(files[0], files[1])
	if err != nil {
		return nil, fmt.Errorf("%s with %s: %w", c.Certificate, c.Key, err)
	}
	if err := strong(certificate.Leaf); err != nil {
		return nil, fmt.Errorf("%s: %w", c.Certificate, err)
	}
	m.certificate = certificate
	files = files[2:]
	for i, name := range c.Authorities {
		if err := m.addAuthorities(files[i]); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	files = files[len(c.Authorities):]
	for i, name := range c.RevocationLists {
		if err := m.addLists(name, files[i]); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return m, nil
}

func (m *material) addAuthorities(data []byte) error {
	found := false
	for {
		var block *pem.Block
		if block, data = pem.Decode(data); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return err
		}
		if !certificate.IsCA {
			return fmt.Errorf("%s is no authority", certificate.Subject)
		}
		if err := strongKey(certificate); err != nil {
			return fmt.Errorf("%s: %w", certificate.Subject, err)
		}
		m.authorities.AddCert(certificate)
		found = true
	}
	if !found {
		return errors.New("has no certificate in PEM format")
	}
	return nil
}

func (m *material) addLists(name string, data []byte) error {
	var all [][]byte
	for rest := data; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type == "X509 CRL" {
			all = append(all, block.Bytes)
		}
	}
	if len(all) == 0 {
		all = [][]byte{data}
	}
	for _, octets := range all {
		parsed, err := x509.ParseRevocationList(octets)
		if err != nil {
			return fmt.Errorf("no list of revocations: %w", err)
		}
		l := &list{RevocationList: parsed, file: name, serials: make(map[string]struct{})}
		for _, extension := range parsed.Extensions {
			if extension.Id.Equal(deltaIndicator) {
				return errors.New("a list with changes only, which is of no use alone")
			}
		}
		for _, entry := range parsed.RevokedCertificateEntries {
			if entry.ReasonCode != removed {
				l.serials[entry.SerialNumber.String()] = struct{}{}
			}
		}
		m.lists = append(m.lists, l)
	}
	return nil
}
