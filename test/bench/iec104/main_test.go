package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"
	"strings"
	"testing"

	"stellwerk/internal/rig"
)

func TestMain(m *testing.M) { rig.Main(m) }

var line = regexp.MustCompile(`^frames=(\d+) objects=(\d+) seconds=\d+\.\d{3} frames_per_s=\d+\n$`)

// TestLoad has both sides in one process, over TCP.
func TestLoad(t *testing.T) {
	for _, window := range []struct{ k, w int }{{12, 8}, {1, 1}, {32767, 21000}} {
		t.Run(fmt.Sprintf("k=%d", window.k), func(t *testing.T) {
			const frames, objects = 20_000, 10
			numbers := fmt.Sprintf("%d %d %d", window.k, window.w, frames)
			address, talk := io.Pipe()
			var served bytes.Buffer
			done := make(chan int, 1)
			go func() {
				args := strings.Fields(fmt.Sprintf("server 127.0.0.1:0 %s %d", numbers, objects))
				done <- run(t.Context(), args, &served, talk)
				_ = talk.Close()
			}()
			words := bufio.NewScanner(address)
			words.Scan()
			listening, ok := strings.CutPrefix(words.Text(), "listening on ")
			if !ok {
				t.Fatal(words.Text())
			}
			var received, wrong bytes.Buffer
			if code := run(t.Context(), strings.Fields("client "+listening+" "+numbers), &received, &wrong); code != 0 {
				t.Fatal(code, wrong.String())
			}
			for words.Scan() {
				t.Error(words.Text())
			}
			if code := <-done; code != 0 {
				t.Error(code)
			}
			for _, got := range []string{served.String(), received.String()} {
				if m := line.FindStringSubmatch(got); m == nil || m[1] != "20000" || m[2] != "200000" {
					t.Errorf("%q", got)
				}
			}
		})
	}
}

func TestUsage(t *testing.T) {
	for args, want := range map[string]string{
		"":                                       "server or client is missing",
		"serve 127.0.0.1:1 12 8 1":               `"serve" is neither`,
		"server 127.0.0.1:1 12 8 1":              "server takes 5 arguments, not 4",
		"client 127.0.0.1:1 12 8 1 10":           "client takes 4 arguments, not 5",
		"client 127.0.0.1 12 8 1":                "HOST:PORT",
		"client 127.0.0.1:1 0 8 1":               `K is "0": must be a number from 1 to 32767`,
		"client 127.0.0.1:1 12 40000 1":          `W is "40000"`,
		"client 127.0.0.1:1 12 8 many":           `FRAMES is "many"`,
		"server 127.0.0.1:1 12 8 1 17":           `OBJECTS is "17": must be a number from 1 to 16`,
		"server 127.0.0.1:1 12 8 -1 0":           `OBJECTS is "0"`,
		"server 127.0.0.1:1 12 8 1000000 ten":    `OBJECTS is "ten"`,
		"client 127.0.0.1:1 32768 8 18446744073": `K is "32768"`,
	} {
		var stdout, stderr bytes.Buffer
		code := run(t.Context(), strings.Fields(args), &stdout, &stderr)
		if code != 2 || stdout.Len() > 0 || !strings.Contains(stderr.String(), want) || !strings.Contains(stderr.String(), "usage:") {
			t.Errorf("%s: %d, %q", args, code, stderr.String())
		}
	}
}

// TestBreak has a peer that closes before all is received.
func TestBreak(t *testing.T) {
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		conn, err := listener.Accept()
		ended <- errors.Join(err, conn.Close(), listener.Close())
	}()
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), []string{"client", listener.Addr().String(), "12", "8", "10"}, &stdout, &stderr)
	if code != 3 || stdout.Len() > 0 || stderr.Len() == 0 {
		t.Errorf("%d, %q, %q", code, stdout.String(), stderr.String())
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
