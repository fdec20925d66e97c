package asdu

import (
	"cmp"
	"encoding/binary"

	"stellwerk/wire"
)

// FileAnswer is the lower half of AFQ, what is acknowledged, 0 to 15
// (IEC 60870-5-101, 7.2.6.32).
type FileAnswer uint8

// The answers that the standard defines.
const (
	FileAnswerNotUsed FileAnswer = 0
	FilePositive      FileAnswer = 1
	FileNegative      FileAnswer = 2
	SectionPositive   FileAnswer = 3
	SectionNegative   FileAnswer = 4
)

// Text says what the answer means.
func (a FileAnswer) Text() wire.Text {
	switch a {
	case FileAnswerNotUsed:
		return wire.Text{EN: "not used", DE: "nicht verwendet"}
	case FilePositive:
		return wire.Text{EN: "file acknowledged", DE: "Datei bestätigt"}
	case FileNegative:
		return wire.Text{EN: "file not acknowledged", DE: "Datei nicht bestätigt"}
	case SectionPositive:
		return wire.Text{EN: "section acknowledged", DE: "Abschnitt bestätigt"}
	case SectionNegative:
		return wire.Text{EN: "section not acknowledged", DE: "Abschnitt nicht bestätigt"}
	default:
		if a < 11 {
			return wire.Text{EN: "reserved by the standard", DE: "vom Standard reserviert"}
		}
		return wire.Text{EN: "private qualifier", DE: "private Kennung"}
	}
}

// FileAcknowledgement acknowledges a file or a section: F_AF_NA_1 (7.3.6.5).
type FileAcknowledgement struct {
	Address ObjectAddress
	File    FileName
	Section uint8 // NOS
	Answer  FileAnswer
	Error   uint8 // upper half of AFQ: 0 none, 1 no memory, 2 checksum, 3 service, 4 file name, 5 section name
}

// IOA returns the information object address.
func (o FileAcknowledgement) IOA() ObjectAddress { return o.Address }

// Timestamp returns no time: the family has none.
func (FileAcknowledgement) Timestamp() Time { return 0 }

func (o FileAcknowledgement) encode(dst []byte, l layout) ([]byte, bool) {
	dst = appendAddress(dst, o.Address, l.octets)
	dst = binary.LittleEndian.AppendUint16(dst, uint16(o.File))
	dst = append(dst, o.Section, byte(o.Answer&0xf)|o.Error<<4)
	return dst, l.fits(o.Address, TimeNone) && o.check() == nil
}

func (o FileAcknowledgement) check() error {
	return cmp.Or(within("answer", int(o.Answer), 0, 15), within("error", int(o.Error), 0, 15))
}

func (FileAcknowledgement) family() *family { return &fileAcknowledgementFamily }

func (FileAcknowledgement) decode(address ObjectAddress, data []byte, _ TimeKind) FileAcknowledgement {
	return FileAcknowledgement{
		Address: address,
		File:    FileName(binary.LittleEndian.Uint16(data)),
		Section: data[2],
		Answer:  FileAnswer(data[3] & 0xf),
		Error:   data[3] >> 4,
	}
}

var fileAcknowledgementFamily = family{
	elements: []wire.Element{elementNOF, elementNOS, elementAFQ},
	decode:   boxed[FileAcknowledgement],
}

var elementAFQ = wire.Element{Name: "AFQ", Octets: 1, Fields: []wire.Field{
	{Name: "answer", Bit: 0, Width: 4, Text: func(value uint64) wire.Text { return FileAnswer(value).Text() }},
	{Name: "error", Bit: 4, Width: 4, Text: fileRefusal},
}}
