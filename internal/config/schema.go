package config

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/invopop/jsonschema"
)

// Schema gives the JSON Schema (draft 2020-12) of a configuration with the
// protocols of the registry, indented and with a line feed at the end. Editors
// that know it complete keys and mark mistakes.
func (r *Registry) Schema() ([]byte, error) {
	link := object("a connection: one key for its protocol")
	link.MaxProperties = new(uint64(2))
	for _, protocol := range r.protocols {
		link.Properties.Set(protocol.Name, section(reflect.ValueOf(protocol.New()).Elem(), protocol.Help))
		link.OneOf = append(link.OneOf, &jsonschema.Schema{Required: []string{protocol.Name}})
	}
	queue := newQueue()
	link.Properties.Set("queue", section(reflect.ValueOf(&queue).Elem(), "how much is kept for the link while it cannot send"))

	links := &jsonschema.Schema{
		Type: "object", Description: "connections by name; a name has letters, digits, '-', '_' and '.'",
		AdditionalProperties: link, MinProperties: new(uint64(1)),
		PropertyNames: &jsonschema.Schema{Pattern: `^[^/\s]+$`},
	}
	top := object("configuration of stellwerk run")
	top.Version = jsonschema.Version
	top.Title = "Stellwerk"
	top.Required = []string{"links"}
	top.Properties.Set("links", links)
	top.Properties.Set("points", array("signal list: points, or files with points", &jsonschema.Schema{AnyOf: []*jsonschema.Schema{
		section(reflect.ValueOf(&List{Encoding: encodingUTF8}).Elem(), "a file with points"),
		section(reflect.ValueOf(&Point{Handling: newHandling()}).Elem(), "a point"),
	}}))
	top.Properties.Set("routes", array("which point becomes which", section(reflect.ValueOf(&Route{Handling: newHandling()}).Elem(), "a route")))
	top.Properties.Set("web", section(reflect.ValueOf(newWeb()).Elem(), "the web page; without this key there is none"))
	text, err := json.MarshalIndent(top, "", "  ")
	return append(text, '\n'), err
}

func object(description string) *jsonschema.Schema {
	return &jsonschema.Schema{
		Type: "object", Description: description,
		Properties: jsonschema.NewProperties(), AdditionalProperties: jsonschema.FalseSchema,
	}
}

func array(description string, items *jsonschema.Schema) *jsonschema.Schema {
	return &jsonschema.Schema{Type: "array", Description: description, Items: items}
}

// section describes an options struct; its values are the defaults.
func section(v reflect.Value, description string) *jsonschema.Schema {
	reflector := jsonschema.Reflector{
		Anonymous: true, DoNotReference: true, FieldNameTag: "yaml",
		Mapper: func(typ reflect.Type) *jsonschema.Schema {
			if isText(typ) {
				return &jsonschema.Schema{Type: "string"}
			}
			return nil
		},
	}
	schema := reflector.ReflectFromType(v.Type())
	schema.Version = ""
	schema.Description = description
	describe(schema, v)
	return schema
}

// describe adds to the schema of a struct what its tags say.
func describe(schema *jsonschema.Schema, v reflect.Value) {
	schema.Required = nil
	for _, info := range fieldsOf(v.Type()) {
		property, known := schema.Properties.Get(info.key)
		if !known {
			continue
		}
		at := v.FieldByIndex(info.index)
		property.Description = info.help
		if info.required {
			schema.Required = append(schema.Required, info.key)
		}
		if info.example != "" {
			property.Examples = []any{info.example}
		}
		if info.required && at.Kind() == reflect.String {
			property.MinLength = new(uint64(1))
		}
		refine(property, at, &info)
	}
}

// refine adds ranges, names and defaults to a property.
func refine(property *jsonschema.Schema, at reflect.Value, info *fieldInfo) {
	switch typ := at.Type(); {
	case typ == durationType:
		if info.low != "" {
			property.Description += ", " + info.low + " to " + info.high
		}
		*property = jsonschema.Schema{
			Type: "string", Description: property.Description, Examples: property.Examples,
			Pattern: `^([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+$`, Default: at.Interface().(time.Duration).String(),
		}
	case isText(typ):
	case typ.Kind() == reflect.Struct:
		describe(property, at)
	case typ.Kind() == reflect.Pointer && typ.Elem().Kind() == reflect.Struct:
		describe(property, reflect.New(typ.Elem()).Elem())
	case typ.Kind() == reflect.Slice:
		// A single value counts as a list of one.
		item := property.Items
		refine(item, reflect.New(typ.Elem()).Elem(), &fieldInfo{enum: info.enum, low: info.low, high: info.high})
		item.Default = nil
		*property = jsonschema.Schema{
			Description: property.Description, Examples: property.Examples,
			AnyOf: []*jsonschema.Schema{item, {Type: "array", Items: item}},
		}
	case typ.Kind() == reflect.Map:
	default:
		if info.low != "" {
			property.Minimum, property.Maximum = json.Number(info.low), json.Number(info.high)
		}
		for _, name := range info.enum {
			property.Enum = append(property.Enum, name)
		}
		if typ.Kind() == reflect.String {
			// YAML reads 4001 as a number; as a text it means the same.
			if len(info.enum) == 0 {
				property.Type = ""
				property.AnyOf = []*jsonschema.Schema{{Type: "string"}, {Type: "number"}, {Type: "boolean"}}
			}
			if at.String() == "" {
				return
			}
		}
		if !info.required {
			property.Default = at.Interface()
		}
	}
}

// Explain describes every key of a configuration in Markdown: the reference of
// the manual.
func (r *Registry) Explain() string {
	var text strings.Builder
	chapter := func(title, intro string, v reflect.Value) {
		text.WriteString("## " + title + "\n\n" + intro + "\n\n")
		explain(&text, v)
	}
	for _, protocol := range r.protocols {
		chapter("links.NAME."+protocol.Name, sentence(protocol.Help), reflect.ValueOf(protocol.New()).Elem())
	}
	queue := newQueue()
	chapter("links.NAME.queue", "How much is kept for a link while it cannot send.", reflect.ValueOf(&queue).Elem())
	chapter("points: a point", "A point in the file itself, or a row of a signal list: the keys are the names of the columns.",
		reflect.ValueOf(&Point{Handling: newHandling()}).Elem())
	text.WriteString("Further names of columns: " + aliases() + ".\n\n")
	chapter("points: a file", "A signal list: CSV or XLSX, one row a point.", reflect.ValueOf(&List{Encoding: encodingUTF8}).Elem())
	chapter("routes", "Which point becomes which.", reflect.ValueOf(&Route{Handling: newHandling()}).Elem())
	chapter("web", "The web page; without this key there is none.", reflect.ValueOf(newWeb()).Elem())
	return strings.TrimSuffix(text.String(), "\n")
}

func sentence(phrase string) string {
	if phrase == "" {
		return ""
	}
	return strings.ToUpper(phrase[:1]) + phrase[1:] + "."
}

func explain(text *strings.Builder, v reflect.Value) {
	text.WriteString("| key | value | default | meaning |\n|---|---|---|---|\n")
	explainRows(text, v, "")
	text.WriteByte('\n')
}

func explainRows(text *strings.Builder, v reflect.Value, prefix string) {
	for _, info := range fieldsOf(v.Type()) {
		at := v.FieldByIndex(info.index)
		if at.Kind() == reflect.Pointer && at.IsNil() {
			at = reflect.New(at.Type().Elem()).Elem()
		}
		kind, standard := kindName(&info), ""
		if info.low != "" {
			kind += " " + info.low + " to " + info.high
		}
		switch {
		case info.required:
			standard = "required"
		case kind != "section" && kind != "list" && kind != "text":
			standard = written(at)
		}
		help := info.help
		if info.example != "" {
			help += ", such as `" + info.example + "`"
		}
		text.WriteString("| `" + prefix + info.key + "` | " + strings.ReplaceAll(kind, "|", " or ") + " | " + standard + " | " + help + " |\n")
		if at.Kind() == reflect.Struct && !isText(at.Type()) {
			explainRows(text, at, prefix+info.key+".")
		}
	}
}

// aliases lists the further names of columns.
func aliases() string {
	var list []string
	for name, key := range columnNames {
		list = append(list, name+" ("+key+")")
	}
	slices.Sort(list)
	return strings.Join(list, ", ")
}
