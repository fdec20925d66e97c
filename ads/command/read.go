package command

import (
	"encoding/binary"

	"stellwerk/ads/ams"
)

// ReadRequest asks for data. It is an item of sum reads as well.
type ReadRequest struct {
	Index
	Length uint32 // octets wanted
}

// Append appends the body.
func (r ReadRequest) Append(dst []byte) []byte {
	return binary.LittleEndian.AppendUint32(r.append(dst), r.Length)
}

// DecodeReadRequest reads the body.
func DecodeReadRequest(data []byte) (ReadRequest, error) {
	d := decoder{what: "Read request", data: data}
	return ReadRequest{Index: d.index(), Length: d.u32("length")}, d.err
}

// ReadResponse answers Read and ReadWrite.
type ReadResponse struct {
	Result ams.ReturnCode
	Data   []byte
}

// Append appends the body.
func (r ReadResponse) Append(dst []byte) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, uint32(r.Result))
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(r.Data)))
	return append(dst, r.Data...)
}

// DecodeReadResponse reads the body. Devices that fail may leave the length out.
func DecodeReadResponse(data []byte) (ReadResponse, error) {
	d := decoder{what: "Read response", data: data}
	r := ReadResponse{Result: ams.ReturnCode(d.u32("result"))}
	if r.Result != ams.NoError && d.err == nil && d.at == len(data) {
		return r, nil
	}
	r.Data = d.next(d.u32("length"), "data")
	return r, d.err
}
