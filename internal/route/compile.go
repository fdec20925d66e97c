package route

import (
	"strings"

	"stellwerk/internal/config"
	"stellwerk/internal/point"
)

// rule is a compiled route.
type rule struct {
	config.Route
	// source is the type of the point of the process, for commands; empty where
	// it is not known.
	source string
	shape  point.Shape // of source
}

// plan finds the rules for points. It does not change after compile.
type plan struct {
	// exact has the routes that name a point, by the point.
	exact map[point.ID][]*rule
	// targets has the same routes by their targets.
	targets map[point.ID]*rule
	// patterns has all others by the link that they begin at, and backwards by
	// the link that they lead to, in their order.
	patterns, backwards map[string][]*rule
}

func compile(c *config.Config) *plan {
	p := &plan{
		exact: map[point.ID][]*rule{}, targets: map[point.ID]*rule{},
		patterns: map[string][]*rule{}, backwards: map[string][]*rule{},
	}
	for _, route := range c.Routes {
		r := &rule{Route: route}
		if !route.From.Single() {
			p.patterns[route.From.Link] = append(p.patterns[route.From.Link], r)
			p.backwards[route.To.Link] = append(p.backwards[route.To.Link], r)
			continue
		}
		if target, known := c.Point(route.To.ID()); known && r.Type == "" {
			r.Type, r.Shape = target.Type, target.Shape
		}
		if source, known := c.Point(route.From.ID()); known {
			r.source, r.shape = source.Type, source.Shape
		}
		p.exact[route.From.ID()] = append(p.exact[route.From.ID()], r)
		p.targets[route.To.ID()] = r
	}
	return p
}

// hop is one way on from a point.
type hop struct {
	rule   *rule
	target point.ID
}

// hops returns the ways on from a point.
func (p *plan) hops(source point.ID) []hop {
	var hops []hop
	reached := map[string]bool{}
	for _, r := range p.exact[source] {
		hops = append(hops, hop{r, r.To.ID()})
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
		hops = append(hops, hop{r, target})
		reached[r.To.Link] = true
	}
	return hops
}

// origin returns the point that a target is made of, and by which rule.
func (p *plan) origin(target point.ID) (point.ID, *rule, bool) {
	if r := p.targets[target]; r != nil {
		return r.From.ID(), r, true
	}
	for _, r := range p.backwards[target.Link] {
		address, fits := r.To.Map(target.Address, r.From)
		if !fits {
			continue
		}
		source := point.ID{Link: r.From.Link, Address: address}
		// The rule must be the one that the point's values take, too.
		for _, h := range p.hops(source) {
			if h.rule == r {
				return source, r, true
			}
		}
	}
	return point.ID{}, nil, false
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

// Origin returns the point that a target is made of; false where no route leads
// to it.
func (r *Router) Origin(target point.ID) (point.ID, bool) {
	source, _, found := r.plan.origin(target)
	return source, found
}
