package symbol

import (
	"iter"
	"slices"
	"sort"
	"strings"
	"sync/atomic"
)

// Table holds the symbols of a device and the types of their values, and finds
// variables by name and by address. It must not be changed and is safe for
// concurrent use.
type Table struct {
	symbols []Entry
	types   *Types
	byName  map[string]int // index in symbols by folded name
	root    *node
	byPlace []int // indices in symbols by index group and offset
	// reach is, for each of byPlace, the end of what it and those before it in
	// the same index group cover.
	reach []uint64

	resolved []atomic.Pointer[Type] // of symbols, as they were asked for
}

// node is one level of the names of symbols, for walking them as a tree.
type node struct {
	name     string
	symbol   int // index, -1 where only names below are symbols
	children map[string]*node
	order    []*node
}

// NewTable returns a table of symbols, which must not be changed afterwards. Of
// two symbols with the same name the first is found. Nil types are those that
// are built in.
func NewTable(symbols []Entry, types *Types) *Table {
	if types == nil {
		types = NewTypes(nil, nil)
	}
	t := &Table{symbols: symbols, types: types, byName: make(map[string]int, len(symbols)), root: &node{symbol: -1}}
	t.resolved = make([]atomic.Pointer[Type], len(symbols))
	t.byPlace = make([]int, 0, len(symbols))
	for i := range symbols {
		key := fold(symbols[i].Name)
		if _, taken := t.byName[key]; taken {
			continue
		}
		t.byName[key] = i
		t.byPlace = append(t.byPlace, i)
		if key != "" {
			t.insert(symbols[i].Name, i)
		}
	}
	slices.SortStableFunc(t.byPlace, func(a, b int) int { return comparePlace(&symbols[a], &symbols[b]) })
	t.reach = make([]uint64, len(t.byPlace))
	for i, symbol := range t.byPlace {
		e := &symbols[symbol]
		t.reach[i] = uint64(e.IndexOffset) + uint64(max(e.Size, 1))
		if i > 0 && symbols[t.byPlace[i-1]].IndexGroup == e.IndexGroup {
			t.reach[i] = max(t.reach[i], t.reach[i-1])
		}
	}
	return t
}

func comparePlace(a, b *Entry) int {
	switch {
	case a.IndexGroup != b.IndexGroup:
		return order(a.IndexGroup, b.IndexGroup)
	case a.IndexOffset != b.IndexOffset:
		return order(a.IndexOffset, b.IndexOffset)
	}
	return order(b.Size, a.Size) // the larger first: it holds the smaller
}

func order(a, b uint32) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// maxLevels bounds the levels of the tree of names: what is deeper stays one
// name.
const maxLevels = 32

func (t *Table) insert(name string, symbol int) {
	at := t.root
	for level := 0; ; level++ {
		step, rest := cutStep(name)
		if level == maxLevels {
			step, rest = name, ""
		}
		key := fold(step)
		child := at.children[key]
		if child == nil {
			child = &node{name: step, symbol: -1}
			if at.children == nil {
				at.children = make(map[string]*node)
			}
			at.children[key] = child
			at.order = append(at.order, child)
		}
		at = child
		if rest == "" {
			break
		}
		name = rest
	}
	at.symbol = symbol
}

// cutStep cuts the first level off a name. The leading dot of TwinCAT 2's
// globals belongs to the name behind it.
func cutStep(name string) (step, rest string) {
	if len(name) == 0 {
		return name, ""
	}
	at := strings.IndexByte(name[1:], '.')
	if at < 0 || at+2 == len(name) {
		return name, ""
	}
	return name[:at+1], name[at+2:]
}

// Types returns the types of the table.
func (t *Table) Types() *Types { return t.types }

// Len returns the number of symbols.
func (t *Table) Len() int { return len(t.symbols) }

// Entries returns the symbols in the order of the table.
func (t *Table) Entries() []Entry { return t.symbols }

// Symbols walks the symbols in the order of the table.
func (t *Table) Symbols() iter.Seq[*Entry] {
	return func(yield func(*Entry) bool) {
		for i := range t.symbols {
			if !yield(&t.symbols[i]) {
				return
			}
		}
	}
}

// Entry returns the symbol of the full name, which is looked up without regard
// to case, or nil. The leading dot of TwinCAT 2's globals may be left out. For
// paths into symbols use [Table.Find].
func (t *Table) Entry(name string) *Entry {
	if i := t.folded(fold(name)); i >= 0 {
		return &t.symbols[i]
	}
	return nil
}

// folded returns the index of a symbol by its folded name, or -1.
func (t *Table) folded(key string) int {
	if i, ok := t.byName[key]; ok {
		return i
	}
	if i, ok := t.byName["."+key]; ok && key != "" {
		return i
	}
	return -1
}

// typeOf resolves the type of a symbol once.
func (t *Table) typeOf(symbol int) (*Type, error) {
	if typ := t.resolved[symbol].Load(); typ != nil {
		return typ, nil
	}
	typ, err := t.types.ResolveEntry(&t.symbols[symbol])
	if err == nil {
		t.resolved[symbol].Store(typ)
	}
	return typ, err
}

// At returns the variable that lies at an address, for showing addresses by
// name: the innermost part of a symbol that begins at the offset and has the size, or
// with size 0 the largest that begins there. Where no part begins there it returns
// false.
func (t *Table) At(group, offset, size uint32) (Variable, bool) {
	after := sort.Search(len(t.byPlace), func(i int) bool {
		e := &t.symbols[t.byPlace[i]]
		return e.IndexGroup > group || e.IndexGroup == group && e.IndexOffset > offset
	})
	// Symbols that hold the address begin before it, and may hold each other.
	const most = 4096
	for i := after - 1; i >= 0 && after-i <= most && t.reach[i] > uint64(offset); i-- {
		index := t.byPlace[i]
		e := &t.symbols[index]
		if e.IndexGroup != group {
			break
		}
		if uint64(offset)-uint64(e.IndexOffset) >= uint64(max(e.Size, 1)) {
			continue
		}
		if v, ok := t.inside(index, offset, size); ok {
			return v, true
		}
	}
	return Variable{}, false
}

// inside looks for the part of a symbol at an address.
func (t *Table) inside(symbol int, offset, size uint32) (Variable, bool) {
	v, err := t.variable(symbol)
	if err != nil {
		e := &t.symbols[symbol]
		return Variable{Name: e.Name, IndexGroup: e.IndexGroup, IndexOffset: e.IndexOffset, Size: e.Size, Symbol: e},
			offset == e.IndexOffset && (size == 0 || size == e.Size)
	}
	for {
		if v.IndexOffset == offset && (size == 0 || size == v.Size) {
			return v, true
		}
		if !v.descend(offset) {
			return Variable{}, false
		}
	}
}

// Child is one level further down in the tree of names.
type Child struct {
	// Name is the last step: "fbPump", "aData", "[2,1]".
	Name string
	// Path is the full name, as [Table.Find] takes it.
	Path string
	// Symbol is the entry of the symbol table, nil for a name that only groups
	// others (MAIN, GVL) and for parts of symbols.
	Symbol *Entry
	// Type is that of the variable, nil for a name that only groups others and
	// where the type cannot be resolved.
	Type *Type
	// Leaf tells that there is nothing below.
	Leaf bool
}

// Children returns what is one level below a path: the outermost names below
// "", then the symbols, and inside of symbols their fields and elements. At most limit are returned
// where limit is positive; arrays may have millions of elements.
func (t *Table) Children(path string, limit int) ([]Child, error) {
	path = strings.TrimSpace(path)
	at := t.nodeOf(path)
	var children []Child
	if at == nil || at.symbol >= 0 {
		v, err := t.Find(path)
		if err != nil && (at == nil || len(at.order) == 0) {
			return nil, err
		}
		if err == nil {
			children = v.children(limit)
		}
	}
	if at == nil {
		return children, nil
	}
	// A part of a symbol may be a symbol of its own: inputs and outputs are.
	parts := make(map[string]int, len(children))
	for i := range children {
		parts[fold(children[i].Name)] = i
	}
	for _, below := range at.order {
		i, ok := parts[fold(below.name)]
		switch {
		case ok && below.symbol >= 0:
			children[i].Symbol = &t.symbols[below.symbol]
		case ok:
		case limit > 0 && len(children) >= limit:
			return children, nil
		default:
			children = append(children, t.child(join(path, below.name), below))
		}
	}
	return children, nil
}

// nodeOf finds the level of a path, nil where it leads into a symbol or
// nowhere.
func (t *Table) nodeOf(path string) *node {
	at := t.root
	for level := 0; path != "" && at != nil; level++ {
		step, rest := cutStep(path)
		if level == maxLevels {
			step, rest = path, ""
		}
		at, path = at.children[fold(step)], rest
	}
	return at
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func (t *Table) child(path string, n *node) Child {
	child := Child{Name: n.name, Path: path}
	if n.symbol < 0 {
		return child
	}
	child.Symbol = &t.symbols[n.symbol]
	child.Leaf = len(n.order) == 0
	if typ, err := t.typeOf(n.symbol); err == nil {
		child.Type = typ
		child.Leaf = child.Leaf && typ.leaf()
	}
	return child
}

// leaf tells whether a value of the type has no parts.
func (t *Type) leaf() bool {
	return len(t.Fields) == 0 && t.Kind != KindArray
}

func (v *Variable) children(limit int) []Child {
	var children []Child
	add := func(step, name string, typ *Type) bool {
		if limit > 0 && len(children) == limit {
			return false
		}
		children = append(children, Child{Name: name, Path: v.Name + step, Type: typ, Leaf: typ.leaf()})
		return true
	}
	for i := range v.Type.Fields {
		field := &v.Type.Fields[i]
		if !add("."+field.Name, field.Name, field.Type) {
			break
		}
	}
	for i := range v.Type.Len() {
		index := string(v.Type.appendIndex(nil, i))
		if !add(index, index, v.Type.Elem) {
			break
		}
	}
	return children
}
