package symbol

// builtins are the types that need no entry in a data type table, by their
// names in upper case. The names with a number of bits are those of TwinCAT 2
// and of the I/O system.
var builtins = map[string]Kind{
	"BOOL": KindBool, "BIT": KindBit, "BIT8": KindBool,
	"SINT": KindInt8, "INT8": KindInt8,
	"USINT": KindUint8, "UINT8": KindUint8, "BYTE": KindUint8, "BITARR8": KindUint8,
	"INT": KindInt16, "INT16": KindInt16,
	"UINT": KindUint16, "UINT16": KindUint16, "WORD": KindUint16, "BITARR16": KindUint16,
	"DINT": KindInt32, "INT32": KindInt32, "HRESULT": KindInt32, "BOOL32": KindInt32,
	"UDINT": KindUint32, "UINT32": KindUint32, "DWORD": KindUint32, "BITARR32": KindUint32, "OTCID": KindUint32,
	"LINT": KindInt64, "INT64": KindInt64,
	"ULINT": KindUint64, "UINT64": KindUint64, "LWORD": KindUint64, "FILETIME": KindUint64, "DCTIME": KindUint64,
	"REAL": KindReal32, "REAL32": KindReal32, "FLOAT": KindReal32,
	"LREAL": KindReal64, "REAL64": KindReal64, "DOUBLE": KindReal64,
	"TIME": KindTime, "LTIME": KindLTime,
	"TOD": KindTimeOfDay, "TIME_OF_DAY": KindTimeOfDay, "LTOD": KindLTimeOfDay, "LTIME_OF_DAY": KindLTimeOfDay,
	"DATE": KindDate, "LDATE": KindLDate,
	"DT": KindDateTime, "DATE_AND_TIME": KindDateTime, "LDT": KindLDateTime, "LDATE_AND_TIME": KindLDateTime,
}

// pseudo are the types whose size is that of an address on the target.
var pseudo = map[string]Kind{
	"PVOID": KindPointer, "PCCH": KindPointer, "ITCUNKNOWN": KindInterface, "ANY": KindOpaque,
	"UXINT": KindUint64, "__UXINT": KindUint64, "XWORD": KindUint64, "__XWORD": KindUint64,
	"XINT": KindInt64, "__XINT": KindInt64,
}

// narrow are the 4-octet forms of the numbers among them.
var narrow = map[Kind]Kind{KindUint64: KindUint32, KindInt64: KindInt32}

// defaultString is the length of a STRING that states none.
const defaultString = 80
