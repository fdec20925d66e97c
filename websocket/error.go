package websocket

import (
	"errors"
	"fmt"
	"os"

	"stellwerk/websocket/frame"
)

// Opcode is the kind of a message or of a frame.
type Opcode = frame.Opcode

// The kinds of messages.
const (
	Text   = frame.Text
	Binary = frame.Binary
)

// CloseCode says why a connection is closed.
type CloseCode = frame.CloseCode

// Codes for [Conn.Close]; package frame has them all.
const (
	NormalClosure = frame.NormalClosure
	GoingAway     = frame.GoingAway
)

var (
	// ErrClosed says that this side has closed the connection.
	ErrClosed = errors.New("websocket: connection closed")
	// ErrTooBig says that the peer has sent, or this side was to send, more
	// than the limits allow.
	ErrTooBig = errors.New("beyond the limit")
)

// CloseError is the end of a connection by a close frame of the peer.
type CloseError struct {
	// Code is [frame.NoStatus] where the frame had none.
	Code   CloseCode
	Reason string
}

// Error tells code and reason.
func (e *CloseError) Error() string {
	if e.Reason == "" {
		return fmt.Sprintf("websocket: closed by the peer: %s", e.Code)
	}
	return fmt.Sprintf("websocket: closed by the peer: %s: %q", e.Code, e.Reason)
}

// FailError is the end of a connection because the peer has broken the
// standard or a limit. Err wraps [frame.ErrProtocol], [frame.ErrPayload],
// [frame.ErrInflate], [ErrTooBig], or [os.ErrDeadlineExceeded] where the rest of
// a frame has not come in time.
type FailError struct {
	// Code is what the peer was told.
	Code CloseCode
	Err  error
}

// Error tells what is wrong.
func (e *FailError) Error() string { return "websocket: " + e.Err.Error() }

// Unwrap returns what is wrong.
func (e *FailError) Unwrap() error { return e.Err }

// Stage is where an opening handshake has failed.
type Stage uint8

// The stages, in their order.
const (
	// Options are wrong before anything was sent.
	Options Stage = iota + 1
	// Connecting has found no peer.
	Connecting
	// Securing is TLS.
	Securing
	// Requesting is sending the request, for a client, and reading it, for a
	// server.
	Requesting
	// Responding is the response as a whole: none came, or one that is no HTTP.
	Responding
	// StatusLine has a status other than 101.
	StatusLine
	// Headers lack Upgrade or Connection, or have other values.
	Headers
	// Accept is Sec-WebSocket-Accept, which is missing.
	Accept
	// AcceptHash is Sec-WebSocket-Accept with a wrong value.
	AcceptHash
	// Extension is an extension that was not offered, or cannot be.
	Extension
	// Subprotocol is one that was not offered, or a refusal by the caller.
	Subprotocol
)

// HandshakeError is an opening handshake that has failed. Where nothing came in
// time, Err wraps [os.ErrDeadlineExceeded], and where the peer has closed the
// connection, [io.ErrUnexpectedEOF].
type HandshakeError struct {
	Stage Stage
	// Status is that of the response, 0 where none came.
	Status int
	Err    error
}

// Error tells what is wrong.
func (e *HandshakeError) Error() string { return "websocket: " + e.Err.Error() }

// Unwrap returns what is wrong.
func (e *HandshakeError) Unwrap() error { return e.Err }

// timeoutError is what was waited for in vain. It is [os.ErrDeadlineExceeded].
type timeoutError string

func (e timeoutError) Error() string { return string(e) }

// Timeout returns true, as package net has it.
func (timeoutError) Timeout() bool { return true }

// Is makes it what any deadline is.
func (timeoutError) Is(target error) bool { return target == os.ErrDeadlineExceeded }

func stageError(s Stage, format string, arguments ...any) error {
	return &HandshakeError{Stage: s, Err: fmt.Errorf(format, arguments...)}
}
