// Package image keeps the process image: the last value of each point.
//
// Links put what they receive into it; it remembers the value and hands the
// update on. It remembers first and hands on afterwards, so that whoever asks in
// between gets the newer value, and the change still comes behind it. Updates with
// the test bit and untouched telegrams change nothing here and are only handed on.
package image

import (
	"context"
	"errors"
	"iter"
	"sync"
	"time"

	"stellwerk/internal/point"
	"stellwerk/internal/tap"
)

// DefaultLimit is how many points an image has room for where nothing else is
// said.
const DefaultLimit = 1 << 20

// Options are the settings of an [Image].
type Options struct {
	// Next takes every update over that was put into the image.
	Next point.Sink
	// Tap is told of points that find no room. It may be nil.
	Tap *tap.Tap
	// Limit is how many points there is room for, those that were named
	// beforehand included. 0 means DefaultLimit.
	Limit int
}

// Image is the process image. It implements point.Intake and point.Source and may
// be used by several goroutines at the same time. The order of updates is kept for
// each link, whose Put and Lost do not run at the same time.
type Image struct {
	options Options

	mu     sync.RWMutex
	points map[point.ID]*entry // guarded by mu
	links  map[string][]*entry // guarded by mu
	// The entries as a ring in the order of their last changes; root.next is the
	// one that changed longest ago. Guarded by mu.
	root    entry
	changes uint64 // guarded by mu

	locks sync.Map // link name to *sync.Mutex: one batch of a link at a time
}

// entry is one point.
type entry struct {
	update     point.Update
	change     uint64 // number of the last change
	prev, next *entry
}

// New returns an image of points that have no value yet. The updates say what is
// known of them: their ID and type.
func New(known []point.Update, options Options) *Image {
	if options.Limit <= 0 {
		options.Limit = DefaultLimit
	}
	i := &Image{options: options, points: map[point.ID]*entry{}, links: map[string][]*entry{}}
	i.root.prev, i.root.next = &i.root, &i.root
	for _, update := range known {
		update.Value = point.Value{}
		update.Quality = point.Invalid | point.NotTopical
		i.store(&update)
	}
	return i
}

// store remembers an update; false where there is no room for its point. The
// caller holds mu.
func (i *Image) store(update *point.Update) bool {
	e := i.points[update.ID]
	if e == nil {
		if len(i.points) >= i.options.Limit {
			return false
		}
		e = &entry{}
		i.points[update.ID] = e
		i.links[update.ID.Link] = append(i.links[update.ID.Link], e)
	} else {
		e.prev.next, e.next.prev = e.next, e.prev
	}
	e.update = *update
	i.changes++
	e.change = i.changes
	e.prev, e.next = i.root.prev, &i.root
	e.prev.next, e.next.prev = e, e
	return true
}

// one returns the lock that keeps the batches of a link in order.
func (i *Image) one(link string) *sync.Mutex {
	lock, _ := i.locks.LoadOrStore(link, new(sync.Mutex))
	return lock.(*sync.Mutex) //nolint:forcetypeassert // nothing else is stored
}

// Put remembers a batch of one link and hands it on. The error is that of the
// next sink; the image keeps the values nevertheless.
func (i *Image) Put(ctx context.Context, batch []point.Update) error {
	if len(batch) == 0 {
		return nil
	}
	lock := i.one(batch[0].ID.Link)
	lock.Lock()
	defer lock.Unlock()
	i.mu.Lock()
	for n := range batch {
		update := &batch[n]
		if update.Test || update.Telegram != nil || i.store(update) {
			continue
		}
		i.options.Tap.Emit(tap.Event{
			Stage: tap.Dropped, Link: update.ID.Link, Trace: update.Trace, ID: update.ID, Points: 1,
			Reason: tap.TooManyPoints,
		})
	}
	i.mu.Unlock()
	return i.options.Next.Put(ctx, batch)
}

// Lost marks the points of a link as not topical and hands the changes on. When
// the next sink does not take them over, the marks stay off those points, so that
// a repeated call hands them on again.
func (i *Image) Lost(ctx context.Context, link string, trace point.Trace) error {
	lock := i.one(link)
	lock.Lock()
	defer lock.Unlock()
	received := point.InstantOf(time.Now())
	i.mu.RLock()
	var batch []point.Update
	for _, e := range i.links[link] {
		if e.update.Value.Kind() == point.None || e.update.Quality.Has(point.NotTopical) {
			continue
		}
		update := e.update
		update.Quality |= point.NotTopical
		update.Cause, update.Time = point.CauseSpontaneous, point.Time{}
		update.Received, update.Trace = received, trace
		batch = append(batch, update)
	}
	i.mu.RUnlock()
	if len(batch) == 0 {
		return nil
	}
	// The destinations must see the mark before or together with the image:
	// an interrogation in between gets it from the image.
	i.mu.Lock()
	before := make([]point.Update, len(batch))
	for n := range batch {
		before[n] = i.points[batch[n].ID].update
		i.store(&batch[n])
	}
	i.mu.Unlock()
	if err := i.options.Next.Put(ctx, batch); err != nil {
		i.mu.Lock()
		for n := range before {
			i.store(&before[n])
		}
		i.mu.Unlock()
		return errors.Join(errors.New("the loss of the link has not reached every destination"), err)
	}
	return nil
}

// Lookup gives the last update of a point, and false where there is no such
// point.
func (i *Image) Lookup(id point.ID) (point.Update, bool) {
	i.mu.RLock()
	defer i.mu.RUnlock()
	e := i.points[id]
	if e == nil {
		return point.Update{}, false
	}
	return e.update, true
}

// Snapshot yields the last update of every point of a link, in the order in which
// the points became known. Each is read when its turn comes.
func (i *Image) Snapshot(link string) iter.Seq[point.Update] {
	return func(yield func(point.Update) bool) {
		i.mu.RLock()
		entries := i.links[link] // only ever grows, so that the part seen here stays
		i.mu.RUnlock()
		for _, e := range entries {
			i.mu.RLock()
			update := e.update
			i.mu.RUnlock()
			if !yield(update) {
				return
			}
		}
	}
}

// Count returns how many points of a link there are.
func (i *Image) Count(link string) int {
	i.mu.RLock()
	defer i.mu.RUnlock()
	return len(i.links[link])
}

// Changes returns the points whose last change lies after the cursor, each once
// and in the order of their changes, at most limit of them; the cursor to go on
// with; and whether the limit held some back. Cursor 0 lies before every change.
// The cost depends on the number of changes.
func (i *Image) Changes(after uint64, limit int) (changed []point.Update, cursor uint64, more bool) {
	i.mu.RLock()
	defer i.mu.RUnlock()
	first := &i.root
	for first.prev != &i.root && first.prev.change > after {
		first = first.prev
	}
	cursor = after
	for e := first; e != &i.root; e = e.next {
		if len(changed) == limit {
			return changed, cursor, true
		}
		changed = append(changed, e.update)
		cursor = e.change
	}
	return changed, cursor, false
}
