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

func encodeScaledValues(dst []byte, objects []ScaledValue, kind TimeKind) int {
	size := 6 + kind.Octets()
	for i := range objects {
		o := &objects[i]
		if len(dst) < 13 || o.Address > highestAddress || o.Time.Kind() < kind {
			return i
		}
		octets := (*[13]byte)(dst)
		binary.LittleEndian.PutUint64(octets[:], uint64(o.Address)|uint64(uint16(o.Value))<<24)
		binary.LittleEndian.PutUint64(octets[5:], uint64(o.Quality&flagsQDS)|uint64(o.Time&^timeReserved)<<8)
		dst = dst[size:]
	}
	return len(objects)
}

func decodeScaledValues(dst []ScaledValue, body []byte, kind TimeKind) int {
	size := 6 + kind.Octets()
	for i := range dst {
		if len(body) < 13 {
			return i
		}
		octets := (*[13]byte)(body)
		dst[i] = ScaledValue{
			Address: ObjectAddress(binary.LittleEndian.Uint32(octets[:])) & highestAddress,
			Value:   int16(binary.LittleEndian.Uint16(octets[3:])),
			Quality: Quality(octets[5]) & flagsQDS,
			Time:    timeOf(binary.LittleEndian.Uint64(octets[5:])>>8, kind),
		}
		body = body[size:]
	}
	return len(dst)
}

var scaledValueFamily = family{
	elements: []wire.Element{elementSVA, elementQDS},
	decode:   boxed[ScaledValue],
}

// elementSVA is a scaled value (7.2.6.7).
var elementSVA = wire.Element{Name: "SVA", Octets: 2, Fields: []wire.Field{
	{Name: "SVA", Width: 16, Text: wire.Signed(16)},
}}
