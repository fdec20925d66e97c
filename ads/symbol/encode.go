package symbol

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// Encode makes the octets of a value. It takes what [Type.Decode] gives, Go
// structs (see [Type.Unmarshal]), any type of number where the value fits,
// [json.Number], slices and Go arrays for arrays, map[string]any for
// structures, names and numbers for enumerations, and for times and dates also
// their text ("T#5s", "2026-01-31T12:00:00Z") and the number that is on the wire.
// A time.Time is coded as it reads in UTC; TIME and TOD are rounded to milliseconds.
//
// What does not fit gives a [*ValueError] with the path and the limits: numbers
// out of range, texts that are too long, arrays with another number of elements,
// fields that the type has not, fields that are missing, function blocks, whose
// hidden octets only [Type.EncodeInto] keeps, and values of more than 64 MiB.
func (t *Type) Encode(value any) ([]byte, error) {
	if err := t.checkSize(); err != nil {
		return nil, err
	}
	data := make([]byte, t.Size)
	if err := t.encode(data, 0, value, false); err != nil {
		return nil, err
	}
	return data, nil
}

// maxValue bounds the octets that are taken for a value before there are any:
// the sizes of types come from the wire.
const maxValue = 64 << 20

func (t *Type) checkSize() error {
	if t.Size > maxValue {
		return t.wrong("a value has %d octets, at most %d are made at once", t.Size, maxValue)
	}
	return nil
}

// EncodeInto is Encode over the octets that a value has now: fields that are
// missing, and elements that are nil, keep them. After an error some octets may
// have changed.
func (t *Type) EncodeInto(data []byte, value any) error {
	if err := t.checkLength(data); err != nil {
		return err
	}
	return t.encode(data[:t.Size], 0, value, true)
}

func (t *Type) encode(data []byte, bit uint8, value any, partial bool) error {
	switch t.Kind {
	case KindBool, KindBit:
		return t.putBool(data, bit, value)
	case KindReal32, KindReal64:
		return t.putReal(data, value)
	case KindString, KindWString:
		s, ok := asString(value)
		if !ok {
			return t.mismatch(value, "a text")
		}
		return t.putText(data, s)
	case KindTime, KindLTime, KindTimeOfDay, KindLTimeOfDay, KindDate, KindLDate, KindDateTime, KindLDateTime:
		return t.putTime(data, value)
	case KindEnum:
		return t.putEnum(data, value)
	case KindArray:
		return t.putArray(data, bit, value, partial)
	case KindStruct, KindUnion, KindFunctionBlock:
		return t.putStruct(data, value, partial)
	case KindOpaque:
		octets, ok := value.([]byte)
		if s, isText := value.(string); isText {
			// As it is written where values are text.
			decoded, err := hex.DecodeString(strings.TrimPrefix(s, "16#"))
			octets, ok = decoded, err == nil
		}
		if !ok || len(octets) != int(t.Size) {
			return t.mismatch(value, fmt.Sprintf("%d octets ([]byte), nothing else is known of the type", t.Size))
		}
		copy(data, octets)
		return nil
	default:
		return t.putInteger(data, value)
	}
}

func (t *Type) putText(data []byte, s string) error {
	if t.Kind == KindWString {
		return t.putWString(data[:t.Size], s)
	}
	return t.putString(data[:t.Size], s)
}

// mismatch says that a Go value is none of the type.
func (t *Type) mismatch(value any, want string) error {
	switch v := value.(type) {
	case nil:
		return t.wrong("no value, it takes %s", want)
	case string:
		return t.wrong("%q, it takes %s", shorten(v), want)
	}
	return t.wrong("a Go %T, it takes %s", value, want)
}

func asString(value any) (string, bool) {
	if s, ok := value.(string); ok {
		return s, true
	}
	if v := reflect.ValueOf(value); v.IsValid() && v.Kind() == reflect.String && v.Type() != reflect.TypeFor[json.Number]() {
		return v.String(), true
	}
	return "", false
}

func (t *Type) putBool(data []byte, bit uint8, value any) error {
	set, ok := value.(bool)
	if !ok {
		if v := reflect.ValueOf(value); v.IsValid() && v.Kind() == reflect.Bool {
			set, ok = v.Bool(), true
		} else if n, isNumber := asNumber(value); isNumber && (n.isInt(0) || n.isInt(1)) {
			set, ok = n.isInt(1), true
		}
	}
	if !ok {
		return t.mismatch(value, "true or false")
	}
	t.setBool(data, bit, set)
	return nil
}

func (t *Type) setBool(data []byte, bit uint8, set bool) {
	var octet byte
	if set {
		octet = 1
	}
	if t.Kind == KindBit {
		data[0] = data[0]&^(1<<bit) | octet<<bit
		return
	}
	data[0] = octet
}

func (t *Type) putReal(data []byte, value any) error {
	n, ok := asNumber(value)
	if s, isText := asString(value); isText {
		// JSON has no numbers for these.
		n, ok = parseNumber(s)
		ok = ok && (math.IsNaN(n.real) || math.IsInf(n.real, 0))
	}
	if !ok {
		return t.mismatch(value, "a number")
	}
	return t.setReal(data, n.float())
}

func (t *Type) setReal(data []byte, f float64) error {
	if t.Kind == KindReal64 {
		binary.LittleEndian.PutUint64(data, math.Float64bits(f))
		return nil
	}
	narrowed := float32(f)
	if math.IsInf(float64(narrowed), 0) && !math.IsInf(f, 0) {
		return t.wrong("%g is out of range, %g to %g are possible", f, -math.MaxFloat32, math.MaxFloat32)
	}
	binary.LittleEndian.PutUint32(data, math.Float32bits(narrowed))
	return nil
}

func (t *Type) putInteger(data []byte, value any) error {
	n, ok := asNumber(value)
	if !ok {
		return t.mismatch(value, "an integer")
	}
	if n.isFloat {
		whole, exact := n.whole()
		if !exact {
			return t.wrong("%v is no integer", value)
		}
		n = whole
	}
	return t.setInteger(data, n)
}

// limits returns the bounds of an integer type.
func (t *Type) limits() (low int64, high uint64) {
	bits := t.Size * 8
	switch kind := t.integerKind(); kind {
	case KindInt8, KindInt16, KindInt32, KindInt64:
		low, high = math.MinInt64>>(64-bits), 1<<(bits-1)-1
	default:
		high = math.MaxUint64 >> (64 - bits)
	}
	if t.Range != nil {
		low = max(low, t.Range.Low)
		if t.Range.High >= 0 {
			high = min(high, uint64(t.Range.High))
		}
	}
	return low, high
}

func (t *Type) integerKind() Kind {
	if t.Kind == KindEnum {
		return t.number
	}
	return t.Kind
}

// setInteger writes an integer after checking its range.
func (t *Type) setInteger(data []byte, n number) error {
	low, high := t.limits()
	above := !n.negative && n.magnitude > high
	if t.Range != nil && t.Range.High < 0 {
		above = !n.negative || n.int() > t.Range.High
		high = uint64(t.Range.High)
	}
	below := n.negative && (n.magnitude > 1<<63 || n.int() < low) || !n.negative && low > 0 && n.magnitude < uint64(low)
	if above || below {
		if t.Range != nil {
			return t.wrong("%s is out of range, %d to %d are possible", n, low, int64(high))
		}
		return t.wrong("%s is out of range, %d to %d are possible", n, low, high)
	}
	t.store(data, n.bits())
	return nil
}

// store writes the lowest octets of a number.
func (t *Type) store(data []byte, bits uint64) {
	switch t.Size {
	case 1:
		data[0] = byte(bits)
	case 2:
		binary.LittleEndian.PutUint16(data, uint16(bits))
	case 4:
		binary.LittleEndian.PutUint32(data, uint32(bits))
	default:
		binary.LittleEndian.PutUint64(data, bits)
	}
}

func (t *Type) putEnum(data []byte, value any) error {
	if e, ok := value.(Enum); ok {
		if e.Name == "" {
			return t.setInteger(data, signed(e.Value))
		}
		known, found := t.EnumValue(e.Name)
		if found && e.Value != 0 && e.Value != known {
			return t.wrong("%s is %d and not %d", e.Name, known, e.Value)
		}
		value = e.Name
	}
	if name, ok := asString(value); ok {
		return t.putEnumName(data, name)
	}
	return t.putInteger(data, value)
}

func (t *Type) putEnumName(data []byte, name string) error {
	known, found := t.EnumValue(name)
	if !found {
		s := suggester{want: name}
		for i := range t.Enum {
			s.offer(t.Enum[i].Name)
		}
		e := NotFoundError{What: "name", Name: name, Within: "the enumeration", Nearest: s.best()}
		return t.wrong("%s", e.Error())
	}
	t.store(data, uint64(known))
	return nil
}

// putTime writes TIME, TOD, DATE, DT and their long forms.
func (t *Type) putTime(data []byte, value any) error {
	switch v := value.(type) {
	case time.Duration:
		return t.setDuration(data, v)
	case TimeOfDay:
		return t.setDuration(data, time.Duration(v))
	case time.Time:
		return t.setInstant(data, v)
	}
	if s, ok := asString(value); ok {
		parsed, err := t.parseTime(s)
		if err != nil {
			return err
		}
		return t.putTime(data, parsed)
	}
	return t.putInteger(data, value)
}

// day is the length of a TIME_OF_DAY.
const day = 24 * time.Hour

func (t *Type) setDuration(data []byte, d time.Duration) error {
	var limit time.Duration = math.MaxInt64
	switch t.Kind {
	case KindTime:
		limit = math.MaxUint32 * time.Millisecond
	case KindTimeOfDay, KindLTimeOfDay:
		limit = day - 1
	case KindLTime:
	default:
		return t.mismatch(d, "a date")
	}
	if d < 0 || d > limit {
		return t.wrong("%v is out of range, 0 to %v are possible", d, limit)
	}
	if t.Size == 4 {
		ms := uint32((d + time.Millisecond/2) / time.Millisecond)
		if t.Kind == KindTimeOfDay {
			ms = min(ms, uint32(day/time.Millisecond)-1)
		}
		binary.LittleEndian.PutUint32(data, ms)
		return nil
	}
	binary.LittleEndian.PutUint64(data, uint64(d))
	return nil
}

func (t *Type) setInstant(data []byte, at time.Time) error {
	at = at.UTC()
	seconds := at.Unix()
	switch t.Kind {
	case KindDate, KindDateTime:
		if seconds < 0 || seconds > math.MaxUint32 {
			return t.instantRange(at, time.Unix(math.MaxUint32, 0))
		}
		if t.Kind == KindDate {
			seconds -= seconds % 86400
		}
		binary.LittleEndian.PutUint32(data, uint32(seconds))
	case KindLDate, KindLDateTime:
		const last, lastNS = math.MaxUint64 / 1_000_000_000, math.MaxUint64 % 1_000_000_000
		if seconds < 0 || seconds > last || seconds == last && at.Nanosecond() > lastNS {
			return t.instantRange(at, time.Unix(last, lastNS))
		}
		ns := uint64(seconds)*1e9 + uint64(at.Nanosecond())
		if t.Kind == KindLDate {
			ns = uint64(seconds-seconds%86400) * 1e9
		}
		binary.LittleEndian.PutUint64(data, ns)
	default:
		return t.mismatch(at, "a duration")
	}
	return nil
}

func (t *Type) instantRange(at, last time.Time) error {
	return t.wrong("%s is out of range, 1970-01-01 to %s are possible", at.Format(time.RFC3339Nano), last.UTC().Format(time.RFC3339))
}

func (t *Type) putArray(data []byte, bit uint8, value any, partial bool) error {
	if values, ok := value.([]any); ok {
		return t.putDimension(data, bit, values, t.Dimensions, 0, partial)
	}
	v := reflect.ValueOf(value)
	for v.IsValid() && (v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface) {
		v = v.Elem()
	}
	if !v.IsValid() || v.Kind() != reflect.Slice && v.Kind() != reflect.Array {
		return t.mismatch(value, fmt.Sprintf("an array of %d elements", t.Dimensions[0].Elements))
	}
	return t.encodeReflect(data, bit, v, partial)
}

// putDimension encodes the elements from first on that the outermost of the
// dimensions has.
func (t *Type) putDimension(data []byte, bit uint8, values []any, dims []Dimension, first int, partial bool) error {
	if len(values) != int(dims[0].Elements) {
		return t.wrongCount(len(values), dims[0])
	}
	below, _ := elements(dims[1:])
	for i, value := range values {
		if value == nil && partial {
			continue
		}
		at := first + i*int(below)
		var err error
		if len(dims) > 1 {
			inner, ok := value.([]any)
			if !ok {
				v := reflect.ValueOf(value)
				if !v.IsValid() || v.Kind() != reflect.Slice && v.Kind() != reflect.Array {
					return t.mismatch(value, fmt.Sprintf("an array of %d elements in each dimension", dims[1].Elements))
				}
				inner = make([]any, v.Len())
				for j := range inner {
					inner[j] = v.Index(j).Interface()
				}
			}
			err = t.putDimension(data, bit, inner, dims[1:], at, partial)
		} else {
			octet, shift := t.place(bit, at)
			if err = t.Elem.encode(data[octet:], shift, value, partial); err != nil {
				err = t.withinElement(err, at)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *Type) wrongCount(have int, dim Dimension) error {
	return t.wrong("%d elements, the dimension %s has %d", have, dim, dim.Elements)
}

func (t *Type) putStruct(data []byte, value any, partial bool) error {
	if t.Kind == KindFunctionBlock && !partial {
		return t.wrong("a function block has octets that are none of its variables: encode into the present ones (EncodeInto)")
	}
	switch v := value.(type) {
	case Struct:
		return t.putFields(data, partial, len(v.Fields), v.All())
	case *Struct:
		if v != nil {
			return t.putFields(data, partial, len(v.Fields), v.All())
		}
	case map[string]any:
		return t.putFields(data, partial, len(v), func(yield func(string, any) bool) {
			for name, value := range v {
				if !yield(name, value) {
					return
				}
			}
		})
	}
	v := reflect.ValueOf(value)
	for v.IsValid() && (v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface) {
		v = v.Elem()
	}
	if !v.IsValid() || v.Kind() != reflect.Struct && v.Kind() != reflect.Map {
		return t.mismatch(value, "a structure")
	}
	return t.encodeReflect(data, 0, v, partial)
}

// putFields encodes named fields, and finds out which are missing.
func (t *Type) putFields(data []byte, partial bool, count int, fields func(func(string, any) bool)) error {
	seen := make([]bool, len(t.Fields))
	var err error
	fields(func(name string, value any) bool {
		i, ok := t.field(name)
		if !ok {
			err = t.unknownField(name)
			return false
		}
		if seen[i] && t.Kind != KindFunctionBlock {
			err = t.wrong("the field %s is given twice", name)
			return false
		}
		seen[i] = true
		field := &t.Fields[i]
		if err = field.Type.encode(data[field.Offset:], field.Bit, value, partial); err != nil {
			err = withinField(err, field.Name)
		}
		return err == nil
	})
	if err != nil || partial || count >= len(t.Fields) || t.Kind == KindUnion && count > 0 {
		return err
	}
	return t.missing(seen)
}

func (t *Type) missing(seen []bool) error {
	const most = 5
	var names []string
	more := 0
	for i := range t.Fields {
		switch first, _ := t.field(t.Fields[i].Name); {
		case seen[i] || seen[first]:
		case len(names) < most:
			names = append(names, t.Fields[i].Name)
		default:
			more++
		}
	}
	if len(names) == 0 {
		return nil
	}
	text := strings.Join(names, ", ")
	if more > 0 {
		text += " and " + strconv.Itoa(more) + " more"
	}
	return t.wrong("no value for %s", text)
}

func (t *Type) unknownField(name string) error {
	s := suggester{want: name}
	for i := range t.Fields {
		s.offer(t.Fields[i].Name)
	}
	e := NotFoundError{What: "field", Name: name, Nearest: s.best()}
	return t.wrong("%s", e.Error())
}
