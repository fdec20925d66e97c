package asdu

import (
	"encoding/binary"

	"stellwerk/wire"
)

// SinglePoint is single-point information: M_SP_NA_1, M_SP_TA_1 and M_SP_TB_1
// (IEC 60870-5-101, 7.3.1.1, 7.3.1.2 and 7.3.1.22).
type SinglePoint struct {
	Address ObjectAddress
	Value   bool    // SPI: on
	Quality Quality // BL, SB, NT, IV
	Time    Time
}

// IOA returns the information object address.
func (o SinglePoint) IOA() ObjectAddress { return o.Address }

// Timestamp returns the time tag.
func (o SinglePoint) Timestamp() Time { return o.Time }

func (o SinglePoint) encode(dst []byte, l layout) ([]byte, bool) {
	dst = appendAddress(dst, o.Address, l.octets)
	dst = append(dst, byte(o.Quality&flagsSIQ)|bit(o.Value, 0))
	return o.Time.append(dst, l.kind), l.fits(o.Address, o.Time.Kind())
}

func (SinglePoint) family() *family { return &singlePointFamily }

func (SinglePoint) decode(address ObjectAddress, data []byte, kind TimeKind) SinglePoint {
	return SinglePoint{
		Address: address,
		Value:   data[0]&1 == 1,
		Quality: Quality(data[0]) & flagsSIQ,
		Time:    decodeTime(data[1:], kind),
	}
}

func encodeSinglePoints(dst []byte, objects []SinglePoint, kind TimeKind) int {
	size := 4 + kind.Octets()
	for i := range objects {
		o := &objects[i]
		if len(dst) < 11 || o.Address > highestAddress || o.Time.Kind() < kind {
			return i
		}
		octets := (*[11]byte)(dst)
		binary.LittleEndian.PutUint32(octets[:], uint32(o.Address))
		binary.LittleEndian.PutUint64(octets[3:], uint64(byte(o.Quality&flagsSIQ)|bit(o.Value, 0))|uint64(o.Time&^timeReserved)<<8)
		dst = dst[size:]
	}
	return len(objects)
}

func decodeSinglePoints(dst []SinglePoint, body []byte, kind TimeKind) int {
	size := 4 + kind.Octets()
	for i := range dst {
		if len(body) < 11 {
			return i
		}
		octets := (*[11]byte)(body)
		dst[i] = SinglePoint{
			Address: ObjectAddress(binary.LittleEndian.Uint32(octets[:])) & highestAddress,
			Value:   octets[3]&1 == 1,
			Quality: Quality(octets[3]) & flagsSIQ,
			Time:    timeOf(binary.LittleEndian.Uint64(octets[3:])>>8, kind),
		}
		body = body[size:]
	}
	return len(dst)
}

var singlePointFamily = family{
	elements: []wire.Element{elementSIQ},
	decode:   boxed[SinglePoint],
}

// elementSIQ is single-point information with quality descriptor (7.2.6.1).
var elementSIQ = wire.Element{Name: "SIQ", Octets: 1, Fields: []wire.Field{
	{Name: "SPI", Bit: 0, Width: 1, Text: stateText},
	reserved(1, 3),
	qualityField(4), qualityField(5), qualityField(6), qualityField(7),
}}

// stateText names the states of a single point and of a single command.
var stateText = wire.Flag(wire.Text{EN: "off", DE: "aus"}, wire.Text{EN: "on", DE: "ein"})

// bit returns 1 at the given place for true.
func bit(value bool, place int) byte {
	if value {
		return 1 << place
	}
	return 0
}
