package symbol

import (
	"errors"
	"fmt"
	"strings"
)

// Declaration collects types and variables as a PLC program declares them, and
// makes the tables that a device serves. Its methods may be called in any
// order; what is wrong is told by [Declaration.Table]. It is not safe for concurrent use.
//
//	d := symbol.NewDeclaration(symbol.TwinCAT3)
//	d.Enum("E_State", "INT", symbol.EnumValue{Name: "Idle"}, symbol.EnumValue{Name: "Run", Value: 1})
//	d.Structure("ST_Axis", symbol.Var("eState", "E_State"), symbol.Var("fPosition", "LREAL"))
//	d.Symbol("MAIN.aAxis", "ARRAY [1..4] OF ST_Axis").Comment("all axes")
//	table, err := d.Table()
type Declaration struct {
	layout  Layout
	types   []*declared
	byName  map[string]*declared
	symbols []*VariableDeclaration
	errs    []error
}

// declared is one declared type.
type declared struct {
	name       string
	kind       Kind // KindStruct, KindUnion, KindFunctionBlock, KindEnum, else an alias
	base       string
	extends    string
	members    []Member
	values     []EnumValue
	methods    []MethodDeclaration
	comment    string
	attributes []Attribute
	guid       GUID

	measured bool
	extent   extent
	all      []Member // with those of the extended type
	places   []place  // of all
}

// place is where a member lies.
type place struct {
	bit uint64
	extent
}

// Member declares one field of a structure, union or function block, or one
// parameter of a method.
type Member struct {
	Name       string
	Type       string // such as "ARRAY [0..3] OF INT"
	Comment    string
	Attributes []Attribute
	// Direction is that of a function block's variable or a parameter.
	Direction Direction
}

// Direction says who writes a variable.
type Direction uint8

// Directions.
const (
	Local Direction = iota
	Input
	Output
	InOut
)

var directionNames = [...]string{Local: "Local", Input: "Input", Output: "Output", InOut: "InOut"}

// String returns the word of the attribute ItemType.
func (d Direction) String() string {
	if int(d) < len(directionNames) {
		return directionNames[d]
	}
	return fmt.Sprint(uint8(d))
}

// Var declares a field.
func Var(name, typ string) Member { return Member{Name: name, Type: typ} }

// In declares an input of a function block or method.
func In(name, typ string) Member { return Member{Name: name, Type: typ, Direction: Input} }

// Out declares an output of a function block or method.
func Out(name, typ string) Member { return Member{Name: name, Type: typ, Direction: Output} }

// MethodDeclaration declares a method of a function block.
type MethodDeclaration struct {
	Name string
	// Return is the type of what it returns, empty for nothing.
	Return     string
	Comment    string
	Parameters []Member
}

// NewDeclaration returns an empty declaration for devices of the layout. The
// zero layout is that of [TwinCAT3].
func NewDeclaration(layout Layout) *Declaration {
	if layout == (Layout{}) {
		layout = TwinCAT3
	}
	d := &Declaration{layout: layout, byName: make(map[string]*declared)}
	if layout.PointerSize != 4 && layout.PointerSize != 8 {
		d.fail("layout: addresses have 4 or 8 octets, not %d", layout.PointerSize)
		d.layout.PointerSize = 8
	}
	if p := layout.Pack; p == 0 || p > 8 || p&(p-1) != 0 {
		d.fail("layout: the largest alignment is 1, 2, 4 or 8, not %d", p)
		d.layout.Pack = 8
	}
	return d
}

func (d *Declaration) fail(format string, args ...any) {
	d.errs = append(d.errs, fmt.Errorf(format, args...))
}

func (d *Declaration) add(t *declared) *TypeDeclaration {
	key := foldType(t.name)
	_, builtin := builtins[key]
	switch {
	case key == "":
		d.fail("a type without a name")
	case builtin:
		d.fail("type %s is built in and cannot be declared", t.name)
	case d.byName[key] != nil:
		d.fail("type %s is declared twice", t.name)
	default:
		d.byName[key] = t
		d.types = append(d.types, t)
	}
	return &TypeDeclaration{declaration: d, t: t}
}

// Structure declares a STRUCT.
func (d *Declaration) Structure(name string, members ...Member) *TypeDeclaration {
	return d.add(&declared{name: name, kind: KindStruct, members: members})
}

// Union declares a UNION: all members over the same octets.
func (d *Declaration) Union(name string, members ...Member) *TypeDeclaration {
	return d.add(&declared{name: name, kind: KindUnion, members: members})
}

// FunctionBlock declares the memory of a FUNCTION_BLOCK;
// [TypeDeclaration.Method] declares its methods.
func (d *Declaration) FunctionBlock(name string, members ...Member) *TypeDeclaration {
	return d.add(&declared{name: name, kind: KindFunctionBlock, members: members})
}

// Enum declares an enumeration of an integer type, INT where base is empty.
func (d *Declaration) Enum(name, base string, values ...EnumValue) *TypeDeclaration {
	if base == "" {
		base = "INT"
	}
	return d.add(&declared{name: name, kind: KindEnum, base: base, values: values})
}

// Alias declares another name for a type.
func (d *Declaration) Alias(name, typ string) *TypeDeclaration {
	return d.add(&declared{name: name, base: typ})
}

// TypeDeclaration is a type that has been declared, to say more about it.
type TypeDeclaration struct {
	declaration *Declaration
	t           *declared
}

// Name returns the name of the type.
func (t *TypeDeclaration) Name() string { return t.t.name }

// Comment sets the comment.
func (t *TypeDeclaration) Comment(text string) *TypeDeclaration {
	t.t.comment = text
	return t
}

// Attribute adds an attribute; pack_mode changes the layout.
func (t *TypeDeclaration) Attribute(name, value string) *TypeDeclaration {
	t.t.attributes = append(t.t.attributes, Attribute{Name: name, Value: value})
	return t
}

// GUID sets the GUID of the type.
func (t *TypeDeclaration) GUID(guid GUID) *TypeDeclaration {
	t.t.guid = guid
	return t
}

// Extends makes the members of another structure or function block come before
// its own.
func (t *TypeDeclaration) Extends(base string) *TypeDeclaration {
	t.t.extends = base
	return t
}

// Method adds a method that can be called over ADS; returns is empty where it
// returns nothing.
func (t *TypeDeclaration) Method(name, returns string, parameters ...Member) *TypeDeclaration {
	t.t.methods = append(t.t.methods, MethodDeclaration{Name: name, Return: returns, Parameters: parameters})
	return t
}

// Index groups of the areas that variables lie in.
const (
	GroupMemory     = 0x4020 // %M in octets
	GroupMemoryBits = 0x4021
	GroupData       = 0x4040 // variables without an address of their own
	GroupInput      = 0xF020 // %I in octets
	GroupInputBits  = 0xF021
	GroupOutput     = 0xF030 // %Q in octets
	GroupOutputBits = 0xF031
)

// VariableDeclaration is a variable that has been declared, to say more about it.
type VariableDeclaration struct {
	entry  Entry
	placed bool
	direct string // IEC address
	bit    bool   // at a bit of an area
}

// Symbol declares a variable. It gets the next free place in the data area
// (index group 0x4040) unless more is said.
func (d *Declaration) Symbol(name, typ string) *VariableDeclaration {
	s := &VariableDeclaration{entry: Entry{Name: name, Type: typ, IndexGroup: GroupData}}
	d.symbols = append(d.symbols, s)
	return s
}

// Variables declares the variables of a program or a list of globals: each gets
// the prefix and a dot before its name.
func (d *Declaration) Variables(prefix string, members ...Member) {
	for _, member := range members {
		s := d.Symbol(prefix+"."+member.Name, member.Type).Comment(member.Comment)
		s.entry.Attributes = append(s.entry.Attributes, member.Attributes...)
	}
}

// Comment sets the comment.
func (s *VariableDeclaration) Comment(text string) *VariableDeclaration {
	s.entry.Comment = text
	return s
}

// Attribute adds an attribute; TcEncoding with the value UTF-8 makes strings
// UTF-8.
func (s *VariableDeclaration) Attribute(name, value string) *VariableDeclaration {
	s.entry.Attributes = append(s.entry.Attributes, Attribute{Name: name, Value: value})
	return s
}

// Flags sets flags, such as FlagReadOnly and FlagPersistent.
func (s *VariableDeclaration) Flags(flags Flags) *VariableDeclaration {
	s.entry.Flags |= flags
	return s
}

// Group puts the variable at the next free place of an index group, such as
// GroupInput.
func (s *VariableDeclaration) Group(group uint32) *VariableDeclaration {
	s.entry.IndexGroup = group
	return s
}

// Address puts the variable at an address.
func (s *VariableDeclaration) Address(group, offset uint32) *VariableDeclaration {
	s.entry.IndexGroup, s.entry.IndexOffset, s.placed = group, offset, true
	return s
}

// At puts the variable at a direct address of IEC 61131-3: "%IB10", "%QW4",
// "%MX1.3".
func (s *VariableDeclaration) At(address string) *VariableDeclaration {
	s.direct = address
	return s
}

// Table makes the tables: data type entries for all declared types and those
// that they and the variables are made of, and symbol entries with addresses.
// All errors are told together. It may be called again after more has been declared.
func (d *Declaration) Table() (*Table, error) {
	a := assembler{
		declaration: d,
		measurer:    measurer{layout: d.layout, types: d.byName, busy: make(map[string]bool)},
		done:        make(map[string]bool),
	}
	for _, t := range d.types {
		t.measured = false
	}
	errs := append([]error{}, d.errs...)
	for _, t := range d.types {
		if err := a.declare(t); err != nil {
			errs = append(errs, err)
		}
	}
	symbols, symbolErrs := a.symbols()
	if errs = append(errs, symbolErrs...); len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	types := NewTypes(a.entries, &TypesOptions{PointerSize: d.layout.PointerSize})
	for i := range symbols {
		if _, err := types.ResolveEntry(&symbols[i]); err != nil {
			errs = append(errs, fmt.Errorf("symbol %s: %w", symbols[i].Name, err))
		}
	}
	for _, err := range types.All() {
		if err != nil {
			errs = append(errs, err)
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return NewTable(symbols, types), nil
}

// direct takes a direct address apart.
func (s *VariableDeclaration) parseDirect() error {
	text := strings.ToUpper(strings.TrimSpace(s.direct))
	bad := fmt.Errorf("symbol %s: %q is no direct address: %%IB10, %%QW4 and %%MX1.3 are", s.entry.Name, s.direct)
	if len(text) < 3 || text[0] != '%' {
		return bad
	}
	groups, ok := map[byte][2]uint32{
		'I': {GroupInput, GroupInputBits}, 'Q': {GroupOutput, GroupOutputBits}, 'M': {GroupMemory, GroupMemoryBits},
	}[text[1]]
	if !ok {
		return bad
	}
	unit, number := uint64(1), text[2:]
	if factor, ok := map[byte]uint64{'X': 1, 'B': 1, 'W': 2, 'D': 4, 'L': 8}[text[2]]; ok {
		unit, number = factor, text[3:]
	}
	octetText, bitText, hasBit := strings.Cut(number, ".")
	octet, ok := parseNumber(octetText)
	if !ok || octet.isFloat || octet.negative || octet.magnitude > 1<<28 || hasBit != (text[2] == 'X') {
		return bad
	}
	s.placed = true
	s.entry.IndexGroup, s.entry.IndexOffset = groups[0], uint32(octet.magnitude*unit)
	if hasBit {
		bit, ok := parseNumber(bitText)
		if !ok || bit.isFloat || bit.negative || bit.magnitude > 7 {
			return bad
		}
		s.bit = true
		s.entry.IndexGroup, s.entry.IndexOffset = groups[1], uint32(octet.magnitude*8+bit.magnitude)
		s.entry.Flags |= FlagBitValue
	}
	return nil
}
