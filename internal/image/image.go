// Package image keeps the process image: the last value of each point.
//
// Links put what they receive into it; it remembers the value and hands the
// update on. It remembers first and hands on afterwards, so that whoever asks in
// between gets the newer value, and the change still comes behind it. Updates with
// the test bit and untouched telegrams change nothing here and are only handed on.
//
// When a link is lost, every point of it that has a value becomes not topical,
// here at once and behind all routes as soon as they take it over; a point that
// gets a new value is as good as that value. So that nothing escapes this, the image
// hands on no point that it has no room for: it has room for the points of the
// signal list and for discovered ones up to a limit, and beyond it drops and
// reports them.
package image

import (
	"context"
	"fmt"
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

	lanes sync.Map // link name to lane
}

// lane is held while a batch of a link is remembered and handed on: one at a time,
// so that the order is the same here and behind.
type lane chan struct{}

// entry is one point.
type entry struct {
	update     point.Update
	change     uint64 // number of the last change
	owed       bool   // marked as not topical here, and not taken over behind
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
	e.update, e.owed = *update, false
	i.changes++
	e.change = i.changes
	e.prev, e.next = i.root.prev, &i.root
	e.prev.next, e.next.prev = e, e
	return true
}

// enter waits for the lane of a link and returns what leaves it again.
func (i *Image) enter(ctx context.Context, link string) (leave func(), err error) {
	kept, known := i.lanes.Load(link)
	if !known {
		kept, _ = i.lanes.LoadOrStore(link, make(lane, 1))
	}
	l := kept.(lane) //nolint:forcetypeassert // nothing else is stored
	select {
	case l <- struct{}{}:
		return func() { <-l }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// Put remembers a batch of one link and hands it on. The error is that of ctx or of
// the next sink; the image keeps the values nevertheless.
func (i *Image) Put(ctx context.Context, batch []point.Update) error {
	if len(batch) == 0 {
		return nil
	}
	leave, err := i.enter(ctx, batch[0].ID.Link)
	if err != nil {
		return err
	}
	defer leave()
	if batch = i.remember(batch); len(batch) == 0 {
		return nil
	}
	return i.options.Next.Put(ctx, batch)
}

// remember stores a batch and returns what of it is to be handed on: the batch
// itself, unless there was no room for some of it.
func (i *Image) remember(batch []point.Update) []point.Update {
	i.mu.Lock()
	defer i.mu.Unlock()
	var rest []point.Update // once a point found no room
	full := false
	for n := range batch {
		update := &batch[n]
		if update.Test || update.Telegram != nil || i.store(update) {
			if full {
				rest = append(rest, *update)
			}
			continue
		}
		if !full {
			full, rest = true, append(rest, batch[:n]...)
		}
		i.options.Tap.Emit(tap.Event{
			Stage: tap.Dropped, Link: update.ID.Link, Trace: update.Trace, ID: update.ID, Points: 1,
			Reason: tap.TooManyPoints,
		})
	}
	if full {
		return rest
	}
	return batch
}

// Lost marks the points of a link as not topical and hands the changes on. They
// stay marked when the next sink does not take them over, and a repeated call
// hands them on again.
func (i *Image) Lost(ctx context.Context, link string, trace point.Trace) error {
	leave, err := i.enter(ctx, link)
	if err != nil {
		return err
	}
	defer leave()
	batch := i.mark(link, trace)
	if len(batch) == 0 {
		return nil
	}
	if err := i.options.Next.Put(ctx, batch); err != nil {
		return fmt.Errorf("the loss of link %s has not reached every destination: %w", link, err)
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	for n := range batch {
		i.points[batch[n].ID].owed = false
	}
	return nil
}

// mark makes the points of a link not topical and returns those that nobody
// behind knows of.
func (i *Image) mark(link string, trace point.Trace) []point.Update {
	received := point.InstantOf(time.Now())
	i.mu.Lock()
	defer i.mu.Unlock()
	var batch []point.Update
	for _, e := range i.links[link] {
		if e.update.Value.Kind() == point.None || e.update.Quality.Has(point.NotTopical) && !e.owed {
			continue
		}
		update := e.update
		update.Quality |= point.NotTopical
		update.Cause, update.Time = point.CauseSpontaneous, point.Time{}
		update.Received, update.Trace = received, trace
		i.store(&update)
		e.owed = true
		batch = append(batch, update)
	}
	return batch
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
