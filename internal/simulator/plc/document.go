package plc

import (
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"stellwerk/ads/symbol"
	"stellwerk/internal/config"
)

// document is a declaration in YAML.
type document struct {
	NetID        word             `yaml:"net_id"`
	Port         word             `yaml:"port"`
	Name         word             `yaml:"name"`
	Version      word             `yaml:"version"`
	TwinCAT      word             `yaml:"twincat"`
	Declarations word             `yaml:"declarations"`
	Types        []declaredType   `yaml:"types"`
	Symbols      []declaredSymbol `yaml:"symbols"`
	Values       []declaredValue  `yaml:"values"`
}

type declaredType struct {
	Name    word            `yaml:"name"`
	Comment word            `yaml:"comment"`
	Fields  []declaredField `yaml:"fields"`
	Values  enumValues      `yaml:"values"`
	Base    word            `yaml:"base"`
	Alias   word            `yaml:"alias"`
}

type declaredField struct {
	Name    word `yaml:"name"`
	Type    word `yaml:"type"`
	Comment word `yaml:"comment"`
}

type declaredSymbol struct {
	Name     word      `yaml:"name"`
	Type     word      `yaml:"type"`
	Comment  word      `yaml:"comment"`
	At       word      `yaml:"at"`
	ReadOnly bool      `yaml:"read_only"`
	Value    word      `yaml:"value"`
	Moves    *movement `yaml:"moves"`
}

type declaredValue struct {
	Path  word      `yaml:"path"`
	Value word      `yaml:"value"`
	Moves *movement `yaml:"moves"`
}

type movement struct {
	Shape  word     `yaml:"shape"`
	Period word     `yaml:"period"`
	Low    *float64 `yaml:"low"`
	High   *float64 `yaml:"high"`
}

// word is a value with its place in the file. The text is that of a single value.
type word struct {
	text  string
	value any
	node  ast.Node
}

// UnmarshalYAML reads any value.
func (w *word) UnmarshalYAML(node ast.Node) error {
	w.node = node
	if err := yaml.NodeToValue(node, &w.value); err != nil {
		return err
	}
	switch v := w.value.(type) {
	case string:
		w.text = v
	case map[string]any, []any, nil:
	default:
		w.text = node.GetToken().Value // 3.10 stays as it is written
	}
	return nil
}

// enumValues keep the order of the file.
type enumValues []symbol.EnumValue

// UnmarshalYAML reads names with their numbers.
func (e *enumValues) UnmarshalYAML(node ast.Node) error {
	var items yaml.MapSlice
	if err := yaml.NodeToValue(node, &items); err != nil {
		return err
	}
	*e = enumValues{}
	for _, item := range items {
		value := symbol.EnumValue{Name: fmt.Sprint(item.Key)}
		switch n := item.Value.(type) {
		case int64:
			value.Value = n
		case uint64:
			value.Value = int64(n)
		case int:
			value.Value = int64(n)
		default:
			return &yaml.SyntaxError{Message: fmt.Sprintf("the value of %s must be a whole number", value.Name), Token: node.GetToken()}
		}
		*e = append(*e, value)
	}
	return nil
}

// maxProblems is how many problems are told.
const maxProblems = 20

// reader collects what is wrong with a file.
type reader struct {
	file     string
	lines    []string
	problems config.Problems
}

// parse makes a model of a declaration in YAML.
func parse(file string, data []byte) (m *Model, err error) {
	r := &reader{file: file, lines: strings.Split(string(data), "\n")}
	defer func() {
		// The parser is not ours; what it cannot bear is a mistake in the file.
		if recover() != nil {
			m, err = nil, fmt.Errorf("%s is not YAML: it cannot be parsed", file)
		}
	}()
	var f document
	if err := yaml.UnmarshalWithOptions(data, &f, yaml.Strict()); err != nil {
		r.syntax(err)
		return nil, &r.problems
	}
	m = f.declare(r)
	if r.failed() {
		return nil, &r.problems
	}
	return m, nil
}

func (r *reader) failed() bool { return len(r.problems.List) > 0 }

// syntax reports what the parser has found.
func (r *reader) syntax(err error) {
	var known yaml.Error
	if errors.As(err, &known) && known.GetToken() != nil {
		at := known.GetToken().Position
		r.add(at.Line, at.Column, len(strings.TrimSpace(known.GetToken().Value)), known.GetMessage())
		return
	}
	r.add(0, 0, 0, err.Error())
}

// report tells of something wrong at a place, which may be none.
func (r *reader) report(at word, format string, arguments ...any) {
	line, column, width := 0, 0, 0
	if at.node != nil {
		t := at.node.GetToken()
		line, column, width = t.Position.Line, t.Position.Column, len([]rune(strings.TrimSpace(t.Value)))
	}
	r.add(line, column, width, fmt.Sprintf(format, arguments...))
}

// reportLine tells of something wrong in a line of a text.
func (r *reader) reportLine(at word, line int, text string) {
	first := 0
	if at.node != nil {
		first = at.node.GetToken().Position.Line // that of the sign | before a text of several lines
	}
	if !strings.Contains(at.text, "\n") {
		line = 0
	}
	r.add(first+line, 1, 1<<20, text)
}

func (r *reader) add(line, column, width int, text string) {
	if len(r.problems.List) >= maxProblems {
		r.problems.More++
		return
	}
	p := config.Problem{Position: config.Position{File: r.file, Line: line, Column: column}, Text: text}
	if line > 0 && line <= len(r.lines) {
		p.Source, p.Start, p.Width = strings.TrimRight(r.lines[line-1], "\r"), max(0, column-1), max(1, width)
	}
	r.problems.List = append(r.problems.List, p)
}
