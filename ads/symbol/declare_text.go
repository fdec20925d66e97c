package symbol

import (
	"fmt"
	"strings"
)

// Text declares what a text in the syntax of IEC 61131-3 declares, as it is
// copied out of a PLC project:
//
//	TYPE E_State : (Idle, Run := 10) INT; END_TYPE
//	TYPE ST_Axis EXTENDS ST_Base : STRUCT
//		eState : E_State;            // what it does
//		a, b : ARRAY [0..3] OF LREAL := [4(0)];
//	END_STRUCT END_TYPE
//	TYPE T_Name : STRING(20); END_TYPE
//	FUNCTION_BLOCK FB_Pump
//	VAR_INPUT bEnable : BOOL; END_VAR
//	METHOD Add : DINT  VAR_INPUT a : DINT; END_VAR
//	PROGRAM MAIN
//	VAR aAxis : ARRAY [1..4] OF ST_Axis;  {attribute 'TcEncoding' := 'UTF-8'} sName : T_Name;  bIn AT %IX0.0 : BOOL; END_VAR
//	VAR_GLOBAL nCount : UDINT; END_VAR
//
// Variables of a PROGRAM get its name and a dot before theirs, those of VAR_GLOBAL
// the prefix globals. Comments behind a declaration and attributes before it are
// kept; initial values, qualifiers and the variables of VAR_TEMP are read over.
// What cannot be read is told by [Declaration.Table] with its line.
func (d *Declaration) Text(source, globals string) {
	p := declarationText{d: d, src: source, line: 1, globals: globals}
	for p.err == nil && p.more() {
		p.unit()
	}
	if p.err != nil {
		d.errs = append(d.errs, p.err)
	}
}

// declarationText reads declarations and remembers the first thing wrong.
type declarationText struct {
	d       *Declaration
	src     string
	at      int
	line    int
	globals string
	program string           // the PROGRAM that variables belong to
	block   *TypeDeclaration // the FUNCTION_BLOCK that variables and methods belong to
	method  *MethodDeclaration
	pending []Attribute // read before what they belong to
	note    *string     // takes a comment on the same line
	err     error
}

func (p *declarationText) fail(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf("declaration, line %d: %s", p.line, fmt.Sprintf(format, args...))
	}
}

// skip passes white space, comments and pragmas.
func (p *declarationText) skip() {
	for p.at < len(p.src) {
		rest := p.src[p.at:]
		switch {
		case rest[0] == '\n':
			p.line++
			p.note = nil
			p.at++
		case strings.IndexByte(" \t\r", rest[0]) >= 0:
			p.at++
		case strings.HasPrefix(rest, "//"):
			p.comment(rest, 2, "\n", 0)
		case strings.HasPrefix(rest, "(*"):
			p.comment(rest, 2, "*)", 2)
		case strings.HasPrefix(rest, "/*"):
			p.comment(rest, 2, "*/", 2)
		case rest[0] == '{':
			p.pragma(rest)
		default:
			return
		}
		if p.err != nil {
			return
		}
	}
}

// comment passes a comment and gives it to what was declared on its line.
func (p *declarationText) comment(rest string, begin int, end string, length int) {
	at := strings.Index(rest[begin:], end)
	switch {
	case at >= 0:
	case length == 0:
		at = len(rest) - begin
	default:
		p.fail("a comment does not end")
		return
	}
	text := rest[begin : begin+at]
	if p.note != nil {
		*p.note = strings.TrimSpace(text)
		p.note = nil
	}
	p.line += strings.Count(text, "\n")
	p.at += begin + at + length
}

// pragma keeps {attribute 'name' := 'value'} and passes all others.
func (p *declarationText) pragma(rest string) {
	end := strings.IndexByte(rest, '}')
	if end < 0 {
		p.fail("a pragma does not end with }")
		return
	}
	if text, ok := keyword(strings.TrimSpace(rest[1:end]), "attribute"); ok {
		name, value, _ := strings.Cut(text, ":=")
		unquote := func(s string) string { return strings.Trim(strings.TrimSpace(s), "'") }
		p.pending = append(p.pending, Attribute{Name: unquote(name), Value: unquote(value)})
	}
	p.line += strings.Count(rest[:end], "\n")
	p.at += end + 1
}

func (p *declarationText) more() bool {
	p.skip()
	return p.err == nil && p.at < len(p.src)
}

func (p *declarationText) accept(text string) bool {
	if p.skip(); p.err != nil || !strings.HasPrefix(p.src[p.at:], text) {
		return false
	}
	p.at += len(text)
	return true
}

func (p *declarationText) expect(text, behind string) {
	if !p.accept(text) {
		p.fail("%s instead of %s behind %s", p.rest(), text, behind)
	}
}

func (p *declarationText) rest() string {
	if p.at >= len(p.src) {
		return "the end"
	}
	rest, _, _ := strings.Cut(p.src[p.at:], "\n")
	return fmt.Sprintf("%q", shorten(strings.TrimSpace(rest)))
}

// word reads a name or a keyword, empty where there is none.
func (p *declarationText) word() string {
	p.skip()
	start := p.at
	for p.at < len(p.src) {
		c := p.src[p.at]
		if c != '_' && c != '.' && c < 0x80 && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
			break
		}
		p.at++
	}
	return p.src[start:p.at]
}

// peek returns the next word in upper case and does not take it.
func (p *declarationText) peek() string {
	p.skip()
	at := p.at
	word := p.word()
	p.at = at
	return strings.ToUpper(word)
}

func (p *declarationText) name(of string) string {
	name := p.word()
	if name == "" {
		p.fail("%s instead of the name of %s", p.rest(), of)
	}
	return name
}

// raw reads up to one of the texts that stands outside of brackets and quotes.
func (p *declarationText) raw(stops ...string) string {
	p.skip()
	var b strings.Builder
	depth := 0
	for p.at < len(p.src) {
		if depth == 0 {
			for _, stop := range stops {
				if strings.HasPrefix(p.src[p.at:], stop) {
					return strings.TrimSpace(b.String())
				}
			}
		}
		switch c := p.src[p.at]; c {
		case '(', '[':
			depth++
		case ')', ']':
			depth = max(0, depth-1)
		case '\'', '"':
			end := strings.IndexByte(p.src[p.at+1:], c)
			if end < 0 {
				p.fail("a text does not end with %c", c)
				return ""
			}
			b.WriteString(p.src[p.at : p.at+1+end])
			p.at += 1 + end
		case '\n':
			p.line++
		}
		b.WriteByte(p.src[p.at])
		p.at++
	}
	p.fail("the end instead of %s", stops[0])
	return ""
}

func (p *declarationText) takeAttributes() []Attribute {
	attributes := p.pending
	p.pending = nil
	return attributes
}

// unit reads one TYPE, FUNCTION_BLOCK, PROGRAM, METHOD or list of variables.
func (p *declarationText) unit() {
	switch keyword := p.peek(); keyword {
	case "TYPE":
		p.word()
		for p.err == nil && p.peek() != "END_TYPE" {
			p.typeDeclaration()
		}
		p.word()
		p.accept(";")
	case "FUNCTION_BLOCK":
		p.word()
		p.functionBlock()
	case "PROGRAM":
		p.word()
		p.program, p.block, p.method = p.name("a program"), nil, nil
		p.pending = nil
	case "METHOD":
		p.word()
		p.methodDeclaration()
	case "END_FUNCTION_BLOCK", "END_PROGRAM", "END_METHOD":
		p.word()
		p.method = nil
		if keyword != "END_METHOD" {
			p.program, p.block = "", nil
		}
		p.accept(";")
	default:
		if !strings.HasPrefix(keyword, "VAR") {
			p.fail("%s instead of TYPE, FUNCTION_BLOCK, PROGRAM, METHOD or VAR", p.rest())
			return
		}
		p.word()
		p.variables(keyword)
	}
}

func (p *declarationText) typeDeclaration() {
	attributes := p.takeAttributes()
	name := p.name("a type")
	extends := ""
	if p.peek() == "EXTENDS" {
		p.word()
		extends = p.name("the type that is extended")
	}
	p.expect(":", name)
	if p.err != nil {
		return
	}
	var t *TypeDeclaration
	switch p.peek() {
	case "STRUCT":
		p.word()
		t = p.d.Structure(name, p.members("END_STRUCT", Local)...).Extends(extends)
	case "UNION":
		p.word()
		t = p.d.Union(name, p.members("END_UNION", Local)...)
	default:
		if p.accept("(") {
			t = p.enum(name)
		} else {
			t = p.d.Alias(name, p.raw(":=", ";"))
			p.initial()
		}
	}
	for _, a := range attributes {
		t.Attribute(a.Name, a.Value)
	}
}

// initial passes the initial value and the semicolon.
func (p *declarationText) initial() {
	if p.accept(":=") {
		p.raw(";")
	}
	p.expect(";", "a declaration")
}

func (p *declarationText) enum(name string) *TypeDeclaration {
	var values []EnumValue
	next := int64(0)
	for p.err == nil {
		value := EnumValue{Name: p.name("a value"), Value: next}
		if p.accept(":=") {
			text := p.raw(",", ")")
			n, ok := parseNumber(text)
			if !ok || n.isFloat {
				p.fail("the value of %s is %q, which is no integer", value.Name, text)
			}
			value.Value = n.int()
		}
		values = append(values, value)
		next = value.Value + 1
		if p.accept(")") {
			break
		}
		p.expect(",", "a value of "+name)
		p.note = &values[len(values)-1].Comment
		p.skip()
		p.note = nil
	}
	base := p.raw(":=", ";")
	p.initial()
	return p.d.Enum(name, base, values...)
}

func (p *declarationText) functionBlock() {
	attributes := p.takeAttributes()
	name := p.qualified("a function block")
	t := p.d.FunctionBlock(name)
	for _, a := range attributes {
		t.Attribute(a.Name, a.Value)
	}
	if p.peek() == "EXTENDS" {
		p.word()
		t.Extends(p.name("the function block that is extended"))
	}
	if p.peek() == "IMPLEMENTS" {
		p.word()
		for p.name("an interface"); p.accept(","); {
			p.name("an interface")
		}
	}
	p.block, p.method, p.program = t, nil, ""
}

// qualified reads a name behind words such as PUBLIC and ABSTRACT.
func (p *declarationText) qualified(of string) string {
	for {
		switch p.peek() {
		case "PUBLIC", "PRIVATE", "PROTECTED", "INTERNAL", "FINAL", "ABSTRACT":
			p.word()
		default:
			return p.name(of)
		}
	}
}

func (p *declarationText) methodDeclaration() {
	p.pending = nil
	name := p.qualified("a method")
	if p.block == nil {
		p.fail("METHOD %s stands behind no FUNCTION_BLOCK", name)
		return
	}
	returns := ""
	if p.accept(":") {
		p.skip()
		returns, _, _ = strings.Cut(p.src[p.at:], "\n")
		for at := range len(returns) {
			if hasPrefixFold(returns[at:], "VAR") {
				returns = returns[:at]
				break
			}
		}
		if at := strings.IndexAny(returns, ";/{"); at >= 0 {
			returns = returns[:at]
		}
		p.at += len(returns)
		p.accept(";")
	}
	p.block.Method(name, strings.TrimSpace(returns))
	p.method = &p.block.t.methods[len(p.block.t.methods)-1]
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// variables reads VAR … END_VAR.
func (p *declarationText) variables(section string) {
	for {
		switch p.peek() {
		case "CONSTANT", "PERSISTENT", "RETAIN":
			p.word()
			continue
		}
		break
	}
	direction := map[string]Direction{"VAR_INPUT": Input, "VAR_OUTPUT": Output, "VAR_IN_OUT": InOut}[section]
	switch {
	case section == "VAR_GLOBAL":
		p.symbols(p.globals)
		return
	case p.program != "" && section != "VAR_TEMP":
		p.symbols(p.program)
		return
	}
	members := p.members("END_VAR", direction)
	p.accept(";")
	switch {
	case section == "VAR_TEMP" || section == "VAR_STAT" || section == "VAR_INST":
	case p.method != nil && direction != Local:
		p.method.Parameters = append(p.method.Parameters, members...)
	case p.method != nil:
	case p.block != nil:
		p.block.t.members = append(p.block.t.members, members...)
	default:
		p.fail("%s belongs to no PROGRAM and no FUNCTION_BLOCK", section)
	}
}

func (p *declarationText) symbols(prefix string) {
	for _, m := range p.placedMembers("END_VAR", Local) {
		name := m.Name
		if prefix != "" {
			name = prefix + "." + name
		}
		s := p.d.Symbol(name, m.Type).Comment(m.Comment)
		s.entry.Attributes = m.Attributes
		if m.at != "" {
			s.At(m.at)
		}
	}
	p.accept(";")
}

// placedMember is a variable with its direct address.
type placedMember struct {
	Member
	at string
}

func (p *declarationText) members(end string, direction Direction) []Member {
	var members []Member
	for _, m := range p.placedMembers(end, direction) {
		members = append(members, m.Member)
	}
	return members
}

func (p *declarationText) placedMembers(end string, direction Direction) []placedMember {
	var all []placedMember
	for p.err == nil && p.peek() != end {
		attributes := p.takeAttributes()
		first := len(all)
		for {
			all = append(all, placedMember{Member: Member{Name: p.name("a variable"), Attributes: attributes, Direction: direction}})
			if p.err != nil || !p.accept(",") {
				break
			}
		}
		at := ""
		if p.peek() == "AT" {
			p.word()
			at = p.raw(":")
		}
		p.expect(":", all[len(all)-1].Name)
		if p.err != nil {
			return all
		}
		typ := p.raw(":=", ";")
		p.initial()
		comment := ""
		p.note = &comment
		p.skip()
		p.note = nil
		for i := range all[first:] {
			m := &all[first+i]
			m.Type, m.at, m.Comment = typ, at, comment
		}
	}
	p.word()
	p.pending = nil
	return all
}
