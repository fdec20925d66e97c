package render

import (
	"encoding/hex"
	"strconv"

	"stellwerk/wire"
)

// treeWidth is the column at which the leaves of a group wrap.
const treeWidth = 118

// AppendTree appends dissected octets: a line for each group, behind it its
// leaves, wrapped; deeper levels are indented.
func AppendTree(dst []byte, nodes []wire.Node, indent int, lang string) []byte {
	var leaf []byte
	column := 0 // 0: nothing on the line yet
	newline := func() {
		if column > 0 {
			dst = append(dst, '\n')
			column = 0
		}
	}
	for i, node := range nodes {
		if !node.Leaf {
			newline()
			dst = appendIndent(dst, indent+node.Depth)
			before := len(dst)
			dst = append(dst, node.Name...)
			if text := node.Text.In(lang); text != "" {
				dst = append(append(dst, "  "...), text...)
			}
			column = 2*(indent+node.Depth) + len(dst) - before
			continue
		}
		leaf = appendLeaf(leaf[:0], node, lang)
		first := i == 0 || nodes[i-1].Depth != node.Depth || !nodes[i-1].Leaf
		switch {
		case column > 0 && first && nodes[i-1].Depth < node.Depth && column+2+len(leaf) <= treeWidth:
			dst = append(dst, "  "...)
			column += 2
		case column > 0 && !first && column+3+len(leaf) <= treeWidth:
			dst = append(dst, ", "...)
			column += 2
		default:
			if column > 0 && !first {
				dst = append(dst, ',')
			}
			newline()
			level := indent + node.Depth
			if !first {
				level++
			}
			dst = appendIndent(dst, level)
			column = 2 * level
		}
		dst = append(dst, leaf...)
		column += len(leaf)
	}
	newline()
	return dst
}

// AppendFields appends dissected octets with a line for each leaf: where its
// bits lie, what they are, and what they mean.
func AppendFields(dst []byte, nodes []wire.Node, indent int, lang string) []byte {
	for _, node := range nodes {
		dst = appendIndent(dst, indent)
		start := len(dst)
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
		for len(dst)-start < 13 {
			dst = append(dst, ' ')
		}
		dst = appendIndent(dst, node.Depth)
		if node.Leaf {
			dst = appendLeaf(dst, node, lang)
		} else {
			dst = append(dst, node.Name...)
			if text := node.Text.In(lang); text != "" {
				dst = append(append(dst, "  "...), text...)
			}
		}
		dst = append(dst, '\n')
	}
	return dst
}

// maxRaw bounds how many octets of a raw leaf are shown.
const maxRaw = 32

// appendLeaf appends a name, a number, and what it means. A text that reads
// the same in every language is the number, put better.
func appendLeaf(dst []byte, node wire.Node, lang string) []byte {
	dst = append(append(dst, node.Name...), ' ')
	text := node.Text.In(lang)
	switch {
	case node.Raw != nil:
		dst = hex.AppendEncode(dst, node.Raw[:min(len(node.Raw), maxRaw)])
		if len(node.Raw) > maxRaw {
			dst = append(dst, "..."...)
		}
	case text != "" && node.Text.EN == node.Text.DE:
		return append(dst, text...)
	default:
		dst = strconv.AppendUint(dst, node.Value, 10)
	}
	if text != "" {
		dst = append(append(append(dst, " ("...), text...), ')')
	}
	return dst
}

func appendIndent(dst []byte, level int) []byte {
	for range level {
		dst = append(dst, "  "...)
	}
	return dst
}
