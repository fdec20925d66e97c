package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"stellwerk/internal/capture/fabricate"
	"stellwerk/tlsconf"
	"stellwerk/websocket"
	"stellwerk/websocket/tf6770"
)

// wsConnect is the command ws connect.
type wsConnect struct {
	wsFlags
	origin    string
	headers   []string
	header    http.Header
	keepAlive bool
	interval  time.Duration // without anything received, until a ping is sent
	patience  time.Duration // after that, until the connection is given up
	connect   time.Duration
	response  time.Duration
	wait      time.Duration
	talk      *teller
}

func newWSConnect() *cobra.Command {
	f := &wsConnect{}
	cmd := &cobra.Command{
		Use:   "connect URL",
		Short: "Be a client: send lines as messages, print what comes",
		Long: `Connect opens a WebSocket connection. Each line of standard input becomes a text
message, with --binary a binary one, and each message that comes is printed on a
line. At the end of input it waits as long as --linger says, and closes with 1000.

The flags are the inputs of FB_IotWebSocketClient and the settings of its TLS,
which is on with wss:// and with any of these settings. Certificates, keys and
lists are files, or PEM text that begins with -----BEGIN.`,
		Example: `  echo hello | stellwerk ws connect ws://127.0.0.1:8080/
  stellwerk ws connect wss://gateway.example/feed --no-input --ca plant-ca.pem
  stellwerk ws connect ws://192.0.2.10/ --deflate --compress --trace < messages.txt
  stellwerk ws connect wss://192.0.2.10/ --psk-identity plc-7 --psk-key 00112233445566778899aabbccddeeff
  stellwerk ws connect wss://gateway.example/ --header "Authorization: Bearer $(stellwerk jwt sign --secret-file secret)"`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError(cmd, fmt.Errorf("%s takes one URL, such as ws://127.0.0.1:8080/", cmd.CommandPath()))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			err := f.check()
			if psk, ok := errors.AsType[*tlsconf.Error](err); ok {
				return wsEnd(cmd.ErrOrStderr(), psk)
			}
			if err != nil {
				return usageError(cmd, err)
			}
			address, err := f.address(args[0])
			if err != nil {
				return usageError(cmd, err)
			}
			return f.run(cmd, address)
		},
	}
	flags := cmd.Flags()
	f.register(flags)
	flags.BoolVar(&f.tls.NoServerCertCheck, "insecure", false, "take any certificate of the server (bNoServerCertCheck)")
	flags.StringVar(&f.origin, "origin", "", "header Origin (sOrigin)")
	flags.StringArrayVar(&f.headers, "header", nil, `further header of the request, as "Name: value"; again for others`)
	flags.BoolVar(&f.keepAlive, "keep-alive", true, "send pings when nothing is received (bKeepAlive)")
	flags.DurationVar(&f.interval, "keep-alive-interval", tf6770.DefaultKeepAliveInterval, "how long nothing is received until a ping is sent (nKeepAliveInterval)")
	flags.DurationVar(&f.patience, "keep-alive-close-timeout", tf6770.DefaultKeepAliveCloseTimeout, "how long to wait for anything after that (nKeepAliveCloseTimeout)")
	flags.DurationVar(&f.connect, "connect-timeout", 10*time.Second, "how long the connection, with TLS, may take")
	flags.DurationVar(&f.response, "connect-response-timeout", tf6770.DefaultConnectResponseTimeout, "how long the response to the request may take (nConnectResponseTimeout)")
	flags.DurationVar(&f.wait, "wait", 0, "try again for so long while nobody listens")
	return cmd
}

// check completes the settings and says what is wrong with them.
func (f *wsConnect) check() error {
	if err := f.wsFlags.check(); err != nil {
		return err
	}
	f.header = http.Header{}
	for _, line := range f.headers {
		name, value, ok := strings.Cut(line, ":")
		if !ok || name == "" || strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r > '~' }) {
			return fmt.Errorf("--header %q: write it as \"Name: value\"", line)
		}
		f.header.Add(name, strings.TrimSpace(value))
	}
	for _, d := range []struct {
		flag  string
		value time.Duration
	}{
		{"--keep-alive-interval", f.interval},
		{"--keep-alive-close-timeout", f.patience},
		{"--connect-timeout", f.connect},
		{"--connect-response-timeout", f.response},
	} {
		if d.value <= 0 {
			return fmt.Errorf("%s must be above 0", d.flag)
		}
	}
	return nil
}

// address completes a URL: ws where there is no scheme, and wss where there are
// settings of TLS.
func (f *wsConnect) address(text string) (string, error) {
	if !strings.Contains(text, "://") {
		text = "ws://" + text
	}
	u, err := url.Parse(text)
	if err != nil {
		return "", fmt.Errorf("%q is no URL: %w", text, errors.Unwrap(err))
	}
	switch u.Scheme {
	case "http", "https":
		return "", fmt.Errorf("%s: the scheme of WebSocket is ws or wss, not %s", text, u.Scheme)
	case "ws":
		if f.tls.Enabled() {
			u.Scheme = "wss"
		}
	case "wss":
	default:
		return "", fmt.Errorf("%s: the scheme of WebSocket is ws or wss", text)
	}
	if u.Hostname() == "" {
		u.Host = tf6770.DefaultHost + u.Host
	}
	return u.String(), nil
}

func (f *wsConnect) run(cmd *cobra.Command, address string) error {
	talk := cmd.ErrOrStderr()
	f.talk = &teller{out: talk}
	tape, err := newWSTape(f.write)
	if err != nil {
		return withStatus(statusUsage, err)
	}
	err = f.talkTo(cmd, address, tape)
	return errors.Join(wsEnd(talk, err), tape.close())
}

// open opens the connection, and says what TLS has agreed on. It tries again,
// twice a second, as long as --wait says.
func (f *wsConnect) open(ctx context.Context, address string, tape *wsTape) (*websocket.Conn, string, error) {
	agreed := ""
	options := &websocket.ClientOptions{
		Common: f.common(f.tracer(f.talk)), Subprotocols: f.protocols, Origin: f.origin, Header: f.header, ResponseTimeout: f.response,
		Connect: func(ctx context.Context, network, host string) (net.Conn, error) {
			dialer := net.Dialer{Timeout: f.connect}
			conn, err := dialer.DialContext(ctx, network, host)
			if err != nil {
				return nil, err
			}
			if strings.HasPrefix(address, "ws:") {
				conn = tape.record(conn, fabricate.Client)
			}
			return conn, nil
		},
	}
	if strings.HasPrefix(address, "wss:") {
		endpoint, err := f.endpoint(tlsconf.Client)
		if err != nil {
			return nil, "", err
		}
		options.Secure = func(ctx context.Context, conn net.Conn, host string) (net.Conn, error) {
			ctx, cancel := context.WithTimeout(ctx, f.connect)
			defer cancel()
			tls, err := endpoint.Client(ctx, conn, host)
			if err != nil {
				return nil, err
			}
			agreed = ", " + secured(tls)
			return tape.record(tls, fabricate.Client), nil
		}
	}
	for until := time.Now().Add(f.wait); ; {
		conn, err := websocket.Dial(ctx, address, options)
		if err == nil || !errors.Is(err, syscall.ECONNREFUSED) || time.Now().After(until) {
			return conn, agreed, err
		}
		select {
		case <-ctx.Done():
			return nil, "", err
		case <-time.After(500 * time.Millisecond):
		}
	}
}

// talkTo opens a connection, speaks over it, and closes it.
func (f *wsConnect) talkTo(cmd *cobra.Command, address string, tape *wsTape) error {
	conn, agreed, err := f.open(cmd.Context(), address, tape)
	if err != nil {
		return err
	}
	if conn.Subprotocol() != "" {
		agreed += fmt.Sprintf(", subprotocol %q", conn.Subprotocol())
	}
	if conn.Compressed() {
		agreed += ", permessage-deflate"
	}
	if isTerminal(cmd.InOrStdin()) && !f.noInput {
		agreed += "; each line becomes a message, Ctrl-D ends"
	}
	f.talk.line(fmt.Sprintf("connected to %s%s", conn.RemoteAddr(), agreed))
	kept := make(chan error, 1)
	if f.keepAlive {
		go func() { kept <- tf6770.KeepAlive(context.WithoutCancel(cmd.Context()), conn, f.interval, f.patience) }()
	} else {
		kept <- nil
	}
	printer := &wsPrinter{json: f.json, out: cmd.OutOrStdout()}
	peer := conn.RemoteAddr().String()
	err = f.exchange(cmd.Context(), conn, f.input(cmd), func(m websocket.Message) error { return printer.print(peer, m) })
	if silent := <-kept; silent != nil {
		return silent
	}
	return err
}
