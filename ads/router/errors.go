package router

import (
	"errors"
	"fmt"

	"stellwerk/ads/ams"
)

// ErrClosed says that the router, or the responder, has been closed.
var ErrClosed = errors.New("it has been closed")

// Error is what went wrong. Code tells it in numbers where ADS has one.
type Error struct {
	Op   string         // what was tried, such as "add route"
	Code ams.ReturnCode // NoError where there is none
	Err  error
}

// Error says what was tried and why it failed.
func (e *Error) Error() string { return "AMS router: " + e.Op + ": " + e.Err.Error() }

// Unwrap returns the reason.
func (e *Error) Unwrap() error { return e.Err }

// Is reports whether target is the error's return code.
func (e *Error) Is(target error) bool {
	code, ok := target.(ams.ReturnCode)
	return ok && code == e.Code && code != ams.NoError
}

func fail(op string, err error) error {
	if err == nil {
		return nil
	}
	return &Error{Op: op, Err: err}
}

func failCode(op string, code ams.ReturnCode, format string, arguments ...any) error {
	return &Error{Op: op, Code: code, Err: fmt.Errorf(format, arguments...)}
}
