package symbol

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// decodeString reads a STRING: up to its NUL, or all octets where it has none.
func decodeString(data []byte, page CodePage) string {
	if end := bytes.IndexByte(data, 0); end >= 0 {
		data = data[:end]
	}
	return page.decode(data)
}

// decodeWString reads a WSTRING, UTF-16 little endian, up to its NUL. Halves of
// surrogate pairs become U+FFFD.
func decodeWString(data []byte) string {
	var buffer [128]byte
	dst := buffer[:0]
	for i := 0; i+1 < len(data); i += 2 {
		r := rune(binary.LittleEndian.Uint16(data[i:]))
		if r == 0 {
			break
		}
		if utf16.IsSurrogate(r) {
			if i+3 < len(data) {
				if pair := utf16.DecodeRune(r, rune(binary.LittleEndian.Uint16(data[i+2:]))); pair != utf8.RuneError {
					dst = utf8.AppendRune(dst, pair)
					i += 2
					continue
				}
			}
			r = utf8.RuneError
		}
		dst = utf8.AppendRune(dst, r)
	}
	return string(dst)
}

// putString writes a STRING and fills what is left with NUL.
func (t *Type) putString(data []byte, s string) error {
	if strings.IndexByte(s, 0) >= 0 {
		return t.wrong("a text with NUL in it, which would end there")
	}
	// Most texts are ASCII and need no octets of their own.
	if t.CodePage == UTF8 || ascii(s) {
		if len(s) >= len(data) {
			return t.tooLong(len(s), len(data)-1, "octets")
		}
		clear(data[copy(data, s):])
		return nil
	}
	octets, lacking, ok := t.CodePage.append(nil, s)
	if !ok {
		return t.wrong("%s has no %q", t.CodePage, lacking)
	}
	if len(octets) >= len(data) {
		return t.tooLong(len(octets), len(data)-1, "octets")
	}
	clear(data[copy(data, octets):])
	return nil
}

// putWString writes a WSTRING and fills what is left with NUL.
func (t *Type) putWString(data []byte, s string) error {
	units := 0
	for _, r := range s {
		if r == 0 {
			return t.wrong("a text with NUL in it, which would end there")
		}
		units += max(1, utf16.RuneLen(r))
	}
	if limit := len(data)/2 - 1; units > limit {
		return t.tooLong(units, limit, "characters of UTF-16")
	}
	at := 0
	for _, r := range s {
		if high, low := utf16.EncodeRune(r); high != utf8.RuneError {
			binary.LittleEndian.PutUint16(data[at:], uint16(high))
			binary.LittleEndian.PutUint16(data[at+2:], uint16(low))
			at += 4
			continue
		}
		binary.LittleEndian.PutUint16(data[at:], uint16(r))
		at += 2
	}
	clear(data[at:])
	return nil
}

func (t *Type) tooLong(have, limit int, unit string) error {
	return t.wrong("the text has %d %s, at most %d fit", have, unit, max(0, limit))
}
