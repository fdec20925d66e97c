package router

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"stellwerk/ads/ams"
)

// entry is a route with the connection that it uses, nil without an address.
type entry struct {
	Route
	link *link
}

// AddRoute adds a route, or replaces the one with the same NetId. It fails where
// another machine has the name, and where [Options.Changed] does.
func (r *Router) AddRoute(route Route) error {
	r.changing.Lock()
	defer r.changing.Unlock()
	before, replaced := r.Route(route.NetID)
	if replaced && before == route {
		return nil
	}
	if err := r.enter(route); err != nil {
		return err
	}
	if err := r.changed(); err != nil {
		r.remove(route.NetID)
		if replaced {
			_ = r.enter(before) // it was there
		}
		return fail("add route", fmt.Errorf("%q could not be kept: %w", route.Name, err))
	}
	if replaced {
		r.trace(Event{Kind: RouteRemoved, Route: before})
	}
	r.trace(Event{Kind: RouteAdded, Route: route})
	return nil
}

// RemoveRoute removes the route to a machine, and closes the connections that
// were there because of it. It fails where there is none, and where
// [Options.Changed] does.
func (r *Router) RemoveRoute(id ams.NetID) error {
	r.changing.Lock()
	defer r.changing.Unlock()
	route, ok := r.Route(id)
	if !ok {
		return failCode("remove route", ams.NotFound, "there is no route to %s", id)
	}
	r.remove(id)
	if err := r.changed(); err != nil {
		_ = r.enter(route) // it was there
		return fail("remove route", fmt.Errorf("%q could not be removed for good: %w", route.Name, err))
	}
	r.trace(Event{Kind: RouteRemoved, Route: route})
	return nil
}

// Route returns the route to a machine.
func (r *Router) Route(id ams.NetID) (Route, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	e, ok := r.routes[id]
	if !ok {
		return Route{}, false
	}
	return e.Route, true
}

// Routes returns all routes, by name.
func (r *Router) Routes() []Route {
	r.mu.RLock()
	defer r.mu.RUnlock()
	all := make([]Route, 0, len(r.routes))
	for _, e := range r.routes {
		all = append(all, e.Route)
	}
	slices.SortFunc(all, func(a, b Route) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// changed has the routes kept. The caller holds changing.
func (r *Router) changed() error {
	if r.options.Changed == nil {
		return nil
	}
	return r.options.Changed(slices.DeleteFunc(r.Routes(), func(route Route) bool { return route.Temporary }))
}

// enter puts a route into the tables, in place of one with the same NetId.
func (r *Router) enter(route Route) error {
	if err := route.check(); err != nil {
		return &Error{Op: "add route", Code: ams.InvalidParameter, Err: err}
	}
	if route.NetID == r.options.NetID {
		return failCode("add route", ams.InvalidNetID, "the route %q leads to %s, which is this machine", route.Name, route.NetID)
	}
	r.mu.RLock()
	old, replaced := r.routes[route.NetID]
	count := len(r.routes)
	var err error
	for _, e := range r.routes {
		if e.Name == route.Name && e.NetID != route.NetID {
			err = failCode("add route", ams.Exists, "there is a route %q already, to %s", route.Name, e.NetID)
		}
	}
	closed := r.closed
	r.mu.RUnlock()
	switch {
	case err != nil:
		return err
	case closed:
		return fail("add route", ErrClosed)
	case !replaced && count >= r.options.Limits.Routes:
		return failCode("add route", ams.NoMemory, "there are %d routes already, which is the limit", count)
	}
	if replaced && old.Address == route.Address && old.Secure == route.Secure {
		r.mu.Lock() // the connections stay
		old.Route = route
		r.mu.Unlock()
		return nil
	}
	r.remove(route.NetID)
	r.mu.Lock()
	defer r.mu.Unlock()
	e := &entry{Route: route}
	if route.Address != "" {
		endpoint, _ := route.endpoint() // it was checked
		key := linkKey{endpoint, route.Secure}
		if e.link = r.links[key]; e.link == nil {
			e.link = &link{router: r, key: key, route: route}
			e.link.ctx, e.link.cancel = context.WithCancel(r.ctx)
			r.links[key] = e.link
		}
		e.link.routes++
	}
	r.routes[route.NetID] = e
	return nil
}

// remove takes a route out of the tables, with the connections that are there
// because of it alone.
func (r *Router) remove(id ams.NetID) {
	r.mu.Lock()
	e := r.routes[id]
	delete(r.routes, id)
	var over *link
	if e != nil && e.link != nil {
		if e.link.routes--; e.link.routes == 0 {
			over = e.link
			delete(r.links, over.key)
		}
	}
	heard := slices.Clone(r.machines[id])
	r.mu.Unlock()
	if over != nil {
		over.cancel()
	}
	if e == nil || r.options.AcceptUnknown {
		return
	}
	for _, p := range heard {
		p.abort(errRouteRemoved)
	}
}
