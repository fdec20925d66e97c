package conformance

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"

	"stellwerk/iec104/iec104test"
)

// The elements of JUnit XML, as far as the readers of build servers agree.
type (
	junitSuites struct {
		XMLName  xml.Name   `xml:"testsuites"`
		Name     string     `xml:"name,attr"`
		Tests    int        `xml:"tests,attr"`
		Failures int        `xml:"failures,attr"`
		Errors   int        `xml:"errors,attr"`
		Skipped  int        `xml:"skipped,attr"`
		Time     string     `xml:"time,attr"`
		Suite    junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name       string          `xml:"name,attr"`
		Tests      int             `xml:"tests,attr"`
		Failures   int             `xml:"failures,attr"`
		Errors     int             `xml:"errors,attr"`
		Skipped    int             `xml:"skipped,attr"`
		Time       string          `xml:"time,attr"`
		Timestamp  string          `xml:"timestamp,attr"`
		Hostname   string          `xml:"hostname,attr"`
		Properties []junitProperty `xml:"properties>property"`
		Cases      []junitCase     `xml:"testcase"`
	}
	junitProperty struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	junitCase struct {
		Class   string        `xml:"classname,attr"`
		Name    string        `xml:"name,attr"`
		Time    string        `xml:"time,attr"`
		Failure *junitMessage `xml:"failure"`
		Skipped *junitMessage `xml:"skipped"`
		Out     string        `xml:"system-out,omitempty"`
	}
	junitMessage struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr,omitempty"`
		Text    string `xml:",chardata"`
	}
)

// JUnit writes the report as JUnit XML.
func JUnit(out io.Writer, r *Report, describe Describer) error {
	suite := junitSuite{
		Name: "iec104." + RoleName(r.Role), Tests: len(r.Outcomes),
		Failures: r.Count(iec104test.Failed), Skipped: r.Count(iec104test.Skipped),
		Time:      fmt.Sprintf("%.3f", r.Ended.Sub(r.Began).Seconds()),
		Timestamp: r.Began.UTC().Format(time.RFC3339), Hostname: r.Target,
		Properties: []junitProperty{{"program", r.Program}, {"parameters", r.settings()}, {"verdict", r.Verdict()}},
	}
	if found := r.found(); found != "" {
		suite.Properties = append(suite.Properties, junitProperty{"device", found})
	}
	for i := range r.Outcomes {
		o := &r.Outcomes[i]
		c := junitCase{
			Class: suite.Name, Name: o.Case.ID + ": " + o.Case.Title,
			Time: fmt.Sprintf("%.3f", o.Took.Seconds()),
		}
		switch o.Status {
		case iec104test.Failed:
			c.Failure = &junitMessage{
				Message: legible(fmt.Sprintf("expected %s; seen %s", o.expected(), o.seen())), Type: clause(o.Case),
				Text: legible(plain(o.conversation(describe))),
			}
		case iec104test.Skipped:
			c.Skipped = &junitMessage{Message: legible(o.Seen)}
		case iec104test.Passed:
			c.Out = legible(o.Seen)
		}
		suite.Cases = append(suite.Cases, c)
	}
	whole := junitSuites{
		Name: "stellwerk test " + RoleName(r.Role), Tests: suite.Tests, Failures: suite.Failures,
		Skipped: suite.Skipped, Time: suite.Time, Suite: suite,
	}
	if _, err := io.WriteString(out, xml.Header); err != nil {
		return err
	}
	encoder := xml.NewEncoder(out)
	encoder.Indent("", "  ")
	if err := encoder.Encode(whole); err != nil {
		return err
	}
	_, err := io.WriteString(out, "\n")
	return err
}

// plain sets a conversation as text.
func plain(lines []spoken) string {
	var text strings.Builder
	for _, s := range lines {
		if s.Omitted > 0 {
			fmt.Fprintf(&text, "%8s … %d more\n", "", s.Omitted)
			continue
		}
		fmt.Fprintf(&text, "%8s #%d %s %s\n", s.Time, s.Connection, s.sign(), s.Text)
	}
	return text.String()
}

// legible replaces what XML cannot hold: control characters, which only octets
// of the device could have brought in.
func legible(text string) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' && c != '\n' && c != '\t' {
			return '\ufffd'
		}
		return c
	}, text)
}
