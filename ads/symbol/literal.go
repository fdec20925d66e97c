package symbol

import (
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"
)

// ParseText reads a value as people write it on a command line or in a file,
// and returns what [Type.Decode] would make of its octets:
//
//	12  -3  16#FF  2#1010  0x1F  INT#5        integers
//	1.5  1e3  NaN  +Inf                       REAL and LREAL
//	TRUE  false  1  0                         BOOL and BIT
//	'it$'s'  "it's"  it's                     texts; $ escapes in single quotes as in IEC 61131-3,
//	                                          JSON's escapes in double quotes, none without quotes
//	T#1m30s  90s  TOD#12:30:00  12:30         times
//	D#2026-01-31  DT#2026-01-31-12:30:00      dates, also as in RFC 3339
//	Run  E_State.Run  10                      enumerations
//	[1,2,3]  [3(0),7]  [[1,2],[3,4]]          arrays; a list of all elements may also be flat
//	{a:=1, b:=2}  (a:=1)  {"a":1,"b":2}       structures; fields may be missing
//
// What does not fit gives a [*ValueError].
func (t *Type) ParseText(text string) (any, error) {
	if err := t.checkSize(); err != nil {
		return nil, err
	}
	if t.Kind == KindString || t.Kind == KindWString {
		trimmed := strings.TrimSpace(text)
		if trimmed == "" || trimmed[0] != '\'' && trimmed[0] != '"' {
			return t.scalar(text, true)
		}
	}
	p := literal{text: text}
	value, err := p.value(t, true)
	if err != nil {
		return nil, err
	}
	if p.space(); p.at < len(p.text) {
		return nil, t.wrong("%q follows the value at column %d", shorten(p.text[p.at:]), p.at+1)
	}
	return value, nil
}

// literal walks the text of a value.
type literal struct {
	text string
	at   int
}

func (p *literal) space() {
	for p.at < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.at]) >= 0 {
		p.at++
	}
}

// next tells the next character that is no white space, 0 at the end.
func (p *literal) next() byte {
	if p.space(); p.at < len(p.text) {
		return p.text[p.at]
	}
	return 0
}

// accept takes a character if it is next.
func (p *literal) accept(c byte) bool {
	if p.next() != c {
		return false
	}
	p.at++
	return true
}

// rest shows what is next, for errors.
func (p *literal) rest() string {
	if p.space(); p.at >= len(p.text) {
		return "the end"
	}
	return strconv.Quote(shorten(p.text[p.at:]))
}

func (p *literal) value(t *Type, outermost bool) (any, error) {
	switch c := p.next(); {
	case t.Kind.composite():
		return p.structure(t)
	case t.Kind == KindArray:
		return p.array(t)
	case c == '\'' || c == '"':
		text, err := p.quoted(t)
		if err != nil {
			return nil, err
		}
		return t.scalar(text, true)
	}
	start := p.at
	if outermost {
		p.at = len(p.text)
	} else if end := strings.IndexAny(p.text[p.at:], ",]})"); end >= 0 {
		p.at += end
	} else {
		p.at = len(p.text)
	}
	return t.scalar(strings.TrimSpace(p.text[start:p.at]), false)
}

// scalar makes a value of the text of an elementary one.
func (t *Type) scalar(text string, quoted bool) (any, error) {
	var value any = text
	switch t.Kind {
	case KindBool, KindBit:
		name := strings.TrimPrefix(fold(text), "BOOL#")
		switch name {
		case "TRUE", "1":
			value = true
		case "FALSE", "0":
			value = false
		}
	case KindString, KindWString:
		if !quoted {
			return nil, t.wrong("%q stands without quotes, 'text' has them", shorten(text))
		}
	case KindEnum:
		name := text
		if at := strings.LastIndexByte(name, '#'); at >= 0 && strings.EqualFold(name[:at], t.Name) {
			name = name[at+1:]
		}
		value = name
		if _, known := t.EnumValue(name); !known {
			if n, ok := parseNumber(name); ok {
				value = json.Number(n.String())
			}
		}
	case KindTime, KindLTime, KindTimeOfDay, KindLTimeOfDay, KindDate, KindLDate, KindDateTime, KindLDateTime, KindOpaque:
	default:
		if n, ok := parseNumber(text); ok {
			value = json.Number(n.String())
		}
	}
	data := make([]byte, t.Size)
	if err := t.encode(data, 0, value, false); err != nil {
		return nil, err
	}
	return t.decode(data, 0)
}

func (p *literal) structure(t *Type) (any, error) {
	var end byte
	switch {
	case p.accept('{'):
		end = '}'
	case p.accept('('):
		end = ')'
	default:
		return nil, t.wrong("%s, a structure is written {name:=value, …}", p.rest())
	}
	s := Struct{}
	if p.accept(end) {
		return s, nil
	}
	for {
		name, err := p.name(t)
		if err != nil {
			return nil, err
		}
		i, ok := t.field(name)
		if !ok {
			return nil, t.unknownField(name)
		}
		field := &t.Fields[i]
		if _, twice := s.Get(field.Name); twice {
			return nil, t.wrong("the field %s is given twice", field.Name)
		}
		value, err := p.value(field.Type, false)
		if err != nil {
			return nil, withinField(err, field.Name)
		}
		s.Fields = append(s.Fields, FieldValue{Name: field.Name, Value: value})
		switch {
		case p.accept(','):
		case p.accept(end):
			return s, nil
		default:
			return nil, t.wrong("%s instead of , or %c", p.rest(), end)
		}
	}
}

// name reads the name of a field and what stands between it and the value.
func (p *literal) name(t *Type) (string, error) {
	var name string
	if c := p.next(); c == '"' || c == '\'' {
		var err error
		if name, err = p.quoted(t); err != nil {
			return "", err
		}
	} else {
		start := p.at
		if end := strings.IndexAny(p.text[p.at:], ":= \t\r\n,"); end >= 0 {
			p.at += end
		}
		name = p.text[start:p.at]
	}
	if p.accept(':') {
		if p.at < len(p.text) && p.text[p.at] == '=' {
			p.at++
		}
	} else if !p.accept('=') {
		return "", t.wrong("%s instead of := behind the name of a field", p.rest())
	}
	return name, nil
}

func (p *literal) array(t *Type) (any, error) { return p.dimension(t, t.Dimensions) }

func (p *literal) dimension(t *Type, dims []Dimension) (any, error) {
	if !p.accept('[') {
		return nil, t.wrong("%s, an array is written [value, …]", p.rest())
	}
	if len(dims) > 1 && p.next() == '[' {
		return p.nested(t, dims)
	}
	count, _ := elements(dims)
	var values []any
	for first := true; ; first = false {
		if first && p.accept(']') {
			break
		}
		times := p.repetition()
		if uint64(len(values))+times > count {
			return nil, t.wrong("more than the %d elements that it has", count)
		}
		value, err := p.value(t.Elem, false)
		if err != nil {
			return nil, t.withinElement(err, len(values))
		}
		for range max(1, times) {
			if uint64(len(values)) < count {
				values = append(values, value)
				continue
			}
			return nil, t.wrong("more than the %d elements that it has", count)
		}
		if times > 0 && !p.accept(')') {
			return nil, t.wrong("%s instead of ) behind the value that is repeated", p.rest())
		}
		if p.accept(']') {
			break
		}
		if !p.accept(',') {
			return nil, t.wrong("%s instead of , or ]", p.rest())
		}
	}
	if uint64(len(values)) != count {
		return nil, t.wrong("%d elements, it has %d", len(values), count)
	}
	return folded(values, dims), nil
}

// nested reads the inner lists of an array of several dimensions.
func (p *literal) nested(t *Type, dims []Dimension) (any, error) {
	var values []any
	for {
		if len(values) == int(dims[0].Elements) {
			return nil, t.wrong("more than the %d elements of the dimension %s", dims[0].Elements, dims[0])
		}
		inner, err := p.dimension(t, dims[1:])
		if err != nil {
			return nil, err
		}
		values = append(values, inner)
		if p.accept(']') {
			break
		}
		if !p.accept(',') {
			return nil, t.wrong("%s instead of , or ]", p.rest())
		}
	}
	if len(values) != int(dims[0].Elements) {
		return nil, t.wrongCount(len(values), dims[0])
	}
	return values, nil
}

// folded makes the levels of dimensions of a flat list.
func folded(values []any, dims []Dimension) []any {
	if len(dims) == 1 {
		if values == nil {
			values = []any{}
		}
		return values
	}
	below, _ := elements(dims[1:])
	levels := make([]any, dims[0].Elements)
	for i := range levels {
		levels[i] = folded(values[i*int(below):(i+1)*int(below)], dims[1:])
	}
	return levels
}

// repetition takes the "3(" of "3(0)", 0 where there is none.
func (p *literal) repetition() uint64 {
	p.next()
	end := p.at
	for end < len(p.text) && p.text[end] >= '0' && p.text[end] <= '9' {
		end++
	}
	if end == p.at || end == len(p.text) || p.text[end] != '(' {
		return 0
	}
	times, err := strconv.ParseUint(p.text[p.at:end], 10, 32)
	if err != nil || times == 0 {
		return 0
	}
	p.at = end + 1
	return times
}

// quoted reads a text in quotes.
func (p *literal) quoted(t *Type) (string, error) {
	quote := p.text[p.at]
	for end := p.at + 1; end < len(p.text); end++ {
		switch c := p.text[end]; {
		case c == '\\' && quote == '"', c == '$' && quote == '\'':
			end++
		case c == quote:
			inside := p.text[p.at : end+1]
			p.at = end + 1
			if quote == '"' {
				var s string
				if err := json.Unmarshal([]byte(inside), &s); err != nil {
					return "", t.wrong("%s is no text in double quotes, which has the escapes of JSON", shorten(inside))
				}
				return s, nil
			}
			return t.unescape(inside[1 : len(inside)-1])
		}
	}
	return "", t.wrong("the text %s has no closing quote", shorten(p.text[p.at:]))
}

// escapes are those of IEC 61131-3, 6.3.3, behind $.
var escapes = map[byte]string{
	'$': "$", '\'': "'", '"': `"`, 'L': "\n", 'l': "\n", 'N': "\n", 'n': "\n",
	'P': "\f", 'p': "\f", 'R': "\r", 'r': "\r", 'T': "\t", 't': "\t",
}

func (t *Type) unescape(s string) (string, error) {
	if strings.IndexByte(s, '$') < 0 {
		return s, nil
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '$' {
			b.WriteByte(s[i])
			continue
		}
		if i++; i < len(s) {
			if text, ok := escapes[s[i]]; ok {
				b.WriteString(text)
				continue
			}
			if i+1 < len(s) {
				if octet, err := hex.DecodeString(s[i : i+2]); err == nil {
					b.WriteString(t.octetPage().decode(octet))
					i++
					continue
				}
			}
		}
		return "", t.wrong("%q has a $ that $$, $', $N, $L, $R, $T, $P or two hexadecimal digits do not follow", shorten(s))
	}
	return b.String(), nil
}

// octetPage says which character an octet in hexadecimal digits is: one of the
// code page of a STRING, else one of Windows-1252.
func (t *Type) octetPage() CodePage {
	if t.Kind == KindString {
		return t.CodePage
	}
	return Windows1252
}

// appendQuoted writes a text in single quotes. Octets that are no UTF-8, which
// only a STRING of that code page can hold, are written as such.
func appendQuoted(dst []byte, s string) []byte {
	dst = append(dst, '\'')
	for i, r := range s {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], "\ufffd"):
			dst = append(dst, '$')
			dst = append(dst, strings.ToUpper(hex.EncodeToString([]byte{s[i]}))...)
		case r == '$' || r == '\'':
			dst = append(dst, '$', byte(r))
		case r == '\n':
			dst = append(dst, "$N"...)
		case r == '\r':
			dst = append(dst, "$R"...)
		case r == '\t':
			dst = append(dst, "$T"...)
		case r < 0x20 || r == 0x7f:
			dst = append(dst, '$')
			dst = append(dst, strings.ToUpper(hex.EncodeToString([]byte{byte(r)}))...)
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return append(dst, '\'')
}
