package ads

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
	"stellwerk/ads/symbol"
)

// DeviceOptions are the settings of a [Device]. Nil options, and fields that are
// zero, have the values named beside them.
type DeviceOptions struct {
	// Name is that of the device, at most 16 octets; "Plc30 App" where it is
	// empty, which is what TwinCAT 3 PLCs say, or "TCatPlcCtrl" with TwinCAT2.
	Name string
	// Version is that of the device; zero is 3.1.0, or 2.11.0 with TwinCAT2.
	Version DeviceVersion
	// State is the one that the device begins in; zero is [command.StateRun].
	State command.ADSState
	// DeviceState is the second state of ReadState.
	DeviceState uint16
	// CodePage is that of names; zero is UTF-8, or Windows-1252 with TwinCAT2.
	CodePage symbol.CodePage
	// TwinCAT2 has the device answer as TwinCAT 2 PLCs do: with the upload info
	// of 8 octets, without data types, and without method calls.
	TwinCAT2 bool
	// Inputs, Outputs and Memory are the octets of the process images %I and %Q
	// and of %M; symbols that lie in them make them as long as they need. Zero is
	// 1024.
	Inputs, Outputs, Memory uint32
	// CycleTime is that of the device's task: how often notifications with the
	// cycle time 0 look at their data. Zero is 10 ms, the least is 1 ms.
	CycleTime time.Duration
	// MaxHandles is how many handles there may be at once. Names that several
	// clients ask for share one. Zero is 1<<20.
	MaxHandles int
	// MaxNotifications is how many notifications a connection may have, and
	// MaxWatched how many octets of data they may watch together. Zero is 65536,
	// and 16 MiB.
	MaxNotifications int
	MaxWatched       int
	// Init sets the initial values, at the beginning and at each reset, with the
	// device's Set.
	Init func(*Device)
	// Control decides about a change of state. An error refuses it: an
	// [ams.ReturnCode] is answered as it is, others as 0x700. Nil lets clients
	// reset, stop and start the device; other states than these need it.
	Control func(context.Context, DeviceControl) error
}

// DeviceVersion is what a device answers to ReadDeviceInfo beside its name.
type DeviceVersion struct {
	Major, Minor uint8
	Build        uint16
}

// DeviceControl is a request to change the state of a device.
type DeviceControl struct {
	From        command.ADSState
	To          command.ADSState
	DeviceState uint16
	Data        []byte   // valid until the call returns
	Request     *Request // of the client
}

// Device is a [Handler] that answers as a PLC does: it has symbols with their
// types, the memory behind them, handles, notifications and methods. All its
// methods are safe for concurrent use.
//
// Values are set and got by Go code with Set and Get, and by clients by name,
// handle or address. OnRead, OnWrite and OnCall have functions called for them.
// One device may stand at several ports and servers.
type Device struct {
	options DeviceOptions
	begin   time.Time
	page    symbol.CodePage

	// How many hooks there are, so that requests need not look when there are none.
	readHooks, writeHooks, groupCount atomic.Int32
	notes                             atomic.Uint32 // the last handle of a notification
	restarts                          atomic.Uint32
	systemReset                       bool // StateReset runs anew, as in the system service; else it stops

	mu        sync.RWMutex
	state     command.State                      // guarded by mu
	version   uint8                              // guarded by mu; of the symbols
	model     *deviceModel                       // guarded by mu; with the memory behind it
	reads     map[string]DeviceRead              // guarded by mu; by folded path
	writes    map[string]DeviceWriteFunc         // guarded by mu; by folded path
	calls     map[string]DeviceCallFunc          // guarded by mu; by folded name#method
	groups    map[command.IndexGroup]DeviceGroup // guarded by mu
	handles   deviceHandles                      // guarded by mu
	notifiers map[*ServerConn]*deviceNotifier    // guarded by mu
}

// NewDevice returns a device with the symbols of a table, which may be nil for
// one without symbols. See [symbol.Declaration] for making tables.
func NewDevice(table *symbol.Table, options *DeviceOptions) (*Device, error) {
	d := &Device{
		begin:     time.Now(),
		version:   1,
		reads:     make(map[string]DeviceRead),
		writes:    make(map[string]DeviceWriteFunc),
		calls:     make(map[string]DeviceCallFunc),
		groups:    make(map[command.IndexGroup]DeviceGroup),
		notifiers: make(map[*ServerConn]*deviceNotifier),
	}
	if options != nil {
		d.options = *options
	}
	o := &d.options
	if o.Name == "" {
		o.Name = "Plc30 App"
		if o.TwinCAT2 {
			o.Name = "TCatPlcCtrl"
		}
	}
	if len(o.Name) > 16 {
		return nil, fmt.Errorf("ads: the device name %q has %d octets, at most 16 are allowed", o.Name, len(o.Name))
	}
	if o.Version == (DeviceVersion{}) {
		o.Version = DeviceVersion{Major: 3, Minor: 1}
		if o.TwinCAT2 {
			o.Version = DeviceVersion{Major: 2, Minor: 11}
		}
	}
	if o.CodePage == 0 && !o.TwinCAT2 {
		o.CodePage = symbol.UTF8
	}
	d.page = o.CodePage
	serverDefault(&o.State, command.StateRun)
	serverDefault(&o.Inputs, 1024)
	serverDefault(&o.Outputs, 1024)
	serverDefault(&o.Memory, 1024)
	serverDefault(&o.CycleTime, 10*time.Millisecond)
	serverDefault(&o.MaxHandles, 1<<20)
	serverDefault(&o.MaxNotifications, 1<<16)
	serverDefault(&o.MaxWatched, 16<<20)
	if o.CycleTime < time.Millisecond || o.MaxHandles < 0 || o.MaxNotifications < 0 || o.MaxWatched < 0 {
		return nil, errors.New("ads: device options: CycleTime must not be below 1 ms, and no limit below 0")
	}
	d.state = command.State{ADSState: o.State, DeviceState: o.DeviceState}
	var err error
	if d.model, err = d.newModel(table); err != nil {
		return nil, err
	}
	if o.Init != nil {
		o.Init(d)
	}
	return d, nil
}

// State returns the device's states.
func (d *Device) State() (command.ADSState, uint16) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.state.ADSState, d.state.DeviceState
}

// SetState changes the device's states; the hook Control is not asked.
func (d *Device) SetState(state command.ADSState, deviceState uint16) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.state.ADSState, d.state.DeviceState = state, deviceState
}

// Reset sets all values to 0 and then to their initial ones.
func (d *Device) Reset() {
	d.mu.Lock()
	for _, a := range d.model.areas {
		clear(a.data)
	}
	d.mu.Unlock()
	if d.options.Init != nil {
		d.options.Init(d)
	}
}

// Restart does what a PLC does that is started anew: all handles and
// notifications are gone, without a word to the clients, and all values are the
// initial ones. The state is the one that the device began in.
func (d *Device) Restart() {
	d.mu.Lock()
	d.handles.forget()
	notifiers := maps.Clone(d.notifiers)
	d.state = command.State{ADSState: d.options.State, DeviceState: d.options.DeviceState}
	d.mu.Unlock()
	for _, n := range notifiers {
		n.clear()
	}
	d.Reset()
}

// ServeADS answers a request.
func (d *Device) ServeADS(ctx context.Context, r *Request, dst []byte) ([]byte, ams.ReturnCode) {
	switch r.Header.Command {
	case ams.Read:
		q, err := command.DecodeReadRequest(r.Data)
		if err != nil {
			return command.ReadResponse{Result: ams.InvalidSize}.Append(dst), 0
		}
		return answerRead(dst, func(dst []byte) ([]byte, ams.ReturnCode) { return d.read(ctx, r, q.Index, q.Length, dst) }), 0
	case ams.ReadWrite:
		q, err := command.DecodeReadWriteRequest(r.Data)
		if err != nil {
			return command.ReadResponse{Result: ams.InvalidSize}.Append(dst), 0
		}
		return answerRead(dst, func(dst []byte) ([]byte, ams.ReturnCode) { return d.readWrite(ctx, r, q, dst) }), 0
	case ams.Write:
		q, err := command.DecodeWriteRequest(r.Data)
		if err != nil {
			return command.AppendResult(dst, ams.InvalidSize), 0
		}
		return command.AppendResult(dst, d.write(ctx, r, q.Index, q.Data)), 0
	case ams.ReadState:
		d.mu.RLock()
		defer d.mu.RUnlock()
		return d.state.Append(dst), 0
	case ams.ReadDeviceInfo:
		v := d.options.Version
		return command.DeviceInfo{Major: v.Major, Minor: v.Minor, Build: v.Build, Name: d.options.Name}.Append(dst), 0
	case ams.WriteControl:
		return command.AppendResult(dst, d.control(ctx, r)), 0
	case ams.AddDeviceNotification:
		q, err := command.DecodeAddNotificationRequest(r.Data)
		if err != nil {
			return command.AddNotificationResponse{Result: ams.InvalidSize}.Append(dst), 0
		}
		return d.addNotification(r, q).Append(dst), 0
	case ams.DeleteDeviceNotification:
		handle, err := command.DecodeDeleteNotification(r.Data)
		if err != nil {
			return command.AppendResult(dst, ams.InvalidSize), 0
		}
		return command.AppendResult(dst, d.deleteNotification(r, handle)), 0
	default:
		return dst, ams.UnknownCommand
	}
}

// answerRead appends the answer to Read and ReadWrite around the data that read
// appends.
func answerRead(dst []byte, read func([]byte) ([]byte, ams.ReturnCode)) []byte {
	begin := len(dst)
	head := begin + 8
	dst, code := read(append(dst, 0, 0, 0, 0, 0, 0, 0, 0))
	if code != ams.NoError {
		dst = dst[:head]
	}
	putUint32(dst[begin:], uint32(code))
	putUint32(dst[begin+4:], uint32(len(dst)-head))
	return dst
}

// control changes the state.
func (d *Device) control(ctx context.Context, r *Request) ams.ReturnCode {
	q, err := command.DecodeWriteControlRequest(r.Data)
	if err != nil {
		return ams.InvalidSize
	}
	from, _ := d.State()
	known := q.ADSState == command.StateReset || q.ADSState == command.StateStop || q.ADSState == command.StateRun || q.ADSState == command.StateStart
	switch {
	case d.options.Control != nil:
		if err := d.options.Control(ctx, DeviceControl{from, q.ADSState, q.DeviceState, q.Data, r}); err != nil {
			return returnCodeOf(err)
		}
	case !known:
		return ams.ServiceNotSupported
	}
	state := q.ADSState
	switch state {
	case command.StateReset:
		d.Reset()
		state = command.StateStop
		if d.systemReset {
			d.restarts.Add(1)
			state = command.StateRun
		}
	case command.StateStart, command.StateResume:
		state = command.StateRun
	case command.StateReconfig:
		state = command.StateConfig
	default:
	}
	d.SetState(state, q.DeviceState)
	return ams.NoError
}

// returnCodeOf is what a client is told of an error of the application.
func returnCodeOf(err error) ams.ReturnCode {
	if err == nil {
		return ams.NoError
	}
	if code, ok := errors.AsType[ams.ReturnCode](err); ok {
		return code
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return ams.DeviceTimeout
	}
	if errors.Is(err, context.Canceled) {
		return ams.Aborted
	}
	return ams.DeviceError
}

// CloseADS ends the notifications of a connection, and lets go of its handles.
func (d *Device) CloseADS(conn *ServerConn) {
	d.mu.Lock()
	n := d.notifiers[conn]
	delete(d.notifiers, conn)
	d.handles.leave(conn)
	d.mu.Unlock()
	if n != nil {
		n.close()
	}
}
