package symbol

import (
	"reflect"
	"slices"
	"strings"
	"time"
)

// plan is how values of one type and those of one Go type become each other. It
// is made once and kept with the type.
type plan struct {
	octets func(data []byte, bit uint8, v reflect.Value) error               // Go to octets
	value  func(data []byte, bit uint8, v reflect.Value) error               // octets to Go
	over   func(data []byte, bit uint8, v reflect.Value, partial bool) error // octets where parts may be missing
}

// Go types that stand for a kind whatever they are made of.
var (
	durationType  = reflect.TypeFor[time.Duration]()
	timeOfDayType = reflect.TypeFor[TimeOfDay]()
	timeType      = reflect.TypeFor[time.Time]()
	enumType      = reflect.TypeFor[Enum]()
	structType    = reflect.TypeFor[Struct]()
)

// maxPlanDepth bounds Go types within Go types.
const maxPlanDepth = maxNesting

// planFor returns the plan for a Go type.
func (t *Type) planFor(goType reflect.Type) (*plan, error) {
	if p, ok := t.plans.Load(goType); ok {
		return p.(*plan), nil
	}
	p, err := t.makePlan(goType, 0)
	if err != nil {
		return nil, err
	}
	kept, _ := t.plans.LoadOrStore(goType, p)
	return kept.(*plan), nil
}

// makePlan finds out how a Go type takes values of the type.
func (t *Type) makePlan(goType reflect.Type, depth int) (*plan, error) {
	if depth > maxPlanDepth {
		return nil, t.wrong("the Go type %s is nested deeper than %d levels", goType, maxPlanDepth)
	}
	switch {
	case goType.Kind() == reflect.Pointer:
		return t.pointerPlan(goType, depth)
	case goType.Kind() == reflect.Interface:
		return t.anyPlan(goType)
	}
	switch t.Kind {
	case KindBool, KindBit:
		if goType.Kind() == reflect.Bool {
			return t.boolPlan(), nil
		}
	case KindReal32, KindReal64:
		if goType.Kind() == reflect.Float32 || goType.Kind() == reflect.Float64 {
			return t.realPlan(), nil
		}
	case KindString, KindWString:
		if goType.Kind() == reflect.String {
			return t.textPlan(), nil
		}
	case KindTime, KindLTime, KindTimeOfDay, KindLTimeOfDay:
		if goType == durationType || goType == timeOfDayType {
			return t.durationPlan(), nil
		}
		return t.rawTimePlan(goType)
	case KindDate, KindLDate, KindDateTime, KindLDateTime:
		if goType == timeType {
			return t.instantPlan(), nil
		}
		return t.rawTimePlan(goType)
	case KindEnum:
		switch {
		case goType == enumType:
			return t.enumPlan(), nil
		case goType.Kind() == reflect.String:
			return t.enumNamePlan(), nil
		case isInteger(goType.Kind()):
			return t.integerPlan(), nil
		}
	case KindArray:
		return t.arrayPlan(goType, t.Dimensions, depth)
	case KindStruct, KindUnion, KindFunctionBlock:
		switch {
		case goType == structType, goType.Kind() == reflect.Map && goType.Key().Kind() == reflect.String:
			return t.genericPlan(goType)
		case goType.Kind() == reflect.Struct && goType != timeType:
			return t.structPlan(goType, depth)
		}
	case KindOpaque:
		if goType == reflect.TypeFor[[]byte]() {
			return t.genericPlan(goType)
		}
	default:
		if isInteger(goType.Kind()) {
			return t.integerPlan(), nil
		}
	}
	return nil, t.noPlan(goType)
}

func (t *Type) noPlan(goType reflect.Type) error {
	return t.wrong("a Go %s cannot hold it, a Go %s can", goType, t.goName())
}

// goName says what Go type suits best.
func (t *Type) goName() string {
	names := [kinds]string{
		KindOpaque: "[]byte", KindBool: "bool", KindBit: "bool", KindReal32: "float32", KindReal64: "float64",
		KindString: "string", KindWString: "string", KindTime: "time.Duration", KindLTime: "time.Duration",
		KindTimeOfDay: "symbol.TimeOfDay", KindLTimeOfDay: "symbol.TimeOfDay", KindDate: "time.Time", KindLDate: "time.Time",
		KindDateTime: "time.Time", KindLDateTime: "time.Time", KindEnum: "integer or string", KindArray: "array or slice",
		KindStruct: "struct", KindUnion: "struct", KindFunctionBlock: "struct",
	}
	if name := names[t.Kind]; name != "" {
		return name
	}
	return "integer"
}

func isInteger(k reflect.Kind) bool { return k >= reflect.Int && k <= reflect.Uintptr }

// always makes the form for missing parts of one that has no parts.
func (p *plan) always() *plan {
	p.over = func(data []byte, bit uint8, v reflect.Value, _ bool) error { return p.octets(data, bit, v) }
	return p
}

func (t *Type) boolPlan() *plan {
	return (&plan{
		octets: func(data []byte, bit uint8, v reflect.Value) error {
			t.setBool(data, bit, v.Bool())
			return nil
		},
		value: func(data []byte, bit uint8, v reflect.Value) error {
			if t.Kind == KindBit {
				v.SetBool(data[0]>>bit&1 == 1)
			} else {
				v.SetBool(data[0] != 0)
			}
			return nil
		},
	}).always()
}

func (t *Type) realPlan() *plan {
	return (&plan{
		octets: func(data []byte, _ uint8, v reflect.Value) error { return t.setReal(data, v.Float()) },
		value: func(data []byte, _ uint8, v reflect.Value) error {
			f := t.real(data)
			if v.OverflowFloat(f) {
				return t.wrong("%g does not fit into a Go %s", f, v.Type())
			}
			v.SetFloat(f)
			return nil
		},
	}).always()
}

func (t *Type) textPlan() *plan {
	return (&plan{
		octets: func(data []byte, _ uint8, v reflect.Value) error { return t.putText(data, v.String()) },
		value: func(data []byte, _ uint8, v reflect.Value) error {
			// A text that has not changed needs no memory.
			if t.Kind == KindString && unchanged(data[:t.Size], v.String()) {
				return nil
			}
			v.SetString(t.text(data))
			return nil
		},
	}).always()
}

func (t *Type) text(data []byte) string {
	if t.Kind == KindWString {
		return decodeWString(data[:t.Size])
	}
	return decodeString(data[:t.Size], t.CodePage)
}

// unchanged tells whether octets are those of an ASCII text and its NUL.
func unchanged(data []byte, s string) bool {
	return len(s) <= len(data) && string(data[:len(s)]) == s && (len(s) == len(data) || data[len(s)] == 0) && ascii(s)
}

func (t *Type) durationPlan() *plan {
	return (&plan{
		octets: func(data []byte, _ uint8, v reflect.Value) error {
			return t.setDuration(data, time.Duration(v.Int()))
		},
		value: func(data []byte, _ uint8, v reflect.Value) error {
			d, err := t.duration(data)
			v.SetInt(int64(d))
			return err
		},
	}).always()
}

func (t *Type) instantPlan() *plan {
	return (&plan{
		octets: func(data []byte, _ uint8, v reflect.Value) error {
			at, ok := reflect.TypeAssert[time.Time](v)
			if !ok {
				return t.noPlan(v.Type())
			}
			return t.setInstant(data, at)
		},
		value: func(data []byte, _ uint8, v reflect.Value) error {
			*v.Addr().Interface().(*time.Time) = t.instant(data)
			return nil
		},
	}).always()
}

// rawTimePlan is for Go integers, which take the number that is on the wire,
// and for texts.
func (t *Type) rawTimePlan(goType reflect.Type) (*plan, error) {
	switch {
	case isInteger(goType.Kind()):
		return t.integerPlan(), nil
	case goType.Kind() == reflect.String:
		return (&plan{
			octets: func(data []byte, _ uint8, v reflect.Value) error { return t.putTime(data, v.String()) },
			value: func(data []byte, _ uint8, v reflect.Value) error {
				decoded, err := t.decode(data, 0)
				if err == nil {
					v.SetString(string(t.appendTime(nil, decoded)))
				}
				return err
			},
		}).always(), nil
	}
	return nil, t.noPlan(goType)
}

// number reads an integer, an address or a time as it is on the wire.
func (t *Type) wireNumber(data []byte) number {
	kind := t.integerKind()
	if kind.address() || kind == KindUint64 || !kind.integer() {
		return unsigned(t.address(data))
	}
	return signed(integer(kind, data))
}

func (t *Type) integerPlan() *plan {
	return (&plan{
		octets: func(data []byte, _ uint8, v reflect.Value) error {
			n, _ := reflectNumber(v)
			return t.setInteger(data, n)
		},
		value: func(data []byte, _ uint8, v reflect.Value) error {
			n := t.wireNumber(data)
			switch {
			case v.CanInt():
				if n.magnitude > 1<<63-1 && !n.negative || v.OverflowInt(n.int()) {
					return t.wrong("%s does not fit into a Go %s", n, v.Type())
				}
				v.SetInt(n.int())
			case n.negative || v.OverflowUint(n.magnitude):
				return t.wrong("%s does not fit into a Go %s", n, v.Type())
			default:
				v.SetUint(n.magnitude)
			}
			return nil
		},
	}).always()
}

func (t *Type) enumPlan() *plan {
	return (&plan{
		octets: func(data []byte, _ uint8, v reflect.Value) error {
			return t.putEnum(data, Enum{Name: v.Field(0).String(), Value: v.Field(1).Int()})
		},
		value: func(data []byte, _ uint8, v reflect.Value) error {
			value := integer(t.number, data)
			name, _ := t.EnumName(value)
			v.Field(0).SetString(name)
			v.Field(1).SetInt(value)
			return nil
		},
	}).always()
}

func (t *Type) enumNamePlan() *plan {
	return (&plan{
		octets: func(data []byte, _ uint8, v reflect.Value) error { return t.putEnumName(data, v.String()) },
		value: func(data []byte, _ uint8, v reflect.Value) error {
			value := integer(t.number, data)
			name, ok := t.EnumName(value)
			if !ok {
				return t.wrong("%d has no name, and a Go %s takes names only", value, v.Type())
			}
			v.SetString(name)
			return nil
		},
	}).always()
}

// genericPlan is for the types that Decode makes.
func (t *Type) genericPlan(goType reflect.Type) (*plan, error) {
	p := &plan{
		over: func(data []byte, bit uint8, v reflect.Value, partial bool) error {
			if v.Kind() == reflect.Map {
				return t.putMap(data, v, partial)
			}
			return t.encode(data, bit, v.Interface(), partial)
		},
		value: func(data []byte, bit uint8, v reflect.Value) error {
			decoded, err := t.decode(data, bit)
			if err != nil {
				return err
			}
			value := reflect.ValueOf(decoded)
			if s, ok := decoded.(Struct); ok && v.Kind() == reflect.Map {
				value = reflect.ValueOf(s.Map())
			}
			if !value.Type().AssignableTo(v.Type()) {
				return t.noPlan(goType)
			}
			v.Set(value)
			return nil
		},
	}
	p.octets = func(data []byte, bit uint8, v reflect.Value) error { return p.over(data, bit, v, false) }
	return p, nil
}

func (t *Type) putMap(data []byte, v reflect.Value, partial bool) error {
	return t.putFields(data, partial, v.Len(), func(yield func(string, any) bool) {
		for iter := v.MapRange(); iter.Next(); {
			if !yield(iter.Key().String(), iter.Value().Interface()) {
				return
			}
		}
	})
}

func (t *Type) anyPlan(goType reflect.Type) (*plan, error) {
	if goType.NumMethod() > 0 {
		return nil, t.noPlan(goType)
	}
	p := &plan{
		over: func(data []byte, bit uint8, v reflect.Value, partial bool) error {
			if v.IsNil() && partial {
				return nil
			}
			return t.encode(data, bit, v.Interface(), partial)
		},
		value: func(data []byte, bit uint8, v reflect.Value) error {
			decoded, err := t.decode(data, bit)
			if err == nil {
				v.Set(reflect.ValueOf(decoded))
			}
			return err
		},
	}
	p.octets = func(data []byte, bit uint8, v reflect.Value) error { return p.over(data, bit, v, false) }
	return p, nil
}

func (t *Type) pointerPlan(goType reflect.Type, depth int) (*plan, error) {
	inner, err := t.makePlan(goType.Elem(), depth+1)
	if err != nil {
		return nil, err
	}
	p := &plan{
		over: func(data []byte, bit uint8, v reflect.Value, partial bool) error {
			if v.IsNil() {
				if partial {
					return nil
				}
				return t.wrong("no value: the pointer is nil")
			}
			return inner.over(data, bit, v.Elem(), partial)
		},
		value: func(data []byte, bit uint8, v reflect.Value) error {
			if v.IsNil() {
				v.Set(reflect.New(goType.Elem()))
			}
			return inner.value(data, bit, v.Elem())
		},
	}
	p.octets = func(data []byte, bit uint8, v reflect.Value) error { return p.over(data, bit, v, false) }
	return p, nil
}

// fieldPlan is one field of a Go struct.
type fieldPlan struct {
	index []int
	field *Field
	plan  *plan
}

func (f *fieldPlan) in(v reflect.Value) reflect.Value {
	if len(f.index) == 1 {
		return v.Field(f.index[0])
	}
	return v.FieldByIndex(f.index)
}

// structPlan matches the fields of a Go struct by their tag `ads:"name"`, or by
// their names. Fields with the tag `ads:"-"`, and such without a tag that the
// type has not, are left alone.
func (t *Type) structPlan(goType reflect.Type, depth int) (*plan, error) {
	var fields []fieldPlan
	seen := make([]bool, len(t.Fields))
	for _, goField := range reflect.VisibleFields(goType) {
		tag, tagged := goField.Tag.Lookup("ads")
		name, _, _ := strings.Cut(tag, ",")
		if tag == "-" || !goField.IsExported() || goField.Anonymous && !tagged || throughPointer(goType, goField.Index) {
			continue
		}
		if name == "" {
			name = goField.Name
		}
		i, ok := t.field(name)
		if !ok {
			if tagged {
				return nil, t.unknownField(name)
			}
			continue
		}
		if seen[i] {
			return nil, t.wrong("two fields of the Go %s are for %s", goType, t.Fields[i].Name)
		}
		seen[i] = true
		inner, err := t.Fields[i].Type.makePlan(goField.Type, depth+1)
		if err != nil {
			return nil, withinField(err, t.Fields[i].Name)
		}
		fields = append(fields, fieldPlan{index: goField.Index, field: &t.Fields[i], plan: inner})
	}
	if len(fields) == 0 && len(t.Fields) > 0 {
		return nil, t.wrong("the Go %s has none of its fields; tags `ads:\"name\"` say which is which", goType)
	}
	slices.SortStableFunc(fields, func(a, b fieldPlan) int { return order(a.field.Offset, b.field.Offset) })
	complete := t.Kind == KindUnion || !slices.Contains(seen, false)
	p := &plan{}
	p.over = func(data []byte, _ uint8, v reflect.Value, partial bool) error {
		if !complete && !partial {
			return t.missing(seen)
		}
		for i := range fields {
			f := &fields[i]
			if err := f.plan.over(data[f.field.Offset:], f.field.Bit, f.in(v), partial); err != nil {
				return withinField(err, f.field.Name)
			}
		}
		return nil
	}
	p.octets = func(data []byte, bit uint8, v reflect.Value) error { return p.over(data, bit, v, false) }
	p.value = func(data []byte, _ uint8, v reflect.Value) error {
		for i := range fields {
			f := &fields[i]
			if err := f.plan.value(data[f.field.Offset:], f.field.Bit, f.in(v)); err != nil {
				return withinField(err, f.field.Name)
			}
		}
		return nil
	}
	return p, nil
}

// throughPointer tells whether a field lies behind an embedded pointer, which
// may be nil.
func throughPointer(goType reflect.Type, index []int) bool {
	for _, i := range index[:len(index)-1] {
		goType = goType.Field(i).Type
		if goType.Kind() == reflect.Pointer {
			return true
		}
	}
	return false
}

// arrayPlan is for Go arrays and slices, nested for each dimension, or flat for
// all of them together.
func (t *Type) arrayPlan(goType reflect.Type, dims []Dimension, depth int) (*plan, error) {
	if goType.Kind() != reflect.Slice && goType.Kind() != reflect.Array {
		return nil, t.noPlan(goType)
	}
	count, _ := elements(dims)
	inner := goType.Elem()
	nested := len(dims) > 1 && (inner.Kind() == reflect.Slice || inner.Kind() == reflect.Array)
	size := count
	if nested {
		size = uint64(dims[0].Elements)
	}
	if goType.Kind() == reflect.Array && uint64(goType.Len()) != size {
		return nil, t.wrong("the Go %s has %d elements, and the array %d", goType, goType.Len(), size)
	}
	var element *plan
	var err error
	if nested {
		element, err = t.arrayPlan(inner, dims[1:], depth+1)
	} else {
		element, err = t.Elem.makePlan(inner, depth+1)
	}
	if err != nil {
		return nil, err
	}
	step, stepDims := 1, dims
	if nested {
		below, _ := elements(dims[1:])
		step, stepDims = int(below), dims[:1]
	}
	fits := octetSlice(t, goType, nested)
	p := &plan{}
	p.over = func(data []byte, bit uint8, v reflect.Value, partial bool) error {
		if uint64(v.Len()) != size {
			return t.wrong("%d elements, the array has %d", v.Len(), size)
		}
		if fits && v.Kind() == reflect.Slice {
			copy(data[:size], v.Bytes())
			return nil
		}
		for i := range v.Len() {
			octet, shift := t.place(bit, i*step)
			if err := element.over(data[octet:], shift, v.Index(i), partial); err != nil {
				return within(err, string(appendIndex(nil, stepDims, i)))
			}
		}
		return nil
	}
	p.octets = func(data []byte, bit uint8, v reflect.Value) error { return p.over(data, bit, v, false) }
	p.value = func(data []byte, bit uint8, v reflect.Value) error {
		if v.Kind() == reflect.Slice {
			if v.Cap() < int(size) {
				v.Set(reflect.MakeSlice(goType, int(size), int(size)))
			}
			v.SetLen(int(size))
			if fits {
				copy(v.Bytes(), data[:size])
				return nil
			}
		}
		for i := range int(size) {
			octet, shift := t.place(bit, i*step)
			if err := element.value(data[octet:], shift, v.Index(i)); err != nil {
				return within(err, string(appendIndex(nil, stepDims, i)))
			}
		}
		return nil
	}
	return p, nil
}

// octetSlice tells whether elements are octets on both sides.
func octetSlice(t *Type, goType reflect.Type, nested bool) bool {
	return !nested && t.Elem.Kind == KindUint8 && t.Elem.Range == nil && goType.Elem().Kind() == reflect.Uint8
}
