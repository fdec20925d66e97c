package websocket

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"stellwerk/jwt"
	"stellwerk/tlsconf"
)

// How a client shows its token.
const (
	viaHeader      = "header"
	viaSubprotocol = "subprotocol"
	viaQuery       = "query"
	viaMessage     = "message"

	// tokenProtocol begins the subprotocol that is a token, and tokenParameter is
	// the parameter of the query (RFC 6750, 2.3).
	tokenProtocol  = "bearer."
	tokenParameter = "access_token"
)

// JWT are the settings of tokens. A client signs them, a server verifies them: one
// without a token that is good is refused, and let go when its token expires and no
// other has come.
type JWT struct {
	Algorithm   string            `yaml:"algorithm" enum:"HS256,HS384,HS512,RS256,RS384,RS512" help:"how tokens are signed"`
	SecretFile  string            `yaml:"secret_file" help:"file with the secret, for HS; a line end behind it does not count" example:"secret.txt"`
	Key         string            `yaml:"key" help:"file with the RSA key, for RS: the private one for a client, the public one or a certificate for a server" example:"device.pem"`
	KeyPassword string            `yaml:"key_password" help:"password of the key"`
	Via         string            `yaml:"via" enum:"header,subprotocol,query,message" help:"where the token stands: the header Authorization, a subprotocol bearer.TOKEN, the parameter access_token, or the message hello"`
	Claims      map[string]string `yaml:"claims" help:"claims of the token, for a client; of a server: what they must be" example:"sub: gateway"`
	Lifetime    time.Duration     `yaml:"lifetime" range:"10s..8760h" help:"how long a token is good, for a client; another one is sent before it expires"`
}

// withDefaults returns the settings with what they are where nothing is said.
func (j *JWT) withDefaults() JWT {
	d := *j
	if d.Algorithm == "" {
		d.Algorithm = string(jwt.HS256)
	}
	if d.Via == "" {
		d.Via = viaHeader
	}
	if d.Lifetime == 0 {
		d.Lifetime = time.Hour
	}
	return d
}

func (j *JWT) check(role string, report func(key, text string)) {
	if _, key, err := j.load(role); err != nil {
		report(key, err.Error())
	}
}

// load reads the key. Where that fails, key names the setting that is wrong.
func (j *JWT) load(role string) (k *jwt.Key, key string, err error) {
	d := j.withDefaults()
	algorithm := jwt.Algorithm(d.Algorithm)
	if algorithm.Secret() {
		switch {
		case d.Key != "":
			return nil, ".key", fmt.Errorf("%s works with a secret: name it in secret_file, and remove key", algorithm)
		case d.SecretFile == "":
			return nil, "", fmt.Errorf("%s needs a secret: name its file in secret_file", algorithm)
		}
		secret, err := os.ReadFile(d.SecretFile)
		if err != nil {
			return nil, ".secret_file", fmt.Errorf("the secret cannot be read: %w", err)
		}
		secret = bytes.TrimRight(secret, "\r\n")
		k, err = jwt.SecretKey(algorithm, secret)
		return k, ".secret_file", err
	}
	switch {
	case d.SecretFile != "":
		return nil, ".secret_file", fmt.Errorf("%s works with an RSA key: name it in key, and remove secret_file", algorithm)
	case d.Key == "":
		return nil, "", fmt.Errorf("%s needs an RSA key: name its file in key", algorithm)
	case role == roleClient:
		private, err := tlsconf.PrivateKey(d.Key, d.KeyPassword)
		if err != nil {
			return nil, ".key", err
		}
		k, err = jwt.PrivateKey(algorithm, private)
		return k, ".key", err
	}
	public, err := tlsconf.PublicKey(d.Key)
	if err != nil {
		return nil, ".key", err
	}
	k, err = jwt.PublicKey(algorithm, public)
	return k, ".key", err
}

// source returns where a client has its tokens from.
func (j *JWT) source() (*jwt.Source, error) {
	k, _, err := j.load(roleClient)
	if err != nil {
		return nil, err
	}
	claims := jwt.Claims{}
	for name, value := range j.Claims {
		claims[name] = value
	}
	return jwt.NewSource(k, claims, nil, j.withDefaults().Lifetime, nil), nil
}

// verifier verifies the tokens of clients.
type verifier struct {
	key      *jwt.Key
	settings JWT
}

func (j *JWT) verifier() (*verifier, error) {
	k, _, err := j.load(roleServer)
	if err != nil {
		return nil, err
	}
	return &verifier{key: k, settings: j.withDefaults()}, nil
}

var errNoToken = errors.New("a token is needed")

// verify checks a token and returns when it expires.
func (v *verifier) verify(token string) (expires time.Time, err error) {
	if token == "" {
		return time.Time{}, errNoToken
	}
	claims := v.settings.Claims
	verified, err := jwt.Verify(token, v.key, &jwt.VerifyOptions{
		Issuer: claims["iss"], Subject: claims["sub"], Audience: claims["aud"], RequireExpiry: true, Leeway: 5 * time.Second,
	})
	if err != nil {
		return time.Time{}, err
	}
	for name, want := range claims {
		if slices.Contains([]string{"iss", "sub", "aud"}, name) {
			continue
		}
		if got := fmt.Sprint(verified.Claims[name]); got != want {
			return time.Time{}, fmt.Errorf("the claim %s is not %q", name, want)
		}
	}
	seconds, err := expiry(verified.Claims)
	return time.Unix(seconds, 0).Add(5 * time.Second), err
}

func expiry(claims jwt.Claims) (seconds int64, err error) {
	var number float64
	if _, err := fmt.Sscan(fmt.Sprint(claims["exp"]), &number); err != nil {
		return 0, fmt.Errorf("the claim exp is no time: %w", err)
	}
	return int64(number), nil
}

// requestToken returns the token that a request shows.
func (v *verifier) requestToken(r *http.Request) string {
	switch v.settings.Via {
	case viaHeader:
		scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		if strings.EqualFold(scheme, "Bearer") {
			return strings.TrimSpace(token)
		}
	case viaSubprotocol:
		for _, value := range r.Header.Values("Sec-WebSocket-Protocol") {
			for each := range strings.SplitSeq(value, ",") {
				if token, ok := strings.CutPrefix(strings.TrimSpace(each), tokenProtocol); ok {
					return token
				}
			}
		}
	case viaQuery:
		return r.URL.Query().Get(tokenParameter)
	}
	return ""
}

// show puts a token into the request of a client.
func (j *JWT) show(token string, u *url.URL, header http.Header, subprotocols []string) []string {
	switch j.withDefaults().Via {
	case viaHeader:
		header.Set("Authorization", "Bearer "+token)
	case viaSubprotocol:
		return append(subprotocols, tokenProtocol+token)
	case viaQuery:
		query := u.Query()
		query.Set(tokenParameter, token)
		u.RawQuery = query.Encode()
	}
	return subprotocols
}
