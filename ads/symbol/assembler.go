package symbol

import (
	"fmt"
	"hash/fnv"
	"math"
	"strings"
)

// assembler makes the entries of declared types and variables.
type assembler struct {
	measurer
	declaration *Declaration
	entries     []TypeEntry
	done        map[string]bool // types that have their entry, by folded name
}

// require makes sure that a type that something is made of has its entry:
// devices list base types, arrays and pointers like any other, and clients ask for them by
// name.
func (a *assembler) require(name string) error {
	key := foldType(canonical(name)) // STRING and STRING(80) are one
	if a.done[key] {
		return nil
	}
	if t, ok := a.types[key]; ok {
		return a.declare(t)
	}
	x, err := a.measure(name, 0)
	if err != nil {
		return err
	}
	parsed, err := parseTypeName(name)
	if err != nil {
		return err
	}
	e := TypeEntry{Version: 1, Name: parsed.String(), Size: uint32(x.octets()), BaseType: x.base, Flags: TypeFlagDataType}
	if x.bits%8 != 0 {
		e.Size = uint32(x.bits)
		e.Flags |= TypeFlagBitValues
	}
	switch parsed.form {
	case formArray:
		e.Type, e.Dimensions = parsed.of.String(), parsed.dims
	case formSubrange:
		e.Type = parsed.of.String()
	case formPointer, formReference:
		// What it leads to may contain this pointer: its entry follows.
		e.Flags |= TypeFlagPLCPointer
		if parsed.form == formReference {
			e.Flags = TypeFlagDataType | TypeFlagReference
		}
		a.add(key, e)
		if _, err := a.measure(parsed.of.String(), 0); err != nil {
			return err
		}
		return a.require(parsed.of.String())
	case formPlain:
		if builtin := fold(parsed.name); builtins[builtin] != KindOpaque || pseudo[builtin] != KindOpaque {
			e.Name = builtin
		}
		if key == "AMSNETID" {
			e.Name, e.Type, e.Dimensions = "AMSNETID", "BYTE", []Dimension{{Elements: 6}}
		}
	default:
	}
	if e.Type != "" {
		if err := a.require(e.Type); err != nil {
			return err
		}
	}
	a.add(key, e)
	return nil
}

func (a *assembler) add(key string, e TypeEntry) {
	a.done[key] = true
	h := fnv.New32a()
	describe(h.Write, &e)
	e.Hash = h.Sum32()
	if e.Type != "" {
		h.Reset()
		_, _ = h.Write([]byte(e.Type))
		e.TypeHash = h.Sum32()
	}
	a.entries = append(a.entries, e)
}

// describe feeds what makes a declaration the same as another into a hash.
func describe(write func([]byte) (int, error), e *TypeEntry) {
	_, _ = write(fmt.Appendf(nil, "%s:%s:%d:%d:%v;", fold(e.Name), fold(e.Type), e.Size, e.Offset, e.Dimensions))
	for i := range e.SubItems {
		describe(write, &e.SubItems[i])
	}
	for i := range e.EnumInfos {
		_, _ = write(fmt.Appendf(nil, "%s=%x;", e.EnumInfos[i].Name, e.EnumInfos[i].Value))
	}
	for i := range e.Methods {
		_, _ = write(fmt.Appendf(nil, "%s():%s;", e.Methods[i].Name, e.Methods[i].ReturnType))
	}
}

// declare makes the entry of a declared type, after those of what it is made
// of.
func (a *assembler) declare(t *declared) error {
	key := foldType(t.name)
	if a.done[key] {
		return nil
	}
	if _, err := a.measureDeclared(t, 0); err != nil {
		return err
	}
	a.done[key] = true
	e := TypeEntry{
		Version: 1, Name: t.name, Comment: t.comment, TypeGUID: t.guid,
		Size: uint32(t.extent.octets()), BaseType: t.extent.base, Flags: TypeFlagDataType,
		Attributes: t.attributes,
	}
	var err error
	switch t.kind {
	case KindStruct, KindUnion, KindFunctionBlock:
		err = a.members(t, &e)
	case KindEnum:
		e.Type = t.base
		err = a.enum(t, &e)
	default:
		e.Type = canonical(t.base)
		err = a.require(e.Type)
	}
	if err != nil {
		return fmt.Errorf("type %s: %w", t.name, err)
	}
	a.add(key, e)
	return nil
}

// canonical writes the name of a type as TwinCAT does.
func canonical(name string) string {
	if parsed, err := parseTypeName(name); err == nil {
		return parsed.String()
	}
	return name
}

func (a *assembler) members(t *declared, e *TypeEntry) error {
	seen := make(map[string]bool)
	for i, member := range t.all {
		if member.Name == "" || strings.ContainsAny(member.Name, ".[]^ #") {
			return fmt.Errorf("%q is no name of a field", member.Name)
		}
		if seen[fold(member.Name)] {
			return fmt.Errorf("the field %s is declared twice", member.Name)
		}
		seen[fold(member.Name)] = true
		if err := a.require(member.Type); err != nil {
			return fmt.Errorf("%s: %w", member.Name, err)
		}
		at := t.places[i]
		item := TypeEntry{
			Version: 1, Name: member.Name, Type: canonical(member.Type), Comment: member.Comment,
			Size: uint32(at.octets()), Offset: uint32(at.bit / 8), BaseType: at.base, Flags: TypeFlagDataItem,
			Attributes: member.Attributes,
		}
		if at.bits%8 != 0 {
			item.Size, item.Flags = uint32(at.bits), item.Flags|TypeFlagBitValues
			if at.bit > math.MaxUint32 {
				return fmt.Errorf("%s: a BIT beyond octet %d", member.Name, math.MaxUint32/8)
			}
			item.Offset = uint32(at.bit)
		}
		if parsed, err := parseTypeName(member.Type); err == nil && parsed.form == formArray {
			item.Dimensions = parsed.dims
		}
		if member.Direction != Local {
			item.Attributes = append([]Attribute{{Name: "ItemType", Value: member.Direction.String()}}, member.Attributes...)
		}
		e.SubItems = append(e.SubItems, item)
	}
	if t.kind == KindFunctionBlock {
		e.Attributes = append([]Attribute{{Name: "PouType", Value: "FunctionBlock"}}, e.Attributes...)
	}
	for i := range t.methods {
		method, err := a.method(&t.methods[i])
		if err != nil {
			return fmt.Errorf("method %s: %w", t.methods[i].Name, err)
		}
		method.VTableIndex = uint32(i)
		e.Methods = append(e.Methods, method)
	}
	return nil
}

func (a *assembler) method(m *MethodDeclaration) (Method, error) {
	method := Method{
		Version: 1, Name: m.Name, ReturnType: canonical(m.Return), Comment: m.Comment, Flags: MethodFlagPLCCalling,
	}
	if m.Return != "" {
		x, err := a.measure(m.Return, 0)
		if err != nil {
			return method, err
		}
		method.ReturnSize, method.ReturnAlign, method.ReturnBase = uint32(x.octets()), x.align, x.base
		if err := a.require(m.Return); err != nil {
			return method, err
		}
	}
	for _, member := range m.Parameters {
		x, err := a.measure(member.Type, 0)
		if err == nil {
			err = a.require(member.Type)
		}
		if err != nil {
			return method, fmt.Errorf("parameter %s: %w", member.Name, err)
		}
		p := Parameter{
			Name: member.Name, Type: canonical(member.Type), Comment: member.Comment, Attributes: member.Attributes,
			Size: uint32(x.octets()), Align: x.align, BaseType: x.base, Flags: ParameterFlagIn,
		}
		switch member.Direction {
		case Output:
			p.Flags = ParameterFlagOut
		case InOut:
			p.Flags = ParameterFlagIn | ParameterFlagOut | ParameterFlagByRef
		case Local, Input:
		}
		method.Parameters = append(method.Parameters, p)
	}
	return method, nil
}

func (a *assembler) enum(t *declared, e *TypeEntry) error {
	parsed, err := parseTypeName(t.base)
	kind := builtins[fold(t.base)]
	if err != nil || parsed.form != formPlain || !kind.integer() {
		return fmt.Errorf("an enumeration of %s, which is no integer", t.base)
	}
	if err := a.require(t.base); err != nil {
		return err
	}
	base := elementary(fold(t.base), kind)
	seen := make(map[string]bool)
	for _, value := range t.values {
		if value.Name == "" || seen[fold(value.Name)] {
			return fmt.Errorf("the name %q is empty or declared twice", value.Name)
		}
		seen[fold(value.Name)] = true
		octets := make([]byte, 8)
		n := signed(value.Value)
		if kind == KindUint64 {
			n = unsigned(uint64(value.Value))
		}
		if err := base.setInteger(octets[:base.Size], n); err != nil {
			return fmt.Errorf("%s: %w", value.Name, err)
		}
		e.EnumInfos = append(e.EnumInfos, EnumInfo{Name: value.Name, Value: octets[:base.Size], Comment: value.Comment})
	}
	if len(t.values) == 0 {
		return fmt.Errorf("an enumeration without names")
	}
	return nil
}

// symbols makes the entries of the variables, each at its address or at the
// next free place of its index group.
func (a *assembler) symbols() (entries []Entry, errs []error) {
	next := make(map[uint32]uint64)
	seen := make(map[string]bool)
	extents := make([]extent, len(a.declaration.symbols))
	entries = make([]Entry, len(a.declaration.symbols))
	for i, s := range a.declaration.symbols {
		e := s.entry.Clone()
		err := a.symbol(s, &e, &extents[i])
		switch {
		case err != nil:
		case seen[fold(e.Name)]:
			err = fmt.Errorf("symbol %s is declared twice", e.Name)
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		seen[fold(e.Name)] = true
		if s.placed {
			end := uint64(e.IndexOffset) + uint64(e.Size)
			next[e.IndexGroup] = max(next[e.IndexGroup], end)
		}
		entries[i] = e
	}
	for i, s := range a.declaration.symbols {
		e := &entries[i]
		if s.placed || e.Name == "" {
			continue
		}
		align := uint64(max(extents[i].align, 1))
		at := (next[e.IndexGroup] + align - 1) / align * align
		if next[e.IndexGroup] = at + uint64(e.Size); next[e.IndexGroup] > math.MaxUint32 {
			errs = append(errs, fmt.Errorf("symbol %s: the index group %#x is full", e.Name, e.IndexGroup))
			continue
		}
		e.IndexOffset = uint32(at)
	}
	return entries, errs
}

func (a *assembler) symbol(s *VariableDeclaration, e *Entry, x *extent) error {
	if e.Name == "" || strings.ContainsAny(e.Name, "[]^ #") {
		return fmt.Errorf("%q is no name of a symbol", e.Name)
	}
	var err error
	if *x, err = a.measure(e.Type, 0); err == nil {
		err = a.require(e.Type)
	}
	if err != nil {
		return fmt.Errorf("symbol %s: %w", e.Name, err)
	}
	if s.direct != "" {
		if err := s.parseDirect(); err != nil {
			return err
		}
		e.IndexGroup, e.IndexOffset, e.Flags = s.entry.IndexGroup, s.entry.IndexOffset, s.entry.Flags
		if s.bit && x.octets() != 1 {
			return fmt.Errorf("symbol %s: a %s does not fit into one bit", e.Name, e.Type)
		}
	}
	e.Type = canonical(e.Type)
	if t, ok := a.types[foldType(e.Type)]; ok {
		e.Type, e.TypeGUID = t.name, t.guid
	}
	e.Size, e.BaseType = uint32(x.octets()), x.base
	if parsed, err := parseTypeName(e.Type); err == nil && parsed.form == formArray {
		e.Dimensions = parsed.dims
	}
	return nil
}

// Upload is what a device answers to uploads.
type Upload struct {
	Info    UploadInfo
	Symbols []byte // index group 0xF00B
	Types   []byte // index group 0xF00E
}

// Upload encodes both tables. It fails where a name has characters that the
// code page lacks.
func (t *Table) Upload(page CodePage) (*Upload, error) {
	u := &Upload{Info: UploadInfo{Symbols: uint32(len(t.symbols)), Types: uint32(len(t.types.entries)), CodePage: page}}
	var err error
	for i := range t.symbols {
		if u.Symbols, err = t.symbols[i].Append(u.Symbols, page); err != nil {
			return nil, fmt.Errorf("%s: %w", symbolTable, err)
		}
	}
	for i := range t.types.entries {
		if u.Types, err = t.types.entries[i].Append(u.Types, page); err != nil {
			return nil, fmt.Errorf("%s: %w", typeTable, err)
		}
	}
	u.Info.SymbolBytes, u.Info.TypeBytes = uint32(len(u.Symbols)), uint32(len(u.Types))
	return u, nil
}

// ReadUpload makes a table of what a device answered. What can be read is
// returned also with an error, which tells of entries that could not.
func ReadUpload(u *Upload, options *TypesOptions) (*Table, error) {
	symbols, err := ReadEntries(u.Symbols, u.Info.CodePage)
	types, typesErr := ReadTypeEntries(u.Types, u.Info.CodePage)
	if err == nil {
		err = typesErr
	} else if typesErr != nil {
		err = fmt.Errorf("%w\n%w", err, typesErr)
	}
	return NewTable(symbols, NewTypes(types, options)), err
}
