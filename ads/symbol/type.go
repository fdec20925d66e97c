package symbol

import (
	"iter"
	"slices"
	"strings"
	"sync"
)

// Type is a resolved type. Types are made by [Types.Resolve], must not be
// changed, and are safe for concurrent use. Pointers and references name what
// they point to ([Type.Target]) and do not hold it, so that a type never contains
// itself.
type Type struct {
	// Name is that of the type as the table or a declaration writes it.
	Name string
	Kind Kind
	// Size is that of a value in octets, 1 for a single BIT.
	Size uint32
	// Base is what an alias, an enumeration or a subrange is made of, else nil.
	Base *Type
	// Elem is the type of an array's elements.
	Elem *Type
	// Dimensions are those of an array, the first varies slowest.
	Dimensions []Dimension
	// Fields are those of structures, unions and function blocks in the order
	// of the table. Those of properties and static variables, which have no
	// place in the value, are not among them.
	Fields []Field
	// Target is the name of the type that a pointer or reference leads to,
	// empty where it is not known.
	Target string
	// Enum are the names of an enumeration in the order of the table.
	Enum []EnumValue
	// Range limits the values of a subrange such as INT (0..10), else nil.
	Range *Range
	// CodePage is that of a STRING.
	CodePage   CodePage
	Comment    string
	GUID       GUID
	Methods    []Method
	Attributes []Attribute
	// BaseType is the base type id that tables give to variables of the type.
	BaseType BaseType

	number Kind   // of integer that an enumeration is made of
	bits   uint64 // of a value
	align  uint32 // of a value in the layout that declared it, else 0
	sized  bool   // whether it depends on the size of addresses
	leaves uint64 // values within a value
	byName map[string]int
	plans  sync.Map // of *plan by reflect.Type
}

// Field is one field of a structure, union or function block.
type Field struct {
	Name string
	// Offset is the octet at which the field begins.
	Offset uint32
	// Bit is the bit of that octet at which a BIT begins, else 0.
	Bit        uint8
	Type       *Type
	Flags      TypeFlags
	Comment    string
	Attributes []Attribute
}

// EnumValue is one name of an enumeration.
type EnumValue struct {
	Name    string
	Value   int64 // ULINT and LWORD: the same 64 bits
	Comment string
}

// Range are the bounds of a subrange, both allowed.
type Range struct {
	Low, High int64
}

// Field returns the field of the name, which is looked up without regard to
// case, or nil.
func (t *Type) Field(name string) *Field {
	if i, ok := t.field(name); ok {
		return &t.Fields[i]
	}
	return nil
}

// field returns the index of a field; an exact name is found without
// allocation.
func (t *Type) field(name string) (int, bool) {
	if i, ok := t.byName[name]; ok {
		return i, true
	}
	i, ok := t.byName[fold(name)]
	return i, ok
}

// indexFields makes the names of fields findable. Of two fields with the same
// name, as where a function block hides one of its base, the last is found.
func (t *Type) indexFields() {
	t.byName = make(map[string]int, len(t.Fields))
	for i := range t.Fields {
		t.byName[fold(t.Fields[i].Name)] = i
	}
	for i := range t.Fields {
		if _, taken := t.byName[t.Fields[i].Name]; !taken {
			t.byName[t.Fields[i].Name] = i
		}
	}
}

// EnumName returns the name of an enumeration's value.
func (t *Type) EnumName(value int64) (string, bool) {
	for i := range t.Enum {
		if t.Enum[i].Value == value {
			return t.Enum[i].Name, true
		}
	}
	return "", false
}

// EnumValue returns the value of an enumeration's name, which is looked up
// without regard to case, with or without the name of the type before it.
func (t *Type) EnumValue(name string) (int64, bool) {
	if at := strings.LastIndexByte(name, '.'); at >= 0 && strings.EqualFold(name[:at], t.Name) {
		name = name[at+1:]
	}
	for i := range t.Enum {
		if strings.EqualFold(t.Enum[i].Name, name) {
			return t.Enum[i].Value, true
		}
	}
	return 0, false
}

// Method returns the method of the name, which is looked up without regard to
// case, or nil.
func (t *Type) Method(name string) *Method {
	for i := range t.Methods {
		if strings.EqualFold(t.Methods[i].Name, name) {
			return &t.Methods[i]
		}
	}
	return nil
}

// Attribute returns the value of an attribute; its name is looked up without
// regard to case.
func (t *Type) Attribute(name string) (value string, ok bool) { return find(t.Attributes, name) }

// Attribute returns the value of an attribute; its name is looked up without
// regard to case.
func (f *Field) Attribute(name string) (value string, ok bool) { return find(f.Attributes, name) }

// Len returns the number of an array's elements in all dimensions together, 0
// for other types.
func (t *Type) Len() int {
	if t.Kind != KindArray {
		return 0
	}
	n, _ := elements(t.Dimensions)
	return int(n)
}

// BitSize returns the size of a value in bits: 1 for BIT, as many as there are
// elements for arrays of BIT, eight times Size for all others.
func (t *Type) BitSize() uint64 { return t.bits }

// Unaliased returns the type behind aliases; subranges and enumerations are
// types of their own.
func (t *Type) Unaliased() *Type {
	for t.Base != nil && t.Kind != KindEnum && t.Range == nil {
		t = t.Base
	}
	return t
}

// String returns the name.
func (t *Type) String() string { return t.Name }

// Leaf is one elementary value within a value.
type Leaf struct {
	// Path leads to it from the value: ".aData[2].fX", empty for the value
	// itself.
	Path   string
	Offset uint32
	Bit    uint8 // of a BIT
	Type   *Type
}

// Leaves walks the elementary values within a value, in the order of fields and
// elements. It stops after limit leaves where limit is positive.
func (t *Type) Leaves(limit int) iter.Seq[Leaf] {
	return func(yield func(Leaf) bool) {
		walker := leafWalker{yield: yield, limit: limit}
		walker.walk(t, nil, 0)
	}
}

type leafWalker struct {
	yield func(Leaf) bool
	limit int
	seen  int
}

func (w *leafWalker) walk(t *Type, path []byte, bit uint64) bool {
	switch {
	case t.Kind.composite():
		for i := range t.Fields {
			field := &t.Fields[i]
			at := bit + uint64(field.Offset)*8 + uint64(field.Bit)
			if !w.walk(field.Type, append(append(path, '.'), field.Name...), at) {
				return false
			}
		}
		return true
	case t.Kind == KindArray:
		for i := range t.Len() {
			if !w.walk(t.Elem, t.appendIndex(path, i), bit+uint64(i)*t.Elem.bits) {
				return false
			}
		}
		return true
	}
	if w.limit > 0 && w.seen >= w.limit {
		return false
	}
	w.seen++
	leaf := Leaf{Path: string(path), Offset: uint32(bit / 8), Type: t}
	if t.Kind == KindBit {
		leaf.Bit = uint8(bit % 8)
	}
	return w.yield(leaf)
}

// inherit takes from a type what an alias of it has.
func (t *Type) inherit(base *Type) {
	name, comment, attributes, guid, methods := t.Name, t.Comment, t.Attributes, t.GUID, t.Methods
	t.Kind, t.Size, t.Elem, t.Dimensions, t.Fields = base.Kind, base.Size, base.Elem, base.Dimensions, base.Fields
	t.Target, t.Enum, t.Range, t.CodePage, t.BaseType = base.Target, base.Enum, base.Range, base.CodePage, base.BaseType
	t.number = base.number
	t.bits, t.align, t.sized, t.leaves, t.byName = base.bits, base.align, base.sized, base.leaves, base.byName
	t.Name, t.Comment, t.Attributes, t.GUID, t.Methods = name, comment, attributes, guid, methods
	if len(methods) == 0 {
		t.Methods = slices.Clip(base.Methods)
	}
	t.Base = base
}

// fold makes names that differ in case only the same.
func fold(name string) string { return strings.ToUpper(name) }
