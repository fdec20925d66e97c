package ads

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
	"stellwerk/ads/symbol"
)

// service returns the client of a service of the target's machine.
func (c *Client) service(port ams.Port) *Client { return c.Target(ams.Address{Port: port}) }

// RestartSystem has TwinCAT on the target's machine start anew, into run mode: it
// asks the system service, port 10000. PLCs stop meanwhile.
func (c *Client) RestartSystem(ctx context.Context) error {
	return c.service(ams.PortSystemService).WriteControl(ctx, command.WriteControlRequest{ADSState: command.StateReset})
}

// ConfigureSystem has TwinCAT on the target's machine go to config mode: it asks
// the system service, port 10000. PLCs stop.
func (c *Client) ConfigureSystem(ctx context.Context) error {
	return c.service(ams.PortSystemService).WriteControl(ctx, command.WriteControlRequest{ADSState: command.StateReconfig})
}

// Run has the target, a PLC, run.
func (c *Client) Run(ctx context.Context) error { return c.control(ctx, command.StateRun) }

// Stop has the target, a PLC, stop.
func (c *Client) Stop(ctx context.Context) error { return c.control(ctx, command.StateStop) }

// Reset has the target, a PLC, reset its variables.
func (c *Client) Reset(ctx context.Context) error { return c.control(ctx, command.StateReset) }

// control changes the ADS state and keeps the device state.
func (c *Client) control(ctx context.Context, state command.ADSState) error {
	now, err := c.ReadState(ctx)
	if err != nil {
		return err
	}
	return c.WriteControl(ctx, command.WriteControlRequest{ADSState: state, DeviceState: now.DeviceState})
}

// SystemState is the extended state of the system service.
type SystemState struct {
	ADSState     command.ADSState
	DeviceState  uint16
	RestartIndex uint16 // how often the system was started
	Version      uint8
	Revision     uint8
	Build        uint16
	Platform     uint8
	OSType       uint8
	Flags        uint16
}

// SystemState reads the extended state of the system service of the target's
// machine. Older systems have none.
func (c *Client) SystemState(ctx context.Context) (SystemState, error) {
	const op, octets = "read system state", 16
	index := command.Index{Group: command.GroupExtendedState}
	s := c.service(ams.PortSystemService)
	data, err := s.fetch(ctx, op, s.newRead(index, octets), octets, nil)
	if err == nil && len(data) < octets-2 {
		err = s.malformed(op, index, fmt.Errorf("%d octets have come, it has %d", len(data), octets))
	}
	if err != nil {
		return SystemState{}, err
	}
	le := binary.LittleEndian
	return SystemState{
		ADSState: command.ADSState(le.Uint16(data)), DeviceState: le.Uint16(data[2:]), RestartIndex: le.Uint16(data[4:]),
		Version: data[6], Revision: data[7], Build: le.Uint16(data[8:]), Platform: data[10], OSType: data[11], Flags: le.Uint16(data[12:]),
	}, nil
}

const (
	routeRoom = 2 << 10 // octets of an entry, at most
	maxRoutes = 4096
)

// Routes lists the routes of the target's machine, at most 4096: it asks the
// system service, port 10000. With an error it returns those that have come.
func (c *Client) Routes(ctx context.Context) ([]command.Route, error) {
	const op = "list routes"
	s := c.service(ams.PortSystemService)
	var routes []command.Route
	for number := range uint32(maxRoutes) {
		index := command.Index{Group: command.GroupListRoutes, Offset: number}
		data, err := s.fetch(ctx, op, s.newRead(index, routeRoom), routeRoom, nil)
		if Code(err) == ams.NotFound {
			return routes, nil
		}
		if err != nil {
			return routes, err
		}
		r, err := command.DecodeRoute(data)
		if err != nil {
			return routes, s.malformed(op, index, err)
		}
		routes = append(routes, r)
	}
	return routes, s.fail(op, command.Index{}, fmt.Errorf("%w: the list has more than %d routes", ErrAnswer, maxRoutes))
}

func untilNUL(data []byte) string {
	text, _, _ := bytes.Cut(data, []byte{0})
	return string(text)
}

// TargetDescription reads the description of the target's machine, which is an
// XML text.
func (c *Client) TargetDescription(ctx context.Context) (string, error) {
	const room = 64 << 10
	s := c.service(ams.PortSystemService)
	data, err := s.fetch(ctx, "read target description", s.newRead(command.Index{Group: command.GroupTargetDesc, Offset: 1}, room), room, nil)
	return untilNUL(data), err
}

// Licence is what the licence server of a machine says.
type Licence struct {
	SystemID symbol.GUID
	Platform uint16 // performance level
	VolumeID uint32
	Modules  []LicenceModule
}

// LicenceModule is a licence that a machine has.
type LicenceModule struct {
	ID        symbol.GUID
	Name      string // "" where the server does not tell
	Order     string // number to order it by, such as TC1200; "" where the server does not tell
	Instances uint32 // how many there may be; 0 is one for each CPU
	Status    uint32 // 0 is valid, 515 pending, 596 trial, 597 OEM
}

// Licence reads what the licence server of the target's machine, port 30, says.
func (c *Client) Licence(ctx context.Context) (Licence, error) {
	const op = "read licence"
	s := c.service(ams.PortLicenceServer)
	var l Licence
	id := command.Index{Group: command.GroupLicenceIDs, Offset: 1}
	data, err := s.fetch(ctx, op, s.newRead(id, 16), 16, nil)
	if err == nil && len(data) < 16 {
		err = s.malformed(op, id, fmt.Errorf("a system id with %d octets, it has 16", len(data)))
	}
	if err != nil {
		return l, err
	}
	l.SystemID = symbol.GUID(data)
	// The rest is not everywhere.
	if data, err = s.fetch(ctx, op, s.newRead(command.Index{Group: id.Group, Offset: 2}, 2), 2, nil); err == nil && len(data) == 2 {
		l.Platform = binary.LittleEndian.Uint16(data)
	}
	if data, err = s.fetch(ctx, op, s.newRead(command.Index{Group: id.Group, Offset: 5}, 4), 4, nil); err == nil && len(data) == 4 {
		l.VolumeID = binary.LittleEndian.Uint32(data)
	}
	const room = 512 * licenceEntry
	data, err = s.fetch(ctx, op, s.newRead(command.Index{Group: command.GroupLicenceModules}, room), room, nil)
	if err != nil && Code(err) == ams.NoError {
		return l, err
	}
	for ; len(data) >= licenceEntry; data = data[licenceEntry:] {
		m := LicenceModule{
			ID:        symbol.GUID(data[:16]),
			Instances: binary.LittleEndian.Uint32(data[24:]), Status: binary.LittleEndian.Uint32(data[32:]),
		}
		for i, text := range []*string{&m.Name, &m.Order} {
			group := command.GroupLicenceName + command.IndexGroup(i)
			octets, err := s.fetch(ctx, op, s.newReadWrite(command.Index{Group: group}, 256, data[:16]), 256, nil)
			if err != nil && Code(err) == ams.NoError {
				return l, err
			}
			*text = untilNUL(octets)
		}
		l.Modules = append(l.Modules, m)
	}
	return l, nil
}
