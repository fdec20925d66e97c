package ads

import (
	"context"
	"fmt"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
	"stellwerk/ads/symbol"
)

// DeviceRead computes the value of a variable that a client reads. The value is
// encoded as Set does. An error is answered instead of a value: an
// [ams.ReturnCode] as it is, others as 0x700.
type DeviceRead func(ctx context.Context) (any, error)

// DeviceWrite is what a client wants to write to a variable.
type DeviceWrite struct {
	Name    string // the path of the hook's variable
	Type    *symbol.Type
	Data    []byte   // all octets of the variable as they would be; valid until the call returns
	Request *Request // of the client
}

// Value decodes what the variable would have.
func (w *DeviceWrite) Value() (any, error) { return w.Type.Decode(w.Data) }

// Into decodes what the variable would have into the Go variable that into points
// to, as [symbol.Type.Unmarshal] does.
func (w *DeviceWrite) Into(into any) error { return w.Type.Unmarshal(w.Data, into) }

// DeviceWriteFunc decides about a write. With an error nothing is written: an
// [ams.ReturnCode] is answered as it is, others as 0x700.
type DeviceWriteFunc func(ctx context.Context, w DeviceWrite) error

// OnRead has f called whenever a client reads the variable, or a part of it, or
// what it is a part of, and at each look of a notification. Reads of the same
// client do not wait for each other, so that f may be called by several
// goroutines at once. Nil takes the function away.
func (d *Device) OnRead(path string, f DeviceRead) error {
	return d.hook(path, f == nil, func(key string) {
		if f == nil {
			delete(d.reads, key)
		} else {
			d.reads[key] = f
		}
	})
}

// OnWrite has f asked whenever a client writes to the variable, or to a part of
// it, or to what it is a part of. It may be called by several goroutines at once,
// for different clients. Nil takes the function away. Set and Reset do not ask.
func (d *Device) OnWrite(path string, f DeviceWriteFunc) error {
	return d.hook(path, f == nil, func(key string) {
		if f == nil {
			delete(d.writes, key)
		} else {
			d.writes[key] = f
		}
	})
}

// hook changes the functions of a variable, by its folded path.
func (d *Device) hook(path string, removed bool, change func(key string)) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	v, err := d.model.table.Find(path)
	if err != nil {
		return fmt.Errorf("ads: %w", err)
	}
	if _, code := d.model.place(&v); code != ams.NoError {
		return fmt.Errorf("ads: %s: %w", path, code)
	}
	key := deviceFold(v.Name)
	_, read := d.reads[key]
	_, write := d.writes[key]
	change(key)
	if removed {
		d.placeHooks(d.model)
		return nil
	}
	if _, ok := d.reads[key]; ok && !read {
		d.placeRead(d.model, key)
	}
	if _, ok := d.writes[key]; ok && !write {
		d.placeWrite(d.model, key)
	}
	return nil
}

// placeHooks finds the places of all hooks anew. The caller holds mu.
func (d *Device) placeHooks(m *deviceModel) {
	d.readHooks.Store(0)
	writes := int32(0)
	for _, area := range m.areas {
		area.reads = deviceSpans[string]{}
		kept := area.writes.all[:0]
		for _, span := range area.writes.all {
			if span.what == "" {
				kept = append(kept, span)
			}
		}
		area.writes.all = kept
		writes += int32(len(kept))
	}
	d.writeHooks.Store(writes)
	for key := range d.reads {
		d.placeRead(m, key)
	}
	for key := range d.writes {
		d.placeWrite(m, key)
	}
}

func (d *Device) placeRead(m *deviceModel, key string) {
	if v, err := m.table.Find(key); err == nil {
		if ref, code := m.place(&v); code == ams.NoError {
			ref.area.reads.add(deviceSpan[string]{ref.offset, ref.offset + ref.octets(), key})
			d.readHooks.Add(1)
		}
	}
}

func (d *Device) placeWrite(m *deviceModel, key string) {
	if v, err := m.table.Find(key); err == nil {
		if ref, code := m.place(&v); code == ams.NoError {
			ref.area.writes.add(deviceSpan[string]{ref.offset, ref.offset + ref.octets(), key})
			d.writeHooks.Add(1)
		}
	}
}

// readMemory reads by address.
func (d *Device) readMemory(ctx context.Context, index command.Index, length uint32, dst []byte) ([]byte, ams.ReturnCode) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	ref, code := d.model.refer(index, length)
	if code != ams.NoError {
		return dst, code
	}
	return d.readRef(ctx, ref, length, dst)
}

// readRef reads a place. The caller holds mu for reading; it is released while a
// hook computes.
func (d *Device) readRef(ctx context.Context, ref deviceRef, length uint32, dst []byte) ([]byte, ams.ReturnCode) {
	if d.readHooks.Load() > 0 {
		if code := d.compute(ctx, ref); code != ams.NoError {
			return dst, code
		}
	}
	return ref.appendTo(dst, length), ams.NoError
}

// compute calls the hooks of a place. The caller holds mu for reading; it is
// released meanwhile, and the place stays valid, if out of use after an online
// change.
func (d *Device) compute(ctx context.Context, ref deviceRef) ams.ReturnCode {
	var keys []string
	ref.area.reads.over(ref.offset, ref.offset+ref.octets(), func(s deviceSpan[string]) bool {
		keys = append(keys, s.what)
		return true
	})
	for _, key := range keys {
		f := d.reads[key]
		if f == nil {
			continue
		}
		d.mu.RUnlock()
		value, err := f(ctx)
		if err == nil {
			err = d.Set(key, value)
		}
		d.mu.RLock()
		if code := returnCodeOf(err); code != ams.NoError {
			return code
		}
	}
	return ams.NoError
}

// writeMemory writes by address.
func (d *Device) writeMemory(ctx context.Context, r *Request, index command.Index, data []byte) ams.ReturnCode {
	d.mu.Lock()
	defer d.mu.Unlock()
	ref, code := d.model.refer(index, uint32(len(data)))
	if code != ams.NoError {
		return code
	}
	return d.writeRef(ctx, r, ref, data)
}

// writeRef writes to a place, whose size may be larger. The caller holds mu; it
// is released while a hook decides.
func (d *Device) writeRef(ctx context.Context, r *Request, ref deviceRef, data []byte) ams.ReturnCode {
	if uint64(len(data)) > uint64(ref.size) {
		return ams.InvalidSize
	}
	ref.size = uint32(len(data))
	model := d.model
	if d.writeHooks.Load() > 0 {
		if code := d.ask(ctx, r, ref, data); code != ams.NoError {
			return code
		}
	}
	ref.copyFrom(data)
	if d.model != model { // an online change while a hook decided
		d.follow(model, ref, data)
	}
	return ams.NoError
}

// ask has the hooks of a place decide. The caller holds mu, which is released
// meanwhile.
func (d *Device) ask(ctx context.Context, r *Request, ref deviceRef, data []byte) ams.ReturnCode {
	type question struct {
		f DeviceWriteFunc
		w DeviceWrite
	}
	var questions []question
	code := ams.NoError
	ref.area.writes.over(ref.offset, ref.offset+ref.octets(), func(s deviceSpan[string]) bool {
		if s.what == "" {
			code = ams.InvalidAccess
			return false
		}
		f := d.writes[s.what]
		v, err := d.model.table.Find(s.what)
		if f == nil || err != nil {
			return true
		}
		place, found := d.model.place(&v)
		if found != ams.NoError {
			return true
		}
		if whole, touched := overlay(place, ref, data); touched {
			questions = append(questions, question{f, DeviceWrite{Name: v.Name, Type: v.Type, Data: whole, Request: r}})
		}
		return true
	})
	if code != ams.NoError {
		return code
	}
	for _, q := range questions {
		d.mu.Unlock()
		err := q.f(ctx, q.w)
		d.mu.Lock()
		if code := returnCodeOf(err); code != ams.NoError {
			return code
		}
	}
	return ams.NoError
}

// overlay returns the octets of a place as they would be after a write to
// another, and whether it is touched at all: bits may be neighbours only.
func overlay(place, written deviceRef, data []byte) ([]byte, bool) {
	from := min(place.offset, written.offset)
	to := max(place.offset+place.octets(), written.offset+written.octets())
	memory := append([]byte(nil), place.area.data[from:to]...)
	mask := make([]byte, len(memory)) // of the bits that are written
	if written.bits {
		written.setBits(memory[written.offset-from:], data)
		ones := make([]byte, len(data))
		for i := range ones {
			ones[i] = 1
		}
		written.setBits(mask[written.offset-from:], ones)
	} else {
		copy(memory[written.offset-from:], data)
		for i := range data {
			mask[int(written.offset-from)+i] = 0xFF
		}
	}
	place.area = &deviceArea{data: memory[place.offset-from:]}
	touches := deviceRef{area: &deviceArea{data: mask[place.offset-from:]}, size: place.size, bits: place.bits, bit: place.bit}
	place.offset = 0
	for _, octet := range touches.appendTo(nil, touches.size) {
		if octet != 0 {
			return place.appendTo(nil, place.size), true
		}
	}
	return nil, false
}
