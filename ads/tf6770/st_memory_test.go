package tf6770_test

import "encoding/binary"

// stBase is the address of the first octet, which does not fit into 32 bits.
const stBase = 0x7f00_0000_0000

// stStack is the octets for calls of methods.
const stStack = 1 << 16

// stMachine has the types, the blocks, and the memory. Between variables are
// octets that nobody owns, so that no access runs from one into another.
type stMachine struct {
	octets []byte
	owners []int32 // of each octet: which variable; 0 for none
	last   int32
	stack  int
	// wide keeps 64 bits of what is calculated, as a 64-bit processor may, until
	// it is assigned.
	wide bool

	constants map[string]stConstant // ParameterList.x
	types     map[string]*stType
	blocks    map[string]*stBlock
	natives   map[string]*stNative
}

// stConstant is a number, or where a text stands.
type stConstant struct {
	typ   *stType
	value int64
}

// stNative is a function in Go.
type stNative struct {
	params []*stType
	result *stType
	call   func(args []int64) int64
}

// own gives octets to a variable, or takes them from one (0).
func (m *stMachine) own(at, n int, owner int32) {
	for i := at; i < at+n; i++ {
		m.owners[i] = owner
	}
}

// lay makes a variable of a type at a place: each field of a structure is one.
func (m *stMachine) lay(at int, typ *stType) {
	if typ.kind == stStruct {
		for _, f := range typ.fields {
			m.lay(at+f.offset, f.typ)
		}
		return
	}
	m.last++
	m.own(at, typ.size, m.last)
}

// allocate makes a variable that stays.
func (m *stMachine) allocate(typ *stType) int {
	at := len(m.octets) + 16
	m.octets = append(m.octets, make([]byte, typ.size+16)...)
	m.owners = append(m.owners, make([]int32, typ.size+16)...)
	at = (at + 7) &^ 7
	m.octets = append(m.octets, make([]byte, 8)...)
	m.owners = append(m.owners, make([]int32, 8)...)
	m.lay(at, typ)
	return at
}

// bytes returns octets at an address, all of which belong to one variable.
func (m *stMachine) bytes(line int, address, n int64) []byte {
	at := address - stBase
	if n < 0 || at < 0 || at+n > int64(len(m.octets)) {
		refuse(line, "%d octets at %#x, which is no memory", n, address)
	}
	if n > 0 && (m.owners[at] == 0 || m.owners[at] != m.owners[at+n-1]) {
		refuse(line, "%d octets at %#x are not all of one variable", n, address)
	}
	return m.octets[at : at+n]
}

// load reads a number.
func (m *stMachine) load(line int, address int64, typ *stType) int64 {
	b := m.bytes(line, address, int64(typ.size))
	var v uint64
	for i, octet := range b {
		v |= uint64(octet) << (8 * i)
	}
	return typ.wrap(int64(v))
}

// store writes a number.
func (m *stMachine) store(line int, address int64, typ *stType, value int64) {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], uint64(value))
	copy(m.bytes(line, address, int64(typ.size)), b[:])
}

// storeText writes a text, as much of it as there is room for, and a zero.
func (m *stMachine) storeText(line int, address int64, typ *stType, text string) {
	b := m.bytes(line, address, int64(typ.size))
	b[copy(b[:len(b)-1], text)] = 0
}

// text reads a text up to its zero.
func (m *stMachine) text(line int, address int64) string {
	for n := int64(0); ; n++ {
		if b := m.bytes(line, address, n+1); b[n] == 0 {
			return string(b[:n])
		}
	}
}

// kinds of types.
const (
	stBool = iota
	stInteger
	stLiteral // a number that has no type yet
	stTime
	stString
	stArray
	stStruct
	stEnum
	stPointer
	stFunctionBlock
)

type stType struct {
	kind   int
	name   string
	size   int // octets
	signed bool
	value  int64 // of a literal

	elem   *stType
	lo, hi int64
	fields []stFieldOf // of a structure
	values map[string]int64
	strict bool
	block  *stBlock
}

type stFieldOf struct {
	name    string
	typ     *stType
	offset  int
	initial *stNode
}

// wrap cuts a number to what the type holds.
func (t *stType) wrap(v int64) int64 {
	switch {
	case t.size >= 8 || t.kind == stLiteral:
		return v
	case t.signed:
		shift := 64 - 8*t.size
		return v << shift >> shift
	default:
		return v & (1<<(8*t.size) - 1)
	}
}

// holds reports whether a number is one of the type's.
func (t *stType) holds(v int64) bool { return t.wrap(v) == v && (t.signed || v >= 0) }

// stElementary are the types of the language, and aliases of them.
var stElementary = map[string]*stType{
	"BOOL": {kind: stBool, name: "BOOL", size: 1},
	"BYTE": {kind: stInteger, name: "BYTE", size: 1}, "USINT": {kind: stInteger, name: "USINT", size: 1},
	"UINT": {kind: stInteger, name: "UINT", size: 2}, "WORD": {kind: stInteger, name: "WORD", size: 2},
	"UDINT": {kind: stInteger, name: "UDINT", size: 4}, "DWORD": {kind: stInteger, name: "DWORD", size: 4},
	"INT": {kind: stInteger, name: "INT", size: 2, signed: true}, "DINT": {kind: stInteger, name: "DINT", size: 4, signed: true},
	"HRESULT": {kind: stInteger, name: "HRESULT", size: 4, signed: true},
	"TIME":    {kind: stTime, name: "TIME", size: 4},
	"PVOID":   {kind: stPointer, name: "PVOID", size: 8},
	"STRING":  {kind: stString, name: "STRING(80)", size: 81}, "T_AMSNETID": {kind: stString, name: "T_AmsNetId", size: 24},
}
