package rig

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

func TestLeak(t *testing.T) {
	before := goroutines()
	release := make(chan struct{})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		waitForRelease(release)
	}()
	if got := leaked(before, 20*time.Millisecond); !strings.Contains(got, "waitForRelease") || !strings.Contains(got, "leak_test.go") {
		t.Errorf("a goroutine that is left is reported as %q", got)
	}
	if got := leaked(goroutines(), 0); got != "" {
		t.Errorf("a goroutine that ran before is reported: %s", got)
	}
	time.AfterFunc(10*time.Millisecond, func() { close(release) })
	if got := leaked(before, 10*time.Second); strings.Contains(got, "waitForRelease") {
		t.Errorf("a goroutine that ends a little later is reported: %s", got)
	}
	<-ended
}

func waitForRelease(release <-chan struct{}) { <-release }

// The test program itself runs once more with a test that leaves a goroutine.
func TestMainFailsOnLeak(t *testing.T) {
	t.Parallel() // Main waits for leakPatience
	program := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestLeaveOne$")
	program.Env = append(os.Environ(), leaveOne+"=1")
	output, err := program.CombinedOutput()
	if err == nil || !strings.Contains(string(output), "PASS") || !strings.Contains(string(output), "waitForRelease") {
		t.Errorf("Main let a goroutine pass: %v\n%s", err, output)
	}
}

const leaveOne = "RIG_LEAVE_ONE"

func TestLeaveOne(t *testing.T) {
	if os.Getenv(leaveOne) == "" {
		t.Skip("only TestMainFailsOnLeak wants it")
	}
	go waitForRelease(make(chan struct{}))
}
