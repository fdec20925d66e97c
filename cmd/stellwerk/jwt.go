package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"stellwerk/jwt"
	"stellwerk/tlsconf"
)

func newJWT() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "jwt",
		Short: "Sign and verify JSON Web Tokens",
		Long: `Jwt signs and verifies JSON Web Tokens (RFC 7519), with which devices sign in to
services: HS256, HS384 and HS512 with a shared secret, RS256, RS384 and RS512
with an RSA key.`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newJWTSign(), newJWTVerify())
	return cmd
}

// jwtKey are the flags that name a key.
type jwtKey struct {
	algorithm, secret, secretFile, key, password string
}

func (k *jwtKey) register(flags *pflag.FlagSet, key string) {
	names := make([]string, 0, len(jwt.Algorithms()))
	for _, a := range jwt.Algorithms() {
		names = append(names, string(a))
	}
	flags.StringVar(&k.algorithm, "alg", "", "algorithm: "+strings.Join(names, ", ")+" (default HS256 with a secret, RS256 with a key)")
	flags.StringVar(&k.secretFile, "secret-file", "", "file with the shared secret, taken octet by octet, without a line end at its end")
	flags.StringVar(&k.secret, "secret", "", "the shared secret itself; others on this machine can see it: better --secret-file")
	flags.StringVar(&k.key, "key", "", key)
	flags.StringVar(&k.password, "key-password", "", "password of the key")
}

// load reads the key; public tells that it need not be able to sign.
func (k *jwtKey) load(public bool) (*jwt.Key, error) {
	a := jwt.Algorithm(strings.ToUpper(k.algorithm))
	given := 0
	for _, value := range []string{k.secret, k.secretFile, k.key} {
		if value != "" {
			given++
		}
	}
	if given != 1 {
		return nil, fmt.Errorf("one of --secret-file, --secret and --key is needed, not %d of them", given)
	}
	if k.key == "" {
		if a == "" {
			a = jwt.HS256
		}
		secret := []byte(k.secret)
		if k.secretFile != "" {
			data, err := os.ReadFile(k.secretFile)
			if err != nil {
				return nil, fmt.Errorf("--secret-file: %w", err)
			}
			secret = bytes.TrimRight(data, "\r\n")
		}
		return jwt.SecretKey(a, secret)
	}
	if a == "" {
		a = jwt.RS256
	}
	if public {
		if key, err := tlsconf.PublicKey(k.key); err == nil {
			return jwt.PublicKey(a, key)
		}
	}
	key, err := tlsconf.PrivateKey(k.key, k.password)
	if err != nil {
		if known, ok := errors.AsType[*tlsconf.Error](err); ok {
			err = known.Err
		}
		return nil, fmt.Errorf("--key: %w", err)
	}
	return jwt.PrivateKey(a, key)
}

// warn says what is weak about a key.
func warn(talk io.Writer, k *jwt.Key) {
	if warning := k.Warning(); warning != "" {
		fmt.Fprintln(talk, "stellwerk: warning:", warning)
	}
}

// printToken prints header and claims.
func printToken(out io.Writer, token *jwt.Token, asJSON, valid bool, reason error) error {
	if asJSON {
		line := struct {
			Valid  bool           `json:"valid"`
			Reason string         `json:"reason,omitempty"`
			Header map[string]any `json:"header,omitempty"`
			Claims jwt.Claims     `json:"claims,omitempty"`
		}{Valid: valid}
		if reason != nil {
			line.Reason = reason.Error()
		}
		if token != nil {
			line.Header, line.Claims = token.Header, token.Claims
		}
		return json.NewEncoder(out).Encode(line)
	}
	if token == nil {
		return nil
	}
	for _, part := range []struct {
		name  string
		value any
	}{{"header", token.Header}, {"claims", token.Claims}} {
		text, err := json.MarshalIndent(part.value, "", "  ")
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s %s\n", part.name, text)
	}
	return nil
}
