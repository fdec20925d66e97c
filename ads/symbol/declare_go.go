package symbol

import (
	"fmt"
	"reflect"
	"strings"
)

// Go declares the type of a Go value, which is a struct, and those of the
// structs within it, and returns its name: name, or where it is empty that of the Go
// type. Fields take their names from the tag `ads:"name"` or from Go; the tag
// may give the type behind a comma, and must for slices and texts that are
// longer than 80 characters:
//
//	type Axis struct {
//		Position float64       `ads:"fPosition"`
//		Name     string        `ads:"sName,STRING(20)"`
//		Delay    time.Duration `ads:"tDelay"`
//		Samples  [4]int16      `ads:"aSamples"`
//		Hidden   int           `ads:"-"`
//	}
//
// bool is BOOL, int8 to uint64 are SINT to ULINT, int and uint are LINT and
// ULINT, float32 and float64 are REAL and LREAL, string is STRING(80),
// time.Duration TIME, [TimeOfDay] TOD, time.Time DT, and arrays begin at 0.
func (d *Declaration) Go(name string, value any) string {
	goType := reflect.TypeOf(value)
	for goType != nil && goType.Kind() == reflect.Pointer {
		goType = goType.Elem()
	}
	if goType == nil || goType.Kind() != reflect.Struct {
		d.fail("a Go %T declares no type, a struct does", value)
		return name
	}
	name, err := d.goStruct(name, goType, 0)
	if err != nil {
		d.errs = append(d.errs, err)
	}
	return name
}

func (d *Declaration) goStruct(name string, goType reflect.Type, depth int) (string, error) {
	if name == "" {
		name = goType.Name()
	}
	if name == "" {
		return "", fmt.Errorf("the Go %s has no name, give it one by a type in the tag", goType)
	}
	if depth > maxNesting {
		return name, fmt.Errorf("the Go %s is nested deeper than %d levels", goType, maxNesting)
	}
	if _, declared := d.byName[foldType(name)]; declared && depth > 0 {
		return name, nil
	}
	var members []Member
	for _, field := range reflect.VisibleFields(goType) {
		tag, tagged := field.Tag.Lookup("ads")
		if tag == "-" || !field.IsExported() || field.Anonymous && !tagged || throughPointer(goType, field.Index) {
			continue
		}
		member, typ, _ := strings.Cut(tag, ",")
		if member == "" {
			member = field.Name
		}
		if typ == "" {
			var err error
			if typ, err = d.goMember(field.Type, depth); err != nil {
				return name, fmt.Errorf("field %s of the Go %s: %w", field.Name, goType, err)
			}
		}
		members = append(members, Member{Name: member, Type: typ, Comment: field.Tag.Get("comment")})
	}
	d.Structure(name, members...)
	return name, nil
}

// goKinds are the types of Go's own types.
var goKinds = map[reflect.Kind]string{
	reflect.Bool: "BOOL", reflect.Int8: "SINT", reflect.Uint8: "USINT", reflect.Int16: "INT", reflect.Uint16: "UINT",
	reflect.Int32: "DINT", reflect.Uint32: "UDINT", reflect.Int64: "LINT", reflect.Uint64: "ULINT",
	reflect.Int: "LINT", reflect.Uint: "ULINT", reflect.Float32: "REAL", reflect.Float64: "LREAL", reflect.String: "STRING(80)",
}

func (d *Declaration) goMember(goType reflect.Type, depth int) (string, error) {
	switch goType {
	case durationType:
		return "TIME", nil
	case timeOfDayType:
		return "TOD", nil
	case timeType:
		return "DT", nil
	}
	if name, ok := goKinds[goType.Kind()]; ok {
		return name, nil
	}
	switch {
	case goType.Kind() == reflect.Struct:
		return d.goStruct("", goType, depth+1)
	case goType.Kind() == reflect.Array && goType.Len() > 0:
		of, err := d.goMember(goType.Elem(), depth+1)
		return fmt.Sprintf("ARRAY [0..%d] OF %s", goType.Len()-1, of), err
	}
	return "", fmt.Errorf("a Go %s has no fixed size; a type in the tag would give it one: `ads:\"name,TYPE\"`", goType)
}
