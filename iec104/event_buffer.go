package iec104

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"stellwerk/iec104/asdu"
)

// EventClass ranks spontaneous ASDUs: those of a lower class are sent first.
type EventClass uint8

// The classes.
const (
	// Events are all types but those below: single and double points, step
	// positions, bit strings, events of protection equipment and so on.
	Events EventClass = iota
	// Counted are integrated totals.
	Counted
	// Measurands are measured values.
	Measurands
	// Directories are announcements of files.
	Directories
	eventClasses
)

// String returns the name of the class.
func (c EventClass) String() string {
	switch c {
	case Events:
		return "events"
	case Counted:
		return "counters"
	case Measurands:
		return "measurands"
	case Directories:
		return "directories"
	default:
		return fmt.Sprintf("class %d", uint8(c))
	}
}

// ClassOf returns the class of a type.
func ClassOf(t asdu.TypeID) EventClass {
	switch t {
	case asdu.M_IT_NA_1, asdu.M_IT_TA_1, asdu.M_IT_TB_1:
		return Counted
	case asdu.M_ME_NA_1, asdu.M_ME_TA_1, asdu.M_ME_TD_1, asdu.M_ME_ND_1,
		asdu.M_ME_NB_1, asdu.M_ME_TB_1, asdu.M_ME_TE_1,
		asdu.M_ME_NC_1, asdu.M_ME_TC_1, asdu.M_ME_TF_1:
		return Measurands
	case asdu.F_DR_TA_1:
		return Directories
	default:
		return Events
	}
}

// EventLimits bound an [EventBuffer]: how many ASDUs of each class it keeps.
// Zero is 1000.
type EventLimits struct {
	Events, Counters, Measurands, Directories int
	// Overflow is told when a class begins to lose ASDUs, and again only after
	// it has been empty. The protocol has no mark for it: the overflow bit of a
	// measured value speaks of the value, so that no object is altered. An
	// application that wants the control centre to know sets a point of its
	// own. It is called by whoever puts, without locks. Nil tells nobody.
	Overflow func(EventClass)
	// Relieved is told when such a class has become empty again, or its buffer
	// has gone with its connection: once for each call of Overflow. It is called
	// on the data path: it must not wait, and must not call the server or one
	// of its sessions. Nil tells nobody.
	Relieved func(EventClass)
}

func (l EventLimits) check() error {
	if l.Events < 0 || l.Counters < 0 || l.Measurands < 0 || l.Directories < 0 {
		return errors.New("the bounds of an event buffer cannot be negative: 0 is 1000")
	}
	return nil
}

// EventBuffer is a bounded [EventQueue] in memory with a queue for each class:
// what is taken next is the oldest of the lowest class that has something. So
// the order within a class is kept, and a value overtakes only what is of a
// higher class. What was on its way and is offered again is ranked anew.
//
// Where a class is full, its oldest ASDU that is not on its way gives way to the
// new one, and is counted; where all are on their way the new one is refused.
// No class takes room from another. All methods are safe for concurrent use.
type EventBuffer struct {
	params   *asdu.Params
	overflow func(EventClass)
	relieved func(EventClass)
	ready    chan struct{}

	mu      sync.Mutex
	classes [eventClasses]classQueue // guarded by mu
	unused  bool                     // guarded by mu; relieve was called
	taken   []takenRun               // guarded by mu; what is on its way, the oldest first
	scratch [asdu.MaxOctets]byte     // guarded by mu; what Next returned
}

// classQueue is the queue of one class.
type classQueue struct {
	fifo     fifo
	capacity int
	lost     uint64
	losing   bool // since it was empty
}

// takenRun is a number of ASDUs of one class that were taken one after the
// other.
type takenRun struct {
	class EventClass
	count int
}

// NewEventBuffer returns a buffer for as many ASDUs of each class as capacity
// says, at least one. The parameters must be those of the server.
func NewEventBuffer(params *asdu.Params, capacity int) *EventBuffer {
	capacity = max(1, capacity)
	return NewClassedEventBuffer(params, EventLimits{Events: capacity, Counters: capacity, Measurands: capacity, Directories: capacity})
}

// NewClassedEventBuffer returns a buffer with a bound for each class; those
// that are 0 or less are 1000.
func NewClassedEventBuffer(params *asdu.Params, limits EventLimits) *EventBuffer {
	b := &EventBuffer{params: params, overflow: limits.Overflow, relieved: limits.Relieved, ready: make(chan struct{}, 1)}
	for class, capacity := range [eventClasses]int{limits.Events, limits.Counters, limits.Measurands, limits.Directories} {
		if capacity <= 0 {
			capacity = defaultEvents
		}
		b.classes[class].capacity = capacity
	}
	return b
}

// defaultEvents is how many ASDUs of a class a buffer keeps.
const defaultEvents = 1000

// Put adds an ASDU, whose octets it copies.
func (b *EventBuffer) Put(a asdu.ASDU) error {
	a, err := fit(a, b.params)
	if err != nil {
		return fail("event", err)
	}
	class := ClassOf(a.Type)
	overflow, err := b.put(a, class)
	if overflow && b.overflow != nil {
		b.overflow(class)
	}
	return fail("event", err)
}

func (b *EventBuffer) put(a asdu.ASDU, class EventClass) (overflow bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	q := &b.classes[class]
	if q.fifo.count >= q.capacity {
		q.lost++
		overflow = !q.losing && !b.unused
		q.losing = true
		if q.fifo.waiting() == 0 {
			return overflow, fmt.Errorf("%w: all %d %s of the buffer are on their way", ErrBusy, q.capacity, class)
		}
		q.fifo.drop()
	}
	q.fifo.commit(a.Append(q.fifo.reserve()))
	if q.fifo.waiting() == 1 {
		signal(b.ready)
	}
	return overflow, nil
}

// Len returns how many ASDUs are in the buffer, those on their way included.
func (b *EventBuffer) Len() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := 0
	for i := range b.classes {
		n += b.classes[i].fifo.count
	}
	return n
}

// Lost returns how many ASDUs of all classes gave way or were refused.
func (b *EventBuffer) Lost() uint64 {
	var n uint64
	for class := range eventClasses {
		n += b.LostOf(class)
	}
	return n
}

// LostOf returns how many ASDUs of a class gave way or were refused.
func (b *EventBuffer) LostOf(class EventClass) uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	if class >= eventClasses {
		return 0
	}
	return b.classes[class].lost
}

// Next is part of [EventQueue].
func (b *EventBuffer) Next() (asdu.ASDU, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for class := range eventClasses {
		octets, ok := b.classes[class].fifo.next()
		if !ok {
			continue
		}
		if last := len(b.taken) - 1; last >= 0 && b.taken[last].class == class {
			b.taken[last].count++
		} else {
			b.taken = append(b.taken, takenRun{class, 1})
		}
		// Put may move the buffer's octets meanwhile.
		n := copy(b.scratch[:], octets)
		a, _ := b.params.Decode(b.scratch[:n]) // what was put in malformed is sent as it is
		return a, true
	}
	return asdu.ASDU{}, false
}

// Done is part of [EventQueue].
func (b *EventBuffer) Done(n int) { b.tell(b.done(n)) }

// tell tells of the classes whose overflow has ended.
func (b *EventBuffer) tell(relieved [eventClasses]bool) {
	for class, was := range relieved {
		if was && b.relieved != nil {
			b.relieved(EventClass(class))
		}
	}
}

// relieve ends all overflows, as the buffer is not used any more.
func (b *EventBuffer) relieve() {
	b.mu.Lock()
	b.unused = true
	var relieved [eventClasses]bool
	for class := range b.classes {
		relieved[class], b.classes[class].losing = b.classes[class].losing, false
	}
	b.mu.Unlock()
	b.tell(relieved)
}

func (b *EventBuffer) done(n int) (relieved [eventClasses]bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	over := 0
	for i := range b.taken {
		run := &b.taken[i]
		part := min(n, run.count)
		q := &b.classes[run.class]
		q.fifo.done(part)
		if q.losing && q.fifo.count == 0 {
			q.losing, relieved[run.class] = false, true
		}
		run.count -= part
		n -= part
		if run.count > 0 {
			break
		}
		over++
	}
	b.taken = slices.Delete(b.taken, 0, over)
	return relieved
}

// Rewind is part of [EventQueue].
func (b *EventBuffer) Rewind() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range b.classes {
		b.classes[i].fifo.rewind()
	}
	b.taken = b.taken[:0]
}

// Ready is part of [EventQueue].
func (b *EventBuffer) Ready() <-chan struct{} { return b.ready }
