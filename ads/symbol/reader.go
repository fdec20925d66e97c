package symbol

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// reader takes fields from the front of an entry and remembers the first thing
// that was wrong; from then on everything reads as zero.
type reader struct {
	data []byte
	at   int
	end  int // of the entry in data
	page CodePage
	name string // path of the entry, for the error
	err  *TableError
}

func (r *reader) fail(at int, format string, args ...any) {
	if r.err == nil {
		r.err = &TableError{Name: r.name, Offset: at, Text: fmt.Sprintf(format, args...)}
	}
}

// take returns the next n octets, nil where the entry has not got them.
func (r *reader) take(what string, n int64) []byte {
	if r.err != nil {
		return nil
	}
	if n > int64(r.end-r.at) {
		r.fail(r.at, "%s has %d octets, and the entry only %d more", what, n, r.end-r.at)
		return nil
	}
	start := r.at
	r.at += int(n)
	return r.data[start:r.at]
}

func (r *reader) u8(what string) uint8 {
	if b := r.take(what, 1); b != nil {
		return b[0]
	}
	return 0
}

func (r *reader) u16(what string) uint16 {
	if b := r.take(what, 2); b != nil {
		return binary.LittleEndian.Uint16(b)
	}
	return 0
}

func (r *reader) u32(what string) uint32 {
	if b := r.take(what, 4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

func (r *reader) guid(what string) (g GUID) {
	copy(g[:], r.take(what, int64(len(g))))
	return g
}

// text reads a text of n octets and the NUL behind it.
func (r *reader) text(what string, n int) string {
	b := r.take(what, int64(n)+1)
	if b == nil {
		return ""
	}
	if b[n] != 0 {
		r.fail(r.at-1, "%s of %d octets does not end with NUL but with %#02x", what, n, b[n])
		return ""
	}
	return r.page.decode(b[:n])
}

// count checks that count items of at least size octets can follow, before any
// memory is taken for them.
func (r *reader) count(what string, count, size int) int {
	if r.err == nil && count > (r.end-r.at)/size {
		r.fail(r.at, "%d %s do not fit into the %d octets that are left of the entry", count, what, r.end-r.at)
	}
	if r.err != nil {
		return 0
	}
	return count
}

// within narrows the reader to an inner entry of the length that its first
// field states, and hands what body leaves unread back as a copy.
func (r *reader) within(what string, length uint32, minimum int, body func()) (rest []byte) {
	start := r.at
	switch {
	case r.err != nil:
		return nil
	case int64(length) < int64(minimum):
		r.fail(start, "%s claims a length of %d octets, at least %d are needed", what, length, minimum)
		return nil
	case int64(length) > int64(r.end-start):
		r.fail(start, "%s claims a length of %d octets, and only %d are left", what, length, r.end-start)
		return nil
	}
	outer := r.end
	r.end = start + int(length)
	body()
	if r.err == nil && r.at < r.end {
		rest = slices.Clone(r.data[r.at:r.end])
	}
	r.at, r.end = r.end, outer
	return rest
}

func (r *reader) dimensions(count int) []Dimension {
	if r.count("dimensions", count, 8) == 0 {
		return nil
	}
	dims := make([]Dimension, count)
	for i := range dims {
		dims[i] = Dimension{Lower: int32(r.u32("lower bound")), Elements: r.u32("number of elements")}
	}
	return dims
}

func (r *reader) attribute() Attribute {
	name, value := int(r.u8("attribute name length")), int(r.u8("attribute value length"))
	return Attribute{Name: r.text("attribute name", name), Value: r.text("attribute value", value)}
}

func (r *reader) attributes(count int) []Attribute {
	if r.count("attributes", count, 4) == 0 {
		return nil
	}
	attributes := make([]Attribute, count)
	for i := range attributes {
		attributes[i] = r.attribute()
	}
	return attributes
}
