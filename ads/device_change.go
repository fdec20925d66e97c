package ads

import (
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
// kept, and called again where their variables are there.
func (d *Device) SetTable(table *symbol.Table) error {
	fresh, err := d.newModel(table)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.carry(fresh)
	d.model = fresh
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
			d.carrySymbol(fresh, old.Name, e.Name)
		}
	}
}

func (d *Device) carrySymbol(fresh *deviceModel, oldName, name string) {
	was, errOld := d.model.table.Find(oldName)
	is, errNew := fresh.table.Find(name)
	if errOld != nil || errNew != nil {
		return // its type is not known
	}
	from, codeOld := d.model.place(&was)
	to, codeNew := fresh.place(&is)
	if codeOld != ams.NoError || codeNew != ams.NoError || from.bits || to.bits {
		return
	}
	places := make(map[string]symbol.Leaf)
	for leaf := range was.Type.Leaves(deviceMaxCarried) {
		places[deviceFold(leaf.Path)] = leaf
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
