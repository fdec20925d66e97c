package iec104

import (
	"errors"
	"fmt"

	"stellwerk/iec104/asdu"
)

// What can go wrong. Errors of this package wrap one of these, or the error of
// the connection, in an [*Error].
var (
	// ErrClosed says that this side has closed the connection.
	ErrClosed = errors.New("connection closed")
	// ErrStopped says that data transfer is not started.
	ErrStopped = errors.New("data transfer is not started")
	// ErrProtocol says that the peer broke the link procedure, which closes
	// the connection.
	ErrProtocol = errors.New("link procedure violated")
	// ErrTimeout says that the peer has not answered in time. Where it is t1
	// that ran out, the connection is closed.
	ErrTimeout = errors.New("no answer in time")
	// ErrRefused says that the peer answered a request with no; the [*Error]
	// around it has cause and P/N bit of the answer.
	ErrRefused = errors.New("refused")
	// ErrBusy says that the same request is still under way, or that a bounded
	// queue is full.
	ErrBusy = errors.New("busy")
	// ErrSuperseded says that a later connection, or a later request, has
	// taken the place.
	ErrSuperseded = errors.New("superseded")
	// ErrASDU says that an ASDU cannot be sent, or was received with octets
	// that do not fit its type and number of objects.
	ErrASDU = errors.New("malformed ASDU")
	// ErrAnswer says that a station confirmed a request with something else than
	// what was requested.
	ErrAnswer = errors.New("the answer does not fit the request")
	// ErrTolerated marks findings that do not end the connection.
	ErrTolerated = errors.New("tolerated")
)

// Error is the error of an operation.
type Error struct {
	// Op is what was attempted: "start", "send", "interrogate" and so on;
	// "connection" for what ended a connection.
	Op string
	// Cause and Negative are cause of transmission and P/N bit of the answer
	// that refused a request: 7 (or 9, or 5 of a read command) with Negative, or
	// 44 to 47. Cause is 0
	// where there was no such answer.
	Cause    asdu.Cause
	Negative bool
	// Err is the reason.
	Err error
}

func (e *Error) Error() string {
	if e.Cause == 0 {
		return fmt.Sprintf("%s: %v", e.Op, e.Err)
	}
	sign := "positive"
	if e.Negative {
		sign = "negative"
	}
	return fmt.Sprintf("%s: %v: the answer is %s with cause %d, %s", e.Op, e.Err, sign, e.Cause, e.Cause.Text().EN)
}

// Unwrap returns the reason.
func (e *Error) Unwrap() error { return e.Err }

// fail puts an operation's name to an error that has none.
func fail(op string, err error) error {
	if err == nil {
		return nil
	}
	if _, named := errors.AsType[*Error](err); named {
		return err
	}
	return &Error{Op: op, Err: err}
}
