package asdu

import (
	"encoding/binary"
	"math"

	"stellwerk/wire"
)

// ParameterKind is KPA, the kind of a parameter of a measured value, 0 to 63
// (IEC 60870-5-101, 7.2.6.24): 5 to 31 are reserved by the standard, 32 to 63
// are for private use.
type ParameterKind uint8

// The kinds that the standard defines.
const (
	ParameterThreshold ParameterKind = 1 // threshold value (deadband)
	ParameterSmoothing ParameterKind = 2 // smoothing factor (filter time constant)
	ParameterLowLimit  ParameterKind = 3 // low limit for transmission
	ParameterHighLimit ParameterKind = 4 // high limit for transmission
)

// Text says what the kind means.
func (k ParameterKind) Text() wire.Text {
	switch {
	case k == 0:
		return wire.Text{EN: "not used", DE: "nicht verwendet"}
	case k == ParameterThreshold:
		return wire.Text{EN: "threshold value", DE: "Schwellwert"}
	case k == ParameterSmoothing:
		return wire.Text{EN: "smoothing factor", DE: "Glättungsfaktor"}
	case k == ParameterLowLimit:
		return wire.Text{EN: "low limit for transmission", DE: "untere Grenze für die Übertragung"}
	case k == ParameterHighLimit:
		return wire.Text{EN: "high limit for transmission", DE: "obere Grenze für die Übertragung"}
	case k < 32:
		return wire.Text{EN: "reserved by the standard", DE: "vom Standard reserviert"}
	default:
		return wire.Text{EN: "private qualifier", DE: "private Kennung"}
	}
}

// ParameterQualifier is QPM, the qualifier of a parameter.
type ParameterQualifier struct {
	Kind ParameterKind
	// Changed is LPC: the parameter was changed locally.
	Changed bool
	// NotInOperation is POP.
	NotInOperation bool
}

func (q ParameterQualifier) octet() byte {
	return byte(q.Kind&0x3f) | bit(q.Changed, 6) | bit(q.NotInOperation, 7)
}

func decodeParameterQualifier(octet byte) ParameterQualifier {
	return ParameterQualifier{
		Kind:           ParameterKind(octet & 0x3f),
		Changed:        octet&0x40 != 0,
		NotInOperation: octet&0x80 != 0,
	}
}

func (q ParameterQualifier) check() error {
	return within("kind of parameter", int(q.Kind), 0, 63)
}

var elementQPM = wire.Element{Name: "QPM", Octets: 1, Fields: []wire.Field{
	{Name: "KPA", Bit: 0, Width: 6, Text: func(value uint64) wire.Text { return ParameterKind(value).Text() }},
	{Name: "LPC", Bit: 6, Width: 1, Text: wire.Flag(wire.Text{EN: "no local change", DE: "keine örtliche Änderung"}, wire.Text{EN: "local change", DE: "örtliche Änderung"})},
	{Name: "POP", Bit: 7, Width: 1, Text: wire.Flag(wire.Text{EN: "in operation", DE: "in Betrieb"}, wire.Text{EN: "not in operation", DE: "außer Betrieb"})},
}}

// NormalizedParameter is a parameter of measured values, normalized value:
// P_ME_NA_1 (7.3.5.1).
type NormalizedParameter struct {
	Address   ObjectAddress
	Value     Normalized
	Qualifier ParameterQualifier
}

// IOA returns the information object address.
func (o NormalizedParameter) IOA() ObjectAddress { return o.Address }

// Timestamp returns no time: the family has none.
func (NormalizedParameter) Timestamp() Time { return 0 }

func (o NormalizedParameter) encode(dst []byte, l layout) ([]byte, bool) {
	dst = appendAddress(dst, o.Address, l.octets)
	dst = binary.LittleEndian.AppendUint16(dst, uint16(o.Value))
	dst = append(dst, o.Qualifier.octet())
	return dst, l.fits(o.Address, TimeNone) && o.check() == nil
}

func (o NormalizedParameter) check() error {
	return o.Qualifier.check()
}

func (NormalizedParameter) family() *family { return &normalizedParameterFamily }

func (NormalizedParameter) decode(address ObjectAddress, data []byte, _ TimeKind) NormalizedParameter {
	return NormalizedParameter{
		Address:   address,
		Value:     Normalized(binary.LittleEndian.Uint16(data)),
		Qualifier: decodeParameterQualifier(data[2]),
	}
}

var normalizedParameterFamily = family{
	elements: []wire.Element{elementNVA, elementQPM},
	decode:   boxed[NormalizedParameter],
}

// ScaledParameter is a parameter of measured values, scaled value: P_ME_NB_1
// (7.3.5.2).
type ScaledParameter struct {
	Address   ObjectAddress
	Value     int16
	Qualifier ParameterQualifier
}

// IOA returns the information object address.
func (o ScaledParameter) IOA() ObjectAddress { return o.Address }

// Timestamp returns no time: the family has none.
func (ScaledParameter) Timestamp() Time { return 0 }

func (o ScaledParameter) encode(dst []byte, l layout) ([]byte, bool) {
	dst = appendAddress(dst, o.Address, l.octets)
	dst = binary.LittleEndian.AppendUint16(dst, uint16(o.Value))
	dst = append(dst, o.Qualifier.octet())
	return dst, l.fits(o.Address, TimeNone) && o.check() == nil
}

func (o ScaledParameter) check() error {
	return o.Qualifier.check()
}

func (ScaledParameter) family() *family { return &scaledParameterFamily }

func (ScaledParameter) decode(address ObjectAddress, data []byte, _ TimeKind) ScaledParameter {
	return ScaledParameter{
		Address:   address,
		Value:     int16(binary.LittleEndian.Uint16(data)),
		Qualifier: decodeParameterQualifier(data[2]),
	}
}

var scaledParameterFamily = family{
	elements: []wire.Element{elementSVA, elementQPM},
	decode:   boxed[ScaledParameter],
}

// FloatParameter is a parameter of measured values, short floating point
// number: P_ME_NC_1 (7.3.5.3).
type FloatParameter struct {
	Address   ObjectAddress
	Value     float32
	Qualifier ParameterQualifier
}

// IOA returns the information object address.
func (o FloatParameter) IOA() ObjectAddress { return o.Address }

// Timestamp returns no time: the family has none.
func (FloatParameter) Timestamp() Time { return 0 }

func (o FloatParameter) encode(dst []byte, l layout) ([]byte, bool) {
	dst = appendAddress(dst, o.Address, l.octets)
	dst = binary.LittleEndian.AppendUint32(dst, math.Float32bits(o.Value))
	dst = append(dst, o.Qualifier.octet())
	return dst, l.fits(o.Address, TimeNone) && o.check() == nil
}

func (o FloatParameter) check() error {
	return o.Qualifier.check()
}

func (FloatParameter) family() *family { return &floatParameterFamily }

func (FloatParameter) decode(address ObjectAddress, data []byte, _ TimeKind) FloatParameter {
	return FloatParameter{
		Address:   address,
		Value:     math.Float32frombits(binary.LittleEndian.Uint32(data)),
		Qualifier: decodeParameterQualifier(data[4]),
	}
}

var floatParameterFamily = family{
	elements: []wire.Element{elementR32, elementQPM},
	decode:   boxed[FloatParameter],
}
