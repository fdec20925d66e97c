package tlsconf

import (
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/youmark/pkcs8"
)

// PrivateKey reads a private key as [Settings.Key] names it, in any of the forms
// that tools write. The error is an [*Error].
func PrivateKey(setting, password string) (crypto.Signer, error) {
	data, err := read(setting, KeyNotFound, KeyInvalid)
	if err != nil {
		return nil, err
	}
	found, err := blocks(data, "PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY")
	if err != nil {
		return nil, fail(KeyInvalid, "%s: %w", called(setting), err)
	}
	key, err := parseKey(found[0], password)
	if err != nil {
		return nil, fail(KeyInvalid, "%s: %w", called(setting), err)
	}
	return key, nil
}

// PublicKey reads a public key, of a file or a text in the same forms: one by
// itself, or that of a certificate. The error is an [*Error].
func PublicKey(setting string) (crypto.PublicKey, error) {
	data, err := read(setting, KeyNotFound, KeyInvalid)
	if err != nil {
		return nil, err
	}
	found, err := blocks(data, "PUBLIC KEY", "RSA PUBLIC KEY", "CERTIFICATE")
	if err != nil {
		return nil, fail(KeyInvalid, "%s: %w", called(setting), err)
	}
	der := found[0].Bytes
	if key, err := x509.ParsePKIXPublicKey(der); err == nil {
		return key, nil
	}
	if key, err := x509.ParsePKCS1PublicKey(der); err == nil {
		return key, nil
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fail(KeyInvalid, "%s: it holds no public key: %w", called(setting), err)
	}
	return certificate.PublicKey, nil
}

var (
	errNoPassword    = errors.New("it is encrypted, and no password is given")
	errWrongPassword = errors.New("it cannot be decrypted with this password")
)

func parseKey(block *pem.Block, password string) (crypto.Signer, error) {
	der := block.Bytes
	// RFC 1421, as openssl wrote keys before version 1.0: weak, but there.
	if x509.IsEncryptedPEMBlock(block) { //nolint:staticcheck // plants have such keys
		if password == "" {
			return nil, errNoPassword
		}
		var err error
		if der, err = x509.DecryptPEMBlock(block, []byte(password)); err != nil { //nolint:staticcheck // see above
			return nil, errWrongPassword
		}
	}
	var key any
	var err error
	switch block.Type {
	case "RSA PRIVATE KEY":
		key, err = x509.ParsePKCS1PrivateKey(der)
	case "EC PRIVATE KEY":
		key, err = x509.ParseECPrivateKey(der)
	case "PRIVATE KEY":
		key, err = x509.ParsePKCS8PrivateKey(der)
	case "ENCRYPTED PRIVATE KEY":
		key, err = parseEncrypted(der, password)
	default:
		key, err = parseDER(der, password)
	}
	if err != nil {
		return nil, err
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("a key of type %T cannot sign", key)
	}
	return signer, nil
}

// parseEncrypted reads EncryptedPrivateKeyInfo (RFC 5958).
func parseEncrypted(der []byte, password string) (any, error) {
	if password == "" {
		return nil, errNoPassword
	}
	key, _, err := pkcs8.ParsePrivateKey(der, []byte(password))
	if err != nil {
		return nil, fmt.Errorf("%w (%w)", errWrongPassword, err)
	}
	return key, nil
}

// parseDER reads a key of which no label says what it is.
func parseDER(der []byte, password string) (any, error) {
	if key, err := x509.ParsePKCS8PrivateKey(der); err == nil {
		return key, nil
	}
	if key, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return key, nil
	}
	if key, err := x509.ParseECPrivateKey(der); err == nil {
		return key, nil
	}
	return parseEncrypted(der, password)
}
