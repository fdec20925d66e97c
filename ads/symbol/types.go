package symbol

import (
	"fmt"
	"iter"
	"strings"
	"sync"
)

// Types resolves names of types by a data type table and the types that are
// built in. It is safe for concurrent use.
type Types struct {
	options TypesOptions
	entries []TypeEntry
	byName  map[string]int // index in entries by folded name

	mu     sync.RWMutex
	cache  map[typeKey]*Type // guarded by mu
	busy   map[typeKey]bool  // guarded by mu: being resolved
	parsed int               // guarded by mu: types in cache without an entry
}

// TypesOptions say what a data type table does not. The zero value is right for
// TwinCAT 3 on 64 bits.
type TypesOptions struct {
	// PointerSize is the number of octets of an address, 4 or 8, where the
	// table does not tell; 0 is 8.
	PointerSize uint32
	// Strings is the code page of STRING values without the attribute
	// TcEncoding; 0 is Windows-1252.
	Strings CodePage
}

type typeKey struct {
	name string // folded
	size uint32 // of types that depend on the target, else 0
	page CodePage
}

// maxParsed bounds the types without an entry that are remembered: names come
// from the wire.
const maxParsed = 1 << 14

// NewTypes returns a resolver for the entries of a data type table, which may
// be empty and must not be changed afterwards. Nil options are the defaults. Of
// two entries with the same name the first is used.
func NewTypes(entries []TypeEntry, options *TypesOptions) *Types {
	t := &Types{
		entries: entries,
		byName:  make(map[string]int, len(entries)),
		cache:   make(map[typeKey]*Type),
		busy:    make(map[typeKey]bool),
	}
	if options != nil {
		t.options = *options
	}
	if t.options.PointerSize != 4 {
		t.options.PointerSize = 8
	}
	for i := range entries {
		key := foldType(entries[i].Name)
		if _, taken := t.byName[key]; !taken {
			t.byName[key] = i
		}
	}
	return t
}

// Options returns the options with their defaults filled in.
func (t *Types) Options() TypesOptions { return t.options }

// Entries returns the entries in the order of the table.
func (t *Types) Entries() []TypeEntry { return t.entries }

// Entry returns the entry of the name, which is looked up without regard to
// case, or nil.
func (t *Types) Entry(name string) *TypeEntry {
	if i, ok := t.byName[foldType(name)]; ok {
		return &t.entries[i]
	}
	return nil
}

// All resolves every entry. An entry that cannot be resolved yields its error.
func (t *Types) All() iter.Seq2[*Type, error] {
	return func(yield func(*Type, error) bool) {
		for i := range t.entries {
			if !yield(t.Resolve(t.entries[i].Name)) {
				return
			}
		}
	}
}

// Resolve returns the type of the name, such as "ST_Axis", "ARRAY [0..3] OF
// INT" or "STRING(80)". Case does not matter. A name that nothing is known of
// gives a [*NotFoundError]; a table that contradicts itself gives an error that names
// the type and the item.
func (t *Types) Resolve(name string) (*Type, error) { return t.lookup(name, 0, t.options.Strings) }

// ResolveSized is Resolve for the type of a variable of which the table gives
// the size in octets: addresses have that size, and a type that nothing is
// known of becomes one of KindOpaque. 0 is an unknown size.
func (t *Types) ResolveSized(name string, size uint32) (*Type, error) {
	return t.lookup(name, size, t.options.Strings)
}

// ResolveEntry returns the type of a symbol: its name, its size, and its
// attribute TcEncoding are taken into account.
func (t *Types) ResolveEntry(e *Entry) (*Type, error) {
	page := t.page(e.Attributes, t.options.Strings)
	name := e.Type
	if len(e.Dimensions) > 0 && !isArray(name) && t.Entry(name) == nil {
		name = arrayPrefix(e.Dimensions) + name
	}
	size := e.Size
	if size == 0 && (e.BaseType == BaseBit || e.Flags&FlagBitValue != 0) {
		size = 1
	}
	if e.Flags&FlagReference != 0 {
		// The address of such a symbol leads to what is referred to.
		if target, ok := keyword(strings.TrimSpace(name), "REFERENCE", "TO"); ok {
			if typ, err := t.lookup(target, size, page); err == nil {
				return typ, nil
			}
		}
	}
	if name == "" {
		return t.fromBase(e.BaseType, size, page), nil
	}
	typ, err := t.lookup(name, size, page)
	if err == nil {
		typ = t.better(typ, e.BaseType)
	}
	return typ, err
}

// better returns a type by its base type where nothing else is known of it: the
// table has no entry of its name.
func (t *Types) better(typ *Type, base BaseType) *Type {
	if typ.Kind != KindOpaque || t.Entry(typ.Name) != nil {
		return typ
	}
	known := t.fromBase(base, typ.Size, typ.CodePage)
	if known.Kind == KindOpaque {
		return typ
	}
	known.Name = typ.Name
	return known
}

// page returns the code page that attributes ask for.
func (t *Types) page(attributes []Attribute, inherited CodePage) CodePage {
	if value, ok := find(attributes, "TcEncoding"); ok && strings.EqualFold(value, "UTF-8") {
		return UTF8
	}
	return inherited
}

func (t *Types) lookup(name string, size uint32, page CodePage) (*Type, error) {
	key := foldType(name)
	t.mu.RLock()
	typ := t.cached(key, size, page)
	t.mu.RUnlock()
	if typ == nil {
		t.mu.Lock()
		defer t.mu.Unlock()
		var err error
		if typ, err = t.resolve(name, size, page, 0); err != nil {
			return nil, err
		}
	}
	return t.checkSize(typ, size)
}

// cached returns a type that is known already; the caller holds mu.
func (t *Types) cached(key string, size uint32, page CodePage) *Type {
	if typ, ok := t.cache[typeKey{name: key, page: page}]; ok && (!typ.sized || size == 0 || size == typ.Size) {
		return typ
	}
	return t.cache[typeKey{name: key, size: size, page: page}]
}

// checkSize holds a resolved type against the size that a table gives.
func (t *Types) checkSize(typ *Type, size uint32) (*Type, error) {
	if size != 0 && size != typ.Size {
		return nil, fmt.Errorf("type %s has %d octets, and the table says %d", typ.Name, typ.Size, size)
	}
	return typ, nil
}

// resolve resolves a name; the caller holds mu for writing.
func (t *Types) resolve(name string, size uint32, page CodePage, depth int) (*Type, error) {
	folded := foldType(name)
	if typ := t.cached(folded, size, page); typ != nil {
		return typ, nil
	}
	if depth > maxNesting {
		return nil, fmt.Errorf("type %s: types are nested deeper than %d levels", shorten(name), maxNesting)
	}
	key := typeKey{name: folded, page: page}
	if t.busy[key] {
		return nil, fmt.Errorf("type %s contains itself", shorten(name))
	}
	t.busy[key] = true
	defer delete(t.busy, key)

	entry, known := t.byName[folded]
	b := builder{types: t, page: page, size: size, depth: depth}
	var typ *Type
	var err error
	if known {
		typ, err = b.fromEntry(&t.entries[entry])
	} else {
		typ, err = b.fromName(name)
	}
	if err != nil {
		return nil, err
	}
	if typ.sized {
		key.size = size
	}
	if typ.Kind == KindOpaque && !known {
		return typ, nil // every size may have its own
	}
	if !known {
		if t.parsed >= maxParsed {
			return typ, nil
		}
		t.parsed++
	}
	t.cache[key] = typ
	return typ, nil
}

// fromBase makes a type of a base type and a size alone.
func (t *Types) fromBase(base BaseType, size uint32, page CodePage) *Type {
	kind, ok := baseKinds[base]
	typ := &Type{Name: base.String(), Kind: kind, Size: size, BaseType: base, CodePage: page}
	switch {
	case !ok, kindSizes[kind] != 0 && kindSizes[kind] != size, kind == KindWString && size%2 != 0, size == 0:
		typ.Kind = KindOpaque
	}
	return typ.finish()
}

// spaces drops those that names of types may have or not.
var spaces = strings.NewReplacer("ARRAY[", "ARRAY [", "[ ", "[", " ]", "]", ", ", ",", " ..", "..", ".. ", "..")

// foldType makes names of types comparable: case and white space do not matter.
func foldType(name string) string {
	folded := fold(strings.TrimSpace(name))
	if strings.ContainsAny(folded, " \t") {
		folded = strings.Join(strings.Fields(folded), " ")
		folded = spaces.Replace(folded)
	}
	return folded
}

func isArray(name string) bool {
	rest, ok := cutWord(strings.TrimSpace(name), "ARRAY")
	return ok && strings.HasPrefix(rest, "[")
}
