package symbol

import (
	"encoding/binary"
	"math"
)

// Append appends the entry with its sub-items. It fails where a text is too
// long or has characters that the code page lacks, where there are more than
// 65535 of something, and where a copy mask or an enumeration value has not the
// size of the type.
func (e *TypeEntry) Append(dst []byte, page CodePage) ([]byte, error) {
	w := writer{dst: dst, page: page}
	w.dataType(e, 0)
	return w.finish(dst)
}

func (w *writer) dataType(e *TypeEntry, depth int) {
	outer := w.name
	if w.name = e.Name; outer != "" {
		w.name = outer + "." + e.Name
	}
	if depth > maxDepth {
		w.fail("sub-items are nested deeper than %d levels", maxDepth)
		return
	}
	w.entry(func() {
		w.u32(e.Version)
		w.u32(e.Hash)
		w.u32(e.TypeHash)
		w.u32(e.Size)
		w.u32(e.Offset)
		w.u32(uint32(e.BaseType))
		flags := e.flags()
		w.u32(uint32(flags))
		texts := w.texts([3]string{"name", "type name", "comment"}, [3]string{e.Name, e.Type, e.Comment})
		w.count16("dimensions", len(e.Dimensions))
		w.count16("sub-items", len(e.SubItems))
		texts()
		w.dimensions(e.Dimensions)
		for i := range e.SubItems {
			w.dataType(&e.SubItems[i], depth+1)
		}
		w.typeParts(e, flags)
		w.raw(e.Rest)
	})
	w.name = outer
}

// flags returns the flags with those of the parts that are there.
func (e *TypeEntry) flags() TypeFlags {
	flags := e.Flags
	for _, part := range [...]struct {
		there bool
		flag  TypeFlags
	}{
		{e.TypeGUID != GUID{}, TypeFlagTypeGUID},
		{len(e.CopyMask) > 0, TypeFlagCopyMask},
		{len(e.Methods) > 0, TypeFlagMethods},
		{len(e.Attributes) > 0, TypeFlagAttributes},
		{len(e.EnumInfos) > 0, TypeFlagEnumInfos},
		{e.ExtendedFlags != 0, TypeFlagExtended},
		{len(e.DerefTypes) > 0, TypeFlagDeref},
	} {
		if part.there {
			flags |= part.flag
		}
	}
	for i := range e.EnumInfos {
		if info := &e.EnumInfos[i]; info.Comment != "" || len(info.Attributes) > 0 || len(info.Rest) > 0 {
			flags |= TypeFlagExtendedEnum
		}
	}
	return flags
}

func (w *writer) typeParts(e *TypeEntry, flags TypeFlags) {
	if flags&TypeFlagTypeGUID != 0 {
		w.raw(e.TypeGUID[:])
	}
	if flags&TypeFlagCopyMask != 0 {
		if len(e.CopyMask) != int(e.Size) {
			w.fail("the copy mask has %d octets, and the type %d", len(e.CopyMask), e.Size)
		}
		w.raw(e.CopyMask)
	}
	if flags&TypeFlagMethods != 0 {
		w.methods(e.Methods)
	}
	if flags&TypeFlagAttributes != 0 {
		w.attributes(e.Attributes)
	}
	if flags&TypeFlagEnumInfos != 0 {
		w.enumInfos(e)
	}
	if flags&TypeFlagRefactorInfo != 0 {
		return
	}
	if flags&TypeFlagExtended != 0 {
		w.u32(e.ExtendedFlags)
	}
	if flags&TypeFlagDeref != 0 {
		w.count16("dereference types", len(e.DerefTypes))
		for _, guid := range e.DerefTypes {
			w.raw(guid[:])
		}
	}
	if flags&TypeFlagExtendedEnum != 0 {
		for i := range e.EnumInfos {
			w.extendedEnumInfo(&e.EnumInfos[i])
		}
	}
}

func (w *writer) enumInfos(e *TypeEntry) {
	w.count16("enumeration values", len(e.EnumInfos))
	for i := range e.EnumInfos {
		info := &e.EnumInfos[i]
		name := w.octets("enumeration name", info.Name, math.MaxUint8)
		w.u8(uint8(len(name)))
		w.raw(name)
		w.u8(0)
		if len(info.Value) != int(e.Size) {
			w.fail("the enumeration value %s has %d octets, and the type %d", info.Name, len(info.Value), e.Size)
		}
		w.raw(info.Value)
	}
}

func (w *writer) extendedEnumInfo(info *EnumInfo) {
	start := len(w.dst)
	w.u16(0)
	comment := w.octets("comment of the enumeration value "+info.Name, info.Comment, math.MaxUint8)
	w.u8(uint8(len(comment)))
	if len(info.Attributes) > math.MaxUint8 {
		w.fail("%d attributes of the enumeration value %s, at most %d are allowed", len(info.Attributes), info.Name, math.MaxUint8)
	}
	w.u8(uint8(len(info.Attributes)))
	w.raw(comment)
	w.u8(0)
	for _, a := range info.Attributes {
		w.attribute(a)
	}
	w.raw(info.Rest)
	length := len(w.dst) - start
	if length > math.MaxUint16 {
		w.fail("the enumeration value %s has %d octets of comment and attributes, at most %d are allowed", info.Name, length, math.MaxUint16)
	}
	binary.LittleEndian.PutUint16(w.dst[start:], uint16(length))
}
