package floors_test

import (
	"os"
	"path/filepath"
	"testing"

	"stellwerk/internal/floors"
)

// TestHouse holds the module against the plan.
func TestHouse(t *testing.T) {
	problems, err := floors.Check(os.DirFS(top(t)))
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range problems {
		t.Error(problem)
	}
}

// top returns the directory of the module's go.mod.
func top(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			t.Fatal("no go.mod above the test")
		}
		dir = parent
	}
}
