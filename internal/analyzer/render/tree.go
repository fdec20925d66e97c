package render

import (
	"strings"
	"unicode/utf8"

	"stellwerk/wire"
)

const (
	// lineWidth is the column at which fields wrap.
	lineWidth = 118
	// maxLabel bounds the column of labels.
	maxLabel = 18
	// layerLabel is how wide it is at least at the outermost level, so that
	// all packets look alike.
	layerLabel = 9
)

// tree sets dissected octets in lines. Each level has a column of labels: the
// names of its groups, and beside them what they hold. Fields follow each other
// until the line is full; one that stands alone has its name as label.
type tree struct {
	dst   []byte
	lang  string
	style style
	name  func(name, lang string) string
	// said are texts that stand above the tree already.
	said string

	column int // where the line at hand ends, 0 at its beginning
	leaf   []byte
}

// nodes sets the nodes of one level at a column.
func (t *tree) nodes(nodes []wire.Node, indent int) {
	content := indent
	if label := t.labels(nodes); label > 0 {
		content = indent + label + 2
	}
	for len(nodes) > 0 {
		if nodes[0].Leaf {
			n := 1
			for n < len(nodes) && nodes[n].Leaf {
				n++
			}
			if n == 1 && content > indent {
				t.alone(nodes[0], indent, content)
			} else {
				t.flow(nodes[:n], indent)
			}
			nodes = nodes[n:]
			continue
		}
		inner := within(nodes)
		t.group(nodes[0], inner, indent, content)
		nodes = nodes[1+len(inner):]
	}
}

// group sets a group: what it says of itself has a line of its own.
func (t *tree) group(group wire.Node, inner []wire.Node, indent, content int) {
	t.to(indent)
	t.print(cyan, t.name(group.Name, t.lang))
	if text := group.Text.In(t.lang); text != "" && !strings.Contains(t.said, text) {
		t.to(max(content, t.column+2))
		t.print("", text)
		t.newline()
	}
	if len(inner) == 0 {
		t.newline()
		return
	}
	if content < t.column+2 {
		t.newline()
	}
	t.nodes(inner, content)
}

// within returns the nodes that the first one contains.
func within(nodes []wire.Node) []wire.Node {
	n := 1
	for n < len(nodes) && nodes[n].Depth > nodes[0].Depth {
		n++
	}
	return nodes[1:n]
}

// labels returns how wide the labels of a level are: those of its groups, and of
// the leaves that stand alone among them.
func (t *tree) labels(nodes []wire.Node) int {
	width, groups := 0, false
	for i := 0; i < len(nodes); {
		if !nodes[i].Leaf {
			groups = true
		}
		beside := i > 0 && nodes[i-1].Leaf && nodes[i-1].Depth == nodes[i].Depth ||
			i+1 < len(nodes) && nodes[i+1].Leaf && nodes[i+1].Depth == nodes[i].Depth
		if columns := utf8.RuneCountInString(t.name(nodes[i].Name, t.lang)); (!nodes[i].Leaf || !beside) && columns <= maxLabel {
			width = max(width, columns)
		}
		i += 1 + len(within(nodes[i:]))
	}
	switch {
	case !groups:
		return 0
	case nodes[0].Depth == 0 && t.said == "":
		return max(width, layerLabel)
	default:
		return width
	}
}

// alone sets a leaf with its name as label.
func (t *tree) alone(node wire.Node, indent, content int) {
	t.to(indent)
	t.print(dim, t.name(node.Name, t.lang))
	t.to(max(content, t.column+1))
	t.print("", string(t.appendValue(nil, node)))
	t.newline()
}

// flow sets leaves one behind the other at a column.
func (t *tree) flow(nodes []wire.Node, indent int) {
	t.to(indent)
	for i, node := range nodes {
		t.leaf = t.appendLeaf(t.leaf[:0], node)
		width := visible(t.leaf)
		if i > 0 {
			t.print("", ",")
			if t.column+1+width > lineWidth {
				t.newline()
				t.to(indent)
			} else {
				t.print("", " ")
			}
		}
		t.dst = append(t.dst, t.leaf...)
		t.column += width
	}
	t.newline()
}

func (t *tree) print(paint, text string) {
	t.dst = t.style.append(t.dst, paint, text)
	t.column += utf8.RuneCountInString(text)
}

func (t *tree) newline() {
	if t.column > 0 {
		t.dst = append(t.dst, '\n')
		t.column = 0
	}
}

// to goes to a column.
func (t *tree) to(column int) {
	for t.column < column {
		t.dst = append(t.dst, ' ')
		t.column++
	}
}

// visible counts the columns of text, without the paint in it.
func visible(text []byte) int {
	columns := 0
	for i := 0; i < len(text); {
		if text[i] == '\x1b' {
			for i < len(text) && text[i] != 'm' {
				i++
			}
			i++
			continue
		}
		_, size := utf8.DecodeRune(text[i:])
		i += size
		columns++
	}
	return columns
}
