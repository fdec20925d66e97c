package conformance

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"stellwerk/iec104/asdu"
)

// The values of a device file. Each says in a sentence what it must be, where it
// stands.

type (
	number   int64         // a whole number
	real     float64       // a number
	flag     bool          // true or false
	word     string        // a text
	typeName asdu.TypeID   // a type identification, by name or number
	duration time.Duration // a time span such as 10s
)

// wrong says what is wrong with a value.
func wrong(node ast.Node, format string, arguments ...any) error {
	return &yaml.SyntaxError{Message: fmt.Sprintf(format, arguments...), Token: node.GetToken()}
}

// single returns a value that is no list and no section.
func single(node ast.Node, wanted string) (ast.Node, error) {
	if anchor, ok := node.(*ast.AnchorNode); ok {
		node = anchor.Value
	}
	switch node.(type) {
	case *ast.AliasNode:
		return nil, wrong(node, "an alias cannot stand here: write %s itself", wanted)
	case *ast.TagNode:
		return nil, wrong(node, "a tag cannot stand here: write %s alone", wanted)
	case *ast.SequenceNode:
		return nil, wrong(node, "a list cannot stand here: write %s", wanted)
	case *ast.MappingNode, *ast.MappingValueNode:
		return nil, wrong(node, "a section cannot stand here: write %s", wanted)
	}
	return node, nil
}

// UnmarshalYAML is part of [yaml.NodeUnmarshaler].
func (n *number) UnmarshalYAML(node ast.Node) error {
	node, err := single(node, "a whole number")
	if err != nil {
		return err
	}
	text := node.GetToken().Value
	if f, ok := node.(*ast.FloatNode); ok && f.Value == math.Trunc(f.Value) && math.Abs(f.Value) < 1<<53 {
		*n = number(f.Value) // 1.0
		return nil
	}
	value, err := strconv.ParseInt(text, 10, 64)
	if i, ok := node.(*ast.IntegerNode); ok && err != nil {
		value, err = strconv.ParseInt(fmt.Sprint(i.Value), 10, 64) // 0x10
	}
	if errors.Is(err, strconv.ErrRange) {
		return wrong(node, "%s is too large a number", text)
	}
	if err != nil {
		return wrong(node, "%q is no whole number", text)
	}
	*n = number(value)
	return nil
}

// UnmarshalYAML is part of [yaml.NodeUnmarshaler].
func (r *real) UnmarshalYAML(node ast.Node) error {
	node, err := single(node, "a number")
	if err != nil {
		return err
	}
	text := node.GetToken().Value
	value, err := strconv.ParseFloat(text, 64)
	if i, ok := node.(*ast.IntegerNode); ok && err != nil {
		value, err = strconv.ParseFloat(fmt.Sprint(i.Value), 64) // 0x10
	}
	if err != nil || math.IsNaN(value) || math.IsInf(value, 0) {
		return wrong(node, "%q is no number that can be used here: write one such as 1.5", text)
	}
	*r = real(value)
	return nil
}

// UnmarshalYAML is part of [yaml.NodeUnmarshaler].
func (f *flag) UnmarshalYAML(node ast.Node) error {
	node, err := single(node, "true or false")
	if err != nil {
		return err
	}
	value, ok := node.(*ast.BoolNode)
	if !ok {
		return wrong(node, "%q is neither true nor false", node.GetToken().Value)
	}
	*f = flag(value.Value)
	return nil
}

// UnmarshalYAML is part of [yaml.NodeUnmarshaler].
func (w *word) UnmarshalYAML(node ast.Node) error {
	node, err := single(node, "a name")
	if err != nil {
		return err
	}
	*w = word(node.GetToken().Value)
	return nil
}

// UnmarshalYAML is part of [yaml.NodeUnmarshaler].
func (t *typeName) UnmarshalYAML(node ast.Node) error {
	node, err := single(node, "a type identification such as M_SP_NA_1")
	if err != nil {
		return err
	}
	text := node.GetToken().Value
	if id, ok := asdu.ParseTypeID(text); ok {
		*t = typeName(id)
		return nil
	}
	number, err := strconv.ParseUint(text, 10, 8)
	if err != nil || number == 0 {
		return wrong(node, "%q is no type identification: write a name such as M_SP_NA_1, or a number from 1 to 255", text)
	}
	*t = typeName(number)
	return nil
}

// MarshalText is part of [encoding.TextMarshaler].
func (t typeName) MarshalText() ([]byte, error) { return []byte(asdu.TypeID(t).String()), nil }

// UnmarshalYAML is part of [yaml.NodeUnmarshaler].
func (d *duration) UnmarshalYAML(node ast.Node) error {
	node, err := single(node, "a time span such as 10s")
	if err != nil {
		return err
	}
	text := node.GetToken().Value
	span, err := time.ParseDuration(text)
	if err != nil || span < 0 {
		return wrong(node, "%q is no time span: write 10s, 500ms or 2m", text)
	}
	*d = duration(span)
	return nil
}

// MarshalText is part of [encoding.TextMarshaler].
func (d duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }
