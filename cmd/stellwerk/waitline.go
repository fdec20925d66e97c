package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// waitLine shows on a terminal, from two seconds on, what is waited for. All
// methods are safe for concurrent use.
type waitLine struct {
	out io.Writer // nil where there is none to show
	end chan struct{}
	job sync.WaitGroup

	mu      sync.Mutex
	ended   bool      // guarded by mu
	what    string    // "" shows nothing; guarded by mu
	started time.Time // guarded by mu
	width   int       // of what is shown; guarded by mu
}

// newWaitLine returns a line on talk. Nothing is shown where talk is no terminal,
// or has other lines running over it.
func newWaitLine(talk io.Writer, busy bool) *waitLine {
	w := &waitLine{end: make(chan struct{})}
	if isTerminal(talk) && !busy {
		w.out = talk
		w.job.Go(w.run)
	}
	return w
}

// say begins to wait for something else.
func (w *waitLine) say(what string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.what, w.started = what, time.Now()
}

// update says how far what is waited for is.
func (w *waitLine) update(what string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.what = what
}

// clear takes the line away until something else is waited for.
func (w *waitLine) clear() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.what = ""
	w.erase()
}

// stop takes the line away for good.
func (w *waitLine) stop() {
	w.clear()
	w.mu.Lock()
	if !w.ended {
		w.ended = true
		close(w.end)
	}
	w.mu.Unlock()
	w.job.Wait()
}

func (w *waitLine) run() {
	ticker := time.NewTicker(progressEvery)
	defer ticker.Stop()
	for {
		select {
		case <-w.end:
			return
		case <-ticker.C:
			w.show()
		}
	}
}

func (w *waitLine) show() {
	w.mu.Lock()
	defer w.mu.Unlock()
	waited := time.Since(w.started)
	if w.what == "" || waited < progressAfter {
		return
	}
	text := fmt.Sprintf("%s … %d s", w.what, int(waited.Seconds()))
	width := utf8.RuneCountInString(text)
	fmt.Fprint(w.out, "\r", text, strings.Repeat(" ", max(0, w.width-width)))
	w.width = width
}

// erase needs the lock.
func (w *waitLine) erase() {
	if w.width > 0 {
		fmt.Fprint(w.out, "\r", strings.Repeat(" ", w.width), "\r")
		w.width = 0
	}
}
