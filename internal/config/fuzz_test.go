package config_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"stellwerk/internal/config"
)

// Whatever the files hold: a configuration or problems that can be shown, never
// both and never a panic.
func check(t *testing.T, c *config.Config, err error) {
	t.Helper()
	if err == nil {
		if c == nil || len(c.Links) == 0 {
			t.Fatal("neither a configuration nor an error")
		}
		return
	}
	problems, detailed := errors.AsType[*config.Problems](err)
	if c != nil || !detailed || len(problems.List) == 0 {
		t.Fatalf("%v with %v", c, err)
	}
	if shown := err.Error(); strings.ContainsAny(shown, "\x00\x1b\r") {
		t.Errorf("what is shown could harm a terminal: %q", shown)
	}
}

func FuzzYAML(f *testing.F) {
	for _, name := range []string{example} {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Add(head + "points:\n  - &a {id: substation/1/1, to: control/1/1}\n  - <<: *a\n")
	f.Add(head + "routes:\n  - {from: substation/1/*, to: control/1/*, scale: .inf}\n")
	f.Add("links: &l {a: {iec104: {<<: *l}}}")
	f.Add("? [a]\n: b")
	f.Add("*\x00\x00\x00") // was shown as it is
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1<<14 {
			return
		}
		c, err := parse(text, map[string]string{"signals.csv": "id\nsubstation/1/1\n"})
		check(t, c, err)
	})
}

func FuzzCSV(f *testing.F) {
	text, err := os.ReadFile("../../docs/examples/signals.csv")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(text))
	f.Add("id,to\nsubstation/1/1,control/1/1\n")
	f.Add("\xff\xfei\x00d\x00")
	f.Add("id\n\"\n")
	f.Fuzz(func(t *testing.T, list string) {
		for _, entry := range []string{"{file: s.csv}", "{file: s.csv, encoding: windows-1252, link: substation, ignore: x}"} {
			c, err := parse(head+"points:\n  - "+entry+"\n", map[string]string{"s.csv": list})
			check(t, c, err)
		}
	})
}

func FuzzXLSX(f *testing.F) {
	f.Add("PK\x03\x04")
	f.Fuzz(func(t *testing.T, list string) {
		c, err := parse(head+"points:\n  - file: s.xlsx\n", map[string]string{"s.xlsx": list})
		check(t, c, err)
	})
}
