package asdu

import (
	"encoding/binary"
	"fmt"

	"stellwerk/wire"
)

// PackedSinglePoints is packed single-point information with status change
// detection: M_PS_NA_1 (IEC 60870-5-101, 7.3.1.20).
type PackedSinglePoints struct {
	Address ObjectAddress
	Status  uint16 // ST: bit n is the state of point n
	Changed uint16 // CD: bit n tells that point n changed since the last report
	Quality Quality
}

// IOA returns the information object address.
func (o PackedSinglePoints) IOA() ObjectAddress { return o.Address }

// Timestamp returns no time: the family has none.
func (PackedSinglePoints) Timestamp() Time { return 0 }

func (o PackedSinglePoints) encode(dst []byte, l layout) ([]byte, bool) {
	dst = appendAddress(dst, o.Address, l.octets)
	dst = binary.LittleEndian.AppendUint16(dst, o.Status)
	dst = binary.LittleEndian.AppendUint16(dst, o.Changed)
	dst = append(dst, byte(o.Quality&flagsQDS))
	return dst, l.fits(o.Address, TimeNone)
}

func (PackedSinglePoints) family() *family { return &packedSinglePointsFamily }

func (PackedSinglePoints) decode(address ObjectAddress, data []byte, _ TimeKind) PackedSinglePoints {
	return PackedSinglePoints{
		Address: address,
		Status:  binary.LittleEndian.Uint16(data),
		Changed: binary.LittleEndian.Uint16(data[2:]),
		Quality: Quality(data[4]) & flagsQDS,
	}
}

var packedSinglePointsFamily = family{
	elements: []wire.Element{elementSCD, elementQDS},
	decode:   boxed[PackedSinglePoints],
}

// elementSCD is status and status change detection (7.2.6.40).
var elementSCD = wire.Element{Name: "SCD", Octets: 4, Fields: []wire.Field{
	{Name: "ST", Bit: 0, Width: 16, Text: binaryText},
	{Name: "CD", Bit: 16, Width: 16, Text: binaryText},
}}

func binaryText(value uint64) wire.Text { return wire.Same(fmt.Sprintf("%016b", value)) }
