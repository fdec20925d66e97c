package route

import (
	"iter"
	"strings"

	"stellwerk/internal/config"
	"stellwerk/internal/point"
)

// plan finds the ways of points. It does not change after compile.
type plan struct {
	config *config.Config
	// exact has the routes that name a point, by the point.
	exact map[point.ID][]*config.Route
	// targets has the same routes by their targets.
	targets map[point.ID]*config.Route
	// patterns has all others by the link that they begin at, and backwards by
	// the link that they lead to, in their order.
	patterns, backwards map[string][]*config.Route
}

func compile(c *config.Config) *plan {
	p := &plan{
		config: c,
		exact:  map[point.ID][]*config.Route{}, targets: map[point.ID]*config.Route{},
		patterns: map[string][]*config.Route{}, backwards: map[string][]*config.Route{},
	}
	for i := range c.Routes {
		r := &c.Routes[i]
		if r.From.Single() {
			p.exact[r.From.ID()] = append(p.exact[r.From.ID()], r)
			p.targets[r.To.ID()] = r
			continue
		}
		p.patterns[r.From.Link] = append(p.patterns[r.From.Link], r)
		p.backwards[r.To.Link] = append(p.backwards[r.To.Link], r)
	}
	return p
}

// hop is one way from a point to another.
type hop struct {
	route          *config.Route
	source, target point.ID
	// typ is the type that the target is sent with, and shape what it holds; zero
	// where the configuration leaves it to the link.
	typ   string
	shape point.Shape
	// The same for the source, for commands.
	sourceType  string
	sourceShape point.Shape
	deadband    *deadband // nil where the route has none
}

func (p *plan) hop(r *config.Route, source, target point.ID) *hop {
	h := &hop{route: r, source: source, target: target, typ: r.Type, shape: r.Shape}
	if listed, known := p.config.Point(target); known && h.typ == "" {
		h.typ, h.shape = listed.Type, listed.Shape
	}
	if listed, known := p.config.Point(source); known {
		h.sourceType, h.sourceShape = listed.Type, listed.Shape
	}
	if r.Deadband > 0 {
		h.deadband = new(deadband)
	}
	return h
}

// hops returns the ways on from a point.
func (p *plan) hops(source point.ID) []*hop {
	var hops []*hop
	reached := map[string]bool{}
	for _, r := range p.exact[source] {
		hops = append(hops, p.hop(r, source, r.To.ID()))
		reached[r.To.Link] = true
	}
	for _, r := range p.patterns[source.Link] {
		if reached[r.To.Link] {
			continue
		}
		address, fits := r.From.Map(source.Address, r.To)
		if !fits {
			continue
		}
		target := point.ID{Link: r.To.Link, Address: address}
		if p.targets[target] != nil {
			continue
		}
		hops = append(hops, p.hop(r, source, target))
		reached[r.To.Link] = true
	}
	return hops
}

// origins yields the ways that lead to a target: one, unless patterns of several
// routes lead there.
func (p *plan) origins(target point.ID) iter.Seq[*hop] {
	return func(yield func(*hop) bool) {
		if r := p.targets[target]; r != nil {
			yield(p.hop(r, r.From.ID(), target))
			return
		}
		for _, r := range p.backwards[target.Link] {
			address, fits := r.To.Map(target.Address, r.From)
			if !fits {
				continue
			}
			// It must be the way that the point's values take, too.
			for _, h := range p.hops(point.ID{Link: r.From.Link, Address: address}) {
				if h.route == r && h.target == target && !yield(h) {
					return
				}
			}
		}
	}
}

// Addresses returns the addresses of a link that occur in routes, with stars and
// ranges as they are written.
func Addresses(c *config.Config, link string) []string {
	var addresses []string
	for _, route := range c.Routes {
		for _, end := range [...]config.Pattern{route.From, route.To} {
			if end.Link == link {
				addresses = append(addresses, strings.TrimPrefix(end.String(), link+"/"))
			}
		}
	}
	return addresses
}
