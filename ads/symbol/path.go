package symbol

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Variable is what a path leads to: a symbol, or a part of one.
type Variable struct {
	// Name is the path as the table writes it.
	Name string
	// IndexGroup and IndexOffset are the address. Of a BIT within a structure
	// it is that of the octet.
	IndexGroup  uint32
	IndexOffset uint32
	// Size is that of the value in octets, at the address.
	Size uint32
	// Bit is the bit of the first octet at which a BIT within a structure
	// begins, else 0. Reads by address give the whole octet ([Variable.Decode]
	// takes the bit out of it); writes by address would change its neighbours, so write by name.
	Bit  uint8
	Type *Type
	// Symbol is the entry that the variable is or belongs to.
	Symbol *Entry
	// Attributes are those of the symbol, or of the field that is the last
	// step of the path.
	Attributes []Attribute
	// Comment is that of the symbol or field.
	Comment string
}

// Decode is [Type.Decode] of the octets read at the address.
func (v *Variable) Decode(data []byte) (any, error) {
	if err := v.Type.checkLength(data); err != nil {
		return nil, err
	}
	return v.Type.decode(data, v.Bit)
}

// EncodeInto is [Type.EncodeInto] over the octets that are at the address now.
func (v *Variable) EncodeInto(data []byte, value any) error {
	if err := v.Type.checkLength(data); err != nil {
		return err
	}
	return v.Type.encode(data, v.Bit, value, true)
}

// IsBit tells whether the variable is only some bits of the octets at its
// address.
func (v *Variable) IsBit() bool {
	return v.Type.bits%8 != 0 && (v.Symbol == nil || v.Symbol.Flags&FlagBitValue == 0)
}

// Find returns the variable that a path leads to: "MAIN.nCount",
// "MAIN.aData[3].fX", "GVL.aMatrix[2,1]" or "GVL.aMatrix[2][1]". Case does not
// matter. A name that is not there gives a [*NotFoundError] with the nearest that are;
// an index outside of its bounds, and a path through a pointer, which only the
// device can follow, give an error that says so.
func (t *Table) Find(path string) (Variable, error) {
	path = strings.TrimSpace(path)
	key := fold(path)
	if i := t.folded(key); i >= 0 {
		return t.variable(i)
	}
	// The longest front of the path that is a symbol. Only without other letters
	// than those of ASCII has what is folded the same octets.
	plain := ascii(path)
	for at := len(path) - 1; at > 0; at-- {
		if path[at] != '.' && path[at] != '[' && path[at] != '^' {
			continue
		}
		var front string
		if plain {
			front = key[:at]
		} else {
			front = fold(path[:at])
		}
		i := t.folded(front)
		if i < 0 {
			continue
		}
		v, err := t.variable(i)
		if err != nil {
			return Variable{}, err
		}
		err = v.follow(path[at:])
		return v, err
	}
	return Variable{}, t.notFound(path)
}

func (t *Table) variable(symbol int) (Variable, error) {
	e := &t.symbols[symbol]
	typ, err := t.typeOf(symbol)
	if err != nil {
		return Variable{}, fmt.Errorf("symbol %s: %w", e.Name, err)
	}
	return Variable{
		Name: e.Name, IndexGroup: e.IndexGroup, IndexOffset: e.IndexOffset, Size: typ.Size,
		Type: typ, Symbol: e, Attributes: e.Attributes, Comment: e.Comment,
	}, nil
}

// notFound says that there is no such symbol.
func (t *Table) notFound(path string) error {
	e := &NotFoundError{What: "symbol", Name: path}
	// The path may lead into a symbol whose name is wrong: try shorter fronts of it.
	for front, tries := path, 0; len(e.Nearest) == 0 && front != "" && tries < maxFronts; tries++ {
		s := suggester{want: front}
		for i := range t.symbols {
			s.offer(t.symbols[i].Name)
		}
		e.Nearest = s.best()
		front = front[:max(0, strings.LastIndexAny(front, ".["))]
	}
	return e
}

// maxFronts bounds how many fronts of a path are compared with all names.
const maxFronts = 4

// follow goes the steps of a path into the value.
func (v *Variable) follow(path string) error {
	for path != "" {
		var err error
		switch path[0] {
		case '.':
			end := strings.IndexAny(path[1:], ".[^")
			if end < 0 {
				end = len(path) - 1
			}
			err = v.followField(path[1 : 1+end])
			path = path[1+end:]
		case '[':
			var text string
			if text, path, err = cutIndices(path); err == nil {
				err = v.followIndex(text)
			}
		case '^':
			err = fmt.Errorf("%s: the path goes through a pointer, which only the device can follow: access it by name", v.Name)
		default:
			err = fmt.Errorf("%s: %q cannot follow it: . and the name of a field or [ and an index can", v.Name, shorten(path))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// cutIndices takes the indices of one array out of a path; [2][1] is the same
// as [2,1].
func cutIndices(path string) (indices, rest string, err error) {
	for rest = path; strings.HasPrefix(rest, "["); {
		inside, after, ok := strings.Cut(rest[1:], "]")
		if !ok {
			return "", "", fmt.Errorf("path %q: the ] is missing", shorten(path))
		}
		if indices != "" {
			indices += ","
		}
		indices, rest = indices+inside, after
	}
	return indices, rest, nil
}

func (v *Variable) followField(name string) error {
	if v.Type.Kind.address() {
		return fmt.Errorf("%s: the path goes through a %s, which only the device can follow: access it by name", v.Name, v.Type.Kind)
	}
	i, ok := v.Type.field(name)
	if !ok {
		s := suggester{want: name}
		for j := range v.Type.Fields {
			s.offer(v.Type.Fields[j].Name)
		}
		return &NotFoundError{What: "field", Name: name, Within: v.Name + ", a " + v.Type.Name, Nearest: s.best()}
	}
	field := &v.Type.Fields[i]
	v.Name += "." + field.Name
	v.Attributes, v.Comment = field.Attributes, field.Comment
	return v.step(uint64(field.Offset)*8+uint64(field.Bit), field.Type)
}

// step moves into a part of the value.
func (v *Variable) step(bits uint64, typ *Type) error {
	bits += uint64(v.Bit)
	offset := uint64(v.IndexOffset) + bits/8
	if offset > math.MaxUint32 {
		return fmt.Errorf("%s: its index offset %#x is beyond 32 bits", v.Name, offset)
	}
	v.IndexOffset, v.Bit = uint32(offset), uint8(bits%8)
	v.Type = typ
	v.Size = uint32((uint64(v.Bit) + typ.bits + 7) / 8)
	return nil
}

// followIndex goes to an element; arrays of arrays take what is left of the
// indices.
func (v *Variable) followIndex(text string) error {
	var indices []int64
	for index := range strings.SplitSeq(text, ",") {
		n, err := strconv.ParseInt(strings.TrimSpace(index), 10, 64)
		if err != nil {
			return fmt.Errorf("%s: %q is no index: [3] and [2,1] are", v.Name, shorten(text))
		}
		indices = append(indices, n)
	}
	for len(indices) > 0 {
		typ := v.Type
		switch {
		case typ.Kind.address():
			return fmt.Errorf("%s: the path goes through a %s, which only the device can follow: access it by name", v.Name, typ.Kind)
		case typ.Kind != KindArray:
			return fmt.Errorf("%s: its type %s is no array", v.Name, typ.Name)
		case len(indices) < len(typ.Dimensions):
			return fmt.Errorf("%s: %d of %d indices are missing: it is an %s", v.Name, len(typ.Dimensions)-len(indices), len(typ.Dimensions), typ.Name)
		}
		number := uint64(0)
		for i, dim := range typ.Dimensions {
			index := indices[i]
			if index < int64(dim.Lower) || index > dim.Upper() {
				return fmt.Errorf("%s: the index %d is outside of %s", v.Name, index, dim)
			}
			number = number*uint64(dim.Elements) + uint64(index-int64(dim.Lower))
		}
		indices = indices[len(typ.Dimensions):]
		v.Name += string(typ.appendIndex(nil, int(number)))
		if err := v.step(number*typ.Elem.bits, typ.Elem); err != nil {
			return err
		}
	}
	return nil
}

// descend goes one step towards an address, false where no part holds it.
func (v *Variable) descend(offset uint32) bool {
	switch typ := v.Type; {
	case typ.Kind == KindArray && typ.Elem.bits >= 8:
		number := (offset - v.IndexOffset) / typ.Elem.Size
		v.Name += string(typ.appendIndex(nil, int(number)))
		return v.step(uint64(number)*typ.Elem.bits, typ.Elem) == nil
	case typ.Kind.composite():
		for i := range typ.Fields {
			field := &typ.Fields[i]
			begin := v.IndexOffset + field.Offset
			if offset >= begin && offset-begin < max(field.Type.Size, 1) {
				return v.followField(field.Name) == nil
			}
		}
	}
	return false
}
