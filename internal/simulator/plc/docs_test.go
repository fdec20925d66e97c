package plc

import (
	"os"
	"strings"
	"testing"
)

// The page about files must show one that is right.
func TestPageIsRight(t *testing.T) {
	page, err := os.ReadFile("../../../docs/simulate-plc.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "```yaml\n")
	text, _, ok := strings.Cut(rest, "```")
	if !ok {
		t.Fatal("no YAML on the page")
	}
	m, err := parse("page", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	p, err := New(m, Options{})
	if err != nil {
		t.Fatal(err)
	}
	p.Close()
	for _, shape := range shapes {
		if !strings.Contains(string(page), "| `"+shape+"` |") {
			t.Errorf("the page lacks the shape %s", shape)
		}
	}
}
