package ads

import (
	"context"
	"encoding/binary"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
)

func putUint32(dst []byte, v uint32) { binary.LittleEndian.PutUint32(dst, v) }

// read appends what an index has, length octets at most.
func (d *Device) read(ctx context.Context, r *Request, index command.Index, length uint32, dst []byte) ([]byte, ams.ReturnCode) {
	if g, ok := d.group(index.Group); ok {
		if g.Read == nil {
			return dst, ams.ServiceNotSupported
		}
		return g.Read(ctx, r, index.Offset, length, dst)
	}
	switch index.Group {
	case command.GroupValueByHandle:
		return d.readHandle(ctx, index.Offset, length, dst)
	case command.GroupUpload, command.GroupTypeUpload, command.GroupUploadInfo, command.GroupUploadInfo2:
		return d.readUpload(index.Group, length, dst)
	case command.GroupSymbolVersion:
		d.mu.RLock()
		defer d.mu.RUnlock()
		return appendCut(dst, length, d.version)
	case command.GroupDeviceData:
		return d.readDeviceData(index.Offset, length, dst)
	case command.GroupInputSize, command.GroupOutputSize, command.GroupMemorySize, command.GroupRetainSize, command.GroupDataSize:
		return d.readSize(index, length, dst)
	default:
		begin := len(dst)
		dst, code := d.readMemory(ctx, index, length, dst)
		if code == ams.InvalidSize {
			// As by handles, strings are given to clients with more room.
			if octets := d.textAt(index); octets > 0 && octets < length {
				return d.readMemory(ctx, index, octets, dst[:begin])
			}
		}
		return dst, code
	}
}

// textAt returns how long the string is that begins at an address, 0 where none
// does.
func (d *Device) textAt(index command.Index) uint32 {
	d.mu.RLock()
	defer d.mu.RUnlock()
	v, ok := d.model.table.At(uint32(index.Group), index.Offset, 0)
	if !ok || v.Type == nil {
		return 0
	}
	for leaf := range v.Type.Leaves(1) {
		if leaf.Offset == 0 && isText(leaf.Type) {
			return leaf.Type.Size
		}
	}
	return 0
}

// appendCut appends octets that a client must have room for.
func appendCut(dst []byte, length uint32, octets ...byte) ([]byte, ams.ReturnCode) {
	if uint64(length) < uint64(len(octets)) {
		return dst, ams.InvalidSize
	}
	return append(dst, octets...), ams.NoError
}

// readDeviceData is 0xF100: the ADS state at offset 0, the device state at 2.
func (d *Device) readDeviceData(offset, length uint32, dst []byte) ([]byte, ams.ReturnCode) {
	state, deviceState := d.State()
	octets := binary.LittleEndian.AppendUint16(nil, uint16(state))
	octets = binary.LittleEndian.AppendUint16(octets, deviceState)
	if offset >= uint32(len(octets)) {
		return dst, ams.InvalidOffset
	}
	octets = octets[offset:]
	return append(dst, octets[:min(length, uint32(len(octets)))]...), ams.NoError
}

// deviceSizes are the groups that tell the size of others.
var deviceSizes = map[command.IndexGroup]command.IndexGroup{
	command.GroupInputSize:  command.GroupInputs,
	command.GroupOutputSize: command.GroupOutputs,
	command.GroupMemorySize: command.GroupMemory,
	command.GroupRetainSize: command.GroupRetain,
	command.GroupDataSize:   command.GroupData,
}

func (d *Device) readSize(index command.Index, length uint32, dst []byte) ([]byte, ams.ReturnCode) {
	if index.Offset != 0 {
		return dst, ams.ServiceNotSupported
	}
	d.mu.RLock()
	defer d.mu.RUnlock()
	return appendCut(dst, length, binary.LittleEndian.AppendUint32(nil, uint32(len(d.model.areas[deviceSizes[index.Group]].data)))...)
}

// write sets what an index has.
func (d *Device) write(ctx context.Context, r *Request, index command.Index, data []byte) ams.ReturnCode {
	if g, ok := d.group(index.Group); ok {
		if g.Write == nil {
			return ams.ServiceNotSupported
		}
		return g.Write(ctx, r, index.Offset, data)
	}
	switch index.Group {
	case command.GroupValueByHandle:
		return d.writeHandle(ctx, r, index.Offset, data)
	case command.GroupValueByName:
		return d.writeNamed(ctx, r, data)
	case command.GroupReleaseHandle:
		if len(data) < 4 {
			return ams.InvalidSize
		}
		return d.releaseHandle(r, binary.LittleEndian.Uint32(data))
	case command.GroupClearInputs:
		return d.clearImage(ctx, r, command.GroupInputs)
	case command.GroupClearOutputs:
		return d.clearImage(ctx, r, command.GroupOutputs)
	default:
		return d.writeMemory(ctx, r, index, data)
	}
}

// clearImage sets a process image to 0.
func (d *Device) clearImage(ctx context.Context, r *Request, group command.IndexGroup) ams.ReturnCode {
	d.mu.RLock()
	size := len(d.model.areas[group].data)
	d.mu.RUnlock()
	return d.writeMemory(ctx, r, command.Index{Group: group}, make([]byte, size))
}

// readWrite answers a ReadWrite.
func (d *Device) readWrite(ctx context.Context, r *Request, q command.ReadWriteRequest, dst []byte) ([]byte, ams.ReturnCode) {
	if isSum(q.Group) {
		return d.sum(ctx, r, q, dst)
	}
	return d.readWriteItem(ctx, r, q, dst)
}

// readWriteItem answers a ReadWrite that is no sum command.
func (d *Device) readWriteItem(ctx context.Context, r *Request, q command.ReadWriteRequest, dst []byte) ([]byte, ams.ReturnCode) {
	if g, ok := d.group(q.Group); ok {
		if g.ReadWrite == nil {
			return dst, ams.ServiceNotSupported
		}
		return g.ReadWrite(ctx, r, q.Offset, q.ReadLength, q.Data, dst)
	}
	switch q.Group {
	case command.GroupHandleByName:
		return d.handleByName(r, q.Data, q.ReadLength, dst)
	case command.GroupValueByName:
		return d.readNamed(ctx, q.Data, q.ReadLength, dst)
	case command.GroupValueByHandle:
		return d.callHandle(ctx, r, q, dst)
	case command.GroupInfoByName:
		return d.infoByName(q.Data, q.ReadLength, dst)
	case command.GroupInfoByNameEx:
		return d.entryByName(q.Data, q.ReadLength, dst)
	case command.GroupTypeInfoByNameEx:
		return d.typeByName(q.Data, q.ReadLength, dst)
	case command.GroupReadInWriteOut:
		code := d.writeMemory(ctx, r, command.Index{Group: command.GroupOutputs, Offset: q.Offset}, q.Data)
		if code != ams.NoError {
			return dst, code
		}
		return d.readMemory(ctx, command.Index{Group: command.GroupInputs, Offset: q.Offset}, q.ReadLength, dst)
	default:
		// A ReadWrite of memory writes, and then reads.
		if len(q.Data) > 0 {
			if code := d.write(ctx, r, q.Index, q.Data); code != ams.NoError {
				return dst, code
			}
		}
		return d.read(ctx, r, q.Index, q.ReadLength, dst)
	}
}

// ScheduleADS says what may be answered at once, and what has to wait for
// functions of the application.
func (d *Device) ScheduleADS(r *Request) RequestOrder {
	switch r.Header.Command {
	case ams.Read:
		q, err := command.DecodeReadRequest(r.Data)
		if err != nil || d.quickRead(q.Index, q.Length) {
			return RequestQuickParallel
		}
		return RequestParallel
	case ams.Write:
		q, err := command.DecodeWriteRequest(r.Data)
		if err != nil || d.quickWrite(q.Index, uint32(len(q.Data))) {
			return RequestQuick
		}
		return RequestInOrder
	case ams.ReadWrite:
		q, err := command.DecodeReadWriteRequest(r.Data)
		if err != nil {
			return RequestQuick
		}
		return d.scheduleReadWrite(&q)
	case ams.ReadState, ams.ReadDeviceInfo:
		return RequestQuickParallel
	case ams.AddDeviceNotification:
		return d.scheduleNotes()
	case ams.DeleteDeviceNotification:
		return RequestQuick
	default:
		return RequestInOrder
	}
}

// scheduleNotes is for new notifications, whose first samples are taken at once.
func (d *Device) scheduleNotes() RequestOrder {
	if d.groupCount.Load() == 0 && d.readHooks.Load() == 0 {
		return RequestQuick
	}
	return RequestInOrder
}

// quickRead reports whether a read calls no function of the application.
func (d *Device) quickRead(index command.Index, length uint32) bool {
	if d.groupCount.Load() == 0 && d.readHooks.Load() == 0 {
		return true
	}
	if _, ok := d.group(index.Group); ok {
		return false
	}
	d.mu.RLock()
	defer d.mu.RUnlock()
	ref, ok := d.target(index, length)
	return !ok || !ref.area.reads.touched(ref)
}

// quickWrite reports whether a write calls no function of the application.
func (d *Device) quickWrite(index command.Index, length uint32) bool {
	if d.groupCount.Load() == 0 && d.writeHooks.Load() == 0 {
		return true
	}
	if _, ok := d.group(index.Group); ok {
		return false
	}
	switch index.Group {
	case command.GroupValueByName, command.GroupClearInputs, command.GroupClearOutputs:
		return false
	default:
	}
	d.mu.RLock()
	defer d.mu.RUnlock()
	ref, ok := d.target(index, length)
	return !ok || !ref.area.writes.touched(ref)
}

// target returns the memory that a request is about. The caller holds mu.
func (d *Device) target(index command.Index, length uint32) (deviceRef, bool) {
	if index.Group == command.GroupValueByHandle {
		h := d.handles.byNumber[index.Offset]
		if h == nil {
			return deviceRef{}, false
		}
		return h.ref, h.ref.area != nil
	}
	ref, code := d.model.refer(index, length)
	return ref, code == ams.NoError
}

// touched reports whether a place overlaps one of the spans.
func (s *deviceSpans[T]) touched(ref deviceRef) bool {
	found := false
	s.over(ref.offset, ref.offset+ref.octets(), func(deviceSpan[T]) bool {
		found = true
		return false
	})
	return found
}

func (d *Device) scheduleReadWrite(q *command.ReadWriteRequest) RequestOrder {
	switch q.Group {
	case command.GroupSumRead, command.GroupSumReadEx, command.GroupSumReadEx2:
		if d.groupCount.Load() == 0 && d.readHooks.Load() == 0 {
			return RequestQuickParallel
		}
		return RequestParallel
	case command.GroupSumWrite:
		if d.groupCount.Load() == 0 && d.writeHooks.Load() == 0 {
			return RequestQuick
		}
		return RequestInOrder
	case command.GroupSumReadWrite:
		return d.scheduleItems(q)
	case command.GroupSumAddNotes:
		return d.scheduleNotes()
	case command.GroupSumDeleteNotes:
		return RequestQuick
	default:
		return d.scheduleItem(q.Group)
	}
}

// scheduleItem is for a ReadWrite that is no sum command.
func (d *Device) scheduleItem(group command.IndexGroup) RequestOrder {
	if _, ok := d.group(group); ok {
		return RequestInOrder
	}
	switch group {
	case command.GroupHandleByName, command.GroupInfoByName, command.GroupInfoByNameEx, command.GroupTypeInfoByNameEx:
		return RequestQuickParallel
	case command.GroupValueByName:
		if d.readHooks.Load() == 0 {
			return RequestQuickParallel
		}
		return RequestParallel
	case command.GroupValueByHandle:
		return RequestInOrder
	default:
		if d.readHooks.Load() == 0 && d.writeHooks.Load() == 0 {
			return RequestQuick
		}
		return RequestInOrder
	}
}

// scheduleItems is for a sum of ReadWrites: what any item needs, all get.
func (d *Device) scheduleItems(q *command.ReadWriteRequest) RequestOrder {
	const head = 16
	order := RequestQuickParallel
	for i := 0; uint32(i) < q.Offset && (i+1)*head <= len(q.Data); i++ {
		item := d.scheduleItem(command.IndexGroup(binary.LittleEndian.Uint32(q.Data[i*head:])))
		if item == RequestInOrder {
			return RequestInOrder
		}
		switch {
		case order == item || item == RequestQuickParallel:
		case order == RequestQuickParallel:
			order = item
		default: // one waits, another changes something
			return RequestInOrder
		}
	}
	return order
}
