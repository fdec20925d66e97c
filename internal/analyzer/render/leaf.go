package render

import (
	"encoding/hex"
	"strconv"
	"strings"

	"stellwerk/wire"
)

// maxRaw bounds how many octets of a raw leaf are shown.
const maxRaw = 24

// appendLeaf appends a name, a number, and what it means.
func (t *tree) appendLeaf(dst []byte, node wire.Node) []byte {
	dst = t.style.append(dst, dim, t.name(node.Name, t.lang))
	return t.appendValue(append(dst, ' '), node)
}

// appendValue appends a number and what it means.
func (t *tree) appendValue(dst []byte, node wire.Node) []byte {
	value, meaning := t.value(node)
	dst = append(dst, value...)
	switch {
	case meaning == "":
		return dst
	case isUnit(meaning):
		return append(append(dst, ' '), meaning...)
	default:
		return append(append(append(dst, " ("...), meaning...), ')')
	}
}

// value returns the number of a leaf, or its octets, and what it means beyond
// that. A text that reads the same in every language, or begins with the number
// in hexadecimal, is the number, put better.
func (t *tree) value(node wire.Node) (value, meaning string) {
	meaning = node.Text.In(t.lang)
	switch {
	case node.Raw != nil && node.Text.EN == node.Text.DE && meaning != "":
		return meaning, ""
	case node.Raw != nil:
		value = hex.EncodeToString(node.Raw[:min(len(node.Raw), maxRaw)])
		if len(node.Raw) > maxRaw {
			value += "..."
		}
		return value, meaning
	case meaning != "" && (node.Text.EN == node.Text.DE || strings.HasPrefix(meaning, "0x")):
		return meaning, ""
	default:
		return strconv.FormatUint(node.Value, 10), meaning
	}
}

// isUnit reports whether a meaning is the unit of the number before it.
func isUnit(meaning string) bool { return meaning == "octets" || meaning == "Oktette" }
