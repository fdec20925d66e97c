package router

import (
	"cmp"
	"slices"
	"sync/atomic"
	"time"

	"stellwerk/ads/ams"
)

// counters count telegrams.
type counters struct{ received, sent, refused, dropped atomic.Uint64 }

func (c *counters) totals() Totals {
	return Totals{Received: c.received.Load(), Sent: c.sent.Load(), Refused: c.refused.Load(), Dropped: c.dropped.Load()}
}

// Totals are numbers of telegrams since the beginning.
type Totals struct {
	Received uint64 `json:"received"`
	Sent     uint64 `json:"sent"`    // taken over for sending
	Refused  uint64 `json:"refused"` // requests that the router has answered with an error
	Dropped  uint64 `json:"dropped"` // answers and notifications that went to nobody
}

// Status is what a router knows at a moment.
type Status struct {
	NetID    ams.NetID       `json:"net_id"`
	Programs []ProgramStatus `json:"programs"` // by their first port
	Routes   []RouteStatus   `json:"routes"`   // by name
	Machines []MachineStatus `json:"machines"` // those that have connected, by their first NetId
	Memory   int64           `json:"memory"`   // octets of [Limits.Memory] that are in use
	Totals
}

// ProgramStatus is a program of this machine. What is received comes from it.
type ProgramStatus struct {
	Peer    string     `json:"peer"`
	Since   time.Time  `json:"since"`
	Ports   []ams.Port `json:"ports"`
	Queued  int        `json:"queued"`  // telegrams that wait to be sent
	Waiting int        `json:"waiting"` // requests that wait for its answer
	Totals
}

// RouteStatus is a route with its connection.
type RouteStatus struct {
	Route
	State    LinkState `json:"state"`
	Since    time.Time `json:"since,omitzero"`
	Attempts int       `json:"attempts"`        // to connect, since the last success
	Error    string    `json:"error,omitempty"` // of the last attempt
	Inbound  bool      `json:"inbound"`         // the machine has connected to us
	Queued   int       `json:"queued"`
	Waiting  int       `json:"waiting"`
	Totals
}

// MachineStatus is a machine that has connected to us.
type MachineStatus struct {
	Peer    string      `json:"peer"`
	Since   time.Time   `json:"since"`
	NetIDs  []ams.NetID `json:"net_ids"`
	Secure  bool        `json:"secure"`
	Queued  int         `json:"queued"`
	Waiting int         `json:"waiting"`
	Totals
}

// Status returns what there is at the moment.
func (r *Router) Status() Status {
	s := Status{NetID: r.options.NetID, Programs: []ProgramStatus{}, Routes: []RouteStatus{}, Machines: []MachineStatus{}, Memory: r.memory.held.Load(), Totals: r.counted.totals()}
	r.mu.RLock()
	defer r.mu.RUnlock()
	for p := range r.peers {
		switch {
		case p.program():
			s.Programs = append(s.Programs, ProgramStatus{
				Peer: p.name, Since: p.since, Ports: sortedKeys(p.ports, cmp.Compare[ams.Port]),
				Queued: p.out.len(), Waiting: p.pending.len(), Totals: p.counted.totals(),
			})
		case p.is(machine):
			s.Machines = append(s.Machines, MachineStatus{
				Peer: p.name, Since: p.since, NetIDs: sortedKeys(p.netIDs, compareNetIDs), Secure: !p.proven.IsZero(),
				Queued: p.out.len(), Waiting: p.pending.len(), Totals: p.counted.totals(),
			})
		}
	}
	for id, e := range r.routes {
		status := RouteStatus{Route: e.Route, Inbound: len(r.machines[id]) > 0}
		if l := e.link; l != nil {
			status.State, status.Since, status.Attempts = l.state, l.since, l.attempts
			if l.err != nil {
				status.Error = l.err.Error()
			}
			if l.peer != nil {
				status.Queued, status.Waiting, status.Totals = l.peer.out.len(), l.peer.pending.len(), l.peer.counted.totals()
			}
		}
		s.Routes = append(s.Routes, status)
	}
	slices.SortFunc(s.Programs, func(a, b ProgramStatus) int {
		return cmp.Or(slices.Compare(a.Ports, b.Ports), cmp.Compare(a.Peer, b.Peer))
	})
	slices.SortFunc(s.Routes, func(a, b RouteStatus) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(s.Machines, func(a, b MachineStatus) int {
		return cmp.Or(slices.CompareFunc(a.NetIDs, b.NetIDs, compareNetIDs), cmp.Compare(a.Peer, b.Peer))
	})
	return s
}

func compareNetIDs(a, b ams.NetID) int { return slices.Compare(a[:], b[:]) }

func sortedKeys[K comparable](set map[K]struct{}, compare func(a, b K) int) []K {
	keys := make([]K, 0, len(set))
	for key := range set {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, compare)
	return keys
}
