package config

import (
	"fmt"
	"math"
	"net"
	"strconv"

	"stellwerk/internal/point"
)

func checkLinkName(name string) error {
	if err := point.CheckLink(name); err != nil {
		return fmt.Errorf("%q: %w", name, err)
	}
	return nil
}

// checkListen says what is wrong with an address to listen on.
func checkListen(address string) error {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("%q is no address to listen on: write HOST:PORT, such as 127.0.0.1:8080", address)
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return fmt.Errorf("%q has no port from 0 to 65535", address)
	}
	return nil
}

// check looks at what no section alone can show.
func (r *reading) check() {
	if len(r.config.Links) == 0 {
		return // all else would only repeat that
	}
	for i := range r.rows {
		r.checkPoint(&r.rows[i])
	}
	targets := make(map[point.ID]string) // where the route of each target stands
	for i := range r.routes {
		if r.checkRoute(&r.routes[i], targets) {
			r.config.Routes = append(r.config.Routes, r.routes[i].value)
		}
	}
	for i := range r.rows {
		r.checkRow(&r.rows[i], targets)
	}
}

// checkPoint checks a point of the signal list and adds it to the configuration.
func (r *reading) checkPoint(p *placed[Point]) {
	id := p.value.ID
	link, known := r.config.Link(id.Link)
	if !known {
		p.where.problem("id", "there is no link %q%s", id.Link, DidYouMean(id.Link, r.linkNames()))
		return
	}
	if err := link.Options.CheckAddress(id.Address); err != nil {
		p.where.problem("id", "%s: %v", id, err)
		return
	}
	if p.value.Type != "" {
		shape, err := link.Options.Shape(p.value.Type)
		if err != nil {
			p.where.problem("type", "%s: %v", id, err)
			return
		}
		p.value.Shape = shape
	}
	if at, twice := r.config.points[id]; twice {
		p.where.problem("id", "%s is in the signal list already: %s", id, r.config.Points[at].Position)
		return
	}
	r.config.points[id] = len(r.config.Points)
	r.config.Points = append(r.config.Points, p.value)
}

// checkRow makes routes of the targets that stand beside a point.
func (r *reading) checkRow(p *placed[Point], targets map[point.ID]string) {
	if len(p.value.To) == 0 {
		if p.value.Handling != newHandling() || p.value.ToType != "" {
			p.where.problem("to", "%s has settings of a route, but no target in the column to", p.value.ID)
		}
		return
	}
	for _, to := range p.value.To {
		if !to.Single() {
			p.where.problem("to", "%s: a target beside a point is one point, without stars and ranges", to)
			continue
		}
		from, err := ParsePattern(p.value.ID.String())
		if err != nil || !from.Single() {
			p.where.problem("id", "%s: the address reads like a pattern, so the route has to stand in routes", p.value.ID)
			return
		}
		route := placed[Route]{
			value: Route{From: from, To: to, Type: p.value.ToType, Handling: p.value.Handling, Position: p.value.Position},
			where: rowRoute{p.where},
		}
		if r.checkRoute(&route, targets) {
			r.config.Routes = append(r.config.Routes, route.value)
		}
	}
}

// rowRoute leads from the keys of a route to those of the point it stands beside.
type rowRoute struct{ where }

func (w rowRoute) problem(key, format string, arguments ...any) {
	switch key {
	case "from":
		key = "id"
	case "type":
		key = "to_type"
	}
	w.where.problem(key, format, arguments...)
}

// checkRoute says whether a route can be used.
func (r *reading) checkRoute(p *placed[Route], targets map[point.ID]string) bool {
	route := &p.value
	from, okFrom := r.end(p, "from", route.From)
	to, okTo := r.end(p, "to", route.To)
	if !okFrom || !okTo {
		return false
	}
	if err := Pair(route.From, route.To); err != nil {
		p.where.problem("to", "%v", err)
		return false
	}
	good := r.directions(p, from, to)
	good = checkHandling(p) && good
	if route.Type != "" {
		shape, err := to.Options.Shape(route.Type)
		if err != nil {
			p.where.problem("type", "%v", err)
			return false
		}
		route.Shape = shape
	}
	if !route.To.Single() || !good {
		return good
	}
	target := route.To.ID()
	if route.Type == "" {
		if listed, known := r.config.Point(target); known {
			route.Type, route.Shape = listed.Type, listed.Shape
		}
	}
	if other, twice := targets[target]; twice {
		p.where.problem("to", "%s is the target of a route already: %s; a point has one source", target, other)
		return false
	}
	targets[target] = p.where.position().String()
	return true
}

// directions checks that values can go from one link to the other.
func (r *reading) directions(p *placed[Route], from, to Link) bool {
	good := true
	if gives, _ := from.Options.Direction(); !gives {
		p.where.problem("from", "link %q gives no values, so no route can begin there; turn the route round", from.Name)
		good = false
	}
	if _, takes := to.Options.Direction(); !takes {
		p.where.problem("to", "link %q takes no values, so no route can end there; turn the route round", to.Name)
		good = false
	}
	return good
}

// end checks one end of a route.
func (r *reading) end(p *placed[Route], key string, pattern Pattern) (Link, bool) {
	link, known := r.config.Link(pattern.Link)
	if !known {
		p.where.problem(key, "there is no link %q%s", pattern.Link, DidYouMean(pattern.Link, r.linkNames()))
		return Link{}, false
	}
	first, last, closed := pattern.ends()
	if !closed {
		return link, true // a star meets only addresses that the link itself made
	}
	for _, address := range []string{first, last} {
		if err := link.Options.CheckAddress(address); err != nil {
			if link.Options.CheckTelegram(address) == nil {
				continue
			}
			p.where.problem(key, "%s/%s: %v", link.Name, address, err)
			return Link{}, false
		}
	}
	return link, true
}

// checkHandling checks the numbers of a route.
func checkHandling(p *placed[Route]) bool {
	route := &p.value
	good := true
	if route.Scale == 0 || math.IsInf(1/route.Scale, 0) {
		p.where.problem("scale", "a scale of %v makes the same of every value, and no command could find its way back", route.Scale)
		good = false
	}
	if route.Deadband < 0 {
		p.where.problem("deadband", "a deadband of %v is negative", route.Deadband)
		good = false
	}
	if route.Invert && (route.Scale != 1 || route.Offset != 0) {
		p.where.problem("invert", "invert is for points that are on or off, scale and offset are for numbers: a route has one or the other")
		good = false
	}
	return good
}
