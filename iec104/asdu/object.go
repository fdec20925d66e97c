package asdu

import (
	"fmt"
	"iter"
	"slices"
)

// Object is an information object of one of the families of this package. Use
// a type switch to get at its fields. The interface is closed.
type Object interface {
	// IOA returns the information object address.
	IOA() ObjectAddress
	// Timestamp returns the time tag, zero where the family has none.
	Timestamp() Time
	// encode appends address, elements and time, and reports whether the wire
	// can carry them; refusal says why not.
	encode(dst []byte, l layout) ([]byte, bool)
	family() *family
}

// Information is the constraint of the families: each decodes itself.
type Information[T any] interface {
	Object
	// decode reads elements and time; data holds them all.
	decode(address ObjectAddress, data []byte, kind TimeKind) T
}

// New makes an ASDU of objects of one family. The type in the header must
// belong to the family. Objects of a type with time tag must have one; a type
// without leaves it out, and CP24Time2a takes its part of CP56Time2a. With
// h.Sequence, addresses must ascend by one. Nil params have the values of
// IEC 60870-5-104.
//
// All errors are programming errors: wrong types, values that the wire cannot
// carry, or more objects than [Params.Capacity] allows.
func New[T Information[T]](p *Params, h Header, objects ...T) (ASDU, error) {
	header := p.HeaderOctets()
	data, err := Append(nil, p, h, objects)
	if err != nil {
		return ASDU{}, err
	}
	return ASDU{Header: h, count: len(objects), params: p, body: data[header:]}, nil
}

// Append appends an ASDU of objects of one family to dst under the rules of
// [New]. It does not allocate where dst has room.
func Append[T Information[T]](dst []byte, p *Params, h Header, objects []T) ([]byte, error) {
	var zero T
	info := p.info(h.Type)
	if info == nil || info.family != zero.family() {
		return dst, fmt.Errorf("%T cannot be sent as type %s", zero, h.Type)
	}
	if err := checkHeader(p, &h, info, len(objects)); err != nil {
		return dst, err
	}
	start := len(dst)
	_, _, octets := p.octets()
	l := layout{octets: octets, highest: p.MaxObjectAddress(), kind: info.time}
	dst = slices.Grow(dst, p.HeaderOctets()+info.octets(octets, h.Sequence, len(objects)))
	dst = appendHeader(dst, p, &h, len(objects))
	var first ObjectAddress
	if h.Sequence {
		first = objects[0].IOA()
		if last := first + ObjectAddress(len(objects)-1); last > l.highest {
			return dst[:start], fmt.Errorf("%s with SQ=1: %d elements from address %d on run past the highest address %d", info.name, len(objects), first, l.highest)
		}
	}
	done := 0
	if octets == 3 && !h.Sequence {
		size := octets + info.size
		free := dst[len(dst) : len(dst)+size*len(objects)]
		done = encodeBulk(free, objects, info.time)
		dst = dst[:len(dst)+size*done]
	}
	for i := done; i < len(objects); i++ {
		if h.Sequence && i > 0 {
			l.follow(first, i)
		}
		var ok bool
		if dst, ok = objects[i].encode(dst, l); !ok {
			return dst[:start], fmt.Errorf("%s: %w", info.name, l.refusal(objects[i]))
		}
	}
	if len(dst)-start > MaxOctets {
		return dst[:start], fmt.Errorf("%s: %d objects take %d octets, an ASDU has at most %d", info.name, len(objects), len(dst)-start, MaxOctets)
	}
	return dst, nil
}

func checkHeader(p *Params, h *Header, info *typeInfo, count int) error {
	switch {
	case count == 0:
		return fmt.Errorf("%s: no object to send", info.name)
	case count > maxCount:
		return fmt.Errorf("%s: %d objects, an ASDU has at most %d", info.name, count, maxCount)
	case count > 1 && info.variable:
		return fmt.Errorf("%s: %d objects, it has one of variable length", info.name, count)
	case h.Sequence && !info.sequence:
		return fmt.Errorf("%s: the standard does not allow SQ=1 for it", info.name)
	}
	return p.checkFields(h)
}

// checkFields names a field of a header that the wire cannot carry.
func (p *Params) checkFields(h *Header) error {
	cause, common, _ := p.octets()
	switch {
	case h.Cause > 63:
		return fmt.Errorf("%s: cause of transmission %d is above 63", h.Type, h.Cause)
	case cause == 1 && h.Originator != 0:
		return fmt.Errorf("%s: originator address %d, but causes of transmission have one octet", h.Type, h.Originator)
	case common == 1 && h.CommonAddress > 0xff:
		return fmt.Errorf("%s: common address %d does not fit into one octet", h.Type, h.CommonAddress)
	}
	return nil
}

// All yields the objects of an ASDU whose type belongs to the family T,
// without allocation. It yields one error, and no object, where the type does
// not belong to it.
func All[T Information[T]](a ASDU) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		info := a.params.info(a.Type)
		if info == nil || info.family != zero.family() {
			yield(zero, fmt.Errorf("type %s does not hold %T", a.typeName(), zero))
			return
		}
		objects := a.scan(info)
		var some [8]T
		for n := bulk(&objects, some[:]); n > 0; n = bulk(&objects, some[:]) {
			for i := range n {
				if !yield(some[i], nil) {
					return
				}
			}
		}
		for objects.next() {
			if !yield(zero.decode(objects.address, objects.data(), info.time), nil) {
				return
			}
		}
	}
}

// Collect appends the objects of an ASDU whose type belongs to the family T to
// dst, and returns the longer slice; it is the fastest way to many objects.
// Where the type does not belong to the family it returns an error, and dst as
// it was.
func Collect[T Information[T]](dst []T, a ASDU) ([]T, error) {
	var zero T
	info := a.params.info(a.Type)
	if info == nil || info.family != zero.family() {
		return dst, fmt.Errorf("type %s does not hold %T", a.typeName(), zero)
	}
	objects := a.scan(info)
	dst = slices.Grow(dst, a.count)
	dst = dst[:len(dst)+bulk(&objects, dst[len(dst):len(dst)+a.count])]
	for objects.next() {
		dst = append(dst, zero.decode(objects.address, objects.data(), info.time))
	}
	return dst, nil
}

// First returns the first object of an ASDU: the only one of commands.
func First[T Information[T]](a ASDU) (T, error) {
	for object, err := range All[T](a) {
		return object, err
	}
	var zero T
	return zero, fmt.Errorf("%s without an object", a.typeName())
}

// Objects yields all objects, whatever their family. Octets of an unknown
// layout, and what a wrong length leaves over, come as [Raw]. Each object is
// allocated; [All] is for where that matters.
func (a ASDU) Objects() iter.Seq[Object] {
	return func(yield func(Object) bool) {
		info := a.params.info(a.Type)
		if info == nil {
			if len(a.body) > 0 {
				yield(Raw{Octets: a.body})
			}
			return
		}
		objects := a.scan(info)
		for objects.next() {
			if !yield(info.family.decode(objects.address, objects.data(), info.time)) {
				return
			}
		}
		if len(objects.rest()) > 0 {
			yield(Raw{Octets: objects.rest()})
		}
	}
}

// boxed makes the decoder of a family of its struct.
func boxed[T Information[T]](address ObjectAddress, data []byte, kind TimeKind) Object {
	var zero T
	return zero.decode(address, data, kind)
}

// Raw is what has no known layout: the body of an ASDU of a reserved or an
// undeclared private type, its object addresses included. It is only received;
// such ASDUs are made with [NewRaw].
type Raw struct {
	Octets []byte
}

// NewRaw makes an ASDU of octets that go on the wire as they are, object
// addresses included. The count is that of the variable structure qualifier,
// 0 to 127. The body is not checked against the type, and not copied.
func NewRaw(p *Params, h Header, count int, body []byte) (ASDU, error) {
	if count < 0 || count > maxCount {
		return ASDU{}, fmt.Errorf("%s: %d objects, an ASDU has 0 to %d", h.Type, count, maxCount)
	}
	if octets := p.HeaderOctets() + len(body); octets > MaxOctets {
		return ASDU{}, fmt.Errorf("%s: %d octets, an ASDU has at most %d", h.Type, octets, MaxOctets)
	}
	if err := p.checkFields(&h); err != nil {
		return ASDU{}, err
	}
	return ASDU{Header: h, count: count, params: p, body: body}, nil
}

// IOA returns 0: where the address of an unknown layout lies is not known.
func (Raw) IOA() ObjectAddress { return 0 }

// Timestamp returns no time.
func (Raw) Timestamp() Time { return 0 }

func (r Raw) encode(dst []byte, _ layout) ([]byte, bool) { return append(dst, r.Octets...), true }
func (Raw) family() *family                              { return nil }
