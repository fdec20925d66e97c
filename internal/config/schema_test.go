package config_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"stellwerk/internal/rig"
)

// validate is as much of JSON Schema as ours use. It returns what is wrong, or "".
func validate(schema, value any, path string) string {
	s, ok := schema.(map[string]any)
	if !ok {
		if schema == false {
			return path + " must not be there"
		}
		return ""
	}
	for key, rule := range s {
		if problem := validateRule(s, key, rule, value, path); problem != "" {
			return problem
		}
	}
	return ""
}

func validateRule(s map[string]any, key string, rule, value any, path string) string {
	object, isObject := value.(map[string]any)
	number, isNumber := value.(float64)
	text, isText := value.(string)
	list, isList := value.([]any)
	switch key {
	case "$schema", "title", "description", "default", "examples":
	case "type":
		_, isBool := value.(bool)
		good := map[any]bool{
			"object": isObject, "array": isList, "string": isText, "boolean": isBool, "number": isNumber,
			"integer": isNumber && number == float64(int64(number)),
		}[rule]
		if !good {
			return fmt.Sprintf("%s is no %v", path, rule)
		}
	case "properties", "additionalProperties", "propertyNames":
		properties, _ := s["properties"].(map[string]any)
		for name, item := range object {
			problem := ""
			property, known := properties[name]
			switch {
			case key == "propertyNames":
				problem = validate(rule, name, path+" "+name)
			case known && key == "properties":
				problem = validate(property, item, path+"."+name)
			case !known && key == "additionalProperties":
				problem = validate(rule, item, path+"."+name)
			}
			if problem != "" {
				return problem
			}
		}
	case "required":
		for _, name := range rule.([]any) {
			if _, given := object[name.(string)]; isObject && !given {
				return fmt.Sprintf("%s lacks %s", path, name)
			}
		}
	case "items":
		for i, item := range list {
			if problem := validate(rule, item, fmt.Sprintf("%s[%d]", path, i)); problem != "" {
				return problem
			}
		}
	case "anyOf", "oneOf":
		var problems []string
		for _, option := range rule.([]any) {
			if problem := validate(option, value, path); problem != "" {
				problems = append(problems, problem)
			}
		}
		good := len(rule.([]any)) - len(problems)
		if good == 0 || key == "oneOf" && good > 1 {
			return fmt.Sprintf("%s: %d of %s are right: %v", path, good, key, problems)
		}
	case "enum":
		if !slices.Contains(rule.([]any), value) {
			return fmt.Sprintf("%s is none of %v", path, rule)
		}
	case "minimum":
		if isNumber && number < rule.(float64) {
			return path + " is too small"
		}
	case "maximum":
		if isNumber && number > rule.(float64) {
			return path + " is too large"
		}
	case "minLength":
		if isText && float64(len(text)) < rule.(float64) {
			return path + " is too short"
		}
	case "minProperties":
		if isObject && float64(len(object)) < rule.(float64) {
			return path + " has too few keys"
		}
	case "maxProperties":
		if isObject && float64(len(object)) > rule.(float64) {
			return path + " has too many keys"
		}
	case "pattern":
		if isText && !regexp.MustCompile(rule.(string)).MatchString(text) {
			return path + " has the wrong form"
		}
	default:
		return "the test does not know the rule " + key
	}
	return ""
}

// document brings YAML to the types of JSON.
func document(t *testing.T, text []byte) any {
	t.Helper()
	converted, err := yaml.YAMLToJSON(text)
	if err != nil {
		t.Fatal(err)
	}
	var value any
	if err := json.Unmarshal(converted, &value); err != nil {
		t.Fatal(err)
	}
	return value
}

func TestSchema(t *testing.T) {
	text, err := registry().Schema()
	if err != nil {
		t.Fatal(err)
	}
	rig.Golden(t, "schema.json", string(text))
	var schema any
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}

	examples, err := filepath.Glob("../../docs/examples/router*.yaml")
	if err != nil || len(examples) == 0 {
		t.Fatal("no examples", err)
	}
	for _, name := range examples {
		example, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if problem := validate(schema, document(t, example), "file"); problem != "" {
			t.Errorf("%s: %s", name, problem)
		}
	}

	for config, want := range map[string]string{
		head: "",
		head + "routes: [{from: a/1, to: b/1, scale: 2, time: none, commands: true}]\n":                 "",
		head + "points: [{id: a/1, name: 17, to: [b/1, b/2]}, {file: x.csv, ignore: y}]\n":              "",
		"links: {a: {iec104: {role: controlled, t1: 1m30s, tls: {certificate: x}}, queue: {limit: 1}}}": "",
		"links: {}\n":                                             "too few keys",
		"web: {}\n":                                               "lacks links",
		"links: {a: {iec104: {}}}\n":                              "lacks role",
		"links: {a: {queue: {}}}\n":                               "lacks",
		"links: {a: {iec104: {role: control}}}\n":                 "none of",
		"links: {a: {iec104: {role: controlled, k: 0}}}\n":        "too small",
		"links: {a: {iec104: {role: controlled, k: 1.5}}}\n":      "no integer",
		"links: {a: {iec104: {role: controlled, t1: 10}}}\n":      "no string",
		"links: {a: {iec104: {role: controlled, t1: ten}}}\n":     "wrong form",
		"links: {a: {iec104: {role: controlled, rol: x}}}\n":      "must not be there",
		"links: {a: {iec104: {role: controlled, tls: {}}}}\n":     "lacks certificate",
		head + "points: [{name: x}]\n":                            "lacks",
		head + "routes: [{from: a/1, to: b/1, commands: sure}]\n": "no boolean",
	} {
		problem := validate(schema, document(t, []byte(config)), "file")
		if want == "" && problem != "" || !strings.Contains(problem, want) {
			t.Errorf("%s: %q, want %q", config, problem, want)
		}
	}
}

func TestExplain(t *testing.T) { rig.Golden(t, "keys.md", registry().Explain()) }
