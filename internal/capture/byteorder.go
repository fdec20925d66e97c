package capture

import "encoding/binary"

// byteOrder is the order of octets in a file. It does what binary.ByteOrder
// does without calls through an interface, of which each packet would need ten.
type byteOrder bool

const (
	littleEndian byteOrder = false
	bigEndian    byteOrder = true
)

func (o byteOrder) uint16(data []byte) uint16 {
	if o == bigEndian {
		return binary.BigEndian.Uint16(data)
	}
	return binary.LittleEndian.Uint16(data)
}

func (o byteOrder) uint32(data []byte) uint32 {
	if o == bigEndian {
		return binary.BigEndian.Uint32(data)
	}
	return binary.LittleEndian.Uint32(data)
}

func (o byteOrder) uint64(data []byte) uint64 {
	if o == bigEndian {
		return binary.BigEndian.Uint64(data)
	}
	return binary.LittleEndian.Uint64(data)
}

func (o byteOrder) append16(data []byte, value uint16) []byte {
	if o == bigEndian {
		return binary.BigEndian.AppendUint16(data, value)
	}
	return binary.LittleEndian.AppendUint16(data, value)
}

func (o byteOrder) append32(data []byte, value uint32) []byte {
	if o == bigEndian {
		return binary.BigEndian.AppendUint32(data, value)
	}
	return binary.LittleEndian.AppendUint32(data, value)
}
