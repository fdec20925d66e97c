package ads

import (
	"bytes"
	"context"
	"encoding/binary"
	"maps"
	"slices"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
	"stellwerk/ads/symbol"
)

// DeviceLicenceOptions are what a licence server says. Nil options are zero.
type DeviceLicenceOptions struct {
	// SystemID is that of the machine.
	SystemID symbol.GUID
	// Platform is the platform level, 0 to 99; zero is 40.
	Platform uint16
	// VolumeID is that of the machine's disk.
	VolumeID uint32
	// Modules are the licences that the machine has, with their names.
	Modules map[symbol.GUID]string
}

// Index offsets of the licence server's ids.
const (
	licenceSystemID = 1
	licencePlatform = 2
	licenceVolume   = 5
)

// NewDeviceLicence returns a [Handler] for port 30, the licence server of TwinCAT:
// the system id (index group 0x01010004, offset 1; 0 is the same), the platform
// level (offset 2) and the volume (offset 5), the GUIDs of the licences
// (0x01010006) and their names (0x0101000C).
func NewDeviceLicence(options *DeviceLicenceOptions) (*Device, error) {
	var o DeviceLicenceOptions
	if options != nil {
		o = *options
	}
	serverDefault(&o.Platform, 40)
	d, err := NewDevice(nil, &DeviceOptions{
		Name: "Licence Server", Version: DeviceVersion{3, 1, 4026},
		Control: func(context.Context, DeviceControl) error { return ams.DeviceAccessDenied },
	})
	if err != nil {
		return nil, err
	}
	d.HandleGroup(command.GroupLicenceIDs, DeviceGroup{Read: func(_ context.Context, _ *Request, offset, length uint32, dst []byte) ([]byte, ams.ReturnCode) {
		switch offset {
		case 0, licenceSystemID:
			return appendCut(dst, length, o.SystemID[:]...)
		case licencePlatform:
			return appendCut(dst, length, binary.LittleEndian.AppendUint16(nil, o.Platform)...)
		case licenceVolume:
			return appendCut(dst, length, binary.LittleEndian.AppendUint32(nil, o.VolumeID)...)
		default:
			return dst, ams.InvalidOffset
		}
	}})
	d.HandleGroup(command.GroupLicenceModules, DeviceGroup{Read: func(_ context.Context, _ *Request, _, length uint32, dst []byte) ([]byte, ams.ReturnCode) {
		var octets []byte
		for _, id := range slices.SortedFunc(maps.Keys(o.Modules), func(a, b symbol.GUID) int { return bytes.Compare(a[:], b[:]) }) {
			octets = append(octets, id[:]...)
		}
		return append(dst, octets[:min(uint64(length), uint64(len(octets)))]...), ams.NoError
	}})
	d.HandleGroup(command.GroupLicenceName, DeviceGroup{ReadWrite: func(_ context.Context, _ *Request, _, length uint32, id, dst []byte) ([]byte, ams.ReturnCode) {
		if len(id) != len(symbol.GUID{}) {
			return dst, ams.InvalidSize
		}
		name, ok := o.Modules[symbol.GUID(id)]
		if !ok {
			return dst, ams.NotFound
		}
		return appendCut(dst, length, append([]byte(name), 0)...)
	}})
	return d, nil
}
