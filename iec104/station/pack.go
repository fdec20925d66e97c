package station

import (
	"fmt"
	"iter"
	"slices"

	"stellwerk/iec104/asdu"
)

// Pack yields the objects at the given addresses in as few ASDUs of one type
// as there can be. Where the type allows it, elements at consecutive addresses
// are sent behind one address (SQ=1). An object is asked for when its ASDU is
// made; read returns false for those that are to be left out. The header is
// that of all ASDUs, SQ aside. Addresses are sorted in place.
//
// Objects that the wire cannot carry, or that are of another family than the
// type, are left out with those that would be in the same ASDU. An error says that
// the type is no process information in monitoring direction, and there is nothing
// to be yielded then.
func Pack(p *asdu.Params, h asdu.Header, addresses []asdu.ObjectAddress, read func(asdu.ObjectAddress) (asdu.Object, bool)) (iter.Seq[asdu.ASDU], error) {
	if formOf(h.Type).family == noFamily {
		return nil, fmt.Errorf("station: type %s is no process information in monitoring direction", h.Type)
	}
	slices.Sort(addresses)
	addresses = slices.Compact(addresses)
	room := p.Capacity(h.Type, false, asdu.MaxOctets)
	sequence := p.Capacity(h.Type, true, asdu.MaxOctets)
	return func(yield func(asdu.ASDU) bool) {
		for plan := range planned(addresses, room, sequence) {
			var objects []asdu.Object
			for _, address := range plan {
				if o, ok := read(address); ok {
					objects = append(objects, o)
				}
			}
			for len(objects) > 0 {
				n, together := min(len(objects), room), min(consecutive(objects), sequence)
				if h.Sequence = together > 1 && together >= n; h.Sequence {
					n = together
				}
				a, err := telegram(p, h, objects[:n]...)
				objects = objects[n:]
				if err == nil && !yield(a) {
					return
				}
			}
		}
	}, nil
}

// consecutive returns how many of the first objects have consecutive addresses.
func consecutive(objects []asdu.Object) int {
	n := 1
	for n < len(objects) && objects[n].IOA() == objects[n-1].IOA()+1 {
		n++
	}
	return n
}

// planned yields what goes into each ASDU. A run of consecutive addresses takes
// full ASDUs with SQ=1; what is left of it takes one more where it does not fit
// into one with SQ=0, and is pooled with other rests where it does: one by
// itself would save nothing.
func planned(addresses []asdu.ObjectAddress, room, sequence int) iter.Seq[[]asdu.ObjectAddress] {
	return func(yield func([]asdu.ObjectAddress) bool) {
		var rests []asdu.ObjectAddress
		for len(addresses) > 0 {
			n := 1
			for n < len(addresses) && addresses[n] == addresses[n-1]+1 {
				n++
			}
			whole := addresses[:n]
			addresses = addresses[n:]
			for len(whole) > room && sequence > 0 {
				take := min(len(whole), sequence)
				if !yield(whole[:take]) {
					return
				}
				whole = whole[take:]
			}
			rests = append(rests, whole...)
		}
		for rest := range slices.Chunk(rests, max(1, room)) {
			if !yield(rest) {
				return
			}
		}
	}
}
