package ads

import (
	"context"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"fmt"
	"os"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
)

// DeviceSystemOptions are the settings of a [DeviceSystem]. Nil options, and
// fields that are zero, have the values named beside them.
type DeviceSystemOptions struct {
	// Name is what the system service answers to ReadDeviceInfo; zero is
	// "TwinCAT System".
	Name string
	// Version is that of the system; zero is 3.1.4026.
	Version DeviceVersion
	// HostName is the machine's name in the description of the target; zero is
	// that of the machine the program runs on.
	HostName string
	// Routes returns what is listed as routes, over TCP where they have no
	// transport; nil lists none. It is called from several goroutines at once.
	Routes func() []command.Route
	// Files is the folder whose files clients may read, list and, with
	// FilesWritable, write and delete. Nil refuses all of that. Paths are taken
	// within it, without their drive; whatever they are, nothing outside is
	// reached.
	Files         *os.Root
	FilesWritable bool
	// MaxFiles is how many files and listings may be open at once; zero is 256,
	// and 16 of each connection.
	MaxFiles int
	// Registry gives clients a registry in memory, which is empty at first and has room
	// for 4 MiB. They write to it, list and delete what is in it; nothing follows from
	// that. Without it clients are refused.
	Registry bool
	// Control decides about a change of state, see [DeviceOptions.Control]. What
	// is asked for is [command.StateReset], to start anew and run, and
	// [command.StateReconfig], to go to config mode. Nil refuses, as the machine
	// has nothing to start.
	Control func(context.Context, DeviceControl) error
}

// DeviceSystem is a [Handler] for port 10000, the system service of TwinCAT: its
// state and extended state, the list of routes, the description of the target,
// files, and a registry. The start of programs is refused. All its methods are safe
// for concurrent use.
type DeviceSystem struct {
	*Device
	options DeviceSystemOptions
	files   deviceFiles
	entries deviceRegistry
}

// NewDeviceSystem returns a system service.
func NewDeviceSystem(options *DeviceSystemOptions) (*DeviceSystem, error) {
	s := &DeviceSystem{}
	if options != nil {
		s.options = *options
	}
	o := &s.options
	if o.Name == "" {
		o.Name = "TwinCAT System"
	}
	if o.Version == (DeviceVersion{}) {
		o.Version = DeviceVersion{3, 1, 4026}
	}
	serverDefault(&o.MaxFiles, 256)
	if o.MaxFiles < 0 {
		return nil, errors.New("ads: system service option MaxFiles must not be below 0")
	}
	if o.HostName == "" {
		o.HostName, _ = os.Hostname() // an empty one is as good
	}
	control := o.Control
	if control == nil {
		control = func(context.Context, DeviceControl) error { return ams.DeviceAccessDenied }
	}
	d, err := NewDevice(nil, &DeviceOptions{Name: o.Name, Version: o.Version, Control: func(ctx context.Context, c DeviceControl) error {
		if c.To != command.StateReset && c.To != command.StateReconfig && c.To != command.StateRun && c.To != command.StateConfig {
			return ams.InvalidState
		}
		return control(ctx, c)
	}})
	if err != nil {
		return nil, fmt.Errorf("system service: %w", err)
	}
	d.systemReset = true
	s.Device = d
	s.files.root, s.files.writable, s.files.most = o.Files, o.FilesWritable, o.MaxFiles
	refuse := DeviceGroup{Write: func(context.Context, *Request, uint32, []byte) ams.ReturnCode { return ams.DeviceAccessDenied }}
	refuse.Read = func(_ context.Context, _ *Request, _, _ uint32, dst []byte) ([]byte, ams.ReturnCode) {
		return dst, ams.DeviceAccessDenied
	}
	refuse.ReadWrite = func(_ context.Context, _ *Request, _, _ uint32, _, dst []byte) ([]byte, ams.ReturnCode) {
		return dst, ams.DeviceAccessDenied
	}
	for _, group := range []command.IndexGroup{
		command.GroupRegistry, command.GroupRegistryUser, command.GroupRegistryClass,
		command.GroupRegistryDel, command.GroupRegistryUDel, command.GroupRegistryCDel,
		command.GroupStartProcess, command.GroupAddRoute, command.GroupDeleteRoute, command.GroupMQTTRoute,
	} {
		d.HandleGroup(group, refuse)
	}
	if o.Registry {
		s.entries.register(d)
	}
	d.HandleGroup(command.GroupExtendedState, DeviceGroup{Read: s.extendedState})
	d.HandleGroup(command.GroupListRoutes, DeviceGroup{Read: s.route})
	d.HandleGroup(command.GroupTargetDesc, DeviceGroup{Read: s.description})
	s.files.register(d)
	return s, nil
}

// CloseADS closes the files of a connection, and ends its notifications.
func (s *DeviceSystem) CloseADS(conn *ServerConn) {
	s.files.leave(conn)
	s.Device.CloseADS(conn)
}

// extendedState is the state in 16 octets, with the version and how often the
// system has been started.
func (s *DeviceSystem) extendedState(_ context.Context, _ *Request, _, length uint32, dst []byte) ([]byte, ams.ReturnCode) {
	state, deviceState := s.State()
	v := s.options.Version
	octets := binary.LittleEndian.AppendUint16(nil, uint16(state))
	octets = binary.LittleEndian.AppendUint16(octets, deviceState)
	octets = binary.LittleEndian.AppendUint16(octets, uint16(s.restarts.Load()))
	octets = append(octets, v.Major, v.Minor)
	octets = binary.LittleEndian.AppendUint16(octets, v.Build)
	octets = append(octets, 0, 0, 0, 0, 0, 0) // platform, OS, flags, reserved
	return appendCut(dst, length, octets...)
}

// route is one entry of the list of routes, by its number. The list ends with
// 0x70C.
func (s *DeviceSystem) route(_ context.Context, _ *Request, number, length uint32, dst []byte) ([]byte, ams.ReturnCode) {
	var routes []command.Route
	if s.options.Routes != nil {
		routes = s.options.Routes()
	}
	if uint64(number) >= uint64(len(routes)) {
		return dst, ams.NotFound
	}
	r := routes[number]
	if r.Transport == 0 {
		r.Transport = command.RouteTCP
	}
	return appendCut(dst, length, r.Append(nil)...)
}

// description is an XML text.
func (s *DeviceSystem) description(_ context.Context, _ *Request, _, length uint32, dst []byte) ([]byte, ams.ReturnCode) {
	v := s.options.Version
	octets, err := xml.Marshal(struct {
		XMLName xml.Name `xml:"TcTargetDesc"`
		Name    string   `xml:"Name"`
		Version string   `xml:"TargetFeatures>TwinCAT>Version"`
	}{Name: s.options.HostName, Version: fmt.Sprintf("%d.%d.%d", v.Major, v.Minor, v.Build)})
	if err != nil {
		return dst, ams.DeviceError
	}
	octets = append(octets, 0)
	return append(dst, octets[:min(uint64(length), uint64(len(octets)))]...), ams.NoError
}
