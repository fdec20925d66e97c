package ads

import (
	"errors"
	"fmt"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
)

// What can go wrong. Errors of a [Client] wrap one of these, an
// [ams.ReturnCode], or the error of the connection, in an [*Error].
var (
	// ErrClosed says that this side has closed the connection.
	ErrClosed = errors.New("connection closed")
	// ErrTimeout says that the target has not answered in time, or that the
	// other end takes no octets.
	ErrTimeout = errors.New("no answer in time")
	// ErrNoRoute says that the other end closed the connection before it had
	// sent anything: a router does so with NetIds that it has no route to.
	ErrNoRoute = errors.New("the connection was closed without an answer")
	// ErrAnswer says that an answer does not fit its request or contradicts
	// itself.
	ErrAnswer = errors.New("malformed answer")
	// ErrUnexpected marks frames that nobody has asked for; see
	// [ClientOptions.Unexpected].
	ErrUnexpected = errors.New("unexpected frame")
	// ErrUnsubscribed says that a subscription has ended.
	ErrUnsubscribed = errors.New("the subscription has ended")
	// ErrNotConnected says that a [Supervisor] has no connection now.
	ErrNotConnected = errors.New("not connected")
)

// Error is the error of an operation.
type Error struct {
	// Op is what was attempted: "read", "write", "subscribe" and so on;
	// "connection" for what ended a connection.
	Op string
	// Target is whom it was asked of, zero where nobody was.
	Target ams.Address
	// Index is what it was about, zero where the command has none.
	Index command.Index
	// Name is the symbol, path or method it was about, "" where there is none.
	Name string
	// Code is the answer of the target, or of a router on the way, 0 where
	// there was none or the answer has another fault.
	Code ams.ReturnCode
	// Err is the reason where it is not Code.
	Err error
}

// Error says what was attempted where, and why it failed.
func (e *Error) Error() string {
	text := e.Op
	if e.Name != "" {
		text += " " + e.Name
	}
	if e.Index != (command.Index{}) {
		text += " " + e.Index.String()
	}
	if e.Target != (ams.Address{}) {
		text += " at " + e.Target.String()
	}
	switch {
	case e.Code == ams.NoError:
		return fmt.Sprintf("%s: %v", text, e.Err)
	case e.Err == nil:
		return fmt.Sprintf("%s: %v", text, e.Code)
	}
	return fmt.Sprintf("%s: %v: %v", text, e.Err, e.Code)
}

// Unwrap returns the return code and the reason, whichever there are.
func (e *Error) Unwrap() []error {
	var all []error
	if e.Code != ams.NoError {
		all = append(all, e.Code)
	}
	if e.Err != nil {
		all = append(all, e.Err)
	}
	return all
}

// Code returns the return code in an error: NoError where the error is nil or
// has none.
func Code(err error) ams.ReturnCode {
	if e, ok := errors.AsType[*Error](err); ok && e.Code != ams.NoError {
		return e.Code
	}
	if code, ok := errors.AsType[ams.ReturnCode](err); ok {
		return code
	}
	return ams.NoError
}
