package render

import (
	"strconv"
	"unicode/utf8"

	"stellwerk/wire"
)

const (
	positionColumns = 12
	patternColumns  = 10
	nameColumns     = 30
)

// fields sets dissected octets with a line for each node: where its bits lie,
// what they look like, what they are, and what they mean. Octets are counted
// from 1, bits from 0: from the least significant of an octet, and from the most
// significant in the headers of the internet.
func (t *tree) fields(nodes []wire.Node, octets []byte) {
	for _, node := range nodes {
		t.dst = append(t.dst, "  "...)
		start := len(t.dst)
		t.dst = appendPosition(t.dst, node)
		t.pad(start, positionColumns)
		start = len(t.dst)
		if node.Leaf {
			t.dst = appendPattern(t.dst, node, octets)
		}
		t.pad(start, patternColumns)
		start = len(t.dst)
		for range node.Depth {
			t.dst = append(t.dst, "  "...)
		}
		name := t.name(node.Name, t.lang)
		if node.Leaf {
			t.dst = append(t.dst, name...)
			t.pad(start, nameColumns)
			value, meaning := t.value(node)
			t.dst = append(append(t.dst, ' '), value...)
			if meaning != "" {
				t.dst = append(append(t.dst, "  "...), meaning...)
			}
		} else {
			t.dst = t.style.append(t.dst, cyan, name)
			if text := node.Text.In(t.lang); text != "" {
				t.dst = append(append(t.dst, "  "...), text...)
			}
		}
		t.dst = append(trimRight(t.dst), '\n')
	}
}

// pad fills up to a number of columns behind start.
func (t *tree) pad(start, columns int) {
	for n := utf8.RuneCount(t.dst[start:]); n < columns; n++ {
		t.dst = append(t.dst, ' ')
	}
}

func trimRight(dst []byte) []byte {
	for len(dst) > 0 && dst[len(dst)-1] == ' ' {
		dst = dst[:len(dst)-1]
	}
	return dst
}

// appendPosition appends "3", "3-6", "3.0-5" or "3.4-4.1".
func appendPosition(dst []byte, node wire.Node) []byte {
	octet := node.Bit / 8
	dst = strconv.AppendInt(dst, int64(octet+1), 10)
	switch {
	case node.Width%8 != 0 || node.Bit%8 != 0:
		dst = strconv.AppendInt(append(dst, '.'), int64(node.Bit%8), 10)
		if last := node.Bit + node.Width - 1; last > node.Bit {
			dst = append(dst, '-')
			if last/8 != octet {
				dst = append(strconv.AppendInt(dst, int64(last/8+1), 10), '.')
			}
			dst = strconv.AppendInt(dst, int64(last%8), 10)
		}
	case node.Width > 8:
		dst = strconv.AppendInt(append(dst, '-'), int64(octet+node.Width/8), 10)
	}
	return dst
}

// appendPattern appends the bits of a leaf within an octet, as they are
// written: the most significant first, and points for the others.
func appendPattern(dst []byte, node wire.Node, octets []byte) []byte {
	first, last := node.Bit/8, (node.Bit+node.Width-1)/8
	if first != last || node.Width == 8 || first >= len(octets) {
		return dst
	}
	for i := 7; i >= 0; i-- {
		bit := i
		if node.BigEndian {
			bit = 7 - i
		}
		switch {
		case bit < node.Bit%8 || bit >= node.Bit%8+node.Width:
			dst = append(dst, '.')
		default:
			dst = append(dst, '0'+octets[first]>>i&1)
		}
	}
	return dst
}
