package tf6770_test

import (
	"slices"
	"strings"
)

func (c *stCompiler) expression(n *stNode) (*stType, stEval) {
	switch n.op {
	case "number":
		return &stType{kind: stLiteral, name: "literal", value: n.value}, func(*stFrame) int64 { return n.value }
	case "bool":
		return stElementary["BOOL"], func(*stFrame) int64 { return n.value }
	case "time":
		return stElementary["TIME"], func(*stFrame) int64 { return n.value }
	case "neg":
		v := c.m.constant(n)
		return &stType{kind: stLiteral, name: "literal", value: v}, func(*stFrame) int64 { return v }
	case "NOT":
		typ, eval := c.expression(n.args[0])
		switch {
		case typ.kind == stBool:
			return typ, func(f *stFrame) int64 { return 1 - eval(f) }
		case typ.kind == stInteger && !typ.signed:
			return typ, func(f *stFrame) int64 { return typ.wrap(^eval(f)) }
		}
		refuse(n.line, "NOT %s", typ.name)
	case "call":
		return c.call(n, false)
	case ".":
		if n.args[0].op == "word" {
			name := n.args[0].word
			if constant, ok := c.m.constants[name+"."+n.word]; ok {
				return constant.typ, func(*stFrame) int64 { return constant.value }
			}
			if t := c.m.types[name]; t != nil && t.kind == stEnum {
				typ, v := c.m.constantOf(n)
				return typ, func(*stFrame) int64 { return v }
			}
		}
	case "word", "[", "^":
	default:
		return c.binary(n)
	}
	typ, place := c.place(n, false)
	switch typ.kind {
	case stString, stArray, stStruct:
		return typ, place
	}
	return typ, func(f *stFrame) int64 { return f.machine.load(n.line, place(f), typ) }
}

// common is the type that two numbers are calculated in.
func common(n *stNode, a, b *stType) *stType {
	switch {
	case a.kind == stLiteral && b.kind == stLiteral:
		return a
	case a.kind == stLiteral && b.kind == stInteger && b.holds(a.value):
		return b
	case b.kind == stLiteral && a.kind == stInteger && a.holds(b.value):
		return a
	case a.kind == stInteger && b.kind == stInteger && a.signed == b.signed:
		if a.size < b.size {
			return b
		}
		return a
	}
	refuse(n.line, "%s %s %s", a.name, n.op, b.name)
	return nil
}

func (c *stCompiler) binary(n *stNode) (*stType, stEval) {
	a, left := c.expression(n.args[0])
	b, right := c.expression(n.args[1])
	switch n.op {
	case "AND", "OR":
		typ := a
		if a.kind != stBool || b.kind != stBool {
			if typ = common(n, a, b); typ.signed {
				refuse(n.line, "%s of signed numbers", n.op)
			}
		}
		// Both sides are calculated always.
		if n.op == "AND" {
			return typ, func(f *stFrame) int64 { l, r := left(f), right(f); return l & r }
		}
		return typ, func(f *stFrame) int64 { l, r := left(f), right(f); return l | r }
	case "=", "<>", "<", ">", "<=", ">=":
		return stElementary["BOOL"], c.compare(n, a, b, left, right)
	}
	if a.kind == stPointer && n.op == "+" && (b.kind == stInteger && !b.signed || b.kind == stLiteral) {
		// in octets, whatever is pointed at
		return &stType{kind: stPointer, name: "PVOID", size: 8}, func(f *stFrame) int64 { return left(f) + right(f) }
	}
	typ := common(n, a, b)
	cut := func(f *stFrame, v int64) int64 {
		if f.machine.wide {
			return v
		}
		return typ.wrap(v)
	}
	switch n.op {
	case "+":
		return typ, func(f *stFrame) int64 { return cut(f, left(f)+right(f)) }
	case "-":
		return typ, func(f *stFrame) int64 { return cut(f, left(f)-right(f)) }
	case "*":
		return typ, func(f *stFrame) int64 { return cut(f, left(f)*right(f)) }
	}
	refuse(n.line, "the operator %s", n.op)
	return nil, nil
}

func (c *stCompiler) compare(n *stNode, a, b *stType, left, right stEval) stEval {
	switch {
	case a.kind == stEnum && a == b, a.kind == stBool && b.kind == stBool:
	case a.kind == stPointer && b.kind == stLiteral && b.value == 0:
	default:
		common(n, a, b)
	}
	result := map[string][3]int64{ // less, equal, more
		"=": {0, 1, 0}, "<>": {1, 0, 1}, "<": {1, 0, 0}, ">": {0, 0, 1}, "<=": {1, 1, 0}, ">=": {0, 1, 1},
	}[n.op]
	return func(f *stFrame) int64 {
		l, r := left(f), right(f)
		switch {
		case l < r:
			return result[0]
		case l == r:
			return result[1]
		default:
			return result[2]
		}
	}
}

// call is that of a method, a block, or a function.
func (c *stCompiler) call(n *stNode, statement bool) (*stType, stEval) {
	callee := n.args[0]
	if inner := c.inner(callee); inner != nil {
		if !statement {
			refuse(n.line, "a block has no value")
		}
		return nil, c.callBlock(n, inner)
	}
	var typ *stType
	var eval stEval
	switch {
	case callee.op == "." && callee.args[0].op == "^" && callee.args[0].args[0].word == "SUPER":
		if c.block.base == nil || c.block.base.methods[callee.word] == nil {
			refuse(n.line, "there is no SUPER^.%s", callee.word)
		}
		typ, eval = c.callMethod(n, c.block.base.methods[callee.word], false)
	case callee.op != "word":
		refuse(n.line, "what is called is %s", callee.op)
	case c.block.methods[callee.word] != nil:
		typ, eval = c.callMethod(n, c.block.methods[callee.word], true)
	default:
		typ, eval = c.callFunction(n, callee.word)
	}
	if typ == nil && !statement {
		refuse(n.line, "%s returns nothing", callee.word)
	}
	return typ, eval
}

// callBlock is a call of an instance: inputs that are not named stay as they are.
func (c *stCompiler) callBlock(n *stNode, inner *stField) stEval {
	var assign []func(f *stFrame)
	for k, name := range n.names {
		field := inner.typ.block.field(name)
		if field == nil || field.section != "VAR_INPUT" {
			refuse(n.line, "%s has no input %q", inner.as, name)
		}
		from, eval := c.expression(n.args[k+1])
		assignable(n.line, field.typ, from)
		assign = append(assign, func(f *stFrame) {
			at := f.instance.inner[inner.index].at[field.index]
			if v := eval(f); field.typ.kind == stString {
				f.machine.storeText(n.line, at, field.typ, f.machine.text(n.line, v))
			} else {
				f.machine.store(n.line, at, field.typ, v)
			}
		})
	}
	return func(f *stFrame) int64 {
		for _, a := range assign {
			a(f)
		}
		i := f.instance.inner[inner.index]
		i.block.native(i)
		return 0
	}
}

func (c *stCompiler) callMethod(n *stNode, method *stMethod, virtual bool) (*stType, stEval) {
	if method.private && method.owner != c.block {
		refuse(n.line, "%s is private", method.name)
	}
	if len(n.names) != method.params {
		refuse(n.line, "%s has %d arguments, not %d", method.name, method.params, len(n.names))
	}
	args := make([]stEval, method.params)
	for k, name := range n.names {
		at := k
		if name != "" {
			at = slices.IndexFunc(method.slots[:method.params], func(s *stSlot) bool { return s.name == name })
		}
		if at < 0 || args[at] != nil {
			refuse(n.line, "the argument %s of %s", name, method.name)
		}
		slot := method.slots[at]
		from, eval := c.expression(n.args[k+1])
		if slot.byName && from.kind == stString && slot.typ.kind == stString {
			// Of a constant reference to a text the length may be another one.
			_, eval = c.place(n.args[k+1], false)
		} else {
			assignable(n.line, slot.typ, from)
		}
		args[at] = eval
	}
	return method.result, func(f *stFrame) int64 {
		values := make([]int64, len(args))
		for k, a := range args {
			values[k] = a(f)
		}
		m := method
		if virtual && !method.private {
			m = f.instance.block.methods[method.name]
		}
		return f.instance.run(m, values)
	}
}

// run calls a method.
func (i *stInstance) run(method *stMethod, args []int64) int64 {
	m := i.machine
	f := &stFrame{machine: m, instance: i, at: stBase + int64(m.stack)}
	at := m.stack
	if m.stack += method.octets; m.stack > stStack {
		refuse(method.unit.line, "calls are nested too deeply")
	}
	defer func() {
		m.own(at, method.octets, 0)
		m.stack = at
	}()
	pointer := &stType{kind: stPointer, size: 8}
	for k, s := range method.slots {
		place := f.at + int64(s.offset)
		typ := s.typ
		if s.byName {
			typ = pointer
		}
		m.lay(at+s.offset, typ)
		m.initialize(place, typ, s.initial)
		if k < method.params {
			m.store(method.unit.line, place, typ, args[k])
		}
	}
	stRun(method.code, f)
	if method.result == nil {
		return 0
	}
	return m.load(method.unit.line, f.at+int64(method.slots[len(method.slots)-1].offset), method.result)
}

// callFunction is a call of a function of the language, or of one in Go.
func (c *stCompiler) callFunction(n *stNode, name string) (*stType, stEval) {
	if name == "ADR" && len(n.args) == 2 {
		if n.args[1].op == "word" && c.block.methods[n.args[1].word] != nil {
			refuse(n.line, "ADR(%s) is the address of the method, not of its value", n.args[1].word)
		}
		typ, place := c.place(n.args[1], false)
		return &stType{kind: stPointer, name: "POINTER TO " + typ.name, size: 8, elem: typ}, place
	}
	var types []*stType
	var evals []stEval
	for _, a := range n.args[1:] {
		typ, eval := c.expression(a)
		types, evals = append(types, typ), append(evals, eval)
	}
	native := c.m.natives[name]
	if before, after, ok := strings.Cut(name, "_TO_"); ok && stElementary[before] != nil && stElementary[after] != nil {
		to := stElementary[after]
		native = &stNative{[]*stType{stElementary[before]}, to, func(args []int64) int64 { return to.wrap(args[0]) }}
	}
	pvoid, udint, octet := stElementary["PVOID"], stElementary["UDINT"], stElementary["BYTE"]
	switch {
	case name == "MIN" && len(types) == 2:
		typ := common(n, types[0], types[1])
		native = &stNative{[]*stType{typ, typ}, typ, func(args []int64) int64 { return min(args[0], args[1]) }}
	case name == "MEMCPY" || name == "MEMMOVE":
		native = &stNative{[]*stType{pvoid, pvoid, udint}, udint, func(args []int64) int64 {
			to, from := c.m.bytes(n.line, args[0], args[2]), c.m.bytes(n.line, args[1], args[2])
			if args[0] != args[1] && name == "MEMCPY" && args[0] < args[1]+args[2] && args[1] < args[0]+args[2] {
				refuse(n.line, "MEMCPY of places that overlap")
			}
			return int64(copy(to, from))
		}}
	case name == "MEMSET":
		native = &stNative{[]*stType{pvoid, octet, udint}, udint, func(args []int64) int64 {
			b := c.m.bytes(n.line, args[0], args[2])
			for i := range b {
				b[i] = byte(args[1])
			}
			return args[2]
		}}
	}
	if native == nil || len(native.params) != len(types) || slices.ContainsFunc(n.names, func(s string) bool { return s != "" }) {
		refuse(n.line, "there is no %s with %d arguments", name, len(types))
	}
	for k, typ := range types {
		assignable(n.line, native.params[k], typ)
	}
	return native.result, func(f *stFrame) int64 {
		args := make([]int64, len(evals))
		for k, eval := range evals {
			args[k] = eval(f)
			if t := native.params[k]; t.kind == stInteger {
				args[k] = t.wrap(args[k])
			}
		}
		return native.call(args)
	}
}
