package ads

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"time"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
)

// deviceNote is a notification of a client.
type deviceNote struct {
	handle  uint32
	client  serverClient
	index   command.Index
	length  uint32
	delay   time.Duration
	handled *deviceHandle    // where the data was given by a symbol's handle
	change  bool             // only when the value is another
	gone    bool             // the data is not there any more, and the client has been told
	known   bool             // last is there
	last    []byte           // of change
	cycle   time.Duration    // below 0 where only the first sample comes
	due     time.Duration    // of the first sample, since the device began
	begun   command.FileTime // when last was looked at, before the first sample
	ring    *deviceRing      // nil before the first sample, and where nothing more comes
	place   int              // in the ring
}

// deviceRing are the notifications of a connection that are due together.
type deviceRing struct {
	cycle time.Duration
	due   time.Duration // since the device began
	notes []*deviceNote
	heap  int // place in the heap
}

// addNotification begins a notification. The first sample comes with the next cycle
// of the device's task, as that of a PLC does, and what is sent on change begins
// with the value that there is now. Clients count on the pause: Beckhoff's AdsLib
// throws samples away that come before it has looked at the answer.
func (d *Device) addNotification(r *Request, q command.AddNotificationRequest) command.AddNotificationResponse {
	note := &deviceNote{
		client: serverClient{r.Header.Source, r.Header.Target.Port}, index: q.Index, length: q.Length, delay: q.MaxDelay,
	}
	note.cycle = q.CycleTime
	switch q.Mode {
	case command.ServerCycle, command.ClientCycle, command.CyclicInContext:
	case command.ServerOnChange, command.ClientOnChange, command.OnChangeInContext:
		note.change = true
	case command.ClientOneRequest, command.NoTransmission:
		note.cycle = -1
	default:
		return command.AddNotificationResponse{Result: ams.TransmissionModeNotSupported}
	}
	if note.cycle == 0 {
		note.cycle = d.options.CycleTime
	}
	if code := d.checkNote(r, note); code != ams.NoError {
		return command.AddNotificationResponse{Result: code}
	}
	n := d.notifier(r.conn)
	note.handle = d.notes.Add(1)
	if note.handle == 0 {
		note.handle = d.notes.Add(1)
	}
	if code := n.add(note); code != ams.NoError {
		return command.AddNotificationResponse{Result: code}
	}
	if q.Mode != command.NoTransmission {
		r.After(func() { n.begin(note) })
	}
	return command.AddNotificationResponse{Handle: note.handle}
}

// checkNote reads the data once, so that what cannot be read is refused.
func (d *Device) checkNote(r *Request, note *deviceNote) ams.ReturnCode {
	if uint64(note.length) > uint64(d.options.MaxWatched) {
		return ams.InvalidWatchSize
	}
	if note.index.Group == command.GroupValueByHandle {
		d.mu.RLock()
		h, code := d.handle(note.index.Offset)
		d.mu.RUnlock()
		switch {
		case code != ams.NoError:
			return code
		case h.method != nil:
			return ams.InvalidAccess
		case note.length > h.ref.size:
			return ams.InvalidSize
		}
		note.handled = h
		return ams.NoError
	}
	if _, ok := d.group(note.index.Group); ok {
		return ams.NoError // its first sample tells
	}
	if ref, code := d.reference(note.index, note.length); ref.area != nil || code == ams.InvalidOffset || code == ams.InvalidSize {
		return code
	}
	_, code := d.read(r.conn.ctx, r, note.index, note.length, nil)
	return code
}

// reference is refer of the model that there is now.
func (d *Device) reference(index command.Index, length uint32) (deviceRef, ams.ReturnCode) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.model.refer(index, length)
}

// deleteNotification ends a notification of the same client.
func (d *Device) deleteNotification(r *Request, handle uint32) ams.ReturnCode {
	d.mu.RLock()
	n := d.notifiers[r.conn]
	d.mu.RUnlock()
	if n == nil {
		return ams.NotificationHandleInvalid
	}
	return n.remove(handle, serverClient{r.Header.Source, r.Header.Target.Port})
}

// Notifications returns how many notifications clients have.
func (d *Device) Notifications() int {
	d.mu.RLock()
	notifiers := slices.Collect(maps.Values(d.notifiers))
	d.mu.RUnlock()
	sum := 0
	for _, n := range notifiers {
		sum += n.len()
	}
	return sum
}

// sample appends the data of a notification, and reports whether it is there.
// The caller holds mu for reading, which is released while a hook computes.
func (d *Device) sample(ctx context.Context, note *deviceNote, dst []byte) ([]byte, bool) {
	begin := len(dst)
	var code ams.ReturnCode
	switch {
	case note.handled != nil:
		h := note.handled
		if h.gone || h.ref.area == nil || h.ref.size < note.length {
			return dst, false
		}
		dst, code = d.readRef(ctx, h.ref, note.length, dst)
	default:
		ref, found := d.model.refer(note.index, note.length)
		if _, ok := d.groups[note.index.Group]; ok || found == ams.ServiceNotSupported {
			d.mu.RUnlock()
			dst, code = d.read(ctx, nil, note.index, note.length, dst)
			d.mu.RLock()
		} else if code = found; code == ams.NoError {
			dst, code = d.readRef(ctx, ref, note.length, dst)
		}
	}
	return dst, code == ams.NoError && len(dst) > begin
}

// changed reports whether the data is to be sent, and keeps it for the next time.
func (n *deviceNote) changed(data []byte) bool {
	if !n.change {
		return true
	}
	if n.known && bytes.Equal(n.last, data) {
		return false
	}
	n.last, n.known = append(n.last[:0], data...), true
	return true
}
