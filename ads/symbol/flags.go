package symbol

import (
	"math/bits"
	"strconv"
	"strings"
)

// Flags are those of a symbol entry.
type Flags uint16

// Flags of symbol entries.
const (
	FlagPersistent      Flags = 0x0001
	FlagBitValue        Flags = 0x0002 // the index offset counts bits
	FlagReference       Flags = 0x0004 // REFERENCE TO: the address leads to what is referred to
	FlagTypeGUID        Flags = 0x0008
	FlagInterface       Flags = 0x0010 // TcCOM interface pointer
	FlagReadOnly        Flags = 0x0020
	FlagInterfaceMethod Flags = 0x0040 // access by methods of a TcCOM interface
	FlagMethodDeref     Flags = 0x0080
	FlagContext         Flags = 0x0F00 // mask: number of the task context
	FlagAttributes      Flags = 0x1000
	FlagStatic          Flags = 0x2000
	FlagInitOnReset     Flags = 0x4000
	FlagExtended        Flags = 0x8000
)

var flagNames = [16]string{
	"persistent", "bit value", "reference", "type GUID",
	"interface pointer", "read only", "interface method access", "method dereference",
	"context 1", "context 2", "context 4", "context 8",
	"attributes", "static", "init on reset", "extended flags",
}

// Context returns the number of the task context, 0 to 15.
func (f Flags) Context() int { return int(f & FlagContext >> 8) }

// Names returns the names of the flags that are set, lowest bit first.
func (f Flags) Names() []string {
	var names []string
	for rest := uint32(f &^ FlagContext); rest != 0; rest &= rest - 1 {
		names = append(names, flagNames[bits.TrailingZeros32(rest)])
	}
	if context := f.Context(); context != 0 {
		names = append(names, "context "+strconv.Itoa(context))
	}
	return names
}

// String returns the names joined by commas.
func (f Flags) String() string { return strings.Join(f.Names(), ", ") }

// TypeFlags are those of a data type entry.
type TypeFlags uint32

// Flags of data type entries.
const (
	TypeFlagDataType         TypeFlags = 0x00000001 // a type of its own
	TypeFlagDataItem         TypeFlags = 0x00000002 // an item of another type
	TypeFlagReference        TypeFlags = 0x00000004
	TypeFlagMethodDeref      TypeFlags = 0x00000008
	TypeFlagOversample       TypeFlags = 0x00000010
	TypeFlagBitValues        TypeFlags = 0x00000020 // size and offset count bits
	TypeFlagPropItem         TypeFlags = 0x00000040 // a property: getter and setter, no memory
	TypeFlagTypeGUID         TypeFlags = 0x00000080
	TypeFlagPersistent       TypeFlags = 0x00000100
	TypeFlagCopyMask         TypeFlags = 0x00000200
	TypeFlagInterface        TypeFlags = 0x00000400 // TcCOM interface pointer
	TypeFlagMethods          TypeFlags = 0x00000800
	TypeFlagAttributes       TypeFlags = 0x00001000
	TypeFlagEnumInfos        TypeFlags = 0x00002000
	TypeFlagAligned          TypeFlags = 0x00010000
	TypeFlagStatic           TypeFlags = 0x00020000 // outside the instance's memory
	TypeFlagProtectionLevels TypeFlags = 0x00040000
	TypeFlagIgnorePersist    TypeFlags = 0x00080000
	TypeFlagAnySizeArray     TypeFlags = 0x00100000
	TypeFlagPersistentType   TypeFlags = 0x00200000
	TypeFlagInitOnReset      TypeFlags = 0x00400000
	TypeFlagPLCPointer       TypeFlags = 0x00800000
	TypeFlagRefactorInfo     TypeFlags = 0x01000000
	TypeFlagHideSubItems     TypeFlags = 0x02000000
	TypeFlagIncomplete       TypeFlags = 0x04000000
	TypeFlagOnlineChangeRefs TypeFlags = 0x08000000
	TypeFlagDeref            TypeFlags = 0x10000000
	TypeFlagExtendedEnum     TypeFlags = 0x20000000
	TypeFlagExtended         TypeFlags = 0x80000000
)

var typeFlagNames = [32]string{
	"data type", "data item", "reference", "method dereference",
	"oversample", "bit values", "property item", "type GUID",
	"persistent", "copy mask", "interface pointer", "methods",
	"attributes", "enumeration", "0x4000", "0x8000",
	"aligned", "static", "protection levels", "ignore persistent",
	"any-size array", "persistent type", "init on reset", "PLC pointer",
	"refactoring", "hide sub-items", "incomplete", "online change references",
	"dereference", "extended enumeration", "0x40000000", "extended flags",
}

// Names returns the names of the flags that are set, lowest bit first.
func (f TypeFlags) Names() []string {
	var names []string
	for rest := uint32(f); rest != 0; rest &= rest - 1 {
		names = append(names, typeFlagNames[bits.TrailingZeros32(rest)])
	}
	return names
}

// String returns the names joined by commas.
func (f TypeFlags) String() string { return strings.Join(f.Names(), ", ") }

// MethodFlags are those of a method of a data type entry.
type MethodFlags uint32

// Flags of methods.
const (
	MethodFlagPLCCalling  MethodFlags = 0x1
	MethodFlagUnlocked    MethodFlags = 0x2
	MethodFlagNotCallable MethodFlags = 0x4
	MethodFlagAttributes  MethodFlags = 0x8
)

// ParameterFlags are those of a parameter of a method.
type ParameterFlags uint16

// Flags of parameters.
const (
	ParameterFlagIn         ParameterFlags = 0x1
	ParameterFlagOut        ParameterFlags = 0x2
	ParameterFlagByRef      ParameterFlags = 0x4
	ParameterFlagAttributes ParameterFlags = 0x40
)
