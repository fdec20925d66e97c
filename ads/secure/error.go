package secure

import "fmt"

// Error is what is wrong with settings, or with a handshake.
type Error struct {
	Op string // what was tried
	// Code is what one side said about the other one, CodeOK where it said
	// nothing.
	Code Code
	Err  error
}

// Error says what was tried and why it failed.
func (e *Error) Error() string { return "secure ADS: " + e.Op + ": " + e.Err.Error() }

// Unwrap returns the reason: a [Code], or an error of TLS or of the connection.
func (e *Error) Unwrap() error { return e.Err }

func fail(op string, format string, arguments ...any) error {
	return &Error{Op: op, Err: fmt.Errorf(format, arguments...)}
}

func refused(op string, code Code) error { return &Error{Op: op, Code: code, Err: code} }
