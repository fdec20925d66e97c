package rig

import (
	"bytes"
	"encoding/hex"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

var update = flag.Bool("update", false, "write the golden files below testdata anew instead of comparing with them")

// Golden compares got with the file testdata/name of the package under test and
// fails the test with the lines that differ. With the flag -update of the test
// program it writes the file instead; the change is then read in the diff of
// the commit. Contents that are not text are compared as hexadecimal lines.
func Golden[T ~string | ~[]byte](t testing.TB, name string, got T) {
	t.Helper()
	if problem := golden(filepath.Join("testdata", filepath.FromSlash(name)), []byte(got), *update); problem != "" {
		t.Error(problem)
	}
}

// golden does the work of Golden and returns what is wrong.
func golden(path string, got []byte, write bool) string {
	if write {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err.Error()
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			return err.Error()
		}
		return ""
	}
	want, err := os.ReadFile(path)
	if err != nil {
		return err.Error() + "\nrun the test with -update to write the file"
	}
	if bytes.Equal(got, want) {
		return ""
	}
	before, after := string(want), string(got)
	if !isText(want) || !isText(got) {
		before, after = hex.Dump(want), hex.Dump(got)
	}
	return path + ": the result differs (- in the file, + now); if the result is right, run the test with -update\n" +
		diff(slices.Collect(strings.Lines(before)), slices.Collect(strings.Lines(after)))
}

func isText(b []byte) bool { return utf8.Valid(b) && !bytes.ContainsRune(b, 0) }
