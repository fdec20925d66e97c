package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"stellwerk/jwt"
)

func newJWTVerify() *cobra.Command {
	var (
		key     jwtKey
		options jwt.VerifyOptions
		asJSON  bool
	)
	cmd := &cobra.Command{
		Use:   "verify [TOKEN]",
		Short: "Verify a token and print what it states",
		Long: `Verify checks signature, times and, where asked for, claims of a token, which is
read from standard input when it is not given. It prints header and claims; the
exit status is 0 for a token that is good and 1 for one that is not. The content
of a token whose signature is wrong is not shown.`,
		Example: `  stellwerk jwt verify --secret-file secret.txt eyJhbGciOi…
  stellwerk jwt sign --key device.pem --claim sub=plc-7 | stellwerk jwt verify --key device-certificate.pem`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			k, err := key.load(true)
			if err != nil {
				return usageError(cmd, err)
			}
			text, err := tokenText(cmd.InOrStdin(), args)
			if err != nil {
				return usageError(cmd, err)
			}
			warn(cmd.ErrOrStderr(), k)
			token, refused := jwt.Verify(text, k, &options)
			if err := printToken(cmd.OutOrStdout(), token, asJSON, refused == nil, refused); err != nil {
				return err
			}
			if refused != nil {
				return withStatus(statusNo, fmt.Errorf("the token is refused: %w", refused))
			}
			return nil
		},
	}
	flags := cmd.Flags()
	key.register(flags, "file with the RSA key, public or private, or with its certificate, PEM or DER")
	flags.StringVar(&options.Issuer, "issuer", "", "what the claim iss must be")
	flags.StringVar(&options.Subject, "subject", "", "what the claim sub must be")
	flags.StringVar(&options.Audience, "audience", "", "what the claim aud must contain")
	flags.BoolVar(&options.RequireExpiry, "require-expiry", false, "refuse a token without the claim exp")
	flags.DurationVar(&options.Leeway, "leeway", 0, "by how much clocks may differ, as in 30s")
	flags.BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

// tokenText returns the token that is given, or read.
func tokenText(in io.Reader, args []string) (string, error) {
	if len(args) == 1 {
		return strings.TrimSpace(args[0]), nil
	}
	data, err := io.ReadAll(io.LimitReader(in, 1<<21))
	if err != nil {
		return "", fmt.Errorf("the token cannot be read: %w", err)
	}
	return strings.TrimSpace(string(data)), nil
}
