package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

// The exit statuses of every command.
const (
	statusDone        = 0
	statusNo          = 1 // the answer is "no", or something was found
	statusUsage       = 2 // wrong usage or configuration
	statusUnreachable = 3 // the other side could not be reached or broke off
)

// statusError is an error that ends the program with a status of its own.
type statusError struct {
	status int
	err    error // nil where everything has been said already
}

func (e *statusError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit status %d", e.status)
	}
	return e.err.Error()
}

func (e *statusError) Unwrap() error { return e.err }

// withStatus gives an error a status; nil stays nil.
func withStatus(status int, err error) error {
	if err == nil {
		return nil
	}
	return &statusError{status: status, err: err}
}

// found ends the program with status 1 after its results have been printed.
func found() error { return &statusError{status: statusNo} }

// usageError adds to what is wrong with the command line where to look.
func usageError(cmd *cobra.Command, err error) error {
	return withStatus(statusUsage, fmt.Errorf("%w\nSee '%s --help'", err, cmd.CommandPath()))
}

// noArguments refuses arguments; what looks like a command is named.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if cmd.HasSubCommands() {
		message := fmt.Errorf("unknown command %q", args[0])
		if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
			message = fmt.Errorf("%w; did you mean %q?", message, near[0])
		}
		return usageError(cmd, message)
	}
	return usageError(cmd, fmt.Errorf("%s takes no arguments, but was given %q", cmd.CommandPath(), args[0]))
}

// report prints an error and returns the exit status.
func report(stderr io.Writer, err error) int {
	if err == nil {
		return statusDone
	}
	status := statusUsage
	e, ok := errors.AsType[*statusError](err)
	if ok {
		status = e.status
	}
	if !ok || e.err != nil {
		fmt.Fprintln(stderr, "stellwerk:", err)
	}
	return status
}
