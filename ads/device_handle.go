package ads

import (
	"container/list"
	"context"
	"encoding/binary"

	"stellwerk/ads/ams"
	"stellwerk/ads/symbol"
)

// deviceHandle stands for a name. Names that are asked for again get the same
// handle, and each asking one reference.
type deviceHandle struct {
	number   uint32
	name     string // as it was asked for
	key      string // folded
	ref      deviceRef
	variable symbol.Variable
	method   *deviceMethod // of a handle for a method
	gone     bool          // vanished in an online change
	refs     int
	owners   map[*ServerConn]int // references of each connection
	idle     *list.Element       // in the list of those, nil where it is not
}

// deviceHandles are the handles of a device.
type deviceHandles struct {
	byNumber map[uint32]*deviceHandle
	byName   map[string]*deviceHandle // those that have not gone
	idle     list.List                // without references since their clients are gone, oldest first
	last     uint32
	epoch    uint32 // counts restarts, so that handles of before are not mistaken
}

// forget lets go of all handles.
func (h *deviceHandles) forget() {
	*h = deviceHandles{epoch: h.epoch + 1}
}

// next returns a number that is free. The upper octet tells restarts apart.
func (h *deviceHandles) next() uint32 {
	for {
		h.last = (h.last + 1) & 0x00FF_FFFF
		number := (h.epoch+1)<<24 | h.last
		if h.byNumber[number] == nil && number != 0 {
			return number
		}
	}
}

// take returns a handle for a name, with one reference more.
func (h *deviceHandles) take(name string, conn *ServerConn, most int, resolve func() (*deviceHandle, ams.ReturnCode)) (*deviceHandle, ams.ReturnCode) {
	key := deviceFold(name)
	handle := h.byName[key]
	if handle == nil {
		for oldest := h.idle.Front(); len(h.byNumber) >= most && oldest != nil; oldest = h.idle.Front() {
			h.drop(oldest.Value.(*deviceHandle))
		}
		if len(h.byNumber) >= most {
			return nil, ams.NoMoreHandles
		}
		var code ams.ReturnCode
		if handle, code = resolve(); code != ams.NoError {
			return nil, code
		}
		handle.number, handle.name, handle.key, handle.owners = h.next(), name, key, make(map[*ServerConn]int, 1)
		if h.byNumber == nil {
			h.byNumber, h.byName = make(map[uint32]*deviceHandle), make(map[string]*deviceHandle)
		}
		h.byNumber[handle.number], h.byName[key] = handle, handle
	}
	h.unidle(handle)
	handle.refs++
	handle.owners[conn]++
	return handle, ams.NoError
}

func (h *deviceHandles) unidle(handle *deviceHandle) {
	if handle.idle != nil {
		h.idle.Remove(handle.idle)
		handle.idle = nil
	}
}

// drop lets go of a handle.
func (h *deviceHandles) drop(handle *deviceHandle) {
	h.unidle(handle)
	delete(h.byNumber, handle.number)
	if h.byName[handle.key] == handle {
		delete(h.byName, handle.key)
	}
}

// release takes one reference back.
func (h *deviceHandles) release(number uint32, conn *ServerConn) ams.ReturnCode {
	handle := h.byNumber[number]
	if handle == nil {
		return ams.SymbolNotFound
	}
	if handle.owners[conn] > 0 {
		if handle.owners[conn]--; handle.owners[conn] == 0 {
			delete(handle.owners, conn)
		}
	}
	// A client may give back on a new connection what it has from an old one.
	if handle.refs <= 1 {
		handle.refs = 1
		h.drop(handle)
	} else {
		handle.refs--
	}
	return ams.NoError
}

// leave lets go of the references of a connection. Its handles stay good for
// clients that come back, until others need the room.
func (h *deviceHandles) leave(conn *ServerConn) {
	for _, handle := range h.byNumber {
		n := handle.owners[conn]
		if n == 0 {
			continue
		}
		delete(handle.owners, conn)
		if handle.refs = max(0, handle.refs-n); handle.refs > 0 {
			continue
		}
		if handle.gone {
			h.drop(handle)
		} else {
			handle.idle = h.idle.PushBack(handle)
		}
	}
}

// resolve finds what a name stands for. The caller holds mu.
func (d *Device) resolve(name string) (*deviceHandle, ams.ReturnCode) {
	h := &deviceHandle{}
	if method, code := d.model.method(name); method != nil || code != ams.NoError {
		if d.options.TwinCAT2 {
			return nil, ams.SymbolNotFound
		}
		h.method = method
		return h, code
	}
	v, code := d.model.find(name)
	if code != ams.NoError {
		return nil, code
	}
	ref, code := d.model.place(&v)
	if code != ams.NoError {
		return nil, ams.SymbolNotActive
	}
	h.variable, h.ref = v, ref
	return h, ams.NoError
}

// handleByName is 0xF003: a name in, a handle out, and with more room what is
// behind it.
func (d *Device) handleByName(r *Request, name []byte, length uint32, dst []byte) ([]byte, ams.ReturnCode) {
	if length < 4 {
		return dst, ams.InvalidSize
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	text := d.model.text(name)
	h, code := d.handles.take(text, r.conn, d.options.MaxHandles, func() (*deviceHandle, ams.ReturnCode) { return d.resolve(text) })
	if code != ams.NoError {
		return dst, code
	}
	if length == 4 {
		return binary.LittleEndian.AppendUint32(dst, h.number), ams.NoError
	}
	begin := len(dst)
	var typ string
	dst = binary.LittleEndian.AppendUint32(dst, h.number)
	if h.method == nil {
		typ = h.variable.Type.Name
		dst = binary.LittleEndian.AppendUint32(dst, h.ref.size)
		dst = binary.LittleEndian.AppendUint32(dst, uint32(h.variable.Type.BaseType))
	} else {
		dst = append(dst, 0, 0, 0, 0, 0, 0, 0, 0)
	}
	dst = binary.LittleEndian.AppendUint16(dst, uint16(len(typ)))
	dst = append(append(dst, typ...), 0)
	return dst[:begin+min(len(dst)-begin, int(min(length, 1<<16)))], ams.NoError
}

// handle returns what a handle stands for. The caller holds mu.
func (d *Device) handle(number uint32) (*deviceHandle, ams.ReturnCode) {
	h := d.handles.byNumber[number]
	switch {
	case h == nil && number>>24 != d.handles.epoch+1:
		return nil, ams.SymbolVersionInvalid // from before a restart, or none at all
	case h == nil:
		return nil, ams.SymbolNotFound
	case h.gone:
		return nil, ams.SymbolVersionInvalid
	default:
		return h, ams.NoError
	}
}

func (d *Device) readHandle(ctx context.Context, number, length uint32, dst []byte) ([]byte, ams.ReturnCode) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	h, code := d.handle(number)
	if code != ams.NoError {
		return dst, code
	}
	if h.method != nil {
		return dst, ams.InvalidAccess
	}
	if length > h.ref.size {
		// Clients that do not know how long a string is ask for more, as they may.
		if !isText(h.variable.Type) {
			return dst, ams.InvalidSize
		}
		length = h.ref.size
	}
	return d.readRef(ctx, h.ref, length, dst)
}

// isText reports whether values are strings.
func isText(t *symbol.Type) bool {
	return t != nil && (t.Unaliased().Kind == symbol.KindString || t.Unaliased().Kind == symbol.KindWString)
}

func (d *Device) writeHandle(ctx context.Context, r *Request, number uint32, data []byte) ams.ReturnCode {
	d.mu.Lock()
	defer d.mu.Unlock()
	h, code := d.handle(number)
	if code != ams.NoError {
		return code
	}
	if h.method != nil {
		return ams.InvalidAccess
	}
	return d.writeRef(ctx, r, h.ref, data)
}

func (d *Device) releaseHandle(r *Request, number uint32) ams.ReturnCode {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.handles.release(number, r.conn)
}

// Handles returns how many handles clients have.
func (d *Device) Handles() int {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return len(d.handles.byNumber) - d.handles.idle.Len()
}

// readNamed is 0xF004: a name in, the value out.
func (d *Device) readNamed(ctx context.Context, name []byte, length uint32, dst []byte) ([]byte, ams.ReturnCode) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	ref, code := d.named(name)
	if code != ams.NoError {
		return dst, code
	}
	if length < ref.size {
		return dst, ams.InvalidSize
	}
	return d.readRef(ctx, ref, length, dst)
}

// writeNamed is a Write to 0xF004: the name, a NUL and the value.
func (d *Device) writeNamed(ctx context.Context, r *Request, data []byte) ams.ReturnCode {
	for i, octet := range data {
		if octet != 0 {
			continue
		}
		d.mu.Lock()
		defer d.mu.Unlock()
		ref, code := d.named(data[:i])
		if code != ams.NoError {
			return code
		}
		return d.writeRef(ctx, r, ref, data[i+1:])
	}
	return ams.InvalidData
}

// named finds the place of a name. The caller holds mu.
func (d *Device) named(name []byte) (deviceRef, ams.ReturnCode) {
	v, code := d.model.find(d.model.text(name))
	if code != ams.NoError {
		return deviceRef{}, code
	}
	ref, code := d.model.place(&v)
	if code != ams.NoError {
		return ref, ams.SymbolNotActive
	}
	return ref, ams.NoError
}
