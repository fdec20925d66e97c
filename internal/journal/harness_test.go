package journal_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"stellwerk/internal/journal"
	"stellwerk/internal/point"
	"stellwerk/internal/rig"
)

func TestMain(m *testing.M) { rig.Main(m) }

func event(address string, on bool) point.Update {
	return point.Update{ID: point.ID{Link: "control", Address: address}, Value: point.SingleValue(on), Cause: point.CauseSpontaneous}
}

func measured(address string, number float64) point.Update {
	return point.Update{ID: point.ID{Link: "control", Address: address}, Value: point.NumberValue(number), Cause: point.CauseSpontaneous}
}

func timed(u point.Update) point.Update {
	u.Time = point.SourceTime(time.Unix(1000, 0), 0)
	return u
}

func file(t testing.TB) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "journal.db")
}

func open(t testing.TB, path string) *journal.Journal {
	t.Helper()
	j, err := journal.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, measures := t.(*testing.B); !measures {
		if err := j.Unsynced(); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	})
	return j
}

func queue(t testing.TB, j *journal.Journal, options journal.QueueOptions) *journal.Queue {
	t.Helper()
	q, err := j.Queue("control", options)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func put(t testing.TB, q point.Sink, updates ...point.Update) {
	t.Helper()
	if err := q.Put(t.Context(), updates); err != nil {
		t.Fatal(err)
	}
}

// take hands everything out that waits and writes it down.
func take(t testing.TB, q point.Queue) (string, point.Position) {
	t.Helper()
	buffer := make([]point.Update, 7)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var text []string
	var position point.Position
	for {
		n, last, err := q.Next(ctx, buffer)
		if err != nil {
			return strings.Join(text, " "), position
		}
		for _, u := range buffer[:n] {
			text = append(text, u.ID.Address+"="+u.Value.String())
		}
		position = last
	}
}

func expect(t testing.TB, q point.Queue, want string) point.Position {
	t.Helper()
	got, last := take(t, q)
	if got != want {
		t.Fatalf("got %q\nwant %q", got, want)
	}
	return last
}

// until waits for something that happens behind the test's back.
func until(t testing.TB, what string, condition func() bool) {
	t.Helper()
	for begin := time.Now(); !condition(); time.Sleep(time.Millisecond) {
		if time.Since(begin) > 20*time.Second {
			t.Fatalf("not within 20 s: %s", what)
		}
	}
}
