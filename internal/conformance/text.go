package conformance

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"stellwerk/iec104"
	"stellwerk/iec104/iec104test"
)

// Text writes a report as text: a row for each case as soon as it has ended, and
// in the end what failed and why.
type Text struct {
	// Out is where to.
	Out io.Writer
	// Describe says what octets are.
	Describe Describer
	// Paint, where it is not nil, marks the result of a case in a style of the
	// terminal.
	Paint func(iec104test.Status, string) string

	id int // width of the column
}

// Begin writes the head of the table for the cases.
func (t *Text) Begin(r *Report, cases []iec104test.Case) error {
	for _, c := range cases {
		t.id = max(t.id, len(c.ID))
	}
	t.id = max(t.id, len("CASE"))
	text := "Conformance of the " + longRole(r.Role) + " " + r.Target + "\nset to " + r.settings() + "\n"
	if found := r.found(); found != "" {
		text += "with " + found + "\n"
	}
	text += fmt.Sprintf("\n%-*s  %-7s  %7s  %s\n", t.id, "CASE", "RESULT", "TIME", "WHAT MUST BE")
	_, err := io.WriteString(t.Out, text)
	return err
}

// Row writes the row of a case.
func (t *Text) Row(o Outcome) error {
	took := "-"
	if o.Took > 0 {
		took = seconds(o.Took)
	}
	result := t.painted(o.Status, fmt.Sprintf("%-7s", o.Status))
	_, err := fmt.Fprintf(t.Out, "%-*s  %s  %7s  %s\n", t.id, o.Case.ID, result, took, o.Case.Title)
	return err
}

// End writes what has come of the whole.
func (t *Text) End(r *Report) error {
	var text strings.Builder
	for _, o := range r.failures() {
		fmt.Fprintf(&text, "\n%s  %s (IEC 60870-5-%s)\n", t.painted(o.Status, o.Case.ID+" failed"), o.Case.Title, clause(o.Case))
		fmt.Fprintf(&text, "  expected: %s\n      seen: %s\n", o.expected(), o.seen())
		lines := o.conversation(t.Describe)
		several := false
		for _, s := range lines {
			several = several || s.Connection > 1
		}
		if len(lines) > 0 {
			text.WriteString("  conversation (seconds; > is the tester, < the device):\n")
		}
		for _, s := range lines {
			if s.Omitted > 0 {
				fmt.Fprintf(&text, "  %8s … %d more\n", "", s.Omitted)
				continue
			}
			connection := ""
			if several {
				connection = fmt.Sprintf("#%d ", s.Connection)
			}
			fmt.Fprintf(&text, "  %8s %s%s %s\n", s.Time, connection, s.sign(), s.Text)
		}
	}
	if choices := r.choices(); len(choices) > 0 {
		text.WriteString("\nWhere the standard leaves a choice:\n")
		for _, o := range choices {
			fmt.Fprintf(&text, "  %-*s  %s\n", t.id, o.Case.ID, o.Seen)
		}
	}
	if skips := r.skips(); len(skips) > 0 {
		text.WriteString("\nSkipped:\n")
		for _, s := range skips {
			fmt.Fprintf(&text, "  %s\n%s\n", s.reason, wrapped(s.cases))
		}
	}
	fmt.Fprintf(&text, "\n%s, in %s. %s\n", r.Summary(), seconds(r.Ended.Sub(r.Began)), r.Verdict())
	_, err := io.WriteString(t.Out, text.String())
	return err
}

// choices returns the cases that say what the device has chosen.
func (r *Report) choices() []*Outcome {
	var chosen []*Outcome
	for i := range r.Outcomes {
		if o := &r.Outcomes[i]; o.Status == iec104test.Passed && o.Seen != "" {
			chosen = append(chosen, o)
		}
	}
	return chosen
}

func (t *Text) painted(status iec104test.Status, text string) string {
	if t.Paint == nil {
		return text
	}
	return t.Paint(status, text)
}

// wrapped sets names in lines that fit a terminal.
func wrapped(names []string) string {
	const indent, width = "     ", 100
	var text strings.Builder
	line := indent
	for _, name := range names {
		if utf8.RuneCountInString(line)+1+len(name) > width {
			text.WriteString(line + "\n")
			line = indent
		}
		line += " " + name
	}
	text.WriteString(line)
	return text.String()
}

// clause names standard and clause, such as "104, 5.1".
func clause(c iec104test.Case) string {
	standard := "101"
	if strings.HasPrefix(c.ID, "A") {
		standard = "104"
	}
	if other, named := strings.CutPrefix(c.Clause, "IEC 60870-5-"); named {
		return other
	}
	return standard + ", " + c.Clause
}

func longRole(role iec104.Role) string {
	if role == iec104.Controlling {
		return "controlling station"
	}
	return "controlled station"
}

// List writes a table of cases: who they are for, where the standard says so, and
// what they do to a device, which --arm must allow.
func List(out io.Writer, cases []iec104test.Case) error {
	heads := []string{"CASE", "FOR", "CLAUSE", "NEEDS", "WHAT MUST BE"}
	rows := [][]string{heads}
	for _, c := range cases {
		needs := "-"
		if c.Affects != 0 {
			needs = "--arm: " + c.Affects.String()
		}
		rows = append(rows, []string{c.ID, RoleName(c.Role), clause(c), needs, c.Title})
	}
	var width [4]int
	for _, row := range rows {
		for i := range width {
			width[i] = max(width[i], utf8.RuneCountInString(row[i]))
		}
	}
	for _, row := range rows {
		for i := range width {
			if _, err := fmt.Fprintf(out, "%s%s  ", row[i], strings.Repeat(" ", width[i]-utf8.RuneCountInString(row[i]))); err != nil {
				return err
			}
		}
		if _, err := fmt.Fprintln(out, row[4]); err != nil {
			return err
		}
	}
	return nil
}
