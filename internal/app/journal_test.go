package app_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"stellwerk/internal/app"
	"stellwerk/internal/link"
	"stellwerk/internal/point"
)

// journalHouse makes a house that is not run, with the options of a queue.
func journalHouse(t *testing.T, name, queue string, options app.Options) *app.App {
	t.Helper()
	text := fmt.Sprintf(`links:
  substation: {iec104: {role: controlling, connect: "127.0.0.1:1"}}
  %[1]s: {iec104: {role: controlled, listen: "127.0.0.1:0"}, queue: {%[2]s}}
routes: [{from: substation/1/*, to: %[1]s/1/*}]
`, name, queue)
	c, err := app.Registry().Parse(filepath.Join(t.TempDir(), "router.yaml"), []byte(text), func(string) ([]byte, error) { return nil, fs.ErrNotExist })
	if err != nil {
		t.Fatal(err)
	}
	a, err := app.New(c, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Close)
	return a
}

func putEvents(t *testing.T, a *app.App, from, to int) {
	t.Helper()
	for n := from; n < to; n++ {
		update := point.Update{
			ID: point.ID{Link: "substation", Address: fmt.Sprintf("1/%d", n)}, Value: point.SingleValue(true), Cause: point.CauseSpontaneous,
		}
		if err := a.Image().Put(t.Context(), []point.Update{update}); err != nil {
			t.Fatal(err)
		}
	}
}

// waiting returns the addresses of what waits for the link.
func waiting(t *testing.T, a *app.App, name string) string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	q := a.Queue(name)
	q.Rewind()
	buffer := make([]point.Update, 100)
	n, _, _ := q.Next(ctx, buffer)
	var list []string
	for _, u := range buffer[:n] {
		list = append(list, u.ID.Address)
	}
	return strings.Join(list, " ")
}

// What waits goes along when the configuration is read again with another file, or
// with none.
func TestReloadWithAnotherJournal(t *testing.T) {
	one, two := filepath.Join(t.TempDir(), "one.db"), filepath.Join(t.TempDir(), "two.db")
	var before *app.App
	at := 1
	want := ""
	for _, queue := range []string{"limit: 100", "file: " + one, "file: " + one + ", limit: 50", "file: " + two, "limit: 10", "file: " + one} {
		a := journalHouse(t, "control", queue, app.Options{Before: before})
		putEvents(t, a, at, at+1)
		want = strings.TrimSpace(fmt.Sprintf("%s 1/%d", want, at))
		at++
		if got := waiting(t, a, "control"); got != want {
			t.Fatalf("with %s: %s, not %s", queue, got, want)
		}
		a.Close()
		before = a
	}
}

// A link that has another name now leaves what waits where it is, and the log says
// so.
func TestRenamedLink(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal.db")
	a := journalHouse(t, "control", "file: "+path, app.Options{})
	putEvents(t, a, 1, 4)
	a.Close()
	var log logged
	renamed := journalHouse(t, "centre", "file: "+path, app.Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- renamed.Run(ctx) }()
	until(t, func() bool {
		return strings.Contains(log.String(), "the journal holds updates for a link that has no queue in it") && strings.Contains(log.String(), "link=control updates=3")
	})
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	again := journalHouse(t, "control", "file: "+path, app.Options{})
	if got := waiting(t, again, "control"); got != "1/1 1/2 1/3" {
		t.Error(got)
	}
}

// logged is a log that is read while it is written.
type logged struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// lock locks a journal as another program does that writes to it.
func lock(t *testing.T, path string) (letGo func()) {
	t.Helper()
	tool := exec.CommandContext(t.Context(), "sqlite3", path)
	if tool.Err != nil {
		t.Skip("sqlite3 is not installed")
	}
	in, err := tool.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := tool.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := tool.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := in.Write([]byte("BEGIN IMMEDIATE; SELECT 'locked';\n")); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 7)); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := errors.Join(in.Close(), tool.Wait()); err != nil {
			t.Error(err)
		}
	}
}

// A journal that takes nothing over is a fault of its link, which the page shows.
func TestJournalInTrouble(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal.db")
	a := journalHouse(t, "control", "file: "+path, app.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- a.Run(ctx) }()
	putEvents(t, a, 1, 2)
	until(t, func() bool { status, _ := a.Status("control"); return status.State == link.Listening })
	letGo := lock(t, path)
	put := make(chan struct{})
	go func() {
		defer close(put)
		putEvents(t, a, 2, 3)
	}()
	until(t, func() bool {
		status, _ := a.Status("control")
		return status.State == link.Fault && strings.Contains(status.Detail.EN, "another program has locked the journal "+path)
	})
	letGo()
	<-put
	until(t, func() bool { status, _ := a.Status("control"); return status.State == link.Listening })
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
