package captures_test

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"stellwerk/internal/rig"
	"stellwerk/test/captures"
)

// The files are what the code makes, and the README speaks of each.
func TestFiles(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range captures.Files() {
		var octets bytes.Buffer
		if err := file.Write(&octets); err != nil {
			t.Errorf("%s: %v", file.Name, err)
			continue
		}
		rig.Golden(t, "../"+file.Name, octets.Bytes())
		if !strings.Contains(string(readme), file.Name) {
			t.Errorf("README.md says nothing about %s", file.Name)
		}
	}
}
