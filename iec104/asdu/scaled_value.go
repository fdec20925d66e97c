package asdu

import (
	"encoding/binary"

	"stellwerk/wire"
)

// ScaledValue is a measured value, scaled: M_ME_NB_1, M_ME_TB_1 and M_ME_TE_1
// (IEC 60870-5-101, 7.3.1.11, 7.3.1.12 and 7.3.1.27).
type ScaledValue struct {
	Address ObjectAddress
	Value   int16
	Quality Quality
	Time    Time
}

// IOA returns the information object address.
func (o ScaledValue) IOA() ObjectAddress { return o.Address }

// Timestamp returns the time tag.
func (o ScaledValue) Timestamp() Time { return o.Time }

func (o ScaledValue) encode(dst []byte, l layout) ([]byte, bool) {
	dst = appendAddress(dst, o.Address, l.octets)
	dst = binary.LittleEndian.AppendUint16(dst, uint16(o.Value))
	dst = append(dst, byte(o.Quality&flagsQDS))
	return o.Time.append(dst, l.kind), l.fits(o.Address, o.Time.Kind())
}

func (ScaledValue) family() *family { return &scaledValueFamily }

func (ScaledValue) decode(address ObjectAddress, data []byte, kind TimeKind) ScaledValue {
	return ScaledValue{
		Address: address,
		Value:   int16(binary.LittleEndian.Uint16(data)),
		Quality: Quality(data[2]) & flagsQDS,
		Time:    decodeTime(data[3:], kind),
	}
}

var scaledValueFamily = family{
	elements: []wire.Element{elementSVA, elementQDS},
	decode:   boxed[ScaledValue],
}

// elementSVA is a scaled value (7.2.6.7).
var elementSVA = wire.Element{Name: "SVA", Octets: 2, Fields: []wire.Field{
	{Name: "SVA", Width: 16, Text: wire.Signed(16)},
}}
