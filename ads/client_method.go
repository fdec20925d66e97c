package ads

import (
	"context"
	"fmt"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
	"stellwerk/ads/symbol"
)

// CallResult is what a method has given back.
type CallResult struct {
	// Return is the return value, nil where the method has none.
	Return any
	// Outputs are the outputs in the order of the declaration.
	Outputs symbol.Struct
}

// Call calls a method of a function block instance (a method with the attribute
// TcRpcEnable) with its inputs in the order of the declaration; see
// [symbol.Type.Encode] for what they may be. It is called again only where the
// target has said that it knows no such method any more, and so has not called
// it.
func (c *Client) Call(ctx context.Context, instance, method string, inputs ...any) (CallResult, error) {
	name := instance + "#" + method
	result, err := c.call(ctx, name, inputs)
	return result, about(c.fail("call", command.Index{}, err), name)
}

func (c *Client) call(ctx context.Context, name string, inputs []any) (CallResult, error) {
	again := true
	for range attempts {
		found, errs, at, err := c.resolve(ctx, []string{name})
		if err == nil {
			err = errs[0]
		}
		if err != nil {
			return CallResult{}, err
		}
		if !at.none {
			version, none, err := c.version(ctx)
			if err != nil {
				return CallResult{}, err
			}
			if version != at.version || none {
				c.names.forget(at, true)
				continue
			}
		}
		result, err := c.callOnce(ctx, found[0], inputs)
		switch {
		case gone(Code(err)):
			c.names.forget(at, false)
		case again && (Code(err) == ams.SymbolNotFound || Code(err) == ams.SymbolVersionInvalid):
			again = false
			c.names.drop(at, []string{name})
			continue
		}
		return result, err
	}
	return CallResult{}, errChanging
}

// callOnce calls a method that was looked up.
func (c *Client) callOnce(ctx context.Context, n *named, inputs []any) (CallResult, error) {
	types, err := c.methodTypes(ctx)
	if err != nil {
		return CallResult{}, err
	}
	signature, err := signatureOf(n.method, types)
	if err != nil {
		return CallResult{}, c.malformed("call", command.Index{}, err)
	}
	data, err := signature.encode(inputs)
	if err != nil {
		return CallResult{}, err
	}
	answer, err := c.fetch(ctx, "call", c.newReadWrite(n.index(), signature.octets, data), signature.octets, nil)
	if err != nil {
		return CallResult{}, err
	}
	result, err := signature.decode(answer)
	if err != nil {
		return result, c.malformed("call", n.index(), err)
	}
	return result, nil
}

// methodTypes are the types that parameters are of.
func (c *Client) methodTypes(ctx context.Context) (*symbol.Types, error) {
	if err := c.names.take(ctx); err != nil {
		return nil, err
	}
	defer c.names.giveTurn()
	return c.loadTypes(ctx)
}

// signature is a method with the types of its parameters.
type signature struct {
	returns *symbol.Type // nil where nothing is returned
	inputs  []parameter
	outputs []parameter
	octets  uint32 // of return value and outputs
}

type parameter struct {
	name string
	*symbol.Type
}

// maxResult bounds what a method may say that it gives back.
const maxResult = 1 << 20

func signatureOf(m *symbol.Method, types *symbol.Types) (signature, error) {
	var s signature
	octets := uint64(0)
	if m.ReturnType != "" && m.ReturnSize > 0 {
		typ, err := types.ResolveSized(m.ReturnType, m.ReturnSize)
		if err != nil {
			return s, fmt.Errorf("the return value: %w", err)
		}
		s.returns = typ
		octets += uint64(typ.Size)
	}
	for i := range m.Parameters {
		p := &m.Parameters[i]
		typ, err := types.ResolveSized(p.Type, p.Size)
		if err != nil {
			return s, fmt.Errorf("the parameter %s: %w", p.Name, err)
		}
		if p.In() {
			s.inputs = append(s.inputs, parameter{p.Name, typ})
		}
		if p.Out() {
			s.outputs = append(s.outputs, parameter{p.Name, typ})
			octets += uint64(typ.Size)
		}
	}
	if octets > maxResult {
		return s, fmt.Errorf("it gives back %d octets, the limit is %d", octets, maxResult)
	}
	s.octets = uint32(octets)
	return s, nil
}

// encode puts the inputs back to back.
func (s *signature) encode(inputs []any) ([]byte, error) {
	if len(inputs) != len(s.inputs) {
		return nil, fmt.Errorf("%d inputs, the method has %d%s", len(inputs), len(s.inputs), s.names())
	}
	var data []byte
	for i, p := range s.inputs {
		octets, err := p.Encode(inputs[i])
		if err != nil {
			return nil, fmt.Errorf("the input %s: %w", p.name, err)
		}
		data = append(data, octets...)
	}
	return data, nil
}

// names lists the inputs for an error.
func (s *signature) names() string {
	text := ""
	for i, p := range s.inputs {
		if i == 0 {
			text = ": "
		} else {
			text += ", "
		}
		text += p.name + " (" + p.Name + ")"
	}
	return text
}

// decode takes return value and outputs out of an answer.
func (s *signature) decode(answer []byte) (CallResult, error) {
	var r CallResult
	if len(answer) < int(s.octets) {
		return r, fmt.Errorf("%d octets have come, return value and outputs have %d", len(answer), s.octets)
	}
	var err error
	if s.returns != nil {
		if r.Return, err = s.returns.Decode(answer); err != nil {
			return r, fmt.Errorf("the return value: %w", err)
		}
		answer = answer[s.returns.Size:]
	}
	for _, p := range s.outputs {
		value, err := p.Decode(answer)
		if err != nil {
			return r, fmt.Errorf("the output %s: %w", p.name, err)
		}
		r.Outputs.Fields = append(r.Outputs.Fields, symbol.FieldValue{Name: p.name, Value: value})
		answer = answer[p.Size:]
	}
	return r, nil
}
