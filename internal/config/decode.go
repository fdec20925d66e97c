package config

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Bounds of what is read. They are far above what people write, and keep a file
// that is none from eating the machine.
const (
	maxYAML  = 16 << 20 // octets of a YAML file
	maxDepth = 100      // lists and sections within each other
	maxNodes = 4 << 20  // values, those that aliases repeat included
)

// decoder reads the tree of a YAML file into structs. It goes on after a
// mistake, so that all of them are told at once.
type decoder struct {
	file    string
	report  *reporter
	anchors map[string]ast.Node
	spans   map[string]span // where each key of the section being read stands, by its path
	nodes   int
}

// parseYAML gives the top of the tree, or nil after it has reported why not.
func parseYAML(file string, data []byte, r *reporter) (top ast.Node) {
	whole := span{position: Position{File: file}}
	if len(data) > maxYAML {
		r.opened(file, "")
		r.report(whole, "the file has %d octets, at most %d are read; put long signal lists into CSV or XLSX files", len(data), maxYAML)
		return nil
	}
	text := strings.TrimPrefix(string(data), "\ufeff")
	r.opened(file, text)
	if at := firstInvalid(text); at.Line > 0 {
		at.File = file
		r.report(span{at, 1}, "the file is not in UTF-8: this octet belongs to no character")
		return nil
	}
	if at := tooDeep(text); at.Line > 0 {
		at.File = file
		r.report(span{at, 1}, "more than %d lists and sections within each other", maxDepth)
		return nil
	}
	defer func() {
		// The parser is not ours; what it cannot bear is a mistake in the file.
		if recover() != nil {
			top = nil
			r.report(whole, "the file is not YAML: it cannot be parsed")
		}
	}()
	parsed, err := parser.ParseBytes([]byte(text), 0, parser.AllowDuplicateMapKey())
	if err != nil {
		d := decoder{file: file}
		at, message := whole, err.Error()
		if detailed, ok := errors.AsType[yaml.Error](err); ok {
			at, message = d.spanOf(detailed.GetToken()), detailed.GetMessage()
		}
		r.report(at, "the file is not YAML: %s", message)
		return nil
	}
	for _, document := range parsed.Docs {
		switch {
		case document.Body == nil:
		case top != nil:
			d := decoder{file: file}
			r.report(d.at(document.Body), "a second document: a configuration is one YAML document")
			return nil
		default:
			top = document.Body
		}
	}
	if top == nil {
		r.report(whole, "the file is empty: a configuration has the keys %s", strings.Join(topKeys(), ", "))
	}
	return top
}

// tooDeep finds the place where brackets, or dashes in a row, lie deeper within
// each other than any parser needs to go. Indentation costs the writer a line for
// each level and bounds itself.
func tooDeep(text string) Position {
	line, column, brackets, dashes, quote := 1, 0, 0, 0, rune(0)
	for _, c := range text {
		column++
		switch {
		case c == '\n':
			line, column, dashes, quote = line+1, 0, 0, 0
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '[' || c == '{':
			brackets++
		case c == ']' || c == '}':
			brackets = max(0, brackets-1)
		case c == '-' || c == '?' || c == ':':
			dashes++
		case c != ' ':
			dashes = 0
		}
		if brackets > maxDepth || dashes > maxDepth {
			return Position{Line: line, Column: column}
		}
	}
	return Position{}
}

// firstInvalid finds the first octet that is not UTF-8.
func firstInvalid(text string) Position {
	if utf8.ValidString(text) {
		return Position{}
	}
	line, column := 1, 0
	for i, r := range text {
		column++
		if r == '\n' {
			line, column = line+1, 0
		}
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(text[i:]); size == 1 {
				break
			}
		}
	}
	return Position{Line: line, Column: column}
}

// spanOf says where a token stands.
func (d *decoder) spanOf(tk *token.Token) span {
	if tk == nil || tk.Position == nil {
		return span{position: Position{File: d.file}}
	}
	first, _, _ := strings.Cut(strings.TrimSpace(tk.Origin), "\n")
	return span{
		position: Position{File: d.file, Line: tk.Position.Line, Column: tk.Position.Column},
		width:    utf8.RuneCountInString(first),
	}
}

// at says where a node begins. A section begins with its first key.
func (d *decoder) at(node ast.Node) span {
	switch n := node.(type) {
	case *ast.MappingNode:
		if len(n.Values) > 0 {
			return d.at(n.Values[0].Key)
		}
	case *ast.MappingValueNode:
		return d.at(n.Key)
	}
	if node == nil {
		return span{position: Position{File: d.file}}
	}
	return d.spanOf(node.GetToken())
}

// entry is one key of a section with its value.
type entry struct {
	key   string
	at    span
	value ast.Node
}

// resolve follows anchors, aliases and tags to what they stand for. It gives nil
// after it has reported why there is nothing.
func (d *decoder) resolve(node ast.Node) ast.Node {
	if d.nodes++; d.nodes > maxNodes {
		if d.nodes == maxNodes+1 {
			d.report.report(d.at(node), "too many values, those that aliases repeat included")
		}
		return nil
	}
	for range maxDepth {
		switch n := node.(type) {
		case *ast.AnchorNode:
			if d.anchors == nil {
				d.anchors = make(map[string]ast.Node)
			}
			d.anchors[n.Name.GetToken().Value] = n.Value
			node = n.Value
		case *ast.AliasNode:
			name := n.Value.GetToken().Value
			target, known := d.anchors[name]
			if !known {
				d.report.report(d.at(n.Value), "there is no anchor &%s before this alias", name)
				return nil
			}
			node = target
		case *ast.TagNode:
			node = n.Value
		case nil:
			return nil
		default:
			return node
		}
	}
	d.report.report(d.at(node), "aliases that lead back to themselves")
	return nil
}

// entries takes a section apart and reports keys that stand twice. It gives false after it has reported that the node is no section.
func (d *decoder) entries(node ast.Node, path string, depth int) ([]entry, bool) {
	if node = d.resolve(node); node == nil {
		return nil, false
	}
	if _, empty := node.(*ast.NullNode); empty {
		return nil, true
	}
	section, ok := node.(ast.MapNode)
	if !ok {
		d.report.report(d.at(node), "%s must be a section of keys and values", path)
		return nil, false
	}
	if depth > maxDepth {
		d.report.report(d.at(node), "sections within each other without end")
		return nil, false
	}
	var list []entry
	own := make(map[string]int) // line of each key
	for each := section.MapRange(); each.Next(); {
		if key := each.Key(); !key.IsMergeKey() {
			e := entry{key: scalarText(key), at: d.at(key), value: each.Value()}
			if line, twice := own[e.key]; twice {
				d.report.report(e.at, "key %q stands here a second time, first in line %d", e.key, line)
				continue
			}
			own[e.key] = e.at.position.Line
			list = append(list, e)
		}
	}
	// What is merged never stands in the way of what the section says itself.
	for each := section.MapRange(); each.Next(); {
		if each.Key().IsMergeKey() {
			merged, _ := d.entries(each.Value(), path, depth+1)
			for _, e := range merged {
				if _, given := own[e.key]; !given {
					own[e.key] = e.at.position.Line
					list = append(list, e)
				}
			}
		}
	}
	return list, true
}

// place says where a report about a key points: at its value if that is short, and
// else at the key.
func (d *decoder) place(e entry) span {
	if _, scalar := e.value.(ast.ScalarNode); scalar {
		if at := d.at(e.value); at.width > 0 {
			return at
		}
	}
	return e.at
}

// scalarText gives a scalar as it is written, without quotes.
func scalarText(node ast.Node) string {
	switch n := node.(type) {
	case *ast.MappingKeyNode:
		return scalarText(n.Value)
	case *ast.LiteralNode:
		return n.Value.Value
	}
	if tk := node.GetToken(); tk != nil {
		return tk.Value
	}
	return ""
}

// value reads a node into v. path names it in messages and in spans.
func (d *decoder) value(node ast.Node, v reflect.Value, info *fieldInfo, path string, depth int) {
	if node = d.resolve(node); node == nil {
		return
	}
	if _, null := node.(*ast.NullNode); null {
		if info.required {
			d.report.report(d.at(node), "%s is empty", path)
		}
		return
	}
	if isText(v.Type()) {
		d.scalar(node, v, info, path)
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		d.value(node, v.Elem(), info, path, depth)
	case reflect.Struct:
		d.section(node, v, path, depth)
	case reflect.Slice:
		d.list(node, v, info, path, depth)
	case reflect.Map:
		d.table(node, v, path, depth)
	default:
		d.scalar(node, v, info, path)
	}
}

func (d *decoder) scalar(node ast.Node, v reflect.Value, info *fieldInfo, path string) {
	if _, ok := node.(ast.ScalarNode); !ok {
		d.report.report(d.at(node), "%s must be a single value", path)
		return
	}
	if err := setScalar(v, scalarText(node), info); err != nil {
		d.report.report(d.at(node), "%s: %v", path, err)
	}
}

// section reads keys into the fields of a struct.
func (d *decoder) section(node ast.Node, v reflect.Value, path string, depth int) {
	list, ok := d.entries(node, path, depth)
	if !ok {
		return
	}
	d.fields(list, d.at(node), v, path, depth)
}

func (d *decoder) fields(list []entry, at span, v reflect.Value, path string, depth int) {
	fields := fieldsOf(v.Type())
	given := make(map[string]bool)
	for _, e := range list {
		info := fieldOf(fields, e.key)
		if info == nil {
			d.report.report(e.at, "unknown key %q in %s%s", e.key, path, DidYouMean(e.key, keysOf(fields)))
			continue
		}
		given[e.key] = true
		full := path + "." + e.key
		d.spans[full] = d.place(e)
		d.value(e.value, v.FieldByIndex(info.index), info, full, depth+1)
	}
	for _, info := range fields {
		if info.required && !given[info.key] {
			d.report.report(at, "%s lacks the key %q: %s", path, info.key, info.help)
		}
	}
}

func fieldOf(fields []fieldInfo, key string) *fieldInfo {
	for i := range fields {
		if fields[i].key == key {
			return &fields[i]
		}
	}
	return nil
}

func keysOf(fields []fieldInfo) []string {
	keys := make([]string, len(fields))
	for i, info := range fields {
		keys[i] = info.key
	}
	return keys
}

// list reads the items of a list; a single value counts as a list of one.
func (d *decoder) list(node ast.Node, v reflect.Value, info *fieldInfo, path string, depth int) {
	if _, scalar := node.(ast.ScalarNode); scalar && isText(v.Type().Elem()) {
		d.words(node, v, info, path)
		return
	}
	items := []ast.Node{node}
	if sequence, ok := node.(*ast.SequenceNode); ok {
		items = sequence.Values
	}
	if depth > maxDepth {
		d.report.report(d.at(node), "lists within each other without end")
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(items), len(items)))
	for i, item := range items {
		name := fmt.Sprintf("%s[%d]", path, i+1)
		d.spans[name] = d.at(item)
		d.value(item, v.Index(i), info, name, depth+1)
	}
}

// words reads what is separated by blanks, as in a cell of a signal list.
func (d *decoder) words(node ast.Node, v reflect.Value, info *fieldInfo, path string) {
	for word := range strings.FieldsSeq(scalarText(node)) {
		item := reflect.New(v.Type().Elem()).Elem()
		if err := setScalar(item, word, info); err != nil {
			d.report.report(d.at(node), "%s: %v", path, err)
			return
		}
		v.Set(reflect.Append(v, item))
	}
}

// table reads a section whose keys the user chooses.
func (d *decoder) table(node ast.Node, v reflect.Value, path string, depth int) {
	list, ok := d.entries(node, path, depth)
	if !ok {
		return
	}
	v.Set(reflect.MakeMapWithSize(v.Type(), len(list)))
	for _, e := range list {
		item := reflect.New(v.Type().Elem()).Elem()
		full := path + "." + e.key
		d.spans[full] = d.place(e)
		d.value(e.value, item, &fieldInfo{}, full, depth+1)
		v.SetMapIndex(reflect.ValueOf(e.key).Convert(v.Type().Key()), item)
	}
}
