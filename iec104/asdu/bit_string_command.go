package asdu

import (
	"encoding/binary"

	"stellwerk/wire"
)

// BitStringCommand is a command of a bitstring of 32 bits: C_BO_NA_1 and
// C_BO_TA_1 (IEC 60870-5-101, 7.3.2.7; IEC 60870-5-104, 8.7). It has neither
// qualifier nor select.
type BitStringCommand struct {
	Address ObjectAddress
	Value   uint32
	Time    Time
}

// IOA returns the information object address.
func (o BitStringCommand) IOA() ObjectAddress { return o.Address }

// Timestamp returns the time tag.
func (o BitStringCommand) Timestamp() Time { return o.Time }

func (o BitStringCommand) encode(dst []byte, l layout) ([]byte, bool) {
	dst = appendAddress(dst, o.Address, l.octets)
	dst = binary.LittleEndian.AppendUint32(dst, o.Value)
	return o.Time.append(dst, l.kind), l.fits(o.Address, o.Time.Kind())
}

func (BitStringCommand) family() *family { return &bitStringCommandFamily }

func (BitStringCommand) decode(address ObjectAddress, data []byte, kind TimeKind) BitStringCommand {
	return BitStringCommand{
		Address: address,
		Value:   binary.LittleEndian.Uint32(data),
		Time:    decodeTime(data[4:], kind),
	}
}

var bitStringCommandFamily = family{
	elements: []wire.Element{elementBSI},
	decode:   boxed[BitStringCommand],
}
