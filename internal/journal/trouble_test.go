package journal_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3"

	"stellwerk/internal/journal"
	"stellwerk/internal/point"
)

// batch returns 40 events, numbered by their traces.
func batch(n int) []point.Update {
	events := make([]point.Update, 40)
	for i := range events {
		events[i] = event("a point with a name that takes some room in the file", true)
		events[i].Trace = point.Trace(n*len(events) + i)
	}
	return events
}

// fill puts batches until the journal is in trouble. It returns how many were taken
// over, and what ends when the next one is.
func fill(t *testing.T, j *journal.Journal, q *journal.Queue) (taken int, next <-chan error) {
	t.Helper()
	for ; ; taken++ {
		ended := make(chan error, 1)
		go func() { ended <- q.Put(t.Context(), batch(taken)) }()
		until(t, "the batch is taken over or refused", func() bool { return len(ended) > 0 || !j.Trouble().IsZero() })
		if !j.Trouble().IsZero() {
			return taken, ended
		}
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
	}
}

// consume takes out and confirms what waits until so many batches were seen, each
// event once and in order.
func consume(t *testing.T, q *journal.Queue, batches int) {
	t.Helper()
	buffer := make([]point.Update, 100)
	for next := point.Trace(0); next < point.Trace(batches*40); {
		n, last, err := q.Next(t.Context(), buffer)
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range buffer[:n] {
			if u.Trace != next {
				t.Fatalf("%v, not %v", u.Trace, next)
			}
			next++
		}
		q.Done(last)
	}
}

// A file that cannot grow stops the journal from taking over; it goes on when
// entries are confirmed, whose place is used again.
func TestNoRoomInTheFile(t *testing.T) {
	j := open(t, file(t))
	if err := j.SetMaxPages(60); err != nil {
		t.Fatal(err)
	}
	full(t, j, func(q *journal.Queue, taken int) { consume(t, q, taken/2) })
}

// A full disk stops the journal from taking over; it goes on when there is room.
func TestFullDisk(t *testing.T) {
	directory := smallDisk(t)
	other := filepath.Join(directory, "other")
	if err := os.WriteFile(other, make([]byte, 512<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	j := open(t, filepath.Join(directory, "journal.db"))
	full(t, j, func(*journal.Queue, int) {
		if err := os.Remove(other); err != nil {
			t.Fatal(err)
		}
	})
}

func full(t *testing.T, j *journal.Journal, makeRoom func(q *journal.Queue, taken int)) {
	t.Helper()
	q := queue(t, j, journal.QueueOptions{})
	taken, next := fill(t, j, q)
	if taken < 10 {
		t.Fatalf("full after %d batches", taken)
	}
	if text := j.Trouble(); !strings.Contains(text.EN, "the disk of the journal "+j.Path()+" is full") || !strings.Contains(text.DE, "voll") {
		t.Error(text)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := q.Put(ctx, batch(0)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	makeRoom(q, taken)
	if err := <-next; err != nil {
		t.Fatal(err)
	}
	until(t, "the trouble is over", func() bool { return j.Trouble().IsZero() })
	until(t, "what is confirmed is gone from the file", func() bool { return j.Rows(t) == q.State().Held })
	again := queue(t, open(t, j.Copy(t)), journal.QueueOptions{})
	if held, want := again.State().Held, q.State().Held; held != want {
		t.Errorf("%d are left of %d", held, want)
	}
	q.Rewind() // nothing is missing in between
	got := make([]point.Update, (taken+1)*40)
	n, _, err := q.Next(t.Context(), got)
	if err != nil || n != q.State().Held {
		t.Fatalf("%d, %v", n, err)
	}
	for i := range n {
		if got[i].Trace != got[0].Trace+point.Trace(i) {
			t.Fatalf("%v behind %v", got[i].Trace, got[i-1].Trace)
		}
	}
	if got[n-1].Trace != point.Trace((taken+1)*40-1) {
		t.Errorf("the last is %v", got[n-1].Trace)
	}
}

// smallDisk returns a directory on a device with very little room.
func smallDisk(t *testing.T) string {
	t.Helper()
	if runtime.GOOS != "linux" || os.Getuid() != 0 {
		t.Skip("only root can mount a small disk")
	}
	directory := t.TempDir()
	if output, err := exec.CommandContext(t.Context(), "mount", "-t", "tmpfs", "-o", "size=1m", "stellwerk", directory).CombinedOutput(); err != nil {
		t.Skipf("a small disk cannot be mounted: %s", output)
	}
	t.Cleanup(func() {
		if output, err := exec.Command("umount", directory).CombinedOutput(); err != nil {
			t.Errorf("%s", output)
		}
	})
	return directory
}

// A tool that has locked the file holds the journal up as long as it does so, and
// reading goes on.
func TestLockedByAnotherProgram(t *testing.T) {
	path := file(t)
	j := open(t, path)
	q := queue(t, j, journal.QueueOptions{})
	put(t, q, event("a", true))
	conn, err := sqlite3.Open("file:" + path)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.Exec(`BEGIN IMMEDIATE`); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- q.Put(t.Context(), []point.Update{event("b", true)}) }()
	until(t, "it says that it is locked", func() bool {
		return strings.Contains(j.Trouble().EN, "another program has locked the journal "+path)
	})
	expect(t, q, "a=on")
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	until(t, "the trouble is over", func() bool { return j.Trouble().IsZero() })
	expect(t, q, "b=on")
}

// A file that is damaged while it is in use makes the queue wait and say so, not
// pass over entries.
func TestDamagedWhileInUse(t *testing.T) {
	path := filled(t, 2000)
	j := open(t, path)
	q := queue(t, j, journal.QueueOptions{})
	octets, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for at := 3 * 4096; at < len(octets); at++ {
		octets[at] = 0xff
	}
	if err := os.WriteFile(path, octets, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := j.Forget(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		buffer := make([]point.Update, 100)
		for {
			_, last, err := q.Next(ctx, buffer)
			if err != nil {
				ended <- err
				return
			}
			q.Done(last)
		}
	}()
	until(t, "it says that it is damaged", func() bool {
		return strings.Contains(j.Trouble().EN, "the journal "+path+" is damaged")
	})
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
