package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"stellwerk/jwt"
)

func newJWTSign() *cobra.Command {
	var (
		key            jwtKey
		file, keyID    string
		claims, header []string
		lifetime       time.Duration
		issued         bool
	)
	cmd := &cobra.Command{
		Use:   "sign",
		Short: "Sign a token and print it",
		Long: `Sign prints a token with the given claims. A claim that is a number, true, false
or other JSON is taken as that, everything else as text; quotes make text of
anything: --claim 'serial="0042"'.`,
		Example: `  stellwerk jwt sign --secret-file secret.txt --claim sub=plc-7 --lifetime 1h
  stellwerk jwt sign --key device.pem --alg RS256 --claims claims.json --key-id 2026-1`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if lifetime < 0 {
				return usageError(cmd, fmt.Errorf("--lifetime %v: must not be below 0", lifetime))
			}
			k, err := key.load(false)
			if err != nil {
				return usageError(cmd, err)
			}
			all, err := readClaims(cmd.InOrStdin(), file)
			if err != nil {
				return usageError(cmd, err)
			}
			named, err := pairs("--claim", claims)
			if err != nil {
				return usageError(cmd, err)
			}
			maps.Copy(all, named)
			fields, err := pairs("--header", header)
			if err != nil {
				return usageError(cmd, err)
			}
			if keyID != "" {
				fields["kid"] = keyID
			}
			token, err := jwt.Sign(k, all, &jwt.SignOptions{Header: fields, Lifetime: lifetime, Issued: issued})
			if err != nil {
				return usageError(cmd, err)
			}
			warn(cmd.ErrOrStderr(), k)
			_, err = fmt.Fprintln(cmd.OutOrStdout(), token)
			return err
		},
	}
	flags := cmd.Flags()
	key.register(flags, "file with the RSA key that signs, PEM or DER")
	flags.StringVar(&file, "claims", "", "file with the claims as a JSON object; - is standard input")
	flags.StringArrayVar(&claims, "claim", nil, "a claim, as in sub=plc-7; may be repeated")
	flags.StringArrayVar(&header, "header", nil, "a field of the header, as in cty=JWT; may be repeated")
	flags.StringVar(&keyID, "key-id", "", "the header's kid")
	flags.DurationVar(&lifetime, "lifetime", 0, "how long the token is good, as in 1h: sets the claims iat and exp")
	flags.BoolVar(&issued, "issued", false, "set the claim iat")
	return cmd
}

// readClaims reads a file of claims; without a name there are none.
func readClaims(in io.Reader, name string) (jwt.Claims, error) {
	var data []byte
	var err error
	switch name {
	case "":
		return jwt.Claims{}, nil
	case "-":
		data, err = io.ReadAll(io.LimitReader(in, 1<<20))
	default:
		data, err = os.ReadFile(name) //nolint:gosec // the user names the file
	}
	if err != nil {
		return nil, fmt.Errorf("--claims: %w", err)
	}
	claims, err := jwt.ParseClaims(data)
	if err != nil {
		return nil, fmt.Errorf("--claims %s: %w", name, err)
	}
	return claims, nil
}

// pairs reads NAME=VALUE.
func pairs(flag string, texts []string) (map[string]any, error) {
	all := map[string]any{}
	for _, text := range texts {
		name, value, ok := strings.Cut(text, "=")
		if !ok || name == "" {
			return nil, fmt.Errorf("%s %q: must be NAME=VALUE", flag, text)
		}
		if _, twice := all[name]; twice {
			return nil, fmt.Errorf("%s: %s is given twice", flag, name)
		}
		all[name] = value
		if json.Valid([]byte(value)) {
			all[name] = json.RawMessage(value)
		}
	}
	return all, nil
}
