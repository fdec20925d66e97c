//go:build unix

package iec104_test

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"testing"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
)

// TestManyConnections has 10,000 control centres at one station, over loopback
// TCP. Those are in another process, so that the memory of this one is the
// station's.
func TestManyConnections(t *testing.T) {
	number, most := 10_000, 32<<10
	if testing.Short() || raced {
		number = 500
	}
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	if limit.Cur < uint64(number+200) {
		t.Skipf("ulimit -n is %d: %d connections need %d", limit.Cur, number, number+200)
	}
	server, err := iec104.NewServer(&plant{}, &iec104.ServerOptions{MaxConnections: number})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	before, goroutines := occupied(), runtime.NumGoroutine()
	serving := make(chan error, 1)
	go func() { serving <- server.Serve(listener) }()

	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), exe)
	child.Env = append(os.Environ(), fmt.Sprintf("%s=%s %d", callersAt, listener.Addr(), number))
	child.Stderr = os.Stderr
	stdin, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	says := bufio.NewScanner(stdout)
	expect := func(word string) {
		t.Helper()
		if !says.Scan() || says.Text() != word {
			t.Fatalf("%q, not %q", says.Text(), word)
		}
	}
	expect("started")
	t.Logf("%d connections started after %v", number, time.Since(begin).Round(time.Millisecond))
	check := func(when string) {
		t.Helper()
		each := (occupied() - before) / number
		t.Logf("%s: %d octets and %.2f goroutines a connection, %d MiB resident at the most", when, each,
			float64(runtime.NumGoroutine()-goroutines)/float64(number), resident(t)>>20)
		// Beside them: Serve, and the one that watches over the child.
		if n := runtime.NumGoroutine() - goroutines; n > 2*number+2 {
			t.Errorf("%s: %d goroutines for %d connections", when, n, number)
		}
		if raced {
			return
		}
		if each > most {
			t.Errorf("%s: %d octets a connection, more than %d", when, each, most)
		}
		if r := resident(t); r > 1<<30 {
			t.Errorf("%s: %d octets are resident", when, r)
		}
	}
	check("idle")

	begin = time.Now()
	if err := server.Send(single(1, asdu.Spontaneous)); err != nil {
		t.Fatal(err)
	}
	expect("received")
	t.Logf("an event is at all of them after %v", time.Since(begin).Round(time.Millisecond))
	acknowledged := func() bool {
		for _, s := range server.Sessions() {
			if s.Status().Acknowledged != 1 {
				return false
			}
		}
		return true
	}
	for end := time.Now().Add(10 * time.Second); !acknowledged(); {
		if time.Now().After(end) {
			t.Fatal("not all have acknowledged")
		}
		time.Sleep(10 * time.Millisecond)
	}
	check("after an event to all")
	if n := len(server.Sessions()); n != number || server.Refused() != 0 {
		t.Errorf("%d sessions, %d refused", n, server.Refused())
	}
	if err := errors.Join(stdin.Close(), child.Wait(), server.Close()); err != nil {
		t.Error(err)
	}
	if err := <-serving; !errors.Is(err, iec104.ErrClosed) {
		t.Error(err)
	}
}

// occupied returns what the heap and the stacks take.
func occupied() int {
	runtime.GC()
	runtime.GC() // pools too
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapInuse + m.StackInuse)
}

// resident returns the most that the process has had in memory.
func resident(t *testing.T) int {
	t.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS == "linux" {
		return int(usage.Maxrss) << 10
	}
	return int(usage.Maxrss)
}
