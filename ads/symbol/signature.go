package symbol

import (
	"fmt"
	"math"
)

// Signature is what goes over the wire when a method is called: index group
// 0xF005, index offset the handle of "instance#Method", written the inputs, read
// the outputs, each without gaps.
type Signature struct {
	Name string
	// In is a structure of the parameters that the caller sends, in the order
	// of the declaration.
	In *Type
	// Out is a structure of what comes back: first the return value, if there
	// is one, under the name of the method, then the outputs.
	Out *Type
	// Return is the type of the return value, nil where there is none.
	Return *Type
}

// Signature resolves the types of a method. Values of In and Out are coded with
// their Encode, Decode and Unmarshal like those of any structure.
func (t *Types) Signature(m *Method) (*Signature, error) {
	s := &Signature{
		Name: m.Name,
		In:   &Type{Name: m.Name + " inputs", Kind: KindStruct, BaseType: BaseBig},
		Out:  &Type{Name: m.Name + " outputs", Kind: KindStruct, BaseType: BaseBig},
	}
	if m.ReturnType != "" && m.ReturnSize > 0 {
		typ, err := t.ResolveSized(m.ReturnType, m.ReturnSize)
		if err != nil {
			return nil, fmt.Errorf("method %s: %w", m.Name, err)
		}
		s.Return = t.better(typ, m.ReturnBase)
		if err := s.Out.attach(m.Name, s.Return, nil); err != nil {
			return nil, fmt.Errorf("method %s: %w", m.Name, err)
		}
	}
	for i := range m.Parameters {
		p := &m.Parameters[i]
		typ, err := t.lookup(p.Type, p.Size, t.page(p.Attributes, t.options.Strings))
		if err == nil {
			typ = t.better(typ, p.BaseType)
			if p.In() || !p.Out() {
				err = s.In.attach(p.Name, typ, p)
			}
			if p.Out() && err == nil {
				err = s.Out.attach(p.Name, typ, p)
			}
		}
		if err != nil {
			return nil, fmt.Errorf("method %s, parameter %s: %w", m.Name, p.Name, err)
		}
	}
	for _, part := range [...]*Type{s.In, s.Out} {
		part.indexFields()
		part.finish()
		if err := part.checkLeaves(); err != nil {
			return nil, fmt.Errorf("method %s: %w", m.Name, err)
		}
	}
	return s, nil
}

// attach puts a field behind the others, at the next octet.
func (t *Type) attach(name string, typ *Type, p *Parameter) error {
	field := Field{Name: name, Offset: t.Size, Type: typ}
	if p != nil {
		field.Comment, field.Attributes = p.Comment, p.Attributes
	}
	if uint64(t.Size)+uint64(typ.Size) > math.MaxUint32 {
		return fmt.Errorf("all together have more than %d octets", uint32(math.MaxUint32))
	}
	t.Size += typ.Size
	t.leaves += min(typ.leaves, math.MaxUint64/2-t.leaves)
	t.Fields = append(t.Fields, field)
	return nil
}
