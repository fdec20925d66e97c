package main

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"golang.org/x/term"
)

// watchEvery is how often the table is drawn.
const watchEvery = 250 * time.Millisecond

// maxWatched is how many points the table keeps; further ones are counted.
const maxWatched = 1 << 20

// watchScreen is a table of the points of a station on a terminal. All methods
// are safe for concurrent use.
type watchScreen struct {
	file *os.File
	host string

	mu      sync.Mutex
	rows    map[watchKey]*watchRow // guarded by mu
	order   []watchKey             // sorted; guarded by mu
	sorted  bool                   // guarded by mu
	objects int                    // that have come; guarded by mu
	missed  int                    // for which there was no room; guarded by mu
	begun   time.Time
	colour  bool
}

type watchKey struct {
	common  uint16
	address uint32
}

type watchRow struct {
	shownObject
	at time.Time
}

func newWatchScreen(file *os.File, host string) *watchScreen {
	return &watchScreen{file: file, host: host, rows: map[watchKey]*watchRow{}, begun: time.Now(), colour: colorful(file)}
}

// open takes the terminal over: the alternate screen, without cursor.
func (s *watchScreen) open() {
	_, _ = s.file.WriteString("\x1b[?1049h\x1b[?25l") // a terminal that is gone ends the program elsewhere
	s.draw()
}

// close gives the terminal back, with the table as it was last.
func (s *watchScreen) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, _ = s.file.WriteString("\x1b[?25h\x1b[?1049l")
	fmt.Fprintf(s.file, "%s of %s in %s\n", number(s.objects, "object"), number(len(s.rows), "point"), time.Since(s.begun).Round(time.Second))
}

// take takes an object.
func (s *watchScreen) take(o shownObject) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.objects++
	key := watchKey{uint16(o.common), uint32(o.address)}
	row := s.rows[key]
	if row == nil {
		if len(s.rows) == maxWatched {
			s.missed++
			return
		}
		row = &watchRow{}
		s.rows[key] = row
		s.order, s.sorted = append(s.order, key), false
	}
	if o.time == "" {
		o.time = row.time // the tag of the last event stays in sight
	}
	*row = watchRow{o, time.Now()}
}

// draw draws the table.
func (s *watchScreen) draw() {
	s.mu.Lock()
	defer s.mu.Unlock()
	width, height, err := term.GetSize(int(s.file.Fd()))
	if err != nil || width < 1 || height < 1 {
		width, height = 100, 40
	}
	var frame bytes.Buffer
	frame.WriteString("\x1b[H")
	for i, l := range s.lines(height) {
		if i > 0 {
			frame.WriteString("\r\n")
		}
		text := cut(l.text, width)
		if s.colour && l.style != "" {
			text = l.style + text + "\x1b[0m"
		}
		frame.WriteString(text + "\x1b[K")
	}
	frame.WriteString("\x1b[J")
	_, _ = s.file.Write(frame.Bytes())
}

// lines returns what the screen shows, at most height lines. It needs the lock.
func (s *watchScreen) lines(height int) []line {
	if !s.sorted {
		slices.SortFunc(s.order, func(a, b watchKey) int {
			return cmp.Or(cmp.Compare(a.common, b.common), cmp.Compare(a.address, b.address))
		})
		s.sorted = true
	}
	head := fmt.Sprintf("%s  %s, %s in %s    Ctrl-C ends", s.host, number(len(s.rows), "point"), number(s.objects, "object"), time.Since(s.begun).Round(time.Second))
	lines := []line{{head, styleHead}}
	if s.missed > 0 {
		lines = append(lines, line{fmt.Sprintf("%d objects of further points are not shown", s.missed), styleBad})
	}
	lines = append(lines, line{fmt.Sprintf("%-10s %-9s %14s %-8s %-23s %-8s %s", "ADDRESS", "TYPE", "VALUE", "QUALITY", "TIME TAG", "CAUSE", "CAME"), styleDim})
	now := time.Now()
	room := max(1, height-len(lines)-1)
	for i, key := range s.order {
		if i == room && len(s.order) > room+1 {
			lines = append(lines, line{fmt.Sprintf("… and %d more: make the window larger, or write to a file", len(s.order)-room), styleDim})
			break
		}
		r := s.rows[key]
		style := ""
		switch {
		case r.quality != "" && r.quality != "good":
			style = styleBad
		case now.Sub(r.at) < time.Second:
			style = styleFresh
		}
		lines = append(lines, line{fmt.Sprintf("%-10s %-9s %14s %-8s %-23s %-8s %s", r.id(), r.typeName, r.value, r.quality, r.time, r.cause, r.at.Format("15:04:05.000")), style})
	}
	return lines[:min(len(lines), height)]
}
