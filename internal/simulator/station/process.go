package station

import (
	"iter"
	"maps"
	"slices"
	"sync"

	"stellwerk/iec104/asdu"
	"stellwerk/iec104/station"
)

// process holds the last state of every point, as interrogations want it. It is
// safe for concurrent use.
type process struct {
	mu     sync.Mutex
	states map[place]asdu.Object // guarded by mu
	types  map[place]asdu.TypeID // without time tag; guarded by mu
}

// place is where a point is.
type place struct {
	common asdu.CommonAddress
	object asdu.ObjectAddress
}

func newProcess() *process {
	return &process{states: map[place]asdu.Object{}, types: map[place]asdu.TypeID{}}
}

// keep remembers the states that an ASDU carries.
func (p *process) keep(a asdu.ASDU) {
	t, ok := station.InterrogatedType(a.Type)
	if !ok {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for object := range a.Objects() {
		at := place{a.CommonAddress, object.IOA()}
		p.states[at], p.types[at] = object, t
	}
}

// interrogate returns what a station interrogation of a station is answered with.
// Each point is read when its turn comes.
func (p *process) interrogate(params *asdu.Params, common asdu.CommonAddress) iter.Seq[asdu.ASDU] {
	addresses := map[asdu.TypeID][]asdu.ObjectAddress{}
	p.mu.Lock()
	for at, t := range p.types {
		if at.common == common {
			addresses[t] = append(addresses[t], at.object)
		}
	}
	p.mu.Unlock()
	return func(yield func(asdu.ASDU) bool) {
		for _, t := range slices.Sorted(maps.Keys(addresses)) {
			h := asdu.Header{Type: t, Cause: asdu.InterrogatedByStation, CommonAddress: common}
			packed, err := station.Pack(params, h, addresses[t], func(object asdu.ObjectAddress) (asdu.Object, bool) {
				p.mu.Lock()
				defer p.mu.Unlock()
				at := place{common, object}
				return p.states[at], p.types[at] == t
			})
			if err != nil {
				continue // cannot be: keep takes nothing else
			}
			for a := range packed {
				if !yield(a) {
					return
				}
			}
		}
	}
}
