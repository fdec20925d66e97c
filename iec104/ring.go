package iec104

// ring is a queue of unacknowledged frames. It grows to what is in use at
// once, which the machine bounds by k.
type ring struct {
	items []inflight // its length is 0 or a power of two
	first int
	count int
}

func (r *ring) len() int { return r.count }

func (r *ring) front() inflight { return r.items[r.first] }

func (r *ring) push(item inflight) {
	if r.count == len(r.items) {
		items := make([]inflight, max(8, 2*len(r.items)))
		n := copy(items, r.items[r.first:])
		copy(items[n:], r.items[:r.first])
		r.items, r.first = items, 0
	}
	r.items[(r.first+r.count)&(len(r.items)-1)] = item
	r.count++
}

func (r *ring) pop() inflight {
	item := r.items[r.first]
	r.first = (r.first + 1) & (len(r.items) - 1)
	r.count--
	return item
}
