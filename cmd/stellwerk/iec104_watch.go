package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
	"stellwerk/internal/analyzer/dissect"
	"stellwerk/internal/capture/stream"
)

func newWatch() *cobra.Command {
	var f stationFlags
	var w watcher
	cmd := &cobra.Command{
		Use:   "watch HOST",
		Short: "Show what a station sends, as it comes",
		Long: `Watch starts data transfer, interrogates the station, and shows what it sends: on
a terminal a table of all points with their latest values, otherwise a line for
each object. With --json each telegram is a line, as "analyze -o json" prints it
(docs/json.md). Ctrl-C ends it, and so do --count and --duration.`,
		Example: `  stellwerk iec104 watch 192.0.2.10
  stellwerk iec104 watch 192.0.2.10 --no-interrogation --duration 1m > changes.txt
  stellwerk iec104 watch 192.0.2.10 --json --count 100 | jq .iec104.asdu.objects`,
		Args: hostArguments("HOST"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.check(cmd); err != nil {
				return usageError(cmd, err)
			}
			var err error
			if w.station, err = f.station(true); err != nil {
				return usageError(cmd, err)
			}
			switch {
			case w.count < 0:
				return usageError(cmd, fmt.Errorf("--count %d: must not be negative", w.count))
			case w.duration < 0:
				return usageError(cmd, fmt.Errorf("--duration %s: must not be negative", w.duration))
			}
			return w.run(cmd, &f, args[0])
		},
	}
	f.register(cmd, "1", "station that is interrogated first, or all; everything that comes is shown")
	flags := cmd.Flags()
	flags.IntVar(&w.count, "count", 0, "end after so many objects, with --json after so many telegrams")
	flags.DurationVar(&w.duration, "duration", 0, "end after this time")
	flags.BoolVar(&w.quiet, "no-interrogation", false, "do not interrogate: wait for what the station sends by itself")
	return cmd
}

// watcher shows what a station sends.
type watcher struct {
	station  asdu.CommonAddress
	count    int
	duration time.Duration
	quiet    bool

	zone   *time.Location
	out    io.Writer
	screen *watchScreen // nil where there is none
	json   *jsonLines   // nil where objects are printed
	enough context.CancelFunc

	mu     sync.Mutex
	shown  int   // guarded by mu
	failed error // of the output; guarded by mu
}

// run watches until something ends it.
func (w *watcher) run(cmd *cobra.Command, f *stationFlags, host string) error {
	ctx, cancel := context.WithCancel(cmd.Context())
	defer cancel()
	w.enough, w.out, w.zone = cancel, cmd.OutOrStdout(), f.shownZone()
	file, _ := w.out.(*os.File)
	switch {
	case f.json:
		w.json = newJSONLines(w.out)
	case isTerminal(w.out) && !f.trace:
		w.screen = newWatchScreen(file, host)
	}
	s, err := f.open(cmd, host, w.take, func(t *tape) { t.line = w.line })
	if err != nil {
		return err
	}
	if w.duration > 0 {
		defer time.AfterFunc(w.duration, cancel).Stop()
	}
	if !w.quiet {
		err = w.interrogate(ctx, cmd, s)
	}
	s.waiting.clear()
	if err == nil {
		if w.screen != nil {
			w.screen.open()
			defer w.screen.close()
		}
		err = w.wait(ctx, s)
	}
	w.mu.Lock()
	err = errors.Join(err, withStatus(statusNo, w.failed))
	w.mu.Unlock()
	return errors.Join(err, s.close())
}

// interrogate asks for all values first. That a station refuses is no reason to
// stop watching it.
func (w *watcher) interrogate(ctx context.Context, cmd *cobra.Command, s *session) error {
	s.waiting.say("interrogating " + s.address)
	err := s.client.Interrogate(ctx, w.station, asdu.InterrogateStation)
	switch {
	case err == nil || errors.Is(err, context.Canceled):
		return nil
	case s.client.Err() != nil:
		return s.failed(ctx, err)
	default:
		s.waiting.clear()
		reason := err
		if e, ok := errors.AsType[*iec104.Error](err); ok && errors.Is(err, iec104.ErrRefused) {
			reason = s.refused(e)
		}
		fmt.Fprintf(cmd.ErrOrStderr(), "not interrogated: %v\nWatching all the same.\n", reason)
		return nil
	}
}

// wait waits for the end.
func (w *watcher) wait(ctx context.Context, s *session) error {
	ticker := time.NewTicker(watchEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.client.Done():
			return s.failed(ctx, s.client.Err())
		case <-ticker.C:
			if w.screen != nil {
				w.screen.draw()
			}
		}
	}
}

// take shows the objects of an ASDU.
func (w *watcher) take(a asdu.ASDU) {
	if w.json != nil || a.Type.Control() {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, o := range showObjects(a, w.zone) {
		if w.full() {
			return
		}
		if w.screen != nil {
			w.screen.take(o)
		} else {
			text := fmt.Sprintf("%s  %-10s %-9s %-9s %14s  %-9s %s",
				time.Now().Format("15:04:05.000"), o.id(), o.typeName, o.cause, o.value, o.quality, o.time)
			_, err := fmt.Fprintln(w.out, strings.TrimRight(text, " "))
			w.note(err)
		}
		w.shown++
	}
	w.full()
}

// line prints a telegram as JSON.
func (w *watcher) line(line *dissect.Line) {
	t := telegramOf(line)
	if w.json == nil || t == nil || line.Direction != stream.Backward || t.ASDU.Type.Control() {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.full() {
		return
	}
	w.note(w.json.print(line))
	w.shown++
	w.full()
}

// full ends the watch when enough has been shown. It needs the lock.
func (w *watcher) full() bool {
	if w.count > 0 && w.shown >= w.count {
		w.enough()
		return true
	}
	return false
}

// note ends the watch when nobody takes the output. It needs the lock.
func (w *watcher) note(err error) {
	if err != nil && w.failed == nil {
		w.failed = err
		w.enough()
	}
}
