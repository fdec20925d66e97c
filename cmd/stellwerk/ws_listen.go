package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"stellwerk/internal/capture/fabricate"
	"stellwerk/tlsconf"
	"stellwerk/websocket"
	"stellwerk/websocket/tf6770"
)

// How long a client may take for TLS, and how many clients there may be.
const (
	handshakeWithin = 10 * time.Second
	mostClients     = 1000
)

// wsListen is the command ws listen.
type wsListen struct {
	wsFlags
	pipe, once bool
	origins    []string

	endpoint *tlsconf.Endpoint // nil without TLS
	tape     *wsTape
	talk     *teller
	printer  *wsPrinter
	clients  sync.WaitGroup

	mu   sync.Mutex
	open map[*websocket.Conn]struct{} // guarded by mu
	came chan struct{}                // closed when the first client is there
}

func newWSListen() *cobra.Command {
	f := &wsListen{open: map[*websocket.Conn]struct{}{}, came: make(chan struct{})}
	cmd := &cobra.Command{
		Use:   "listen [ADDR]",
		Short: "Be a server: send back what comes, or pipe lines to all clients",
		Long: `Listen waits for WebSocket clients, at 127.0.0.1:8080 unless an address is given.
It sends each message back as it came. With --pipe, each line of standard input
becomes a message to every client, and the messages of all clients are printed.

It speaks TLS with --cert and --key, or with --psk-identity and --psk-key; with --ca
clients need a certificate of that authority. Pages of browsers are served
when they come from the same host, or from an --origin that is named.`,
		Example: `  stellwerk ws listen
  stellwerk ws listen 0.0.0.0:8443 --cert server.pem --key server-key.pem
  tail -f values.json | stellwerk ws listen --pipe --deflate --compress
  stellwerk ws listen --once --trace -w talk.pcapng`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usageError(cmd, fmt.Errorf("%s takes one address, but was given %d", cmd.CommandPath(), len(args)))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.check(); err != nil {
				return usageError(cmd, err)
			}
			address := ""
			if len(args) > 0 {
				address = args[0]
			}
			return f.run(cmd, loopback(address, "8080"))
		},
	}
	flags := cmd.Flags()
	f.register(flags)
	flags.BoolVar(&f.pipe, "pipe", false, "send lines to every client and print what comes, instead of sending it back")
	flags.BoolVar(&f.once, "once", false, "serve one client, and end with its status")
	flags.StringArrayVar(&f.origins, "origin", nil, `origin of pages that are served too, such as https://hmi.example; "*" is any`)
	return cmd
}

func (f *wsListen) run(cmd *cobra.Command, address string) error {
	ctx, stop := context.WithCancel(cmd.Context())
	defer stop()
	if f.tls.Enabled() {
		var err error
		if f.endpoint, err = f.wsFlags.endpoint(tlsconf.Server); err != nil {
			return wsEnd(cmd.ErrOrStderr(), err)
		}
	}
	f.talk = &teller{out: cmd.ErrOrStderr()}
	f.printer = &wsPrinter{json: f.json, out: cmd.OutOrStdout()}
	listener, err := listen(ctx, address)
	if err != nil {
		return err
	}
	if f.tape, err = newWSTape(f.write); err != nil {
		return errors.Join(withStatus(statusUsage, err), listener.Close())
	}
	scheme, what := "ws", "sends back what comes"
	if f.endpoint != nil {
		scheme = "wss"
	}
	if f.pipe {
		what = "sends lines to every client"
	}
	f.talk.line(fmt.Sprintf("A WebSocket server listens on %s://%s/ and %s. Ctrl-C ends.", scheme, listener.Addr(), what))
	go func() {
		<-ctx.Done()
		_ = listener.Close() // ends accept
	}()
	if f.pipe && !f.once {
		go f.spread(ctx, f.input(cmd))
	}
	err = f.accept(ctx, cmd, listener, stop)
	stop()
	f.clients.Wait()
	return errors.Join(err, f.tape.close())
}

// accept serves clients until ctx ends, with --once one client. It returns how
// that one has ended.
func (f *wsListen) accept(ctx context.Context, cmd *cobra.Command, listener net.Listener, stop func()) error {
	room := make(chan struct{}, mostClients)
	var once error
	for {
		conn, err := listener.Accept()
		if ctx.Err() != nil {
			f.clients.Wait()
			return once
		}
		if err != nil {
			return withStatus(statusUnreachable, err)
		}
		select {
		case room <- struct{}{}:
		default:
			f.talk.say("%s refused: there are %d clients", conn.RemoteAddr(), mostClients)
			_ = conn.Close()
			continue
		}
		if f.once {
			_ = listener.Close()
		}
		f.clients.Go(func() {
			defer func() { <-room }()
			err := f.serve(ctx, cmd, conn)
			if f.once {
				once = wsEnd(f.talk.out, err)
				stop()
			}
		})
		if f.once {
			f.clients.Wait()
			return once
		}
	}
}

// serve serves a client until one of both closes.
func (f *wsListen) serve(ctx context.Context, cmd *cobra.Command, plain net.Conn) error {
	peer := plain.RemoteAddr().String()
	conn, agreed, err := f.shake(ctx, plain)
	if err != nil {
		f.talk.say("%s refused: %s", peer, cut(err.Error(), 160)) // it may quote what came
		return err
	}
	f.talk.say("%s connected%s", peer, agreed)
	f.enter(conn)
	var input io.Reader
	if f.pipe && f.once {
		input = f.input(cmd)
	}
	err = f.exchange(ctx, conn, input, func(m websocket.Message) error {
		if f.pipe {
			return f.printer.print(peer, m)
		}
		return conn.Write(context.WithoutCancel(ctx), m.Kind, m.Data, &websocket.WriteOptions{Compress: m.Compressed || f.compress})
	})
	f.leave(conn)
	status := tf6770.StatusOf(err)
	text := fmt.Sprintf("%s disconnected: %s (%d)", peer, status, int32(status))
	if err != nil {
		text += ": " + err.Error()
	}
	f.talk.say("%s", text)
	return err
}

// shake runs the handshakes. It returns what was agreed on.
func (f *wsListen) shake(ctx context.Context, plain net.Conn) (*websocket.Conn, string, error) {
	agreed, conn := "", plain
	if f.endpoint != nil {
		ctx, cancel := context.WithTimeout(ctx, handshakeWithin)
		defer cancel()
		tls, err := f.endpoint.Server(ctx, plain)
		if err != nil {
			return nil, "", err
		}
		agreed, conn = ", "+secured(tls), tls
	}
	path := ""
	ws, err := websocket.Server(ctx, f.tape.record(conn, fabricate.Server), &websocket.ServerOptions{
		Common: f.common(f.tracer(f.talk)), Subprotocols: f.protocols, RequestTimeout: handshakeWithin, CheckOrigin: f.checkOrigin(),
		CheckRequest: func(r *http.Request) error {
			path = r.URL.RequestURI()
			return nil
		},
	})
	if err != nil {
		return nil, "", err
	}
	if ws.Subprotocol() != "" {
		agreed += fmt.Sprintf(", subprotocol %q", ws.Subprotocol())
	}
	if ws.Compressed() {
		agreed += ", permessage-deflate"
	}
	return ws, " to " + path + agreed, nil
}

// checkOrigin says which pages are served; nil is those of the same host.
func (f *wsListen) checkOrigin() func(*http.Request) error {
	if len(f.origins) == 0 {
		return nil
	}
	return func(r *http.Request) error {
		origin := r.Header.Get("Origin")
		if origin == "" || slices.Contains(f.origins, "*") || slices.Contains(f.origins, origin) {
			return nil
		}
		return fmt.Errorf("origin %q is none of --origin", origin)
	}
}

func (f *wsListen) enter(conn *websocket.Conn) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.open[conn] = struct{}{}
	select {
	case <-f.came:
	default:
		close(f.came)
	}
}

func (f *wsListen) leave(conn *websocket.Conn) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.open, conn)
}

// spread sends the lines of the input to every client. It begins when the first
// one is there. A client that takes nothing for some seconds is given up.
func (f *wsListen) spread(ctx context.Context, input io.Reader) {
	if input == nil {
		return
	}
	select {
	case <-f.came:
	case <-ctx.Done():
		return
	}
	messages, read := make(chan wsMessage), make(chan error, 1)
	go func() { read <- f.readMessages(ctx, input, messages) }()
	for m := range messages {
		f.mu.Lock()
		var sending sync.WaitGroup
		for conn := range f.open {
			sending.Go(func() {
				ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), handshakeWithin)
				defer cancel()
				_ = conn.Write(ctx, m.kind, m.data, &websocket.WriteOptions{Compress: f.compress}) // its reader tells of it
			})
		}
		f.mu.Unlock()
		sending.Wait()
	}
	if err := <-read; err != nil {
		f.talk.say("nothing more is sent: %v", err)
	}
}
