package ads_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// TestEveryConstructorHasAnExample finds the functions New…, Dial… and Listen… of
// the package and those below it, and their examples, each with an output that is
// compared.
func TestEveryConstructorHasAnExample(t *testing.T) {
	for _, directory := range []string{".", "adstest", "ams", "command", "discovery", "router", "secure", "symbol", "tf6770"} {
		files, err := filepath.Glob(filepath.Join(directory, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatal(directory, err)
		}
		constructors, examples := make(map[string]bool), make(map[string]bool)
		for _, path := range files {
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments|parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			for _, declaration := range file.Decls {
				function, ok := declaration.(*ast.FuncDecl)
				if !ok || function.Recv != nil {
					continue
				}
				name := function.Name.Name
				example, isExample := strings.CutPrefix(name, "Example")
				switch {
				case strings.HasSuffix(path, "_test.go"):
					if isExample {
						examples[example] = comparesOutput(file, function)
					}
				case strings.HasPrefix(name, "New") || strings.HasPrefix(name, "Dial") || strings.HasPrefix(name, "Listen"):
					constructors[name] = true
				}
			}
		}
		for name := range constructors {
			if !examples[name] {
				t.Errorf("%s: %s has no example with an output", directory, name)
			}
		}
	}
}

// comparesOutput reports whether the last comment of a function is its output.
func comparesOutput(file *ast.File, function *ast.FuncDecl) bool {
	last := ""
	for _, group := range file.Comments {
		if group.Pos() > function.Body.Lbrace && group.End() < function.Body.Rbrace {
			last = group.Text()
		}
	}
	return strings.HasPrefix(last, "Output:")
}
