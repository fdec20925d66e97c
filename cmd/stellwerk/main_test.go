package main

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets the scripts run the program under its own name.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"stellwerk": func() { os.Exit(run()) },
		"centre":    centreProgram, // peers for scripts
		"plant":     plantProgram,
		"drive":     driveProgram,
	})
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
		Cmds:          map[string]func(*testscript.TestScript, bool, []string){"rsakey": rsaKey},
		Setup: func(env *testscript.Env) error {
			env.Setenv("ROOT", root)
			env.Setenv("NO_COLOR", "1")
			return setFreeAddresses(env)
		},
	})
}

// rsaKey is the script command "rsakey PRIVATE PUBLIC", which writes a new key
// into two files.
func rsaKey(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: rsakey PRIVATE PUBLIC")
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	ts.Check(err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	ts.Check(err)
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	ts.Check(err)
	for i, block := range []*pem.Block{{Type: "PRIVATE KEY", Bytes: private}, {Type: "PUBLIC KEY", Bytes: public}} {
		ts.Check(os.WriteFile(ts.MkAbs(args[i]), pem.EncodeToMemory(block), 0o600))
	}
}

// setFreeAddresses lets scripts have addresses of the loopback on which nobody
// listens, for what they start: ADDR and ADDR2, and SAME, which is another name of
// ADDR.
func setFreeAddresses(env *testscript.Env) error {
	for _, name := range []string{"ADDR", "ADDR2"} {
		var config net.ListenConfig
		listener, err := config.Listen(context.Background(), "tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		env.Setenv(name, listener.Addr().String())
		if name == "ADDR" {
			_, port, _ := net.SplitHostPort(listener.Addr().String())
			env.Setenv("SAME", "localhost:"+port)
		}
		if err := listener.Close(); err != nil {
			return err
		}
	}
	return nil
}
