package tf6770_test

import (
	"slices"
	"strings"
	"sync"
)

// stNode is an expression or a statement.
type stNode struct {
	op    string // "word", "number", "time", "text", ".", "[", "^", "call", an operator; or a statement
	word  string // upper case
	value int64
	args  []*stNode
	names []string // of the arguments of a call, "" for those without
	body  [][]*stNode
	line  int
}

// stVar is a declared variable.
type stVar struct {
	name    string // upper case
	as      string
	section string // VAR, VAR_INPUT, VAR_OUTPUT, VAR_IN_OUT CONSTANT, VAR_GLOBAL CONSTANT
	typ     *stTypeName
	initial *stNode
	pragmas []string
	line    int
}

// stTypeName is a type as it is written.
type stTypeName struct {
	name   string // ARRAY, POINTER, STRING, or a word
	elem   *stTypeName
	lo, hi *stNode
	length *stNode
	line   int
}

// stUnit is a function block, a method, a structure, an enumeration, or a list
// of global constants.
type stUnit struct {
	kind    string // FUNCTION_BLOCK, METHOD, STRUCT, ENUM, GLOBAL
	name    string // upper case
	extends string
	private bool
	pragmas []string
	vars    []*stVar
	result  *stTypeName
	methods []*stUnit
	code    []*stNode
	line    int
}

type stParser struct {
	tokens []token
	at     int
}

func (p *stParser) peek() token { return p.tokens[p.at] }

func (p *stParser) next() token {
	t := p.tokens[p.at]
	if t.kind != tokenEnd {
		p.at++
	}
	return t
}

// is passes over a word or symbol, where it is there.
func (p *stParser) is(text string) bool {
	if t := p.peek(); (t.kind == tokenWord || t.kind == tokenSymbol) && t.text == text {
		p.at++
		return true
	}
	return false
}

func (p *stParser) want(text string) {
	if !p.is(text) {
		refuse(p.peek().line, "%q is missing before %q", text, p.peek().as)
	}
}

func (p *stParser) word() token {
	t := p.next()
	if t.kind != tokenWord {
		refuse(t.line, "a name is missing before %q", t.as)
	}
	if stReserved[t.text] {
		refuse(t.line, "%s is a keyword and no name", t.as)
	}
	return t
}

// stReserved are words that are no names.
var stReserved = func() map[string]bool {
	all := map[string]bool{}
	for w := range strings.FieldsSeq(`IF THEN ELSIF ELSE END_IF CASE OF END_CASE WHILE DO END_WHILE FOR TO BY END_FOR REPEAT UNTIL END_REPEAT
		EXIT CONTINUE RETURN AND OR XOR NOT MOD AND_THEN OR_ELSE TRUE FALSE VAR VAR_INPUT VAR_OUTPUT VAR_IN_OUT VAR_GLOBAL VAR_TEMP VAR_INST VAR_STAT
		CONSTANT RETAIN PERSISTENT END_VAR FUNCTION FUNCTION_BLOCK END_FUNCTION_BLOCK METHOD END_METHOD PROGRAM TYPE END_TYPE STRUCT END_STRUCT
		UNION ARRAY POINTER REFERENCE STRING WSTRING EXTENDS IMPLEMENTS INTERFACE PROPERTY PUBLIC PRIVATE PROTECTED INTERNAL FINAL ABSTRACT
		ADR BITADR SIZEOF INDEXOF S R REF MIN MAX LIMIT SEL MUX ABS SHL SHR ROL ROR TRUNC EXPT SQRT LN LOG EXP SIN COS TAN
		BOOL BYTE WORD DWORD LWORD SINT USINT INT UINT DINT UDINT LINT ULINT REAL LREAL TIME LTIME DATE TOD DT BIT`) {
		all[w] = true
	}
	return all
}()

func (p *stParser) pragmas() (all []string) {
	for p.peek().kind == tokenPragma {
		all = append(all, p.next().text)
	}
	return all
}

// stParsed has the sources that were read already; nobody changes them.
var stParsed sync.Map

// stParse reads a source.
func stParse(text string) (all []*stUnit) {
	if units, ok := stParsed.Load(text); ok {
		return units.([]*stUnit)
	}
	p := &stParser{tokens: stLex(text)}
	for p.peek().kind != tokenEnd {
		pragmas := p.pragmas()
		u := &stUnit{line: p.peek().line, pragmas: pragmas}
		switch {
		case p.is("FUNCTION_BLOCK"):
			u.kind, u.name = "FUNCTION_BLOCK", p.word().text
			if p.is("EXTENDS") {
				u.extends = p.word().text
			}
			u.vars = p.sections()
			u.code = p.statements("METHOD", "END_FUNCTION_BLOCK")
			for p.is("METHOD") {
				u.methods = append(u.methods, p.method())
			}
			p.want("END_FUNCTION_BLOCK")
		case p.is("TYPE"):
			p.definition(u)
		default:
			u.kind = "GLOBAL"
			u.vars = p.sections()
			if len(u.vars) == 0 {
				refuse(u.line, "%q begins nothing", p.peek().as)
			}
		}
		all = append(all, u)
	}
	stParsed.Store(text, all)
	return all
}

func (p *stParser) method() *stUnit {
	m := &stUnit{kind: "METHOD", line: p.peek().line}
	m.private = p.is("PRIVATE")
	m.name = p.word().text
	if p.is(":") {
		m.result = p.typeName()
	}
	m.vars = p.sections()
	m.code = p.statements("END_METHOD")
	p.want("END_METHOD")
	return m
}

func (p *stParser) definition(u *stUnit) {
	u.name = p.word().text
	p.want(":")
	if p.is("STRUCT") {
		u.kind = "STRUCT"
		for !p.is("END_STRUCT") {
			u.vars = append(u.vars, p.variable("STRUCT"))
		}
	} else {
		u.kind = "ENUM"
		p.want("(")
		for {
			name := p.word()
			p.want(":=")
			u.vars = append(u.vars, &stVar{name: name.text, as: name.as, initial: p.expression(), line: name.line})
			if !p.is(",") {
				break
			}
		}
		p.want(")")
		u.result = p.typeName()
		p.want(";")
	}
	p.want("END_TYPE")
}

func (p *stParser) sections() (all []*stVar) {
	for {
		t := p.peek()
		switch t.text {
		case "VAR", "VAR_INPUT", "VAR_OUTPUT", "VAR_IN_OUT", "VAR_GLOBAL":
			p.next()
		default:
			return all
		}
		section := t.text
		if p.is("CONSTANT") {
			section += " CONSTANT"
		}
		for !p.is("END_VAR") {
			all = append(all, p.variable(section))
		}
	}
}

func (p *stParser) variable(section string) *stVar {
	pragmas := p.pragmas()
	name := p.word()
	v := &stVar{name: name.text, as: name.as, section: section, pragmas: pragmas, line: name.line}
	p.want(":")
	v.typ = p.typeName()
	if p.is(":=") {
		v.initial = p.expression()
	}
	p.want(";")
	return v
}

func (p *stParser) typeName() *stTypeName {
	t := p.next()
	n := &stTypeName{name: t.text, line: t.line}
	switch t.text {
	case "ARRAY":
		p.want("[")
		n.lo = p.expression()
		p.want("..")
		n.hi = p.expression()
		p.want("]")
		p.want("OF")
		n.elem = p.typeName()
	case "POINTER":
		p.want("TO")
		n.elem = p.typeName()
	case "STRING":
		if p.is("(") {
			n.length = p.expression()
			p.want(")")
		}
	}
	return n
}

func (p *stParser) statements(until ...string) (all []*stNode) {
	for {
		t := p.peek()
		if slices.Contains(until, t.text) {
			return all
		}
		if t.kind == tokenEnd {
			refuse(t.line, "the source ends before %v", until)
		}
		all = append(all, p.statement())
	}
}

func (p *stParser) statement() *stNode {
	n := &stNode{line: p.peek().line}
	switch {
	case p.is("IF"):
		n.op = "if"
		for more := true; more; more = p.is("ELSIF") {
			n.args = append(n.args, p.expression())
			p.want("THEN")
			n.body = append(n.body, p.statements("ELSIF", "ELSE", "END_IF"))
		}
		if p.is("ELSE") {
			n.body = append(n.body, p.statements("END_IF"))
		}
		p.want("END_IF")
	case p.is("WHILE"):
		n.op, n.args = "while", []*stNode{p.expression()}
		p.want("DO")
		n.body = [][]*stNode{p.statements("END_WHILE")}
		p.want("END_WHILE")
	case p.is("CASE"):
		p.cases(n)
	case p.is("EXIT"):
		n.op = "exit"
	case p.is("RETURN"):
		n.op = "return"
	default:
		left := p.primary()
		switch {
		case p.is(":="):
			n.op, n.args = ":=", []*stNode{left, p.expression()}
		case left.op == "call":
			n = left
		default:
			refuse(n.line, "a statement that does nothing")
		}
	}
	if n.op == "if" || n.op == "while" || n.op == "case" {
		p.is(";") // may stand there
	} else {
		p.want(";")
	}
	return n
}

func (p *stParser) cases(n *stNode) {
	n.op, n.args = "case", []*stNode{p.expression()}
	p.want("OF")
	for !p.is("END_CASE") {
		if p.is("ELSE") {
			n.args = append(n.args, nil)
			n.body = append(n.body, p.statements("END_CASE"))
			continue
		}
		labels := &stNode{op: "labels", line: p.peek().line}
		for more := true; more; more = p.is(",") {
			labels.args = append(labels.args, p.expression())
		}
		p.want(":")
		n.args = append(n.args, labels)
		var body []*stNode
		for t := p.peek(); t.kind != tokenNumber && t.text != "ELSE" && t.text != "END_CASE"; t = p.peek() {
			body = append(body, p.statement())
		}
		n.body = append(n.body, body)
	}
}

// stLevels are the operators, from those that bind least on.
var stLevels = [][]string{{"OR"}, {"XOR"}, {"AND"}, {"=", "<>"}, {"<", ">", "<=", ">="}, {"+", "-"}, {"*"}}

func (p *stParser) expression() *stNode { return p.level(0) }

func (p *stParser) level(i int) *stNode {
	if i == len(stLevels) {
		return p.unary()
	}
	left := p.level(i + 1)
again:
	for {
		line := p.peek().line
		for _, op := range stLevels[i] {
			if p.is(op) {
				left = &stNode{op: op, args: []*stNode{left, p.level(i + 1)}, line: line}
				continue again
			}
		}
		return left
	}
}

func (p *stParser) unary() *stNode {
	line := p.peek().line
	if p.is("NOT") {
		return &stNode{op: "NOT", args: []*stNode{p.unary()}, line: line}
	}
	if p.is("-") {
		return &stNode{op: "neg", args: []*stNode{p.unary()}, line: line}
	}
	return p.primary()
}

func (p *stParser) primary() *stNode {
	t := p.next()
	n := &stNode{op: "word", word: t.text, value: t.number, line: t.line}
	switch {
	case t.kind == tokenNumber:
		n.op = "number"
		return n
	case t.kind == tokenTime:
		n.op = "time"
		return n
	case t.kind == tokenText:
		n.op = "text"
		return n
	case t.text == "(":
		n = p.expression()
		p.want(")")
		return n
	case t.text == "TRUE" || t.text == "FALSE":
		return &stNode{op: "bool", value: int64(len("FALSE") - len(t.text)), line: t.line}
	case t.kind != tokenWord:
		refuse(t.line, "an expression is missing before %q", t.as)
	}
	for {
		line := p.peek().line
		switch {
		case p.is("."):
			n = &stNode{op: ".", word: p.word().text, args: []*stNode{n}, line: line}
		case p.is("["):
			n = &stNode{op: "[", args: []*stNode{n, p.expression()}, line: line}
			p.want("]")
		case p.is("^"):
			n = &stNode{op: "^", args: []*stNode{n}, line: line}
		case p.is("("):
			n = p.call(n, line)
		default:
			return n
		}
	}
}

func (p *stParser) call(callee *stNode, line int) *stNode {
	n := &stNode{op: "call", args: []*stNode{callee}, line: line}
	if p.is(")") {
		return n
	}
	for more := true; more; more = p.is(",") {
		name := ""
		if p.peek().kind == tokenWord && p.tokens[p.at+1].text == ":=" && p.tokens[p.at+1].kind == tokenSymbol {
			name = p.word().text
			p.want(":=")
		}
		n.names, n.args = append(n.names, name), append(n.args, p.expression())
	}
	p.want(")")
	return n
}
