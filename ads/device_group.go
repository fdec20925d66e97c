package ads

import (
	"context"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
)

// DeviceGroup is what an application answers to an index group. Functions that
// are nil answer 0x701. They may be called by several goroutines at once, also
// for items of sum commands, and Read for notifications as well, then without a
// request.
type DeviceGroup struct {
	// Read appends up to length octets to dst.
	Read func(ctx context.Context, r *Request, offset, length uint32, dst []byte) ([]byte, ams.ReturnCode)
	// Write takes data, which is valid until it returns.
	Write func(ctx context.Context, r *Request, offset uint32, data []byte) ams.ReturnCode
	// ReadWrite takes data and appends up to length octets to dst.
	ReadWrite func(ctx context.Context, r *Request, offset, length uint32, data, dst []byte) ([]byte, ams.ReturnCode)
}

// HandleGroup gives an index group to an application, in place of what the device
// does with it. A DeviceGroup without functions gives it back. Sum commands
// cannot be given away, but their items reach the group.
func (d *Device) HandleGroup(group command.IndexGroup, g DeviceGroup) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if g.Read == nil && g.Write == nil && g.ReadWrite == nil {
		delete(d.groups, group)
	} else {
		d.groups[group] = g
	}
	d.groupCount.Store(int32(len(d.groups)))
}

// group returns what an application has for a group.
func (d *Device) group(group command.IndexGroup) (DeviceGroup, bool) {
	if d.groupCount.Load() == 0 {
		return DeviceGroup{}, false
	}
	d.mu.RLock()
	defer d.mu.RUnlock()
	g, ok := d.groups[group]
	return g, ok
}
