package symbol

import (
	"fmt"
	"unicode/utf8"
)

// CodePage says how the names of a table and the characters of a STRING are
// coded. A device tells it in [UploadInfo.CodePage].
type CodePage uint32

// Code pages. 0 is what devices mean that do not tell: Windows-1252.
const (
	Windows1252 CodePage = 0
	UTF8        CodePage = 65001
)

// String returns the name of the code page.
func (c CodePage) String() string {
	switch c {
	case Windows1252, 1252:
		return "Windows-1252"
	case UTF8:
		return "UTF-8"
	}
	return fmt.Sprintf("code page %d", uint32(c))
}

// high are the characters of Windows-1252 at 0x80 to 0x9F; all others have the
// code point of their octet. The five octets that Windows-1252 leaves undefined
// stand for the control characters of the same number, so that each octet has
// its character and comes back as it was.
var high = [32]rune{
	0x20AC, 0x81, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
	0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8D, 0x017D, 0x8F,
	0x90, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
	0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D, 0x017E, 0x0178,
}

// decode returns the characters of octets. UTF-8 is taken as it is, also where
// it is not valid, so that names can be sent back as they came.
func (c CodePage) decode(octets []byte) string {
	if c == UTF8 || ascii(octets) {
		return string(octets)
	}
	dst := make([]byte, 0, len(octets)+16)
	for _, octet := range octets {
		if octet >= 0x80 && octet < 0xA0 {
			dst = utf8.AppendRune(dst, high[octet-0x80])
		} else {
			dst = utf8.AppendRune(dst, rune(octet))
		}
	}
	return string(dst)
}

// append appends the octets of s, or returns the first character that the code
// page lacks.
func (c CodePage) append(dst []byte, s string) (out []byte, lacking rune, ok bool) {
	if c == UTF8 || ascii(s) {
		return append(dst, s...), 0, true
	}
	for _, r := range s {
		octet, found := windows1252(r)
		if !found {
			return dst, r, false
		}
		dst = append(dst, octet)
	}
	return dst, 0, true
}

func windows1252(r rune) (byte, bool) {
	if r < 0x80 || r >= 0xA0 && r <= 0xFF {
		return byte(r), true
	}
	for i, character := range high {
		if character == r {
			return byte(0x80 + i), true
		}
	}
	return 0, false
}

func ascii[T string | []byte](s T) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
