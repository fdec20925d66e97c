package app_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"stellwerk/internal/app"
	"stellwerk/internal/point"
)

// TestDemo runs the whole house: values arrive, a command runs through to the
// substation, and its return information comes back.
func TestDemo(t *testing.T) {
	var (
		mu     sync.Mutex
		events []string
	)
	demo, err := app.NewDemo(app.DemoOptions{
		Web: "127.0.0.1:0", Seed: 1, Every: 500 * time.Millisecond,
		Event: func(text string) {
			mu.Lock()
			defer mu.Unlock()
			events = append(events, text)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- demo.Run(ctx) }()
	until(t, func() bool {
		mu.Lock()
		defer mu.Unlock()
		return strings.Contains(strings.Join(events, "\n"), "E02 Q0 off: confirmed")
	})
	until(t, func() bool {
		update, known := demo.App.Image().Lookup(point.ID{Link: "substation", Address: "1/111"})
		return known && update.Value.Double() == point.Off && update.Cause == point.CauseReturnRemote
	})
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	mu.Lock()
	defer mu.Unlock()
	t.Log(strings.Join(events, "\n"))
}

// until waits until a condition holds, for ten seconds at most.
func until(t *testing.T, condition func() bool) {
	t.Helper()
	for begin := time.Now(); time.Since(begin) < 10*time.Second; time.Sleep(10 * time.Millisecond) {
		if condition() {
			return
		}
	}
	t.Fatal("what was waited for has not come within ten seconds")
}
