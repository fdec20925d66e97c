package asdu

import (
	"encoding/binary"
	"fmt"

	"stellwerk/wire"
)

// Segment carries octets of a section: F_SG_NA_1 (IEC 60870-5-101, 7.3.6.6).
type Segment struct {
	Address ObjectAddress
	File    FileName
	Section uint8 // NOS
	// Declared is LOS, the length that a received segment states. It is not
	// sent: LOS is then the length of Data.
	Declared uint8
	// Data are the octets. A received segment aliases the telegram.
	Data []byte
}

// IOA returns the information object address.
func (o Segment) IOA() ObjectAddress { return o.Address }

// Timestamp returns no time: the family has none.
func (Segment) Timestamp() Time { return 0 }

func (o Segment) append(dst []byte, _ TimeKind) []byte {
	dst = binary.LittleEndian.AppendUint16(dst, uint16(o.File))
	dst = append(dst, o.Section, byte(len(o.Data)))
	dst = append(dst, o.Data...)
	return dst
}

func (o Segment) check() error {
	if len(o.Data) > 255 {
		return fmt.Errorf("segment of %d octets: its length has one octet", len(o.Data))
	}
	return nil
}
func (Segment) family() *family { return &segmentFamily }

func (Segment) decode(address ObjectAddress, data []byte, _ TimeKind) Segment {
	return Segment{
		Address:  address,
		File:     FileName(binary.LittleEndian.Uint16(data)),
		Section:  data[2],
		Declared: data[3],
		Data:     data[4:],
	}
}

var segmentFamily = family{
	elements: []wire.Element{elementNOF, elementNOS, elementLOS, {Name: "segment"}},
	decode:   boxed[Segment],
}

var elementLOS = wire.Element{Name: "LOS", Octets: 1, Fields: []wire.Field{{Name: "LOS", Width: 8}}}
