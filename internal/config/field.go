package config

import (
	"encoding"
	"fmt"
	"iter"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Options structs say with tags what their fields are called and may hold. One
// struct so feeds YAML, flags, JSON Schema and documentation:
//
//	Connect string        `yaml:"connect" help:"address of the station" example:"10.0.0.1:2404"`
//	Role    string        `yaml:"role" enum:"controlling,controlled" required:"true" help:"…"`
//	K       int           `yaml:"k" range:"1..32767" help:"I frames sent and not acknowledged"`
//	T1      time.Duration `yaml:"t1" range:"1s..255s" help:"…"`
//
// Fields may be bool, string, integers, floats, time.Duration, anything with
// UnmarshalText, structs (a pointer to one may be left out), slices, and maps with
// string keys. An embedded struct with the tag `yaml:",inline"` lends its fields.
type fieldInfo struct {
	key      string
	index    []int
	typ      reflect.Type
	help     string
	example  string
	enum     []string
	low      string // ends of the range as written, empty where there is none
	high     string
	required bool
}

var (
	durationType      = reflect.TypeFor[time.Duration]()
	textUnmarshalType = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// fieldsOf lists the fields of a struct in their order.
func fieldsOf(typ reflect.Type) []fieldInfo {
	var fields []fieldInfo
	for i := range typ.NumField() {
		f := typ.Field(i)
		key, option, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if option == "inline" {
			for _, inner := range fieldsOf(f.Type) {
				inner.index = append([]int{i}, inner.index...)
				fields = append(fields, inner)
			}
			continue
		}
		if key == "" || key == "-" || !f.IsExported() {
			continue
		}
		info := fieldInfo{
			key: key, index: []int{i}, typ: f.Type, help: f.Tag.Get("help"), example: f.Tag.Get("example"),
			required: f.Tag.Get("required") == "true",
		}
		if enum := f.Tag.Get("enum"); enum != "" {
			info.enum = strings.Split(enum, ",")
		}
		info.low, info.high, _ = strings.Cut(f.Tag.Get("range"), "..")
		fields = append(fields, info)
	}
	return fields
}

// isText says whether values of a type are written as one scalar that the type
// reads itself.
func isText(typ reflect.Type) bool { return reflect.PointerTo(typ).Implements(textUnmarshalType) }

// setScalar reads one scalar into a value that is no struct, slice or map. The
// error says what is wanted, as the end of a sentence that begins with what was
// found.
func setScalar(into reflect.Value, text string, info *fieldInfo) error {
	typ := into.Type()
	switch {
	case isText(typ):
		return into.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(text))
	case typ == durationType:
		return setDuration(into, text, info)
	}
	switch typ.Kind() {
	case reflect.String:
		if err := checkEnum(text, info); err != nil {
			return err
		}
		into.SetString(text)
		return nil
	case reflect.Bool:
		on, err := parseBool(text)
		if err != nil {
			return err
		}
		into.SetBool(on)
		return nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		number, err := strconv.ParseInt(text, 0, typ.Bits())
		if err != nil {
			return numberError(text, err, "a whole number", info)
		}
		if err := checkRange(float64(number), info); err != nil {
			return err
		}
		into.SetInt(number)
		return nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		number, err := strconv.ParseUint(text, 0, typ.Bits())
		if err != nil {
			return numberError(text, err, "a whole number", info)
		}
		if err := checkRange(float64(number), info); err != nil {
			return err
		}
		into.SetUint(number)
		return nil
	case reflect.Float32, reflect.Float64:
		number, err := strconv.ParseFloat(text, typ.Bits())
		if err != nil {
			return numberError(text, err, "a number", info)
		}
		if number != number || number-number != 0 {
			return fmt.Errorf("%q is not a finite number", text)
		}
		if err := checkRange(number, info); err != nil {
			return err
		}
		into.SetFloat(number)
		return nil
	default:
		return fmt.Errorf("%q is not what belongs here", text)
	}
}

func parseBool(text string) (bool, error) {
	switch text {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, fmt.Errorf("%q is neither true nor false", text)
}

func numberError(text string, err error, wanted string, info *fieldInfo) error {
	if strings.Contains(err.Error(), strconv.ErrRange.Error()) {
		if info.low != "" {
			return fmt.Errorf("%s is not within %s to %s", text, info.low, info.high)
		}
		return fmt.Errorf("%s is too large", text)
	}
	if info.low != "" {
		return fmt.Errorf("%q is not %s within %s to %s", text, wanted, info.low, info.high)
	}
	return fmt.Errorf("%q is not %s", text, wanted)
}

func checkRange(number float64, info *fieldInfo) error {
	if info.low == "" {
		return nil
	}
	low, _ := strconv.ParseFloat(info.low, 64)
	high, _ := strconv.ParseFloat(info.high, 64)
	if number < low || number > high {
		return fmt.Errorf("%s is not within %s to %s", strconv.FormatFloat(number, 'f', -1, 64), info.low, info.high)
	}
	return nil
}

func setDuration(into reflect.Value, text string, info *fieldInfo) error {
	d, err := time.ParseDuration(text)
	if err != nil {
		if _, err := strconv.ParseFloat(text, 64); err == nil {
			return fmt.Errorf("%s lacks a unit: write %ss for seconds, %sms for milliseconds", text, text, text)
		}
		return fmt.Errorf("%q is not a duration such as 10s, 500ms or 1m30s", text)
	}
	low, high := time.Duration(0), time.Duration(1<<63-1)
	if info.low != "" {
		low, _ = time.ParseDuration(info.low)
		high, _ = time.ParseDuration(info.high)
	}
	switch {
	case d < low && info.low == "":
		return fmt.Errorf("%s is negative", text)
	case d < low || d > high:
		return fmt.Errorf("%s is not within %s to %s", text, info.low, info.high)
	}
	into.SetInt(int64(d))
	return nil
}

func checkEnum(text string, info *fieldInfo) error {
	if len(info.enum) == 0 || slices.Contains(info.enum, text) {
		return nil
	}
	if guess, ok := nearest(text, info.enum); ok {
		return fmt.Errorf("%q is not allowed; did you mean %q?", text, guess)
	}
	return fmt.Errorf("%q is not allowed; write %s", text, strings.Join(info.enum, " or "))
}

// Field is one scalar of an options struct, for those who make flags of it.
type Field struct {
	// Key is the name, with dots for structs within structs: "tls.certificate".
	Key string
	// Help is a phrase in English. Example may be empty.
	Help, Example string
	// Default is the value before anything was set, as it would be written.
	Default string
	// Kind is "bool", "duration", "string" and so on, or the names that are
	// allowed, joined by "|".
	Kind string
	// Range is "1..32767", or empty.
	Range string
	// Required says that there is no default that will do.
	Required bool
	// Set reads a value into the struct.
	Set func(text string) error
}

// Fields gives the scalars of an options struct, a pointer to which it gets, in
// their order. Lists, maps and structs that may be left out have none.
func Fields(options any) iter.Seq[Field] {
	return func(yield func(Field) bool) { yieldFields(reflect.ValueOf(options).Elem(), "", yield) }
}

func yieldFields(v reflect.Value, prefix string, yield func(Field) bool) bool {
	for _, info := range fieldsOf(v.Type()) {
		at := v.FieldByIndex(info.index)
		if at.Kind() == reflect.Struct && !isText(at.Type()) {
			if !yieldFields(at, prefix+info.key+".", yield) {
				return false
			}
			continue
		}
		if k := at.Kind(); (k == reflect.Slice || k == reflect.Map || k == reflect.Pointer) && !isText(at.Type()) {
			continue
		}
		field := Field{
			Key: prefix + info.key, Help: info.help, Example: info.example, Kind: kindName(&info), Required: info.required,
			Default: written(at), Set: func(text string) error { return setScalar(at, text, &info) },
		}
		if info.low != "" {
			field.Range = info.low + ".." + info.high
		}
		if !yield(field) {
			return false
		}
	}
	return true
}

// written shows a value as it stands in a configuration.
func written(v reflect.Value) string {
	if text, ok := reflect.TypeAssert[encoding.TextMarshaler](v); ok {
		b, err := text.MarshalText()
		if err != nil {
			return ""
		}
		return string(b)
	}
	return fmt.Sprint(v.Interface())
}

func kindName(info *fieldInfo) string {
	switch typ := info.typ; {
	case len(info.enum) > 0:
		return strings.Join(info.enum, "|")
	case isText(typ):
		return "text"
	case typ == durationType:
		return "duration"
	default:
		return kindOf(typ)
	}
}

func kindOf(typ reflect.Type) string {
	switch typ.Kind() {
	case reflect.Bool:
		return "bool"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "integer"
	case reflect.Float32, reflect.Float64:
		return "number"
	case reflect.Slice:
		return "list"
	case reflect.Map, reflect.Struct, reflect.Pointer:
		return "section"
	default:
		return "string"
	}
}
