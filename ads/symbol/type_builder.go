package symbol

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"
)

// builder makes one resolved type; the lock of Types is held.
type builder struct {
	types *Types
	page  CodePage
	size  uint32 // that the table gives to what is of the type, 0 for unknown
	depth int
}

func (b *builder) resolve(name string, size uint32, page CodePage) (*Type, error) {
	return b.types.resolve(name, size, page, b.depth+1)
}

// maxLeavesPerOctet bounds what a value can have parts in relation to its size.
// A BIT has 8 to the octet, and a union several views; tables that lie could
// have billions in a few octets.
const maxLeavesPerOctet = 256

// finish fills in what follows from the fields that are set.
func (t *Type) finish() *Type {
	if t.bits == 0 {
		t.bits = uint64(t.Size) * 8
	}
	if t.leaves == 0 {
		t.leaves = 1
	}
	return t
}

// checkLeaves fails where the type would have absurdly many parts.
func (t *Type) checkLeaves() error {
	if t.leaves > maxLeavesPerOctet*(uint64(t.Size)+1) {
		return fmt.Errorf("type %s has %d values in %d octets", t.Name, t.leaves, t.Size)
	}
	return nil
}

// fromName makes a type that the table has no entry of.
func (b *builder) fromName(name string) (*Type, error) {
	parsed, err := parseTypeName(name)
	if err != nil {
		if b.size != 0 {
			// A form that is not known, such as ARRAY [*] OF INT: the octets are there all the same.
			return b.opaque(name), nil
		}
		return nil, err
	}
	return b.fromParsed(parsed)
}

// opaque makes a type of which only the size is known.
func (b *builder) opaque(name string) *Type {
	return (&Type{Name: name, Kind: KindOpaque, Size: b.size, BaseType: BaseBig, sized: true}).finish()
}

func (b *builder) fromParsed(parsed *typeName) (*Type, error) {
	switch parsed.form {
	case formArray:
		return b.array(parsed.String(), parsed.dims, parsed.of.String())
	case formPointer, formReference:
		kind := KindPointer
		if parsed.form == formReference {
			kind = KindReference
		}
		t := b.addressType(parsed.String(), kind)
		t.Target = parsed.of.String()
		return t, nil
	case formString:
		return b.str(parsed.String(), KindString, parsed.length+1), nil
	case formWString:
		return b.str(parsed.String(), KindWString, 2*(parsed.length+1)), nil
	case formSubrange:
		return b.subrange(parsed)
	default:
		return b.plain(parsed.name)
	}
}

// plain makes a built-in type.
func (b *builder) plain(name string) (*Type, error) {
	folded := fold(name)
	if kind, ok := builtins[folded]; ok {
		return elementary(folded, kind), nil
	}
	if folded == "AMSNETID" {
		t, err := b.array("AMSNETID", []Dimension{{Elements: 6}}, "BYTE")
		return t, err
	}
	if kind, ok := pseudo[folded]; ok && kind != KindOpaque {
		if b.size == 4 || b.size == 0 && b.types.options.PointerSize == 4 {
			if small, ok := narrow[kind]; ok {
				kind = small
			}
		}
		t := b.addressType(name, kind)
		return t, nil
	}
	if b.size == 0 {
		return nil, b.types.notFound(name)
	}
	return b.opaque(name), nil
}

// elementary makes a type of a kind that has always the same size.
func elementary(name string, kind Kind) *Type {
	t := &Type{Name: name, Kind: kind, Size: kindSizes[kind], BaseType: kindBases[kind]}
	if kind == KindBit {
		t.bits = 1
	}
	return t.finish()
}

// addressType makes a type with the size of an address.
func (b *builder) addressType(name string, kind Kind) *Type {
	size := b.types.options.PointerSize
	if b.size == 4 || b.size == 8 {
		size = b.size
	}
	base := BaseUint64
	if size == 4 {
		base = BaseUint32
	}
	if kind.integer() {
		base = kindBases[kind]
	}
	return (&Type{Name: name, Kind: kind, Size: size, BaseType: base, sized: true}).finish()
}

func (b *builder) str(name string, kind Kind, size uint32) *Type {
	return (&Type{Name: name, Kind: kind, Size: size, CodePage: b.page, BaseType: kindBases[kind]}).finish()
}

func (b *builder) subrange(parsed *typeName) (*Type, error) {
	base, err := b.resolve(parsed.of.String(), b.size, b.page)
	if err != nil {
		return nil, err
	}
	t := &Type{Name: parsed.String()}
	t.inherit(base)
	if !t.Kind.integer() {
		return nil, fmt.Errorf("type %s: only integers have subranges", t.Name)
	}
	t.Range = parsed.bounds
	return t, nil
}

func (b *builder) array(name string, dims []Dimension, elem string) (*Type, error) {
	n, ok := elements(dims)
	if !ok {
		return nil, fmt.Errorf("type %s has more elements than 32 bits count", name)
	}
	var hint uint32
	if n > 0 && uint64(b.size)%n == 0 {
		hint = uint32(uint64(b.size) / n)
	}
	element, err := b.resolve(elem, hint, b.page)
	if err != nil {
		return nil, fmt.Errorf("type %s: %w", shorten(name), err)
	}
	t := &Type{
		Name: name, Kind: KindArray, Elem: element, Dimensions: dims, BaseType: BaseBig,
		sized: element.sized, align: element.align, CodePage: element.CodePage,
		bits: n * element.bits,
	}
	if isScalar(element.Kind) {
		t.BaseType = element.BaseType
	}
	octets := (t.bits + 7) / 8
	if octets > math.MaxUint32 {
		return nil, fmt.Errorf("type %s would have %d octets, at most %d are possible", name, octets, uint32(math.MaxUint32))
	}
	t.Size = uint32(octets)
	t.leaves = saturated(n, element.leaves)
	if n == 0 {
		// Some dimension has no elements; the others must not have many.
		for _, dim := range dims {
			t.leaves = saturated(max(t.leaves, 1), uint64(max(dim.Elements, 1)))
		}
	}
	return t, t.checkLeaves()
}

// isScalar tells whether arrays of the kind have the base type of the element.
func isScalar(k Kind) bool { return !k.composite() && k != KindArray && k != KindOpaque }

func saturated(a, b uint64) uint64 {
	if a != 0 && b > math.MaxUint64/a {
		return math.MaxUint64
	}
	return a * b
}

// fromEntry makes a type of an entry of the table.
func (b *builder) fromEntry(e *TypeEntry) (t *Type, err error) {
	if e.Size != 0 && e.Flags&TypeFlagBitValues == 0 {
		b.size = e.Size
	}
	itself := e.Type == "" || foldType(e.Type) == foldType(e.Name)
	parsed, err := parseTypeName(e.Name)
	if err != nil {
		return nil, err
	}
	switch {
	case len(e.SubItems) == 0 && (parsed.form == formPointer || parsed.form == formString || parsed.form == formWString):
		t, err = b.fromParsed(parsed)
	case len(e.SubItems) == 0 && parsed.form == formReference:
		t, err = b.reference(e, parsed)
	case len(e.Dimensions) > 0 && e.Type != "":
		t, err = b.array(e.Name, e.Dimensions, e.Type)
	case len(e.EnumInfos) > 0:
		t, err = b.enum(e, itself)
	case len(e.SubItems) > 0:
		t, err = b.structure(e, itself)
	case e.Flags&TypeFlagInterface != 0 && (e.Size == 4 || e.Size == 8):
		t = b.addressType(e.Name, KindInterface)
	case itself:
		t, err = b.fundamental(e, parsed)
	default:
		t, err = b.alias(e)
	}
	if err != nil {
		return nil, err
	}
	t.Comment, t.GUID, t.Attributes = e.Comment, e.TypeGUID, e.Attributes
	if len(e.Methods) > 0 {
		t.Methods = e.Methods
	}
	if e.Size != 0 && e.Flags&TypeFlagBitValues == 0 && e.Size != t.Size {
		return nil, fmt.Errorf("type %s: its entry says %d octets, and what it is made of has %d", e.Name, e.Size, t.Size)
	}
	return t, nil
}

// reference makes a type of the entry of a REFERENCE TO; some have the size of
// what is referred to.
func (b *builder) reference(e *TypeEntry, parsed *typeName) (*Type, error) {
	if e.Size == 0 || e.Size == 4 || e.Size == 8 {
		return b.fromParsed(parsed)
	}
	target, err := b.resolve(parsed.of.String(), e.Size, b.page)
	if err != nil {
		return nil, fmt.Errorf("type %s: %w", e.Name, err)
	}
	t := &Type{Name: e.Name}
	t.inherit(target)
	return t, nil
}

// fundamental makes a type whose entry leads to no other.
func (b *builder) fundamental(e *TypeEntry, parsed *typeName) (*Type, error) {
	folded := fold(parsed.name)
	_, builtin := builtins[folded]
	kind, isPseudo := pseudo[folded]
	switch {
	case parsed.form == formArray:
		return nil, fmt.Errorf("type %s: its entry has no dimensions", e.Name)
	case parsed.form != formPlain, builtin, folded == "AMSNETID", isPseudo && kind != KindOpaque:
		return b.fromParsed(parsed)
	case e.BaseType == BaseBig || e.BaseType == BaseVoid:
		// An empty structure, or one whose inside is hidden.
		kind := KindStruct
		if e.Size > 0 {
			kind = KindOpaque
		}
		return (&Type{Name: e.Name, Kind: kind, Size: e.Size, BaseType: BaseBig}).finish(), nil
	}
	t := b.types.fromBase(e.BaseType, e.Size, b.page)
	t.Name = e.Name
	return t, nil
}

func (b *builder) alias(e *TypeEntry) (*Type, error) {
	base, err := b.resolve(e.Type, b.size, b.types.page(e.Attributes, b.page))
	if err != nil {
		return nil, fmt.Errorf("type %s: %w", e.Name, err)
	}
	t := &Type{Name: e.Name}
	t.inherit(b.types.better(base, e.BaseType))
	if parsed, err := parseTypeName(e.Name); err == nil && parsed.form == formSubrange && t.Kind.integer() {
		t.Range = parsed.bounds
	}
	return t, nil
}

func (b *builder) enum(e *TypeEntry, itself bool) (*Type, error) {
	var base *Type
	if !itself {
		var err error
		if base, err = b.resolve(e.Type, b.size, b.page); err != nil {
			return nil, fmt.Errorf("type %s: %w", e.Name, err)
		}
	}
	if base == nil || !base.Kind.integer() {
		base = b.types.fromBase(e.BaseType, e.Size, b.page)
	}
	if !base.Kind.integer() {
		return nil, fmt.Errorf("type %s: an enumeration of %s, which is no integer", e.Name, base.Name)
	}
	t := &Type{Name: e.Name, Kind: KindEnum, Size: base.Size, Base: base, BaseType: base.BaseType, number: base.Kind}
	t.Enum = make([]EnumValue, 0, len(e.EnumInfos))
	for i := range e.EnumInfos {
		info := &e.EnumInfos[i]
		if len(info.Value) != int(base.Size) {
			return nil, fmt.Errorf("type %s: the value of %s has %d octets instead of %d", e.Name, info.Name, len(info.Value), base.Size)
		}
		t.Enum = append(t.Enum, EnumValue{Name: info.Name, Value: integer(base.Kind, info.Value), Comment: info.Comment})
	}
	return t.finish(), nil
}

// integer reads an integer of the kind; unsigned 64 bits keep their pattern.
func integer(kind Kind, data []byte) int64 {
	switch kind {
	case KindInt8:
		return int64(int8(data[0]))
	case KindUint8, KindBool:
		return int64(data[0])
	case KindInt16:
		return int64(int16(binary.LittleEndian.Uint16(data)))
	case KindUint16:
		return int64(binary.LittleEndian.Uint16(data))
	case KindInt32:
		return int64(int32(binary.LittleEndian.Uint32(data)))
	case KindUint32, KindTime, KindTimeOfDay, KindDate, KindDateTime:
		return int64(binary.LittleEndian.Uint32(data))
	default:
		return int64(binary.LittleEndian.Uint64(data))
	}
}

func (b *builder) structure(e *TypeEntry, itself bool) (*Type, error) {
	t := &Type{Name: e.Name, Kind: KindStruct, Size: e.Size, BaseType: BaseBig, leaves: 1}
	if e.Flags&TypeFlagBitValues != 0 {
		t.bits = uint64(e.Size)
		t.Size = uint32((t.bits + 7) / 8)
	}
	if !itself {
		b.base(t, e)
	}
	for i := range e.SubItems {
		item := &e.SubItems[i]
		if item.Flags&(TypeFlagPropItem|TypeFlagStatic) != 0 {
			continue
		}
		field, err := b.field(e, item, t.Size)
		if err != nil {
			return nil, err
		}
		t.Fields = append(t.Fields, field)
	}
	for i := range t.Fields {
		t.leaves += min(t.Fields[i].Type.leaves, math.MaxUint64/2-t.leaves)
		t.CodePage = max(t.CodePage, t.Fields[i].Type.CodePage)
	}
	t.indexFields()
	t.Kind = compositeKind(t, e)
	return t.finish(), t.checkLeaves()
}

// compositeKind tells structures, unions and function blocks apart, which an
// entry does not say in so many words.
func compositeKind(t *Type, e *TypeEntry) Kind {
	if pou, ok := e.Attribute("PouType"); ok && strings.EqualFold(pou, "FunctionBlock") || len(e.Methods) > 0 {
		return KindFunctionBlock
	}
	if slices.ContainsFunc(e.SubItems, func(item TypeEntry) bool {
		pou, ok := item.Attribute("ItemType")
		return ok && (strings.EqualFold(pou, "Input") || strings.EqualFold(pou, "Output") || strings.EqualFold(pou, "InOut"))
	}) {
		return KindFunctionBlock
	}
	if len(t.Fields) < 2 {
		return KindStruct
	}
	for i := range t.Fields {
		if f := &t.Fields[i]; f.Offset != 0 || f.Bit != 0 || f.Type.bits == 0 {
			return KindStruct
		}
	}
	return KindUnion
}

// base puts the fields of the type that is extended before those of its own,
// where the entry does not repeat them.
func (b *builder) base(t *Type, e *TypeEntry) {
	base, err := b.resolve(e.Type, 0, b.page)
	if err != nil || !base.Kind.composite() || base.Size > t.Size {
		return // Not a type that is extended: the own items are all there is.
	}
	for i := range base.Fields {
		name := base.Fields[i].Name
		if !slices.ContainsFunc(e.SubItems, func(item TypeEntry) bool { return strings.EqualFold(item.Name, name) }) {
			t.Fields = append(t.Fields, base.Fields[i])
		}
	}
	if t.Methods == nil {
		t.Methods = base.Methods
	}
}

func (b *builder) field(e, item *TypeEntry, size uint32) (Field, error) {
	field := Field{Name: item.Name, Offset: item.Offset, Flags: item.Flags, Comment: item.Comment, Attributes: item.Attributes}
	bits, octets := uint64(item.Size)*8, item.Size
	if item.Flags&TypeFlagBitValues != 0 {
		field.Offset, field.Bit = item.Offset/8, uint8(item.Offset%8)
		bits = uint64(item.Size)
		octets = uint32((bits + 7) / 8)
	}
	name := item.Type
	if len(item.Dimensions) > 0 && !isArray(name) && b.types.Entry(name) == nil {
		name = arrayPrefix(item.Dimensions) + name
	}
	var err error
	if name == "" {
		field.Type = b.types.fromBase(item.BaseType, octets, b.page)
	} else if field.Type, err = b.resolve(name, octets, b.types.page(item.Attributes, b.page)); err != nil {
		return field, fmt.Errorf("type %s, field %s: %w", e.Name, item.Name, err)
	}
	field.Type = b.types.better(field.Type, item.BaseType)
	if item.Flags&TypeFlagReference != 0 && field.Type.Size != octets && (octets == 4 || octets == 8) {
		// VAR_IN_OUT: the item holds the address, under the name of the type it leads to.
		inner := builder{types: b.types, size: octets}
		field.Type = inner.addressType("REFERENCE TO "+name, KindReference)
		field.Type.Target = name
	}
	switch t := field.Type; {
	case t.bits != bits && (bits != 8 || t.bits != 1):
		return field, fmt.Errorf("type %s, field %s: the table gives it %d bits, and its type %s has %d", e.Name, item.Name, bits, t.Name, t.bits)
	case field.Bit != 0 && t.bits%8 == 0 && t.Kind != KindArray:
		return field, fmt.Errorf("type %s, field %s: a %s cannot begin at bit %d of an octet", e.Name, item.Name, t.Name, field.Bit)
	case uint64(field.Offset)*8+uint64(field.Bit)+bits > uint64(size)*8:
		return field, fmt.Errorf("type %s, field %s: it ends at octet %d, and the type at %d",
			e.Name, item.Name, (uint64(field.Offset)*8+uint64(field.Bit)+bits+7)/8, size)
	}
	return field, nil
}
