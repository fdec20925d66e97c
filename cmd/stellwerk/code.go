package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"stellwerk/wire"
)

func newCode() *cobra.Command {
	var lang string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "code VALUE|NAME …",
		Short: "Explain an ADS return code, HRESULT, WS_STATUS or IEC 104 code",
		Long: `Code says what a code means, what causes it and what helps. It knows

  the WebSocket statuses of TF6770     ETcIotWebSocketStatus, WS_STATUS_…
  ADS return codes                     also as an HRESULT, 0x9811….
  other results that PLC programs see  S_FALSE and the like, Winsock codes
  close codes of WebSocket             nCloseReason
  IEC 60870-5-104                      type identifications and causes

A value is decimal, hexadecimal as 0x745, 16#745 or 274D, or an HRESULT, which
may also be negative. Where a value has several meanings, all are shown. A name
may be in any case, and be a part that only one code has.

The exit status is 1 when a code is not known. Without --lang the language is
that of the environment (LC_ALL, LC_MESSAGES, LANG).`,
		Example: "  stellwerk code 0x745\n  stellwerk code 1861 --lang de\n  stellwerk code WS_STATUS_SOCK_CONN_REFUSED\n  stellwerk code 0x98110745 --json",
		// A negative value is no flag, which pflag cannot know.
		DisableFlagParsing: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := cmd.Flags().Parse(negativeLast(args)); err != nil {
				return usageError(cmd, err)
			}
			if help, _ := cmd.Flags().GetBool("help"); help {
				return cmd.Help()
			}
			args = cmd.Flags().Args()
			switch {
			case len(args) == 0:
				needs := wire.Text{
					EN: "code needs a value or a name, such as 0x745 or WS_STATUS_BUSY",
					DE: "code braucht einen Wert oder einen Namen, etwa 0x745 oder WS_STATUS_BUSY",
				}
				return usageError(cmd, errors.New(needs.In(cmp.Or(lang, environmentLanguage(os.Getenv)))))
			case lang == "":
				lang = environmentLanguage(os.Getenv)
			case lang != "en" && lang != "de":
				return usageError(cmd, fmt.Errorf("--lang %q: there is en and de", lang))
			}
			return explainCodes(cmd, args, lang, asJSON)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&lang, "lang", "", "language of texts: en or de (default that of the environment)")
	flags.BoolVar(&asJSON, "json", false, "print the result as JSON, a line for each meaning")
	return cmd
}

// negativeLast puts negative numbers behind everything else, where they are not
// taken for flags.
func negativeLast(args []string) []string {
	var others, numbers []string
	for i, arg := range args {
		if arg == "--" {
			return append(append(append(others, "--"), numbers...), args[i+1:]...)
		}
		if len(arg) > 1 && arg[0] == '-' && arg[1] >= '0' && arg[1] <= '9' {
			numbers = append(numbers, arg)
		} else {
			others = append(others, arg)
		}
	}
	return append(append(others, "--"), numbers...)
}

// environmentLanguage returns the language that the environment asks for: de, and
// en for every other.
func environmentLanguage(variable func(string) string) string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if value := variable(name); value != "" {
			if strings.HasPrefix(strings.ToLower(value), "de") {
				return "de"
			}
			return "en"
		}
	}
	return "en"
}

// explainCodes prints what is known of each argument, and ends with status 1
// where nothing is.
func explainCodes(cmd *cobra.Command, args []string, lang string, asJSON bool) error {
	all := allCodes()
	var unknown []error
	first := true
	for _, arg := range args {
		found, err := lookUp(all, arg)
		if err != nil {
			if u, ok := errors.AsType[*unknownCode](err); ok {
				err = errors.New(u.text.In(lang))
			}
			unknown = append(unknown, err)
			continue
		}
		for _, c := range found {
			if asJSON {
				err = c.writeJSON(cmd.OutOrStdout(), arg, lang)
			} else {
				err = c.write(cmd.OutOrStdout(), lang, first)
			}
			if err != nil {
				return err
			}
			first = false
		}
	}
	return withStatus(statusNo, errors.Join(unknown...))
}
