package adstest

import (
	"context"
	"errors"
	"net"
	"os"
	"slices"
	"sync"

	"stellwerk/ads"
	"stellwerk/ads/ams"
	"stellwerk/ads/command"
	"stellwerk/ads/symbol"
)

// Options are the settings of a [PLC]. Nil options, and fields that are zero,
// have the values named beside them.
type Options struct {
	// Address is the PLC's; zero is 127.0.0.1.1.1:851, the first PLC of TwinCAT 3.
	Address ams.Address
	// Device and Server are further settings, of the device and of what is around
	// it. The server's NetID is that of Address.
	Device *ads.DeviceOptions
	Server *ads.ServerOptions
	// Files is the folder that the system service gives access to; nil is none.
	Files *os.Root
}

// PLC is a PLC in memory, with its system service at port 10000 and its licence
// server at port 30. All methods are safe for concurrent use.
type PLC struct {
	// Device has the symbols: its methods set values and functions.
	Device *ads.Device
	// Server has the ports.
	Server *ads.Server
	// System is the system service, whose reset restarts the PLC, and whose
	// reconfig is [PLC.Config].
	System *ads.DeviceSystem

	address ams.Address

	mu     sync.Mutex
	faults func(ams.Frame) Fault // guarded by mu
	off    bool                  // guarded by mu; nobody can connect
	lines  map[*line]struct{}    // guarded by mu
	work   sync.WaitGroup
}

// New returns a PLC that runs, with the symbols of a table; nil is one without
// symbols. Close must be called in the end.
func New(table *symbol.Table, options *Options) (*PLC, error) {
	var o Options
	if options != nil {
		o = *options
	}
	if o.Address.NetID.IsZero() {
		o.Address.NetID = ams.LocalNetID
	}
	if o.Address.Port == 0 {
		o.Address.Port = ams.PortTC3PLC1
	}
	p := &PLC{address: o.Address, lines: make(map[*line]struct{})}
	var so ads.ServerOptions
	if o.Server != nil {
		so = *o.Server
	}
	so.NetID = o.Address.NetID
	licence, errLicence := ads.NewDeviceLicence(nil)
	var errDevice, errServer, errSystem error
	p.Device, errDevice = ads.NewDevice(table, o.Device)
	p.Server, errServer = ads.NewServer(&so)
	p.System, errSystem = ads.NewDeviceSystem(&ads.DeviceSystemOptions{Files: o.Files, FilesWritable: true, Control: p.control})
	if err := errors.Join(errDevice, errServer, errSystem, errLicence); err != nil {
		return nil, err
	}
	p.Server.Handle(ams.PortSystemService, p.System)
	p.Server.Handle(ams.PortLicenceServer, licence)
	p.Server.Handle(p.address.Port, p.Device)
	return p, nil
}

// control is what the system service does when it is asked to.
func (p *PLC) control(_ context.Context, c ads.DeviceControl) error {
	switch c.To {
	case command.StateReset, command.StateRun:
		p.Restart()
	default:
		p.Config()
	}
	return nil
}

// Address returns the PLC's.
func (p *PLC) Address() ams.Address { return p.address }

// Dial returns a connection to the PLC. It has the form of net.Dialer.DialContext
// and looks at none of its arguments but the context.
func (p *PLC) Dial(ctx context.Context, _, _ string) (net.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	p.mu.Lock()
	off := p.off
	p.mu.Unlock()
	if off {
		return nil, &net.OpError{Op: "dial", Net: "adstest", Err: errors.New("the PLC is switched off")}
	}
	return p.connect()
}

// Client returns a client of the PLC on a connection of its own, which the caller
// closes. The options' target and source are filled in where they are zero.
func (p *PLC) Client(ctx context.Context, options *ads.ClientOptions) (*ads.Client, error) {
	var o ads.ClientOptions
	if options != nil {
		o = *options
	}
	if o.Target == (ams.Address{}) {
		o.Target = p.address
	}
	if o.Source.NetID.IsZero() {
		o.Source.NetID = ams.NetID{10, 0, 0, 1, 1, 1}
	}
	conn, err := p.Dial(ctx, "", "")
	if err != nil {
		return nil, err
	}
	c, err := ads.NewClient(conn, &o)
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return c, nil
}

// Disconnect closes all connections; clients may connect again at once.
func (p *PLC) Disconnect() {
	p.mu.Lock()
	lines := make([]*line, 0, len(p.lines))
	for l := range p.lines {
		lines = append(lines, l)
	}
	p.mu.Unlock()
	for _, l := range lines {
		l.close()
	}
}

// Off switches the PLC off: connections are closed, and nobody can connect.
func (p *PLC) Off() {
	p.mu.Lock()
	p.off = true
	p.mu.Unlock()
	p.Disconnect()
}

// On switches the PLC on again. It has been restarted: values are the initial
// ones, and handles and notifications are gone.
func (p *PLC) On() {
	p.mu.Lock()
	p.off = false
	p.mu.Unlock()
	p.Restart()
}

// Config is config mode: the system service answers, and the PLC's port is not
// there.
func (p *PLC) Config() {
	p.Server.Handle(p.address.Port, nil)
	p.System.SetState(command.StateConfig, 0)
}

// Restart starts the PLC anew, also from config mode. Connections stay, as the
// router's do; handles and notifications are gone without a word.
func (p *PLC) Restart() {
	p.Device.Restart()
	p.System.SetState(command.StateRun, 0)
	if !slices.Contains(p.Server.Ports(), p.address.Port) {
		p.Server.Handle(p.address.Port, p.Device)
	}
}

// OnlineChange gives the PLC other symbols while it runs, see
// [ads.Device.SetTable].
func (p *PLC) OnlineChange(table *symbol.Table) error { return p.Device.SetTable(table) }

// Close closes all connections and waits until everything has ended.
func (p *PLC) Close() error {
	p.Off()
	err := p.Server.Close()
	p.work.Wait()
	return err
}
