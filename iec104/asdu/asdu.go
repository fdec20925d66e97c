package asdu

import (
	"bytes"
	"errors"
	"fmt"

	"stellwerk/wire"
)

// CommonAddress is the common address of an ASDU: the station, or a sector of
// one (IEC 60870-5-101, 7.2.4). 0 is not used, [Params.Broadcast] means all.
type CommonAddress uint16

// ObjectAddress is an information object address of up to three octets
// (7.2.5). 0 stands where an address means nothing.
type ObjectAddress uint32

// maxCount is the highest number of objects or elements in an ASDU.
const maxCount = 127

// Header is the data unit identifier (7.1) without the number of objects,
// which follows from the body.
type Header struct {
	Type TypeID
	// Sequence is the SQ bit: one address, and elements at ascending addresses
	// behind it.
	Sequence bool
	Cause    Cause
	// Negative is the P/N bit: a request is answered with no.
	Negative bool
	// Test is the T bit: the process must not be affected.
	Test bool
	// Originator is the originator address, 0 where none is used. Causes of
	// one octet do not carry it.
	Originator    uint8
	CommonAddress CommonAddress
}

// ASDU is an application service data unit. Make one with [New], [Append] and
// [Params.Decode]. It keeps the octets of its body, which must not be changed
// while the ASDU is in use; [ASDU.Clone] copies them. The header may be changed,
// but not to a type of another layout or another SQ.
type ASDU struct {
	Header

	count  int // number in the variable structure qualifier
	params *Params
	body   []byte // information objects as on the wire
	cut    bool   // the header is not whole
}

// Decode reads an ASDU. It checks that the octets are as many as type and
// variable structure qualifier say, without looking into objects; the body of
// a type of unknown layout may have any length. What is allowed for a type is
// not checked here, see [ASDU.Violations]. The ASDU aliases data. Errors are
// of type *[Error]; the ASDU then holds what of the header could be read, zeros
// for the rest of it, and all that follows it as body.
func (p *Params) Decode(data []byte) (ASDU, error) {
	header := p.HeaderOctets()
	a := ASDU{params: p}
	if len(data) < header {
		a.cut = true
		a.decodeHeader(append(make([]byte, 0, header), data...)[:header])
		return a, fault(len(data)+1, p.headerField(len(data)), "missing: the ASDU has %d octets, its data unit identifier alone has %d",
			"fehlt: die ASDU hat %d Oktette, ihr Identifikationsfeld allein hat %d", len(data), header)
	}
	a.decodeHeader(data)
	a.body = data[header:]

	if info := p.info(a.Type); info != nil {
		return a, a.checkBody(info)
	}
	return a, nil
}

// decodeHeader reads the data unit identifier; data holds all of it.
func (a *ASDU) decodeHeader(data []byte) {
	cause, common, _ := a.params.octets()
	a.Type = TypeID(data[0])
	a.Sequence = data[1]&0x80 != 0
	a.count = int(data[1] & 0x7f)
	a.Cause = Cause(data[2] & 0x3f)
	a.Negative = data[2]&0x40 != 0
	a.Test = data[2]&0x80 != 0
	if cause == 2 {
		a.Originator = data[3]
	}
	data = data[2+cause:]
	a.CommonAddress = CommonAddress(data[0])
	if common == 2 {
		a.CommonAddress |= CommonAddress(data[1]) << 8
	}
}

// checkBody compares the octets of the body with what type and variable
// structure qualifier say.
func (a *ASDU) checkBody(info *typeInfo) error {
	_, _, address := a.params.octets()
	header := a.params.HeaderOctets()
	want := info.octets(address, a.Sequence, a.count)
	if info.variable {
		switch {
		case a.count > 1:
			return fault(2, "VSQ", "%d objects of %s: it has one of variable length",
				"%d Objekte von %s: er hat eines, dessen Länge nicht fest ist", a.count, info.name)
		case a.count == 1 && len(a.body) >= want:
			want += info.run(a.body[address:])
		}
	}
	switch {
	case len(a.body) < want:
		return fault(header+len(a.body)+1, info.fieldAt(len(a.body), address, a.Sequence), "missing: %d %s of %s take %d octets, the ASDU has %d",
			"fehlt: %d %s von %s belegen %d Oktette, die ASDU hat %d", a.count, objects(a.Sequence), info.name, header+want, a.Len())
	case len(a.body) > want:
		return fault(header+want+1, surplus, "%d %s of %s take %d octets, the ASDU has %d",
			"%d %s von %s belegen %d Oktette, die ASDU hat %d", a.count, objects(a.Sequence), info.name, header+want, a.Len())
	case a.Sequence && a.count > 1 && decodeAddress(a.body, address)+ObjectAddress(a.count-1) > a.params.MaxObjectAddress():
		return fault(header+1, "IOA", "%d elements from address %d on run past the highest address %d",
			"%d Elemente ab Adresse %d laufen über die höchste Adresse %d hinaus",
			a.count, decodeAddress(a.body, address), a.params.MaxObjectAddress())
	}
	return nil
}

// objects says what the number in the variable structure qualifier counts.
func objects(sequence bool) wire.Text {
	if sequence {
		return wire.Text{EN: "element(s) in sequence", DE: "Element(e) in Folge"}
	}
	return wire.Text{EN: "object(s)", DE: "Objekt(e)"}
}

// Append appends the octets of the ASDU. Of a header that was changed, it takes
// the bits for which the wire has room.
func (a ASDU) Append(dst []byte) []byte {
	return append(appendHeader(dst, a.params, &a.Header, a.count), a.body...)
}

// Len returns the number of octets that Append appends.
func (a ASDU) Len() int { return a.params.HeaderOctets() + len(a.body) }

func appendHeader(dst []byte, p *Params, h *Header, count int) []byte {
	cause, common, _ := p.octets()
	vsq := byte(count & maxCount)
	if h.Sequence {
		vsq |= 0x80
	}
	cot := byte(h.Cause & 0x3f)
	if h.Negative {
		cot |= 0x40
	}
	if h.Test {
		cot |= 0x80
	}
	if cause == 2 && common == 2 {
		return append(dst, byte(h.Type), vsq, cot, h.Originator, byte(h.CommonAddress), byte(h.CommonAddress>>8))
	}
	dst = append(dst, byte(h.Type), vsq, cot)
	if cause == 2 {
		dst = append(dst, h.Originator)
	}
	dst = append(dst, byte(h.CommonAddress))
	if common == 2 {
		dst = append(dst, byte(h.CommonAddress>>8))
	}
	return dst
}

// Count returns the number in the variable structure qualifier: how many
// objects, or with SQ=1 elements, the ASDU has. 0 to 127.
func (a ASDU) Count() int { return a.count }

// Body returns the octets behind the data unit identifier. They belong to the
// ASDU.
func (a ASDU) Body() []byte { return a.body }

// Params returns the parameters with which the ASDU was made.
func (a ASDU) Params() *Params { return a.params }

// Known reports whether the layout of the type is known: a type of the
// standard or a declared private one.
func (a ASDU) Known() bool { return a.params.info(a.Type) != nil }

// TimeKind says which time tag the objects have. Types of unknown layout
// have none.
func (a ASDU) TimeKind() TimeKind {
	if info := a.params.info(a.Type); info != nil {
		return info.time
	}
	return TimeNone
}

// typeName returns the type's name, a declared one too.
func (a ASDU) typeName() string {
	if info := a.params.info(a.Type); info != nil {
		return info.name
	}
	return a.Type.String()
}

// TypeName returns the mnemonic of the type, the declared name of a private
// one, or the number.
func (a ASDU) TypeName() string { return a.typeName() }

// Mirror returns the ASDU with another cause and P/N bit and all else as it
// is: what a station answers to a request.
func (a ASDU) Mirror(cause Cause, negative bool) ASDU {
	a.Cause, a.Negative = cause, negative
	return a
}

// Clone returns an ASDU with octets of its own.
func (a ASDU) Clone() ASDU {
	a.body = bytes.Clone(a.body)
	return a
}

// WithParams returns the ASDU with the field lengths of other parameters. The
// common address that means all stations is translated. What does not fit is an
// error: an originator, a common address, an object address, more octets than
// an ASDU has. So is an ASDU whose body does not fit its type, and a type of
// unknown layout where object addresses differ in length.
func (a ASDU) WithParams(p *Params) (ASDU, error) {
	if a.cut {
		return ASDU{}, errors.New("the data unit identifier is cut short")
	}
	b := a
	b.params = p
	if a.CommonAddress == a.params.Broadcast() {
		b.CommonAddress = p.Broadcast()
	} else if a.CommonAddress == p.Broadcast() {
		return ASDU{}, fmt.Errorf("common address %d would mean all stations", a.CommonAddress)
	}
	if err := p.checkFields(&b.Header); err != nil {
		return ASDU{}, err
	}
	_, _, from := a.params.octets()
	_, _, to := p.octets()
	if from != to {
		body, err := a.readdress(p)
		if err != nil {
			return ASDU{}, err
		}
		b.body = body
	}
	if b.Len() > MaxOctets {
		return ASDU{}, fmt.Errorf("%s would take %d octets, an ASDU has at most %d", a.typeName(), b.Len(), MaxOctets)
	}
	return b, nil
}

// readdress returns the body with object addresses as long as other parameters
// say.
func (a *ASDU) readdress(p *Params) ([]byte, error) {
	_, _, octets := p.octets()
	info := a.params.info(a.Type)
	if info == nil {
		if len(a.body) == 0 {
			return nil, nil
		}
		return nil, fmt.Errorf("type %d has no known layout: its object addresses cannot be made %d octet(s) long", a.Type, octets)
	}
	if err := a.checkBody(info); err != nil {
		return nil, err
	}
	body := make([]byte, 0, len(a.body)+2*a.count)
	for objects := a.scan(info); objects.next(); {
		if objects.address > p.MaxObjectAddress() {
			return nil, fmt.Errorf("information object address %d does not fit into %d octet(s)", objects.address, octets)
		}
		if len(body) == 0 || !a.Sequence {
			body = appendAddress(body, objects.address, octets)
		}
		body = append(body, objects.data()...)
	}
	return body, nil
}

// decodeAddress reads an information object address; data holds all octets.
func decodeAddress(data []byte, octets int) ObjectAddress {
	switch octets {
	case 1:
		return ObjectAddress(data[0])
	case 2:
		return ObjectAddress(data[0]) | ObjectAddress(data[1])<<8
	default:
		return ObjectAddress(data[0]) | ObjectAddress(data[1])<<8 | ObjectAddress(data[2])<<16
	}
}

func appendAddress(dst []byte, address ObjectAddress, octets int) []byte {
	switch octets {
	case 3:
		return append(dst, byte(address), byte(address>>8), byte(address>>16))
	case 2:
		return append(dst, byte(address), byte(address>>8))
	case 1:
		return append(dst, byte(address))
	default: // an element in sequence has none
		return dst
	}
}
