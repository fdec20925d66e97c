package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"stellwerk/ads"
	"stellwerk/ads/ams"
	"stellwerk/ads/symbol"
	"stellwerk/ads/tf6770"
	"stellwerk/tlsconf"
	"stellwerk/tlsconf/libssl"
	ws "stellwerk/websocket/tf6770"
)

// adsTF6770 is the command ads tf6770.
type adsTF6770 struct {
	listen, router, netID, certificates, export string
	port                                        uint16
	allowHosts                                  []string
	instances, clients                          int
	lease                                       time.Duration

	talk *teller
}

func newADSTF6770() *cobra.Command {
	f := &adsTF6770{}
	cmd := &cobra.Command{
		Use:   "tf6770",
		Short: "Run WebSocket clients for PLCs",
		Long: `Tf6770 is a device that PLCs reach by ADS and that runs WebSocket clients for them. A
function block in Structured Text with the interface of TwinCAT's
FB_IotWebSocketClient does the talking: --export writes it, as files of TwinCAT 3
("twincat"), as one file of PLCopen XML ("plcopen"), or as plain text ("st").

A PLC can make this machine connect somewhere, so every server needs an
--allow-host. Files that the TLS settings name are looked for in the folder
--certificates alone. docs/tf6770-service.md has the protocol.`,
		Example: `  stellwerk ads tf6770 --export twincat plc
  stellwerk ads tf6770 --allow-host server.example:443 --certificates certs
  stellwerk ads tf6770 --listen 0.0.0.0:48898 --net-id 192.0.2.5.1.1 --allow-host '*:*'
  stellwerk ads tf6770 --router 127.0.0.1:48898 --allow-host 'broker:*' --instances 4`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.export != "" {
				return f.write(cmd, args)
			}
			if err := noArguments(cmd, args); err != nil {
				return err
			}
			return f.run(cmd)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.listen, "listen", "", "address to wait on (default 127.0.0.1:48898)")
	flags.StringVar(&f.router, "router", "", "AMS router of this machine to register with, such as 127.0.0.1:48898, instead of listening")
	flags.StringVar(&f.netID, "net-id", "", "own AMS NetId (default 127.0.0.1.1.1; with --router it gives one)")
	flags.Uint16Var(&f.port, "port", uint16(tf6770.DefaultPort), "own AMS port")
	flags.StringArrayVar(&f.allowHosts, "allow-host", nil, `server that PLCs may connect to, HOST:PORT; "*" is any`)
	flags.StringVar(&f.certificates, "certificates", "", "folder with the files that TLS settings name")
	flags.IntVar(&f.instances, "instances", 0, "clients that are symbols of the device, WebSocket.fbClient1 and so on")
	flags.IntVar(&f.clients, "clients", 256, "how many clients there may be")
	flags.DurationVar(&f.lease, "lease", time.Minute, "how long a client is kept whose PLC says nothing")
	flags.StringVar(&f.export, "export", "", "write the function block into a folder, and end: twincat, plcopen or st")
	return cmd
}

// write writes the function block.
func (f *adsTF6770) write(cmd *cobra.Command, args []string) error {
	var files []tf6770.SourceFile
	switch f.export {
	case "twincat":
		files = tf6770.TwinCATSources()
	case "plcopen":
		files = []tf6770.SourceFile{tf6770.PLCopenXML()}
	case "st":
		files = tf6770.StructuredText()
	default:
		return usageError(cmd, fmt.Errorf("--export %s: there is twincat, plcopen and st", f.export))
	}
	if len(args) != 1 {
		return usageError(cmd, fmt.Errorf("--export %s needs the folder to write to", f.export))
	}
	if err := os.MkdirAll(args[0], 0o755); err != nil { //nolint:gosec // sources are for everybody to read
		return withStatus(statusUsage, err)
	}
	for _, file := range files {
		path := filepath.Join(args[0], file.Name)
		if err := writeNew(path, file.Content); err != nil {
			return withStatus(statusUsage, err)
		}
		fmt.Fprintln(cmd.OutOrStdout(), path)
	}
	return nil
}

// writeNew writes a file that does not exist: sources may have been changed.
func writeNew(path string, content []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) //nolint:gosec // named by the user, for everybody to read
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("%s exists and is not overwritten; remove it, or name another folder", path)
	}
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	return errors.Join(err, file.Close())
}

// allowedHost is a server that PLCs may connect to.
type allowedHost struct {
	host, port string // "*" is any
}

func parseAllowedHosts(texts []string) ([]allowedHost, error) {
	var all []allowedHost
	for _, text := range texts {
		host, port, err := net.SplitHostPort(text)
		if err != nil || host == "" || port == "" {
			return nil, fmt.Errorf("--allow-host %s: write HOST:PORT, such as server.example:443 or 'server.example:*'", text)
		}
		if _, err := strconv.ParseUint(port, 10, 16); err != nil && port != "*" {
			return nil, fmt.Errorf("--allow-host %s: %q is no port", text, port)
		}
		all = append(all, allowedHost{host, port})
	}
	return all, nil
}

// dialAllowed connects where a server is allowed. It is asked with what the client
// has made of host, port and URI.
func dialAllowed(allowed []allowedHost) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		host, port, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		for _, a := range allowed {
			if (a.host == "*" || strings.EqualFold(a.host, host)) && (a.port == "*" || a.port == port) {
				return new(net.Dialer).DialContext(ctx, network, address)
			}
		}
		return nil, &ws.Error{Status: ws.SocketAccessDenied, Err: fmt.Errorf("%s is no --allow-host", address)}
	}
}

// options are those of the service.
func (f *adsTF6770) options(cmd *cobra.Command) (*tf6770.Options, error) {
	allowed, err := parseAllowedHosts(f.allowHosts)
	if err != nil {
		return nil, usageError(cmd, err)
	}
	if f.certificates != "" {
		if info, err := os.Stat(f.certificates); err != nil || !info.IsDir() {
			return nil, usageError(cmd, fmt.Errorf("--certificates %s is no folder", f.certificates))
		}
	}
	if f.instances < 0 || f.clients < max(1, f.instances) || f.lease < time.Second {
		return nil, usageError(cmd, errors.New("--instances must not be negative, --clients at least as many and 1, --lease at least 1s"))
	}
	var engines []tlsconf.Engine
	if engine, err := libssl.Load(); err == nil {
		engines = append(engines, engine)
	}
	return &tf6770.Options{
		Permit: func(plc ams.Address, in *tf6770.Parameters) error {
			if len(allowed) == 0 {
				return errors.New("no --allow-host was given")
			}
			in.Engines, in.Dial = engines, dialAllowed(allowed)
			f.talk.say("%s connects to %s", plc, serverOf(in))
			return nil
		},
		Refused:      func(plc ams.Address, err error) { f.talk.say("%s refused: %v", plc, err) },
		Certificates: f.certificates, MaxClients: f.clients, Lease: f.lease,
	}, nil
}

// serverOf names the server that inputs lead to.
func serverOf(in *tf6770.Parameters) string {
	host := in.HostName
	if host == "" {
		host = "localhost"
	}
	if in.HostPort != 0 {
		host = fmt.Sprintf("%s, port %d", host, in.HostPort)
	}
	return strconv.QuoteToGraphic(host)
}

func (f *adsTF6770) run(cmd *cobra.Command) error {
	ctx, stop := context.WithCancel(cmd.Context())
	defer stop()
	f.talk = &teller{out: cmd.ErrOrStderr()}
	options, err := f.options(cmd)
	if err != nil {
		return err
	}
	var netID ams.NetID
	if f.netID != "" {
		if netID, err = ams.ParseNetID(f.netID); err != nil {
			return usageError(cmd, fmt.Errorf("--net-id: %w", err))
		}
	}
	if f.router != "" && (f.listen != "" || f.netID != "") {
		return usageError(cmd, errors.New("with --router the router has the address: leave out --listen and --net-id"))
	}
	device, service, err := f.device(options)
	if err != nil {
		return err
	}
	defer func() { _ = service.Close() }() // never fails
	server, err := ads.NewServer(&ads.ServerOptions{NetID: netID})
	if err != nil {
		return withStatus(statusUsage, err)
	}
	server.Handle(ams.Port(f.port), device)
	if f.router != "" {
		return f.register(ctx, server)
	}
	listener, err := listen(ctx, loopback(f.listen, strconv.Itoa(ams.TCPPort)))
	if err != nil {
		return err
	}
	f.talk.line(fmt.Sprintf("WebSocket clients for PLCs: AMS %s:%d on %s. Ctrl-C ends.", server.NetID(), f.port, listener.Addr()))
	if len(f.allowHosts) == 0 {
		f.talk.line("No server may be connected to: name each with --allow-host HOST:PORT.")
	}
	go func() {
		<-ctx.Done()
		_ = server.Close() // ends Serve
	}()
	if err := server.Serve(listener); err != nil && !errors.Is(err, ads.ErrServerClosed) {
		return withStatus(statusUnreachable, err)
	}
	return nil
}

// device makes the service and its device.
func (f *adsTF6770) device(options *tf6770.Options) (*ads.Device, *tf6770.Service, error) {
	var names []string
	for i := range f.instances {
		names = append(names, fmt.Sprintf("WebSocket.fbClient%d", i+1))
	}
	declaration := symbol.NewDeclaration(symbol.TwinCAT3)
	tf6770.Declare(declaration, names...)
	table, err := declaration.Table()
	if err != nil {
		return nil, nil, err
	}
	var initial error
	device, err := ads.NewDevice(table, &ads.DeviceOptions{
		Name: "Stellwerk TF6770",
		Init: func(d *ads.Device) { initial = tf6770.Defaults(d, names...) },
	})
	if err = errors.Join(err, initial); err != nil {
		return nil, nil, err
	}
	service := tf6770.NewService(options)
	if err := service.Serve(device, names...); err != nil {
		return nil, nil, errors.Join(err, service.Close())
	}
	return device, service, nil
}

// register serves at a router until ctx ends, and comes back when it was lost.
func (f *adsTF6770) register(ctx context.Context, server *ads.Server) error {
	address := loopback(f.router, strconv.Itoa(ams.TCPPort))
	f.talk.line(fmt.Sprintf("WebSocket clients for PLCs, at the AMS router %s. Ctrl-C ends.", address))
	dial := func(ctx context.Context) (net.Conn, error) { return new(net.Dialer).DialContext(ctx, "tcp", address) }
	last := ""
	err := server.ServeRouter(ctx, dial, func(port ams.Port, _ *ads.ServerConn, err error) {
		text := fmt.Sprintf("AMS port %d is registered", port)
		if err != nil {
			text = fmt.Sprintf("AMS port %d is not registered: %v", port, err)
		}
		if text != last {
			f.talk.say("%s", text)
		}
		last = text
	})
	if ctx.Err() == nil {
		return withStatus(statusUnreachable, err)
	}
	return nil
}
