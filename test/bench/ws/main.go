// Program ws puts a WebSocket server and a client of this module under load.
//
//	ws server ADDR
//	ws client ADDR SECONDS BYTES [deflate]
//
// The server listens on ADDR and echoes every message, compressed where it came
// compressed, until it is interrupted. The client, which for five seconds waits
// for a server, sends binary messages of BYTES octets for SECONDS, each when the
// answer to the last one is there and is right, closes and prints one line: the
// messages that came back, the seconds and messages a second. With deflate every
// message is compressed, each for itself (without context takeover); what is
// sent is text that compresses as telemetry does.
//
// ADDR with port 0 lets the system choose; the address is told on standard error.
//
// The exit status is 0, 1 where an answer is wrong, 2 for wrong usage, 3 where
// the other side was not reached or broke off.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"strconv"
	"sync"
	"syscall"
	"time"

	"stellwerk/websocket"
)

const usage = `usage: ws server ADDR
       ws client ADDR SECONDS BYTES [deflate]`

// maxBytes is the longest message.
const maxBytes = 64 << 20

// errWrong is an answer that is wrong though nobody broke off.
var errWrong = errors.New("wrong answer")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	l, err := parse(args)
	if err != nil {
		fmt.Fprintf(stderr, "%v\n%s\n", err, usage)
		return 2
	}
	if l.serve {
		err = l.server(ctx, stderr)
	} else {
		err = l.client(ctx, stdout)
	}
	switch {
	case errors.Is(err, errWrong):
		fmt.Fprintln(stderr, err)
		return 1
	case err != nil:
		fmt.Fprintln(stderr, err)
		return 3
	}
	return 0
}

// load is what one side is asked to do.
type load struct {
	serve   bool
	address string
	time    time.Duration
	octets  int
	deflate bool
}

// parse reads the arguments.
func parse(args []string) (*load, error) {
	l := &load{}
	switch {
	case len(args) == 0:
		return nil, errors.New("server or client is missing")
	case args[0] == "server":
		l.serve = true
		if len(args) != 2 {
			return nil, fmt.Errorf("server takes 1 argument, not %d", len(args)-1)
		}
	case args[0] != "client":
		return nil, fmt.Errorf("%q is neither server nor client", args[0])
	case len(args) != 4 && len(args) != 5:
		return nil, fmt.Errorf("client takes 3 or 4 arguments, not %d", len(args)-1)
	}
	l.address = args[1]
	if _, _, err := net.SplitHostPort(l.address); err != nil {
		return nil, fmt.Errorf("ADDR is %q: must be HOST:PORT: %w", l.address, err)
	}
	if l.serve {
		return l, nil
	}
	seconds, err := strconv.ParseFloat(args[2], 64)
	if err != nil || !(seconds > 0 && seconds <= 86400) {
		return nil, fmt.Errorf("SECONDS is %q: must be a number above 0, at most 86400", args[2])
	}
	l.time = time.Duration(seconds * float64(time.Second))
	if l.octets, err = strconv.Atoi(args[3]); err != nil || l.octets < 0 || l.octets > maxBytes {
		return nil, fmt.Errorf("BYTES is %q: must be a number from 0 to %d", args[3], maxBytes)
	}
	if len(args) == 5 {
		if l.deflate = args[4] == "deflate"; !l.deflate {
			return nil, fmt.Errorf("%q is not deflate", args[4])
		}
	}
	return l, nil
}

// common are the options of both sides.
func common(deflate bool) websocket.Common {
	c := websocket.Common{Limits: websocket.Limits{ReceiveMessage: maxBytes}}
	if deflate {
		c.Compression = &websocket.Deflate{ServerNoContextTakeover: true, ClientNoContextTakeover: true}
	}
	return c
}

// server echoes until ctx ends.
func (l *load) server(ctx context.Context, stderr io.Writer) error {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", l.address)
	if err != nil {
		return err
	}
	fmt.Fprintf(stderr, "listening on %s\n", listener.Addr())
	stop := context.AfterFunc(ctx, func() { _ = listener.Close() })
	defer stop()
	var all sync.WaitGroup
	defer all.Wait()
	for {
		conn, err := listener.Accept()
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return errors.Join(err, listener.Close())
		}
		all.Go(func() {
			w, err := websocket.Server(ctx, conn, &websocket.ServerOptions{Common: common(true)})
			if err == nil {
				err = echo(ctx, w)
			}
			if _, closed := errors.AsType[*websocket.CloseError](err); !closed && ctx.Err() == nil {
				fmt.Fprintf(stderr, "%s: %v\n", conn.RemoteAddr(), err)
			}
		})
	}
}

// echo sends back what comes, until the connection ends.
func echo(ctx context.Context, w *websocket.Conn) error {
	for {
		m, err := w.Read(ctx)
		if err != nil {
			return err
		}
		if err := w.Write(ctx, m.Kind, m.Data, &websocket.WriteOptions{Compress: m.Compressed}); err != nil {
			return err
		}
	}
}

// client sends and compares.
func (l *load) client(ctx context.Context, stdout io.Writer) error {
	w, err := l.dial(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = w.Abort() }()
	message := telemetry(l.octets)
	options := &websocket.WriteOptions{Compress: l.deflate}
	messages := 0
	begin := time.Now()
	elapsed := time.Duration(0)
	for ; elapsed < l.time; elapsed = time.Since(begin) {
		if err := w.Write(ctx, websocket.Binary, message, options); err != nil {
			return err
		}
		m, err := w.Read(ctx)
		if err != nil {
			return err
		}
		if m.Kind != websocket.Binary || m.Compressed != l.deflate || !bytes.Equal(m.Data, message) {
			return fmt.Errorf("%w: message %d came back as another one", errWrong, messages+1)
		}
		messages++
	}
	if err := w.Close(websocket.NormalClosure, ""); err != nil {
		return err
	}
	fmt.Fprintf(stdout, "messages=%d seconds=%.3f messages_per_s=%.0f\n", messages, elapsed.Seconds(), float64(messages)/elapsed.Seconds())
	return nil
}

// dial connects, and waits a little for a server that is being started.
func (l *load) dial(ctx context.Context) (*websocket.Conn, error) {
	for end := time.Now().Add(5 * time.Second); ; {
		w, err := websocket.Dial(ctx, "ws://"+l.address+"/", &websocket.ClientOptions{Common: common(l.deflate)})
		failed, ok := errors.AsType[*websocket.HandshakeError](err)
		if !ok || failed.Stage != websocket.Connecting || ctx.Err() != nil || time.Now().After(end) {
			return w, err
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// telemetry returns text of a length, as a gateway may send it.
func telemetry(octets int) []byte {
	var b bytes.Buffer
	for i := 0; b.Len() < octets; i++ {
		fmt.Fprintf(&b, `{"point":"feeder%d.power","value":%d.%d,"quality":"good","time":"2026-01-31T12:%02d:%02d.%03dZ"},`,
			i%17, i*7919%1000, i%10, i/60%60, i%60, i*37%1000)
	}
	return b.Bytes()[:octets]
}
