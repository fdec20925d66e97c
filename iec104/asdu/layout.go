package asdu

import "fmt"

// octets returns how many octets so many objects of the type take, with object
// addresses of the given length. Of types of variable length, it is the fixed
// part.
func (t *typeInfo) octets(address int, sequence bool, count int) int {
	addresses := count
	if sequence {
		addresses = min(count, 1)
	}
	return addresses*address + count*t.size
}

// run returns the length of what follows the fixed part of an object of a type
// of variable length: the number in the last octet of that part, which data
// holds.
func (t *typeInfo) run(data []byte) int { return int(data[t.size-1]) }

// fieldAt returns the abbreviation of the element to which an octet of a body,
// counted from 0, belongs.
func (t *typeInfo) fieldAt(octet, address int, sequence bool) string {
	switch {
	case !sequence && !t.variable:
		octet %= address + t.size
	case octet >= address && !t.variable:
		octet = address + (octet-address)%t.size
	}
	if octet < address {
		return "IOA"
	}
	octet -= address
	name := t.name
	for _, element := range t.elements {
		if name = element.Name; octet < element.Octets {
			break
		}
		octet -= element.Octets
	}
	return name
}

// headerField returns the abbreviation of the field to which an octet of the
// data unit identifier, counted from 0, belongs.
func (p *Params) headerField(octet int) string {
	cause, _, _ := p.octets()
	switch {
	case octet == 0:
		return "TypeID"
	case octet == 1:
		return "VSQ"
	case octet == 2:
		return "COT"
	case octet == 3 && cause == 2:
		return "OA"
	default:
		return "CA"
	}
}

// layout says how an object is encoded.
type layout struct {
	octets          int           // of the address, 0 for an element in sequence
	lowest, highest ObjectAddress // that the object may have
	kind            TimeKind
}

// follow makes it the layout of an element in sequence, so many places behind
// the first one.
func (l *layout) follow(first ObjectAddress, places int) {
	l.octets = 0
	l.lowest = first + ObjectAddress(places)
	l.highest = l.lowest
}

// fits reports whether an address and a time of the given kind can be encoded.
func (l layout) fits(address ObjectAddress, kind TimeKind) bool {
	return address <= l.highest && address >= l.lowest && kind >= l.kind
}

// refusal says why an object cannot be encoded.
func (l layout) refusal(o Object) error {
	switch {
	case l.octets == 0 && o.IOA() != l.lowest:
		return fmt.Errorf("with SQ=1, address %d must follow %d, not %d", l.lowest, l.lowest-1, o.IOA())
	case o.IOA() > l.highest:
		return fmt.Errorf("information object address %d is above %d, the highest", o.IOA(), l.highest)
	case o.Timestamp().Kind() < l.kind:
		return fmt.Errorf("object %d has no time tag of kind %s", o.IOA(), l.kind)
	}
	if c, ok := o.(checker); ok {
		if err := c.check(); err != nil {
			return fmt.Errorf("object %d: %w", o.IOA(), err)
		}
	}
	return fmt.Errorf("object %d cannot be encoded", o.IOA())
}

// checker is an object with fields that have room for more than the wire.
type checker interface {
	// check names the first field whose value the wire cannot carry.
	check() error
}

// within names a number that its field on the wire cannot carry.
func within(name string, value, low, high int) error {
	if value < low || value > high {
		return fmt.Errorf("%s %d is not within %d to %d", name, value, low, high)
	}
	return nil
}
