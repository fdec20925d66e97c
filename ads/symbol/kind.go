package symbol

import "strconv"

// Kind is what a type is made of, and with it what its values are in Go.
type Kind uint8

// Kinds of types, with the Go type that [Type.Decode] makes of a value.
const (
	KindOpaque        Kind = iota // octets of an unknown type: []byte
	KindBool                      // BOOL: bool
	KindBit                       // BIT: bool, one bit of an octet
	KindInt8                      // SINT: int8
	KindUint8                     // USINT, BYTE: uint8
	KindInt16                     // INT: int16
	KindUint16                    // UINT, WORD: uint16
	KindInt32                     // DINT: int32
	KindUint32                    // UDINT, DWORD: uint32
	KindInt64                     // LINT: int64
	KindUint64                    // ULINT, LWORD: uint64
	KindReal32                    // REAL: float32
	KindReal64                    // LREAL: float64
	KindString                    // STRING: string
	KindWString                   // WSTRING: string
	KindTime                      // TIME, 32 bits of milliseconds: time.Duration
	KindLTime                     // LTIME, 64 bits of nanoseconds: time.Duration
	KindTimeOfDay                 // TOD, 32 bits of milliseconds: TimeOfDay
	KindLTimeOfDay                // LTOD, 64 bits of nanoseconds: TimeOfDay
	KindDate                      // DATE, 32 bits of seconds since 1970: time.Time
	KindLDate                     // LDATE, 64 bits of nanoseconds since 1970: time.Time
	KindDateTime                  // DT, 32 bits of seconds since 1970: time.Time
	KindLDateTime                 // LDT, 64 bits of nanoseconds since 1970: time.Time
	KindEnum                      // an enumeration: Enum
	KindArray                     // []any, one more level for each dimension
	KindStruct                    // STRUCT: Struct
	KindUnion                     // UNION: Struct, all fields over the same octets
	KindFunctionBlock             // the memory of a function block: Struct
	KindPointer                   // POINTER TO, PVOID: Address
	KindReference                 // REFERENCE TO: Address
	KindInterface                 // an interface pointer: Address
	kinds
)

var kindNames = [kinds]string{
	"opaque", "BOOL", "BIT", "SINT", "USINT", "INT", "UINT", "DINT", "UDINT", "LINT", "ULINT", "REAL", "LREAL",
	"STRING", "WSTRING", "TIME", "LTIME", "TOD", "LTOD", "DATE", "LDATE", "DT", "LDT",
	"enumeration", "array", "structure", "union", "function block", "pointer", "reference", "interface",
}

// String returns the name of an elementary type, and a word for all others.
func (k Kind) String() string {
	if k < kinds {
		return kindNames[k]
	}
	return strconv.Itoa(int(k))
}

// composite tells whether values have parts with names of their own.
func (k Kind) composite() bool {
	return k == KindStruct || k == KindUnion || k == KindFunctionBlock
}

// address tells whether values are addresses, whose size the target decides.
func (k Kind) address() bool {
	return k == KindPointer || k == KindReference || k == KindInterface
}

// integer tells whether values are numbers without a point.
func (k Kind) integer() bool { return k >= KindInt8 && k <= KindUint64 }

// sizes are the octets of kinds that have always the same.
var kindSizes = [kinds]uint32{
	KindBool: 1, KindBit: 1, KindInt8: 1, KindUint8: 1, KindInt16: 2, KindUint16: 2, KindInt32: 4, KindUint32: 4,
	KindInt64: 8, KindUint64: 8, KindReal32: 4, KindReal64: 8, KindTime: 4, KindLTime: 8, KindTimeOfDay: 4,
	KindLTimeOfDay: 8, KindDate: 4, KindLDate: 8, KindDateTime: 4, KindLDateTime: 8,
}

// kindBases are the base types that tables give to kinds.
var kindBases = [kinds]BaseType{
	KindBool: BaseBit, KindBit: BaseBit, KindInt8: BaseInt8, KindUint8: BaseUint8, KindInt16: BaseInt16,
	KindUint16: BaseUint16, KindInt32: BaseInt32, KindUint32: BaseUint32, KindInt64: BaseInt64, KindUint64: BaseUint64,
	KindReal32: BaseReal32, KindReal64: BaseReal64, KindString: BaseString, KindWString: BaseWString,
	KindTime: BaseUint32, KindLTime: BaseUint64, KindTimeOfDay: BaseUint32, KindLTimeOfDay: BaseUint64,
	KindDate: BaseUint32, KindLDate: BaseUint64, KindDateTime: BaseUint32, KindLDateTime: BaseUint64,
	KindOpaque: BaseBig, KindArray: BaseBig, KindStruct: BaseBig, KindUnion: BaseBig, KindFunctionBlock: BaseBig,
}

// baseKinds are the kinds behind base types.
var baseKinds = map[BaseType]Kind{
	BaseInt16: KindInt16, BaseInt32: KindInt32, BaseReal32: KindReal32, BaseReal64: KindReal64, BaseInt8: KindInt8,
	BaseUint8: KindUint8, BaseUint16: KindUint16, BaseUint32: KindUint32, BaseInt64: KindInt64, BaseUint64: KindUint64,
	BaseString: KindString, BaseWString: KindWString, BaseBit: KindBool,
}
