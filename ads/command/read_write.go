package command

import "encoding/binary"

// ReadWriteRequest hands data over and asks for what belongs to it. The answer is
// a [ReadResponse].
type ReadWriteRequest struct {
	Index
	ReadLength uint32 // octets wanted, at most
	Data       []byte // written
}

// Append appends the body.
func (r ReadWriteRequest) Append(dst []byte) []byte {
	dst = binary.LittleEndian.AppendUint32(r.append(dst), r.ReadLength)
	return append(binary.LittleEndian.AppendUint32(dst, uint32(len(r.Data))), r.Data...)
}

// DecodeReadWriteRequest reads the body.
func DecodeReadWriteRequest(data []byte) (ReadWriteRequest, error) {
	d := decoder{what: "ReadWrite request", data: data}
	return ReadWriteRequest{
		Index: d.index(), ReadLength: d.u32("read length"), Data: d.next(d.u32("write length"), "data"),
	}, d.err
}
