package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"strconv"
	"syscall"

	"github.com/spf13/cobra"

	"stellwerk/ads"
	"stellwerk/ads/ams"
	"stellwerk/internal/simulator/plc"
)

// simulatePLC is the command simulate plc.
type simulatePLC struct {
	listen, connect string
	netID           string
	port            uint16
	list, json      bool
	still           bool
	files           string
	writable        bool
	trace           bool
	secure          plcSecure
}

func newSimulatePLC() *cobra.Command {
	f := &simulatePLC{}
	cmd := &cobra.Command{
		Use:   "plc [FILE]",
		Short: "Be a PLC that is asked by ADS",
		Long: `Plc is a TwinCAT PLC that ADS clients connect to: symbols and types, handles,
notifications, methods, process images, and the system service with its state, files
and a registry of its own. Without FILE it is the built-in one, "Plc30 App" at
127.0.0.1.1.1:851, whose MAIN and GVL have every type; --list prints what it has.
Its values move unless --still is given.

FILE declares a PLC in YAML (docs/simulate-plc.md), or is the description that
TwinCAT makes of a project: .tmc of TwinCAT 3, .tpy of 2 or 3. SIGHUP lets it be read
again while the PLC runs, which to clients is an online change.

Clients need no route and may also register as with TwinCAT's own router. Everyone
who can connect may write: that is what it is for. With --secure it is asked by
secure ADS instead, and knows clients by fingerprints, an authority or a pre-shared
key, as "ads router" does.`,
		Example: `  stellwerk simulate plc
  stellwerk simulate plc --list
  stellwerk simulate plc Machine.tmc --listen 0.0.0.0:48898 --net-id 192.168.0.10.1.1
  stellwerk simulate plc machine.yaml --files ./boot
  stellwerk simulate plc --secure --cert plc.pem --key plc.key
  stellwerk simulate plc --secure --psk-identity plant --psk-password-env PSK`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usageError(cmd, fmt.Errorf("%s takes one file, but was given %d", cmd.CommandPath(), len(args)))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			model, err := f.model(cmd, args)
			if err != nil {
				return err
			}
			if f.list {
				return withStatus(statusNo, f.print(cmd, model))
			}
			return f.run(cmd, model)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&f.listen, "listen", "", "address to wait on (default 127.0.0.1:48898, with --secure 127.0.0.1:8016)")
	flags.StringVar(&f.connect, "connect", "", "register with the AMS router at this address instead of waiting")
	flags.BoolVar(&f.list, "list", false, "print what the PLC has, and end")
	flags.BoolVar(&f.json, "json", false, "with --list: print it as JSON")
	flags.StringVar(&f.netID, "net-id", "", "AMS NetId of the PLC (default 127.0.0.1.1.1, or that of FILE)")
	flags.Uint16Var(&f.port, "port", 0, "AMS port of the PLC (default 851, or that of FILE)")
	flags.BoolVar(&f.still, "still", false, "values do not move by themselves")
	flags.StringVar(&f.files, "files", "", "folder whose files clients may read by the system service")
	flags.BoolVar(&f.writable, "files-writable", false, "clients may write and delete files in that folder")
	flags.BoolVar(&f.trace, "trace", false, "show every frame on standard error")
	f.secure.register(flags)
	return cmd
}

// model is what is simulated.
func (f *simulatePLC) model(cmd *cobra.Command, args []string) (*plc.Model, error) {
	switch {
	case f.json && !f.list:
		return nil, usageError(cmd, errors.New("--json goes with --list"))
	case f.writable && f.files == "":
		return nil, usageError(cmd, errors.New("--files-writable goes with --files"))
	case f.listen != "" && f.connect != "":
		return nil, usageError(cmd, errors.New("--listen and --connect: a PLC waits, or registers with a router"))
	}
	err := f.secure.check(f.connect)
	if err != nil {
		return nil, usageError(cmd, err)
	}
	var model *plc.Model
	if len(args) == 0 {
		model, err = plc.Builtin()
	} else {
		model, err = plc.Read(args[0])
	}
	if err != nil {
		return nil, withStatus(statusUsage, err)
	}
	if f.netID != "" {
		if model.Address.NetID, err = ams.ParseNetID(f.netID); err != nil {
			return nil, usageError(cmd, fmt.Errorf("--net-id: %w", err))
		}
	}
	if f.port != 0 {
		model.Address.Port = ams.Port(f.port)
	}
	return model, nil
}

// print prints the symbols.
func (f *simulatePLC) print(cmd *cobra.Command, model *plc.Model) error {
	out := cmd.OutOrStdout()
	table := &textTable{columns: []column{{head: "SYMBOL"}, {head: "TYPE"}, {head: "GROUP"}, {head: "OFFSET", right: true}, {head: "OCTETS", right: true}, {head: "COMMENT"}}}
	encoder := json.NewEncoder(out)
	for e := range model.Table.Symbols() {
		if f.json {
			line := struct {
				Name    string `json:"name"`
				Type    string `json:"type"`
				Group   uint32 `json:"index_group"`
				Offset  uint32 `json:"index_offset"`
				Size    uint32 `json:"size"`
				Comment string `json:"comment,omitempty"`
			}{e.Name, e.Type, e.IndexGroup, e.IndexOffset, e.Size, e.Comment}
			if err := encoder.Encode(line); err != nil {
				return err
			}
			continue
		}
		table.add(e.Name, e.Type, fmt.Sprintf("0x%X", e.IndexGroup), strconv.FormatUint(uint64(e.IndexOffset), 10), strconv.FormatUint(uint64(e.Size), 10), e.Comment)
	}
	if f.json {
		return nil
	}
	return table.write(out)
}

func (f *simulatePLC) run(cmd *cobra.Command, model *plc.Model) error {
	ctx, talk := cmd.Context(), &teller{out: cmd.ErrOrStderr()}
	options := plc.Options{FilesWritable: f.writable, Tell: talk.say}
	if f.files != "" {
		root, err := os.OpenRoot(f.files)
		if err != nil {
			return withStatus(statusUsage, fmt.Errorf("--files: %w", err))
		}
		defer root.Close() //nolint:errcheck // nothing of it is open any more
		options.Files = root
	}
	options.Server.Refused = func(_ net.Addr, err error) { talk.say("%v", err) }
	if f.trace {
		options.Server.Trace = func(c *ads.ServerConn, frame ads.ServerFrame) { talk.say("%s", tracePLC(c, &frame)) }
	}
	identification, err := f.secure.server(model.Address.NetID)
	if err != nil {
		return err
	}
	options.Server.Framing = f.secure.framing()
	p, err := plc.New(model, options)
	if err != nil {
		return withStatus(statusUsage, err)
	}
	defer p.Close() //nolint:errcheck // what it waits for has ended
	if !f.still {
		move, stop := context.WithCancel(ctx)
		done := make(chan struct{})
		go func() {
			defer close(done)
			p.Move(move)
		}()
		defer func() { stop(); <-done }()
	}
	defer f.changeOnline(cmd, p, talk)()
	if f.connect != "" {
		return f.register(cmd, p, model, talk)
	}
	listener, err := listen(ctx, loopback(f.listen, f.secure.port()))
	if err != nil {
		return err
	}
	talk.line(fmt.Sprintf("A PLC, %s with %s, is %s and listens on %s. Ctrl-C ends.", model.Name, number(model.Table.Len(), "symbol"), model.Address, listener.Addr()))
	listener = f.secure.wrap(listener, identification, talk)
	served := make(chan error, 1)
	go func() { served <- p.Serve(listener) }()
	select {
	case <-ctx.Done():
		err = errors.Join(p.Close(), <-served)
		talk.line("ended")
		return withStatus(statusNo, err)
	case err := <-served:
		return withStatus(statusUnreachable, err)
	}
}

// changeOnline has the PLC read its program again at each SIGHUP, until the
// function that it returns is called.
func (f *simulatePLC) changeOnline(cmd *cobra.Command, p *plc.PLC, talk *teller) (stop func()) {
	reload, ended := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(reload, syscall.SIGHUP)
	go func() {
		defer close(ended)
		for range reload {
			model, err := f.model(cmd, cmd.Flags().Args())
			if err == nil {
				err = p.OnlineChange(model)
			}
			if err != nil {
				talk.say("the program stays as it was: %v", err)
			}
		}
	}()
	return func() {
		signal.Stop(reload)
		close(reload)
		<-ended
	}
}

// register has the machine's router send what is for the PLC.
func (f *simulatePLC) register(cmd *cobra.Command, p *plc.PLC, model *plc.Model, talk *teller) error {
	ctx := cmd.Context()
	address := loopback(f.connect, strconv.Itoa(ams.TCPPort))
	// The system service and the licence server are the router's own.
	p.Server.Handle(ams.PortSystemService, nil)
	p.Server.Handle(ams.PortLicenceServer, nil)
	talk.line(fmt.Sprintf("A PLC, %s with %s, registers AMS port %d at %s. Ctrl-C ends.", model.Name, number(model.Table.Len(), "symbol"), model.Address.Port, address))
	var dialer net.Dialer
	err := p.Server.ServeRouter(ctx, func(ctx context.Context) (net.Conn, error) {
		return dialer.DialContext(ctx, "tcp", address)
	}, func(port ams.Port, conn *ads.ServerConn, err error) {
		if err != nil {
			talk.say("%v", err)
			return
		}
		talk.say("port %d is registered at %v", port, conn.RemoteAddr())
	})
	talk.line("ended")
	if ctx.Err() != nil {
		return nil //nolint:nilerr // somebody has ended it
	}
	return withStatus(statusUnreachable, err)
}

// tracePLC shows a frame in one line.
func tracePLC(c *ads.ServerConn, frame *ads.ServerFrame) string {
	arrow := "<"
	if frame.Sent {
		arrow = ">"
	}
	text := fmt.Sprintf("%v %s %v from %v to %v, invoke id %d, %s", c.RemoteAddr(), arrow, frame.Command, frame.Source, frame.Target, frame.InvokeID, number(len(frame.Data), "octet"))
	if frame.Error != ams.NoError {
		text += ", " + frame.Error.Error()
	}
	return text
}
