package jwt

import (
	"crypto"
	"crypto/rsa"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/golang-jwt/jwt/v5"
)

// Algorithm is how tokens are signed (RFC 7518, 3.1).
type Algorithm string

// The algorithms.
const (
	HS256 Algorithm = "HS256" // HMAC with a shared secret
	HS384 Algorithm = "HS384"
	HS512 Algorithm = "HS512"
	RS256 Algorithm = "RS256" // RSASSA-PKCS1-v1_5
	RS384 Algorithm = "RS384"
	RS512 Algorithm = "RS512"
)

// Algorithms returns all algorithms.
func Algorithms() []Algorithm { return []Algorithm{HS256, HS384, HS512, RS256, RS384, RS512} }

// Secret reports whether the algorithm works with a shared secret.
func (a Algorithm) Secret() bool { return strings.HasPrefix(string(a), "HS") }

// octets is the length of the hash.
func (a Algorithm) octets() int {
	switch a {
	case HS256, RS256:
		return 32
	case HS384, RS384:
		return 48
	default:
		return 64
	}
}

func (a Algorithm) check() error {
	if slices.Contains(Algorithms(), a) {
		return nil
	}
	return fmt.Errorf("algorithm %q: must be one of HS256, HS384, HS512, RS256, RS384, RS512", string(a))
}

// Key is a key with the one algorithm that it is for.
type Key struct {
	algorithm Algorithm
	method    jwt.SigningMethod
	sign      any // nil where the key can only verify
	verify    any
	warning   string
}

// Algorithm returns the algorithm.
func (k *Key) Algorithm() Algorithm { return k.algorithm }

// Warning says what is weak about the key, and is empty where nothing is.
func (k *Key) Warning() string { return k.warning }

// SecretKey makes a key of a shared secret. RFC 7518 (3.2) wants a secret as
// long as the hash; a shorter one works, with a warning.
func SecretKey(a Algorithm, secret []byte) (*Key, error) {
	if err := a.check(); err != nil {
		return nil, err
	}
	if !a.Secret() {
		return nil, fmt.Errorf("%s needs an RSA key, not a secret", a)
	}
	if len(secret) == 0 {
		return nil, errors.New("the secret is empty")
	}
	secret = slices.Clone(secret)
	k := &Key{algorithm: a, method: jwt.GetSigningMethod(string(a)), sign: secret, verify: secret}
	if len(secret) < a.octets() {
		k.warning = fmt.Sprintf("the secret has %d octets: RFC 7518 wants at least %d for %s", len(secret), a.octets(), a)
	}
	return k, nil
}

// PrivateKey makes a key that signs and verifies of an RSA key.
func PrivateKey(a Algorithm, private crypto.Signer) (*Key, error) {
	key, ok := private.(*rsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("%s needs an RSA key, not %T", a, private)
	}
	k, err := PublicKey(a, &key.PublicKey)
	if err != nil {
		return nil, err
	}
	k.sign = key
	return k, nil
}

// PublicKey makes a key that verifies of an RSA key. RFC 7518 (3.3) wants at
// least 2048 bits; a shorter one works, with a warning.
func PublicKey(a Algorithm, public crypto.PublicKey) (*Key, error) {
	if err := a.check(); err != nil {
		return nil, err
	}
	if a.Secret() {
		return nil, fmt.Errorf("%s needs a secret, not an RSA key", a)
	}
	key, ok := public.(*rsa.PublicKey)
	if !ok {
		return nil, fmt.Errorf("%s needs an RSA key, not %T", a, public)
	}
	k := &Key{algorithm: a, method: jwt.GetSigningMethod(string(a)), verify: key}
	if bits := key.N.BitLen(); bits < 2048 {
		k.warning = fmt.Sprintf("the key has %d bits: RFC 7518 wants at least 2048", bits)
	}
	return k, nil
}
