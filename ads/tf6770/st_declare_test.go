package tf6770_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// stBlock is a function block. Fields and methods are also those that it has
// inherited.
type stBlock struct {
	name    string
	unit    *stUnit
	base    *stBlock
	fields  []*stField
	methods map[string]*stMethod
	native  func(i *stInstance) // in Go, in place of code
}

type stField struct {
	as      string
	section string
	typ     *stType
	index   int
	initial *stNode
}

// stMethod is a method, and how a call of it looks in memory.
type stMethod struct {
	name    string
	owner   *stBlock
	unit    *stUnit
	private bool
	result  *stType // nil for none
	slots   []*stSlot
	params  int // the first slots are those
	octets  int
	code    []stExec
}

// stSlot is a variable of a method; that of the result has the method's name.
type stSlot struct {
	name    string
	typ     *stType
	offset  int
	byName  bool // VAR_IN_OUT: the address of a variable
	initial *stNode
}

// stInstance is an instance of a function block.
type stInstance struct {
	machine *stMachine
	block   *stBlock
	at      []int64       // addresses of the fields
	inner   []*stInstance // those that are blocks
	state   any           // of a block in Go
}

// newSTMachine reads sources, with values for constants of ParameterList that
// differ, and checks all of them.
func newSTMachine(constants map[string]int64, natives map[string]*stNative, sources ...string) (m *stMachine, err error) {
	defer func() {
		if r := recover(); r != nil {
			e, ok := r.(*stError)
			if !ok {
				panic(r)
			}
			m, err = nil, e
		}
	}()
	m = &stMachine{
		octets: make([]byte, stStack), owners: make([]int32, stStack),
		constants: map[string]stConstant{}, types: map[string]*stType{}, blocks: map[string]*stBlock{}, natives: natives,
	}
	var units []*stUnit
	for _, s := range sources {
		units = append(units, stParse(s)...)
	}
	order := []string{"GLOBAL", "ENUM", "STRUCT", "FUNCTION_BLOCK"}
	slices.SortStableFunc(units, func(a, b *stUnit) int { return slices.Index(order, a.kind) - slices.Index(order, b.kind) })
	var blocks []*stBlock
	for _, u := range units {
		switch u.kind {
		case "GLOBAL":
			m.declareConstants(u, constants)
		case "ENUM":
			m.declareEnum(u)
		case "STRUCT":
			m.declareStruct(u)
		default:
			blocks = append(blocks, m.declareBlock(u))
		}
	}
	for _, b := range blocks {
		for _, method := range b.methods {
			if method.owner == b {
				m.compile(b, method)
			}
		}
	}
	return m, nil
}

func (m *stMachine) declareConstants(u *stUnit, changed map[string]int64) {
	for _, v := range u.vars {
		if v.section != "VAR_GLOBAL CONSTANT" {
			refuse(v.line, "%s is no constant", v.as)
		}
		c := stConstant{typ: m.typeOf(v.typ)}
		switch {
		case c.typ.kind == stString:
			c.value = stBase + int64(m.allocate(c.typ))
			m.storeText(v.line, c.value, c.typ, v.initial.word)
		case c.typ.kind == stTime && v.initial.op == "time":
			c.value = v.initial.value
		default:
			c.value = m.constant(v.initial)
		}
		if value, ok := changed[v.as]; ok {
			c.value = value
		}
		m.constants["PARAMETERLIST."+v.name] = c
	}
}

func (m *stMachine) declareEnum(u *stUnit) {
	base := m.typeOf(u.result)
	t := &stType{kind: stEnum, name: u.name, size: base.size, signed: base.signed, values: map[string]int64{}}
	t.strict = slices.Contains(u.pragmas, "{attribute 'strict'}")
	for _, v := range u.vars {
		value := m.constant(v.initial)
		if _, twice := t.values[v.name]; twice || !base.holds(value) {
			refuse(v.line, "%s := %d", v.as, value)
		}
		t.values[v.name] = value
	}
	m.types[u.name] = t
}

func (m *stMachine) declareStruct(u *stUnit) {
	t := &stType{kind: stStruct, name: u.name}
	for _, v := range u.vars {
		typ := m.typeOf(v.typ)
		t.fields = append(t.fields, stFieldOf{v.name, typ, t.size, v.initial})
		t.size += typ.size
	}
	m.types[u.name] = t
}

func (m *stMachine) declareBlock(u *stUnit) *stBlock {
	b := &stBlock{name: u.name, unit: u, methods: map[string]*stMethod{}}
	reflected := slices.Contains(u.pragmas, "{attribute 'reflection'}")
	if u.extends != "" {
		if b.base = m.blocks[u.extends]; b.base == nil {
			refuse(u.line, "%s extends %s, which is not declared", u.name, u.extends)
		}
		b.fields = slices.Clone(b.base.fields)
		maps.Copy(b.methods, b.base.methods)
	}
	for _, v := range u.vars {
		if b.field(v.name) != nil {
			refuse(v.line, "%s is declared twice, perhaps in a block that this one extends", v.as)
		}
		if slices.Contains(v.pragmas, "{attribute 'instance-path'}") && !reflected {
			refuse(v.line, "'instance-path' has no effect without 'reflection' before the function block")
		}
		b.fields = append(b.fields, &stField{as: v.as, section: v.section, typ: m.typeOf(v.typ), index: len(b.fields), initial: v.initial})
	}
	for _, unit := range u.methods {
		before := b.methods[unit.name]
		if b.field(unit.name) != nil || before != nil && (before.owner == b || before.private) {
			refuse(unit.line, "the name %s is taken", unit.name)
		}
		method := m.declareMethod(b, unit)
		if before != nil && before.signature() != method.signature() {
			refuse(unit.line, "%s overrides %s", method.signature(), before.signature())
		}
		b.methods[unit.name] = method
	}
	m.blocks[u.name] = b
	m.types[u.name] = &stType{kind: stFunctionBlock, name: u.name, block: b}
	return b
}

func (b *stBlock) field(name string) *stField {
	for _, f := range b.fields {
		if strings.EqualFold(f.as, name) {
			return f
		}
	}
	return nil
}

func (m *stMachine) declareMethod(b *stBlock, u *stUnit) *stMethod {
	method := &stMethod{name: u.name, owner: b, unit: u, private: u.private}
	add := func(name string, typ *stType, byName bool, initial *stNode) {
		for _, s := range method.slots {
			if s.name == name {
				refuse(u.line, "%s has %s twice", u.name, name)
			}
		}
		s := &stSlot{name: name, typ: typ, offset: method.octets + 8, byName: byName, initial: initial}
		size := typ.size
		if byName {
			size = 8
		}
		method.octets = (s.offset + size + 7) &^ 7
		method.slots = append(method.slots, s)
	}
	for _, v := range u.vars {
		switch v.section {
		case "VAR_INPUT":
			add(v.name, m.typeOf(v.typ), false, v.initial)
			method.params++
		case "VAR_IN_OUT CONSTANT":
			add(v.name, m.typeOf(v.typ), true, nil)
			method.params++
		case "VAR":
			add(v.name, m.typeOf(v.typ), false, v.initial)
		default:
			refuse(v.line, "a method with %s", v.section)
		}
	}
	if u.result != nil {
		method.result = m.typeOf(u.result)
		add(u.name, method.result, false, nil)
	}
	method.octets += 8
	return method
}

// signature is what a method that overrides another one must have, too.
func (m *stMethod) signature() string {
	var all []string
	for _, s := range m.slots[:m.params] {
		all = append(all, s.name+" "+s.typ.name)
	}
	result := ""
	if m.result != nil {
		result = m.result.name
	}
	return fmt.Sprintf("%s(%s) %s", m.name, strings.Join(all, ", "), result)
}

// typeOf finds a type.
func (m *stMachine) typeOf(n *stTypeName) *stType {
	switch {
	case n.name == "ARRAY":
		elem, lo, hi := m.typeOf(n.elem), m.constant(n.lo), m.constant(n.hi)
		if hi < lo {
			refuse(n.line, "an array from %d to %d", lo, hi)
		}
		return &stType{kind: stArray, name: fmt.Sprintf("ARRAY[%d..%d] OF %s", lo, hi, elem.name), size: elem.size * int(hi-lo+1), elem: elem, lo: lo, hi: hi}
	case n.name == "POINTER":
		elem := m.typeOf(n.elem)
		return &stType{kind: stPointer, name: "POINTER TO " + elem.name, size: 8, elem: elem}
	case n.name == "STRING" && n.length != nil:
		length := m.constant(n.length)
		if length < 1 {
			refuse(n.line, "a text of %d octets", length)
		}
		return &stType{kind: stString, name: fmt.Sprintf("STRING(%d)", length), size: int(length) + 1}
	}
	if t := stElementary[n.name]; t != nil {
		return t
	}
	if t := m.types[n.name]; t != nil {
		return t
	}
	refuse(n.line, "the type %s is not declared", n.name)
	return nil
}

// constant calculates what must be known before the program runs.
func (m *stMachine) constant(n *stNode) int64 {
	typ, value := m.constantOf(n)
	if typ.kind != stInteger && typ.kind != stLiteral && typ.kind != stEnum && typ.kind != stBool {
		refuse(n.line, "a constant of the type %s", typ.name)
	}
	return value
}

func (m *stMachine) constantOf(n *stNode) (*stType, int64) {
	switch n.op {
	case "number", "bool":
		return &stType{kind: stLiteral, value: n.value}, n.value
	case "neg":
		return &stType{kind: stLiteral}, -m.constant(n.args[0])
	case "+", "-", "*":
		a, b := m.constant(n.args[0]), m.constant(n.args[1])
		v := map[string]int64{"+": a + b, "-": a - b, "*": a * b}[n.op]
		return &stType{kind: stLiteral, value: v}, v
	case ".":
		if c, ok := m.constants[n.args[0].word+"."+n.word]; ok && n.args[0].op == "word" {
			return c.typ, c.value
		}
		if t := m.types[n.args[0].word]; t != nil && t.kind == stEnum {
			if v, ok := t.values[n.word]; ok {
				return t, v
			}
		}
	}
	refuse(n.line, "%s %s is no constant", n.op, n.word)
	return nil, 0
}
