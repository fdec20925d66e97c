package symbol

import (
	"fmt"
	"iter"
	"strings"
	"time"
)

// Struct is the value of a structure, a union or a function block. Its fields
// keep the order of the type.
type Struct struct {
	Fields []FieldValue
}

// FieldValue is one field of a Struct.
type FieldValue struct {
	Name  string
	Value any
}

// Get returns the value of a field; its name is looked up without regard to
// case.
func (s Struct) Get(name string) (any, bool) {
	for i := range s.Fields {
		if strings.EqualFold(s.Fields[i].Name, name) {
			return s.Fields[i].Value, true
		}
	}
	return nil, false
}

// All walks names and values in order.
func (s Struct) All() iter.Seq2[string, any] {
	return func(yield func(string, any) bool) {
		for i := range s.Fields {
			if !yield(s.Fields[i].Name, s.Fields[i].Value) {
				return
			}
		}
	}
}

// Map returns the fields without their order, and inner structures the same
// way.
func (s Struct) Map() map[string]any {
	m := make(map[string]any, len(s.Fields))
	for i := range s.Fields {
		m[s.Fields[i].Name] = mapped(s.Fields[i].Value)
	}
	return m
}

func mapped(v any) any {
	switch v := v.(type) {
	case Struct:
		return v.Map()
	case []any:
		all := make([]any, len(v))
		for i := range v {
			all[i] = mapped(v[i])
		}
		return all
	}
	return v
}

// Enum is the value of an enumeration.
type Enum struct {
	Name  string // empty where the enumeration has no name for the value
	Value int64
}

// String returns the name, or the number where there is none.
func (e Enum) String() string {
	if e.Name != "" {
		return e.Name
	}
	return fmt.Sprint(e.Value)
}

// TimeOfDay is the time since midnight, of TOD and LTOD.
type TimeOfDay time.Duration

// String returns the time as 15:04:05 with as many decimals as it needs.
func (t TimeOfDay) String() string { return string(appendTimeOfDay(nil, time.Duration(t))) }

// Address is the value of a pointer, a reference or an interface: an address in
// the memory of the device.
type Address uint64

// String returns the address in hexadecimal digits.
func (a Address) String() string { return fmt.Sprintf("16#%08X", uint64(a)) }

// ValueError says which part of a value could not be decoded or encoded.
type ValueError struct {
	// Path leads to the part: ".aData[3].fX", empty for the whole value.
	Path string
	// Type is the name of the part's type.
	Type string
	// Text says what is wrong, with the limits.
	Text string
}

func (e *ValueError) Error() string {
	where := "value"
	if path := strings.TrimPrefix(e.Path, "."); path != "" {
		where = path
	}
	return fmt.Sprintf("%s (%s): %s", where, e.Type, e.Text)
}

// wrong makes a ValueError of the type itself.
func (t *Type) wrong(format string, args ...any) error {
	return &ValueError{Type: t.Name, Text: fmt.Sprintf(format, args...)}
}

// within puts a step in front of the path of a ValueError.
func within(err error, step string) error {
	if e, ok := err.(*ValueError); ok { //nolint:errorlint // Made by this package, never wrapped on the way.
		e.Path = step + e.Path
	}
	return err
}

func withinField(err error, name string) error { return within(err, "."+name) }

func (t *Type) withinElement(err error, element int) error {
	return within(err, string(t.appendIndex(nil, element)))
}
