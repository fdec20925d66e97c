package frame

import "unicode/utf8"

// UTF8 checks text as it arrives, in pieces of any length, and fails at the
// first octet that no text can continue with (RFC 6455, 8.1). Its zero value is
// at the beginning of a text.
type UTF8 struct {
	need      int  // octets that the character at hand still needs
	low, high byte // between which the next one must lie
}

// Check takes the next piece and reports whether the text can go on so.
func (u *UTF8) Check(data []byte) bool {
	for u.need > 0 && len(data) > 0 {
		if !u.octet(data[0]) {
			return false
		}
		data = data[1:]
	}
	// What ends within a character is left for the end.
	whole := len(data)
	for back := 1; back < utf8.UTFMax && back <= len(data); back++ {
		if begin := len(data) - back; utf8.RuneStart(data[begin]) {
			if !utf8.FullRune(data[begin:]) {
				whole = begin
			}
			break
		}
	}
	if !utf8.Valid(data[:whole]) {
		return false
	}
	for _, b := range data[whole:] {
		if !u.octet(b) {
			return false
		}
	}
	return true
}

// Whole reports whether the text does not end within a character.
func (u *UTF8) Whole() bool { return u.need == 0 }

// octet takes one octet (RFC 3629, 4).
func (u *UTF8) octet(b byte) bool {
	if u.need > 0 {
		if b < u.low || b > u.high {
			return false
		}
		u.need--
		u.low, u.high = 0x80, 0xbf
		return true
	}
	u.low, u.high = 0x80, 0xbf
	switch {
	case b < 0x80:
	case b >= 0xc2 && b <= 0xdf:
		u.need = 1
	case b >= 0xe0 && b <= 0xef:
		u.need = 2
		switch b {
		case 0xe0: // no overlong forms
			u.low = 0xa0
		case 0xed: // no surrogates
			u.high = 0x9f
		}
	case b >= 0xf0 && b <= 0xf4:
		u.need = 3
		switch b {
		case 0xf0:
			u.low = 0x90
		case 0xf4: // nothing above U+10FFFF
			u.high = 0x8f
		}
	default:
		return false
	}
	return true
}
