package asdu

import (
	"encoding/binary"
	"math"
	"strconv"

	"stellwerk/wire"
)

// Normalized is NVA, a fixed-point number in [-1, 1) in steps of 2^-15
// (IEC 60870-5-101, 7.2.6.6).
type Normalized int16

// Float64 returns the number, without loss.
func (n Normalized) Float64() float64 { return float64(n) / (1 << 15) }

// NormalizedOf returns the nearest number to f, and whether f was in range;
// beyond it, the result is the end of the range. NaN gives 0 and false.
func NormalizedOf(f float64) (Normalized, bool) {
	switch {
	case math.IsNaN(f):
		return 0, false
	case f < -1:
		return math.MinInt16, false
	case f >= 1:
		return math.MaxInt16, false
	}
	return Normalized(min(math.Round(f*(1<<15)), math.MaxInt16)), true
}

// NormalizedValue is a measured value, normalized: M_ME_NA_1, M_ME_TA_1 and
// M_ME_TD_1 (7.3.1.9, 7.3.1.10 and 7.3.1.26).
type NormalizedValue struct {
	Address ObjectAddress
	Value   Normalized
	Quality Quality
	Time    Time
}

// IOA returns the information object address.
func (o NormalizedValue) IOA() ObjectAddress { return o.Address }

// Timestamp returns the time tag.
func (o NormalizedValue) Timestamp() Time { return o.Time }

func (o NormalizedValue) encode(dst []byte, l layout) ([]byte, bool) {
	dst = appendAddress(dst, o.Address, l.octets)
	dst = binary.LittleEndian.AppendUint16(dst, uint16(o.Value))
	dst = append(dst, byte(o.Quality&flagsQDS))
	return o.Time.append(dst, l.kind), l.fits(o.Address, o.Time.Kind())
}

func (NormalizedValue) family() *family { return &normalizedValueFamily }

func (NormalizedValue) decode(address ObjectAddress, data []byte, kind TimeKind) NormalizedValue {
	return NormalizedValue{
		Address: address,
		Value:   Normalized(binary.LittleEndian.Uint16(data)),
		Quality: Quality(data[2]) & flagsQDS,
		Time:    decodeTime(data[3:], kind),
	}
}

func encodeNormalizedValues(dst []byte, objects []NormalizedValue, kind TimeKind) int {
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

func decodeNormalizedValues(dst []NormalizedValue, body []byte, kind TimeKind) int {
	size := 6 + kind.Octets()
	for i := range dst {
		if len(body) < 13 {
			return i
		}
		octets := (*[13]byte)(body)
		dst[i] = NormalizedValue{
			Address: ObjectAddress(binary.LittleEndian.Uint32(octets[:])) & highestAddress,
			Value:   Normalized(binary.LittleEndian.Uint16(octets[3:])),
			Quality: Quality(octets[5]) & flagsQDS,
			Time:    timeOf(binary.LittleEndian.Uint64(octets[5:])>>8, kind),
		}
		body = body[size:]
	}
	return len(dst)
}

var normalizedValueFamily = family{
	elements: []wire.Element{elementNVA, elementQDS},
	decode:   boxed[NormalizedValue],
}

// PlainNormalizedValue is a measured value, normalized, without quality
// descriptor: M_ME_ND_1 (7.3.1.21).
type PlainNormalizedValue struct {
	Address ObjectAddress
	Value   Normalized
}

// IOA returns the information object address.
func (o PlainNormalizedValue) IOA() ObjectAddress { return o.Address }

// Timestamp returns no time: the family has none.
func (PlainNormalizedValue) Timestamp() Time { return 0 }

func (o PlainNormalizedValue) encode(dst []byte, l layout) ([]byte, bool) {
	dst = appendAddress(dst, o.Address, l.octets)
	dst = binary.LittleEndian.AppendUint16(dst, uint16(o.Value))
	return dst, l.fits(o.Address, TimeNone)
}

func (PlainNormalizedValue) family() *family { return &plainNormalizedValueFamily }

func (PlainNormalizedValue) decode(address ObjectAddress, data []byte, _ TimeKind) PlainNormalizedValue {
	return PlainNormalizedValue{Address: address, Value: Normalized(binary.LittleEndian.Uint16(data))}
}

var plainNormalizedValueFamily = family{
	elements: []wire.Element{elementNVA},
	decode:   boxed[PlainNormalizedValue],
}

var elementNVA = wire.Element{Name: "NVA", Octets: 2, Fields: []wire.Field{
	{Name: "NVA", Width: 16, Text: func(value uint64) wire.Text {
		return wire.Same(strconv.FormatFloat(Normalized(value).Float64(), 'f', -1, 64))
	}},
}}
