package app_test

import (
	"os"
	"testing"

	"stellwerk/internal/app"
)

// TestReference holds the reference in the manual against the structs that it
// comes from. STELLWERK_UPDATE=1 writes it anew.
func TestReference(t *testing.T) {
	const path = "../../docs/configuration.md"
	want := app.Registry().Explain()
	if os.Getenv("STELLWERK_UPDATE") != "" {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is not what the program says of its configuration: run STELLWERK_UPDATE=1 go test ./internal/app -run TestReference", path)
	}
}

// TestExample reads the example configurations of the manual with the protocols of
// the program.
func TestExample(t *testing.T) {
	for _, name := range []string{"router.yaml", "plc.yaml"} {
		if _, err := app.Registry().Read("../../docs/examples/" + name); err != nil {
			t.Error(err)
		}
	}
}
