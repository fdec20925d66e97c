package station

import (
	"cmp"
	"iter"
	"slices"
	"sync"

	"stellwerk/iec104/asdu"
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

// untimed returns the type of process information without time tag that carries
// the same as t; false for every other type, and for those that no interrogation
// answers.
func untimed(t asdu.TypeID) (asdu.TypeID, bool) {
	switch t {
	case asdu.M_SP_NA_1, asdu.M_SP_TA_1, asdu.M_SP_TB_1:
		return asdu.M_SP_NA_1, true
	case asdu.M_DP_NA_1, asdu.M_DP_TA_1, asdu.M_DP_TB_1:
		return asdu.M_DP_NA_1, true
	case asdu.M_ST_NA_1, asdu.M_ST_TA_1, asdu.M_ST_TB_1:
		return asdu.M_ST_NA_1, true
	case asdu.M_BO_NA_1, asdu.M_BO_TA_1, asdu.M_BO_TB_1:
		return asdu.M_BO_NA_1, true
	case asdu.M_ME_NA_1, asdu.M_ME_TA_1, asdu.M_ME_TD_1:
		return asdu.M_ME_NA_1, true
	case asdu.M_ME_NB_1, asdu.M_ME_TB_1, asdu.M_ME_TE_1:
		return asdu.M_ME_NB_1, true
	case asdu.M_ME_NC_1, asdu.M_ME_TC_1, asdu.M_ME_TF_1:
		return asdu.M_ME_NC_1, true
	case asdu.M_PS_NA_1, asdu.M_ME_ND_1:
		return t, true
	default:
		return 0, false
	}
}

// keep remembers the states that an ASDU carries.
func (p *process) keep(a asdu.ASDU) {
	t, ok := untimed(a.Type)
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
func (p *process) interrogate(params *asdu.Params, station asdu.CommonAddress) iter.Seq[asdu.ASDU] {
	p.mu.Lock()
	var places []place
	for at := range p.states {
		if at.common == station {
			places = append(places, at)
		}
	}
	order := func(a, b place) int {
		return cmp.Or(cmp.Compare(p.types[a], p.types[b]), cmp.Compare(a.object, b.object))
	}
	slices.SortFunc(places, order)
	p.mu.Unlock()
	return func(yield func(asdu.ASDU) bool) {
		for len(places) > 0 {
			n, a := p.group(params, places)
			if !yield(a) {
				return
			}
			places = places[n:]
		}
	}
}

// group makes an ASDU of as many of the first places as have one type and fit.
func (p *process) group(params *asdu.Params, places []place) (int, asdu.ASDU) {
	p.mu.Lock()
	defer p.mu.Unlock()
	t := p.types[places[0]]
	room := params.Capacity(t, false, asdu.MaxOctets)
	var objects []asdu.Object
	for _, at := range places {
		if p.types[at] != t || len(objects) == room {
			break
		}
		objects = append(objects, p.states[at])
	}
	h := asdu.Header{Type: t, Cause: asdu.InterrogatedByStation, CommonAddress: places[0].common}
	a, err := assemble(params, h, objects)
	if err != nil {
		// States come from ASDUs that were decoded, so that they can be encoded.
		panic("station: " + err.Error())
	}
	return len(objects), a
}

// assemble makes an ASDU of objects of one family.
func assemble(params *asdu.Params, h asdu.Header, objects []asdu.Object) (asdu.ASDU, error) {
	switch objects[0].(type) {
	case asdu.SinglePoint:
		return ofFamily[asdu.SinglePoint](params, h, objects)
	case asdu.DoublePoint:
		return ofFamily[asdu.DoublePoint](params, h, objects)
	case asdu.StepPosition:
		return ofFamily[asdu.StepPosition](params, h, objects)
	case asdu.BitString:
		return ofFamily[asdu.BitString](params, h, objects)
	case asdu.NormalizedValue:
		return ofFamily[asdu.NormalizedValue](params, h, objects)
	case asdu.PlainNormalizedValue:
		return ofFamily[asdu.PlainNormalizedValue](params, h, objects)
	case asdu.ScaledValue:
		return ofFamily[asdu.ScaledValue](params, h, objects)
	case asdu.ShortFloat:
		return ofFamily[asdu.ShortFloat](params, h, objects)
	case asdu.IntegratedTotal:
		return ofFamily[asdu.IntegratedTotal](params, h, objects)
	default:
		return ofFamily[asdu.PackedSinglePoints](params, h, objects)
	}
}

func ofFamily[T asdu.Information[T]](params *asdu.Params, h asdu.Header, objects []asdu.Object) (asdu.ASDU, error) {
	list := make([]T, 0, len(objects))
	for _, object := range objects {
		if o, ok := object.(T); ok {
			list = append(list, o)
		}
	}
	return asdu.New(params, h, list...)
}
