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
	// Orders are their order numbers, such as TC1200, where they have one.
	Orders map[symbol.GUID]string
}

// licenceEntry is the length of an entry of the list of licences: GUID, end as 8
// octets, instances (0 is one for each CPU), how many are used, result (0 is valid),
// volume, and 8 octets more.
const licenceEntry = 16 + 8 + 4*4 + 8

// Index offsets of the licence server's ids.
const (
	licenceSystemID = 1
	licencePlatform = 2
	licenceVolume   = 5
)

// NewDeviceLicence returns a [Handler] for port 30, the licence server of TwinCAT:
// the system id (index group 0x01010004, offset 1; 0 is the same), the platform
// level (offset 2) and the volume (offset 5), the licences (0x01010006; who has room
// for 4 octets is told how many there are), their names (0x0101000C) and order
// numbers (0x0101000D).
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
		if length < licenceEntry {
			return appendCut(dst, length, binary.LittleEndian.AppendUint32(nil, uint32(len(o.Modules)))...)
		}
		for _, id := range slices.SortedFunc(maps.Keys(o.Modules), func(a, b symbol.GUID) int { return bytes.Compare(a[:], b[:]) }) {
			if length < licenceEntry {
				break
			}
			length -= licenceEntry
			entry := [licenceEntry]byte{}
			copy(entry[:], id[:])
			putUint32(entry[36:], o.VolumeID)
			dst = append(dst, entry[:]...)
		}
		return dst, ams.NoError
	}})
	d.HandleGroup(command.GroupLicenceName, licenceText(&o, o.Modules))
	d.HandleGroup(command.GroupLicenceOrder, licenceText(&o, o.Orders))
	return d, nil
}

// licenceText tells a text of the licence whose GUID is asked with. One that is
// longer than the client's room is cut.
func licenceText(o *DeviceLicenceOptions, texts map[symbol.GUID]string) DeviceGroup {
	return DeviceGroup{ReadWrite: func(_ context.Context, _ *Request, _, length uint32, id, dst []byte) ([]byte, ams.ReturnCode) {
		if len(id) != len(symbol.GUID{}) {
			return dst, ams.InvalidSize
		}
		if _, ok := o.Modules[symbol.GUID(id)]; !ok {
			return dst, ams.NotFound
		}
		text := append([]byte(texts[symbol.GUID(id)]), 0)
		return append(dst, text[:min(uint64(length), uint64(len(text)))]...), ams.NoError
	}}
}
