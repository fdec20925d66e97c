package command

import (
	"encoding/binary"
	"fmt"

	"stellwerk/ads/ams"
)

// maxDeviceName is the room for the name of a device.
const maxDeviceName = 16

// DeviceInfo answers ReadDeviceInfo, whose request has no body.
type DeviceInfo struct {
	Result ams.ReturnCode
	Major  uint8
	Minor  uint8
	Build  uint16
	Name   string // up to 16 octets; Append cuts what is longer
}

// Version returns the version as it is written, such as 3.1.4024.
func (i DeviceInfo) Version() string { return fmt.Sprintf("%d.%d.%d", i.Major, i.Minor, i.Build) }

// Append appends the body.
func (i DeviceInfo) Append(dst []byte) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, uint32(i.Result))
	dst = append(dst, i.Major, i.Minor)
	dst = binary.LittleEndian.AppendUint16(dst, i.Build)
	var name [maxDeviceName]byte
	copy(name[:], i.Name)
	return append(dst, name[:]...)
}

// DecodeDeviceInfo reads the body. Devices that fail may leave all but the result
// out.
func DecodeDeviceInfo(data []byte) (DeviceInfo, error) {
	d := decoder{what: "ReadDeviceInfo response", data: data}
	i := DeviceInfo{Result: ams.ReturnCode(d.u32("result"))}
	if i.Result != ams.NoError && d.err == nil && d.at == len(data) {
		return i, nil
	}
	i.Major, i.Minor, i.Build = d.u8("major version"), d.u8("minor version"), d.u16("build")
	i.Name = d.text(maxDeviceName, "name")
	return i, d.err
}
