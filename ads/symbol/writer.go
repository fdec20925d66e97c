package symbol

import (
	"encoding/binary"
	"fmt"
	"math"
)

// writer appends the fields of an entry and remembers the first that cannot be
// written.
type writer struct {
	dst  []byte
	page CodePage
	name string // of the entry, for the error
	err  error
}

func (w *writer) fail(format string, args ...any) {
	if w.err == nil {
		w.err = fmt.Errorf("entry %q: %s", w.name, fmt.Sprintf(format, args...))
	}
}

func (w *writer) u8(v uint8)   { w.dst = append(w.dst, v) }
func (w *writer) u16(v uint16) { w.dst = binary.LittleEndian.AppendUint16(w.dst, v) }
func (w *writer) u32(v uint32) { w.dst = binary.LittleEndian.AppendUint32(w.dst, v) }

// raw appends octets that stand as they are.
func (w *writer) raw(b []byte) { w.dst = append(w.dst, b...) }

// octets returns the text in the code page.
func (w *writer) octets(what, s string, limit int) []byte {
	octets, lacking, ok := w.page.append(nil, s)
	switch {
	case !ok:
		w.fail("%s %q: %s has no %q", what, s, w.page, lacking)
	case len(octets) > limit:
		w.fail("%s has %d octets, at most %d are allowed", what, len(octets), limit)
		octets = nil
	}
	return octets
}

// count16 writes a number of items.
func (w *writer) count16(what string, n int) {
	if n > math.MaxUint16 {
		w.fail("%d %s, at most %d are allowed", n, what, math.MaxUint16)
	}
	w.u16(uint16(n))
}

// texts writes the lengths of texts and gives back what writes the texts.
func (w *writer) texts(names [3]string, texts [3]string) func() {
	var octets [3][]byte
	for i, text := range texts {
		octets[i] = w.octets(names[i], text, math.MaxUint16)
		w.u16(uint16(len(octets[i])))
	}
	return func() {
		for _, text := range octets {
			w.raw(text)
			w.u8(0)
		}
	}
}

// entry writes a length of 4 octets and what body writes, and puts the length
// of both into the field.
func (w *writer) entry(body func()) {
	start := len(w.dst)
	w.u32(0)
	body()
	if length := uint64(len(w.dst) - start); length <= math.MaxUint32 {
		binary.LittleEndian.PutUint32(w.dst[start:], uint32(length))
	} else {
		w.fail("%d octets, at most %d are allowed", length, uint32(math.MaxUint32))
	}
}

func (w *writer) dimensions(dims []Dimension) {
	for _, dim := range dims {
		w.u32(uint32(dim.Lower))
		w.u32(dim.Elements)
	}
}

func (w *writer) attribute(a Attribute) {
	name := w.octets("attribute name", a.Name, math.MaxUint8)
	value := w.octets("value of the attribute "+a.Name, a.Value, math.MaxUint8)
	w.u8(uint8(len(name)))
	w.u8(uint8(len(value)))
	w.raw(name)
	w.u8(0)
	w.raw(value)
	w.u8(0)
}

func (w *writer) attributes(attributes []Attribute) {
	w.count16("attributes", len(attributes))
	for _, a := range attributes {
		w.attribute(a)
	}
}

// finish returns dst as it was where something could not be written.
func (w *writer) finish(dst []byte) ([]byte, error) {
	if w.err != nil {
		return dst, w.err
	}
	return w.dst, nil
}
