package wire

// Node is one line of a dissected telegram: a group with what it contains one
// level deeper behind it, or a leaf that stands for bits of the telegram.
type Node struct {
	// Depth is the level in the tree; 0 is the outermost.
	Depth int
	// Name is the field's or the group's name.
	Name string
	// Text says what the value means; zero where Value speaks for itself.
	Text Text
	// Bit is the first bit, counted from the least significant bit of the
	// telegram's first octet (BigEndian: from the most significant). Bit/8 is
	// the octet either way.
	Bit int
	// Width is the number of bits. A group covers what it contains.
	Width int
	// Leaf tells whether the node stands for bits itself.
	Leaf bool
	// Value is the number in the bits of a leaf of up to 64 bits.
	Value uint64
	// Raw holds the octets of a leaf that is no number. It aliases the
	// telegram.
	Raw []byte
	// BigEndian tells how the bits of a leaf that is a number are counted.
	BigEndian bool
}

// Walker cuts a telegram into nodes, front to back. Its zero value does
// nothing; make one with [NewWalker]. It is not safe for concurrent use.
type Walker struct {
	data  []byte
	at    int // octets consumed
	depth int
	nodes []Node
}

// NewWalker returns a walker at the first octet of data, which it does not
// copy and must not change while the nodes are in use.
func NewWalker(data []byte) *Walker { return &Walker{data: data} }

// Reset makes the walker begin at the first octet of other data, and takes the
// room of its nodes for those to come: nodes from before are not valid any
// more.
func (w *Walker) Reset(data []byte) { *w = Walker{data: data, nodes: w.nodes[:0]} }

// Nodes returns what has been walked so far.
func (w *Walker) Nodes() []Node { return w.nodes }

// Rest returns how many octets have not been walked yet.
func (w *Walker) Rest() int { return len(w.data) - w.at }

// Ahead returns the next octets, n of them or all that are left, and stays where
// it is: for lengths that say what comes.
func (w *Walker) Ahead(n int) []byte { return w.data[w.at : w.at+min(n, w.Rest())] }

// Group opens a group; what body walks lies one level deeper within it.
func (w *Walker) Group(name string, text Text, body func()) {
	index, start := len(w.nodes), w.at
	w.nodes = append(w.nodes, Node{Depth: w.depth, Name: name, Text: text, Bit: 8 * start})
	w.depth++
	body()
	w.depth--
	w.nodes[index].Width = 8 * (w.at - start)
}

// Element walks one element; one with several fields becomes a group. It
// reports whether the telegram held all of it; what is left of a telegram that
// ends too early becomes a raw leaf.
func (w *Walker) Element(element Element) bool {
	if len(element.Fields) < 2 || element.Octets > w.Rest() {
		return w.Fields(element)
	}
	w.Group(element.Name, Text{}, func() { w.Fields(element) })
	return true
}

// Fields walks one element as Element does, but without a group of its own.
func (w *Walker) Fields(element Element) bool {
	octets := element.Octets
	if octets == 0 {
		octets = w.Rest()
	}
	if octets > w.Rest() {
		w.Raw(element.Name, Text{EN: "cut short", DE: "abgeschnitten"}, w.Rest())
		return false
	}
	if len(element.Fields) == 0 {
		w.Raw(element.Name, Text{}, octets)
		return true
	}
	data := w.data[w.at : w.at+octets]
	for _, field := range element.Fields {
		w.leaf(field, data, element.BigEndian)
	}
	w.at += octets
	return true
}

// Raw walks octets that have no structure. Nothing happens for 0 octets.
func (w *Walker) Raw(name string, text Text, octets int) {
	octets = min(octets, w.Rest())
	if octets <= 0 {
		return
	}
	w.nodes = append(w.nodes, Node{
		Depth: w.depth, Name: name, Text: text, Leaf: true,
		Bit: 8 * w.at, Width: 8 * octets, Raw: w.data[w.at : w.at+octets],
	})
	w.at += octets
}

func (w *Walker) leaf(field Field, data []byte, bigEndian bool) {
	read := Bits
	if bigEndian {
		read = BigEndianBits
	}
	node := Node{
		Depth: w.depth, Name: field.Name, Leaf: true,
		Bit: 8*w.at + field.Bit, Width: field.Width, BigEndian: bigEndian,
		Value: read(data, field.Bit, field.Width),
	}
	if field.Text != nil {
		node.Text = field.Text(node.Value)
	}
	w.nodes = append(w.nodes, node)
}

// Bits reads a little-endian number of up to 64 bits that begins at the given
// bit. Bits beyond the end of data read as 0.
func Bits(data []byte, bit, width int) uint64 {
	var value uint64
	if at := bit / 8; width <= 8 && at < len(data) {
		value = uint64(data[at]) >> (bit % 8)
		if bit%8+width > 8 && at+1 < len(data) {
			value |= uint64(data[at+1]) << (8 - bit%8)
		}
		return value & (1<<width - 1)
	}
	for i := range width {
		octet := (bit + i) / 8
		if octet < len(data) && data[octet]>>((bit+i)%8)&1 == 1 {
			value |= 1 << i
		}
	}
	return value
}

// SetBits writes a number where [Bits] reads it. Bits beyond the end of data
// are dropped.
func SetBits(data []byte, bit, width int, value uint64) {
	for i := range width {
		octet, mask := (bit+i)/8, byte(1)<<((bit+i)%8)
		if octet >= len(data) {
			return
		}
		data[octet] &^= mask
		if value>>i&1 == 1 {
			data[octet] |= mask
		}
	}
}

// BigEndianBits reads a big-endian number of up to 64 bits. Its most
// significant bit is the given one, counted from the most significant bit of
// the first octet. Bits beyond the end of data read as 0.
func BigEndianBits(data []byte, bit, width int) uint64 {
	var value uint64
	for i := range width {
		octet := (bit + i) / 8
		value <<= 1
		if octet < len(data) {
			value |= uint64(data[octet] >> (7 - (bit+i)%8) & 1)
		}
	}
	return value
}

// SetBigEndianBits writes a number where [BigEndianBits] reads it. Bits beyond
// the end of data are dropped.
func SetBigEndianBits(data []byte, bit, width int, value uint64) {
	for i := range width {
		octet, shift := (bit+i)/8, 7-(bit+i)%8
		if octet >= len(data) {
			return
		}
		data[octet] &^= 1 << shift
		data[octet] |= byte(value>>(width-1-i)&1) << shift
	}
}

// Join puts the leaves of a dissected telegram together again.
func Join(nodes []Node) []byte {
	bits := 0
	for _, node := range nodes {
		if node.Leaf {
			bits = max(bits, node.Bit+node.Width)
		}
	}
	data := make([]byte, (bits+7)/8)
	for _, node := range nodes {
		switch {
		case !node.Leaf:
		case node.Raw != nil:
			copy(data[node.Bit/8:], node.Raw)
		case node.BigEndian:
			SetBigEndianBits(data, node.Bit, node.Width, node.Value)
		default:
			SetBits(data, node.Bit, node.Width, node.Value)
		}
	}
	return data
}
