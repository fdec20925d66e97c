package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"stellwerk/internal/analyzer"
)

// isTerminal reports whether somebody looks at what is written to w.
func isTerminal(w any) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// colorful reports whether colour is welcome (https://no-color.org).
func colorful(w io.Writer) bool {
	return isTerminal(w) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

const (
	progressAfter = 2 * time.Second
	progressEvery = 200 * time.Millisecond
)

// progressLine shows on a terminal how far long work is.
type progressLine struct {
	out     io.Writer // nil where there is none to show
	started time.Time
	last    time.Time
	width   int // of what is shown
}

// newProgressLine returns a line on talk. Nothing is shown where talk is no
// terminal, or where results run over the same one.
func newProgressLine(talk io.Writer, format analyzer.Format, results io.Writer) *progressLine {
	p := &progressLine{started: time.Now()}
	if isTerminal(talk) && (format == analyzer.Summary || !isTerminal(results)) {
		p.out = talk
	}
	return p
}

func (p *progressLine) show(at analyzer.Progress) {
	if p.out == nil {
		return
	}
	now := time.Now()
	if now.Sub(p.started) < progressAfter || now.Sub(p.last) < progressEvery {
		return
	}
	p.last = now
	text := fmt.Sprintf("%s: %d packets", at.File, at.Packets)
	if at.Size > 0 && at.Offset <= at.Size {
		text += fmt.Sprintf(", %d %%", at.Offset*100/at.Size)
	}
	fmt.Fprint(p.out, "\r", text, strings.Repeat(" ", max(0, p.width-len(text))))
	p.width = len(text)
}

// clear takes the line away.
func (p *progressLine) clear() {
	if p.width > 0 {
		fmt.Fprint(p.out, "\r", strings.Repeat(" ", p.width), "\r")
		p.width = 0
	}
}

// interruptible returns a reader that ends with ctx, although standard input
// may never have more. What waits in the system's call then cannot be woken: it
// ends with the process.
func interruptible(ctx context.Context, in io.Reader) io.Reader {
	if file, ok := in.(*os.File); !ok || file != os.Stdin {
		return in
	}
	return &stdin{ctx: ctx, in: in}
}

// stdin reads in a goroutine of its own, one call at a time.
type stdin struct {
	ctx  context.Context //nolint:containedctx // a reader has no other way to be told
	in   io.Reader
	done chan readResult
	data []byte
}

type readResult struct {
	octets int
	err    error
}

// Read waits for octets or the end of the context.
func (s *stdin) Read(p []byte) (int, error) {
	if s.done == nil {
		s.done, s.data = make(chan readResult), make([]byte, 64<<10)
	}
	part := s.data[:min(len(p), len(s.data))]
	go func() {
		octets, err := s.in.Read(part)
		select {
		case s.done <- readResult{octets, err}:
		case <-s.ctx.Done():
		}
	}()
	select {
	case result := <-s.done:
		return copy(p, part[:result.octets]), result.err
	case <-s.ctx.Done():
		return 0, s.ctx.Err()
	}
}
