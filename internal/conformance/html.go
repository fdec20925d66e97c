package conformance

import (
	_ "embed"
	"html/template"
	"io"
	"time"

	"stellwerk/iec104/iec104test"
)

//go:embed report.html.tmpl
var page string

var pageTemplate = template.Must(template.New("report").Parse(page))

// htmlCase is a case on the page.
type htmlCase struct {
	ID, Title, Clause, Result, Sign, Took string
	Affects, Expected, Seen, Reason       string
	Failed                                bool
	Several                               bool
	Lines                                 []spoken
}

// Direction is for the page.
func (s spoken) Direction() string { return s.sign() }

// HTML writes the report as a page that needs nothing else.
func HTML(out io.Writer, r *Report, describe Describer) error {
	data := struct {
		Role, Target, Program, Command, Settings, Found, Verdict, Summary, Began, Took string
		Total, Passed, Failed, Skipped                                                 int
		Good                                                                           bool
		Cases                                                                          []htmlCase
	}{
		Role: longRole(r.Role), Target: r.Target, Program: r.Program, Command: r.Command,
		Settings: r.settings(), Found: r.found(), Verdict: r.Verdict(), Summary: r.Summary(),
		Began: r.Began.Format("2006-01-02 15:04:05 -07:00"), Took: r.Ended.Sub(r.Began).Round(time.Second).String(),
		Total: len(r.Outcomes), Passed: r.Count(iec104test.Passed),
		Failed: r.Count(iec104test.Failed), Skipped: r.Count(iec104test.Skipped),
	}
	data.Good = data.Failed == 0 && data.Passed > 0 && r.Vanished == nil && !r.Interrupted
	for i := range r.Outcomes {
		o := &r.Outcomes[i]
		c := htmlCase{ID: o.Case.ID, Title: o.Case.Title, Clause: clause(o.Case), Result: o.Status.String()}
		if o.Case.Affects != 0 {
			c.Affects = o.Case.Affects.String()
		}
		if o.Took > 0 {
			c.Took = seconds(o.Took)
		}
		switch o.Status {
		case iec104test.Failed:
			c.Sign, c.Failed = "✗", true
			c.Expected, c.Seen = o.expected(), o.seen()
			c.Lines = o.conversation(describe)
			for _, l := range c.Lines {
				c.Several = c.Several || l.Connection > 1
			}
		case iec104test.Skipped:
			c.Sign, c.Reason = "–", o.Seen
		case iec104test.Passed:
			c.Sign, c.Reason = "✓", o.Seen
		}
		data.Cases = append(data.Cases, c)
	}
	return pageTemplate.Execute(out, data)
}
