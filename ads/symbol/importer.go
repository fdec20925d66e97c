package symbol

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// importer makes tables of what a file says.
type importer struct {
	what    string
	x64     bool
	entries []TypeEntry
	symbols []Entry
	errs    []error
	more    int
}

func (im *importer) fail(format string, args ...any) {
	if len(im.errs) < maxErrors {
		im.errs = append(im.errs, fmt.Errorf(im.what+": "+format, args...))
		return
	}
	im.more++
}

func (im *importer) pointerSize() uint32 {
	if im.x64 {
		return 8
	}
	return 4
}

// table makes the tables, with entries for everything that types and symbols
// are made of.
func (im *importer) table() (*Table, error) {
	options := &TypesOptions{PointerSize: im.pointerSize()}
	types := NewTypes(im.entries, options)
	symbols := im.symbols[:0]
	for i := range im.symbols {
		typ, err := types.ResolveEntry(&im.symbols[i])
		if err != nil {
			im.fail("symbol %s: %w", im.symbols[i].Name, err)
			continue
		}
		im.symbols[i].BaseType = typ.BaseType
		symbols = append(symbols, im.symbols[i])
	}
	entries := im.complete(types, symbols)
	if im.more > 0 {
		im.errs = append(im.errs, fmt.Errorf("%s: and %d more parts that cannot be used", im.what, im.more))
	}
	return NewTable(symbols, NewTypes(entries, options)), errors.Join(im.errs...)
}

// complete adds the entries of base types, arrays, strings and pointers, which
// devices list and files do not, and fills in the base types of items.
func (im *importer) complete(types *Types, symbols []Entry) []TypeEntry {
	c := completer{types: types, done: make(map[string]bool)}
	for i := range im.entries {
		if _, err := types.Resolve(im.entries[i].Name); err != nil {
			im.fail("%w", err)
		}
		c.done[foldType(im.entries[i].Name)] = true
	}
	for i := range im.entries {
		e := &im.entries[i]
		if typ, err := types.Resolve(e.Name); err == nil {
			e.BaseType = typ.BaseType
		}
		c.add(e.Type, 0)
		for j := range e.SubItems {
			item := &e.SubItems[j]
			if typ := c.add(item.Type, item.octets()); typ != nil {
				item.BaseType = typ.BaseType
			}
		}
		for j := range e.Methods {
			m := &e.Methods[j]
			if typ := c.add(m.ReturnType, m.ReturnSize); typ != nil {
				m.ReturnBase = typ.BaseType
			}
			for k := range m.Parameters {
				if typ := c.add(m.Parameters[k].Type, m.Parameters[k].Size); typ != nil {
					m.Parameters[k].BaseType = typ.BaseType
				}
			}
		}
	}
	for i := range symbols {
		c.add(symbols[i].Type, symbols[i].Size)
	}
	return append(im.entries, c.entries...)
}

// octets returns the size of an item in octets.
func (e *TypeEntry) octets() uint32 {
	if e.Flags&TypeFlagBitValues != 0 {
		return uint32((uint64(e.Size) + 7) / 8)
	}
	return e.Size
}

// completer makes entries of types that have none.
type completer struct {
	types   *Types
	entries []TypeEntry
	done    map[string]bool
}

func (c *completer) add(name string, size uint32) *Type {
	if name == "" {
		return nil
	}
	typ, err := c.types.ResolveSized(name, size)
	if err != nil {
		return nil
	}
	key := foldType(name)
	if c.done[key] || typ.Kind == KindOpaque {
		return typ
	}
	c.done[key] = true
	parsed, err := parseTypeName(name)
	if err != nil {
		return typ
	}
	e := TypeEntry{Version: 1, Name: parsed.String(), Size: typ.Size, BaseType: typ.BaseType, Flags: TypeFlagDataType}
	if typ.bits%8 != 0 {
		e.Size, e.Flags = uint32(typ.bits), e.Flags|TypeFlagBitValues
	}
	switch parsed.form {
	case formArray:
		e.Type, e.Dimensions = parsed.of.String(), parsed.dims
	case formSubrange:
		e.Type = parsed.of.String()
	case formPointer:
		e.Flags |= TypeFlagPLCPointer
	case formReference:
		e.Flags |= TypeFlagReference
	default:
		if typ.Kind == KindArray { // AMSNETID
			e.Type, e.Dimensions = typ.Elem.Name, typ.Dimensions
		}
	}
	c.add(e.Type, 0)
	c.entries = append(c.entries, e)
	return typ
}

// tmcType takes one data type of a TMC file.
func (im *importer) tmcType(t *tmcType) {
	name := strings.TrimSpace(t.Name.Text)
	bits, err := t.BitSize.bits(im.x64)
	if err != nil || name == "" {
		im.fail("data type %q: <Name> or <BitSize> is missing or wrong", name)
		return
	}
	e := TypeEntry{
		Version: 1, Name: name, Comment: cutTo(t.Comment, math.MaxUint16), Flags: TypeFlagDataType,
		Size: uint32((bits + 7) / 8), Attributes: properties(t.Properties), BaseType: BaseBig,
	}
	if t.Name.GUID != "" {
		if e.TypeGUID, err = ParseGUID(t.Name.GUID); err != nil {
			im.fail("data type %s: %w", name, err)
		}
	}
	base := &t.BaseType
	if base.Text == "" {
		base = &t.Extends
	}
	if e.Type, e.Dimensions, err = base.written(t.Arrays); err != nil {
		im.fail("data type %s: %w", name, err)
		return
	}
	if len(e.Dimensions) > 0 {
		// The entry of an array names its element.
		e.Type, _, _ = base.written(nil)
	}
	if len(t.Items) == 0 && len(t.Enums) == 0 && len(t.Arrays) == 0 && im.isInterface(t, e.Size) {
		e.Flags |= TypeFlagInterface
	}
	for i := range t.Enums {
		im.tmcEnum(&e, &t.Enums[i])
	}
	for i := range t.Items {
		im.tmcItem(&e, &t.Items[i], TypeFlagDataItem)
	}
	for i := range t.PropItems {
		im.tmcItem(&e, &t.PropItems[i], TypeFlagDataItem|TypeFlagPropItem)
	}
	for i := range t.Methods {
		im.tmcMethod(&e, &t.Methods[i])
	}
	im.entries = append(im.entries, e)
}

// isInterface tells interfaces from empty structures: they have the size of an
// address, and methods, properties, or the base of all interfaces.
func (im *importer) isInterface(t *tmcType, size uint32) bool {
	if size != 4 && size != 8 {
		return false
	}
	base := fold(strings.TrimSpace(t.Extends.Text + t.BaseType.Text))
	return base == "PVOID" || base == "ITCUNKNOWN" || base == "__SYSTEM.IQUERYINTERFACE" ||
		(len(t.Methods) > 0 || len(t.PropItems) > 0) && !isPou(t.Properties)
}

func isPou(list []tmcProperty) bool {
	for _, p := range list {
		if strings.EqualFold(p.Name, "PouType") {
			return true
		}
	}
	return false
}

func (im *importer) tmcEnum(e *TypeEntry, info *tmcEnum) {
	n, ok := parseNumber(strings.Replace(strings.TrimSpace(info.Enum), "#x", "0x", 1))
	if !ok || n.isFloat || e.Size == 0 || e.Size > 8 {
		im.fail("data type %s: %q is no value for the name %s", e.Name, info.Enum, info.Text)
		return
	}
	octets := make([]byte, 8)
	(&Type{Size: 8}).store(octets, n.bits())
	e.EnumInfos = append(e.EnumInfos, EnumInfo{
		Name: cutTo(strings.TrimSpace(info.Text), math.MaxUint8), Value: octets[:e.Size], Comment: cutTo(info.Comment, math.MaxUint8),
	})
}

func (im *importer) tmcItem(e *TypeEntry, item *tmcItem, flags TypeFlags) {
	size, err := item.BitSize.bits(im.x64)
	offset, offsetErr := item.BitOffs.bits(im.x64)
	name := strings.TrimSpace(item.Name.Text)
	typ, dims, typeErr := item.Type.written(item.Arrays)
	if err = errors.Join(err, offsetErr, typeErr); err != nil {
		im.fail("data type %s, sub-item %s: %w", e.Name, name, err)
		return
	}
	sub := TypeEntry{
		Version: 1, Name: name, Type: typ, Comment: cutTo(item.Comment, math.MaxUint16), Flags: flags, Dimensions: dims,
		Size: uint32(size / 8), Offset: uint32(offset / 8), Attributes: properties(item.Properties), BaseType: BaseBig,
	}
	if size%8 != 0 || offset%8 != 0 {
		if offset > math.MaxUint32 {
			im.fail("data type %s, sub-item %s: it begins at bit %d, beyond 32 bits", e.Name, name, offset)
			return
		}
		sub.Size, sub.Offset, sub.Flags = uint32(size), uint32(offset), sub.Flags|TypeFlagBitValues
	}
	if set(item.Name.Static) {
		sub.Flags |= TypeFlagStatic
	}
	if flags&TypeFlagPropItem != 0 {
		sub.Hash, sub.TypeHash = codeOffset(item.GetCodeOffs), codeOffset(item.SetCodeOffs)
	}
	e.SubItems = append(e.SubItems, sub)
}

func codeOffset(text string) uint32 {
	n, err := strconv.ParseUint(strings.TrimSpace(text), 10, 32)
	if err != nil {
		return 0
	}
	return uint32(n)
}

func (im *importer) tmcMethod(e *TypeEntry, m *tmcMethod) {
	size, err := m.ReturnSize.bits(im.x64)
	returns, _, typeErr := m.Return.written(nil)
	if err = errors.Join(err, typeErr); err != nil {
		im.fail("data type %s, method %s: %w", e.Name, m.Name.Text, err)
		return
	}
	method := Method{
		Version: 1, VTableIndex: uint32(len(e.Methods)), Name: strings.TrimSpace(m.Name.Text), ReturnType: returns,
		ReturnSize: uint32((size + 7) / 8), ReturnAlign: alignment(size), Comment: cutTo(m.Comment, math.MaxUint16),
		Flags: MethodFlagPLCCalling, Attributes: properties(m.Properties),
	}
	if set(m.Name.RPC) {
		method.Attributes = append(method.Attributes, Attribute{Name: "TcRpcEnable", Value: m.Name.RPC})
	}
	for i := range m.Parameters {
		item := &m.Parameters[i]
		size, err := item.BitSize.bits(im.x64)
		typ, _, typeErr := item.Type.written(item.Arrays)
		if err = errors.Join(err, typeErr); err != nil {
			im.fail("data type %s, method %s, parameter %s: %w", e.Name, method.Name, item.Name.Text, err)
			return
		}
		p := Parameter{
			Name: strings.TrimSpace(item.Name.Text), Type: typ, Comment: cutTo(item.Comment, math.MaxUint16),
			Size: uint32((size + 7) / 8), Align: alignment(size), Attributes: properties(item.Properties),
		}
		p.Flags = item.direction(p.Attributes)
		method.Parameters = append(method.Parameters, p)
	}
	e.Methods = append(e.Methods, method)
}

// direction says which way a parameter goes.
func (item *tmcItem) direction(attributes []Attribute) ParameterFlags {
	kind, _ := find(attributes, "ItemType")
	switch {
	case strings.EqualFold(kind, "InOut"), strings.EqualFold(item.Type.Direction, "inout"):
		return ParameterFlagIn | ParameterFlagOut | ParameterFlagByRef
	case strings.EqualFold(kind, "Output"), strings.EqualFold(item.Type.Direction, "out"):
		return ParameterFlagOut
	}
	return ParameterFlagIn
}

// alignment is that of an elementary value of so many bits.
func alignment(bits uint64) uint32 {
	for _, size := range [...]uint64{8, 4, 2} {
		if bits%(8*size) == 0 && bits > 0 {
			return uint32(size)
		}
	}
	return 1
}

// tmcGroups are the index groups of data areas, in octets and in bits.
var tmcGroups = map[string][2]uint32{
	"INPUTDST": {GroupInput, GroupInputBits}, "INPUTSRC": {GroupInput, GroupInputBits},
	"OUTPUTSRC": {GroupOutput, GroupOutputBits}, "OUTPUTDST": {GroupOutput, GroupOutputBits},
	"MARKERSRC": {GroupMemory, GroupMemoryBits}, "MARKER": {GroupMemory, GroupMemoryBits},
}

func (im *importer) tmcArea(area *tmcArea) {
	groups, ok := tmcGroups[fold(area.No.Type)]
	if !ok {
		groups = [2]uint32{GroupData, GroupData}
	}
	context, err := strconv.ParseUint(strings.TrimSpace(area.Context), 10, 4)
	if err != nil {
		context = 0
	}
	for i := range area.Symbols {
		im.tmcSymbol(&area.Symbols[i], groups, Flags(context)<<8)
	}
}

func (im *importer) tmcSymbol(s *tmcSymbol, groups [2]uint32, flags Flags) {
	name := strings.TrimSpace(s.Name)
	size, err := s.BitSize.bits(im.x64)
	offset, offsetErr := s.BitOffs.bits(im.x64)
	typ, dims, typeErr := s.BaseType.written(s.Arrays)
	if err = errors.Join(err, offsetErr, typeErr); err != nil {
		im.fail("symbol %s: %w", name, err)
		return
	}
	e := Entry{
		Name: name, Type: typ, Comment: cutTo(s.Comment, math.MaxUint16), Dimensions: dims, Flags: flags,
		Attributes: properties(s.Properties),
		IndexGroup: groups[0], IndexOffset: uint32(offset / 8), Size: uint32((size + 7) / 8),
	}
	if s.BaseType.GUID != "" {
		if guid, err := ParseGUID(s.BaseType.GUID); err == nil {
			e.TypeGUID = guid
		}
	}
	if offset%8 != 0 || size == 1 {
		if groups[1] == groups[0] || offset > math.MaxUint32 {
			im.fail("symbol %s: it begins at bit %d, and its area cannot be read in bits", name, offset)
			return
		}
		e.IndexGroup, e.IndexOffset, e.Flags = groups[1], uint32(offset), e.Flags|FlagBitValue
	}
	im.symbols = append(im.symbols, e)
}
