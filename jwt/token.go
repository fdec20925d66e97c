package jwt

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// maxToken is how long a token may be: services refuse headers beyond a few
// KiB.
const maxToken = 1 << 20

// Claims are what a token states. Numbers are read as [json.Number], so that
// none loses digits.
type Claims map[string]any

// Token is a token that was verified.
type Token struct {
	Header map[string]any
	Claims Claims
}

// SignOptions are the settings of [Sign]. Nil options, and fields that are
// zero, have the values named beside them.
type SignOptions struct {
	// Header has fields for the header beside alg and typ, such as kid.
	Header map[string]any
	// Lifetime sets the claim exp that long after Now, where it is not among
	// the claims. Zero sets none.
	Lifetime time.Duration
	// Issued sets the claim iat to Now, where it is not among the claims. A
	// lifetime sets it too.
	Issued bool
	// Now is the time of issue. The zero value is [time.Now].
	Now time.Time
}

// Sign makes a token. The claims are not changed.
func Sign(k *Key, claims Claims, options *SignOptions) (string, error) {
	if k.sign == nil {
		return "", errors.New("a public key cannot sign")
	}
	o := SignOptions{}
	if options != nil {
		o = *options
	}
	if o.Now.IsZero() {
		o.Now = time.Now()
	}
	all := jwt.MapClaims{}
	maps.Copy(all, claims)
	if _, set := all["iat"]; !set && (o.Issued || o.Lifetime != 0) {
		all["iat"] = o.Now.Unix()
	}
	if _, set := all["exp"]; !set && o.Lifetime != 0 {
		all["exp"] = o.Now.Add(o.Lifetime).Unix()
	}
	token := jwt.NewWithClaims(k.method, all)
	for name, value := range o.Header {
		if name == "alg" {
			return "", errors.New("the header's alg is that of the key")
		}
		token.Header[name] = value
	}
	signed, err := token.SignedString(k.sign)
	if err != nil {
		return "", fmt.Errorf("the token cannot be signed: %w", err)
	}
	return signed, nil
}

// VerifyOptions are the settings of [Verify]. Nil options, and fields that are
// zero, ask for nothing beyond signature and times.
type VerifyOptions struct {
	// Issuer, Subject and Audience are what the claims iss, sub and aud must
	// be, or contain.
	Issuer, Subject, Audience string
	// RequireExpiry refuses tokens without the claim exp.
	RequireExpiry bool
	// Leeway is by how much clocks may differ.
	Leeway time.Duration
	// Now is the time to judge by. The zero value is [time.Now].
	Now time.Time
}

// What a token can be refused for. Others that errors of [Verify] wrap are
// those of claims that are not as the options want them.
var (
	// ErrMalformed says that it is no token at all.
	ErrMalformed = errors.New("malformed token")
	// ErrAlgorithm says that it is not signed as the key's algorithm demands.
	ErrAlgorithm = errors.New("another algorithm than the key's")
	// ErrSignature says that signature and content do not fit, or the key is
	// another one.
	ErrSignature = errors.New("wrong signature")
	// ErrExpired, ErrNotYet and ErrIssuedLater are about the claims exp, nbf
	// and iat.
	ErrExpired     = errors.New("the token has expired")
	ErrNotYet      = errors.New("the token is not valid yet")
	ErrIssuedLater = errors.New("the token is issued in the future")
	// ErrClaims says that a claim is missing or not what it should be.
	ErrClaims = errors.New("claims are not as demanded")
)

// Verify checks signature, times and, where the options want it, claims. The
// errors wrap one of those of this package. A token that is refused for its
// times or its claims, but not for its signature, is returned beside the error.
func Verify(token string, k *Key, options *VerifyOptions) (*Token, error) {
	if len(token) > maxToken {
		return nil, fmt.Errorf("%w: %d octets, at most %d are read", ErrMalformed, len(token), maxToken)
	}
	o := VerifyOptions{}
	if options != nil {
		o = *options
	}
	parser := jwt.NewParser(append(claimOptions(o),
		jwt.WithValidMethods([]string{string(k.algorithm)}), jwt.WithJSONNumber(), jwt.WithStrictDecoding())...)
	claims := jwt.MapClaims{}
	parsed, err := parser.ParseWithClaims(token, claims, func(*jwt.Token) (any, error) { return k.verify, nil })
	if err == nil {
		return &Token{Header: parsed.Header, Claims: Claims(claims)}, nil
	}
	err = translate(parsed, k, err)
	if parsed == nil || errors.Is(err, ErrMalformed) || errors.Is(err, ErrAlgorithm) || errors.Is(err, ErrSignature) {
		return nil, err
	}
	return &Token{Header: parsed.Header, Claims: Claims(claims)}, err
}

func claimOptions(o VerifyOptions) []jwt.ParserOption {
	list := []jwt.ParserOption{jwt.WithLeeway(o.Leeway), jwt.WithIssuedAt()}
	if o.Issuer != "" {
		list = append(list, jwt.WithIssuer(o.Issuer))
	}
	if o.Subject != "" {
		list = append(list, jwt.WithSubject(o.Subject))
	}
	if o.Audience != "" {
		list = append(list, jwt.WithAudience(o.Audience))
	}
	if o.RequireExpiry {
		list = append(list, jwt.WithExpirationRequired())
	}
	if !o.Now.IsZero() {
		list = append(list, jwt.WithTimeFunc(func() time.Time { return o.Now }))
	}
	return list
}

// translate puts the library's errors in words of this package.
func translate(parsed *jwt.Token, k *Key, err error) error {
	for _, pair := range [...]struct{ theirs, ours error }{
		{jwt.ErrTokenExpired, ErrExpired},
		{jwt.ErrTokenNotValidYet, ErrNotYet},
		{jwt.ErrTokenUsedBeforeIssued, ErrIssuedLater},
	} {
		if errors.Is(err, pair.theirs) {
			return pair.ours
		}
	}
	switch {
	case errors.Is(err, jwt.ErrTokenMalformed):
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	case parsed != nil && parsed.Header["alg"] != string(k.algorithm):
		return fmt.Errorf("%w: the token has %v, the key is for %s", ErrAlgorithm, parsed.Header["alg"], k.algorithm)
	case errors.Is(err, jwt.ErrTokenSignatureInvalid):
		return ErrSignature
	case errors.Is(err, jwt.ErrTokenUnverifiable):
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	default:
		return fmt.Errorf("%w: %w", ErrClaims, err)
	}
}

// ParseClaims reads claims as JSON, which must be one object.
func ParseClaims(data []byte) (Claims, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var claims Claims
	if err := decoder.Decode(&claims); err != nil {
		return nil, fmt.Errorf("claims must be one JSON object: %w", err)
	}
	if claims == nil || decoder.More() {
		return nil, errors.New("claims must be one JSON object")
	}
	return claims, nil
}
