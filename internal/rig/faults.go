package rig

import (
	"sync"
	"time"
)

// Faults spoil one direction of one or more connections; [Wrap] and [Proxy]
// apply them. The zero value lets everything pass. All methods may be called at
// any time, while octets are on the way too, and are safe for concurrent use.
//
// Octets are counted where they leave towards the reader, over all connections
// of the direction. "The next" octet is the one that has not left yet when the
// method is called, so positions are exact when nothing is on the way.
type Faults struct {
	mu      sync.Mutex
	changed chan struct{} // guarded by mu; closed and replaced by every change

	// All below is guarded by mu.
	passed  int64 // octets that have left, the dropped ones included
	stalled bool
	delay   time.Duration
	gap     time.Duration
	sizes   []int // of the pieces, in turn; empty: as they come
	turn    int
	edits   []edit
}

// edit is a change to octets at a position.
type edit struct {
	from, to int64 // first octet and the one behind the last
	kind     editKind
	mask     byte
}

type editKind int

const (
	dropOctets editKind = iota
	corruptOctet
	cutThere
	endThere
)

// Stall holds everything, the end of the connection too, until Resume: a cable
// that is pulled. What is on the way is kept; a sender is blocked once the
// buffers are full. To stall both Faults of a connection is a dead line, to
// stall one a line that is blocked in one direction.
func (f *Faults) Stall() { f.change(func() { f.stalled = true }) }

// Resume lets pass again what Stall held.
func (f *Faults) Resume() { f.change(func() { f.stalled = false }) }

// Delay makes octets that are sent from now on arrive later by d; their order
// and their distance in time are kept.
func (f *Faults) Delay(d time.Duration) { f.change(func() { f.delay = d }) }

// Split passes octets on in pieces of the given sizes, in turn and from the
// first again, with at least gap between two pieces; without sizes it no longer
// splits. A piece never joins what two reads gave, so it may be shorter. Over a
// connection in memory one Read of the far end returns exactly one piece, with
// a gap of 0 too; over TCP the far end sees the pieces apart when the gap is
// long enough, a millisecond as a rule.
func (f *Faults) Split(gap time.Duration, sizes ...int) {
	f.change(func() { f.gap, f.sizes, f.turn = gap, append([]int(nil), sizes...), 0 })
}

// Drop makes count octets vanish, behind the next after octets.
func (f *Faults) Drop(after, count int64) { f.edit(dropOctets, after, count, 0) }

// Corrupt inverts the bits of mask in the octet behind the next after octets.
func (f *Faults) Corrupt(after int64, mask byte) { f.edit(corruptOctet, after, 1, mask) }

// CutAfter resets the connection, in both directions, when the next after
// octets have left; with 0, when one more is about to.
func (f *Faults) CutAfter(after int64) { f.edit(cutThere, after, 1, 0) }

// EndAfter ends this direction in order when the next after octets have left,
// with 0 when one more is about to; what follows is discarded.
func (f *Faults) EndAfter(after int64) { f.edit(endThere, after, 1, 0) }

// Passed returns the number of octets that have left, those included that Drop
// made vanish.
func (f *Faults) Passed() int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.passed
}

func (f *Faults) edit(kind editKind, after, count int64, mask byte) {
	f.change(func() {
		from := f.passed + after
		f.edits = append(f.edits, edit{from: from, to: from + count, kind: kind, mask: mask})
	})
}

// change does something under the mutex and wakes all who wait for a change.
func (f *Faults) change(do func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	do()
	if f.changed != nil {
		close(f.changed)
		f.changed = nil
	}
}

// latency returns the present delay.
func (f *Faults) latency() time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.delay
}

// flow waits while the direction is stalled and returns false when stop comes
// first.
func (f *Faults) flow(stop <-chan struct{}) bool {
	for {
		f.mu.Lock()
		if f.changed == nil {
			f.changed = make(chan struct{})
		}
		stalled, changed := f.stalled, f.changed
		f.mu.Unlock()
		if !stalled {
			return true
		}
		select {
		case <-changed:
		case <-stop:
			return false
		}
	}
}

// piece is what is to be done with the first octets of a chunk.
type piece struct {
	octets []byte        // to pass on; a copy
	used   int           // octets of the chunk that are dealt with
	apart  bool          // not to be joined with its neighbours
	gap    time.Duration // to wait behind it
	cut    bool          // then reset the connection
	end    bool          // then end the direction
}

// next takes the first piece of a chunk, which is not empty.
func (f *Faults) next(chunk []byte) piece {
	f.mu.Lock()
	defer f.mu.Unlock()
	var p piece
	limit := len(chunk)
	if len(f.sizes) > 0 {
		limit = min(limit, max(1, f.sizes[f.turn]))
		f.turn = (f.turn + 1) % len(f.sizes)
		p.apart, p.gap = true, f.gap
	}
	for {
		p.cut, p.end = f.breaks()
		if p.cut || p.end || p.used == limit {
			break
		}
		octet, keep := chunk[p.used], true
		for _, e := range f.edits {
			if f.passed < e.from || f.passed >= e.to {
				continue
			}
			switch e.kind {
			case dropOctets:
				keep = false
			case corruptOctet:
				octet ^= e.mask
			case cutThere, endThere: // breaks has seen to them
			}
		}
		if keep {
			p.octets = append(p.octets, octet)
		}
		p.used++
		f.passed++
	}
	f.expire(p.cut || p.end)
	return p
}

// breaks tells whether the connection is to be cut or the direction to be ended
// at the present position. The caller holds mu.
func (f *Faults) breaks() (cut, end bool) {
	for _, e := range f.edits {
		if e.from == f.passed {
			cut = cut || e.kind == cutThere
			end = end || e.kind == endThere
		}
	}
	return cut, end
}

// expire forgets the edits that have been carried out. The caller holds mu.
func (f *Faults) expire(broken bool) {
	left := f.edits[:0]
	for _, e := range f.edits {
		done := f.passed >= e.to ||
			broken && f.passed == e.from && (e.kind == cutThere || e.kind == endThere)
		if !done {
			left = append(left, e)
		}
	}
	f.edits = left
}
