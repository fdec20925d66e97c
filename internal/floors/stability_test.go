package floors

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestStabilityPage holds the table of docs/stability.md against the tree: every
// package on it is there, and every tree of packages that others can import is on
// it.
func TestStabilityPage(t *testing.T) {
	const root = "../.."
	page, err := os.ReadFile(filepath.Join(root, "docs/stability.md"))
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]bool{"ads": true} // which the page speaks of below the table
	for line := range strings.Lines(string(page)) {
		cell, row := strings.CutPrefix(line, "| `")
		if !row {
			continue
		}
		cell, _, _ = strings.Cut(cell, " | ")
		for _, name := range regexp.MustCompile(`[a-z][a-z0-9/]+`).FindAllString(cell, -1) {
			named[name] = true
			if sources, _ := filepath.Glob(filepath.Join(root, name, "*.go")); len(sources) == 0 {
				t.Errorf("docs/stability.md names the package %s, which is not there", name)
			}
		}
	}
	err = fs.WalkDir(os.DirFS(root), ".", func(file string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (file == "internal" || file == "cmd" || file == "test" || file == "tools" || file == "bin" ||
			entry.Name() == "testdata" || len(entry.Name()) > 1 && strings.HasPrefix(entry.Name(), ".")):
			return fs.SkipDir
		case entry.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go"):
			return nil
		}
		for at := path.Dir(file); at != "."; at = path.Dir(at) {
			if named[at] {
				return nil
			}
		}
		t.Errorf("%s: docs/stability.md does not say whether its package stays as it is", file)
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
