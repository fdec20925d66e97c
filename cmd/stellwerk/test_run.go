package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"stellwerk/iec104/iec104test"
	dissect104 "stellwerk/internal/analyzer/dissect/iec104"
	"stellwerk/internal/conformance"
)

// testRun is a run with all that is told of it.
type testRun struct {
	flags   *testFlags
	cmd     *cobra.Command
	cases   []iec104test.Case
	report  conformance.Report
	files   *testFiles
	text    *conformance.Text
	waiting *waitLine

	position int   // of the case that is being run, from 1
	problem  error // of writing
}

// newTestRun creates the files of the report, so that what is wrong with them
// turns out before minutes have passed.
func newTestRun(cmd *cobra.Command, f *testFlags, target string) (*testRun, error) {
	cases, err := conformance.Select(f.role, f.cases)
	if err != nil {
		return nil, usageError(cmd, err)
	}
	r := &testRun{
		flags: f, cmd: cmd, cases: cases,
		report: conformance.Report{Role: f.role, Target: target, Program: "stellwerk " + programVersion(), Command: commandLine()},
	}
	if r.files, err = newTestFiles(f, r.report.Program); err != nil {
		return nil, withStatus(statusUsage, err)
	}
	out := cmd.OutOrStdout()
	r.text = &conformance.Text{Out: out, Describe: spokenLines, Paint: func(status iec104test.Status, text string) string {
		if status == iec104test.Failed {
			return painted(out, styleBad, text)
		}
		return text
	}}
	r.waiting = newWaitLine(cmd.ErrOrStderr(), false)
	return r, nil
}

// talk says something on standard error.
func (r *testRun) talk(format string, arguments ...any) {
	r.waiting.clear()
	fmt.Fprintf(r.cmd.ErrOrStderr(), format+"\n", arguments...)
}

// announce says how long it will take, and how that is made shorter.
func (r *testRun) announce(subject iec104test.Subject) {
	p := subject.Parameters()
	rest := conformance.Rest(r.cases, p, r.flags.arm)
	r.talk("%s, about %s.", conformance.Counted(len(r.cases)), roughly(rest))
	if rest > time.Minute {
		r.talk("Nearly all of it is waiting for timers of the device. It is shorter where the device is set to shorter ones,\nsuch as --t1 3s --t2 1s --t3 2s; the flags only say what it is set to.")
	}
}

// run runs the cases and writes the report; in the end it makes the exit status.
func (r *testRun) run(ctx context.Context, subject iec104test.Subject, inventory *iec104test.Inventory) error {
	r.report.Parameters, r.report.Inventory = subject.Parameters(), inventory
	if !r.flags.json {
		r.keep(r.text.Begin(&r.report, r.cases))
	}
	conformance.Run(ctx, r.cases, subject, &conformance.Options{
		Armed: r.flags.arm, Prompt: r.flags.prompt, Tolerance: r.flags.tolerance, Inventory: inventory,
		Began: func(c iec104test.Case) {
			rest := conformance.Rest(r.cases[r.position:], subject.Parameters(), r.flags.arm)
			r.waiting.say(fmt.Sprintf("%s, %d of %d, about %s left", c.ID, r.position+1, len(r.cases), roughly(rest)))
		},
		Ended: r.ended,
	}, &r.report)
	r.waiting.stop()
	if !r.flags.json {
		r.keep(r.text.End(&r.report))
	}
	r.keep(r.files.finish(&r.report))
	if r.problem != nil {
		return withStatus(statusNo, r.problem)
	}
	return verdictStatus(&r.report)
}

// ended tells what came of a case.
func (r *testRun) ended(o conformance.Outcome) {
	r.position++
	r.waiting.clear()
	if r.flags.json {
		r.keep(conformance.JSON(r.cmd.OutOrStdout(), o))
	} else {
		r.keep(r.text.Row(o))
	}
	r.keep(r.files.add(o))
}

// keep remembers the first error of writing.
func (r *testRun) keep(err error) {
	if r.problem == nil {
		r.problem = err
	}
}

// roughly writes how long something takes that nobody knows exactly.
func roughly(d time.Duration) string {
	if d < 90*time.Second {
		return fmt.Sprintf("%d s", int(d.Seconds()))
	}
	return fmt.Sprintf("%d min", int((d + 30*time.Second).Minutes()))
}

// spokenLines describes octets as the analyzer does: a line for each APDU.
func spokenLines(octets []byte) []string {
	var lines []string
	for len(octets) > 0 {
		size := len(octets)
		if octets[0] == 0x68 && size > 1 {
			size = min(size, 2+int(octets[1]))
		}
		t, err := dissect104.Decode(octets[:size], &dissect104.Options{})
		switch {
		case err != nil:
			lines = append(lines, fmt.Sprintf("! % x: %v", octets[:min(size, 32)], err))
		case t.Err != nil:
			lines = append(lines, fmt.Sprintf("%s  ! %v", t.AppendSummary(nil, "en"), t.Err))
		default:
			lines = append(lines, string(t.AppendSummary(nil, "en")))
		}
		octets = octets[size:]
	}
	return lines
}

// testFiles are the files of a report.
type testFiles struct {
	html, junit, pcap *os.File // nil where they are not wanted
	evidence          *conformance.Evidence
	failed            bool // of the pcapng file: nothing more is written
}

func newTestFiles(f *testFlags, program string) (*testFiles, error) {
	t := &testFiles{}
	for _, wanted := range []struct {
		name string
		file **os.File
	}{{f.html, &t.html}, {f.junit, &t.junit}, {f.pcap, &t.pcap}} {
		if wanted.name == "" {
			continue
		}
		file, err := os.Create(wanted.name)
		if err != nil {
			return nil, unwritable(wanted.name, err)
		}
		*wanted.file = file
	}
	if t.pcap != nil {
		t.evidence = conformance.NewEvidence(t.pcap, program, f.role)
	}
	return t, nil
}

// add writes the evidence of a case.
func (t *testFiles) add(o conformance.Outcome) error {
	if t.evidence == nil || t.failed {
		return nil
	}
	if err := t.evidence.Add(o); err != nil {
		t.failed = true
		return unwritable(t.pcap.Name(), err)
	}
	return nil
}

// finish writes the reports and closes all files.
func (t *testFiles) finish(r *conformance.Report) error {
	var problem error
	for _, report := range []struct {
		file  *os.File
		write func(io.Writer) error
	}{
		{t.html, func(out io.Writer) error { return conformance.HTML(out, r, spokenLines) }},
		{t.junit, func(out io.Writer) error { return conformance.JUnit(out, r, spokenLines) }},
		{t.pcap, func(io.Writer) error { return t.evidence.Flush() }},
	} {
		if report.file == nil {
			continue
		}
		if err := errors.Join(report.write(report.file), report.file.Close()); err != nil {
			problem = errors.Join(problem, unwritable(report.file.Name(), err))
		}
	}
	return problem
}
