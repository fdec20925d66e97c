package symbol

import (
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
)

// Names of the tables in errors.
const (
	symbolTable = "symbol table"
	typeTable   = "data type table"
)

// UploadInfo says how large the tables are: index group 0xF00F with 24 or 64
// octets, 0xF00C with the first 8 of them.
type UploadInfo struct {
	Symbols     uint32 // number of symbol entries
	SymbolBytes uint32 // octets of the symbol table, index group 0xF00B
	Types       uint32 // number of data type entries
	TypeBytes   uint32 // octets of the data type table, index group 0xF00E

	MaxDynamicSymbols     uint32
	UsedDynamicSymbols    uint32
	InvalidDynamicSymbols uint32
	CodePage              CodePage // of all names in the tables
	Flags                 uint32
	Reserved              [28]byte
}

// Lengths of an upload info.
const (
	UploadInfoV1 = 8  // symbols only: TwinCAT 2
	UploadInfoV2 = 24 // with data types
	UploadInfoV3 = 64 // with the code page
)

// DecodeUploadInfo reads an upload info of 8, 24 or 64 octets; fields that are
// not there are 0. Other lengths from 8 on are taken as the next shorter one.
func DecodeUploadInfo(data []byte) (u UploadInfo, err error) {
	if len(data) < UploadInfoV1 {
		return u, fmt.Errorf("upload info of %d octets: it must have %d, %d or %d", len(data), UploadInfoV1, UploadInfoV2, UploadInfoV3)
	}
	u.Symbols = binary.LittleEndian.Uint32(data)
	u.SymbolBytes = binary.LittleEndian.Uint32(data[4:])
	if len(data) < UploadInfoV2 {
		return u, nil
	}
	u.Types = binary.LittleEndian.Uint32(data[8:])
	u.TypeBytes = binary.LittleEndian.Uint32(data[12:])
	u.MaxDynamicSymbols = binary.LittleEndian.Uint32(data[16:])
	u.UsedDynamicSymbols = binary.LittleEndian.Uint32(data[20:])
	if len(data) < UploadInfoV3 {
		return u, nil
	}
	u.InvalidDynamicSymbols = binary.LittleEndian.Uint32(data[24:])
	u.CodePage = CodePage(binary.LittleEndian.Uint32(data[28:]))
	u.Flags = binary.LittleEndian.Uint32(data[32:])
	copy(u.Reserved[:], data[36:])
	return u, nil
}

// Append appends the upload info with all of its 64 octets; the first 8 or 24
// are the shorter forms.
func (u *UploadInfo) Append(dst []byte) []byte {
	for _, field := range [...]uint32{
		u.Symbols, u.SymbolBytes, u.Types, u.TypeBytes, u.MaxDynamicSymbols, u.UsedDynamicSymbols,
		u.InvalidDynamicSymbols, uint32(u.CodePage), u.Flags,
	} {
		dst = binary.LittleEndian.AppendUint32(dst, field)
	}
	return append(dst, u.Reserved[:]...)
}

// Entries walks a symbol table, entries back to back. An entry whose inside is
// wrong yields an error and the walk goes on behind it; a length that cannot be
// right ends the walk after its error. Errors are [*TableError].
func Entries(table []byte, page CodePage) iter.Seq2[Entry, error] {
	return walk(table, symbolTable, minEntry, func(data []byte) (Entry, int, error) { return DecodeEntry(data, page) })
}

// TypeEntries walks a data type table as [Entries] walks a symbol table.
func TypeEntries(table []byte, page CodePage) iter.Seq2[TypeEntry, error] {
	return walk(table, typeTable, minTypeEntry, func(data []byte) (TypeEntry, int, error) { return DecodeTypeEntry(data, page) })
}

func walk[E any](table []byte, name string, minimum int, decode func([]byte) (E, int, error)) iter.Seq2[E, error] {
	return func(yield func(E, error) bool) {
		for number, at := 0, 0; at < len(table); number++ {
			entry, octets, err := decode(table[at:])
			if e, ok := errors.AsType[*TableError](err); ok {
				e.Table, e.Entry, e.Offset = name, number, at+e.Offset
			}
			if !yield(entry, err) {
				return
			}
			if err != nil {
				if len(table)-at < minimum {
					return
				}
				octets = int(binary.LittleEndian.Uint32(table[at:]))
				if octets < minimum || octets > len(table)-at {
					return
				}
			}
			at += octets
		}
	}
}

// maxErrors is how many errors of one table are told.
const maxErrors = 10

// ReadEntries returns all entries of a symbol table that can be read, and the
// errors of the first ten that cannot, joined.
func ReadEntries(table []byte, page CodePage) ([]Entry, error) { return collect(Entries(table, page)) }

// ReadTypeEntries returns all entries of a data type table that can be read,
// and the errors of the first ten that cannot, joined.
func ReadTypeEntries(table []byte, page CodePage) ([]TypeEntry, error) {
	return collect(TypeEntries(table, page))
}

func collect[E any](entries iter.Seq2[E, error]) ([]E, error) {
	var all []E
	var wrong []error
	more := 0
	for entry, err := range entries {
		switch {
		case err == nil:
			all = append(all, entry)
		case len(wrong) < maxErrors:
			wrong = append(wrong, err)
		default:
			more++
		}
	}
	if more > 0 {
		wrong = append(wrong, fmt.Errorf("and %d more entries that cannot be read", more))
	}
	return all, errors.Join(wrong...)
}
