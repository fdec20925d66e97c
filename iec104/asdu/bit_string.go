package asdu

import (
	"encoding/binary"

	"stellwerk/wire"
)

// BitString is a bitstring of 32 bits: M_BO_NA_1, M_BO_TA_1 and M_BO_TB_1
// (IEC 60870-5-101, 7.3.1.7, 7.3.1.8 and 7.3.1.25).
type BitString struct {
	Address ObjectAddress
	Value   uint32 // the first bit of the string is the least significant one
	Quality Quality
	Time    Time
}

// IOA returns the information object address.
func (o BitString) IOA() ObjectAddress { return o.Address }

// Timestamp returns the time tag.
func (o BitString) Timestamp() Time { return o.Time }

func (o BitString) encode(dst []byte, l layout) ([]byte, bool) {
	dst = appendAddress(dst, o.Address, l.octets)
	dst = binary.LittleEndian.AppendUint32(dst, o.Value)
	dst = append(dst, byte(o.Quality&flagsQDS))
	return o.Time.append(dst, l.kind), l.fits(o.Address, o.Time.Kind())
}

func (BitString) family() *family { return &bitStringFamily }

func (BitString) decode(address ObjectAddress, data []byte, kind TimeKind) BitString {
	return BitString{
		Address: address,
		Value:   binary.LittleEndian.Uint32(data),
		Quality: Quality(data[4]) & flagsQDS,
		Time:    decodeTime(data[5:], kind),
	}
}

var bitStringFamily = family{
	elements: []wire.Element{elementBSI, elementQDS},
	decode:   boxed[BitString],
}

// elementBSI is a binary state information of 32 bits (7.2.6.13).
var elementBSI = wire.Element{Name: "BSI", Octets: 4, Fields: []wire.Field{
	{Name: "BSI", Width: 32, Text: wire.Hex},
}}
