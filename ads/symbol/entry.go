package symbol

import "slices"

// minEntry is the length of a symbol entry with empty texts.
const minEntry = 33

// Entry is one entry of the symbol table: a variable with its address and type.
// Octets 0 to 29 are fixed; the texts, each ended by NUL, and the parts that
// flags announce follow.
type Entry struct {
	IndexGroup  uint32
	IndexOffset uint32
	// Size is that of the value in octets; TwinCAT 2 says 0 for a bit.
	Size     uint32
	BaseType BaseType
	// Flags announce the parts below. Those of parts that are there are set
	// when the entry is encoded.
	Flags   Flags
	Name    string // full name, such as MAIN.fbPump.nSpeed
	Type    string // name of the type, such as ARRAY [0..3] OF INT
	Comment string
	// Dimensions are those of an array.
	Dimensions []Dimension
	// TypeGUID is there where FlagTypeGUID is set.
	TypeGUID   GUID
	Attributes []Attribute
	// ExtendedFlags are there where FlagExtended is set.
	ExtendedFlags uint32
	// Rest are octets behind the known fields.
	Rest []byte
}

// Attribute returns the value of an attribute; its name is looked up without
// regard to case.
func (e *Entry) Attribute(name string) (value string, ok bool) { return find(e.Attributes, name) }

// DecodeEntry reads the entry at the front of data, which ends where the length
// in its first field says, and returns how many octets it has. Data that is too
// short or contradicts itself gives a [*TableError].
func DecodeEntry(data []byte, page CodePage) (e Entry, octets int, err error) {
	r := reader{data: data, end: len(data), page: page}
	octets, e = r.symbol()
	if r.err != nil {
		r.err.Table = symbolTable
		return Entry{}, 0, r.err
	}
	return e, octets, nil
}

func (r *reader) symbol() (octets int, e Entry) {
	start := r.at
	length := r.u32("entry length")
	r.at = start
	e.Rest = r.within("the symbol", length, minEntry, func() {
		r.at += 4
		e.IndexGroup = r.u32("index group")
		e.IndexOffset = r.u32("index offset")
		e.Size = r.u32("size")
		e.BaseType = BaseType(r.u32("base type"))
		e.Flags = Flags(r.u16("flags"))
		dims := int(r.u16("array dimensions"))
		name, typ, comment := int(r.u16("name length")), int(r.u16("type length")), int(r.u16("comment length"))
		e.Name = r.text("name", name)
		r.name = e.Name
		e.Type = r.text("type name", typ)
		e.Comment = r.text("comment", comment)
		e.Dimensions = r.dimensions(dims)
		if e.Flags&FlagTypeGUID != 0 {
			e.TypeGUID = r.guid("type GUID")
		}
		if e.Flags&FlagAttributes != 0 {
			e.Attributes = r.attributes(int(r.u16("number of attributes")))
		}
		if e.Flags&FlagExtended != 0 {
			e.ExtendedFlags = r.u32("extended flags")
		}
	})
	return int(length), e
}

// Append appends the entry. It fails where a text is too long or has characters
// that the code page lacks.
func (e *Entry) Append(dst []byte, page CodePage) ([]byte, error) {
	w := writer{dst: dst, page: page, name: e.Name}
	w.entry(func() {
		w.u32(e.IndexGroup)
		w.u32(e.IndexOffset)
		w.u32(e.Size)
		w.u32(uint32(e.BaseType))
		flags := e.flags()
		w.u16(uint16(flags))
		w.count16("dimensions", len(e.Dimensions))
		texts := w.texts([3]string{"name", "type name", "comment"}, [3]string{e.Name, e.Type, e.Comment})
		texts()
		w.dimensions(e.Dimensions)
		if flags&FlagTypeGUID != 0 {
			w.raw(e.TypeGUID[:])
		}
		if flags&FlagAttributes != 0 {
			w.attributes(e.Attributes)
		}
		if flags&FlagExtended != 0 {
			w.u32(e.ExtendedFlags)
		}
		w.raw(e.Rest)
	})
	return w.finish(dst)
}

// flags returns the flags with those of the parts that are there.
func (e *Entry) flags() Flags {
	flags := e.Flags
	if e.TypeGUID != (GUID{}) {
		flags |= FlagTypeGUID
	}
	if len(e.Attributes) > 0 {
		flags |= FlagAttributes
	}
	if e.ExtendedFlags != 0 {
		flags |= FlagExtended
	}
	return flags
}

// Clone returns a copy that shares nothing with the entry.
func (e *Entry) Clone() Entry {
	c := *e
	c.Dimensions = slices.Clone(e.Dimensions)
	c.Attributes = slices.Clone(e.Attributes)
	c.Rest = slices.Clone(e.Rest)
	return c
}
