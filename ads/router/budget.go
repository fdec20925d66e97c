package router

import "sync/atomic"

// noteOctets is what a request that waits for its answer, or the port of a
// machine that has spoken, counts in a budget: its place in the table, with what
// such tables have spare.
const noteOctets = 256

// budget is what all connections of a router may hold together, whatever each of
// them may for itself. All methods are safe for concurrent use.
type budget struct {
	limit int64
	held  atomic.Int64
}

// take takes octets, and reports whether they were there. What is larger than the
// whole budget is given when nothing else is taken.
func (b *budget) take(octets int) bool {
	n := int64(octets)
	if held := b.held.Add(n); held > b.limit && held > n {
		b.held.Add(-n)
		return false
	}
	return true
}

func (b *budget) release(octets int) { b.held.Add(-int64(octets)) }
