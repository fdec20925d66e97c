package asdu

import (
	"cmp"
	"encoding/binary"

	"stellwerk/wire"
)

// SectionReady tells that a section of a file is ready for transfer, or not:
// F_SR_NA_1 (IEC 60870-5-101, 7.3.6.2).
type SectionReady struct {
	Address   ObjectAddress
	File      FileName
	Section   uint8  // NOS
	Length    uint32 // LOF, octets of the section
	Qualifier uint8  // SRQ: 0 is the default, 64 to 127 are private
	NotReady  bool   // SRQ
}

// IOA returns the information object address.
func (o SectionReady) IOA() ObjectAddress { return o.Address }

// Timestamp returns no time: the family has none.
func (SectionReady) Timestamp() Time { return 0 }

func (o SectionReady) encode(dst []byte, l layout) ([]byte, bool) {
	dst = appendAddress(dst, o.Address, l.octets)
	dst = binary.LittleEndian.AppendUint16(dst, uint16(o.File))
	dst = append(dst, o.Section)
	dst = appendLength(dst, o.Length)
	dst = append(dst, o.Qualifier&0x7f|bit(o.NotReady, 7))
	return dst, l.fits(o.Address, TimeNone) && o.check() == nil
}

func (o SectionReady) check() error {
	return cmp.Or(
		within("length of section", int(o.Length), 0, MaxFileLength),
		within("section ready qualifier", int(o.Qualifier), 0, 127),
	)
}

func (SectionReady) family() *family { return &sectionReadyFamily }

func (SectionReady) decode(address ObjectAddress, data []byte, _ TimeKind) SectionReady {
	return SectionReady{
		Address:   address,
		File:      FileName(binary.LittleEndian.Uint16(data)),
		Section:   data[2],
		Length:    decodeLength(data[3:]),
		Qualifier: data[6] & 0x7f,
		NotReady:  data[6]&0x80 != 0,
	}
}

var sectionReadyFamily = family{
	elements: []wire.Element{elementNOF, elementNOS, elementLOF, elementSRQ},
	decode:   boxed[SectionReady],
}

// elementSRQ is the section ready qualifier (7.2.6.29).
var elementSRQ = wire.Element{Name: "SRQ", Octets: 1, Fields: []wire.Field{
	{Name: "qualifier", Bit: 0, Width: 7},
	{Name: "BS1", Bit: 7, Width: 1, Text: wire.Flag(wire.Text{EN: "section ready to load", DE: "Abschnitt bereit"}, wire.Text{EN: "section not ready to load", DE: "Abschnitt nicht bereit"})},
}}
