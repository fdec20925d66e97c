package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets the scripts run the program under its own name.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"stellwerk": func() { os.Exit(run()) }})
}

// TestScripts executes the manual: every script in testdata.
func TestScripts(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		// STELLWERK_UPDATE=1 writes what commands print into the scripts that
		// compare it.
		UpdateScripts: os.Getenv("STELLWERK_UPDATE") != "",
		Setup: func(env *testscript.Env) error {
			env.Setenv("ROOT", root)
			env.Setenv("NO_COLOR", "1")
			return nil
		},
	})
}
