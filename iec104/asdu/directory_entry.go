package asdu

import (
	"cmp"
	"encoding/binary"

	"stellwerk/wire"
)

// DirectoryEntry is one file or subdirectory of a directory: F_DR_TA_1
// (IEC 60870-5-101, 7.3.6.7).
type DirectoryEntry struct {
	Address   ObjectAddress
	File      FileName // NOF, or NODF of a subdirectory
	Length    uint32   // LOF, octets
	Status    uint8    // SOF: 0 to 31
	Last      bool     // LFD: last file of the directory
	Directory bool     // FOR: the name is that of a subdirectory
	Active    bool     // FA: a transfer of the file is active
	Time      Time     // CP56Time2a of its creation
}

// IOA returns the information object address.
func (o DirectoryEntry) IOA() ObjectAddress { return o.Address }

// Timestamp returns the time tag.
func (o DirectoryEntry) Timestamp() Time { return o.Time }

func (o DirectoryEntry) encode(dst []byte, l layout) ([]byte, bool) {
	dst = appendAddress(dst, o.Address, l.octets)
	dst = binary.LittleEndian.AppendUint16(dst, uint16(o.File))
	dst = appendLength(dst, o.Length)
	dst = append(dst, o.Status&0x1f|bit(o.Last, 5)|bit(o.Directory, 6)|bit(o.Active, 7))
	return o.Time.append(dst, l.kind), l.fits(o.Address, o.Time.Kind()) && o.check() == nil
}

func (o DirectoryEntry) check() error {
	return cmp.Or(
		within("length of file", int(o.Length), 0, MaxFileLength),
		within("status of file", int(o.Status), 0, 31),
	)
}

func (DirectoryEntry) family() *family { return &directoryEntryFamily }

func (DirectoryEntry) decode(address ObjectAddress, data []byte, kind TimeKind) DirectoryEntry {
	return DirectoryEntry{
		Address:   address,
		File:      FileName(binary.LittleEndian.Uint16(data)),
		Length:    decodeLength(data[2:]),
		Status:    data[5] & 0x1f,
		Last:      data[5]&0x20 != 0,
		Directory: data[5]&0x40 != 0,
		Active:    data[5]&0x80 != 0,
		Time:      decodeTime(data[6:], kind),
	}
}

var directoryEntryFamily = family{
	elements: []wire.Element{elementNOF, elementLOF, elementSOF},
	decode:   boxed[DirectoryEntry],
}

// elementSOF is the status of a file (7.2.6.38).
var elementSOF = wire.Element{Name: "SOF", Octets: 1, Fields: []wire.Field{
	{Name: "STATUS", Bit: 0, Width: 5},
	{Name: "LFD", Bit: 5, Width: 1, Text: wire.Flag(wire.Text{EN: "further files follow", DE: "weitere Dateien folgen"}, wire.Text{EN: "last file of the directory", DE: "letzte Datei des Verzeichnisses"})},
	{Name: "FOR", Bit: 6, Width: 1, Text: wire.Flag(wire.Text{EN: "name of a file", DE: "Name einer Datei"}, wire.Text{EN: "name of a subdirectory", DE: "Name eines Unterverzeichnisses"})},
	{Name: "FA", Bit: 7, Width: 1, Text: wire.Flag(wire.Text{EN: "file waits for transfer", DE: "Datei wartet auf Übermittlung"}, wire.Text{EN: "transfer of the file is active", DE: "Übermittlung der Datei ist aktiv"})},
}}
