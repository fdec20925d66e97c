package tf6770

import "slices"

// message is one that waits.
type message struct {
	data     []byte
	kind     ContentType
	compress bool
}

// overhead is what each message counts in a queue beyond its octets, so that
// empty ones fill it too. It is about what one takes.
const overhead = 64

// keep is how long a buffer is at most that stays in its place of the ring.
const keep = 4 << 10

// queue is a ring of messages, in the order of arrival. Places keep their
// buffers, so that a steady flow of short messages allocates nothing.
type queue struct {
	ring  []message
	first int
	count int
	size  int // octets and overhead of what is in it
	limit int
}

// own returns the data of a message for push, which keeps long ones as they are:
// nobody is to wait while they are copied.
func own(data []byte) []byte {
	if len(data) > keep {
		return slices.Clone(data)
	}
	return data
}

// push puts a message, whose data came from own, to the end. It reports false when
// the queue is full; an empty one takes any message.
func (q *queue) push(data []byte, kind ContentType, compress bool) bool {
	cost := len(data) + overhead
	if q.count > 0 && q.size+cost > q.limit {
		return false
	}
	if q.count == len(q.ring) {
		grown := make([]message, max(8, 2*len(q.ring)))
		n := copy(grown, q.ring[q.first:])
		copy(grown[n:], q.ring[:q.first])
		q.ring, q.first = grown, 0
	}
	place := &q.ring[(q.first+q.count)%len(q.ring)]
	if len(data) > keep {
		place.data = data
	} else {
		place.data = append(place.data[:0], data...)
	}
	place.kind, place.compress = kind, compress
	q.count++
	q.size += cost
	return true
}

// head returns the first message, valid until pop, and whether there is one.
func (q *queue) head() (message, bool) {
	if q.count == 0 {
		return message{}, false
	}
	return q.ring[q.first], true
}

// pop removes the first message, where there is one.
func (q *queue) pop() {
	if q.count == 0 {
		return
	}
	place := &q.ring[q.first]
	q.size -= len(place.data) + overhead
	if cap(place.data) > keep {
		place.data = nil
	}
	q.first = (q.first + 1) % len(q.ring)
	q.count--
}

// clear removes all messages and the memory they had.
func (q *queue) clear() { *q = queue{limit: q.limit} }
