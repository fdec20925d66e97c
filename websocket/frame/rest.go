package frame

import "sync"

// rest keeps what is expensive to make, and holds no memory of a connection,
// between messages. A pool alone is emptied by the collector, so that a connection
// with a message now and then would make a compressor for each; some are kept.
type rest[T any] struct {
	mu    sync.Mutex
	kept  [keptAtRest]*T // guarded by mu
	count int            // of kept; guarded by mu
	more  sync.Pool
}

// keptAtRest is how many outlive the collector: some 2 MiB of compressors.
const keptAtRest = 4

// take returns nil where none is at rest.
func (r *rest[T]) take() *T {
	r.mu.Lock()
	if r.count > 0 {
		r.count--
		one := r.kept[r.count]
		r.kept[r.count] = nil
		r.mu.Unlock()
		return one
	}
	r.mu.Unlock()
	one, _ := r.more.Get().(*T)
	return one
}

func (r *rest[T]) give(one *T) {
	r.mu.Lock()
	if r.count < len(r.kept) {
		r.kept[r.count] = one
		r.count++
		one = nil
	}
	r.mu.Unlock()
	if one != nil {
		r.more.Put(one)
	}
}
