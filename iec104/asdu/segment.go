package asdu

import (
	"encoding/binary"

	"stellwerk/wire"
)

// Segment carries octets of a section: F_SG_NA_1 (IEC 60870-5-101, 7.3.6.6).
type Segment struct {
	Address ObjectAddress
	File    FileName
	Section uint8 // NOS
	// Declared is LOS as received, which is the length of Data: [Params.Decode]
	// refuses any other. It is not sent; the length of Data is.
	Declared uint8
	// Data are the octets. A received segment aliases the telegram.
	Data []byte
}

// IOA returns the information object address.
func (o Segment) IOA() ObjectAddress { return o.Address }

// Timestamp returns no time: the family has none.
func (Segment) Timestamp() Time { return 0 }

func (o Segment) encode(dst []byte, l layout) ([]byte, bool) {
	dst = appendAddress(dst, o.Address, l.octets)
	dst = binary.LittleEndian.AppendUint16(dst, uint16(o.File))
	dst = append(dst, o.Section, byte(len(o.Data)))
	dst = append(dst, o.Data...)
	return dst, l.fits(o.Address, TimeNone) && o.check() == nil
}

func (o Segment) check() error {
	return within("length of segment", len(o.Data), 0, 255)
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
