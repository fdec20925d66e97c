package render

import (
	"strings"
	"unicode/utf8"

	"stellwerk/wire"
)

// column describes a column of a table.
type column struct {
	head  wire.Text
	right bool // numbers stand at the right
	wrap  int  // longer texts take several lines; 0 is never
}

// table sets rows in aligned columns.
type table struct {
	indent  string
	columns []column
	rows    [][]string
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

// append appends the table. Columns in which no row has anything are left out,
// and spaces at the ends of lines.
func (t *table) append(dst []byte, lang string, paint style) []byte {
	var lines [][]string
	for _, row := range t.rows {
		lines = append(lines, t.wrapped(row)...)
	}
	width := make([]int, len(t.columns))
	for _, line := range lines {
		for i, cell := range line {
			width[i] = max(width[i], utf8.RuneCountInString(cell))
		}
	}
	heads := make([]string, len(t.columns))
	for i, column := range t.columns {
		heads[i] = column.head.In(lang)
		if width[i] > 0 {
			width[i] = max(width[i], utf8.RuneCountInString(heads[i]))
		}
	}
	dst = t.line(dst, heads, width, paint, dim)
	for _, line := range lines {
		dst = t.line(dst, line, width, paint, "")
	}
	return dst
}

// wrapped returns the lines that a row takes.
func (t *table) wrapped(row []string) [][]string {
	var lines [][]string
	for i, cell := range row {
		for at := 0; at == 0 || cell != ""; at++ {
			if at == len(lines) {
				lines = append(lines, make([]string, len(row)))
			}
			lines[at][i], cell = split(cell, t.columns[i].wrap)
		}
	}
	return lines
}

// split cuts text behind the last word that fits into a width.
func split(text string, width int) (first, rest string) {
	if width == 0 || utf8.RuneCountInString(text) <= width {
		return text, ""
	}
	end, count := -1, 0
	for i, r := range text {
		if r == ' ' {
			if end = i; count >= width {
				break
			}
		} else if count >= width && end > 0 {
			break
		}
		count++
	}
	if end <= 0 {
		return text, ""
	}
	return text[:end], text[end+1:]
}

func (t *table) line(dst []byte, cells []string, width []int, paint style, how string) []byte {
	var line strings.Builder
	line.WriteString(t.indent)
	for i, cell := range cells {
		if width[i] == 0 {
			continue
		}
		space := strings.Repeat(" ", width[i]-utf8.RuneCountInString(cell))
		line.WriteString("  ")
		if t.columns[i].right {
			line.WriteString(space + cell)
		} else {
			line.WriteString(cell + space)
		}
	}
	return append(paint.append(dst, how, strings.TrimRight(line.String(), " ")), '\n')
}
