package asdu

import (
	"cmp"
	"encoding/binary"

	"stellwerk/wire"
)

// FileReady tells that a file is ready for transfer, or not: F_FR_NA_1
// (IEC 60870-5-101, 7.3.6.1).
type FileReady struct {
	Address   ObjectAddress
	File      FileName
	Length    uint32 // LOF, octets
	Qualifier uint8  // FRQ: 0 is the default, 64 to 127 are private
	Negative  bool   // FRQ: select, request, deactivation or deletion is refused
}

// IOA returns the information object address.
func (o FileReady) IOA() ObjectAddress { return o.Address }

// Timestamp returns no time: the family has none.
func (FileReady) Timestamp() Time { return 0 }

func (o FileReady) encode(dst []byte, l layout) ([]byte, bool) {
	dst = appendAddress(dst, o.Address, l.octets)
	dst = binary.LittleEndian.AppendUint16(dst, uint16(o.File))
	dst = appendLength(dst, o.Length)
	dst = append(dst, o.Qualifier&0x7f|bit(o.Negative, 7))
	return dst, l.fits(o.Address, TimeNone) && o.check() == nil
}

func (o FileReady) check() error {
	return cmp.Or(
		within("length of file", int(o.Length), 0, MaxFileLength),
		within("file ready qualifier", int(o.Qualifier), 0, 127),
	)
}

func (FileReady) family() *family { return &fileReadyFamily }

func (FileReady) decode(address ObjectAddress, data []byte, _ TimeKind) FileReady {
	return FileReady{
		Address:   address,
		File:      FileName(binary.LittleEndian.Uint16(data)),
		Length:    decodeLength(data[2:]),
		Qualifier: data[5] & 0x7f,
		Negative:  data[5]&0x80 != 0,
	}
}

var fileReadyFamily = family{
	elements: []wire.Element{elementNOF, elementLOF, elementFRQ},
	decode:   boxed[FileReady],
}

// elementFRQ is the file ready qualifier (7.2.6.28).
var elementFRQ = wire.Element{Name: "FRQ", Octets: 1, Fields: []wire.Field{
	{Name: "qualifier", Bit: 0, Width: 7},
	{Name: "BS1", Bit: 7, Width: 1, Text: wire.Flag(wire.Text{EN: "positive confirmation", DE: "positive Bestätigung"}, wire.Text{EN: "negative confirmation", DE: "negative Bestätigung"})},
}}
