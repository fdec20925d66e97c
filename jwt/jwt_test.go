package jwt_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"stellwerk/jwt"
)

var secret = []byte(strings.Repeat("secret!!", 8))

var rsaKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

func keyFor(t *testing.T, a jwt.Algorithm) *jwt.Key {
	t.Helper()
	var k *jwt.Key
	var err error
	if a.Secret() {
		k, err = jwt.SecretKey(a, secret)
	} else {
		k, err = jwt.PrivateKey(a, rsaKey())
	}
	if err != nil || k.Warning() != "" {
		t.Fatal(err, k.Warning())
	}
	return k
}

// TestAlgorithms signs with each algorithm and verifies with each.
func TestAlgorithms(t *testing.T) {
	for _, signed := range jwt.Algorithms() {
		token, err := jwt.Sign(keyFor(t, signed), jwt.Claims{"sub": "plc", "n": json.Number("9007199254740993")}, &jwt.SignOptions{Header: map[string]any{"kid": "k1"}})
		if err != nil {
			t.Fatal(err)
		}
		for _, verified := range jwt.Algorithms() {
			got, err := jwt.Verify(token, keyFor(t, verified), nil)
			if verified != signed {
				if !errors.Is(err, jwt.ErrAlgorithm) || got != nil {
					t.Errorf("%s verified as %s: %v", signed, verified, err)
				}
				continue
			}
			if err != nil || got.Claims["sub"] != "plc" || got.Claims["n"] != json.Number("9007199254740993") || got.Header["kid"] != "k1" || got.Header["alg"] != string(signed) {
				t.Errorf("%s: %v, %v", signed, got, err)
			}
		}
	}
}

// TestRFC7515 verifies the example of RFC 7515, appendix A.1.
func TestRFC7515(t *testing.T) {
	key, err := base64.RawURLEncoding.DecodeString("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow")
	if err != nil {
		t.Fatal(err)
	}
	k, err := jwt.SecretKey(jwt.HS256, key)
	if err != nil {
		t.Fatal(err)
	}
	const token = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9" +
		".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ" +
		".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	got, err := jwt.Verify(token, k, &jwt.VerifyOptions{Issuer: "joe", Now: time.Unix(1300819379, 0)})
	if err != nil || got.Claims["http://example.com/is_root"] != true {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := jwt.Verify(token, k, &jwt.VerifyOptions{Now: time.Unix(1300819381, 0)}); !errors.Is(err, jwt.ErrExpired) {
		t.Errorf("later: %v", err)
	}
}

// TestRefused has a token for each refusal.
func TestRefused(t *testing.T) {
	k := keyFor(t, jwt.HS256)
	now := time.Unix(1_700_000_000, 0)
	sign := func(claims jwt.Claims) string {
		token, err := jwt.Sign(k, claims, nil)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	good := sign(jwt.Claims{"sub": "plc"})
	part := strings.Split(good, ".")
	encode := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	// An RSA key's public half, taken for a secret.
	der, err := x509.MarshalPKIXPublicKey(&rsaKey().PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	forged := encode(`{"alg":"HS256","typ":"JWT"}`) + "." + part[1]
	mac := hmac.New(sha256.New, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	mac.Write([]byte(forged))
	forged += "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))

	tests := map[string]struct {
		token   string
		key     *jwt.Key
		options jwt.VerifyOptions
		want    error
		shown   bool // the token is returned all the same
	}{
		"empty":           {"", k, jwt.VerifyOptions{}, jwt.ErrMalformed, false},
		"two parts":       {part[0] + "." + part[1], k, jwt.VerifyOptions{}, jwt.ErrMalformed, false},
		"no base64":       {"!." + part[1] + "." + part[2], k, jwt.VerifyOptions{}, jwt.ErrMalformed, false},
		"no JSON":         {encode("x") + "." + part[1] + "." + part[2], k, jwt.VerifyOptions{}, jwt.ErrMalformed, false},
		"long":            {strings.Repeat("x", 2<<20), k, jwt.VerifyOptions{}, jwt.ErrMalformed, false},
		"no signature":    {encode(`{"alg":"none"}`) + "." + part[1] + ".", k, jwt.VerifyOptions{}, jwt.ErrAlgorithm, false},
		"forged":          {forged, keyFor(t, jwt.RS256), jwt.VerifyOptions{}, jwt.ErrAlgorithm, false},
		"changed":         {part[0] + "." + encode(`{"sub":"boss"}`) + "." + part[2], k, jwt.VerifyOptions{}, jwt.ErrSignature, false},
		"expired":         {sign(jwt.Claims{"exp": now.Unix() - 1}), k, jwt.VerifyOptions{}, jwt.ErrExpired, true},
		"within leeway":   {sign(jwt.Claims{"exp": now.Unix() - 1}), k, jwt.VerifyOptions{Leeway: 2 * time.Second}, nil, true},
		"not yet":         {sign(jwt.Claims{"nbf": now.Unix() + 1}), k, jwt.VerifyOptions{}, jwt.ErrNotYet, true},
		"issued later":    {sign(jwt.Claims{"iat": now.Unix() + 1}), k, jwt.VerifyOptions{}, jwt.ErrIssuedLater, true},
		"another issuer":  {sign(jwt.Claims{"iss": "a"}), k, jwt.VerifyOptions{Issuer: "b"}, jwt.ErrClaims, true},
		"no issuer":       {good, k, jwt.VerifyOptions{Issuer: "b"}, jwt.ErrClaims, true},
		"another subject": {good, k, jwt.VerifyOptions{Subject: "b"}, jwt.ErrClaims, true},
		"one audience":    {sign(jwt.Claims{"aud": []string{"a", "b"}}), k, jwt.VerifyOptions{Audience: "b"}, nil, true},
		"other audiences": {sign(jwt.Claims{"aud": []string{"a", "b"}}), k, jwt.VerifyOptions{Audience: "c"}, jwt.ErrClaims, true},
		"no expiry":       {good, k, jwt.VerifyOptions{RequireExpiry: true}, jwt.ErrClaims, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			test.options.Now = now
			got, err := jwt.Verify(test.token, test.key, &test.options)
			if !errors.Is(err, test.want) || (err == nil) != (test.want == nil) || (got != nil) != test.shown {
				t.Errorf("%v, %v; want %v", got, err, test.want)
			}
		})
	}
}

// TestKeys refuses keys that do not fit, and warns of weak ones.
func TestKeys(t *testing.T) {
	if _, err := jwt.SecretKey("ES256", secret); err == nil {
		t.Error("an algorithm that is none of ours")
	}
	if _, err := jwt.SecretKey(jwt.RS256, secret); err == nil {
		t.Error("a secret for RSA")
	}
	if _, err := jwt.SecretKey(jwt.HS256, nil); err == nil {
		t.Error("an empty secret")
	}
	if _, err := jwt.PrivateKey(jwt.HS256, rsaKey()); err == nil {
		t.Error("an RSA key for HMAC")
	}
	elliptic, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := jwt.PrivateKey(jwt.RS256, elliptic); err == nil {
		t.Error("an elliptic key for RSA")
	}
	var public crypto.PublicKey = &rsaKey().PublicKey
	k, err := jwt.PublicKey(jwt.RS512, public)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := jwt.Sign(k, nil, nil); err == nil {
		t.Error("a public key signs")
	}
	if k, err := jwt.SecretKey(jwt.HS512, []byte("short")); err != nil || !strings.Contains(k.Warning(), "64") {
		t.Errorf("a short secret: %v", err)
	}
}

// TestSource renews the token in time.
func TestSource(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	k := keyFor(t, jwt.HS256)
	source := jwt.NewSource(k, jwt.Claims{"sub": "plc"}, nil, time.Hour, func() time.Time { return now })
	first, err := source.Token()
	if err != nil {
		t.Fatal(err)
	}
	if got := source.Renewal(); !got.Equal(now.Add(59 * time.Minute)) {
		t.Errorf("renewal at %v", got)
	}
	now = now.Add(59*time.Minute - time.Second)
	if again, err := source.Token(); err != nil || again != first {
		t.Error("renewed too early", err)
	}
	now = now.Add(time.Second)
	next, err := source.Token()
	if err != nil || next == first {
		t.Fatal("not renewed", err)
	}
	got, err := jwt.Verify(next, k, &jwt.VerifyOptions{Now: now.Add(time.Hour - time.Second), RequireExpiry: true})
	if err != nil || got.Claims["iat"] != json.Number("1700003540") {
		t.Errorf("%v, %v", got, err)
	}
}

// TestParseClaims wants one object.
func TestParseClaims(t *testing.T) {
	if claims, err := jwt.ParseClaims([]byte(`{"a":1}`)); err != nil || claims["a"] != json.Number("1") {
		t.Error(claims, err)
	}
	for _, text := range []string{"", "null", "[]", `{"a":1}{}`, `{"a":`} {
		if _, err := jwt.ParseClaims([]byte(text)); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}

func FuzzVerify(f *testing.F) {
	k, err := jwt.SecretKey(jwt.HS256, secret)
	if err != nil {
		f.Fatal(err)
	}
	token, err := jwt.Sign(k, jwt.Claims{"sub": "plc"}, nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(token)
	f.Add("..")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := jwt.Verify(text, k, nil)
		if err == nil && (got == nil || !strings.HasPrefix(text, token[:strings.LastIndex(token, ".")])) {
			t.Errorf("%q is accepted", text)
		}
	})
}
