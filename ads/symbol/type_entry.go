package symbol

// Limits of data type entries.
const (
	minTypeEntry = 45 // with empty texts
	maxDepth     = 32 // of sub-items within sub-items
)

// TypeEntry is one entry of the data type table, or a sub-item of one: octets 0
// to 41 are fixed, the texts, each ended by NUL, the dimensions, the sub-items,
// and the parts that flags announce follow in the order of the fields here.
type TypeEntry struct {
	Version uint32 // 1
	// Hash is that of the declaration; of a property, the offset of the code
	// that gets it.
	Hash uint32
	// TypeHash is that of the base type; of a property, the offset of the code
	// that sets it.
	TypeHash uint32
	// Size and Offset, the place in the parent, count octets, and bits where
	// TypeFlagBitValues is set.
	Size     uint32
	Offset   uint32
	BaseType BaseType
	// Flags announce the parts below. Those of parts that are there are set
	// when the entry is encoded.
	Flags TypeFlags
	// Name is that of the type, or of the item.
	Name string
	// Type is the name of the type of an item, of an array's elements, of what
	// an alias stands for; empty for structures and base types.
	Type       string
	Comment    string
	Dimensions []Dimension
	SubItems   []TypeEntry
	TypeGUID   GUID // with TypeFlagTypeGUID
	// CopyMask has Size octets, with TypeFlagCopyMask.
	CopyMask   []byte
	Methods    []Method    // with TypeFlagMethods
	Attributes []Attribute // with TypeFlagAttributes
	EnumInfos  []EnumInfo  // with TypeFlagEnumInfos and TypeFlagExtendedEnum
	// ExtendedFlags are there with TypeFlagExtended.
	ExtendedFlags uint32
	// DerefTypes are the types that a dereference may lead to, with
	// TypeFlagDeref.
	DerefTypes []GUID
	// Rest are octets behind the known fields. Where TypeFlagRefactorInfo is
	// set it begins behind the enumeration, since what it adds, and where, is
	// not published.
	Rest []byte
}

// EnumInfo is one name of an enumeration.
type EnumInfo struct {
	Name string // at most 255 octets
	// Value has as many octets as the enumeration, little endian.
	Value []byte
	// Comment, Attributes and Rest are there with TypeFlagExtendedEnum.
	Comment    string
	Attributes []Attribute
	Rest       []byte // octets of the extended part behind the known fields
}

// Attribute returns the value of an attribute; its name is looked up without
// regard to case.
func (e *TypeEntry) Attribute(name string) (value string, ok bool) { return find(e.Attributes, name) }

// DecodeTypeEntry reads the entry at the front of data, which ends where the
// length in its first field says, and returns how many octets it has. Data that
// is too short or contradicts itself, and items nested deeper than 32 levels,
// give a [*TableError].
func DecodeTypeEntry(data []byte, page CodePage) (e TypeEntry, octets int, err error) {
	r := reader{data: data, end: len(data), page: page}
	octets = r.dataType(&e, 0)
	if r.err != nil {
		r.err.Table = typeTable
		return TypeEntry{}, 0, r.err
	}
	return e, octets, nil
}

func (r *reader) dataType(e *TypeEntry, depth int) (octets int) {
	start, outer := r.at, r.name
	length := r.u32("entry length")
	r.at = start
	what := "the data type"
	if depth > 0 {
		what = "a sub-item"
	}
	e.Rest = r.within(what, length, minTypeEntry, func() {
		r.at += 4
		e.Version = r.u32("version")
		e.Hash = r.u32("hash")
		e.TypeHash = r.u32("type hash")
		e.Size = r.u32("size")
		e.Offset = r.u32("offset")
		e.BaseType = BaseType(r.u32("base type"))
		e.Flags = TypeFlags(r.u32("flags"))
		name, typ, comment := int(r.u16("name length")), int(r.u16("type length")), int(r.u16("comment length"))
		dims := int(r.u16("array dimensions"))
		items := int(r.u16("number of sub-items"))
		e.Name = r.text("name", name)
		if r.name = e.Name; outer != "" {
			r.name = outer + "." + e.Name
		}
		e.Type = r.text("type name", typ)
		e.Comment = r.text("comment", comment)
		e.Dimensions = r.dimensions(dims)
		r.subItems(e, items, depth)
		r.typeParts(e)
	})
	if r.err == nil {
		r.name = outer
	}
	return int(length)
}

func (r *reader) subItems(e *TypeEntry, items, depth int) {
	if r.count("sub-items", items, minTypeEntry) == 0 {
		return
	}
	if depth >= maxDepth {
		r.fail(r.at, "sub-items are nested deeper than %d levels", maxDepth)
		return
	}
	e.SubItems = make([]TypeEntry, items)
	for i := range e.SubItems {
		if r.dataType(&e.SubItems[i], depth+1); r.err != nil {
			return
		}
	}
}

// typeParts reads the parts that flags announce.
func (r *reader) typeParts(e *TypeEntry) {
	if e.Flags&TypeFlagTypeGUID != 0 {
		e.TypeGUID = r.guid("type GUID")
	}
	if e.Flags&TypeFlagCopyMask != 0 {
		e.CopyMask = append([]byte{}, r.take("copy mask", int64(e.Size))...)
	}
	if e.Flags&TypeFlagMethods != 0 {
		e.Methods = r.methods(int(r.u16("number of methods")))
	}
	if e.Flags&TypeFlagAttributes != 0 {
		e.Attributes = r.attributes(int(r.u16("number of attributes")))
	}
	if e.Flags&TypeFlagEnumInfos != 0 {
		e.EnumInfos = r.enumInfos(int(r.u16("number of enumeration values")), e.Size)
	}
	if e.Flags&TypeFlagRefactorInfo != 0 {
		return
	}
	if e.Flags&TypeFlagExtended != 0 {
		e.ExtendedFlags = r.u32("extended flags")
	}
	if e.Flags&TypeFlagDeref != 0 {
		if n := r.count("dereference types", int(r.u16("number of dereference types")), len(GUID{})); n > 0 {
			e.DerefTypes = make([]GUID, n)
			for i := range e.DerefTypes {
				e.DerefTypes[i] = r.guid("dereference type")
			}
		}
	}
	if e.Flags&TypeFlagExtendedEnum != 0 {
		for i := range e.EnumInfos {
			r.extendedEnumInfo(&e.EnumInfos[i])
		}
	}
}

func (r *reader) enumInfos(count int, size uint32) []EnumInfo {
	if r.count("enumeration values", count, 2) == 0 {
		return nil
	}
	infos := make([]EnumInfo, count)
	for i := range infos {
		length := int(r.u8("length of an enumeration name"))
		infos[i].Name = r.text("enumeration name", length)
		infos[i].Value = append([]byte{}, r.take("enumeration value", int64(size))...)
		if r.err != nil {
			return nil
		}
	}
	return infos
}

func (r *reader) extendedEnumInfo(info *EnumInfo) {
	start := r.at
	length := uint32(r.u16("length of an extended enumeration value"))
	r.at = start
	info.Rest = r.within("an extended enumeration value", length, 5, func() {
		r.at += 2
		comment, attributes := int(r.u8("comment length")), int(r.u8("number of attributes"))
		info.Comment = r.text("comment", comment)
		info.Attributes = r.attributes(attributes)
	})
}
