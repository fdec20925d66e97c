package ads

import (
	"container/heap"
	"context"
	"sync"
	"time"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
)

const (
	// deviceFrame is how long a frame of notifications becomes.
	deviceFrame = 64 << 10
	// deviceHeld is how many octets of samples a client's frames hold back while
	// it does not keep up.
	deviceHeld = 1 << 20
	// deviceRetry is how often a client that does not keep up is tried again.
	deviceRetry = 5 * time.Millisecond
	// deviceLate is by how much samples may be late until they are left out.
	deviceLate = time.Second
	// deviceBatch is how many samples are taken without letting writers in.
	deviceBatch = 256
)

// deviceNotifier sends the notifications of a connection. One goroutine takes
// the samples when they are due; those of one instant have the same time stamp
// and go into one frame for each client.
type deviceNotifier struct {
	device *Device
	conn   *ServerConn
	wake   chan struct{} // with room for one
	stop   context.CancelFunc
	ctx    context.Context
	done   chan struct{}

	mu      sync.Mutex
	notes   map[uint32]*deviceNote         // guarded by mu
	alarms  map[*deviceNote]struct{}       // guarded by mu; of the symbol version, on change
	version uint8                          // guarded by mu; that the alarms have told of
	fresh   []*deviceNote                  // guarded by mu; without a sample yet, by due
	watched int                            // guarded by mu; octets
	rings   deviceRings                    // guarded by mu
	byCycle map[deviceRingKey]*deviceRing  // guarded by mu
	frames  map[serverClient]*deviceOutbox // guarded by mu
	data    []byte                         // guarded by mu; of a sample
	spare   []byte                         // guarded by mu; for the next stream
	waiting bool                           // guarded by mu; a client does not keep up
}

// deviceRingKey tells rings apart: by cycle, and by when in it they are due.
type deviceRingKey struct{ cycle, phase time.Duration }

// deviceRings is a heap by due.
type deviceRings []*deviceRing

func (r deviceRings) Len() int           { return len(r) }
func (r deviceRings) Less(i, j int) bool { return r[i].due < r[j].due }
func (r deviceRings) Swap(i, j int) {
	r[i], r[j] = r[j], r[i]
	r[i].heap, r[j].heap = i, j
}

// Push appends a ring, for package heap.
func (r *deviceRings) Push(x any) {
	ring := x.(*deviceRing)
	ring.heap = len(*r)
	*r = append(*r, ring)
}

// Pop takes the last ring, for package heap.
func (r *deviceRings) Pop() any {
	last := len(*r) - 1
	ring := (*r)[last]
	(*r)[last] = nil
	*r = (*r)[:last]
	return ring
}

// deviceOutbox are the samples for a client that have not been sent.
type deviceOutbox struct {
	client  serverClient
	builder command.NotificationBuilder
	open    bool          // builder has samples
	flushBy time.Duration // since the device began, where open
	ready   [][]byte      // whole streams
	octets  int           // of ready
}

// notifier returns that of a connection.
func (d *Device) notifier(conn *ServerConn) *deviceNotifier {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := d.notifiers[conn]
	if n == nil {
		n = &deviceNotifier{
			device: d, conn: conn, wake: make(chan struct{}, 1), done: make(chan struct{}),
			notes: make(map[uint32]*deviceNote), byCycle: make(map[deviceRingKey]*deviceRing),
			frames: make(map[serverClient]*deviceOutbox), alarms: make(map[*deviceNote]struct{}), version: d.version,
		}
		n.ctx, n.stop = context.WithCancel(conn.ctx)
		d.notifiers[conn] = n
		go n.run() // waited for by close
	}
	return n
}

// close ends the notifier and waits for it.
func (n *deviceNotifier) close() {
	n.stop()
	<-n.done
	n.clear()
}

// clear takes all notifications away.
func (n *deviceNotifier) clear() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, note := range n.notes {
		n.drop(note)
	}
	clear(n.frames)
	n.fresh = nil
}

func (n *deviceNotifier) len() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.notes)
}

// add takes a notification, which begins later.
func (n *deviceNotifier) add(note *deviceNote) ams.ReturnCode {
	n.mu.Lock()
	defer n.mu.Unlock()
	o := &n.device.options
	if len(n.notes) >= o.MaxNotifications {
		return ams.NoMoreHandles
	}
	if n.watched+int(note.length) > o.MaxWatched {
		return ams.InvalidWatchSize
	}
	n.watched += int(note.length)
	n.notes[note.handle] = note
	n.conn.Hold()
	return ams.NoError
}

// begin has the first sample follow in the next cycle of the device, and the others
// behind it.
func (n *deviceNotifier) begin(note *deviceNote) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.notes[note.handle] != note {
		return // it was taken back already
	}
	now := time.Since(n.device.begin)
	if note.change {
		n.device.mu.RLock()
		data, there := n.device.sample(n.ctx, note, n.data[:0])
		n.device.mu.RUnlock()
		n.data, note.begun = data, n.stamp(now)
		if there {
			note.changed(data)
		}
	}
	// Those that a sum command adds come one behind the other, and go together.
	const grid = time.Millisecond
	note.due = (now + n.device.options.CycleTime + grid).Truncate(grid)
	n.fresh = append(n.fresh, note)
	n.rouse()
}

// first takes the first samples that are due. The caller holds mu.
func (n *deviceNotifier) first(now time.Duration) {
	for len(n.fresh) > 0 && n.fresh[0].due <= now {
		due := n.fresh[0].due
		var notes []*deviceNote
		for len(n.fresh) > 0 && n.fresh[0].due == due && len(notes) < deviceBatch {
			note := n.fresh[0]
			n.fresh[0] = nil
			n.fresh = n.fresh[1:]
			if n.notes[note.handle] != note {
				continue
			}
			notes = append(notes, note)
			if out := n.outbox(note.client); out.full() {
				note.known = false
			} else if note.known {
				n.put(out, note, note.last, deviceInstant{due, note.begun})
			}
		}
		n.takeAll(notes, deviceInstant{due, n.stamp(due)})
		for _, note := range notes {
			n.outbox(note.client).flushBy = due
			if note.cycle >= 0 {
				n.join(note)
			}
		}
	}
	if len(n.fresh) == 0 {
		n.fresh = nil
	}
}

// join puts a notification into the ring of those that are due together. The caller
// holds mu.
func (n *deviceNotifier) join(note *deviceNote) {
	if note.change && note.index.Group == command.GroupSymbolVersion {
		n.alarms[note] = struct{}{}
	}
	cycle := max(note.cycle, time.Millisecond)
	// Those that begin at about the same time are due together.
	grid := min(max(cycle/10, time.Millisecond), 10*time.Millisecond)
	due := (note.due + cycle).Truncate(grid)
	key := deviceRingKey{cycle, due % cycle}
	ring := n.byCycle[key]
	if ring == nil {
		ring = &deviceRing{cycle: cycle, due: due}
		n.byCycle[key] = ring
		heap.Push(&n.rings, ring)
	}
	note.ring, note.place = ring, len(ring.notes)
	ring.notes = append(ring.notes, note)
}

func (n *deviceNotifier) rouse() {
	select {
	case n.wake <- struct{}{}:
	default:
	}
}

// remove ends a notification of a client.
func (n *deviceNotifier) remove(handle uint32, client serverClient) ams.ReturnCode {
	n.mu.Lock()
	defer n.mu.Unlock()
	note := n.notes[handle]
	if note == nil || note.client != client {
		return ams.NotificationHandleInvalid
	}
	n.drop(note)
	return ams.NoError
}

// drop lets go of a notification. The caller holds mu.
func (n *deviceNotifier) drop(note *deviceNote) {
	delete(n.notes, note.handle)
	delete(n.alarms, note)
	n.watched -= int(note.length)
	n.conn.Release()
	ring := note.ring
	if ring == nil {
		return
	}
	last := len(ring.notes) - 1
	ring.notes[note.place] = ring.notes[last]
	ring.notes[note.place].place = note.place
	ring.notes[last] = nil
	ring.notes = ring.notes[:last]
	note.ring = nil
	if last == 0 {
		heap.Remove(&n.rings, ring.heap)
		delete(n.byCycle, deviceRingKey{ring.cycle, ring.due % ring.cycle})
	}
}

// run takes and sends samples until the notifier is closed.
func (n *deviceNotifier) run() {
	defer close(n.done)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		wait, ok := n.work()
		if ok {
			timer.Reset(wait)
		} else {
			timer.Stop()
		}
		select {
		case <-n.wake:
		case <-timer.C:
		case <-n.ctx.Done():
			return
		}
	}
}

// work takes all samples that are due, sends what has waited for long enough, and
// returns how long there is nothing to do; not ok is until it is woken.
func (n *deviceNotifier) work() (wait time.Duration, ok bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	now := time.Since(n.device.begin)
	for len(n.rings) > 0 && n.rings[0].due <= now {
		ring := n.rings[0]
		n.turn(ring)
		if len(n.rings) > 0 && n.rings[0] == ring {
			n.advance(ring, now)
		}
	}
	n.first(now) // behind the rings, whose next turn is then later than it
	next := time.Duration(-1)
	if len(n.rings) > 0 {
		next = n.rings[0].due
	}
	if len(n.fresh) > 0 && (next < 0 || n.fresh[0].due < next) {
		next = n.fresh[0].due
	}
	n.waiting = false
	now = time.Since(n.device.begin)
	for client, out := range n.frames {
		if out.open && out.flushBy <= now {
			out.seal()
		}
		n.send(out)
		if !out.open && len(out.ready) == 0 {
			delete(n.frames, client)
		}
		if out.open && (next < 0 || out.flushBy < next) {
			next = out.flushBy
		}
	}
	if n.waiting && (next < 0 || next > now+deviceRetry) {
		next = now + deviceRetry
	}
	if next < 0 {
		return 0, false
	}
	return max(0, next-time.Since(n.device.begin)), true
}

// advance sets the next time a ring is due. The caller holds mu.
func (n *deviceNotifier) advance(ring *deviceRing, now time.Duration) {
	ring.due += ring.cycle
	if late := now - ring.due; late > deviceLate {
		ring.due += late.Truncate(ring.cycle) // they cannot be made up for
	}
	heap.Fix(&n.rings, ring.heap)
}

// turn takes the samples of a ring. The caller holds mu.
func (n *deviceNotifier) turn(ring *deviceRing) {
	at := deviceInstant{since: ring.due, stamp: n.stamp(ring.due)}
	for from := 0; from < len(ring.notes); from += deviceBatch {
		n.takeAll(ring.notes[from:min(from+deviceBatch, len(ring.notes))], at)
	}
}

// deviceInstant is when samples were due.
type deviceInstant struct {
	since time.Duration // the device began
	stamp command.FileTime
}

// stamp returns the time of day of an instant.
func (n *deviceNotifier) stamp(since time.Duration) command.FileTime {
	now := wholeNow()
	return command.FileTimeOf(now.Add(since - now.Sub(n.device.begin)))
}

// wholeNow is the time of which both clocks were read at once. [time.Now] reads
// one after the other, and where the processor is taken away in between, samples
// that are a cycle apart would get stamps that are not.
func wholeNow() time.Time {
	const enough, tries = 50 * time.Microsecond, 4
	before := time.Now()
	for range tries {
		now := time.Now()
		if apart := now.Sub(before) - now.Round(0).Sub(before.Round(0)); apart.Abs() < enough {
			break
		}
		before = now
	}
	return before
}

// takeAll takes samples without letting writers in. Behind an online change the
// symbol version is told of before any sample of what it has moved. The caller
// holds mu.
func (n *deviceNotifier) takeAll(notes []*deviceNote, at deviceInstant) {
	n.device.mu.RLock()
	for _, note := range notes {
		if n.version != n.device.version {
			n.version = n.device.version
			for alarm := range n.alarms {
				n.take(alarm, at)
			}
		}
		n.take(note, at)
	}
	n.device.mu.RUnlock()
	for _, note := range notes {
		if out := n.frames[note.client]; out != nil && len(out.ready) > 0 {
			n.send(out)
		}
	}
}

// take takes a sample. The caller holds mu, and the device's for reading.
func (n *deviceNotifier) take(note *deviceNote, at deviceInstant) {
	if note.gone && note.handled != nil && note.handled.gone {
		return
	}
	out := n.outbox(note.client)
	if out.full() {
		n.conn.peer.dropped.Add(1) // what is sent on change is looked at again
		return
	}
	data, there := n.device.sample(n.ctx, note, n.data[:0])
	n.data = data
	if !there {
		if note.gone {
			return
		}
		data = nil // a sample without octets tells that there is no data any more
		note.known = false
	} else if !note.changed(data) {
		return
	}
	note.gone = !there
	n.put(out, note, data, at)
}

// put has a sample sent. The caller holds mu.
func (n *deviceNotifier) put(out *deviceOutbox, note *deviceNote, data []byte, at deviceInstant) {
	if !out.open {
		out.builder, out.open, out.flushBy = command.BeginNotification(n.spare[:0]), true, at.since+note.delay
		n.spare = nil
	}
	out.flushBy = min(out.flushBy, at.since+note.delay)
	out.builder.Add(command.Sample{Time: at.stamp, Handle: note.handle, Data: data})
	if out.builder.Len() >= deviceFrame {
		out.seal()
	}
}

// outbox returns that of a client. The caller holds mu.
func (n *deviceNotifier) outbox(client serverClient) *deviceOutbox {
	out := n.frames[client]
	if out == nil {
		out = &deviceOutbox{client: client}
		n.frames[client] = out
	}
	return out
}

// full reports whether nothing more is taken for the client.
func (o *deviceOutbox) full() bool { return o.octets >= deviceHeld }

// seal makes a whole stream of what is open.
func (o *deviceOutbox) seal() {
	stream := o.builder.End()
	o.ready, o.octets, o.open = append(o.ready, stream), o.octets+len(stream), false
}

// send sends whole streams while the client takes them. The caller holds mu.
func (n *deviceNotifier) send(o *deviceOutbox) {
	for len(o.ready) > 0 {
		if !n.conn.Notify(o.client.port, o.client.source, o.ready[0]) {
			n.waiting = true
			return
		}
		o.octets -= len(o.ready[0])
		if cap(o.ready[0]) <= 2*deviceFrame {
			n.spare = o.ready[0]
		}
		o.ready[0] = nil
		o.ready = o.ready[1:]
	}
	o.ready = nil
}
