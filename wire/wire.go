// Package wire describes octets: which named fields an element of a protocol
// has, where each one lies and how its number reads.
//
// A protocol package states each of its elements once, as an [Element]; what
// shows telegrams to people walks those descriptions with a [Walker] and never
// takes an octet apart itself. The leaves that a walk yields lie side by side
// without gap or overlap, so that put together they are the telegram again.
//
// Bits are counted as the standards for telecontrol do, from the least
// significant bit of the first octet; numbers of several octets are little
// endian (IEC 60870-5-4, 4.1 and Beckhoff's AMS alike). The internet's headers
// number them the other way round (RFC 791, appendix B): an [Element] that is
// BigEndian counts from the most significant bit of its first octet, and its
// numbers begin with their most significant bit.
package wire

// Field is one named run of bits within an element.
type Field struct {
	// Name is the abbreviation in the standard, such as "IV".
	Name string
	// Bit is the first bit, counted from the least significant bit of the
	// element's first octet (BigEndian: from the most significant).
	Bit int
	// Width is the number of bits, 1 to 64.
	Width int
	// Text says what a number means, or is nil where the number speaks for
	// itself. It must accept every number that fits into Width bits.
	Text func(value uint64) Text
}

// Element is one information element: a run of octets that is cut into fields.
type Element struct {
	// Name is the abbreviation in the standard, such as "SIQ".
	Name string
	// Octets is the length, or 0 where the element takes all that is left.
	Octets int
	// Fields cover every bit of the element exactly once, in the order of
	// their first bits. An element without fields is a run of raw octets.
	Fields []Field
	// BigEndian turns the order of bits and octets round, as in the headers
	// of the internet protocols.
	BigEndian bool
}
