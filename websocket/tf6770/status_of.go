package tf6770

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"

	"stellwerk/tlsconf"
	"stellwerk/websocket"
	"stellwerk/websocket/frame"
)

// Error is an error that knows its status. [StatusOf] finds it in any chain of
// errors: a [Client.Dial] of one's own can name the status with it.
type Error struct {
	Status Status
	// Err says more.
	Err error
}

// Error tells what is wrong.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap returns what is known beyond the status.
func (e *Error) Unwrap() error { return e.Err }

// StatusOf returns the status for an error of the packages websocket, tlsconf and
// net, and [Success] for nil. It never returns a status that the manual does not
// list.
func StatusOf(err error) Status {
	if err == nil {
		return Success
	}
	if known, ok := errors.AsType[*Error](err); ok {
		return known.Status
	}
	if known, ok := errors.AsType[*tlsconf.Error](err); ok {
		return reasonStatus(known.Reason)
	}
	if closed, ok := errors.AsType[*websocket.CloseError](err); ok {
		return closeStatus(closed.Code)
	}
	if failed, ok := errors.AsType[*websocket.HandshakeError](err); ok {
		return handshakeStatus(failed)
	}
	switch {
	case errors.Is(err, frame.ErrInflate):
		return DecompressError
	case errors.Is(err, frame.ErrProtocol), errors.Is(err, frame.ErrPayload):
		return ProtocolError
	case errors.Is(err, websocket.ErrTooBig):
		return InvalidMessageSize
	case errors.Is(err, ErrKeepAlive):
		return KeepAliveTimeout
	case err == websocket.ErrClosed: //nolint:errorlint // wrapped, it says that the peer has not answered
		return Success
	case errors.Is(err, websocket.ErrClosed), errors.Is(err, context.Canceled):
		return FinalizeDisconnect
	}
	if operation, ok := errors.AsType[*net.OpError](err); timeout(err) && (!ok || operation.Op != "dial") {
		return SocketConnectionLost // it stood
	}
	return transportStatus(err, SocketUnknown)
}

// closeStatus judges the code with which the peer has closed. What is neither a
// clean end nor has a status of its own, is a connection that is lost.
func closeStatus(code websocket.CloseCode) Status {
	const unauthorized, forbidden = 3000, 3003 // of the registry of IANA
	switch code {
	case frame.NormalClosure, frame.GoingAway, frame.NoStatus:
		return Success
	case frame.ProtocolError, frame.InvalidPayload:
		return ProtocolError
	case frame.MessageTooBig:
		return InvalidMessageSize
	case frame.UnsupportedData, frame.MandatoryExtension:
		return SocketNotSupported
	case frame.PolicyViolation, forbidden:
		return SocketAccessDenied
	case unauthorized:
		return SocketAuthentication
	default:
		return SocketConnectionLost
	}
}

// handshakeStatus judges an opening handshake that has failed.
func handshakeStatus(e *websocket.HandshakeError) Status {
	switch e.Stage {
	case websocket.Options:
		return RequestInternalError
	case websocket.Connecting:
		return transportStatus(e.Err, SocketUnknown)
	case websocket.Securing:
		return secureStatus(e.Err)
	case websocket.Requesting:
		if errors.Is(e.Err, context.Canceled) {
			return FinalizeDisconnect
		}
		return RequestSendError
	case websocket.Responding:
		return respondStatus(e.Err)
	case websocket.StatusLine:
		if e.Status == http.StatusProxyAuthRequired {
			return SocketProxy
		}
		return ResponseStatus
	case websocket.Headers:
		return ResponseInvalid
	case websocket.Accept:
		return ResponseAccept
	case websocket.AcceptHash:
		return ResponseAcceptHash
	case websocket.Extension:
		return ResponseExtension
	case websocket.Subprotocol:
		return ResponseReject
	default:
		return InternalError
	}
}

// respondStatus judges what came instead of a response.
func respondStatus(err error) Status {
	if timeout(err) {
		return ResponseTimeout
	}
	return transportStatus(err, ResponseParseError)
}

// secureStatus judges errors of crypto/tls that tlsconf has not judged.
func secureStatus(err error) Status {
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok && invalid.Reason == x509.Expired {
		return TLSCertificateExpired
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return TLSCommonNameMismatch
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return TLSVerifyFail
	}
	if errors.Is(err, context.Canceled) {
		return FinalizeDisconnect
	}
	return TLSHandshakeFail
}

var reasonStatuses = [...]Status{
	tlsconf.CANotFound:          TLSCANotFound,
	tlsconf.CertificateNotFound: TLSCertificateNotFound,
	tlsconf.KeyNotFound:         TLSKeyNotFound,
	tlsconf.CRLNotFound:         TLSCRLNotFound,
	tlsconf.CAInvalid:           TLSCAInvalid,
	tlsconf.CertificateInvalid:  TLSCertificateInvalid,
	tlsconf.KeyInvalid:          TLSKeyInvalid,
	tlsconf.CRLInvalid:          TLSCRLInvalid,
	tlsconf.CipherInvalid:       TLSCipherInvalid,
	tlsconf.VersionInvalid:      TLSVersionInvalid,
	tlsconf.PSKInvalid:          TLSPSKInvalid,
	tlsconf.Setup:               TLSSetup,
	tlsconf.VerifyFail:          TLSVerifyFail,
	tlsconf.CertificateExpired:  TLSCertificateExpired,
	tlsconf.NameMismatch:        TLSCommonNameMismatch,
	tlsconf.HandshakeFail:       TLSHandshakeFail,
}

func reasonStatus(r tlsconf.Reason) Status {
	if r == 0 || int(r) >= len(reasonStatuses) {
		return TLSHandshakeFail
	}
	return reasonStatuses[r]
}

// transportStatus judges an error of what is below WebSocket. The others are
// what it says of errors that are no such thing.
func transportStatus(err error, others Status) Status {
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return SocketNameResolution
	}
	if errors.Is(err, context.Canceled) {
		return FinalizeDisconnect
	}
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		return errnoStatus(errno, callOf(err))
	}
	if ofTLS(err) {
		return SocketTLS
	}
	operation, networked := errors.AsType[*net.OpError](err)
	switch {
	case timeout(err):
		return SocketConnectionTimeout
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed), errors.Is(err, io.ErrClosedPipe):
		return SocketConnectionLost
	case errors.Is(err, errors.ErrUnsupported):
		return SocketNotSupported
	case networked && (operation.Op == "dial" || operation.Op == "listen"):
		return SocketConnectionInvalid // an address that is none
	default:
		return others
	}
}

// callOf returns which call of the operating system has failed, where that is
// known.
func callOf(err error) string {
	if call, ok := errors.AsType[*os.SyscallError](err); ok {
		return call.Syscall
	}
	return ""
}

var errnoStatuses = map[syscall.Errno]Status{
	syscall.ECONNREFUSED: SocketConnectionRefused,
	syscall.ETIMEDOUT:    SocketConnectionTimeout,
	syscall.EHOSTUNREACH: SocketHostUnreachable, syscall.EHOSTDOWN: SocketHostUnreachable,
	syscall.ENETUNREACH: SocketHostUnreachable, syscall.ENETDOWN: SocketHostUnreachable,
	syscall.EADDRINUSE:    SocketAddressInUse,
	syscall.EADDRNOTAVAIL: SocketAddressInvalid,
	syscall.ENOMEM:        SocketNoMemory, syscall.ENOBUFS: SocketNoMemory,
	syscall.EPROTONOSUPPORT: SocketCreateProtocol, syscall.EAFNOSUPPORT: SocketCreateProtocol, syscall.EPFNOSUPPORT: SocketCreateProtocol,
	syscall.ESOCKTNOSUPPORT: SocketCreateType, syscall.EPROTOTYPE: SocketCreateType,
	syscall.ECONNRESET: SocketConnectionLost, syscall.ECONNABORTED: SocketConnectionLost, syscall.ENETRESET: SocketConnectionLost,
	syscall.EPIPE: SocketConnectionLost, syscall.ENOTCONN: SocketConnectionLost,
	syscall.EOPNOTSUPP: SocketNotSupported, syscall.ENOSYS: SocketNotSupported,
	// The numbers of Winsock, which Windows reports instead.
	10048: SocketAddressInUse,
	10049: SocketAddressInvalid,
	10051: SocketHostUnreachable,
	10053: SocketConnectionLost,
	10054: SocketConnectionLost,
	10060: SocketConnectionTimeout,
	10061: SocketConnectionRefused,
	10065: SocketHostUnreachable,
}

// errnoStatus judges an error of the operating system.
func errnoStatus(errno syscall.Errno, call string) Status {
	status, known := errnoStatuses[errno]
	switch {
	case status == SocketConnectionTimeout && (call == "read" || call == "write"):
		return SocketConnectionLost // TCP has given up
	case known:
		return status
	case call == "socket", call == "setsockopt":
		return SocketCreate
	case call == "bind", call == "listen":
		return SocketBind
	case call == "connect":
		return SocketConnectionFailed
	default:
		return SocketErrno
	}
}

// ofTLS reports whether TLS has failed after its handshake. The engines have no
// type for that: crypto/tls puts alerts into errors of package net with these
// operations, and what OpenSSL says begins with "tls: ".
func ofTLS(err error) bool {
	if operation, ok := errors.AsType[*net.OpError](err); ok && (operation.Op == "remote error" || operation.Op == "local error") {
		return true
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return true
	}
	for ; err != nil; err = errors.Unwrap(err) {
		if strings.HasPrefix(err.Error(), "tls: ") {
			return true
		}
	}
	return false
}

// timeout reports whether a limit has passed.
func timeout(err error) bool {
	if t, ok := errors.AsType[net.Error](err); ok && t.Timeout() {
		return true
	}
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded)
}
