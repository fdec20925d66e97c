package wire

import "strconv"

// Text is a meaning in the languages that the product speaks. The zero Text
// says nothing.
type Text struct {
	EN string // English
	DE string // German
}

// Same returns a text that reads the same in every language: a number, an
// abbreviation, an address.
func Same(s string) Text { return Text{EN: s, DE: s} }

// In returns the text in the language "de", and in English for every other.
func (t Text) In(lang string) string {
	if lang == "de" {
		return t.DE
	}
	return t.EN
}

// IsZero reports whether the text says nothing.
func (t Text) IsZero() bool { return t == Text{} }

// Number gives text to numbers that stand for themselves.
func Number(value uint64) Text { return Same(strconv.FormatUint(value, 10)) }

// Hex gives text to numbers that are read as bit patterns.
func Hex(value uint64) Text { return Same("0x" + strconv.FormatUint(value, 16)) }

// Signed returns a Field.Text for a two's complement number of the given width.
func Signed(width int) func(uint64) Text {
	return func(value uint64) Text {
		return Same(strconv.FormatInt(SignExtend(value, width), 10))
	}
}

// SignExtend reads the lowest width bits of value, 1 to 64, as two's complement.
func SignExtend(value uint64, width int) int64 {
	shift := 64 - width
	return int64(value<<shift) >> shift
}

// Codes returns a Field.Text that looks numbers up. Numbers that the table
// lacks get the text for others.
func Codes(table map[uint64]Text, others Text) func(uint64) Text {
	return func(value uint64) Text {
		if text, ok := table[value]; ok {
			return text
		}
		return others
	}
}

// Flag returns a Field.Text for a single bit: what 0 and what 1 means.
func Flag(zero, one Text) func(uint64) Text {
	return func(value uint64) Text {
		if value == 0 {
			return zero
		}
		return one
	}
}
