package symbol

import (
	"encoding/binary"
	"strconv"

	"stellwerk/wire"
)

// Elements of the tables, for showing telegrams field by field.
var (
	uploadInfoV1 = wire.Element{Name: "upload info", Octets: UploadInfoV1, Fields: []wire.Field{
		{Name: "number of symbols", Bit: 0, Width: 32, Text: wire.Number},
		{Name: "octets of the symbol table", Bit: 32, Width: 32, Text: wire.Number},
	}}
	uploadInfoV2 = wire.Element{Name: "data types", Octets: UploadInfoV2 - UploadInfoV1, Fields: []wire.Field{
		{Name: "number of data types", Bit: 0, Width: 32, Text: wire.Number},
		{Name: "octets of the data type table", Bit: 32, Width: 32, Text: wire.Number},
		{Name: "most dynamic symbols", Bit: 64, Width: 32, Text: wire.Number},
		{Name: "used dynamic symbols", Bit: 96, Width: 32, Text: wire.Number},
	}}
	uploadInfoV3 = wire.Element{Name: "coding", Octets: 12, Fields: []wire.Field{
		{Name: "invalid dynamic symbols", Bit: 0, Width: 32, Text: wire.Number},
		{Name: "code page", Bit: 32, Width: 32, Text: func(v uint64) wire.Text { return wire.Same(CodePage(v).String()) }},
		{Name: "flags", Bit: 64, Width: 32, Text: wire.Hex},
	}}
	entryHead = wire.Element{Name: "head", Octets: 30, Fields: []wire.Field{
		{Name: "entry length", Bit: 0, Width: 32, Text: wire.Number},
		{Name: "index group", Bit: 32, Width: 32, Text: wire.Hex},
		{Name: "index offset", Bit: 64, Width: 32, Text: wire.Hex},
		{Name: "size", Bit: 96, Width: 32, Text: wire.Number},
		{Name: "base type", Bit: 128, Width: 32, Text: baseTypeText},
		{Name: "flags", Bit: 160, Width: 16, Text: func(v uint64) wire.Text { return flagText(v, Flags(v).String()) }},
		{Name: "array dimensions", Bit: 176, Width: 16, Text: wire.Number},
		{Name: "name length", Bit: 192, Width: 16, Text: wire.Number},
		{Name: "type length", Bit: 208, Width: 16, Text: wire.Number},
		{Name: "comment length", Bit: 224, Width: 16, Text: wire.Number},
	}}
	typeHead = wire.Element{Name: "head", Octets: 42, Fields: []wire.Field{
		{Name: "entry length", Bit: 0, Width: 32, Text: wire.Number},
		{Name: "version", Bit: 32, Width: 32, Text: wire.Number},
		{Name: "hash", Bit: 64, Width: 32, Text: wire.Hex},
		{Name: "type hash", Bit: 96, Width: 32, Text: wire.Hex},
		{Name: "size", Bit: 128, Width: 32, Text: wire.Number},
		{Name: "offset", Bit: 160, Width: 32, Text: wire.Number},
		{Name: "base type", Bit: 192, Width: 32, Text: baseTypeText},
		{Name: "flags", Bit: 224, Width: 32, Text: func(v uint64) wire.Text { return flagText(v, TypeFlags(v).String()) }},
		{Name: "name length", Bit: 256, Width: 16, Text: wire.Number},
		{Name: "type length", Bit: 272, Width: 16, Text: wire.Number},
		{Name: "comment length", Bit: 288, Width: 16, Text: wire.Number},
		{Name: "array dimensions", Bit: 304, Width: 16, Text: wire.Number},
		{Name: "number of sub-items", Bit: 320, Width: 16, Text: wire.Number},
	}}
	dimensionElement = wire.Element{Name: "dimension", Octets: 8, Fields: []wire.Field{
		{Name: "lower bound", Bit: 0, Width: 32, Text: wire.Signed(32)},
		{Name: "number of elements", Bit: 32, Width: 32, Text: wire.Number},
	}}
	methodHead = wire.Element{Name: "head", Octets: 24, Fields: []wire.Field{
		{Name: "method length", Bit: 0, Width: 32, Text: wire.Number},
		{Name: "version", Bit: 32, Width: 32, Text: wire.Number},
		{Name: "index in the table of methods", Bit: 64, Width: 32, Text: wire.Number},
		{Name: "size of the return value", Bit: 96, Width: 32, Text: wire.Number},
		{Name: "alignment of the return value", Bit: 128, Width: 32, Text: wire.Number},
		{Name: "reserved", Bit: 160, Width: 32, Text: wire.Hex},
	}}
	methodTail = wire.Element{Name: "lengths", Octets: 16, Fields: []wire.Field{
		{Name: "base type of the return value", Bit: 0, Width: 32, Text: baseTypeText},
		{Name: "flags", Bit: 32, Width: 32, Text: wire.Hex},
		{Name: "name length", Bit: 64, Width: 16, Text: wire.Number},
		{Name: "return type length", Bit: 80, Width: 16, Text: wire.Number},
		{Name: "comment length", Bit: 96, Width: 16, Text: wire.Number},
		{Name: "number of parameters", Bit: 112, Width: 16, Text: wire.Number},
	}}
	parameterHead = wire.Element{Name: "head", Octets: 24, Fields: []wire.Field{
		{Name: "parameter length", Bit: 0, Width: 32, Text: wire.Number},
		{Name: "size", Bit: 32, Width: 32, Text: wire.Number},
		{Name: "alignment", Bit: 64, Width: 32, Text: wire.Number},
		{Name: "base type", Bit: 96, Width: 32, Text: baseTypeText},
		{Name: "flags", Bit: 128, Width: 16, Text: wire.Hex},
		{Name: "padding", Bit: 144, Width: 16, Text: wire.Hex},
		{Name: "reserved", Bit: 160, Width: 32, Text: wire.Hex},
	}}
	parameterTail = wire.Element{Name: "lengths", Octets: 8, Fields: []wire.Field{
		{Name: "number of the length parameter", Bit: 0, Width: 16, Text: wire.Number},
		{Name: "name length", Bit: 16, Width: 16, Text: wire.Number},
		{Name: "type length", Bit: 32, Width: 16, Text: wire.Number},
		{Name: "comment length", Bit: 48, Width: 16, Text: wire.Number},
	}}
	count16 = wire.Element{Name: "number", Octets: 2, Fields: []wire.Field{{Name: "number", Width: 16, Text: wire.Number}}}
	flags32 = wire.Element{Name: "extended flags", Octets: 4, Fields: []wire.Field{{Name: "extended flags", Width: 32, Text: wire.Hex}}}
	length8 = wire.Element{Name: "length", Octets: 1, Fields: []wire.Field{{Name: "length", Width: 8, Text: wire.Number}}}
	pair8   = wire.Element{Name: "lengths", Octets: 2, Fields: []wire.Field{
		{Name: "name length", Bit: 0, Width: 8, Text: wire.Number},
		{Name: "value length", Bit: 8, Width: 8, Text: wire.Number},
	}}
	enumHead = wire.Element{Name: "lengths", Octets: 4, Fields: []wire.Field{
		{Name: "length", Bit: 0, Width: 16, Text: wire.Number},
		{Name: "comment length", Bit: 16, Width: 8, Text: wire.Number},
		{Name: "number of attributes", Bit: 24, Width: 8, Text: wire.Number},
	}}
)

func baseTypeText(v uint64) wire.Text { return wire.Same(BaseType(v).String()) }

func flagText(v uint64, names string) wire.Text {
	text := wire.Hex(v)
	if names != "" {
		text = wire.Same(text.EN + " " + names)
	}
	return text
}

// WalkUploadInfo cuts an upload info of 8, 24 or 64 octets, which the walker
// has next, into its fields.
func WalkUploadInfo(w *wire.Walker, octets int) {
	end := w.Rest() - octets
	w.Element(uploadInfoV1)
	if octets >= UploadInfoV2 {
		w.Element(uploadInfoV2)
	}
	if octets >= UploadInfoV3 {
		w.Element(uploadInfoV3)
	}
	w.Raw("reserved", wire.Text{}, w.Rest()-end)
}

// WalkEntries cuts a symbol table, whose octets the walker has next, into
// entries and fields. Entries that cannot be read become octets with what is
// wrong as their text.
func WalkEntries(w *wire.Walker, table []byte, page CodePage) {
	walkTable(w, table, page, "symbol", func(c *cutter) error {
		_, _, err := DecodeEntry(c.data, page)
		return err
	}, (*cutter).symbol)
}

// WalkTypeEntries cuts a data type table as [WalkEntries] cuts a symbol table.
func WalkTypeEntries(w *wire.Walker, table []byte, page CodePage) {
	walkTable(w, table, page, "data type", func(c *cutter) error {
		_, _, err := DecodeTypeEntry(c.data, page)
		return err
	}, (*cutter).dataType)
}

func walkTable(w *wire.Walker, table []byte, page CodePage, name string, check func(*cutter) error, cut func(*cutter)) {
	for len(table) > 0 {
		c := cutter{w: w, data: table, page: page}
		err := check(&c)
		octets := len(table)
		if len(table) >= 4 {
			if length := binary.LittleEndian.Uint32(table); length >= minEntry && uint64(length) <= uint64(len(table)) {
				octets = int(length)
			}
		}
		c.data = table[:octets]
		if err != nil {
			w.Raw(name, wire.Same(err.Error()), octets)
		} else {
			w.Group(name, wire.Text{}, func() { cut(&c) })
		}
		table = table[octets:]
	}
}

// cutter cuts entries that are known to be whole.
type cutter struct {
	w    *wire.Walker
	data []byte // of the entry
	at   int
	page CodePage
}

func (c *cutter) u8(at int) int   { return int(c.data[at]) }
func (c *cutter) u16(at int) int  { return int(binary.LittleEndian.Uint16(c.data[at:])) }
func (c *cutter) u32(at int) uint { return uint(binary.LittleEndian.Uint32(c.data[at:])) }

func (c *cutter) element(e wire.Element) int {
	start := c.at
	c.w.Element(e)
	c.at += e.Octets
	return start
}

func (c *cutter) raw(name, text string, octets int) {
	c.w.Raw(name, wire.Same(text), octets)
	c.at += octets
}

// text cuts a text of n octets with its NUL.
func (c *cutter) text(name string, n int) {
	c.raw(name, strconv.Quote(c.page.decode(c.data[c.at:c.at+n])), n+1)
}

func (c *cutter) guid(name string) {
	c.raw(name, GUID(c.data[c.at:c.at+16]).String(), 16)
}

// inner cuts an entry within the entry, which states its length in octets
// itself.
func (c *cutter) inner(name string, length int, cut func()) {
	outer := c.data
	end := c.at + length
	c.data = c.data[:end]
	c.w.Group(name, wire.Text{}, func() {
		cut()
		c.rest()
	})
	c.data, c.at = outer, end
}

func (c *cutter) rest() { c.raw("rest", "", len(c.data)-c.at) }

func (c *cutter) dimensions(n int) {
	for range n {
		c.element(dimensionElement)
	}
}

func (c *cutter) attribute() {
	c.w.Group("attribute", wire.Text{}, func() {
		head := c.element(pair8)
		c.text("name", c.u8(head))
		c.text("value", c.u8(head+1))
	})
}

func (c *cutter) attributes() {
	n := c.u16(c.element(count16))
	for range n {
		c.attribute()
	}
}

func (c *cutter) symbol() {
	head := c.element(entryHead)
	flags := Flags(c.u16(head + 20))
	c.text("name", c.u16(head+24))
	c.text("type", c.u16(head+26))
	c.text("comment", c.u16(head+28))
	c.dimensions(c.u16(head + 22))
	if flags&FlagTypeGUID != 0 {
		c.guid("type GUID")
	}
	if flags&FlagAttributes != 0 {
		c.attributes()
	}
	if flags&FlagExtended != 0 {
		c.element(flags32)
	}
	c.rest()
}

func (c *cutter) dataType() {
	head := c.element(typeHead)
	size, flags := int(c.u32(head+16)), TypeFlags(c.u32(head+28))
	c.text("name", c.u16(head+32))
	c.text("type", c.u16(head+34))
	c.text("comment", c.u16(head+36))
	c.dimensions(c.u16(head + 38))
	for range c.u16(head + 40) {
		c.inner("sub-item", int(c.u32(c.at)), c.dataType)
	}
	if flags&TypeFlagTypeGUID != 0 {
		c.guid("type GUID")
	}
	if flags&TypeFlagCopyMask != 0 {
		c.raw("copy mask", "", size)
	}
	if flags&TypeFlagMethods != 0 {
		for range c.u16(c.element(count16)) {
			c.inner("method", int(c.u32(c.at)), c.method)
		}
	}
	if flags&TypeFlagAttributes != 0 {
		c.attributes()
	}
	values := 0
	if flags&TypeFlagEnumInfos != 0 {
		values = c.u16(c.element(count16))
		for range values {
			c.enumInfo(size)
		}
	}
	if flags&TypeFlagRefactorInfo == 0 {
		c.typeTail(flags, values)
	}
	c.rest()
}

func (c *cutter) typeTail(flags TypeFlags, values int) {
	if flags&TypeFlagExtended != 0 {
		c.element(flags32)
	}
	if flags&TypeFlagDeref != 0 {
		for range c.u16(c.element(count16)) {
			c.guid("dereference type")
		}
	}
	if flags&TypeFlagExtendedEnum != 0 {
		for range values {
			c.inner("enumeration value", c.u16(c.at), func() {
				head := c.element(enumHead)
				c.text("comment", c.u8(head+2))
				for range c.u8(head + 3) {
					c.attribute()
				}
			})
		}
	}
}

func (c *cutter) enumInfo(size int) {
	c.w.Group("enumeration value", wire.Text{}, func() {
		c.text("name", c.u8(c.element(length8)))
		c.raw("value", "", size)
	})
}

func (c *cutter) method() {
	c.element(methodHead)
	c.guid("GUID of the return type")
	tail := c.element(methodTail)
	c.text("name", c.u16(tail+8))
	c.text("return type", c.u16(tail+10))
	c.text("comment", c.u16(tail+12))
	for range c.u16(tail + 14) {
		c.inner("parameter", int(c.u32(c.at)), c.parameter)
	}
	if MethodFlags(c.u32(tail+4))&MethodFlagAttributes != 0 {
		c.attributes()
	}
}

func (c *cutter) parameter() {
	head := c.element(parameterHead)
	c.guid("type GUID")
	tail := c.element(parameterTail)
	c.text("name", c.u16(tail+2))
	c.text("type", c.u16(tail+4))
	c.text("comment", c.u16(tail+6))
	if ParameterFlags(c.u16(head+16))&ParameterFlagAttributes != 0 {
		c.attributes()
	}
}
