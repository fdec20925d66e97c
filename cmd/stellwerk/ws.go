package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"stellwerk/tlsconf"
	"stellwerk/websocket"
	"stellwerk/websocket/tf6770"
)

func newWS() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "ws",
		Short: "Speak WebSocket, as a client or as a server",
		Long: `Ws speaks WebSocket (RFC 6455, with the compression of RFC 7692). "ws connect" is
a client with the settings, defaults and statuses of FB_IotWebSocketClient of
TwinCAT's TF6770, "ws listen" the server to it. Lines of standard input become
messages, and messages that come are printed.

The last line on standard error is the status, "status WS_STATUS_SUCCESS (0)";
"stellwerk code" explains each. The exit status is 0 after a clean end, 2 for
settings that are wrong, and 3 for a connection that failed or broke.`,
		Example: `  stellwerk ws listen &
  echo hello | stellwerk ws connect ws://127.0.0.1:8080/`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.SuggestionsMinimumDistance = 2
	cmd.AddCommand(newWSConnect(), newWSListen())
	return cmd
}

// settingsError is what is wrong before there is a connection.
type settingsError struct{ err error }

func (e *settingsError) Error() string { return e.err.Error() }
func (e *settingsError) Unwrap() error { return e.err }

// wsEnd says how a connection has ended, with the status as the last line.
func wsEnd(talk io.Writer, err error) error {
	status := tf6770.StatusOf(err)
	exit := statusDone
	if status != tf6770.Success {
		exit = statusUnreachable
		if wrongSettings(err) {
			exit = statusUsage
		}
		text := strings.TrimPrefix(err.Error(), "websocket: ")
		fmt.Fprintf(talk, "stellwerk: %s\n", text)
		if next := status.Remedy().EN; next != "" {
			fmt.Fprintf(talk, "Next: %s.\n", next)
		}
	}
	fmt.Fprintf(talk, "status %s (%d)\n", status, int32(status))
	if exit == statusDone {
		return nil
	}
	return &statusError{status: exit}
}

// wrongSettings reports whether nothing but the settings is to blame.
func wrongSettings(err error) bool {
	if _, ok := errors.AsType[*settingsError](err); ok {
		return true
	}
	if e, ok := errors.AsType[*tlsconf.Error](err); ok && e.Reason <= tlsconf.Setup {
		return true
	}
	e, ok := errors.AsType[*websocket.HandshakeError](err)
	return ok && e.Stage == websocket.Options
}
