package conformance_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/apci"
	"stellwerk/iec104/iec104test"
	"stellwerk/internal/conformance"
)

type apdu = apci.APDU

// hex describes octets as the reports of these tests do.
func hex(octets []byte) []string {
	a, err := apci.Decode(octets)
	if err != nil {
		return []string{fmt.Sprintf("% x\x00<&>", octets)}
	}
	return []string{a.String()}
}

// mixed is a report with cases that passed, failed and were skipped.
func mixed(t *testing.T, lines io.Writer, evidence *conformance.Evidence) *conformance.Report {
	t.Helper()
	r := &conformance.Report{Role: iec104.Controlled, Target: "192.0.2.10:2404", Program: "stellwerk test", Command: "stellwerk test station <192.0.2.10>"}
	synctest.Test(t, func(t *testing.T) {
		d, b := device(t, nil, func() iec104test.Faults {
			return iec104test.Faults{Received: iec104test.Drop(1, 1<<30, iec104test.SFrame)}
		})
		defer b.Close()
		conformance.Run(t.Context(), cases(t, iec104.Controlled, "A7", "A10", "A21", "A22", "A26", "B4.command"), d, &conformance.Options{
			Prompt: 100 * time.Millisecond, Inventory: &iec104test.Inventory{},
			Ended: func(o conformance.Outcome) {
				if lines != nil {
					if err := conformance.JSON(lines, o); err != nil {
						t.Error(err)
					}
				}
				if evidence != nil {
					if err := evidence.Add(o); err != nil {
						t.Error(err)
					}
				}
			},
		}, r)
	})
	return r
}

func TestJSON(t *testing.T) {
	var lines bytes.Buffer
	r := mixed(t, &lines, nil)
	n := 0
	for line := range strings.Lines(lines.String()) {
		o := r.Outcomes[n]
		n++
		prefix := fmt.Sprintf(`{"id":"%s","role":"station","result":"%s","expected":"`, o.Case.ID, o.Status)
		if !strings.HasPrefix(line, prefix) || !strings.Contains(line, `","seen":"`) {
			t.Errorf("%s: want %s", line, prefix)
		}
		var whole map[string]any
		if err := json.Unmarshal([]byte(line), &whole); err != nil || whole["expected"] == "" || whole["seen"] == "" {
			t.Errorf("%v: %s", err, line)
		}
	}
	if n != len(r.Outcomes) || n != 6 {
		t.Errorf("%d lines for %d cases", n, len(r.Outcomes))
	}
}

// TestJUnit reads the report as build servers do: by elements and attributes.
func TestJUnit(t *testing.T) {
	r := mixed(t, nil, nil)
	var text bytes.Buffer
	if err := conformance.JUnit(&text, r, hex); err != nil {
		t.Fatal(err)
	}
	var read struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Skipped  int `xml:"skipped,attr"`
		Suites   []struct {
			Name  string `xml:"name,attr"`
			Tests int    `xml:"tests,attr"`
			Cases []struct {
				Class   string  `xml:"classname,attr"`
				Name    string  `xml:"name,attr"`
				Time    float64 `xml:"time,attr"`
				Failure *struct {
					Message string `xml:"message,attr"`
					Text    string `xml:",chardata"`
				} `xml:"failure"`
				Skipped *struct {
					Message string `xml:"message,attr"`
				} `xml:"skipped"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	decoder := xml.NewDecoder(&text)
	decoder.Strict = true
	if err := decoder.Decode(&read); err != nil {
		t.Fatal(err)
	}
	if len(read.Suites) != 1 || read.Suites[0].Name != "iec104.station" || read.Tests != 6 || read.Suites[0].Tests != 6 ||
		read.Failures != r.Count(iec104test.Failed) || read.Skipped != r.Count(iec104test.Skipped) || read.Failures == 0 || read.Skipped == 0 {
		t.Fatalf("%+v", read)
	}
	for i, c := range read.Suites[0].Cases {
		o := r.Outcomes[i]
		if !strings.HasPrefix(c.Name, o.Case.ID+": ") || c.Class != "iec104.station" ||
			(c.Failure != nil) != (o.Status == iec104test.Failed) || (c.Skipped != nil) != (o.Status == iec104test.Skipped) {
			t.Errorf("%s: %+v", o.Case.ID, c)
		}
		if c.Failure != nil && (!strings.Contains(c.Failure.Message, "expected "+o.Expected) || !strings.Contains(c.Failure.Text, "STARTDT con")) {
			t.Errorf("%s: %+v", o.Case.ID, c.Failure)
		}
	}
}

func TestHTML(t *testing.T) {
	r := mixed(t, nil, nil)
	var text bytes.Buffer
	if err := conformance.HTML(&text, r, hex); err != nil {
		t.Fatal(err)
	}
	page := text.String()
	for _, want := range []string{
		"192.0.2.10:2404", `<section id="A10">`, `href="#A10"`, "&lt;192.0.2.10&gt;", "STARTDT con", "prefers-color-scheme: dark", "@media print", conformance.NotArmed,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is missing", want)
		}
	}
	for _, foreign := range []string{"<script", "http://", "https://", "<link", "@import", "url("} {
		if strings.Contains(page, foreign) {
			t.Errorf("the page needs %q from elsewhere", foreign)
		}
	}
}

// TestLongConversation cuts the middle out of a long conversation.
func TestLongConversation(t *testing.T) {
	began := time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)
	r := &conformance.Report{Began: began, Ended: began}
	o := conformance.Outcome{Began: began, Result: iec104test.Result{
		Case: cases(t, iec104.Controlled, "A8")[0], Status: iec104test.Failed, Expected: "one", Seen: "other",
	}}
	for i := range 5000 {
		o.Frames = append(o.Frames, iec104test.Frame{Time: began.Add(time.Duration(i) * time.Millisecond), Connection: 1, Octets: apci.AppendS(nil, apci.Sequence(i))})
	}
	o.Frames = append(o.Frames, iec104test.Frame{Time: began.Add(5 * time.Second), Connection: 1})
	r.Outcomes = append(r.Outcomes, o)
	var text strings.Builder
	if err := (&conformance.Text{Out: &text, Describe: hex}).End(r); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"0.000 < S N(R)=0\n", "… 4941 more\n", "4.999 < S N(R)=4999\n", "5.000 x connection closed\n"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("%q is missing in\n%s", want, text.String())
		}
	}
}
