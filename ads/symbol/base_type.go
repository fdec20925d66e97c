package symbol

import "strconv"

// BaseType is the base type id (ADST) of symbol and data type entries: how the
// octets of a value are to be read where nothing better is known.
type BaseType uint32

// Base types.
const (
	BaseVoid    BaseType = 0
	BaseInt16   BaseType = 2
	BaseInt32   BaseType = 3
	BaseReal32  BaseType = 4
	BaseReal64  BaseType = 5
	BaseInt8    BaseType = 16
	BaseUint8   BaseType = 17
	BaseUint16  BaseType = 18
	BaseUint32  BaseType = 19
	BaseInt64   BaseType = 20
	BaseUint64  BaseType = 21
	BaseString  BaseType = 30
	BaseWString BaseType = 31
	BaseReal80  BaseType = 32
	BaseBit     BaseType = 33 // BOOL and BIT
	BaseBig     BaseType = 65 // structures, arrays, function blocks
)

var baseTypeNames = map[BaseType]string{
	BaseVoid:    "VOID",
	BaseInt16:   "INT16",
	BaseInt32:   "INT32",
	BaseReal32:  "REAL32",
	BaseReal64:  "REAL64",
	BaseInt8:    "INT8",
	BaseUint8:   "UINT8",
	BaseUint16:  "UINT16",
	BaseUint32:  "UINT32",
	BaseInt64:   "INT64",
	BaseUint64:  "UINT64",
	BaseString:  "STRING",
	BaseWString: "WSTRING",
	BaseReal80:  "REAL80",
	BaseBit:     "BIT",
	BaseBig:     "BIGTYPE",
}

// String returns the name behind ADST_, or the number of an unknown base type.
func (b BaseType) String() string {
	if name, ok := baseTypeNames[b]; ok {
		return name
	}
	return strconv.FormatUint(uint64(b), 10)
}
