package tf6770_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"testing"

	"stellwerk/tlsconf"
	"stellwerk/websocket"
	"stellwerk/websocket/frame"
	"stellwerk/websocket/tf6770"
)

// call is an error of the operating system as package net has it.
func call(operation, name string, errno syscall.Errno) error {
	return &net.OpError{Op: operation, Net: "tcp", Err: os.NewSyscallError(name, errno)}
}

func at(stage websocket.Stage, err error) error {
	return &websocket.HandshakeError{Stage: stage, Err: fmt.Errorf("more words: %w", err)}
}

func TestStatusOf(t *testing.T) {
	unknown := errors.New("never heard of")
	deadline := &net.OpError{Op: "dial", Net: "tcp", Err: os.ErrDeadlineExceeded}
	for _, test := range []struct {
		err  error
		want tf6770.Status
	}{
		// Connecting, as package net reports it, also without a handshake around.
		{call("dial", "connect", syscall.ECONNREFUSED), tf6770.SocketConnectionRefused},
		{at(websocket.Connecting, call("dial", "connect", syscall.ECONNREFUSED)), tf6770.SocketConnectionRefused},
		{at(websocket.Connecting, call("dial", "connect", 10061)), tf6770.SocketConnectionRefused},
		{at(websocket.Connecting, call("dial", "connect", syscall.ETIMEDOUT)), tf6770.SocketConnectionTimeout},
		{at(websocket.Connecting, call("dial", "connect", 10060)), tf6770.SocketConnectionTimeout},
		{at(websocket.Connecting, deadline), tf6770.SocketConnectionTimeout},
		{at(websocket.Connecting, context.DeadlineExceeded), tf6770.SocketConnectionTimeout},
		{at(websocket.Connecting, call("dial", "connect", syscall.EHOSTUNREACH)), tf6770.SocketHostUnreachable},
		{at(websocket.Connecting, call("dial", "connect", syscall.ENETUNREACH)), tf6770.SocketHostUnreachable},
		{at(websocket.Connecting, call("dial", "connect", 10065)), tf6770.SocketHostUnreachable},
		{at(websocket.Connecting, call("dial", "connect", syscall.EACCES)), tf6770.SocketConnectionFailed},
		{at(websocket.Connecting, call("dial", "socket", syscall.EMFILE)), tf6770.SocketCreate},
		{at(websocket.Connecting, call("dial", "socket", syscall.ENOBUFS)), tf6770.SocketNoMemory},
		{at(websocket.Connecting, call("dial", "socket", syscall.ENOMEM)), tf6770.SocketNoMemory},
		{at(websocket.Connecting, call("dial", "socket", syscall.EAFNOSUPPORT)), tf6770.SocketCreateProtocol},
		{at(websocket.Connecting, call("dial", "socket", syscall.ESOCKTNOSUPPORT)), tf6770.SocketCreateType},
		{call("listen", "bind", syscall.EADDRINUSE), tf6770.SocketAddressInUse},
		{call("listen", "bind", syscall.EADDRNOTAVAIL), tf6770.SocketAddressInvalid},
		{call("listen", "bind", syscall.EACCES), tf6770.SocketBind},
		{at(websocket.Connecting, &net.DNSError{Err: "no such host", Name: "nowhere", IsNotFound: true}), tf6770.SocketNameResolution},
		{at(websocket.Connecting, &net.DNSError{Err: "i/o timeout", Name: "nowhere", IsTimeout: true}), tf6770.SocketNameResolution},
		{at(websocket.Connecting, &net.OpError{Op: "dial", Err: &net.AddrError{Err: "missing port", Addr: "x"}}), tf6770.SocketConnectionInvalid},
		{at(websocket.Connecting, errors.ErrUnsupported), tf6770.SocketNotSupported},
		{at(websocket.Connecting, unknown), tf6770.SocketUnknown},
		{at(websocket.Connecting, context.Canceled), tf6770.FinalizeDisconnect},
		// TLS, whose own reasons have the last word.
		{at(websocket.Securing, &tlsconf.Error{Reason: tlsconf.NameMismatch, Err: unknown}), tf6770.TLSCommonNameMismatch},
		{at(websocket.Securing, &tlsconf.Error{Reason: tlsconf.HandshakeFail, Err: call("read", "read", syscall.ECONNRESET)}), tf6770.TLSHandshakeFail},
		{&tlsconf.Error{Reason: 200, Err: unknown}, tf6770.TLSHandshakeFail},
		{at(websocket.Securing, unknown), tf6770.TLSHandshakeFail},
		{at(websocket.Responding, &net.OpError{Op: "remote error", Err: errors.New("tls: certificate required")}), tf6770.SocketTLS},
		{errors.New("tls: error:0A000119:SSL routines::decryption failed or bad record mac"), tf6770.SocketTLS},
		// The handshake.
		{at(websocket.Options, unknown), tf6770.RequestInternalError},
		{at(websocket.Requesting, call("write", "write", syscall.ECONNRESET)), tf6770.RequestSendError},
		{at(websocket.Responding, unknown), tf6770.ResponseParseError},
		{at(websocket.Responding, io.ErrUnexpectedEOF), tf6770.SocketConnectionLost},
		{at(websocket.Responding, call("read", "read", syscall.ECONNRESET)), tf6770.SocketConnectionLost},
		{at(websocket.Responding, os.ErrDeadlineExceeded), tf6770.ResponseTimeout},
		{at(websocket.StatusLine, unknown), tf6770.ResponseStatus},
		{&websocket.HandshakeError{Stage: websocket.StatusLine, Status: 407, Err: unknown}, tf6770.SocketProxy},
		{at(websocket.Headers, unknown), tf6770.ResponseInvalid},
		{at(websocket.Accept, unknown), tf6770.ResponseAccept},
		{at(websocket.AcceptHash, unknown), tf6770.ResponseAcceptHash},
		{at(websocket.Extension, unknown), tf6770.ResponseExtension},
		{at(websocket.Subprotocol, unknown), tf6770.ResponseReject},
		{at(99, unknown), tf6770.InternalError},
		// The connection.
		{&websocket.FailError{Code: frame.ProtocolError, Err: fmt.Errorf("%w: it is so", frame.ErrProtocol)}, tf6770.ProtocolError},
		{&websocket.FailError{Code: frame.InvalidPayload, Err: fmt.Errorf("%w: it is so", frame.ErrPayload)}, tf6770.ProtocolError},
		{&websocket.FailError{Code: frame.InvalidPayload, Err: fmt.Errorf("%w: it is so", frame.ErrInflate)}, tf6770.DecompressError},
		{&websocket.FailError{Code: frame.MessageTooBig, Err: fmt.Errorf("%w: it is so", websocket.ErrTooBig)}, tf6770.InvalidMessageSize},
		{tf6770.ErrKeepAlive, tf6770.KeepAliveTimeout},
		{io.ErrUnexpectedEOF, tf6770.SocketConnectionLost},
		{call("read", "read", syscall.ECONNRESET), tf6770.SocketConnectionLost},
		{call("write", "write", syscall.EPIPE), tf6770.SocketConnectionLost},
		{call("read", "read", syscall.ETIMEDOUT), tf6770.SocketConnectionLost},
		{call("write", "write", syscall.EPERM), tf6770.SocketErrno},
		{&websocket.FailError{Code: frame.PolicyViolation, Err: os.ErrDeadlineExceeded}, tf6770.SocketConnectionLost}, // too slow a frame
		{context.DeadlineExceeded, tf6770.SocketConnectionLost},
		{deadline, tf6770.SocketConnectionTimeout},
		{websocket.ErrClosed, tf6770.Success},
		{fmt.Errorf("%w, and the peer has not answered", websocket.ErrClosed), tf6770.FinalizeDisconnect},
		{fmt.Errorf("around: %w", &tf6770.Error{Status: tf6770.SocketProxy, Err: unknown}), tf6770.SocketProxy},
	} {
		if got := tf6770.StatusOf(test.err); got != test.want {
			t.Errorf("%v: got %v, want %v", test.err, got, test.want)
		}
	}
}

func TestStatusOfCloseCodes(t *testing.T) {
	for code, want := range map[websocket.CloseCode]tf6770.Status{
		1000: tf6770.Success, 1001: tf6770.Success, 1005: tf6770.Success,
		1002: tf6770.ProtocolError, 1007: tf6770.ProtocolError, 1003: tf6770.SocketNotSupported, 1010: tf6770.SocketNotSupported,
		1008: tf6770.SocketAccessDenied, 3003: tf6770.SocketAccessDenied, 3000: tf6770.SocketAuthentication, 1009: tf6770.InvalidMessageSize,
		1011: tf6770.SocketConnectionLost, 1012: tf6770.SocketConnectionLost, 4001: tf6770.SocketConnectionLost,
	} {
		if got := tf6770.StatusOf(&websocket.CloseError{Code: code}); got != want {
			t.Errorf("%v: got %v, want %v", code, got, want)
		}
	}
}
