package filter

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/vm"

	"stellwerk/internal/analyzer/dissect"
	"stellwerk/internal/analyzer/dissect/ads"
	"stellwerk/internal/analyzer/dissect/iec104"
	"stellwerk/internal/analyzer/dissect/websocket"
)

// Filter is a compiled expression. It is not safe for concurrent use.
type Filter struct {
	program *vm.Program
	machine vm.VM
	used    map[string]bool
	objects bool // the expression asks about information objects
	record  record
}

// New compiles an expression. Errors show it with a caret at what is wrong.
func New(expression string) (*Filter, error) {
	f := &Filter{used: map[string]bool{}}
	p := &patch{used: f.used}
	program, err := expr.Compile(expression,
		expr.Env(record{}), expr.AsBool(), expr.Patch(p),
		expr.Function("within", within, new(func(string, string) bool)),
		expr.Function("ordered", ordered, new(func(string, any, any) bool)),
	)
	if p.err == nil && len(p.ports) > 0 {
		p.fail(p.ports[0], "port is either of two: write port == 2404, or use src_port and dst_port")
	}
	if p.err != nil {
		return nil, pointed(expression, p.err)
	}
	if err != nil {
		fault, ok := errors.AsType[*file.Error](err)
		if !ok { // the expression as a whole
			fault = &file.Error{Message: err.Error()}
		}
		return nil, pointed(expression, fault)
	}
	f.program = program
	f.objects = f.used["ioa"] || f.used["value"] || f.used["select"] || f.used["quality"]
	return f, nil
}

// pointed shows the expression with a caret below the fault.
func pointed(expression string, fault *file.Error) error {
	message, _, _ := strings.Cut(fault.Message, "\n")
	column := min(fault.From, len([]rune(expression)))
	return fmt.Errorf("%s\n  %s\n  %s^", message, expression, strings.Repeat(" ", column))
}

// Keep reports whether the expression holds for a line, or for one of its
// information objects, items or samples.
func (f *Filter) Keep(line *dissect.Line) bool {
	f.record = record{
		Frame: int(line.Frame), Protocol: line.Protocol, Malformed: !line.Malformed.IsZero(),
		Length: len(line.Octets),
		Port:   -1, Send: -1, Receive: -1, TypeID: -1, Cause: -1, Originator: -1, CA: -1, IOA: -1,
		Status: -1, CloseCode: -1, Frames: -1,
		CommandID: -1, InvokeID: -1, IndexGroup: -1, IndexOffset: -1, Latency: -1,
	}
	if f.used["time"] {
		f.record.Time = time.Unix(0, line.Time).UTC()
	}
	f.endpoints(line)
	if line.Finding != nil {
		f.record.Finding, f.record.Severity = string(line.Finding.Code), line.Finding.Severity.String()
	}
	if t, ok := line.Telegram.(*websocket.Telegram); ok {
		f.message(t)
		return f.holds()
	}
	if t, ok := line.Telegram.(*ads.Telegram); ok {
		return f.frame(t)
	}
	t, ok := line.Telegram.(*iec104.Telegram)
	if !ok {
		return f.holds()
	}
	f.apdu(t)
	if !f.objects || f.record.TypeID < 0 {
		return f.holds()
	}
	some := false
	for object := range t.ASDU.Objects() {
		some = true
		f.object(object)
		if f.holds() {
			return true
		}
	}
	return !some && f.holds()
}

func (f *Filter) endpoints(line *dissect.Line) {
	source, destination := line.Source(), line.Destination()
	f.record.SrcPort, f.record.DstPort = -1, -1
	if !source.IsValid() {
		return
	}
	f.record.SrcPort, f.record.DstPort = int(source.Port()), int(destination.Port())
	if f.used["src"] {
		f.record.Src = source.Addr().String()
	}
	if f.used["dst"] {
		f.record.Dst = destination.Addr().String()
	}
}

// holds runs the expression. What cannot be compared does not hold.
func (f *Filter) holds() bool {
	result, err := f.machine.Run(f.program, &f.record)
	held, ok := result.(bool)
	return err == nil && ok && held
}

// within reports whether an address belongs to a network.
func within(params ...any) (any, error) {
	address, err := netip.ParseAddr(params[0].(string))
	if err != nil {
		return false, nil //nolint:nilerr // a line without an address is in no network
	}
	network, err := netip.ParsePrefix(params[1].(string))
	return err == nil && network.Contains(address), nil
}

// ordered compares values, as far as they are numbers.
func ordered(params ...any) (any, error) {
	left, leftOK := number(params[1])
	right, rightOK := number(params[2])
	if !leftOK || !rightOK {
		return false, nil
	}
	switch params[0] {
	case "<":
		return left < right, nil
	case "<=":
		return left <= right, nil
	case ">":
		return left > right, nil
	default:
		return left >= right, nil
	}
}

func number(value any) (float64, bool) {
	switch v := value.(type) {
	case float64:
		return v, true
	case int:
		return float64(v), true
	default:
		return 0, false
	}
}
