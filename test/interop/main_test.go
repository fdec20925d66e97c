package interop

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"stellwerk/internal/rig"
)

// record makes the recordings in test/captures anew.
var record = flag.Bool("record", false, "write the recordings of the conversations to test/captures")

// patience bounds every wait for something that comes at once when it comes.
const patience = 15 * time.Second

func TestMain(m *testing.M) { rig.Main(m) }

// program builds stellwerk once for all tests and returns where it lies.
var program = sync.OnceValues(func() (string, error) {
	// Not in a directory of a test: it is for all of them.
	path, err := filepath.Abs("../../bin/interop/stellwerk")
	if err != nil {
		return "", err
	}
	build := exec.Command("go", "build", "-o", path, "./cmd/stellwerk")
	build.Dir = "../.."
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build ./cmd/stellwerk: %w\n%s", err, out)
	}
	return path, nil
})

// stellwerk returns the path of the program.
func stellwerk(t *testing.T) string {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// freeAddress returns an address on the loopback that nobody listens at.
func freeAddress(t *testing.T) string {
	t.Helper()
	var config net.ListenConfig
	l, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// until waits for a condition to come true.
func until(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !condition(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited %s in vain until %s", patience, what)
		}
	}
}

// within returns a context for something that must not take long.
func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// start runs the program until the test ends and returns what it says.
func start(t *testing.T, arguments ...string) *output {
	t.Helper()
	out := new(output)
	command := exec.CommandContext(t.Context(), stellwerk(t), arguments...)
	command.Stdout, command.Stderr = out, out
	// The context ends before the functions of Cleanup are called.
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	command.WaitDelay = 10 * time.Second
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := command.Wait(); err != nil && command.ProcessState.ExitCode() != 0 {
			t.Errorf("stellwerk %v ended with %v", arguments, err)
		}
		if t.Failed() {
			t.Logf("stellwerk %v said:\n%s", arguments, out)
		}
	})
	return out
}

// output collects what a program prints.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer // guarded by mu
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}
