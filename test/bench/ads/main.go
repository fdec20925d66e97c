// Program ads puts an ADS device and a client of this module under load, and a
// pair without any of it beside them.
//
//	ads server ADDR
//	ads client ADDR SECONDS WINDOW [sum]
//	ads plain-server ADDR
//	ads plain-client ADDR SECONDS WINDOW
//
// The server is a PLC with memory (NetId 127.0.0.1.1.1, port 851); it listens on
// ADDR until it is interrupted. The client, which for five seconds waits for a
// server, reads 4 octets by index group and offset for SECONDS, with WINDOW reads
// under way on one connection, checks each answer, and prints one line: the reads,
// the seconds and the reads a second. With sum each of them is a sum read of
// 500 values of 4 octets, and the values are counted.
//
// The plain pair writes and answers octets that were made before, which is the
// most that two programs in Go can exchange that way: the server answers each 50
// octets with the same 50, of which only the invoke ID changes.
//
// ADDR with port 0 lets the system choose; the address is told on standard error.
//
// The exit status is 0, 1 where an answer is wrong, 2 for wrong usage, 3 where
// the other side was not reached or broke off.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"
)

const usage = `usage: ads server ADDR
       ads client ADDR SECONDS WINDOW [sum]
       ads plain-server ADDR
       ads plain-client ADDR SECONDS WINDOW`

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
	switch l.what {
	case "server", "plain-server":
		err = l.listen(ctx, stderr)
	default:
		err = l.measure(ctx, stdout)
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
	what    string
	address string
	time    time.Duration
	window  int
	sum     bool
}

// parse reads the arguments.
func parse(args []string) (*load, error) {
	if len(args) == 0 {
		return nil, errors.New("server or client is missing")
	}
	l := &load{what: args[0]}
	least, most := 2, 2
	switch l.what {
	case "server", "plain-server":
	case "client":
		least, most = 4, 5
	case "plain-client":
		least, most = 4, 4
	default:
		return nil, fmt.Errorf("%q is neither server nor client", l.what)
	}
	if len(args) < least || len(args) > most {
		return nil, fmt.Errorf("%s has %d arguments", l.what, len(args)-1)
	}
	l.address = args[1]
	if _, _, err := net.SplitHostPort(l.address); err != nil {
		return nil, fmt.Errorf("ADDR is %q: must be HOST:PORT: %w", l.address, err)
	}
	if least == 2 {
		return l, nil
	}
	seconds, err := strconv.ParseFloat(args[2], 64)
	if err != nil || !(seconds > 0 && seconds <= 86400) {
		return nil, fmt.Errorf("SECONDS is %q: must be a number above 0, at most 86400", args[2])
	}
	l.time = time.Duration(seconds * float64(time.Second))
	if l.window, err = strconv.Atoi(args[3]); err != nil || l.window < 1 || l.window > 4096 {
		return nil, fmt.Errorf("WINDOW is %q: must be a number from 1 to 4096", args[3])
	}
	if len(args) == 5 {
		if l.sum = args[4] == "sum"; !l.sum {
			return nil, fmt.Errorf("%q is not sum", args[4])
		}
	}
	return l, nil
}

// listen serves connections until ctx ends.
func (l *load) listen(ctx context.Context, stderr io.Writer) error {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", l.address)
	if err != nil {
		return err
	}
	fmt.Fprintf(stderr, "listening on %s\n", listener.Addr())
	if l.what == "plain-server" {
		return servePlain(ctx, listener)
	}
	return serveDevice(ctx, listener)
}

// measure reads, and prints what was reached.
func (l *load) measure(ctx context.Context, stdout io.Writer) error {
	conn, err := dial(ctx, l.address)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	begin := time.Now()
	var reads int
	if l.what == "plain-client" {
		reads, err = readPlain(conn, l.time, l.window)
	} else {
		reads, err = l.read(ctx, conn)
	}
	if err != nil {
		return err
	}
	seconds := time.Since(begin).Seconds()
	fmt.Fprintf(stdout, "reads=%d seconds=%.3f reads_per_s=%.0f\n", reads, seconds, float64(reads)/seconds)
	return nil
}

// dial waits for a server.
func dial(ctx context.Context, address string) (net.Conn, error) {
	limit := time.Now().Add(5 * time.Second)
	for {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
		if err == nil || ctx.Err() != nil || time.Now().After(limit) {
			return conn, err
		}
		time.Sleep(20 * time.Millisecond)
	}
}
