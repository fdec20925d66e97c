package asdu

import (
	"encoding/binary"
	"math"
	"strconv"

	"stellwerk/wire"
)

// ShortFloat is a measured value, short floating point number: M_ME_NC_1,
// M_ME_TC_1 and M_ME_TF_1 (IEC 60870-5-101, 7.3.1.13, 7.3.1.14 and 7.3.1.28).
type ShortFloat struct {
	Address ObjectAddress
	Value   float32 // NaN and infinities travel as they are
	Quality Quality
	Time    Time
}

// IOA returns the information object address.
func (o ShortFloat) IOA() ObjectAddress { return o.Address }

// Timestamp returns the time tag.
func (o ShortFloat) Timestamp() Time { return o.Time }

func (o ShortFloat) encode(dst []byte, l layout) ([]byte, bool) {
	dst = appendAddress(dst, o.Address, l.octets)
	dst = binary.LittleEndian.AppendUint32(dst, math.Float32bits(o.Value))
	dst = append(dst, byte(o.Quality&flagsQDS))
	return o.Time.append(dst, l.kind), l.fits(o.Address, o.Time.Kind())
}

func (ShortFloat) family() *family { return &shortFloatFamily }

func (ShortFloat) decode(address ObjectAddress, data []byte, kind TimeKind) ShortFloat {
	return ShortFloat{
		Address: address,
		Value:   math.Float32frombits(binary.LittleEndian.Uint32(data)),
		Quality: Quality(data[4]) & flagsQDS,
		Time:    decodeTime(data[5:], kind),
	}
}

func encodeShortFloats(dst []byte, objects []ShortFloat, kind TimeKind) int {
	size := 8 + kind.Octets()
	for i := range objects {
		o := &objects[i]
		if len(dst) < 15 || o.Address > highestAddress || o.Time.Kind() < kind {
			return i
		}
		octets := (*[15]byte)(dst)
		binary.LittleEndian.PutUint64(octets[:], uint64(o.Address)|uint64(math.Float32bits(o.Value))<<24)
		binary.LittleEndian.PutUint64(octets[7:], uint64(o.Quality&flagsQDS)|uint64(o.Time&^timeReserved)<<8)
		dst = dst[size:]
	}
	return len(objects)
}

func decodeShortFloats(dst []ShortFloat, body []byte, kind TimeKind) int {
	size := 8 + kind.Octets()
	for i := range dst {
		if len(body) < 15 {
			return i
		}
		octets := (*[15]byte)(body)
		dst[i] = ShortFloat{
			Address: ObjectAddress(binary.LittleEndian.Uint32(octets[:])) & highestAddress,
			Value:   math.Float32frombits(binary.LittleEndian.Uint32(octets[3:])),
			Quality: Quality(octets[7]) & flagsQDS,
			Time:    timeOf(binary.LittleEndian.Uint64(octets[7:])>>8, kind),
		}
		body = body[size:]
	}
	return len(dst)
}

var shortFloatFamily = family{
	elements: []wire.Element{elementR32, elementQDS},
	decode:   boxed[ShortFloat],
}

// elementR32 is a short floating point number, IEEE STD 754 (7.2.6.8).
var elementR32 = wire.Element{Name: "R32", Octets: 4, Fields: []wire.Field{
	{Name: "R32", Width: 32, Text: func(value uint64) wire.Text {
		return wire.Same(strconv.FormatFloat(float64(math.Float32frombits(uint32(value))), 'g', -1, 32))
	}},
}}
