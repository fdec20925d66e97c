package plc

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"sync"

	"stellwerk/ads"
	"stellwerk/ads/ams"
	"stellwerk/ads/command"
	"stellwerk/ads/symbol"
)

// Model is what a simulated PLC is.
type Model struct {
	Address  ams.Address
	Name     string
	Version  ads.DeviceVersion
	TwinCAT2 bool
	Table    *symbol.Table
	Values   []Value // in the beginning
	Moves    []Move
	// Calls are the methods by FUNCTION BLOCK#METHOD or INSTANCE#METHOD. Those
	// that have none do nothing, and return 0.
	Calls map[string]ads.DeviceCallFunc
	// Bind does what is left to do to the device; nil is nothing.
	Bind func(*ads.Device) error
}

// Value is the initial value of a variable, of any type that Set takes.
type Value struct {
	Path  string
	Value any
}

// Options are the settings of a simulated PLC. The zero value has no files, and
// tells nothing.
type Options struct {
	// Files is the folder that the system service gives access to, nil for none.
	Files         *os.Root
	FilesWritable bool
	// Server are settings of the server but its NetID.
	Server ads.ServerOptions
	// Tell is told what happens, in words; nil is nobody.
	Tell func(format string, arguments ...any)
}

// PLC is a simulated PLC with its system service and licence server. All methods
// are safe for concurrent use.
type PLC struct {
	Device  *ads.Device
	Server  *ads.Server
	address ams.Address
	tell    func(format string, arguments ...any)
	system  *ads.DeviceSystem

	mu    sync.Mutex
	model *Model // guarded by mu
}

// New makes a PLC of a model. Close must be called in the end.
func New(m *Model, options Options) (*PLC, error) {
	p := &PLC{address: m.Address, model: m, tell: options.Tell}
	if p.tell == nil {
		p.tell = func(string, ...any) {}
	}
	failed := make(chan error, 1) // of the initial values
	var err error
	p.Device, err = ads.NewDevice(m.Table, &ads.DeviceOptions{
		Name: m.Name, Version: m.Version, TwinCAT2: m.TwinCAT2,
		Init: func(d *ads.Device) {
			for _, v := range p.program().Values {
				if err := d.Set(v.Path, v.Value); err != nil {
					select {
					case failed <- err:
					default:
					}
				}
			}
		},
		Control: p.control,
	})
	select {
	case e := <-failed:
		err = errors.Join(err, e)
	default:
	}
	if err == nil {
		err = p.bind(m)
	}
	if err != nil {
		return nil, err
	}
	options.Server.NetID = m.Address.NetID
	if p.Server, err = ads.NewServer(&options.Server); err != nil {
		return nil, err
	}
	if p.system, err = ads.NewDeviceSystem(&ads.DeviceSystemOptions{
		Files: options.Files, FilesWritable: options.FilesWritable, Registry: true, Control: p.restart,
	}); err != nil {
		return nil, err
	}
	licence, err := ads.NewDeviceLicence(nil)
	if err != nil {
		return nil, err
	}
	p.Server.Handle(m.Address.Port, p.Device)
	p.Server.Handle(ams.PortSystemService, p.system)
	p.Server.Handle(ams.PortLicenceServer, licence)
	return p, nil
}

// program returns what the PLC is at present.
func (p *PLC) program() *Model {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.model
}

// bind gives the methods their functions.
func (p *PLC) bind(m *Model) error {
	for t, err := range m.Table.Types().All() {
		if err != nil {
			continue // nothing can be called of it
		}
		for i := range t.Methods {
			nothing := func(context.Context, *ads.DeviceCall) error { return nil }
			if err := p.Device.OnCall(t.Name+"#"+t.Methods[i].Name, nothing); err != nil {
				return err
			}
		}
	}
	for name, f := range m.Calls {
		if err := p.Device.OnCall(name, f); err != nil {
			return err
		}
	}
	if m.Bind != nil {
		return m.Bind(p.Device)
	}
	return nil
}

// control tells of changes of the PLC's state.
func (p *PLC) control(_ context.Context, c ads.DeviceControl) error {
	if !slices.Contains([]command.ADSState{command.StateReset, command.StateStop, command.StateStart, command.StateRun}, c.To) {
		return ams.ServiceNotSupported
	}
	p.tell("%v asks the PLC for %v, which is %v", c.Request.Header.Source, c.To, c.From)
	return nil
}

// restart is what the system service does: it starts the PLC anew, or takes it
// away, as in config mode.
func (p *PLC) restart(_ context.Context, c ads.DeviceControl) error {
	p.tell("%v asks the system for %v", c.Request.Header.Source, c.To)
	if c.To == command.StateReconfig || c.To == command.StateConfig {
		p.Server.Handle(p.address.Port, nil)
		return nil
	}
	p.Device.Restart()
	if !slices.Contains(p.Server.Ports(), p.address.Port) {
		p.Server.Handle(p.address.Port, p.Device)
	}
	return nil
}

// Serve serves the connections of a listener until Close, and then returns nil.
func (p *PLC) Serve(listener net.Listener) error {
	if err := p.Server.Serve(listener); !errors.Is(err, ads.ErrServerClosed) {
		return fmt.Errorf("PLC: %w", err)
	}
	return nil
}

// Close closes all connections and waits for what they do.
func (p *PLC) Close() error { return p.Server.Close() }
