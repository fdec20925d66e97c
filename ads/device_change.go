package ads

import (
	"math"

	"stellwerk/ads/ams"
	"stellwerk/ads/symbol"
)

// deviceMaxCarried is how many values of one symbol are carried over one by one
// when its type has changed.
const deviceMaxCarried = 1 << 20

// SetTable gives the device other symbols, as an online change does: values of
// variables that both tables have with the same type are kept, handles go on to
// lead to their variables, and those of variables that are gone answer 0x711.
// Notifications of what is gone end with a sample without octets. The version of
// the symbols counts up, also where the table is the same. Functions of hooks are
// kept, and called again where their variables are there. The initial values are
// set in the same instant; after an error all is as it was.
func (d *Device) SetTable(table *symbol.Table, initial ...DeviceValue) error {
	fresh, err := d.newModel(table)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.carry(fresh)
	before := d.model
	d.model = fresh
	for _, v := range initial {
		if err := d.set(v.Path, v.Value); err != nil {
			d.model = before
			return err
		}
	}
	d.placeHooks(fresh)
	d.handles.byName = make(map[string]*deviceHandle, len(d.handles.byName))
	for _, h := range d.handles.byNumber {
		found, code := d.resolve(h.name)
		if h.gone || code != ams.NoError {
			h.gone, h.ref = true, deviceRef{}
			continue
		}
		h.ref, h.variable, h.method = found.ref, found.variable, found.method
		d.handles.byName[h.key] = h
	}
	d.version++
	return nil
}

// SymbolVersion returns the version of the symbols, which clients read at index
// group 0xF008.
func (d *Device) SymbolVersion() uint8 {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.version
}

// carry copies the values that stay. The caller holds mu.
func (d *Device) carry(fresh *deviceModel) {
	for group, area := range fresh.areas {
		// Process images and %M are memory of their own, whatever lies in them.
		if old := d.model.areas[group]; old != nil && group != symbol.GroupData {
			copy(area.data, old.data)
		}
	}
	for e := range fresh.table.Symbols() {
		if old := d.model.table.Entry(e.Name); old != nil && e.IndexGroup == symbol.GroupData {
			carrySymbol(d.model, fresh, e.Name, 0, math.MaxUint32)
		}
	}
}

// carrySymbol copies the values of a symbol that lie in a span of octets of the
// old memory, where the fresh model has them with the same type.
func carrySymbol(old, fresh *deviceModel, name string, first, end uint32) {
	was, errOld := old.table.Find(name)
	is, errNew := fresh.table.Find(name)
	if errOld != nil || errNew != nil {
		return // its type is not known
	}
	from, codeOld := old.place(&was)
	to, codeNew := fresh.place(&is)
	if codeOld != ams.NoError || codeNew != ams.NoError || from.bits || to.bits {
		return
	}
	places := make(map[string]symbol.Leaf)
	for leaf := range was.Type.Leaves(deviceMaxCarried) {
		if at := from.offset + leaf.Offset; at < end && at+max(leaf.Type.Size, 1) > first {
			places[deviceFold(leaf.Path)] = leaf
		}
	}
	memory, before := to.area.data[to.offset:to.offset+to.size], from.area.data[from.offset:from.offset+from.size]
	for leaf := range is.Type.Leaves(deviceMaxCarried) {
		old, ok := places[deviceFold(leaf.Path)]
		if !ok || old.Type.Kind != leaf.Type.Kind || leaf.Type.Kind != symbol.KindString && old.Type.Size != leaf.Type.Size {
			continue
		}
		if value, err := old.Type.Decode(before[old.Offset:]); err == nil && leaf.Type.Kind != symbol.KindBit {
			_ = leaf.Type.EncodeInto(memory[leaf.Offset:], value) // what does not fit is 0
		} else if leaf.Type.Kind == symbol.KindBit {
			bit := before[old.Offset] >> old.Bit & 1
			memory[leaf.Offset] = memory[leaf.Offset]&^(1<<leaf.Bit) | bit<<leaf.Bit
		}
	}
}

// follow carries over what was written to a place of an old model after the
// change. The caller holds mu.
func (d *Device) follow(old *deviceModel, ref deviceRef, data []byte) {
	if ref.area.group != symbol.GroupData {
		if area := d.model.areas[ref.area.group]; area != nil && uint64(ref.offset)+uint64(ref.octets()) <= uint64(len(area.data)) {
			ref.area = area
			ref.copyFrom(data)
		}
		return
	}
	end := ref.offset + ref.octets()
	for e := range old.table.Symbols() {
		if e.IndexGroup == symbol.GroupData && e.IndexOffset < end && e.IndexOffset+e.Size > ref.offset {
			carrySymbol(old, d.model, e.Name, ref.offset, end)
		}
	}
}
