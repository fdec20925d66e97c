package asdu

import (
	"encoding/binary"

	"stellwerk/wire"
)

// DoublePointState is DPI, the state of a double point (IEC 60870-5-101,
// 7.2.6.2).
type DoublePointState uint8

// The states of a double point.
const (
	Intermediate  DoublePointState = 0 // on its way, or neither end reached
	Off           DoublePointState = 1
	On            DoublePointState = 2
	Indeterminate DoublePointState = 3 // both ends at once: faulty
)

var doublePointTexts = [4]struct {
	name string
	text wire.Text
}{
	Intermediate:  {"intermediate", wire.Text{EN: "intermediate", DE: "Zwischenstellung"}},
	Off:           {"off", wire.Text{EN: "off", DE: "aus"}},
	On:            {"on", wire.Text{EN: "on", DE: "ein"}},
	Indeterminate: {"indeterminate", wire.Text{EN: "indeterminate", DE: "Störstellung"}},
}

// String returns "intermediate", "off", "on" or "indeterminate".
func (s DoublePointState) String() string { return doublePointTexts[s&3].name }

// Text says what the state means.
func (s DoublePointState) Text() wire.Text { return doublePointTexts[s&3].text }

// DoublePoint is double-point information: M_DP_NA_1, M_DP_TA_1 and M_DP_TB_1
// (7.3.1.3, 7.3.1.4 and 7.3.1.23).
type DoublePoint struct {
	Address ObjectAddress
	Value   DoublePointState
	Quality Quality // BL, SB, NT, IV
	Time    Time
}

// IOA returns the information object address.
func (o DoublePoint) IOA() ObjectAddress { return o.Address }

// Timestamp returns the time tag.
func (o DoublePoint) Timestamp() Time { return o.Time }

func (o DoublePoint) encode(dst []byte, l layout) ([]byte, bool) {
	dst = appendAddress(dst, o.Address, l.octets)
	dst = append(dst, byte(o.Quality&flagsSIQ)|byte(o.Value&3))
	return o.Time.append(dst, l.kind), l.fits(o.Address, o.Time.Kind()) && o.check() == nil
}

func (o DoublePoint) check() error {
	return within("state of double point", int(o.Value), 0, 3)
}

func (DoublePoint) family() *family { return &doublePointFamily }

func (DoublePoint) decode(address ObjectAddress, data []byte, kind TimeKind) DoublePoint {
	return DoublePoint{
		Address: address,
		Value:   DoublePointState(data[0] & 3),
		Quality: Quality(data[0]) & flagsSIQ,
		Time:    decodeTime(data[1:], kind),
	}
}

func encodeDoublePoints(dst []byte, objects []DoublePoint, kind TimeKind) int {
	size := 4 + kind.Octets()
	for i := range objects {
		o := &objects[i]
		if len(dst) < 11 || o.Address > highestAddress || o.Time.Kind() < kind || o.Value > 3 {
			return i
		}
		octets := (*[11]byte)(dst)
		binary.LittleEndian.PutUint32(octets[:], uint32(o.Address))
		binary.LittleEndian.PutUint64(octets[3:], uint64(byte(o.Quality&flagsSIQ)|byte(o.Value))|uint64(o.Time&^timeReserved)<<8)
		dst = dst[size:]
	}
	return len(objects)
}

func decodeDoublePoints(dst []DoublePoint, body []byte, kind TimeKind) int {
	size := 4 + kind.Octets()
	for i := range dst {
		if len(body) < 11 {
			return i
		}
		octets := (*[11]byte)(body)
		dst[i] = DoublePoint{
			Address: ObjectAddress(binary.LittleEndian.Uint32(octets[:])) & highestAddress,
			Value:   DoublePointState(octets[3] & 3),
			Quality: Quality(octets[3]) & flagsSIQ,
			Time:    timeOf(binary.LittleEndian.Uint64(octets[3:])>>8, kind),
		}
		body = body[size:]
	}
	return len(dst)
}

var doublePointFamily = family{
	elements: []wire.Element{elementDIQ},
	decode:   boxed[DoublePoint],
}

// elementDIQ is double-point information with quality descriptor (7.2.6.2).
var elementDIQ = wire.Element{Name: "DIQ", Octets: 1, Fields: []wire.Field{
	{Name: "DPI", Bit: 0, Width: 2, Text: func(value uint64) wire.Text { return DoublePointState(value).Text() }},
	reserved(2, 2),
	qualityField(4), qualityField(5), qualityField(6), qualityField(7),
}}
