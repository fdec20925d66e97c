package main

import (
	"io"
	"os"
	"strings"
	"unicode/utf8"
)

// column is one of a textTable. Numbers stand at the right.
type column struct {
	head  string
	right bool
}

// textTable sets rows in aligned columns. Columns in which no row has anything
// are left out, and spaces at the ends of lines.
type textTable struct {
	indent  string
	columns []column
	rows    [][]string
}

// add adds a row of as many cells as there are columns.
func (t *textTable) add(cells ...string) { t.rows = append(t.rows, cells) }

// write writes the table with its heads, dim where colour is welcome.
func (t *textTable) write(out io.Writer) error { return t.writeFor(out, out) }

// writeFor writes the table to out as it will look on screen.
func (t *textTable) writeFor(out, screen io.Writer) error {
	width := make([]int, len(t.columns))
	for _, row := range t.rows {
		for i, cell := range row {
			width[i] = max(width[i], utf8.RuneCountInString(cell))
		}
	}
	heads := make([]string, len(t.columns))
	for i, c := range t.columns {
		heads[i] = c.head
		if width[i] > 0 {
			width[i] = max(width[i], utf8.RuneCountInString(c.head))
		}
	}
	var text strings.Builder
	text.WriteString(painted(screen, styleDim, t.line(heads, width)))
	text.WriteByte('\n')
	for _, row := range t.rows {
		text.WriteString(t.line(row, width))
		text.WriteByte('\n')
	}
	_, err := io.WriteString(out, text.String())
	return err
}

func (t *textTable) line(cells []string, width []int) string {
	var line strings.Builder
	line.WriteString(t.indent)
	first := true
	for i, cell := range cells {
		if width[i] == 0 {
			continue
		}
		if !first {
			line.WriteString("  ")
		}
		first = false
		space := strings.Repeat(" ", width[i]-utf8.RuneCountInString(cell))
		if t.columns[i].right {
			line.WriteString(space + cell)
		} else {
			line.WriteString(cell + space)
		}
	}
	return strings.TrimRight(line.String(), " ")
}

// painted puts a style around text where colour is welcome.
func painted(out any, style, text string) string {
	file, ok := out.(*os.File)
	if !ok || !colorful(file) || text == "" || style == "" {
		return text
	}
	return style + text + "\x1b[0m"
}
