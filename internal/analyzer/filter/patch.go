package filter

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"

	"stellwerk/iec104/asdu"
	"stellwerk/websocket/frame"
)

// patch puts what people write into what the language knows, and refuses names
// that no line can have: a filter that never holds is a trap.
type patch struct {
	used  map[string]bool // names in the expression
	ports []ast.Node      // where port stands and is not replaced
	err   *file.Error     // the first
}

// Visit implements ast.Visitor.
func (p *patch) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.IdentifierNode:
		p.used[n.Value] = true
		if n.Value == "port" {
			p.ports = append(p.ports, n)
		}
	case *ast.CallNode:
		p.call(n)
	case *ast.BinaryNode:
		if replaced := p.binary(n); replaced != nil {
			ast.Patch(node, replaced)
		}
	}
}

func (p *patch) fail(at ast.Node, format string, args ...any) {
	if p.err == nil {
		p.err = &file.Error{Location: at.Location(), Message: fmt.Sprintf(format, args...)}
	}
}

// call checks the network that within is asked about.
func (p *patch) call(n *ast.CallNode) {
	if name(n.Callee) != "within" || len(n.Arguments) != 2 {
		return
	}
	text, ok := n.Arguments[1].(*ast.StringNode)
	if !ok {
		p.fail(n.Arguments[1], `the second argument of within must be a network in quotes, such as "10.0.0.0/8"`)
	} else if _, err := netip.ParsePrefix(text.Value); err != nil {
		p.fail(text, `%q is no network; one is written like "10.0.0.0/8"`, text.Value)
	}
}

// binary returns what replaces an operation, nil where nothing does.
func (p *patch) binary(n *ast.BinaryNode) ast.Node {
	left, right := name(n.Left), name(n.Right)
	switch {
	case left == "port":
		return p.port(n)
	case left == "cause":
		p.each(&n.Right, func(at *ast.Node, text string) {
			if cause, ok := asdu.ParseCause(text); ok {
				*at = &ast.IntegerNode{Value: int(cause)}
			} else {
				p.fail(*at, "there is no cause of transmission %q", text)
			}
		})
	case left == "type" && comparing(n.Operator):
		p.each(&n.Right, func(at *ast.Node, text string) {
			if id, ok := asdu.ParseTypeID(text); ok {
				*at = &ast.StringNode{Value: id.String()} // some have two names
			} else if !strings.HasPrefix(text, "private ") {
				p.fail(*at, "there is no type %q", text)
			}
		})
	case vocabulary[left] != nil:
		p.each(&n.Right, func(at *ast.Node, text string) {
			if comparing(n.Operator) && !vocabulary[left](text) {
				p.fail(*at, "no %s is %q", left, text)
			}
		})
	case left == "value" || right == "value":
		if slices.Contains([]string{"<", "<=", ">", ">="}, n.Operator) {
			return &ast.CallNode{
				Callee:    &ast.IdentifierNode{Value: "ordered"},
				Arguments: []ast.Node{&ast.StringNode{Value: n.Operator}, n.Left, n.Right},
			}
		}
	}
	return nil
}

func comparing(operator string) bool {
	return operator == "==" || operator == "!=" || operator == "in"
}

// port replaces a comparison with port by one with both ports.
func (p *patch) port(n *ast.BinaryNode) ast.Node {
	join := "or"
	switch n.Operator {
	case "==", "in":
	case "!=":
		join = "and"
	default:
		p.fail(n, "port is either of two: it can be compared with ==, != and in; src_port and dst_port with all others")
		return nil
	}
	p.ports = slices.DeleteFunc(p.ports, func(node ast.Node) bool { return node == n.Left })
	with := func(name string) ast.Node {
		return &ast.BinaryNode{Operator: n.Operator, Left: &ast.IdentifierNode{Value: name}, Right: n.Right}
	}
	return &ast.BinaryNode{Operator: join, Left: with("src_port"), Right: with("dst_port")}
}

// each visits the texts that a name is compared with: one, or a list. Every name
// can be compared with the empty text, which stands for none.
func (p *patch) each(node *ast.Node, visit func(at *ast.Node, text string)) {
	switch n := (*node).(type) {
	case *ast.StringNode:
		if n.Value != "" {
			visit(node, n.Value)
		}
	case *ast.ArrayNode:
		for i := range n.Nodes {
			p.each(&n.Nodes[i], visit)
		}
	}
}

// name returns the name that a node is, "" for all other nodes.
func name(node ast.Node) string {
	if identifier, ok := node.(*ast.IdentifierNode); ok {
		return identifier.Value
	}
	return ""
}

// vocabulary says of names with few values which they can have.
var vocabulary = map[string]func(string) bool{
	"format":    func(s string) bool { return slices.Contains([]string{"I", "S", "U"}, s) },
	"severity":  func(s string) bool { return slices.Contains([]string{"note", "warning", "error"}, s) },
	"protocol":  func(s string) bool { return slices.Contains([]string{"iec104", "ads", "websocket", "packet"}, s) },
	"handshake": func(s string) bool { return slices.Contains([]string{"request", "response"}, s) },
	"command":   isCommand,
	"opcode": func(s string) bool {
		for code := range frame.Opcode(16) {
			if code.String() == s {
				return true
			}
		}
		return false
	},
	"function": func(s string) bool {
		first, last, _ := strings.Cut(s, " ")
		return slices.Contains([]string{"STARTDT", "STOPDT", "TESTFR"}, first) && (last == "act" || last == "con")
	},
}
