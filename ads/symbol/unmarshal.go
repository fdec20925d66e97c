package symbol

import (
	"encoding/binary"
	"math"
	"reflect"
)

// Unmarshal decodes the octets of a value into the Go variable that into points
// to. Beside the types of [Type.Decode] it takes
//
//   - structs: fields are matched by the tag `ads:"name"`, or by their own names
//     in any case; those with `ads:"-"`, and such without a tag that the type has
//     not, are left alone,
//   - arrays and slices, nested for each dimension or flat for all together,
//   - integers and floats of any width, where the value fits,
//   - integers and strings for enumerations, and for times and dates,
//   - pointers to all of these, any, and map[string]any for structures.
//
// How is found out once for each Go type and remembered. A struct of a fixed
// size is then decoded without memory but that of texts that have changed.
// What does not fit gives a [*ValueError].
func (t *Type) Unmarshal(data []byte, into any) error {
	if err := t.checkLength(data); err != nil {
		return err
	}
	if t.unmarshalFast(data, into) {
		return nil
	}
	v := reflect.ValueOf(into)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		return t.wrong("Unmarshal into a Go %T, it takes a pointer that is not nil", into)
	}
	p, err := t.planFor(v.Type().Elem())
	if err != nil {
		return err
	}
	return p.value(data[:t.Size], 0, v.Elem())
}

// Unmarshal is [Type.Unmarshal] of the octets read at the address.
func (v *Variable) Unmarshal(data []byte, into any) error {
	if v.Bit == 0 {
		return v.Type.Unmarshal(data, into)
	}
	if err := v.Type.checkLength(data); err != nil {
		return err
	}
	target := reflect.ValueOf(into)
	if target.Kind() != reflect.Pointer || target.IsNil() {
		return v.Type.wrong("Unmarshal into a Go %T, it takes a pointer that is not nil", into)
	}
	p, err := v.Type.planFor(target.Type().Elem())
	if err != nil {
		return err
	}
	return p.value(data, v.Bit, target.Elem())
}

// unmarshalFast decodes the most frequent pairs without reflection.
func (t *Type) unmarshalFast(data []byte, into any) bool {
	le := binary.LittleEndian
	switch v := into.(type) {
	case *bool:
		if t.Kind == KindBool && v != nil {
			*v = data[0] != 0
			return true
		}
	case *int16:
		if t.Kind == KindInt16 && v != nil {
			*v = int16(le.Uint16(data))
			return true
		}
	case *int32:
		if t.Kind == KindInt32 && v != nil {
			*v = int32(le.Uint32(data))
			return true
		}
	case *uint16:
		if t.Kind == KindUint16 && v != nil {
			*v = le.Uint16(data)
			return true
		}
	case *uint32:
		if t.Kind == KindUint32 && v != nil {
			*v = le.Uint32(data)
			return true
		}
	case *float32:
		if t.Kind == KindReal32 && v != nil {
			*v = math.Float32frombits(le.Uint32(data))
			return true
		}
	case *float64:
		if t.Kind == KindReal64 && v != nil {
			*v = math.Float64frombits(le.Uint64(data))
			return true
		}
	}
	return false
}

// real reads REAL and LREAL.
func (t *Type) real(data []byte) float64 {
	if t.Kind == KindReal32 {
		return float64(math.Float32frombits(binary.LittleEndian.Uint32(data)))
	}
	return math.Float64frombits(binary.LittleEndian.Uint64(data))
}

// encodeReflect encodes a Go value by the plan of its type.
func (t *Type) encodeReflect(data []byte, bit uint8, v reflect.Value, partial bool) error {
	p, err := t.planFor(v.Type())
	if err != nil {
		return err
	}
	return p.over(data, bit, v, partial)
}
