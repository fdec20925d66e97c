package floors

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Check reads the imports of every Go file of the module whose go.mod lies at
// the top of fsys and returns one sentence for each that the plan does not
// allow, and for each package that has no place in it, in the order of the
// files. Modules of their own below it are not looked at. The error is that of
// a file which cannot be read.
func Check(fsys fs.FS) ([]string, error) {
	module, err := moduleName(fsys)
	if err != nil {
		return nil, err
	}
	var problems []string
	homeless := make(map[string]bool) // packages reported already
	err = fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			if name != "." && apart(fsys, name) {
				return fs.SkipDir
			}
			return nil
		case path.Ext(name) != ".go":
			return nil
		}
		pkg := path.Dir(name)
		from := place(pkg)
		if from == nil {
			if !homeless[pkg] {
				homeless[pkg] = true
				problems = append(problems, fmt.Sprintf(
					"%s: package %s stands on no floor: give it a place in internal/floors/house.go and in docs/architecture.md, or put its code where it belongs",
					name, pkg))
			}
			return nil
		}
		imports, err := importsOf(fsys, name)
		if err != nil {
			return err
		}
		for _, imported := range imports {
			if problem := judge(module, name, from, imported); problem != "" {
				problems = append(problems, name+": "+problem)
			}
		}
		return nil
	})
	return problems, err
}

// moduleName reads the module's path from its go.mod.
func moduleName(fsys fs.FS) (string, error) {
	text, err := fs.ReadFile(fsys, "go.mod")
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) == 2 && fields[0] == "module" {
			return fields[1], nil
		}
	}
	return "", fmt.Errorf("go.mod names no module")
}

// apart tells whether a directory holds nothing of this module: what the go
// command passes over, and modules of their own.
func apart(fsys fs.FS, dir string) bool {
	base := path.Base(dir)
	if base == "testdata" || base == "node_modules" || base[0] == '.' || base[0] == '_' {
		return true
	}
	_, err := fs.Stat(fsys, path.Join(dir, "go.mod"))
	return err == nil
}

func importsOf(fsys fs.FS, name string) ([]string, error) {
	source, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, err
	}
	file, err := parser.ParseFile(token.NewFileSet(), name, source, parser.ImportsOnly)
	if err != nil {
		return nil, err
	}
	imports := make([]string, 0, len(file.Imports))
	for _, spec := range file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, fmt.Errorf("%s: import %s: %w", name, spec.Path.Value, err)
		}
		imports = append(imports, imported)
	}
	return imports, nil
}

// judge returns what is wrong with an import and what to do about it, or "".
func judge(module, file string, from *room, imported string) string {
	test := strings.HasSuffix(file, "_test.go")
	below, ours := strings.CutPrefix(imported, module+"/")
	switch {
	case ours && test:
		return ""
	case ours:
		return judgeOurs(path.Dir(file), from, below, imported)
	case !strings.Contains(strings.Split(imported, "/")[0], "."):
		return "" // the standard library
	case listed(imported, from.parts) || test && listed(imported, testParts):
		return ""
	case test:
		return fmt.Sprintf("a test imports %s: tests are written with the standard library and %s",
			imported, strings.Join(testParts, ", "))
	case len(from.parts) == 0:
		return fmt.Sprintf("imports %s, but %s (floor %d) imports no third-party code: "+
			"leave it to a package that exists to use it, or justify it in docs/adr and add it to internal/floors/house.go",
			imported, from.path, from.floor)
	default:
		return fmt.Sprintf("imports %s, but of third-party code %s (floor %d) imports only %s: "+
			"leave it to a package that exists to use it, or justify it in docs/adr and add it to internal/floors/house.go",
			imported, from.path, from.floor, strings.Join(from.parts, ", "))
	}
}

func judgeOurs(pkg string, from *room, below, imported string) string {
	to := place(below)
	if to == nil {
		return fmt.Sprintf("imports %s, which stands on no floor: give it a place in internal/floors/house.go", imported)
	}
	if to == from {
		return ""
	}
	if slices.Contains(harness, to.path) && from.floor != outside {
		return fmt.Sprintf("imports %s, which is for tests only: use it in _test.go files", imported)
	}
	if slices.Contains(reach[from.floor], to.floor) {
		return ""
	}
	return fmt.Sprintf("package %s on floor %d imports %s on floor %d: %s",
		pkg, from.floor, imported, to.floor, advice(from.floor, to.floor))
}

// advice says what to do about an import that reach does not allow.
func advice(from, to int) string {
	switch {
	case to > from:
		return "imports go down only: move what both need down, or let a package above them connect the two"
	case to == from:
		if to == jobs {
			return "a job never imports another: declare the interface that is needed, and let internal/app connect the two"
		}
		return "packages of one floor do not import each other: move what both need down, or let a package above them connect the two"
	case from == pages:
		return "the page knows jobs and protocols only through interfaces that it declares itself; let internal/app hand them in"
	case to == pages:
		return "the program starts the page through internal/app"
	default:
		return fmt.Sprintf("floor %d may import %s", from, spell(reach[from]))
	}
}

// spell lists floors for people.
func spell(floors []int) string {
	words := []string{"the standard library"}
	for _, floor := range floors {
		if floor == wireFloor {
			words = append(words, "wire")
			continue
		}
		words = append(words, "floor "+strconv.Itoa(floor))
	}
	return strings.Join(words, ", ")
}
