package tap

// ring keeps events up to a number of them and to a number of octets that their
// telegrams have together. It grows as it fills.
type ring struct {
	events, limit      int // kept, and at most
	octets, octetLimit int // of the telegrams kept, and at most
	slots              []Event
	first              int // index in slots of the oldest event
}

// full says whether the oldest event must go before e can be pushed.
func (r *ring) full(e *Event) bool {
	return r.events > 0 && (r.events == r.limit || r.octets+len(e.Raw) > r.octetLimit)
}

func (r *ring) push(e *Event) {
	if r.events == len(r.slots) {
		larger := make([]Event, min(r.limit, max(64, 2*len(r.slots))))
		copied := copy(larger, r.slots[r.first:])
		copy(larger[copied:], r.slots[:r.first])
		r.slots, r.first = larger, 0
	}
	*r.at(r.events) = *e
	r.events++
	r.octets += len(e.Raw)
}

// at gives the i-th oldest event.
func (r *ring) at(i int) *Event { return &r.slots[(r.first+i)%len(r.slots)] }

func (r *ring) pop() Event {
	oldest := r.at(0)
	e := *oldest
	*oldest = Event{}
	r.first = (r.first + 1) % len(r.slots)
	r.events--
	r.octets -= len(e.Raw)
	return e
}
