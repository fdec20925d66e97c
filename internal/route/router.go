package route

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"

	"stellwerk/internal/config"
	"stellwerk/internal/point"
	"stellwerk/internal/tap"
)

// Options are what a [Router] connects.
type Options struct {
	// Source is the process image.
	Source point.Source
	// Queues take the updates for each link that takes values.
	Queues map[string]point.Sink
	// Commanders carry commands out, for each link that gives values.
	Commanders map[string]point.Commander
	// Tap is told of what passes and what does not. It may be nil.
	Tap *tap.Tap
}

// maxHops bounds for how many points the ways on are remembered. Beyond it all are
// forgotten and found anew.
const maxHops = 1 << 20

// Router is a compiled set of routes. It implements point.Sink, point.Source and
// point.Commander, and may be used by several goroutines at the same time. Connect
// must be called before anything else.
type Router struct {
	options Options
	plan    *plan
	links   []string // all of them, in the order of the configuration
	parts   sync.Pool

	mu   sync.RWMutex
	hops map[point.ID][]*hop // guarded by mu
}

var (
	_ point.Sink      = (*Router)(nil)
	_ point.Source    = (*Router)(nil)
	_ point.Commander = (*Router)(nil)
)

// New compiles the routes of a configuration.
func New(c *config.Config) *Router {
	r := &Router{plan: compile(c), hops: map[point.ID][]*hop{}}
	for _, link := range c.Links {
		r.links = append(r.links, link.Name)
	}
	r.parts.New = func() any { return new(parts) }
	return r
}

// Connect says where updates and commands go.
func (r *Router) Connect(options Options) { r.options = options }

// parts is a batch as it is cut up for the destinations. It is used again, so that
// routing allocates nothing.
type parts struct {
	list     []part
	dampened []*deadband // those that let something of the batch pass
}

// part is what of a batch goes to one link.
type part struct {
	link    string
	updates []point.Update
}

func (p *parts) of(link string) *part {
	for i := range p.list {
		if p.list[i].link == link {
			return &p.list[i]
		}
	}
	p.list = append(p.list, part{link: link})
	return &p.list[len(p.list)-1]
}

// maxKept is the number of updates for one link up to which the memory of a part is
// used again.
const maxKept = 4096

func (r *Router) give(p *parts) {
	for i := range p.list {
		updates := p.list[i].updates
		clear(updates)
		if cap(updates) > maxKept {
			updates = nil
		}
		p.list[i].updates = updates[:0]
	}
	clear(p.dampened)
	p.dampened = p.dampened[:0]
	r.parts.Put(p)
}

// ways returns the ways on from a point, remembered.
func (r *Router) ways(source point.ID) []*hop {
	r.mu.RLock()
	hops, known := r.hops[source]
	r.mu.RUnlock()
	if known {
		return hops
	}
	hops = r.plan.hops(source)
	r.mu.Lock()
	defer r.mu.Unlock()
	if earlier, known := r.hops[source]; known {
		return earlier // a deadband has one memory
	}
	if len(r.hops) >= maxHops {
		clear(r.hops)
	}
	r.hops[source] = hops
	return hops
}

// Put leads a batch on. It returns nil when every destination has taken over what
// is meant for it; each is tried, also behind one that fails. After an error a
// repeated Put can bring some destinations an update twice.
func (r *Router) Put(ctx context.Context, batch []point.Update) error {
	cut := r.parts.Get().(*parts) //nolint:forcetypeassert // nothing else is in the pool
	defer r.give(cut)
	listening := r.options.Tap.Listening()
	for i := range batch {
		r.cut(cut, &batch[i], listening)
	}
	var failed error
	for i := range cut.list {
		p := &cut.list[i]
		if len(p.updates) == 0 {
			continue
		}
		if err := r.options.Queues[p.link].Put(ctx, p.updates); err != nil {
			failed = errors.Join(failed, fmt.Errorf("link %s: %w", p.link, err))
		}
	}
	if failed != nil {
		for _, d := range cut.dampened {
			d.forget()
		}
	}
	return failed
}

// cut adds an update to the parts of all destinations that it goes to.
func (r *Router) cut(cut *parts, update *point.Update, listening bool) {
	hops := r.ways(update.ID)
	if len(hops) == 0 && listening {
		r.drop(update, point.ID{}, tap.NoRoute, "")
	}
	for _, h := range hops {
		if r.options.Queues[h.target.Link] == nil {
			r.drop(update, h.target, tap.NoDestination, "")
			continue
		}
		routed, reason, detail := h.convert(update)
		if reason == tap.NoReason && h.deadband != nil {
			if h.deadband.holds(&routed, h.route.Deadband) {
				reason = tap.Deadband
			} else {
				cut.dampened = append(cut.dampened, h.deadband)
			}
		}
		if reason != tap.NoReason {
			if listening {
				r.drop(update, h.target, reason, detail)
			}
			continue
		}
		p := cut.of(h.target.Link)
		p.updates = append(p.updates, routed)
		if listening {
			r.options.Tap.Emit(tap.Event{
				Stage: tap.Routed, Link: update.ID.Link, Trace: update.Trace, ID: update.ID, Target: h.target, Points: 1,
			})
		}
	}
}

func (r *Router) drop(update *point.Update, target point.ID, reason tap.Reason, detail string) {
	r.options.Tap.Emit(tap.Event{
		Stage: tap.Dropped, Link: update.ID.Link, Trace: update.Trace, ID: update.ID, Target: target, Points: 1,
		Reason: reason, Detail: detail,
	})
}

// origin returns the way that leads to a target, or nil. Where patterns of several
// routes lead there, as from two stations with common addresses of their own, it is
// the first whose source is known, by a value or by the signal list; sure is false
// where none of them is.
func (r *Router) origin(target point.ID) (way *hop, sure bool) {
	sure = true
	for h := range r.plan.origins(target) {
		if r.known(h.source) {
			return h, true
		}
		if way == nil {
			way = h
		} else {
			sure = false
		}
	}
	return way, sure
}

func (r *Router) known(source point.ID) bool {
	if _, listed := r.plan.config.Point(source); listed {
		return true
	}
	_, known := r.options.Source.Lookup(source)
	return known
}

// Origin returns the point that a target is made of; false where no route leads
// to it.
func (r *Router) Origin(target point.ID) (point.ID, bool) {
	h, _ := r.origin(target)
	if h == nil {
		return point.ID{}, false
	}
	return h.source, true
}

// Lookup gives what a target is now: the last value of its source, converted.
func (r *Router) Lookup(target point.ID) (point.Update, bool) {
	h, _ := r.origin(target)
	if h == nil {
		return point.Update{}, false
	}
	update, known := r.options.Source.Lookup(h.source)
	if !known {
		return point.Update{}, false
	}
	routed, reason, _ := h.convert(&update)
	return routed, reason == tap.NoReason
}

// Snapshot yields what every target of a link is now. Deadbands hold nothing back.
func (r *Router) Snapshot(link string) iter.Seq[point.Update] {
	return func(yield func(point.Update) bool) {
		for _, from := range r.links {
			for update := range r.options.Source.Snapshot(from) {
				for _, h := range r.ways(update.ID) {
					if h.target.Link != link {
						continue
					}
					routed, reason, _ := h.convert(&update)
					if reason == tap.NoReason && !yield(routed) {
						return
					}
				}
			}
		}
	}
}
