package rig

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func write(t *testing.T, c net.Conn, text string) {
	t.Helper()
	if n, err := c.Write([]byte(text)); n != len(text) || err != nil {
		t.Fatalf("Write(%q) = %d, %v", text, n, err)
	}
}

// read makes one Read call and compares what it gives.
func read(t *testing.T, c net.Conn, want string) {
	t.Helper()
	p := make([]byte, 1024)
	n, err := c.Read(p)
	if string(p[:n]) != want || err != nil {
		t.Fatalf("Read gave %q, %v; want %q", p[:n], err, want)
	}
}

func readFails(t *testing.T, c net.Conn, want error) {
	t.Helper()
	if n, err := c.Read(make([]byte, 1024)); n != 0 || !errors.Is(err, want) {
		t.Fatalf("Read gave %d octets, %v; want %v", n, err, want)
	}
}

func writeFails(t *testing.T, c net.Conn, want error) {
	t.Helper()
	if _, err := c.Write([]byte("x")); !errors.Is(err, want) {
		t.Fatalf("Write gave %v; want %v", err, want)
	}
}

func TestReadJoinsWritesAndLatencyDelaysThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := Pipe(&Options{Latency: 30 * time.Millisecond})
		start := time.Now()
		write(t, a, "ab")
		time.Sleep(10 * time.Millisecond)
		write(t, a, "cd")
		read(t, b, "ab")
		if d := time.Since(start); d != 30*time.Millisecond {
			t.Errorf("first octets came after %v", d)
		}
		read(t, b, "cd")
		if d := time.Since(start); d != 40*time.Millisecond {
			t.Errorf("second octets came after %v", d)
		}
		write(t, a, "ef")
		write(t, a, "gh")
		time.Sleep(time.Second)
		p := make([]byte, 3)
		if _, err := io.ReadFull(b, p); err != nil || string(p) != "efg" {
			t.Errorf("got %q, %v", p, err)
		}
		read(t, b, "h")
	})
}

func TestDeadlinesAreExact(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := Pipe(&Options{Capacity: 4})
		start := time.Now()
		_ = a.SetDeadline(start.Add(3 * time.Second))
		readFails(t, a, os.ErrDeadlineExceeded)
		if d := time.Since(start); d != 3*time.Second {
			t.Errorf("Read returned after %v", d)
		}
		writeFails(t, a, os.ErrDeadlineExceeded)

		_ = a.SetWriteDeadline(time.Now().Add(2 * time.Second))
		n, err := a.Write([]byte("octets"))
		if n != 4 || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("Write into a full connection = %d, %v", n, err)
		}
		var timeout net.Error
		if !errors.As(err, &timeout) || !timeout.Timeout() {
			t.Errorf("%v is no timeout", err)
		}
		if d := time.Since(start); d != 5*time.Second {
			t.Errorf("Write returned after %v", d)
		}
		read(t, b, "octe")

		// A deadline that is moved wakes the Read that waits.
		_ = a.SetReadDeadline(time.Time{})
		go func() {
			time.Sleep(time.Second)
			_ = a.SetReadDeadline(time.Now())
		}()
		readFails(t, a, os.ErrDeadlineExceeded)

		// A deadline that has passed is in the way of octets that are there.
		write(t, b, "x")
		readFails(t, a, os.ErrDeadlineExceeded)
		_ = a.SetReadDeadline(time.Time{})
		read(t, a, "x")
	})
}

func TestWriteWaitsForRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := Pipe(&Options{Capacity: 4})
		var writers sync.WaitGroup
		for _, text := range []string{"aaaaaaaa", "bbbbbbbb"} {
			writers.Go(func() { write(t, a, text) })
		}
		var got bytes.Buffer
		for got.Len() < 16 {
			time.Sleep(time.Second)
			p := make([]byte, 3)
			n, err := b.Read(p)
			if err != nil {
				t.Fatal(err)
			}
			got.Write(p[:n])
		}
		writers.Wait()
		if s := got.String(); s != "aaaaaaaabbbbbbbb" && s != "bbbbbbbbaaaaaaaa" {
			t.Errorf("two writes were mixed: %s", s)
		}
	})
}

func TestHalfClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := Pipe(&Options{Latency: time.Second})
		write(t, a, "last")
		if err := a.CloseWrite(); err != nil {
			t.Fatal(err)
		}
		writeFails(t, a, syscall.EPIPE)
		read(t, b, "last")
		if n, err := b.Read(make([]byte, 1)); n != 0 || err != io.EOF { //nolint:errorlint // the bare io.EOF is what is tested
			t.Errorf("Read = %d, %v; want the bare io.EOF", n, err)
		}
		write(t, b, "answer")
		read(t, a, "answer")
	})
}

func TestCloseInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := Pipe(nil)
		write(t, a, "last")
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
		if err := a.Close(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("second Close = %v", err)
		}
		readFails(t, a, net.ErrClosed)
		writeFails(t, a, net.ErrClosed)
		if err := a.SetDeadline(time.Now()); !errors.Is(err, net.ErrClosed) {
			t.Errorf("SetDeadline after Close = %v", err)
		}
		if err := a.CloseWrite(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("CloseWrite after Close = %v", err)
		}
		read(t, b, "last")
		readFails(t, b, io.EOF)
		write(t, b, "lost") // as on TCP: the reset comes only now
		writeFails(t, b, syscall.EPIPE)
		readFails(t, b, io.EOF)
	})
}

func TestCloseWithUnreadOctetsResets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := Pipe(nil)
		write(t, a, "before")
		write(t, b, "nobody reads this")
		_ = a.Close()
		read(t, b, "before")
		readFails(t, b, syscall.ECONNRESET)
		writeFails(t, b, syscall.ECONNRESET)
	})
}

func TestAbort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := Pipe(&Options{Latency: time.Second})
		write(t, a, "before")
		_ = a.Abort()
		write(t, b, "the reset has not come yet")
		read(t, b, "before")
		readFails(t, b, syscall.ECONNRESET)
		writeFails(t, b, syscall.ECONNRESET)
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestCloseWakesWhoWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := Pipe(&Options{Capacity: 1})
		defer b.Close()
		var waiting sync.WaitGroup
		waiting.Go(func() { readFails(t, a, net.ErrClosed) })
		waiting.Go(func() {
			if n, err := a.Write([]byte("xyz")); n != 1 || !errors.Is(err, net.ErrClosed) {
				t.Errorf("Write = %d, %v", n, err)
			}
		})
		waiting.Go(func() { time.Sleep(time.Second); writeFails(t, a, net.ErrClosed) })
		time.Sleep(time.Minute)
		_ = a.Close()
		waiting.Wait()
	})
}

func TestResetWakesWriter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := Pipe(&Options{Capacity: 1, Latency: time.Second})
		go func() {
			time.Sleep(time.Minute)
			_ = b.Close() // with an octet unread
		}()
		start := time.Now()
		if n, err := a.Write([]byte("xyz")); n != 1 || !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("Write = %d, %v", n, err)
		}
		if d := time.Since(start); d != time.Minute+time.Second {
			t.Errorf("the writer learnt of the reset after %v", d)
		}
	})
}

func TestErrorsReadLikeThoseOfPackageNet(t *testing.T) {
	a, b := Pipe(nil)
	_ = a.Abort()
	_, err := b.Read(make([]byte, 1))
	const want = "read tcp 127.0.0.1:2->127.0.0.1:1: read: connection reset by peer"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	if _, err := a.Read(nil); err == nil || !strings.HasSuffix(err.Error(), "use of closed network connection") {
		t.Errorf("got %v", err)
	}
}
