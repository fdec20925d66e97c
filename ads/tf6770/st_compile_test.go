package tf6770_test

// stFrame is a call of a method.
type stFrame struct {
	machine  *stMachine
	instance *stInstance
	at       int64
}

// what a statement ends with.
const (
	stNext = iota
	stExit
	stReturn
)

type (
	stExec func(f *stFrame) int
	stEval func(f *stFrame) int64
)

// stCompiler checks a method and makes functions of it.
type stCompiler struct {
	m      *stMachine
	block  *stBlock
	method *stMethod
	loops  int
}

func (m *stMachine) compile(b *stBlock, method *stMethod) {
	c := &stCompiler{m: m, block: b, method: method}
	method.code = c.statements(method.unit.code)
}

func (c *stCompiler) statements(all []*stNode) (code []stExec) {
	for _, n := range all {
		code = append(code, c.statement(n))
	}
	return code
}

func stRun(code []stExec, f *stFrame) int {
	for _, s := range code {
		if flow := s(f); flow != stNext {
			return flow
		}
	}
	return stNext
}

func (c *stCompiler) condition(n *stNode) stEval {
	typ, eval := c.expression(n)
	if typ.kind != stBool {
		refuse(n.line, "a condition of the type %s", typ.name)
	}
	return eval
}

func (c *stCompiler) statement(n *stNode) stExec {
	switch n.op {
	case ":=":
		return c.assignment(n)
	case "call":
		_, eval := c.call(n, true)
		return func(f *stFrame) int { eval(f); return stNext }
	case "exit":
		if c.loops == 0 {
			refuse(n.line, "EXIT outside of a loop")
		}
		return func(*stFrame) int { return stExit }
	case "return":
		return func(*stFrame) int { return stReturn }
	case "if":
		return c.ifs(n)
	case "while":
		condition := c.condition(n.args[0])
		c.loops++
		body := c.statements(n.body[0])
		c.loops--
		return func(f *stFrame) int {
			for rounds := 0; condition(f) != 0; rounds++ {
				if rounds > 1<<22 {
					refuse(n.line, "a loop without end")
				}
				switch stRun(body, f) {
				case stExit:
					return stNext
				case stReturn:
					return stReturn
				}
			}
			return stNext
		}
	default:
		return c.cases(n)
	}
}

func (c *stCompiler) ifs(n *stNode) stExec {
	var conditions []stEval
	for _, a := range n.args {
		conditions = append(conditions, c.condition(a))
	}
	var bodies [][]stExec
	for _, b := range n.body {
		bodies = append(bodies, c.statements(b))
	}
	return func(f *stFrame) int {
		for i, condition := range conditions {
			if condition(f) != 0 {
				return stRun(bodies[i], f)
			}
		}
		if len(bodies) > len(conditions) {
			return stRun(bodies[len(bodies)-1], f)
		}
		return stNext
	}
}

func (c *stCompiler) cases(n *stNode) stExec {
	typ, eval := c.expression(n.args[0])
	if typ.kind != stInteger && typ.kind != stEnum {
		refuse(n.line, "CASE of the type %s", typ.name)
	}
	at, other := map[int64]int{}, -1
	var bodies [][]stExec
	for i, labels := range n.args[1:] {
		bodies = append(bodies, c.statements(n.body[i]))
		if labels == nil {
			other = i
			continue
		}
		for _, l := range labels.args {
			v := c.m.constant(l)
			if _, twice := at[v]; twice || !typ.holds(v) {
				refuse(l.line, "the label %d", v)
			}
			at[v] = i
		}
	}
	return func(f *stFrame) int {
		i, ok := at[eval(f)]
		if !ok {
			i = other
		}
		if i < 0 {
			return stNext
		}
		return stRun(bodies[i], f)
	}
}

// assignable refuses what TwinCAT refuses or warns of: narrowing, a change of
// sign, and numbers for enumerations.
func assignable(line int, to, from *stType) {
	ok := false
	switch {
	case to == from:
		ok = true
	case from.kind == stLiteral && to.kind == stInteger:
		ok = to.holds(from.value)
	case from.kind == stLiteral && to.kind == stPointer:
		ok = from.value == 0
	case to.kind == stInteger && (from.kind == stInteger || from.kind == stEnum):
		ok = from.size < to.size && (!from.signed || to.signed) || from.size == to.size && from.signed == to.signed
	case to.kind == stPointer && from.kind == stPointer:
		ok = to.elem == nil || from.elem == nil || to.elem == from.elem
	case to.kind == stString && from.kind == stString:
		ok = from.size <= to.size
	}
	if !ok {
		refuse(line, "%s %d cannot be assigned to %s", from.name, from.value, to.name)
	}
}

func (c *stCompiler) assignment(n *stNode) stExec {
	to, place := c.place(n.args[0], true)
	from, eval := c.expression(n.args[1])
	assignable(n.line, to, from)
	if to.kind == stString {
		return func(f *stFrame) int {
			f.machine.storeText(n.line, place(f), to, f.machine.text(n.line, eval(f)))
			return stNext
		}
	}
	return func(f *stFrame) int {
		v := eval(f)
		f.machine.store(n.line, place(f), to, v)
		return stNext
	}
}

// place finds where a variable is.
func (c *stCompiler) place(n *stNode, write bool) (*stType, stEval) {
	switch n.op {
	case "word":
		return c.named(n, write)
	case ".":
		if typ, eval, ok := c.member(n, write); ok {
			return typ, eval
		}
	case "[":
		typ, base := c.place(n.args[0], write)
		if typ.kind != stArray {
			refuse(n.line, "%s is no array", typ.name)
		}
		at, index := c.expression(n.args[1])
		if at.kind != stInteger && at.kind != stLiteral {
			refuse(n.line, "an index of the type %s", at.name)
		}
		return typ.elem, func(f *stFrame) int64 {
			i := index(f)
			if i < typ.lo || i > typ.hi {
				refuse(n.line, "the index %d of %s", i, typ.name)
			}
			return base(f) + (i-typ.lo)*int64(typ.elem.size)
		}
	case "^":
		typ, pointer := c.expression(n.args[0])
		if typ.kind != stPointer || typ.elem == nil {
			refuse(n.line, "%s points at nothing that is known", typ.name)
		}
		return typ.elem, pointer
	}
	refuse(n.line, "%s %s is no variable", n.op, n.word)
	return nil, nil
}

func (c *stCompiler) named(n *stNode, write bool) (*stType, stEval) {
	for _, s := range c.method.slots {
		if s.name != n.word {
			continue
		}
		if !s.byName {
			return s.typ, func(f *stFrame) int64 { return f.at + int64(s.offset) }
		}
		if write {
			refuse(n.line, "%s is constant", s.name)
		}
		pointer := &stType{kind: stPointer, size: 8}
		return s.typ, func(f *stFrame) int64 { return f.machine.load(n.line, f.at+int64(s.offset), pointer) }
	}
	if field := c.block.field(n.word); field != nil && field.typ.kind != stFunctionBlock {
		return field.typ, func(f *stFrame) int64 { return f.instance.at[field.index] }
	}
	refuse(n.line, "%s is not declared, or no variable", n.word)
	return nil, nil
}

// member is a field of a structure, or an output or input of a block.
func (c *stCompiler) member(n *stNode, write bool) (*stType, stEval, bool) {
	if inner := c.inner(n.args[0]); inner != nil {
		field := inner.typ.block.field(n.word)
		if field == nil || field.section == "VAR" || write && field.section == "VAR_OUTPUT" {
			refuse(n.line, "%s of %s", n.word, inner.as)
		}
		return field.typ, func(f *stFrame) int64 { return f.instance.inner[inner.index].at[field.index] }, true
	}
	if n.args[0].op == "word" && c.m.constants[n.args[0].word+"."+n.word].typ != nil || c.m.types[n.args[0].word] != nil {
		return nil, nil, false
	}
	typ, base := c.place(n.args[0], write)
	for _, field := range typ.fields {
		if field.name == n.word {
			return field.typ, func(f *stFrame) int64 { return base(f) + int64(field.offset) }, true
		}
	}
	refuse(n.line, "%s has no %s", typ.name, n.word)
	return nil, nil, false
}

// inner finds an instance of a block within the block.
func (c *stCompiler) inner(n *stNode) *stField {
	if n.op != "word" {
		return nil
	}
	if f := c.block.field(n.word); f != nil && f.typ.kind == stFunctionBlock {
		return f
	}
	return nil
}

// instantiate makes an instance.
func (m *stMachine) instantiate(b *stBlock) *stInstance {
	i := &stInstance{machine: m, block: b, at: make([]int64, len(b.fields)), inner: make([]*stInstance, len(b.fields))}
	for k, field := range b.fields {
		if field.typ.kind == stFunctionBlock {
			i.inner[k] = m.instantiate(field.typ.block)
			continue
		}
		i.at[k] = stBase + int64(m.allocate(field.typ))
		m.initialize(i.at[k], field.typ, field.initial)
	}
	return i
}

// initialize sets what a variable begins with.
func (m *stMachine) initialize(at int64, typ *stType, initial *stNode) {
	switch {
	case typ.kind == stStruct:
		for _, f := range typ.fields {
			m.initialize(at+int64(f.offset), f.typ, f.initial)
		}
	case initial == nil:
		clear(m.bytes(0, at, int64(typ.size)))
	case typ.kind == stString:
		m.storeText(initial.line, at, typ, initial.word)
	default:
		from, value := m.constantOf(initial)
		if from.kind == stLiteral && typ.kind == stBool && value>>1 == 0 {
			from = typ
		}
		assignable(initial.line, typ, from)
		m.store(initial.line, at, typ, value)
	}
}
