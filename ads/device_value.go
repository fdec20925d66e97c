package ads

import (
	"fmt"
	"slices"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
	"stellwerk/ads/symbol"
)

// Table returns the symbols that the device has now.
func (d *Device) Table() *symbol.Table {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.model.table
}

// Find returns the variable that a path leads to, see [symbol.Table.Find].
func (d *Device) Find(path string) (symbol.Variable, error) { return d.Table().Find(path) }

// Set sets a variable, or a part of one, to a value of any type that
// [symbol.Type.Encode] takes. Fields that a structure has more, and elements that
// are nil, keep their values. After an error the variable is as it was.
func (d *Device) Set(path string, value any) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.set(path, value)
}

// DeviceValue is a variable with its value, for [Device.SetAll].
type DeviceValue struct {
	Path  string
	Value any
}

// SetAll sets several variables at once: no client sees one that is new beside
// one that is old. After an error all are as they were.
func (d *Device) SetAll(values ...DeviceValue) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	type kept struct {
		at  deviceRef
		old []byte
	}
	var undo []kept
	for _, v := range values {
		place, ref, err := d.find(v.Path)
		if err == nil {
			memory := ref.area.data[ref.offset : ref.offset+ref.octets()]
			undo = append(undo, kept{ref, slices.Clone(memory)})
			err = d.encode(&place, ref, v.Value)
		}
		if err != nil {
			for _, k := range slices.Backward(undo) {
				copy(k.at.area.data[k.at.offset:], k.old)
			}
			return err
		}
	}
	return nil
}

// set is Set. The caller holds mu.
func (d *Device) set(path string, value any) error {
	v, ref, err := d.find(path)
	if err != nil {
		return err
	}
	return d.encode(&v, ref, value)
}

// find returns a variable and its place. The caller holds mu.
func (d *Device) find(path string) (symbol.Variable, deviceRef, error) {
	v, err := d.model.table.Find(path)
	if err != nil {
		return v, deviceRef{}, fmt.Errorf("ads: %w", err)
	}
	ref, code := d.model.place(&v)
	if code != ams.NoError {
		return v, ref, fmt.Errorf("ads: %s: %w", path, code)
	}
	return v, ref, nil
}

// encode sets a place to a value, all or nothing. The caller holds mu.
func (d *Device) encode(v *symbol.Variable, ref deviceRef, value any) error {
	octets := make([]byte, max(v.Size, ref.size, 1))
	if ref.bits && !v.IsBit() {
		copy(octets, ref.appendTo(nil, ref.size)) // an octet for each bit of an area
		if err := v.Type.EncodeInto(octets, value); err != nil {
			return fmt.Errorf("ads: set %s: %w", v.Name, err)
		}
		ref.copyFrom(octets)
		return nil
	}
	memory := ref.area.data[ref.offset : ref.offset+ref.octets()]
	copy(octets, memory)
	if err := v.EncodeInto(octets, value); err != nil {
		return fmt.Errorf("ads: set %s: %w", v.Name, err)
	}
	copy(memory, octets)
	return nil
}

// Get returns the value of a variable, or of a part of one, as
// [symbol.Type.Decode] makes it. Functions of OnRead are not called: it is the
// value that was last computed.
func (d *Device) Get(path string) (any, error) {
	v, octets, err := d.octets(path)
	if err != nil {
		return nil, err
	}
	value, err := v.Decode(octets)
	if err != nil {
		return nil, fmt.Errorf("ads: get %s: %w", path, err)
	}
	return value, nil
}

// GetInto decodes a variable into the Go variable that into points to, as
// [symbol.Type.Unmarshal] does.
func (d *Device) GetInto(path string, into any) error {
	v, octets, err := d.octets(path)
	if err != nil {
		return err
	}
	if err := v.Unmarshal(octets, into); err != nil {
		return fmt.Errorf("ads: get %s: %w", path, err)
	}
	return nil
}

// octets copies the memory of a variable, as its type decodes it.
func (d *Device) octets(path string) (*symbol.Variable, []byte, error) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	v, ref, err := d.find(path)
	if err != nil {
		return nil, nil, err
	}
	if ref.bits && !v.IsBit() {
		return &v, ref.appendTo(nil, ref.size), nil
	}
	return &v, slices.Clone(ref.area.data[ref.offset : ref.offset+ref.octets()]), nil
}

// ReadMemory returns the octets at an address.
func (d *Device) ReadMemory(index command.Index, length uint32) ([]byte, error) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	ref, code := d.model.refer(index, length)
	if code != ams.NoError {
		return nil, fmt.Errorf("ads: %d octets at %v: %w", length, index, code)
	}
	return ref.appendTo(nil, length), nil
}

// WriteMemory sets the octets at an address. Functions of OnWrite are not asked.
func (d *Device) WriteMemory(index command.Index, data []byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	ref, code := d.model.refer(index, uint32(len(data)))
	if code != ams.NoError {
		return fmt.Errorf("ads: %d octets at %v: %w", len(data), index, code)
	}
	ref.copyFrom(data)
	return nil
}
