package command

import (
	"encoding/binary"

	"stellwerk/ads/ams"
)

// WriteRequest hands data over. It is an item of sum writes as well.
type WriteRequest struct {
	Index
	Data []byte
}

// Append appends the body.
func (r WriteRequest) Append(dst []byte) []byte {
	return append(binary.LittleEndian.AppendUint32(r.append(dst), uint32(len(r.Data))), r.Data...)
}

// DecodeWriteRequest reads the body.
func DecodeWriteRequest(data []byte) (WriteRequest, error) {
	d := decoder{what: "Write request", data: data}
	return WriteRequest{Index: d.index(), Data: d.next(d.u32("length"), "data")}, d.err
}

// AppendResult appends the body of an answer that is a return code alone: that
// to Write, WriteControl and DeleteDeviceNotification.
func AppendResult(dst []byte, code ams.ReturnCode) []byte {
	return binary.LittleEndian.AppendUint32(dst, uint32(code))
}

// DecodeResult reads an answer that is a return code alone.
func DecodeResult(data []byte) (ams.ReturnCode, error) {
	d := decoder{what: "response", data: data}
	return ams.ReturnCode(d.u32("result")), d.err
}
