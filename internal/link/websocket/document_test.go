package websocket_test

import (
	"os"
	"strings"
	"testing"
)

// The messages in docs/websocket-link.md are those of the tests.
func TestDocument(t *testing.T) {
	document, err := os.ReadFile("../../../docs/websocket-link.md")
	if err != nil {
		t.Fatal(err)
	}
	tests, err := os.ReadFile("link_test.go")
	if err != nil {
		t.Fatal(err)
	}
	words := strings.ReplaceAll(string(tests), "`+voltage+`", voltage)
	examples := 0
	for line := range strings.Lines(string(document)) {
		if line = strings.TrimSpace(line); !strings.HasPrefix(line, `{"kind"`) {
			continue
		}
		if examples++; !strings.Contains(words, line) {
			t.Errorf("no test has %s", line)
		}
	}
	if examples < 9 {
		t.Errorf("%d examples", examples)
	}
}
