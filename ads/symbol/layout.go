package symbol

import (
	"fmt"
	"math"
	"strconv"
)

// Layout says how a device lays out variables.
type Layout struct {
	// PointerSize is the number of octets of an address, 4 or 8.
	PointerSize uint32
	// Pack is the largest alignment in octets: 1, 2, 4 or 8.
	Pack uint32
	// MethodTable tells that function blocks begin with the hidden pointer to
	// the table of their methods.
	MethodTable bool
}

// Layouts of TwinCAT.
var (
	TwinCAT3     = Layout{PointerSize: 8, Pack: 8, MethodTable: true} // on 64 bits
	TwinCAT3On32 = Layout{PointerSize: 4, Pack: 8, MethodTable: true}
	TwinCAT2     = Layout{PointerSize: 4, Pack: 1}
)

// extent is what a value takes.
type extent struct {
	bits  uint64
	align uint32
	base  BaseType
}

func (x extent) octets() uint64 { return (x.bits + 7) / 8 }

// measurer finds out the extents of types while they are being declared.
type measurer struct {
	layout Layout
	types  map[string]*declared // by folded name
	busy   map[string]bool
}

// measure returns the extent of a type by its name.
func (m *measurer) measure(name string, depth int) (extent, error) {
	if depth > maxNesting {
		return extent{}, fmt.Errorf("type %s: types are nested deeper than %d levels", shorten(name), maxNesting)
	}
	if d, ok := m.types[foldType(name)]; ok {
		return m.measureDeclared(d, depth)
	}
	parsed, err := parseTypeName(name)
	if err != nil {
		return extent{}, err
	}
	switch parsed.form {
	case formArray:
		return m.measureArray(parsed, depth)
	case formPointer, formReference:
		return m.address(), nil
	case formString:
		return extent{bits: 8 * (uint64(parsed.length) + 1), align: 1, base: BaseString}, nil
	case formWString:
		return extent{bits: 16 * (uint64(parsed.length) + 1), align: min(2, m.layout.Pack), base: BaseWString}, nil
	case formSubrange:
		return m.measure(parsed.of.String(), depth+1)
	default:
		return m.measurePlain(parsed.name)
	}
}

func (m *measurer) address() extent {
	x := extent{bits: 8 * uint64(m.layout.PointerSize), align: min(m.layout.PointerSize, m.layout.Pack), base: BaseUint64}
	if m.layout.PointerSize == 4 {
		x.base = BaseUint32
	}
	return x
}

func (m *measurer) measurePlain(name string) (extent, error) {
	folded := fold(name)
	if kind, ok := builtins[folded]; ok {
		size := kindSizes[kind]
		x := extent{bits: 8 * uint64(size), align: min(size, m.layout.Pack), base: kindBases[kind]}
		if kind == KindBit {
			x.bits = 1
		}
		return x, nil
	}
	if kind, ok := pseudo[folded]; ok && kind != KindOpaque {
		return m.address(), nil
	}
	if folded == "AMSNETID" {
		return extent{bits: 48, align: 1, base: BaseBig}, nil
	}
	s := suggester{want: name}
	for _, d := range m.types {
		s.offer(d.name)
	}
	for builtin := range builtins {
		s.offer(builtin)
	}
	return extent{}, &NotFoundError{What: "type", Name: name, Nearest: s.best()}
}

func (m *measurer) measureArray(parsed *typeName, depth int) (extent, error) {
	x, err := m.measure(parsed.of.String(), depth+1)
	if err != nil {
		return x, err
	}
	n, ok := elements(parsed.dims)
	if !ok || x.bits != 0 && n > 8*math.MaxUint32/x.bits {
		return x, fmt.Errorf("type %s would have more than %d octets", parsed, uint32(math.MaxUint32))
	}
	x.bits *= n
	if parsed.of.form == formArray {
		x.base = BaseBig
	}
	return x, nil
}

func (m *measurer) measureDeclared(d *declared, depth int) (extent, error) {
	if d.measured {
		return d.extent, nil
	}
	key := fold(d.name)
	if m.busy[key] {
		return extent{}, fmt.Errorf("type %s contains itself", d.name)
	}
	m.busy[key] = true
	defer delete(m.busy, key)
	var err error
	switch d.kind {
	case KindStruct, KindUnion, KindFunctionBlock:
		err = m.measureMembers(d, depth)
	default:
		d.extent, err = m.measure(d.base, depth+1)
	}
	if err != nil {
		return extent{}, fmt.Errorf("type %s: %w", d.name, err)
	}
	d.measured = true
	return d.extent, nil
}

// pack returns the largest alignment within a type; its attribute pack_mode
// may lower it.
func (m *measurer) pack(d *declared) (uint32, error) {
	value, ok := find(d.attributes, "pack_mode")
	if !ok {
		return m.layout.Pack, nil
	}
	pack, err := strconv.ParseUint(value, 10, 32)
	if err != nil || pack > 8 || pack&(pack-1) != 0 {
		return 0, fmt.Errorf("the attribute pack_mode is %q, it takes 1, 2, 4 and 8", value)
	}
	if pack == 0 {
		pack = 1
	}
	return uint32(pack), nil
}

// measureMembers lays out the members of a structure, a union or a function
// block: each at the next place that its alignment allows, BITs one after the
// other in the same octet, and the end on the largest alignment.
func (m *measurer) measureMembers(d *declared, depth int) error {
	pack, err := m.pack(d)
	if err != nil {
		return err
	}
	members := d.members
	if d.extends != "" {
		base, ok := m.types[foldType(d.extends)]
		if !ok || !base.kind.composite() {
			return fmt.Errorf("it extends %s, which is no structure or function block", d.extends)
		}
		if _, err := m.measureDeclared(base, depth+1); err != nil {
			return err
		}
		members = append(append([]Member{}, base.all...), members...)
	}
	at, largest := uint64(0), uint32(1)
	if d.kind == KindFunctionBlock && m.layout.MethodTable {
		at = 8 * uint64(m.layout.PointerSize)
		largest = min(m.layout.PointerSize, pack)
	}
	d.places = make([]place, len(members))
	end := at
	for i, member := range members {
		x, err := m.measure(member.Type, depth+1)
		if err != nil {
			return fmt.Errorf("%s: %w", member.Name, err)
		}
		align := min(x.align, pack)
		if x.bits%8 == 0 {
			at = (at + 8*uint64(align) - 1) / (8 * uint64(align)) * (8 * uint64(align))
		}
		if d.kind == KindUnion {
			at = 0
		}
		d.places[i] = place{bit: at, extent: x}
		at += x.bits
		end = max(end, at)
		largest = max(largest, align)
		if end/8 > math.MaxUint32-8 {
			return fmt.Errorf("%s: it would end beyond octet %d", member.Name, uint32(math.MaxUint32))
		}
	}
	d.all = members
	unit := 8 * uint64(largest)
	d.extent = extent{bits: (end + unit - 1) / unit * unit, align: largest, base: BaseBig}
	return nil
}
