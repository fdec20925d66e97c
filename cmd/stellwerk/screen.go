package main

import (
	"bytes"
	"fmt"
	"os"
	"sort"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"golang.org/x/term"

	"stellwerk/internal/app"
	"stellwerk/internal/point"
)

// row is a point as the terminal shows it.
type row struct {
	id                                point.ID
	address, name, value, unit, cause string
	quality, time, received           string
	order                             int
}

// noValue stands for what is not known yet.
const noValue = "-"

// rowOf makes the row of an update, with name and unit from the signal list.
func rowOf(house *app.App, u *point.Update) row {
	r := row{
		id: u.ID, address: u.ID.Address, quality: u.Quality.String(),
		value: noValue, cause: noValue, time: noValue, received: noValue,
	}
	if u.Value.Kind() != point.None {
		r.value, r.cause = valueText(u.Value), u.Cause.String()
		r.received = u.Received.Time().Local().Format("15:04:05.000")
	}
	if u.Time.Known() {
		r.time = u.Time.At.Time().Format("15:04:05.000")
	}
	if listed, order, ok := house.Listed(u.ID); ok {
		r.name, r.unit, r.order = listed.Name, listed.Unit, order
	}
	return r
}

// valueText shows numbers with three decimals, so that columns stand still.
func valueText(v point.Value) string {
	switch v.Kind() {
	case point.Number:
		return fmt.Sprintf("%.3f", v.Number())
	case point.Counter:
		return fmt.Sprint(v.Counter().Count)
	case point.Step:
		position, moving := v.Step()
		if moving {
			return fmt.Sprintf("%d moving", position)
		}
		return fmt.Sprint(position)
	default:
		return v.String()
	}
}

// maxEvents is how many sentences of the control centre stay on the screen.
const maxEvents = 6

// screen redraws a table on a terminal.
type screen struct {
	mu     sync.Mutex
	file   *os.File         // guarded by mu
	rows   map[point.ID]row // guarded by mu
	events []string         // guarded by mu
	colour bool
}

// newScreen takes the terminal over: the alternate screen, without cursor.
func newScreen(file *os.File) *screen {
	_, noColour := os.LookupEnv("NO_COLOR")
	s := &screen{file: file, rows: map[point.ID]row{}, colour: !noColour}
	_, _ = file.WriteString("\x1b[?1049h\x1b[?25l") // a terminal that is gone ends the program elsewhere
	return s
}

func (s *screen) event(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, time.Now().Format("15:04:05")+"  "+text)
	if len(s.events) > maxEvents {
		s.events = s.events[1:]
	}
}

func (s *screen) update(changed []row, links []string, page string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fresh := map[point.ID]bool{}
	for _, r := range changed {
		s.rows[r.id] = r
		fresh[r.id] = true
	}
	width, height, err := term.GetSize(int(s.file.Fd()))
	if err != nil {
		width, height = 100, 40
	}
	var frame bytes.Buffer
	frame.WriteString("\x1b[H")
	for _, line := range s.lines(links, page, fresh, height) {
		frame.WriteString(s.paint(cut(line.text, width), line.style))
		frame.WriteString("\x1b[K\r\n")
	}
	frame.WriteString("\x1b[J")
	_, _ = s.file.Write(frame.Bytes())
}

// line is one line of the screen. Colour only underlines what the words say.
type line struct {
	text, style string
}

const (
	styleHead  = "\x1b[1m"
	styleFresh = "\x1b[1m"
	styleBad   = "\x1b[33m"
	styleDim   = "\x1b[2m"
)

// lines returns what the screen shows, at most height lines.
func (s *screen) lines(links []string, page string, fresh map[point.ID]bool, height int) []line {
	lines := []line{
		{"Stellwerk demonstration: substation and PLC > router > control centre", styleHead},
		{"Links: " + strings.Join(links, " · ") + "    Page: " + page + "    Ctrl-C ends", ""},
		{"", ""},
		{fmt.Sprintf("%-24s %-12s %16s %-5s %-8s %-13s %s", "ADDRESS", "POINT", "VALUE", "UNIT", "QUALITY", "TIME (UTC)", "CAUSE"), styleDim},
	}
	rows := make([]row, 0, len(s.rows))
	for _, r := range s.rows {
		rows = append(rows, r)
	}
	sort.Slice(rows, func(i, j int) bool { return rows[i].order < rows[j].order })
	room := max(1, height-len(lines)-maxEvents-3)
	for i, r := range rows {
		if i == room {
			lines = append(lines, line{fmt.Sprintf("… and %d more; the page shows all", len(rows)-room), styleDim})
			break
		}
		style := ""
		switch {
		case r.quality != point.Good.String():
			style = styleBad
		case fresh[r.id]:
			style = styleFresh
		}
		lines = append(lines, line{fmt.Sprintf("%-24s %-12s %16s %-5s %-8s %-13s %s", r.address, r.name, r.value, r.unit, r.quality, r.time, r.cause), style})
	}
	lines = append(lines, line{"", ""}, line{"Control centre", styleDim})
	for _, event := range s.events {
		lines = append(lines, line{event, ""})
	}
	return lines[:min(len(lines), max(1, height-1))]
}

func (s *screen) paint(text, style string) string {
	if !s.colour || style == "" {
		return text
	}
	return style + text + "\x1b[0m"
}

// cut shortens a line to the width of the terminal.
func cut(text string, width int) string {
	if utf8.RuneCountInString(text) <= width {
		return text
	}
	return string([]rune(text)[:max(0, width-1)]) + "…"
}

func (s *screen) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, _ = s.file.WriteString("\x1b[?25h\x1b[?1049l")
}
