package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"
)

func newSimulate() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "simulate",
		Short: "Stand in for a device: a station, a control centre, a PLC, a WebSocket server",
		Long: `Simulate stands in for a device that has not arrived, or must not be touched. A
simulated station (simulate station) is connected to by a control centre; a
simulated control centre (simulate control-centre) connects to a station. Both
speak IEC 60870-5-104 through the same library as real ones. A simulated PLC
(simulate plc) is asked by ADS. A simulated WebSocket server (simulate websocket)
does wrong what a client must stand.

They say on standard error what happens, and end in order with Ctrl-C. Listeners
are on the loopback unless --listen says otherwise.`,
		Example: `  stellwerk simulate station
  stellwerk simulate station --listen 0.0.0.0:2404 points.csv
  stellwerk simulate control-centre --connect 192.0.2.10
  stellwerk simulate plc
  stellwerk simulate websocket --list`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.SuggestionsMinimumDistance = 2
	cmd.AddCommand(newSimulateStation(), newSimulateControlCentre(), newSimulatePLC(), newSimulateWebSocket())
	return cmd
}

// teller writes what happens, a line each, with the time. It is safe for
// concurrent use.
type teller struct {
	mu  sync.Mutex
	out io.Writer // guarded by mu
}

func (t *teller) say(format string, arguments ...any) {
	t.line(time.Now().Format("15:04:05.000") + "  " + fmt.Sprintf(format, arguments...))
}

// line writes a line that has its time, or needs none.
func (t *teller) line(text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	fmt.Fprintln(t.out, text)
}

// listen opens a listener on an address, on the loopback where no host is named.
func (f *tlsFlags) listen(ctx context.Context, cmd *cobra.Command, address string) (net.Listener, error) {
	port := plainPort
	if f.on {
		port = tlsPort
	}
	address = loopback(address, port)
	listener, err := listen(ctx, address)
	if err != nil || !f.on {
		return listener, err
	}
	secure, err := f.server(listener)
	if err != nil {
		return nil, errors.Join(usageError(cmd, err), listener.Close())
	}
	return secure, nil
}

// loopback completes an address to wait on: with the loopback where no host is
// named, and with a port.
func loopback(address, port string) string {
	if address == "" || address[0] == ':' {
		address = "127.0.0.1" + address
	}
	if _, _, err := net.SplitHostPort(address); err != nil {
		address = net.JoinHostPort(address, port)
	}
	return address
}

// listen opens a listener, or says why it cannot.
func listen(ctx context.Context, address string) (net.Listener, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, advise(statusUsage, fmt.Errorf("cannot listen on %s: another program does already", address), "stop it, or name another port with --listen")
	case errors.Is(err, syscall.EACCES):
		return nil, advise(statusUsage, fmt.Errorf("cannot listen on %s: not allowed", address), "take a port above 1023 with --listen")
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return nil, advise(statusUsage, fmt.Errorf("cannot listen on %s: this machine does not have the address", address), "name one of its own, or 0.0.0.0 for all, with --listen")
	case err != nil:
		return nil, advise(statusUsage, fmt.Errorf("cannot listen on %s: %w", address, err), "write --listen HOST:PORT, such as 127.0.0.1:2404")
	}
	return listener, nil
}
