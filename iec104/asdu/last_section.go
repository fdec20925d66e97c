package asdu

import (
	"encoding/binary"

	"stellwerk/wire"
)

// LastQualifier is LSQ, what a last section or segment ends (IEC 60870-5-101,
// 7.2.6.31): 5 to 127 are reserved by the standard, 128 to 255 are for private
// use.
type LastQualifier uint8

// The qualifiers that the standard defines.
const (
	LastNotUsed                LastQualifier = 0
	FileWithoutDeactivation    LastQualifier = 1
	FileWithDeactivation       LastQualifier = 2
	SectionWithoutDeactivation LastQualifier = 3
	SectionWithDeactivation    LastQualifier = 4
)

// Text says what the qualifier means.
func (q LastQualifier) Text() wire.Text {
	switch {
	case q == LastNotUsed:
		return wire.Text{EN: "not used", DE: "nicht verwendet"}
	case q == FileWithoutDeactivation:
		return wire.Text{EN: "file transfer without deactivation", DE: "Dateiübermittlung ohne Abbruch"}
	case q == FileWithDeactivation:
		return wire.Text{EN: "file transfer with deactivation", DE: "Dateiübermittlung mit Abbruch"}
	case q == SectionWithoutDeactivation:
		return wire.Text{EN: "section transfer without deactivation", DE: "Abschnittsübermittlung ohne Abbruch"}
	case q == SectionWithDeactivation:
		return wire.Text{EN: "section transfer with deactivation", DE: "Abschnittsübermittlung mit Abbruch"}
	case q < 128:
		return wire.Text{EN: "reserved by the standard", DE: "vom Standard reserviert"}
	default:
		return wire.Text{EN: "private qualifier", DE: "private Kennung"}
	}
}

// LastSection tells that the last section or segment has been sent: F_LS_NA_1
// (7.3.6.4).
type LastSection struct {
	Address   ObjectAddress
	File      FileName
	Section   uint8 // NOS
	Qualifier LastQualifier
	Checksum  uint8 // CHS: sum of the octets modulo 256 (7.2.6.37)
}

// IOA returns the information object address.
func (o LastSection) IOA() ObjectAddress { return o.Address }

// Timestamp returns no time: the family has none.
func (LastSection) Timestamp() Time { return 0 }

func (o LastSection) encode(dst []byte, l layout) ([]byte, bool) {
	dst = appendAddress(dst, o.Address, l.octets)
	dst = binary.LittleEndian.AppendUint16(dst, uint16(o.File))
	dst = append(dst, o.Section, byte(o.Qualifier), o.Checksum)
	return dst, l.fits(o.Address, TimeNone)
}

func (LastSection) family() *family { return &lastSectionFamily }

func (LastSection) decode(address ObjectAddress, data []byte, _ TimeKind) LastSection {
	return LastSection{
		Address:   address,
		File:      FileName(binary.LittleEndian.Uint16(data)),
		Section:   data[2],
		Qualifier: LastQualifier(data[3]),
		Checksum:  data[4],
	}
}

var lastSectionFamily = family{
	elements: []wire.Element{elementNOF, elementNOS, elementLSQ, elementCHS},
	decode:   boxed[LastSection],
}

var elementLSQ = wire.Element{Name: "LSQ", Octets: 1, Fields: []wire.Field{
	{Name: "LSQ", Width: 8, Text: func(value uint64) wire.Text { return LastQualifier(value).Text() }},
}}
