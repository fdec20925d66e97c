package asdu

import (
	"cmp"
	"encoding/binary"

	"stellwerk/wire"
)

// FileAction is the lower half of SCQ, what a call asks for, 0 to 15
// (IEC 60870-5-101, 7.2.6.30).
type FileAction uint8

// The actions that the standard defines.
const (
	FileDefault       FileAction = 0 // directory
	SelectFile        FileAction = 1
	RequestFile       FileAction = 2
	DeactivateFile    FileAction = 3
	DeleteFile        FileAction = 4
	SelectSection     FileAction = 5
	RequestSection    FileAction = 6
	DeactivateSection FileAction = 7
)

// Text says what the action means.
func (a FileAction) Text() wire.Text {
	switch a {
	case FileDefault:
		return wire.Text{EN: "default", DE: "Standard"}
	case SelectFile:
		return wire.Text{EN: "select file", DE: "Datei auswählen"}
	case RequestFile:
		return wire.Text{EN: "request file", DE: "Datei abfragen"}
	case DeactivateFile:
		return wire.Text{EN: "deactivate file", DE: "Datei abbrechen"}
	case DeleteFile:
		return wire.Text{EN: "delete file", DE: "Datei löschen"}
	case SelectSection:
		return wire.Text{EN: "select section", DE: "Abschnitt auswählen"}
	case RequestSection:
		return wire.Text{EN: "request section", DE: "Abschnitt abfragen"}
	case DeactivateSection:
		return wire.Text{EN: "deactivate section", DE: "Abschnitt abbrechen"}
	default:
		if a < 11 {
			return wire.Text{EN: "reserved by the standard", DE: "vom Standard reserviert"}
		}
		return wire.Text{EN: "private qualifier", DE: "private Kennung"}
	}
}

// FileCall calls a directory, selects or calls a file or a section: F_SC_NA_1
// (7.3.6.3).
type FileCall struct {
	Address ObjectAddress
	File    FileName
	Section uint8 // NOS
	Action  FileAction
	Error   uint8 // upper half of SCQ: 0 none, 1 no memory, 2 checksum, 3 service, 4 file name, 5 section name
}

// IOA returns the information object address.
func (o FileCall) IOA() ObjectAddress { return o.Address }

// Timestamp returns no time: the family has none.
func (FileCall) Timestamp() Time { return 0 }

func (o FileCall) encode(dst []byte, l layout) ([]byte, bool) {
	dst = appendAddress(dst, o.Address, l.octets)
	dst = binary.LittleEndian.AppendUint16(dst, uint16(o.File))
	dst = append(dst, o.Section, byte(o.Action&0xf)|o.Error<<4)
	return dst, l.fits(o.Address, TimeNone) && o.check() == nil
}

func (o FileCall) check() error {
	return cmp.Or(within("action", int(o.Action), 0, 15), within("error", int(o.Error), 0, 15))
}

func (FileCall) family() *family { return &fileCallFamily }

func (FileCall) decode(address ObjectAddress, data []byte, _ TimeKind) FileCall {
	return FileCall{
		Address: address,
		File:    FileName(binary.LittleEndian.Uint16(data)),
		Section: data[2],
		Action:  FileAction(data[3] & 0xf),
		Error:   data[3] >> 4,
	}
}

var fileCallFamily = family{
	elements: []wire.Element{elementNOF, elementNOS, elementSCQ},
	decode:   boxed[FileCall],
}

var elementSCQ = wire.Element{Name: "SCQ", Octets: 1, Fields: []wire.Field{
	{Name: "action", Bit: 0, Width: 4, Text: func(value uint64) wire.Text { return FileAction(value).Text() }},
	{Name: "error", Bit: 4, Width: 4, Text: fileRefusal},
}}
