package rig

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

// leakPatience is how long goroutines may take to end after the last test.
const leakPatience = 5 * time.Second

// Main runs the tests of a package and fails the test program when goroutines
// are left that did not run before; it prints their stacks. It is called from
// TestMain:
//
//	func TestMain(m *testing.M) { rig.Main(m) }
//
// Tests that use a client of net/http close its idle connections.
func Main(m *testing.M) {
	before := goroutines()
	code := m.Run()
	if code == 0 {
		if left := leaked(before, leakPatience); left != "" {
			fmt.Fprintf(os.Stderr, "goroutines are left after the tests; who starts one ends it and waits for it:\n\n%s", left)
			code = 1
		}
	}
	os.Exit(code)
}

// leaked returns the stacks of the goroutines that were not there before, and
// looks again for a while before it says so.
func leaked(before map[string]string, patience time.Duration) string {
	end := time.Now().Add(patience)
	for wait := time.Millisecond; ; wait = min(2*wait, 100*time.Millisecond) {
		var left strings.Builder
		for id, stack := range goroutines() {
			if _, known := before[id]; !known && !harmless(stack) {
				left.WriteString(stack)
				left.WriteString("\n\n")
			}
		}
		if left.Len() == 0 || !time.Now().Before(end) {
			return left.String()
		}
		time.Sleep(wait)
	}
}

// goroutines returns the stack of every goroutine by its number, without that
// of the caller.
func goroutines() map[string]string {
	text := make([]byte, 1<<20)
	for {
		n := runtime.Stack(text, true)
		if n < len(text) {
			text = text[:n]
			break
		}
		text = make([]byte, 2*len(text))
	}
	stacks := strings.Split(strings.TrimSpace(string(text)), "\n\n")
	all := make(map[string]string)
	for _, stack := range stacks[1:] { // the caller's is the first
		head := strings.Fields(stack) // "goroutine 7 [select]:"
		if len(head) > 1 {
			all[head[1]] = stack
		}
	}
	return all
}

// harmless tells whether a goroutine belongs to Go itself and never ends.
func harmless(stack string) bool {
	for _, name := range []string{
		"os/signal.signal_recv", // runs from the first use of os/signal on
		"os/signal.loop",
		"runtime.ensureSigM",
	} {
		if strings.Contains(stack, name) {
			return true
		}
	}
	return false
}
