package config

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Position is a place in a file. Lines and columns count from 1; columns count
// characters. What is not known is zero.
type Position struct {
	File         string
	Line, Column int
	// Sheet and Cell tell the place in a spreadsheet, such as "B7"; Line is then
	// the row.
	Sheet, Cell string
}

// String gives "router.yaml:12:7", or "signals.xlsx: Signals!B7".
func (p Position) String() string {
	switch {
	case p.Cell != "":
		return p.File + ": " + p.Sheet + "!" + p.Cell
	case p.Line == 0:
		return p.File
	case p.Column == 0:
		return p.File + ":" + strconv.Itoa(p.Line)
	}
	return p.File + ":" + strconv.Itoa(p.Line) + ":" + strconv.Itoa(p.Column)
}

// Problem is one thing that is wrong in a configuration.
type Problem struct {
	Position Position
	// Text is a sentence that says what is wrong and, where that helps, what to
	// write instead.
	Text string
	// Source is the line of the file, or the contents of the cell; Start and Width
	// say which of its characters the caret points at.
	Source       string
	Start, Width int
}

// sourceWidth is the number of characters of a source line that are shown.
const sourceWidth = 100

// String shows the place, the sentence and, below them, the source line with
// carets.
func (p Problem) String() string {
	text := p.Position.String() + ": " + p.Text
	if p.Source == "" {
		return text
	}
	label := strconv.Itoa(p.Position.Line)
	if p.Position.Cell != "" {
		label = p.Position.Cell
	}
	line, start, width := excerpt(p.Source, p.Start, p.Width)
	return fmt.Sprintf("%s\n %5s | %s\n %5s | %s%s", text, label, line,
		"", strings.Repeat(" ", start), strings.Repeat("^", width))
}

// excerpt cuts a long line around the place in question and replaces what a
// terminal must not get to see.
func excerpt(line string, start, width int) (shown string, from, carets int) {
	runes := []rune(strings.ReplaceAll(harmless(line), "\t", " "))
	start = max(0, min(start, len(runes)))
	width = max(1, min(width, len(runes)-start))
	if len(runes) > sourceWidth {
		begin := max(0, min(start-sourceWidth/4, len(runes)-sourceWidth))
		end := begin + sourceWidth
		cut := slices.Clone(runes[begin:end])
		if begin > 0 {
			cut[0] = '…'
		}
		if end < len(runes) {
			cut[sourceWidth-1] = '…'
		}
		runes, start = cut, start-begin
		width = max(1, min(width, sourceWidth-start))
	}
	return strings.TrimRight(string(runes), " "), start, width
}

// harmless replaces, one for one, the characters that a terminal must not get to
// see; tabs do no harm.
func harmless(text string) string {
	return strings.Map(func(r rune) rune {
		if r != '\t' && (r == utf8.RuneError || !unicode.IsPrint(r)) {
			return '·'
		}
		return r
	}, text)
}

// maxProblems is the number of problems that are kept; the others are counted.
const maxProblems = 20

// Problems is the error of a configuration that cannot be used: everything that
// is wrong with it, in the order of the files.
type Problems struct {
	// List holds the first problems.
	List []Problem
	// More counts those that are not in the list.
	More int
}

// Error shows each problem with its source line, one below the other.
func (p *Problems) Error() string {
	var text strings.Builder
	for _, problem := range p.List {
		text.WriteString(problem.String())
		text.WriteByte('\n')
	}
	switch {
	case p.More > 0:
		fmt.Fprintf(&text, "%d problems, the first %d are shown", len(p.List)+p.More, len(p.List))
	case len(p.List) == 1:
		text.WriteString("1 problem")
	default:
		fmt.Fprintf(&text, "%d problems", len(p.List))
	}
	return text.String()
}

// span is a run of characters in a file.
type span struct {
	position Position
	width    int
}

// reporter gathers problems. A configuration is read by one goroutine.
type reporter struct {
	problems []Problem
	more     int
	files    []string            // in the order in which they were opened
	texts    map[string][]string // lines of the files that have lines
}

func newReporter() *reporter { return &reporter{texts: make(map[string][]string)} }

// opened makes the lines of a file known, for the carets.
func (r *reporter) opened(file, text string) {
	r.files = append(r.files, file)
	if text != "" {
		r.texts[file] = strings.Split(text, "\n")
	}
}

// report notes a problem at a place in a file.
func (r *reporter) report(at span, format string, arguments ...any) {
	problem := Problem{Position: at.position, Text: fmt.Sprintf(format, arguments...)}
	if lines := r.texts[at.position.File]; at.position.Line >= 1 && at.position.Line <= len(lines) {
		problem.Source = strings.TrimRight(lines[at.position.Line-1], "\r")
		problem.Start, problem.Width = at.position.Column-1, at.width
	}
	r.add(problem)
}

// reportCell notes a problem in a cell of a spreadsheet.
func (r *reporter) reportCell(at Position, contents, format string, arguments ...any) {
	r.add(Problem{
		Position: at, Text: fmt.Sprintf(format, arguments...),
		Source: contents, Width: utf8.RuneCountInString(contents),
	})
}

func (r *reporter) add(problem Problem) {
	// More than are shown are kept, because they are sorted before they are cut;
	// but a list of a million bad rows must not become a million problems.
	if len(r.problems) >= 50*maxProblems {
		r.more++
		return
	}
	problem.Text = harmless(problem.Text) // it can quote the file
	if !slices.Contains(r.problems, problem) {
		r.problems = append(r.problems, problem)
	}
}

func (r *reporter) failed() bool { return len(r.problems) > 0 }

// err gives all problems in the order of the files, or nil.
func (r *reporter) err() error {
	if !r.failed() {
		return nil
	}
	rank := func(p Problem) int { return slices.Index(r.files, p.Position.File) }
	slices.SortStableFunc(r.problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.Position.Line, b.Position.Line),
			cmp.Compare(a.Position.Column, b.Position.Column))
	})
	shown := r.problems[:min(len(r.problems), maxProblems)]
	return &Problems{List: shown, More: len(r.problems) - len(shown) + r.more}
}
