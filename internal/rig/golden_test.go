package rig

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestGolden(t *testing.T) {
	path := filepath.Join(t.TempDir(), "below", "list.txt")
	if got := golden(path, []byte("x"), false); !strings.Contains(got, "list.txt") || !strings.Contains(got, "-update") {
		t.Errorf("a file that is missing: %q", got)
	}
	if got := golden(path, []byte("one\ntwo\n"), true); got != "" {
		t.Fatal(got)
	}
	if got := golden(path, []byte("one\ntwo\n"), false); got != "" {
		t.Errorf("the same: %s", got)
	}
	got := golden(path, []byte("one\n2\n"), false)
	if !strings.Contains(got, "list.txt") || !strings.HasSuffix(got, "@@ line 1\n one\n-two\n+2\n") {
		t.Errorf("a line differs: %s", got)
	}
	if now, err := os.ReadFile(path); err != nil || string(now) != "one\ntwo\n" {
		t.Errorf("without -update the file became %q, %v", now, err)
	}
	if got := golden(path, []byte{0x68, 0x04, 0x00}, false); !strings.Contains(got, "+00000000  68 04 00") {
		t.Errorf("octets that are not text: %s", got)
	}
}

func TestGoldenReadsBelowTestdata(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.MkdirAll("testdata/a", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("testdata/a/b.txt", []byte("content"), 0o644); err != nil {
		t.Fatal(err)
	}
	Golden(t, "a/b.txt", "content")
	Golden(t, "a/b.txt", []byte("content"))
}

func TestDiff(t *testing.T) {
	numbers := strings.SplitAfter("1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20", " ")
	moved := append([]string{"0 "}, numbers...)
	for _, test := range []struct {
		name          string
		before, after []string
		want          string
	}{
		{"from nothing", nil, []string{"a\n"}, "@@ line 1\n+a\n"},
		{"to nothing", []string{"a\n"}, nil, "@@ line 1\n-a\n"},
		{"end of line", []string{"a\n"}, []string{"a \n"}, "@@ line 1\n-a\n+a\" \" (spaces at the end)\n"},
		{"no newline", []string{"a\n"}, []string{"a"}, "@@ line 1\n-a\n+a (no newline at the end)\n"},
		{
			"two places",
			[]string{"a\n", "b\n", "c\n", "d\n", "e\n", "f\n", "g\n", "h\n", "i\n", "j\n"},
			[]string{"A\n", "b\n", "c\n", "d\n", "e\n", "f\n", "g\n", "h\n", "i\n", "j\n", "k\n"},
			"@@ line 1\n-a\n+A\n b\n c\n d\n@@ line 8\n h\n i\n j\n+k\n",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := diff(test.before, test.after); got != test.want {
				t.Errorf("got\n%swant\n%s", got, test.want)
			}
		})
	}
	added := 0
	for _, c := range compare(numbers, moved) {
		if c.kind == '+' {
			added++
		}
		if c.kind == '-' {
			t.Errorf("%q was not taken away", c.text)
		}
	}
	if added != 1 {
		t.Errorf("%d lines were added", added)
	}
}

func TestDiffOfLongTextsIsBounded(t *testing.T) {
	a, b := make([]string, 5000), make([]string, 5000)
	for i := range a {
		a[i], b[i] = "a\n", "b\n"
	}
	got := diff(a, b)
	if n := strings.Count(got, "\n"); n != shownLines+2 {
		t.Errorf("%d lines are shown", n)
	}
	if !strings.Contains(got, "5000 lines in the file") {
		t.Error("it is not said that there is more")
	}
}
