package ads

import (
	"bytes"
	"encoding/binary"
	"errors"
	"unicode/utf8"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
	"stellwerk/ads/symbol"
)

// deviceMaxName is how many octets a name from a client may have.
const deviceMaxName = 4096

// text decodes a name, which ends with the data or with NUL. Names that are not
// UTF-8 are Windows-1252.
func (m *deviceModel) text(name []byte) string {
	name, _, _ = bytes.Cut(name[:min(len(name), deviceMaxName)], []byte{0})
	if utf8.Valid(name) {
		return string(name)
	}
	octets := make([]byte, m.strings.Size)
	copy(octets, name)
	if value, err := m.strings.Decode(octets); err == nil && len(name) < len(octets) {
		return value.(string)
	}
	return string(name)
}

// find looks a variable up.
func (m *deviceModel) find(name string) (symbol.Variable, ams.ReturnCode) {
	v, err := m.table.Find(name)
	if err == nil {
		return v, ams.NoError
	}
	if _, ok := errors.AsType[*symbol.NotFoundError](err); ok {
		return v, ams.SymbolNotFound
	}
	if bytes.ContainsAny([]byte(name), "[") {
		return v, ams.InvalidArrayIndex
	}
	return v, ams.SymbolNotFound
}

// readUpload answers uploads and what they are announced with.
func (d *Device) readUpload(group command.IndexGroup, length uint32, dst []byte) ([]byte, ams.ReturnCode) {
	d.mu.RLock()
	u := d.model.upload
	d.mu.RUnlock()
	if d.options.TwinCAT2 && (group == command.GroupTypeUpload || group == command.GroupUploadInfo2) {
		return dst, ams.InvalidGroup
	}
	switch group {
	case command.GroupUpload:
		return append(dst, u.Symbols[:min(uint64(length), uint64(len(u.Symbols)))]...), ams.NoError
	case command.GroupTypeUpload:
		return append(dst, u.Types[:min(uint64(length), uint64(len(u.Types)))]...), ams.NoError
	case command.GroupUploadInfo:
		info := u.Info.Append(nil)
		return appendCut(dst, length, info[:symbol.UploadInfoV1]...)
	default:
		info := u.Info.Append(nil)
		switch {
		case length >= symbol.UploadInfoV3:
		case length >= symbol.UploadInfoV2:
			info = info[:symbol.UploadInfoV2]
		case length >= symbol.UploadInfoV1:
			info = info[:symbol.UploadInfoV1]
		default:
			return dst, ams.InvalidSize
		}
		return append(dst, info...), ams.NoError
	}
}

// infoByName is 0xF007: a name in, index group, index offset and length out.
func (d *Device) infoByName(name []byte, length uint32, dst []byte) ([]byte, ams.ReturnCode) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	v, code := d.model.find(d.model.text(name))
	if code != ams.NoError {
		return dst, code
	}
	group, offset := addressOf(&v)
	info := binary.LittleEndian.AppendUint32(nil, group)
	info = binary.LittleEndian.AppendUint32(info, offset)
	info = binary.LittleEndian.AppendUint32(info, v.Size)
	return appendCut(dst, length, info...)
}

// entryByName is 0xF009: a name in, a symbol entry out.
func (d *Device) entryByName(name []byte, length uint32, dst []byte) ([]byte, ams.ReturnCode) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	v, code := d.model.find(d.model.text(name))
	if code != ams.NoError {
		return dst, code
	}
	e := entryOf(&v)
	octets, err := e.Append(nil, d.page)
	if err != nil {
		return dst, ams.InvalidData
	}
	return appendCut(dst, length, octets...)
}

// addressOf is the address that clients are told. That of a BIT within a structure is in bits,
// where its area can be addressed so: who writes its octet changes its neighbours.
func addressOf(v *symbol.Variable) (group, offset uint32) {
	if v.IsBit() && v.IndexOffset < 1<<29 {
		for bits, octets := range deviceBits {
			if uint32(octets) == v.IndexGroup {
				return uint32(bits), v.IndexOffset*8 + uint32(v.Bit)
			}
		}
	}
	return v.IndexGroup, v.IndexOffset
}

// entryOf makes the symbol entry of a variable, which may be a part of a symbol.
func entryOf(v *symbol.Variable) symbol.Entry {
	if v.Symbol != nil && deviceFold(v.Symbol.Name) == deviceFold(v.Name) {
		return *v.Symbol
	}
	group, offset := addressOf(v)
	e := symbol.Entry{
		IndexGroup: group, IndexOffset: offset, Size: v.Size, BaseType: v.Type.BaseType,
		Name: v.Name, Type: v.Type.Name, Comment: v.Comment, Dimensions: v.Type.Dimensions,
		TypeGUID: v.Type.GUID, Attributes: v.Attributes,
	}
	if v.Symbol != nil {
		e.Flags = v.Symbol.Flags & (symbol.FlagPersistent | symbol.FlagReadOnly | symbol.FlagContext)
	}
	return e
}

// typeByName is 0xF011: the name of a type in, a data type entry out.
func (d *Device) typeByName(name []byte, length uint32, dst []byte) ([]byte, ams.ReturnCode) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if d.options.TwinCAT2 {
		return dst, ams.InvalidGroup
	}
	e := d.model.table.Types().Entry(d.model.text(name))
	if e == nil {
		return dst, ams.SymbolNotFound
	}
	octets, err := e.Append(nil, d.page)
	if err != nil {
		return dst, ams.InvalidData
	}
	return appendCut(dst, length, octets...)
}
