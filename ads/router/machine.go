package router

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"time"

	"stellwerk/ads/ams"
)

// The most that one connection of a machine may speak for.
const (
	mostNetIDs    = 64
	mostAddresses = 4096
)

// resolving is how long looking up the address of a route may take.
const resolving = 3 * time.Second

// hear checks whether a machine may say what it says. An error ends its
// connection.
func (r *Router) hear(p *peer, source ams.Address) error {
	r.mu.RLock()
	_, known := p.netIDs[source.NetID]
	learned := r.learned[source] == p
	e := r.routes[source.NetID]
	r.mu.RUnlock()
	if !known {
		if err := r.accepted(p, source.NetID, e); err != nil {
			return err
		}
	}
	if learned {
		return nil
	}
	r.mu.Lock()
	other := r.learned[source]
	if _, again := p.addresses[source]; !again {
		if len(p.addresses) >= mostAddresses {
			r.mu.Unlock()
			return unheard(source.NetID, "more than %d ports speak on one connection", mostAddresses)
		}
		if !r.memory.take(noteOctets) {
			r.mu.Unlock()
			return unheard(source.NetID, "the router holds as much as it may: %d octets", r.options.Limits.Memory)
		}
	}
	if p.addresses == nil {
		p.addresses = make(map[ams.Address]struct{})
	}
	p.addresses[source] = struct{}{}
	r.learned[source] = p
	r.mu.Unlock()
	if other != nil && other != p {
		// Answers could go to the wrong one of two; as a rule the older one is
		// what a restart has left.
		other.abort(unheard(source.NetID, "%s speaks from its port %d on a newer connection, %s", source.NetID, source.Port, p.name))
	}
	return nil
}

// accepted decides about the first telegram of a NetId on a connection.
func (r *Router) accepted(p *peer, id ams.NetID, e *entry) error {
	switch {
	case r.isLocal(id) && r.options.Programs(p.conn.RemoteAddr()) && p.proven.IsZero():
		return unheard(id, "that is this one; a program has to register a port before it sends, and a machine needs a NetId of its own")
	case r.isLocal(id):
		return unheard(id, "that is this one")
	case !p.proven.IsZero() && id != p.proven:
		return unheard(id, "the connection is that of %s", p.proven)
	case e == nil && !r.options.AcceptUnknown:
		return unheard(id, "there is no route to it; add one")
	case e != nil && p.proven.IsZero():
		if err := r.comesFrom(p, e.Route); err != nil {
			return err
		}
	}
	r.mu.Lock()
	first := p.netIDs == nil
	if first {
		p.netIDs = make(map[ams.NetID]struct{}, 1)
	}
	full := len(p.netIDs) >= mostNetIDs
	if !full {
		p.netIDs[id] = struct{}{}
		r.machines[id] = append(r.machines[id], p)
	}
	r.mu.Unlock()
	if full {
		return unheard(id, "more than %d machines speak on one connection", mostNetIDs)
	}
	if first {
		r.trace(Event{Kind: MachineConnected, Peer: p.name})
	}
	return nil
}

// comesFrom checks that a connection comes from the address of a route.
func (r *Router) comesFrom(p *peer, route Route) error {
	ip, ok := ipOf(p.conn.RemoteAddr())
	host := route.host()
	if !ok || host == "" {
		return nil // in memory, or from anywhere
	}
	if literal, err := netip.ParseAddr(host); err == nil {
		if literal.Unmap().WithZone("") == ip {
			return nil
		}
		return unheard(route.NetID, "it connects from %s, its route %q has the address %s", ip, route.Name, host)
	}
	ctx, cancel := context.WithTimeout(r.ctx, resolving)
	defer cancel()
	addresses, err := r.options.Resolve(ctx, host)
	if err != nil {
		return unheard(route.NetID, "the address of its route %q is not known: %w", route.Name, err)
	}
	if !slices.ContainsFunc(addresses, func(a netip.Addr) bool { return a.Unmap().WithZone("") == ip }) {
		return unheard(route.NetID, "it connects from %s, which is none of the addresses of %s, the host of its route %q", ip, host, route.Name)
	}
	return nil
}

// disconnectMachine needs the lock.
func (r *Router) disconnectMachine(id ams.NetID, p *peer) {
	left := slices.DeleteFunc(r.machines[id], func(other *peer) bool { return other == p })
	if len(left) == 0 {
		delete(r.machines, id)
		return
	}
	r.machines[id] = left
}

// errRouteRemoved says why connections end.
var errRouteRemoved = errors.New("its route was removed")
