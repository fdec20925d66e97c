package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"stellwerk/iec104/iec104test"
	"stellwerk/internal/conformance"
)

// subject returns the control centre with whom operates it, and what ends that.
func (c *testCentreFlags) subject(ctx context.Context, cmd *cobra.Command, r *testRun, centre *conformance.Centre) (iec104test.Subject, func()) {
	driven := &conformance.Driven{Centre: centre, Armed: r.flags.arm, Waits: c.waits, Within: r.flags.patience}
	switch {
	case c.ask:
		p := newPerson(ctx, cmd.InOrStdin(), r)
		driven.Driver = p
		return driven, p.close
	case c.driver.program != "":
		driven.Driver = c.driver.driver(r.talk)
		return driven, func() {}
	default:
		if isTerminal(cmd.InOrStdin()) {
			r.talk("Cases that need the control centre operated are skipped: --ask asks you to do it, --driver runs a program.")
		}
		return centre, func() {}
	}
}

// driverFlag is the flag --driver.
type driverFlag struct {
	line      string
	program   string // of line, with the arguments that come first
	arguments []string
}

// find looks for the program.
func (f *driverFlag) find() error {
	if words := strings.Fields(f.line); len(words) > 0 {
		program, err := exec.LookPath(words[0])
		if err != nil {
			return fmt.Errorf("--driver: %w", err)
		}
		f.program, f.arguments = program, words[1:]
	}
	return nil
}

func (f *driverFlag) driver(talk func(format string, arguments ...any)) *driverProgram {
	return &driverProgram{program: f.program, arguments: f.arguments, talk: talk}
}

// driverWithin is how long the driver of a station may take.
const driverWithin = time.Minute

// driverProgram drives a control centre or a station by a program.
type driverProgram struct {
	program   string
	arguments []string
	talk      func(format string, arguments ...any)
}

// The statuses of drivers.
const (
	driverFailed = 1
	driverUnable = 2
)

// Drive is part of [conformance.Driver].
func (p *driverProgram) Drive(ctx context.Context, a conformance.Action) error {
	arguments := append(append(append([]string{}, p.arguments...), a.Name), a.Arguments...)
	run := exec.CommandContext(ctx, p.program, arguments...) //nolint:gosec // the user names the program
	run.WaitDelay = time.Second
	var said bytes.Buffer
	run.Stdout, run.Stderr = &said, &said
	err := run.Run()
	last := lastLine(said.String())
	ended, ok := errors.AsType[*exec.ExitError](err)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return conformance.Unable(fmt.Sprintf("the driver has not ended in time (%s)", a.Name))
	case ok && ended.ExitCode() == driverFailed:
		return errors.New(orElse(last, "the driver has failed at it"))
	case ok && ended.ExitCode() == driverUnable:
		return conformance.Unable(orElse(last, "the driver cannot do this"))
	default:
		p.talk("The driver has failed at %s %s: %v. %s", a.Name, strings.Join(a.Arguments, " "), err, last)
		return conformance.Unable(fmt.Sprintf("the driver has failed: %v", err))
	}
}

func orElse(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

// lastLine returns the last line of what a program has said, not too long.
func lastLine(text string) string {
	text = strings.TrimSpace(text)
	if i := strings.LastIndexByte(text, '\n'); i >= 0 {
		text = text[i+1:]
	}
	return text[:min(len(text), 200)]
}
