package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"regexp"
	"strings"
	"testing"

	"stellwerk/internal/rig"
)

func TestMain(m *testing.M) { rig.Main(m) }

var line = regexp.MustCompile(`^messages=[1-9]\d* seconds=\d+\.\d{3} messages_per_s=[1-9]\d*\n$`)

// TestLoad has both sides in one process, over TCP.
func TestLoad(t *testing.T) {
	address, talk := io.Pipe()
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan int, 1)
	go func() {
		done <- run(ctx, []string{"server", "127.0.0.1:0"}, io.Discard, talk)
		_ = talk.Close()
	}()
	words := bufio.NewScanner(address)
	words.Scan()
	listening, ok := strings.CutPrefix(words.Text(), "listening on ")
	if !ok {
		t.Fatal(words.Text())
	}
	for _, rest := range []string{"0", "1", "125", "4096 deflate", "65536", "65536 deflate"} {
		var out, wrong bytes.Buffer
		if code := run(t.Context(), strings.Fields("client "+listening+" 0.1 "+rest), &out, &wrong); code != 0 {
			t.Errorf("%s: %d, %s", rest, code, wrong.String())
		}
		if !line.MatchString(out.String()) {
			t.Errorf("%s: %q", rest, out.String())
		}
	}
	stop()
	for words.Scan() {
		t.Error(words.Text())
	}
	if code := <-done; code != 0 {
		t.Error(code)
	}
}

func TestUsage(t *testing.T) {
	for _, args := range []string{
		"", "neither", "server", "server 127.0.0.1", "server 127.0.0.1:0 1", "client 127.0.0.1:0", "client 127.0.0.1:0 0 125",
		"client 127.0.0.1:0 1 -1", "client 127.0.0.1:0 NaN 1", "client 127.0.0.1:0 1 1 inflate", "client 127.0.0.1:0 1 99999999999",
	} {
		var out, wrong bytes.Buffer
		if code := run(t.Context(), strings.Fields(args), &out, &wrong); code != 2 || out.Len() > 0 || !strings.Contains(wrong.String(), "usage:") {
			t.Errorf("%q: %d, %q, %q", args, code, out.String(), wrong.String())
		}
	}
	var wrong bytes.Buffer
	if code := run(t.Context(), []string{"server", "no.such.host.invalid:0"}, io.Discard, &wrong); code != 3 || wrong.Len() == 0 {
		t.Errorf("%d, %q", code, wrong.String())
	}
}
