package symbol

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"time"
)

// Text writes a value that [Type.Decode] has made as [Type.ParseText] reads it.
func (t *Type) Text(value any) string { return string(t.AppendText(nil, value)) }

// AppendText appends what [Type.Text] returns.
func (t *Type) AppendText(dst []byte, value any) []byte {
	switch v := value.(type) {
	case Struct:
		dst = append(dst, '{')
		for i, field := range v.Fields {
			if i > 0 {
				dst = append(dst, ", "...)
			}
			dst = append(append(dst, field.Name...), ":="...)
			dst = t.fieldType(i, field.Name).AppendText(dst, field.Value)
		}
		return append(dst, '}')
	case []any:
		return t.appendList(dst, v, ", ", (*Type).AppendText)
	case string:
		return appendQuoted(dst, v)
	case bool:
		if v {
			return append(dst, "TRUE"...)
		}
		return append(dst, "FALSE"...)
	case []byte:
		return append(append(dst, "16#"...), hex.EncodeToString(v)...)
	case time.Duration, TimeOfDay, time.Time:
		if _, ok := timePrefixes[t.Kind]; ok {
			return t.appendTime(dst, v)
		}
	}
	return appendScalar(dst, value)
}

// fieldType returns the type of a field of a value; values of the type have
// the same fields in the same order.
func (t *Type) fieldType(i int, name string) *Type {
	if i < len(t.Fields) && t.Fields[i].Name == name {
		return t.Fields[i].Type
	}
	if at, ok := t.field(name); ok {
		return t.Fields[at].Type
	}
	return t
}

// appendList writes the elements of one dimension.
func (t *Type) appendList(dst []byte, values []any, separator string, write func(*Type, []byte, any) []byte) []byte {
	element := t
	if t.Kind == KindArray {
		element = t.Elem
	}
	dst = append(dst, '[')
	for i, value := range values {
		if i > 0 {
			dst = append(dst, separator...)
		}
		if inner, ok := value.([]any); ok && len(t.Dimensions) > 1 {
			dst = t.dropDimension().appendList(dst, inner, separator, write)
			continue
		}
		dst = write(element, dst, value)
	}
	return append(dst, ']')
}

// dropDimension returns what the outermost dimension has elements of.
func (t *Type) dropDimension() *Type {
	return &Type{Name: t.Name, Kind: KindArray, Elem: t.Elem, Dimensions: t.Dimensions[1:]}
}

// appendScalar writes numbers and what is not of the type.
func appendScalar(dst []byte, value any) []byte {
	switch v := value.(type) {
	case float32:
		return appendReal(dst, float64(v), 32)
	case float64:
		return appendReal(dst, v, 64)
	case Enum:
		if v.Name != "" {
			return append(dst, v.Name...)
		}
		return strconv.AppendInt(dst, v.Value, 10)
	}
	if n, ok := asNumber(value); ok {
		if a, isAddress := value.(Address); isAddress {
			return append(dst, a.String()...)
		}
		return append(dst, n.String()...)
	}
	return fmt.Append(dst, value)
}

func appendReal(dst []byte, f float64, bits int) []byte {
	return strconv.AppendFloat(dst, f, 'g', -1, bits)
}

// AppendJSON appends a value that [Type.Decode] has made as JSON: structures as
// objects whose members keep their order, enumerations as their names or, where there
// is none, numbers, durations as "T#1m30s", times of day as "12:30:00", dates as
// "2026-01-31", dates with time as in RFC 3339, addresses as numbers, octets of an
// unknown type as hexadecimal digits, and what JSON has no number for as "NaN",
// "+Inf" and "-Inf". [Type.ParseText] reads all of it. Octets of a STRING that
// should be UTF-8 and are not become U+FFFD, which only JSON does to them.
func (t *Type) AppendJSON(dst []byte, value any) []byte {
	switch v := value.(type) {
	case Struct:
		dst = append(dst, '{')
		for i, field := range v.Fields {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(appendJSONString(dst, field.Name), ':')
			dst = t.fieldType(i, field.Name).AppendJSON(dst, field.Value)
		}
		return append(dst, '}')
	case []any:
		return t.appendList(dst, v, ",", (*Type).AppendJSON)
	case string:
		return appendJSONString(dst, v)
	case bool:
		return strconv.AppendBool(dst, v)
	case []byte:
		return appendJSONString(dst, hex.EncodeToString(v))
	case time.Duration:
		return append(appendDuration(append(dst, '"'), t.timePrefix(), v), '"')
	case TimeOfDay:
		return append(appendTimeOfDay(append(dst, '"'), time.Duration(v)), '"')
	case time.Time:
		layout := time.RFC3339Nano
		if t.Kind == KindDate || t.Kind == KindLDate {
			layout = time.DateOnly
		}
		return append(v.AppendFormat(append(dst, '"'), layout), '"')
	case Enum:
		if v.Name != "" {
			return appendJSONString(dst, v.Name)
		}
	case Address:
		return strconv.AppendUint(dst, uint64(v), 10)
	case nil:
		return append(dst, "null"...)
	}
	if n, ok := asNumber(value); ok && n.isFloat && (math.IsNaN(n.real) || math.IsInf(n.real, 0)) {
		return append(appendReal(append(dst, '"'), n.real, 64), '"')
	} else if ok {
		return appendScalar(dst, value)
	}
	return appendJSONString(dst, fmt.Sprint(value))
}

func (t *Type) timePrefix() string {
	if prefixes, ok := timePrefixes[t.Kind]; ok {
		return prefixes[0]
	}
	return "T"
}

func appendJSONString(dst []byte, s string) []byte {
	quoted, err := json.Marshal(s)
	if err != nil {
		return append(dst, `""`...)
	}
	return append(dst, quoted...)
}

// appendTime writes the value of a time or date as IEC 61131-3 does.
func (t *Type) appendTime(dst []byte, value any) []byte {
	prefix := t.timePrefix()
	switch v := value.(type) {
	case time.Duration:
		return appendDuration(dst, prefix, v)
	case TimeOfDay:
		return appendTimeOfDay(append(append(dst, prefix...), '#'), time.Duration(v))
	case time.Time:
		dst = append(append(dst, prefix...), '#')
		if t.Kind == KindDate || t.Kind == KindLDate {
			return v.AppendFormat(dst, "2006-01-02")
		}
		return v.AppendFormat(dst, "2006-01-02-15:04:05.999999999")
	}
	return dst
}
