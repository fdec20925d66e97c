package command

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"stellwerk/wire"
)

// An Error says what is wrong with a body.
type Error struct{ text wire.Text }

func wrong(en, de string) error { return &Error{wire.Text{EN: en, DE: de}} }

// Error returns the sentence in English.
func (e *Error) Error() string { return e.text.EN }

// Text returns the sentence in both languages; names of fields are those of the
// documentation.
func (e *Error) Text() wire.Text { return e.text }

// decoder takes a body apart and remembers its first error.
type decoder struct {
	what string
	data []byte
	at   int
	err  error
}

// next returns n octets, nil behind an error.
func (d *decoder) next(n uint32, field string) []byte {
	if d.err != nil {
		return nil
	}
	if left := uint64(len(d.data) - d.at); uint64(n) > left {
		d.err = wrong(
			fmt.Sprintf("%s: %s has %d octets at octet %d, only %d are left", d.what, field, n, d.at, left),
			fmt.Sprintf("%s: %s hat %d Oktette ab Oktett %d, nur %d sind noch da", d.what, field, n, d.at, left))
		return nil
	}
	d.at += int(n)
	return d.data[d.at-int(n) : d.at : d.at]
}

func (d *decoder) u8(field string) uint8 {
	if octets := d.next(1, field); octets != nil {
		return octets[0]
	}
	return 0
}

func (d *decoder) u16(field string) uint16 {
	if octets := d.next(2, field); octets != nil {
		return binary.LittleEndian.Uint16(octets)
	}
	return 0
}

func (d *decoder) u32(field string) uint32 {
	if octets := d.next(4, field); octets != nil {
		return binary.LittleEndian.Uint32(octets)
	}
	return 0
}

func (d *decoder) u64(field string) uint64 {
	if octets := d.next(8, field); octets != nil {
		return binary.LittleEndian.Uint64(octets)
	}
	return 0
}

// text returns n octets up to the first NUL.
func (d *decoder) text(n uint32, field string) string {
	octets, _, _ := bytes.Cut(d.next(n, field), []byte{0})
	return string(octets)
}
