package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"stellwerk/internal/config"
	"stellwerk/tlsconf"
	"stellwerk/tlsconf/libssl"
	"stellwerk/websocket/websockettest"
)

// simulateWebSocket is the command simulate websocket.
type simulateWebSocket struct {
	address   string
	list      bool
	json      bool
	lang      string
	trace     bool
	after     int
	pace      time.Duration
	protocols []string
	tls       tlsconf.Settings
}

func newSimulateWebSocket() *cobra.Command {
	f := &simulateWebSocket{}
	cmd := &cobra.Command{
		Use:   "websocket [MISBEHAVIOUR]",
		Short: "Be a WebSocket server that misbehaves",
		Long: `Websocket is a server that sends back what it gets, and does one thing wrong: the
named one, or the one that the path of the request names, as in
ws://127.0.0.1:8080/half-frame. --list prints all of them. It is for finding out
what a client does about it.`,
		Example: `  stellwerk simulate websocket --list
  stellwerk simulate websocket &
  echo hello | stellwerk ws connect ws://127.0.0.1:8080/half-frame
  stellwerk simulate websocket bad-utf8 --after 10`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usageError(cmd, fmt.Errorf("%s does one thing wrong at a time, but was given %d", cmd.CommandPath(), len(args)))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.check(); err != nil {
				return usageError(cmd, err)
			}
			if f.list {
				return f.print(cmd)
			}
			server := &websockettest.Server{ByPath: true, After: f.after, Pace: f.pace, Subprotocols: f.protocols}
			if len(args) > 0 {
				wrong, ok := websockettest.Find(args[0])
				if !ok {
					return usageError(cmd, fmt.Errorf("there is no %q%s (--list prints all)", args[0], config.DidYouMean(args[0], websockettest.Names())))
				}
				server.Misbehaviour, server.ByPath = wrong, false
			}
			return f.run(cmd, server)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&f.address, "listen", "", "address to wait on (default 127.0.0.1:8080)")
	flags.BoolVar(&f.list, "list", false, "print what it can do wrong, and end")
	flags.BoolVar(&f.json, "json", false, "with --list: print it as JSON")
	flags.StringVar(&f.lang, "lang", "en", "with --list: language, en or de")
	flags.IntVar(&f.after, "after", 0, "how many messages are sent back before it goes wrong; the opening does not wait")
	flags.DurationVar(&f.pace, "pace", time.Second, "time between two octets where it sends them one by one")
	flags.StringArrayVar(&f.protocols, "protocol", nil, "subprotocol that it has; again for others")
	flags.BoolVar(&f.trace, "trace", false, "show every frame on standard error")
	flags.StringVar(&f.tls.Certificate, "cert", "", "certificate for TLS, PEM or DER")
	flags.StringVar(&f.tls.Key, "key", "", "its private key, PEM or DER")
	return cmd
}

func (f *simulateWebSocket) check() error {
	switch {
	case f.lang != "en" && f.lang != "de":
		return fmt.Errorf("--lang %q: there is en and de", f.lang)
	case f.json && !f.list:
		return errors.New("--json goes with --list")
	case f.after < 0:
		return errors.New("--after must not be negative")
	case f.pace <= 0:
		return errors.New("--pace must be above 0")
	}
	return nil
}

// print prints what can be wrong.
func (f *simulateWebSocket) print(cmd *cobra.Command) error {
	out := cmd.OutOrStdout()
	table := &textTable{columns: []column{{head: "NAME"}, {head: "PHASE"}, {head: "WHAT IT DOES"}}}
	encoder := json.NewEncoder(out)
	for m := range websockettest.Misbehaviours() {
		if f.json {
			line := struct {
				Name  string `json:"name"`
				Phase string `json:"phase"`
				Text  string `json:"text"`
			}{m.Name, m.Phase.String(), m.Text.In(f.lang)}
			if err := encoder.Encode(line); err != nil {
				return withStatus(statusNo, err)
			}
			continue
		}
		table.add(m.Name, m.Phase.String(), m.Text.In(f.lang))
	}
	if f.json {
		return nil
	}
	return withStatus(statusNo, table.write(out))
}

func (f *simulateWebSocket) run(cmd *cobra.Command, server *websockettest.Server) error {
	ctx, talk := cmd.Context(), &teller{out: cmd.ErrOrStderr()}
	scheme := "ws"
	var endpoint *tlsconf.Endpoint
	if f.tls.Enabled() {
		scheme = "wss"
		var engines []tlsconf.Engine
		if engine, err := libssl.Load(); err == nil {
			engines = append(engines, engine)
		}
		var err error
		if endpoint, err = tlsconf.New(f.tls, tlsconf.Server, engines...); err != nil {
			return withStatus(statusUsage, err)
		}
	}
	server.Trace = (&wsFlags{trace: f.trace}).tracer(talk)
	listener, err := listen(ctx, loopback(f.address, "8080"))
	if err != nil {
		return err
	}
	what := "does what the path names"
	if server.Misbehaviour.Name != "" {
		what = "does " + server.Misbehaviour.Name + ": " + server.Misbehaviour.Text.EN
	}
	talk.line(fmt.Sprintf("A WebSocket server listens on %s://%s/ and %s. Ctrl-C ends.", scheme, listener.Addr(), strings.TrimSuffix(what, ".")))
	go func() {
		<-ctx.Done()
		_ = listener.Close() // ends Accept
	}()
	var clients sync.WaitGroup
	defer clients.Wait()
	for {
		conn, err := listener.Accept()
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return withStatus(statusUnreachable, err)
		}
		clients.Go(func() {
			peer := conn.RemoteAddr()
			talk.say("%s connected", peer)
			if err := serveWrongly(ctx, server, endpoint, conn); err != nil {
				talk.say("%s disconnected: %s", peer, cut(err.Error(), 160)) // it may quote what came
				return
			}
			talk.say("%s disconnected", peer)
		})
	}
}

// serveWrongly serves one client. The error is what that one has done wrong.
func serveWrongly(ctx context.Context, server *websockettest.Server, endpoint *tlsconf.Endpoint, conn net.Conn) error {
	if endpoint == nil {
		return server.ServeConn(ctx, conn)
	}
	within, cancel := context.WithTimeout(ctx, handshakeWithin)
	defer cancel()
	tls, err := endpoint.Server(within, conn)
	if err != nil {
		return err
	}
	return server.ServeConn(ctx, tls)
}
