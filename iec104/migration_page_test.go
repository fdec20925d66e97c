package iec104_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestMigrationPage holds docs/migration.md against the code: every name of ours
// that it gives is there. Ours are the last column of its tables, its Go code, and
// names in the text that have one of our packages before them.
func TestMigrationPage(t *testing.T) {
	page, err := os.ReadFile("../docs/migration.md")
	if err != nil {
		t.Fatal(err)
	}
	names := make(map[string]bool) // asdu.New, Client.Start, CounterStation …
	for name, directory := range map[string]string{
		"iec104": ".", "apci": "apci", "asdu": "asdu", "station": "station", "iec104test": "iec104test", "iec62351": "iec62351",
	} {
		exported(t, name, directory, names)
	}
	span := regexp.MustCompile("`[^`]+`")
	name := regexp.MustCompile(`\b(?:[a-z][a-z0-9]+\.)?[A-Z]\w*(?:\.[A-Z]\w*)*`)
	inPackage := regexp.MustCompile(`\b(?:iec104|apci|asdu|station|iec104test|iec62351)(?:\.[A-Z]\w*)+`)
	checked, code := 0, false
	check := func(line int, text string) {
		checked++
		if !names[text] {
			t.Errorf("docs/migration.md, line %d: there is no %s", line, text)
		}
	}
	for i, text := range strings.Split(string(page), "\n") {
		switch {
		case strings.HasPrefix(text, "```"):
			code = !code
		case code:
			for _, found := range inPackage.FindAllString(text, -1) {
				check(i+1, found)
			}
		case strings.HasPrefix(text, "|"):
			cells := strings.Split(strings.Trim(text, "| "), " | ")
			for _, quoted := range span.FindAllString(cells[len(cells)-1], -1) {
				for _, found := range name.FindAllString(quoted, -1) {
					if !strings.HasPrefix(found, "net.") {
						check(i+1, found)
					}
				}
			}
		default:
			for _, quoted := range span.FindAllString(text, -1) {
				for _, found := range inPackage.FindAllString(quoted, -1) {
					check(i+1, found)
				}
			}
		}
	}
	if checked < 100 {
		t.Errorf("%d names were found on the page", checked)
	}
}

// exported adds what a package exports: each name by itself and behind the name of
// the package, methods and fields behind that of their type.
func exported(t *testing.T, name, directory string, names map[string]bool) {
	t.Helper()
	add := func(parts ...string) {
		names[strings.Join(parts, ".")] = true
		names[name+"."+strings.Join(parts, ".")] = true
		names[parts[len(parts)-1]] = true
	}
	files, err := filepath.Glob(filepath.Join(directory, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatal(directory, err)
	}
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, declaration := range file.Decls {
			switch d := declaration.(type) {
			case *ast.FuncDecl:
				if receiver := receiverOf(d); receiver != "" {
					add(receiver, d.Name.Name)
				} else {
					add(d.Name.Name)
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					switch s := spec.(type) {
					case *ast.ValueSpec:
						for _, n := range s.Names {
							add(n.Name)
						}
					case *ast.TypeSpec:
						add(s.Name.Name)
						for _, member := range members(s) {
							add(s.Name.Name, member)
						}
					}
				}
			}
		}
	}
}

// receiverOf returns the type that a method belongs to, empty for a function.
func receiverOf(d *ast.FuncDecl) string {
	if d.Recv == nil {
		return ""
	}
	expression := d.Recv.List[0].Type
	if star, ok := expression.(*ast.StarExpr); ok {
		expression = star.X
	}
	if identifier, ok := expression.(*ast.Ident); ok {
		return identifier.Name
	}
	return "?" // of a generic type
}

// members returns the fields of a struct and the methods of an interface.
func members(s *ast.TypeSpec) (list []string) {
	var fields *ast.FieldList
	switch kind := s.Type.(type) {
	case *ast.StructType:
		fields = kind.Fields
	case *ast.InterfaceType:
		fields = kind.Methods
	default:
		return nil
	}
	for _, field := range fields.List {
		for _, n := range field.Names {
			list = append(list, n.Name)
		}
	}
	return list
}
