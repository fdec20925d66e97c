package main

import (
	"bufio"
	"context"
	"io"
	"regexp"
	"strings"
	"testing"
)

// serving starts a server and returns its address.
func serving(t *testing.T, what string) string {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	said, says := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{what, "127.0.0.1:0"}, io.Discard, says)
		_ = says.Close()
	}()
	t.Cleanup(func() {
		stop()
		if code := <-ended; code != 0 {
			t.Errorf("the server has ended with %d", code)
		}
	})
	line, err := bufio.NewReader(said).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(strings.TrimPrefix(line, "listening on "))
}

func TestPairs(t *testing.T) {
	for name, args := range map[string][]string{
		"one": {"client", "0.1", "1"}, "window": {"client", "0.1", "64"}, "sum": {"client", "0.1", "2", "sum"},
		"plain one": {"plain-client", "0.1", "1"}, "plain window": {"plain-client", "0.1", "64"},
	} {
		t.Run(name, func(t *testing.T) {
			server := strings.Replace(args[0], "client", "server", 1)
			address := serving(t, server)
			var out, talk strings.Builder
			code := run(t.Context(), append([]string{args[0], address}, args[1:]...), &out, &talk)
			if code != 0 || !regexp.MustCompile(`^reads=[1-9]\d* seconds=\d+\.\d{3} reads_per_s=[1-9]\d*\n$`).MatchString(out.String()) {
				t.Errorf("status %d: %s%s", code, &out, &talk)
			}
		})
	}
}

func TestUsage(t *testing.T) {
	for _, line := range []string{
		"", "serve x", "server", "server here", "client 127.0.0.1:1", "client 127.0.0.1:1 0 1", "client 127.0.0.1:1 1 0",
		"client 127.0.0.1:1 1 1 more", "plain-client 127.0.0.1:1 1 1 sum",
	} {
		var talk strings.Builder
		if code := run(t.Context(), strings.Fields(line), io.Discard, &talk); code != 2 || !strings.Contains(talk.String(), "usage:") {
			t.Errorf("%q: status %d, %s", line, code, &talk)
		}
	}
}

// A client whose server is not what it seems says so.
func TestWrongServer(t *testing.T) {
	var talk strings.Builder
	if code := run(t.Context(), []string{"client", serving(t, "plain-server"), "0.1", "1"}, io.Discard, &talk); code != 1 {
		t.Errorf("status %d: %s", code, &talk)
	}
}
