package tf6770

import (
	"errors"
	"fmt"

	"stellwerk/ads/ams"
)

// HRESULT returns the ADS return code that hrErrorCode has for an error with the
// status, and OK for those that are no failure. Which code belongs to which
// status, is a choice of this package.
func (s Status) HRESULT() ams.HRESULT {
	switch s {
	case Success, Busy, FinalizeDisconnect:
		return ams.OK
	case SocketNoMemory, NoMemory:
		return ams.DeviceNoMemory.HRESULT()
	case SocketConnectionInvalid, TLSSetup, TLSCipherInvalid, TLSVersionInvalid, TLSPSKInvalid, RequestInternalError,
		SocketBind, SocketAddressInUse, SocketAddressInvalid:
		return ams.InvalidParameter.HRESULT()
	case SocketNoConnection:
		return ams.PortNotConnected.HRESULT()
	case SocketConnectionRefused:
		return ams.ConnectionRefused.HRESULT()
	case SocketConnectionTimeout, KeepAliveTimeout:
		return ams.ConnectionTimedOut.HRESULT()
	case SocketHostUnreachable:
		return ams.HostUnreachable.HRESULT()
	case SocketNameResolution:
		return ams.TargetMachineNotFound.HRESULT()
	case SocketConnectionLost, RequestSendError:
		return ams.TCPSend.HRESULT()
	case SocketTLS, TLSHandshakeFail:
		return ams.TLSSend.HRESULT()
	case SocketNotSupported, SocketCreateProtocol, SocketCreateType:
		return ams.ServiceNotSupported.HRESULT()
	case SocketAuthentication, SocketAccessDenied, SocketProxy, ResponseReject:
		return ams.DeviceAccessDenied.HRESULT()
	case SocketNotFound, TLSCANotFound, TLSCertificateNotFound, TLSKeyNotFound, TLSCRLNotFound:
		return ams.NotFound.HRESULT()
	case TLSCAInvalid, TLSCertificateInvalid, TLSVerifyFail, TLSCertificateExpired, TLSCommonNameMismatch:
		return ams.CertificateInvalid.HRESULT()
	case TLSKeyInvalid, TLSCRLInvalid, ProtocolError, DecompressError:
		return ams.InvalidData.HRESULT()
	case InvalidMessageSize:
		return ams.InvalidSize.HRESULT()
	case ResponseParseError, ResponseInvalid, ResponseStatus, ResponseAccept, ResponseAcceptHash, ResponseExtension:
		return ams.InvalidResponse.HRESULT()
	case ResponseTimeout:
		return ams.SyncTimeout.HRESULT()
	case ReceiveQueueFull:
		return ams.MailboxFull.HRESULT()
	case SocketCreate, SocketConnectionFailed, SocketErrno, SocketUnknown:
		return ams.ClientError.HRESULT()
	case InternalError:
		return ams.Internal.HRESULT()
	default:
		return ams.DeviceError.HRESULT()
	}
}

// HRESULTOf returns what hrErrorCode has for an error: what a callback has
// returned, where that is the error, and otherwise that of [StatusOf].
func HRESULTOf(err error) ams.HRESULT {
	if callback, ok := errors.AsType[*callbackError](err); ok {
		return callback.result
	}
	return StatusOf(err).HRESULT()
}

// callbackError is a failure that OnWebSocketMessage has reported.
type callbackError struct{ result ams.HRESULT }

func (e *callbackError) Error() string {
	return fmt.Sprintf("OnWebSocketMessage has returned %v (0x%08X)", e.result, uint32(e.result))
}
