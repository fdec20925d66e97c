package ads

import (
	"context"
	"encoding/binary"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
)

// deviceMaxSum is how many octets the answer to a sum command has at most.
// Requests ask for lengths that may be anything, and get as many zeros for what
// cannot be read.
const deviceMaxSum = 4 << 20

// sumLimit is how many octets may be answered to a sum command.
func sumLimit(r *Request, length uint32) uint64 {
	return min(uint64(length), deviceMaxSum, uint64(r.conn.server.options.MaxAnswer)-8)
}

// isSum reports whether a group is a sum command.
func isSum(g command.IndexGroup) bool {
	return g >= command.GroupSumRead && g <= command.GroupSumDeleteNotes
}

// sum answers a sum command, item by item: an item that fails fails alone.
func (d *Device) sum(ctx context.Context, r *Request, q command.ReadWriteRequest, dst []byte) ([]byte, ams.ReturnCode) {
	items := uint64(q.Offset)
	switch q.Group {
	case command.GroupSumRead:
		return d.sumRead(ctx, r, q, 4, true, dst)
	case command.GroupSumReadEx:
		return d.sumRead(ctx, r, q, 8, true, dst)
	case command.GroupSumReadEx2:
		return d.sumRead(ctx, r, q, 8, false, dst)
	case command.GroupSumWrite:
		return d.sumWrite(ctx, r, q, dst)
	case command.GroupSumReadWrite:
		return d.sumReadWrite(ctx, r, q, dst)
	case command.GroupSumAddNotes:
		if items*8 > uint64(q.ReadLength) {
			return dst, ams.InvalidSize
		}
		requests, err := command.DecodeSumAddNotifications(nil, q.Offset, q.Data)
		if err != nil {
			return dst, ams.InvalidSize
		}
		for _, request := range requests {
			dst = d.addNotification(r, request).Append(dst)
		}
		return dst, ams.NoError
	default:
		if items*4 > uint64(q.ReadLength) {
			return dst, ams.InvalidSize
		}
		handles, err := command.DecodeSumDeleteNotifications(nil, q.Offset, q.Data)
		if err != nil {
			return dst, ams.InvalidSize
		}
		for _, handle := range handles {
			dst = command.AppendResult(dst, d.deleteNotification(r, handle))
		}
		return dst, ams.NoError
	}
}

// sumRead has n results of so many octets, then the data: padded to what was
// asked for, or as it is.
func (d *Device) sumRead(ctx context.Context, r *Request, q command.ReadWriteRequest, head int, padded bool, dst []byte) ([]byte, ams.ReturnCode) {
	const item = 12
	n := int(q.Offset)
	if uint64(q.Offset)*item > uint64(len(q.Data)) {
		return dst, ams.InvalidSize
	}
	sum := uint64(n) * uint64(head)
	for i := range n {
		sum += uint64(binary.LittleEndian.Uint32(q.Data[i*item+8:]))
	}
	limit := sumLimit(r, q.ReadLength)
	if padded && sum > limit {
		return dst, ams.InvalidSize
	}
	begin := len(dst)
	dst = append(dst, make([]byte, n*head)...)
	quick := d.beginQuick()
	defer quick.end()
	for i := range n {
		q := q.Data[i*item:]
		index := command.Index{Group: command.IndexGroup(binary.LittleEndian.Uint32(q)), Offset: binary.LittleEndian.Uint32(q[4:])}
		length := binary.LittleEndian.Uint32(q[8:])
		at := len(dst)
		var code ams.ReturnCode
		if octets, ok := quick.read(index, length); ok {
			dst = append(dst, octets...)
		} else if dst, code = d.read(ctx, r, index, length, dst); code != ams.NoError || uint64(len(dst)-at) > uint64(length) {
			dst = dst[:at]
		}
		if uint64(len(dst)-begin) > limit {
			return dst, ams.InvalidSize
		}
		putUint32(dst[begin+i*head:], uint32(code))
		if head == 8 {
			putUint32(dst[begin+i*head+4:], uint32(len(dst)-at))
		}
		if missing := int(length) - (len(dst) - at); padded && missing > 0 {
			dst = append(dst, make([]byte, missing)...)
		}
	}
	return dst, ams.NoError
}

// deviceQuick reads memory while nothing is written, where there are no functions
// to be called: items of sums, of which there are many.
type deviceQuick struct {
	device *Device // nil where there are functions
	area   *deviceArea
}

// beginQuick keeps writers out until end is called, or a read is not quick.
func (d *Device) beginQuick() deviceQuick {
	if d.groupCount.Load() > 0 || d.readHooks.Load() > 0 {
		return deviceQuick{}
	}
	d.mu.RLock()
	return deviceQuick{device: d}
}

func (q *deviceQuick) end() {
	if q.device != nil {
		q.device.mu.RUnlock()
		q.device = nil
	}
}

// read returns the memory of an item. Where it does not, the item is left to
// whoever can, and so are those behind it.
func (q *deviceQuick) read(index command.Index, length uint32) ([]byte, bool) {
	if q.device == nil {
		return nil, false
	}
	var ref deviceRef
	if index.Group == command.GroupValueByHandle {
		if h := q.device.handles.byNumber[index.Offset]; h != nil {
			ref = h.ref
		}
	} else {
		if q.area == nil || q.area.group != index.Group {
			q.area = q.device.model.areas[index.Group]
		}
		ref = deviceRef{area: q.area, offset: index.Offset}
		if q.area != nil && uint64(index.Offset)+uint64(length) <= uint64(len(q.area.data)) {
			ref.size = length
		}
	}
	if ref.area == nil || ref.bits || length > ref.size {
		q.end()
		return nil, false
	}
	return ref.area.data[ref.offset : ref.offset+length], true
}

func (d *Device) sumWrite(ctx context.Context, r *Request, q command.ReadWriteRequest, dst []byte) ([]byte, ams.ReturnCode) {
	if uint64(q.Offset)*4 > uint64(q.ReadLength) {
		return dst, ams.InvalidSize
	}
	items, err := command.DecodeSumWrites(nil, q.Offset, q.Data)
	if err != nil {
		return dst, ams.InvalidSize
	}
	for _, item := range items {
		dst = command.AppendResult(dst, d.write(ctx, r, item.Index, item.Data))
	}
	return dst, ams.NoError
}

func (d *Device) sumReadWrite(ctx context.Context, r *Request, q command.ReadWriteRequest, dst []byte) ([]byte, ams.ReturnCode) {
	const head = 8
	items, err := command.DecodeSumReadWrites(nil, q.Offset, q.Data)
	limit := sumLimit(r, q.ReadLength)
	if err != nil || uint64(len(items))*head > limit {
		return dst, ams.InvalidSize
	}
	begin := len(dst)
	dst = append(dst, make([]byte, len(items)*head)...)
	for i, item := range items {
		at := len(dst)
		code := ams.ServiceNotSupported // a sum within a sum
		if !isSum(item.Group) {
			dst, code = d.readWriteItem(ctx, r, item, dst)
		}
		if code != ams.NoError {
			dst = dst[:at]
		}
		if uint64(len(dst)-begin) > limit {
			// What has been done stays done; the item's data is lost, and told so.
			dst, code = dst[:at], ams.InvalidSize
		}
		putUint32(dst[begin+i*head:], uint32(code))
		putUint32(dst[begin+i*head+4:], uint32(len(dst)-at))
	}
	return dst, ams.NoError
}
