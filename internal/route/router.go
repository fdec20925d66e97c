package route

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
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

// maxHops bounds for how many points the ways on are remembered. Beyond it they
// are found anew.
const maxHops = 1 << 20

// Router is a compiled set of routes. It implements point.Sink, point.Source and
// point.Commander, and may be used by several goroutines at the same time. Connect
// must be called before anything else.
type Router struct {
	options Options
	plan    *plan
	links   []string // that routes begin at

	mu   sync.RWMutex
	hops map[point.ID][]hop // guarded by mu

	deadbands sync.Map // target to the number that was passed on last, as a float64
}

// New compiles the routes of a configuration.
func New(c *config.Config) *Router {
	r := &Router{plan: compile(c), hops: map[point.ID][]hop{}}
	for _, link := range c.Links {
		r.links = append(r.links, link.Name)
	}
	return r
}

// Connect says where updates and commands go.
func (r *Router) Connect(options Options) { r.options = options }

// ways returns the ways on from a point, remembered.
func (r *Router) ways(source point.ID) []hop {
	r.mu.RLock()
	hops, known := r.hops[source]
	r.mu.RUnlock()
	if known {
		return hops
	}
	hops = r.plan.hops(source)
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.hops) >= maxHops {
		clear(r.hops)
	}
	r.hops[source] = hops
	return hops
}

// Put leads a batch on. It returns nil when every destination has taken over what
// is meant for it; after an error a repeated Put can bring some destinations an
// update twice.
func (r *Router) Put(ctx context.Context, batch []point.Update) error {
	listening := r.options.Tap.Listening()
	parts := map[string][]point.Update{}
	for i := range batch {
		update := &batch[i]
		hops := r.ways(update.ID)
		if len(hops) == 0 && listening {
			r.drop(update, point.ID{}, tap.NoRoute, "")
		}
		for _, h := range hops {
			routed, reason, detail := h.rule.convert(update, h.target)
			if reason == tap.NoReason && r.within(h, &routed) {
				reason = tap.Deadband
			}
			if reason != tap.NoReason {
				r.drop(update, h.target, reason, detail)
				continue
			}
			parts[h.target.Link] = append(parts[h.target.Link], routed)
			if listening {
				r.options.Tap.Emit(tap.Event{
					Stage: tap.Routed, Link: update.ID.Link, Trace: update.Trace, ID: update.ID, Target: h.target, Points: 1,
				})
			}
		}
	}
	var failed error
	for link, part := range parts {
		queue := r.options.Queues[link]
		if queue == nil {
			for i := range part {
				r.drop(&part[i], part[i].ID, tap.NoDestination, "")
			}
			continue
		}
		if err := queue.Put(ctx, part); err != nil {
			failed = errors.Join(failed, fmt.Errorf("link %s: %w", link, err))
		}
	}
	return failed
}

func (r *Router) drop(update *point.Update, target point.ID, reason tap.Reason, detail string) {
	r.options.Tap.Emit(tap.Event{
		Stage: tap.Dropped, Link: update.ID.Link, Trace: update.Trace, ID: update.ID, Target: target, Points: 1,
		Reason: reason, Detail: detail,
	})
}

// within reports whether a number has changed so little that the rule keeps it
// back. A change of quality always passes.
func (r *Router) within(h hop, update *point.Update) bool {
	if h.rule.Deadband == 0 || update.Value.Kind() != point.Number {
		return false
	}
	number := update.Value.Number()
	last, known := r.deadbands.Load(h.target)
	if before, ok := last.(sentNumber); known && ok && before.quality == update.Quality &&
		math.Abs(number-before.number) <= h.rule.Deadband {
		return true
	}
	r.deadbands.Store(h.target, sentNumber{number, update.Quality})
	return false
}

type sentNumber struct {
	number  float64
	quality point.Quality
}

// convert makes the update of the target, or says why there is none.
func (r *rule) convert(update *point.Update, target point.ID) (point.Update, tap.Reason, string) {
	routed := *update
	routed.ID = target
	if update.Test && !r.Test {
		return routed, tap.Test, ""
	}
	switch r.Time {
	case config.TimeNone:
		routed.Time = point.Time{}
	case config.TimeReception:
		if !routed.Time.Known() {
			routed.Time = point.ReceptionTime(update.Received)
		}
	}
	if update.Telegram != nil {
		return routed, tap.NoReason, ""
	}
	if r.Type != "" {
		routed.Type = r.Type
	}
	if update.Value.Kind() == point.None {
		return routed, tap.NoReason, ""
	}
	value := update.Value
	if r.Invert {
		value = invert(value)
	}
	if value.Kind() != point.Number && (r.Scale != 1 || r.Offset != 0) {
		if number, quality, ok := become(value, point.Number); ok {
			value = number
			routed.Quality |= quality
		}
	}
	if value.Kind() == point.Number && (r.Scale != 1 || r.Offset != 0) {
		value = point.NumberValue(value.Number()*r.Scale + r.Offset)
	}
	kind := r.Shape.Kind
	if kind == point.None {
		kind = update.Value.Kind() // as it came
	}
	value, quality, ok := become(value, kind)
	if !ok {
		return routed, tap.NoConversion, fmt.Sprintf("a %s does not become a %s", update.Value.Kind(), kind)
	}
	value, bent := r.Shape.Fit(value)
	routed.Value = value
	routed.Quality |= quality | bent
	return routed, tap.NoReason, ""
}

// Lookup gives what a target is now: the last value of its source, converted.
func (r *Router) Lookup(target point.ID) (point.Update, bool) {
	source, by, found := r.plan.origin(target)
	if !found {
		return point.Update{}, false
	}
	update, known := r.options.Source.Lookup(source)
	if !known {
		return point.Update{}, false
	}
	routed, reason, _ := by.convert(&update, target)
	return routed, reason == tap.NoReason
}

// Snapshot yields what every target of a link is now.
func (r *Router) Snapshot(link string) iter.Seq[point.Update] {
	return func(yield func(point.Update) bool) {
		for _, from := range r.links {
			for update := range r.options.Source.Snapshot(from) {
				for _, h := range r.ways(update.ID) {
					if h.target.Link != link {
						continue
					}
					routed, reason, _ := h.rule.convert(&update, h.target)
					if reason == tap.NoReason && !yield(routed) {
						return
					}
				}
			}
		}
	}
}
