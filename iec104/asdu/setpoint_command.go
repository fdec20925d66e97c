package asdu

import (
	"encoding/binary"
	"math"

	"stellwerk/wire"
)

// SetpointQualifier is QL, the qualifier of a set-point command, 0 to 127
// (IEC 60870-5-101, 7.2.6.39): 0 is the default, 1 to 63 are reserved by the
// standard, 64 to 127 are for private use.
type SetpointQualifier uint8

// Text says what the qualifier means.
func (q SetpointQualifier) Text() wire.Text {
	switch {
	case q == 0:
		return wire.Text{EN: "default", DE: "Standard"}
	case q < 64:
		return wire.Text{EN: "reserved by the standard", DE: "vom Standard reserviert"}
	default:
		return wire.Text{EN: "private qualifier", DE: "private Kennung"}
	}
}

func (q SetpointQualifier) check() error {
	return within("qualifier of set-point command", int(q), 0, 127)
}

var elementQOS = wire.Element{Name: "QOS", Octets: 1, Fields: []wire.Field{
	{Name: "QL", Bit: 0, Width: 7, Text: func(value uint64) wire.Text { return SetpointQualifier(value).Text() }},
	selectField,
}}

// NormalizedSetpoint is a set-point command, normalized value: C_SE_NA_1 and
// C_SE_TA_1 (7.3.2.4; IEC 60870-5-104, 8.4).
type NormalizedSetpoint struct {
	Address   ObjectAddress
	Value     Normalized
	Qualifier SetpointQualifier
	Select    bool // S/E: select instead of execute
	Time      Time
}

// IOA returns the information object address.
func (o NormalizedSetpoint) IOA() ObjectAddress { return o.Address }

// Timestamp returns the time tag.
func (o NormalizedSetpoint) Timestamp() Time { return o.Time }

func (o NormalizedSetpoint) encode(dst []byte, l layout) ([]byte, bool) {
	dst = appendAddress(dst, o.Address, l.octets)
	dst = binary.LittleEndian.AppendUint16(dst, uint16(o.Value))
	dst = append(dst, byte(o.Qualifier&0x7f)|bit(o.Select, 7))
	return o.Time.append(dst, l.kind), l.fits(o.Address, o.Time.Kind()) && o.check() == nil
}

func (o NormalizedSetpoint) check() error {
	return o.Qualifier.check()
}

func (NormalizedSetpoint) family() *family { return &normalizedSetpointFamily }

func (NormalizedSetpoint) decode(address ObjectAddress, data []byte, kind TimeKind) NormalizedSetpoint {
	return NormalizedSetpoint{
		Address:   address,
		Value:     Normalized(binary.LittleEndian.Uint16(data)),
		Qualifier: SetpointQualifier(data[2] & 0x7f),
		Select:    data[2]&0x80 != 0,
		Time:      decodeTime(data[3:], kind),
	}
}

var normalizedSetpointFamily = family{
	elements: []wire.Element{elementNVA, elementQOS},
	decode:   boxed[NormalizedSetpoint],
}

// ScaledSetpoint is a set-point command, scaled value: C_SE_NB_1 and C_SE_TB_1
// (7.3.2.5; IEC 60870-5-104, 8.5).
type ScaledSetpoint struct {
	Address   ObjectAddress
	Value     int16
	Qualifier SetpointQualifier
	Select    bool // S/E: select instead of execute
	Time      Time
}

// IOA returns the information object address.
func (o ScaledSetpoint) IOA() ObjectAddress { return o.Address }

// Timestamp returns the time tag.
func (o ScaledSetpoint) Timestamp() Time { return o.Time }

func (o ScaledSetpoint) encode(dst []byte, l layout) ([]byte, bool) {
	dst = appendAddress(dst, o.Address, l.octets)
	dst = binary.LittleEndian.AppendUint16(dst, uint16(o.Value))
	dst = append(dst, byte(o.Qualifier&0x7f)|bit(o.Select, 7))
	return o.Time.append(dst, l.kind), l.fits(o.Address, o.Time.Kind()) && o.check() == nil
}

func (o ScaledSetpoint) check() error {
	return o.Qualifier.check()
}

func (ScaledSetpoint) family() *family { return &scaledSetpointFamily }

func (ScaledSetpoint) decode(address ObjectAddress, data []byte, kind TimeKind) ScaledSetpoint {
	return ScaledSetpoint{
		Address:   address,
		Value:     int16(binary.LittleEndian.Uint16(data)),
		Qualifier: SetpointQualifier(data[2] & 0x7f),
		Select:    data[2]&0x80 != 0,
		Time:      decodeTime(data[3:], kind),
	}
}

var scaledSetpointFamily = family{
	elements: []wire.Element{elementSVA, elementQOS},
	decode:   boxed[ScaledSetpoint],
}

// FloatSetpoint is a set-point command, short floating point number: C_SE_NC_1
// and C_SE_TC_1 (7.3.2.6; IEC 60870-5-104, 8.6).
type FloatSetpoint struct {
	Address   ObjectAddress
	Value     float32
	Qualifier SetpointQualifier
	Select    bool // S/E: select instead of execute
	Time      Time
}

// IOA returns the information object address.
func (o FloatSetpoint) IOA() ObjectAddress { return o.Address }

// Timestamp returns the time tag.
func (o FloatSetpoint) Timestamp() Time { return o.Time }

func (o FloatSetpoint) encode(dst []byte, l layout) ([]byte, bool) {
	dst = appendAddress(dst, o.Address, l.octets)
	dst = binary.LittleEndian.AppendUint32(dst, math.Float32bits(o.Value))
	dst = append(dst, byte(o.Qualifier&0x7f)|bit(o.Select, 7))
	return o.Time.append(dst, l.kind), l.fits(o.Address, o.Time.Kind()) && o.check() == nil
}

func (o FloatSetpoint) check() error {
	return o.Qualifier.check()
}

func (FloatSetpoint) family() *family { return &floatSetpointFamily }

func (FloatSetpoint) decode(address ObjectAddress, data []byte, kind TimeKind) FloatSetpoint {
	return FloatSetpoint{
		Address:   address,
		Value:     math.Float32frombits(binary.LittleEndian.Uint32(data)),
		Qualifier: SetpointQualifier(data[4] & 0x7f),
		Select:    data[4]&0x80 != 0,
		Time:      decodeTime(data[5:], kind),
	}
}

var floatSetpointFamily = family{
	elements: []wire.Element{elementR32, elementQOS},
	decode:   boxed[FloatSetpoint],
}
