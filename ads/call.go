package ads

import (
	"encoding/binary"
	"sync/atomic"
	"time"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
)

// call is a request on its way, from the pool. What the request needs in front
// of its data is in head, and data is the caller's until done.
type call struct {
	client  *Client
	command ams.Command
	head    [40]byte
	headLen int
	data    []byte
	index   command.Index // for errors

	// taken sees a good answer before the reader goes on; nil where nobody has
	// to. It must not wait. Detached says that the caller has gone.
	taken func(body []byte, detached bool)
	// undo takes back what a good answer has brought about after the caller has
	// gone; nil where there is nothing to take back. Such a call stays open.
	undo func()

	// The answer, when it is there.
	code  ams.ReturnCode // of the AMS header
	body  []byte
	err   error
	there atomic.Bool
	done  chan struct{} // gets a word then, where the caller is parked

	state    callState     // guarded by clientConn.mu, as are those below
	id       uint32        // while open
	sent     time.Duration // the last time
	first    time.Duration // the first time, 0 before it
	epoch    uint64        // of the window when it was sent
	detached bool          // the caller has gone, and undo is to be called
	parked   bool          // the caller does nothing but wait
	previous *call         // in the queue of the window
	next     *call
}

// callState is where a call is.
type callState uint8

const (
	callNew    callState = iota
	callQueued           // waits for the window
	callOpen             // is in the table
	callOver             // has its answer, or will have it at once
)

// maxKept is the largest buffer that is kept for the next one.
const maxKept = 64 << 10

func newCall(c *Client, cmd ams.Command, index command.Index) *call {
	k, used := c.conn.pool.Get().(*call)
	if !used {
		k = &call{done: make(chan struct{}, 1)}
	}
	k.client, k.command, k.index = c, cmd, index
	return k
}

// free gives a call back whose answer nobody looks at any more.
func (k *call) free() {
	if k.undo != nil {
		return // it may still be open
	}
	body := k.body[:0]
	if cap(body) > maxKept {
		body = nil
	}
	pool := &k.client.conn.pool
	*k = call{done: k.done, body: body}
	pool.Put(k)
}

// conclude tells that the answer is there. Parked is what over has said.
func (k *call) conclude(parked bool) {
	k.there.Store(true)
	if parked {
		k.done <- struct{}{}
	}
}

// u32 appends a field to the head.
func (k *call) u32(v uint32) {
	binary.LittleEndian.PutUint32(k.head[k.headLen:], v)
	k.headLen += 4
}

// callFate is what became of an invoke ID.
type callFate uint8

const (
	fateNone callFate = iota
	fateOpen
	fateAnswered
	fateAbandoned // timed out or cancelled
)

// callSlot is a place in the table.
type callSlot struct {
	call *call
	id   uint32
	fate callFate
}

// callTable holds open calls by invoke ID, and remembers what became of the last
// ones. Invoke IDs count up; one whose place is still taken is left out. Guarded
// by clientConn.mu.
type callTable struct {
	slots []callSlot // a power of two
	open  int
	last  uint32
}

func newCallTable(first uint32) callTable {
	return callTable{slots: make([]callSlot, 256), last: first}
}

func (t *callTable) slot(id uint32) *callSlot { return &t.slots[int(id)&(len(t.slots)-1)] }

// add takes a call in and gives it its invoke ID, which is not 0.
func (t *callTable) add(k *call) {
	if 2*t.open >= len(t.slots) {
		t.grow()
	}
	for {
		t.last++
		if s := t.slot(t.last); t.last != 0 && s.fate != fateOpen {
			*s = callSlot{call: k, id: t.last, fate: fateOpen}
			k.id = t.last
			t.open++
			return
		}
	}
}

func (t *callTable) grow() {
	old := t.slots
	t.slots = make([]callSlot, 2*len(old))
	for _, s := range old {
		if s.fate != fateNone {
			*t.slot(s.id) = s // two places for each that there was
		}
	}
}

// find returns the open call with an invoke ID, or nil and what became of it.
func (t *callTable) find(id uint32) (*call, callFate) {
	s := t.slot(id)
	if s.id != id {
		return nil, fateNone
	}
	return s.call, s.fate
}

// remove takes an open call out.
func (t *callTable) remove(k *call, fate callFate) {
	s := t.slot(k.id)
	s.call, s.fate = nil, fate
	t.open--
}

// callQueue is a list of calls that wait. Guarded by clientConn.mu.
type callQueue struct{ head, tail *call }

func (q *callQueue) empty() bool { return q.head == nil }

func (q *callQueue) push(k *call) {
	k.previous, k.next = q.tail, nil
	if q.tail == nil {
		q.head = k
	} else {
		q.tail.next = k
	}
	q.tail = k
}

// pushFront is for a call that has waited before.
func (q *callQueue) pushFront(k *call) {
	k.previous, k.next = nil, q.head
	if q.head == nil {
		q.tail = k
	} else {
		q.head.previous = k
	}
	q.head = k
}

func (q *callQueue) remove(k *call) {
	if k.previous == nil {
		q.head = k.next
	} else {
		k.previous.next = k.next
	}
	if k.next == nil {
		q.tail = k.previous
	} else {
		k.next.previous = k.previous
	}
	k.previous, k.next = nil, nil
}
