package tf6770

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"slices"

	"stellwerk/wire"
)

// Status is ETcIotWebSocketStatus (a DINT): the state of a connection, or what
// went wrong with it.
type Status int32

// The statuses, in the order of their values. The comments have the names that
// PLC programs know.
const (
	Busy    Status = -1 // WS_STATUS_BUSY
	Success Status = 0  // WS_STATUS_SUCCESS

	SocketNoMemory          Status = 1  // WS_STATUS_SOCK_NOMEM
	SocketCreateProtocol    Status = 2  // WS_STATUS_SOCK_ERR_CREATE_PROTOCOL
	SocketConnectionInvalid Status = 3  // WS_STATUS_SOCK_CONN_INVALID
	SocketNoConnection      Status = 4  // WS_STATUS_SOCK_NO_CONN
	SocketConnectionRefused Status = 5  // WS_STATUS_SOCK_CONN_REFUSED
	SocketNotFound          Status = 6  // WS_STATUS_SOCK_NOT_FOUND
	SocketConnectionLost    Status = 7  // WS_STATUS_SOCK_CONN_LOST
	SocketTLS               Status = 8  // WS_STATUS_SOCK_ERR_TLS
	SocketNotSupported      Status = 10 // WS_STATUS_SOCK_NOT_SUPPORTED
	SocketAuthentication    Status = 11 // WS_STATUS_SOCK_ERR_AUTH
	SocketAccessDenied      Status = 12 // WS_STATUS_SOCK_ERRACL_DENIED
	SocketUnknown           Status = 13 // WS_STATUS_SOCK_ERR_UNKNOWN
	SocketErrno             Status = 14 // WS_STATUS_SOCK_ERRNO
	SocketNameResolution    Status = 15 // WS_STATUS_SOCK_ERR_EAI
	SocketProxy             Status = 16 // WS_STATUS_SOCK_ERR_PROXY
	TLSCANotFound           Status = 17 // WS_STATUS_TLS_CA_NOTFOUND
	TLSCertificateNotFound  Status = 18 // WS_STATUS_TLS_CERT_NOTFOUND
	TLSKeyNotFound          Status = 19 // WS_STATUS_TLS_KEY_NOTFOUND
	TLSCAInvalid            Status = 20 // WS_STATUS_TLS_CA_INVALID
	TLSCertificateInvalid   Status = 21 // WS_STATUS_TLS_CERT_INVALID
	TLSKeyInvalid           Status = 22 // WS_STATUS_TLS_KEY_INVALID
	TLSVerifyFail           Status = 23 // WS_STATUS_TLS_VERIFY_FAIL
	TLSSetup                Status = 24 // WS_STATUS_TLS_SETUP
	TLSHandshakeFail        Status = 25 // WS_STATUS_TLS_HANDSHAKE_FAIL
	TLSCipherInvalid        Status = 26 // WS_STATUS_TLS_CIPHER_INVALID
	TLSVersionInvalid       Status = 27 // WS_STATUS_TLS_VERSION_INVALID
	TLSPSKInvalid           Status = 28 // WS_STATUS_TLS_PSK_INVALID
	TLSCRLNotFound          Status = 29 // WS_STATUS_TLS_CRL_NOTFOUND
	TLSCRLInvalid           Status = 30 // WS_STATUS_TLS_CRL_INVALID
	FinalizeDisconnect      Status = 31 // WS_STATUS_FINALIZE_DISCONNECT
	SocketBind              Status = 32 // WS_STATUS_SOCK_ERR_BIND
	SocketAddressInUse      Status = 33 // WS_STATUS_SOCK_BIND_ADDR_INUSE
	SocketAddressInvalid    Status = 34 // WS_STATUS_SOCK_BIND_ADDR_INVALID
	SocketCreate            Status = 35 // WS_STATUS_SOCK_ERR_CREATE
	SocketCreateType        Status = 36 // WS_STATUS_SOCK_ERR_CREATE_TYPE
	SocketConnectionFailed  Status = 37 // WS_STATUS_SOCK_CONN_FAILED
	SocketConnectionTimeout Status = 38 // WS_STATUS_SOCK_CONN_TIMEOUT
	SocketHostUnreachable   Status = 39 // WS_STATUS_SOCK_CONN_HOSTUNREACH
	TLSCertificateExpired   Status = 40 // WS_STATUS_TLS_CERT_EXPIRED
	TLSCommonNameMismatch   Status = 41 // WS_STATUS_TLS_CN_MISMATCH

	InternalError        Status = 1000 // WS_STATUS_INTERNAL_ERROR
	RequestInternalError Status = 1001 // WS_STATUS_CONNECT_REQ_INTERNAL_ERROR
	RequestSendError     Status = 1002 // WS_STATUS_CONNECT_REQ_SEND_ERROR
	ResponseParseError   Status = 1003 // WS_STATUS_CONNECT_RES_PARSE_ERROR
	ResponseInvalid      Status = 1004 // WS_STATUS_CONNECT_RES_INVALID
	ResponseStatus       Status = 1005 // WS_STATUS_CONNECT_RES_INVALID_STATUS
	ResponseAccept       Status = 1006 // WS_STATUS_CONNECT_RES_ACCEPT_INVALID
	ResponseAcceptHash   Status = 1007 // WS_STATUS_CONNECT_RES_ACCEPT_INVALID_HASH
	ResponseExtension    Status = 1008 // WS_STATUS_CONNECT_RES_INVALID_EXTENSION
	ResponseReject       Status = 1009 // WS_STATUS_CONNECT_RES_REJECT
	ResponseTimeout      Status = 1010 // WS_STATUS_CONNECT_RES_TIMEOUT
	KeepAliveTimeout     Status = 1011 // WS_STATUS_KEEP_ALIVE_TIMEOUT
	NoMemory             Status = 1012 // WS_STATUS_NOMEMORY
	InvalidMessageSize   Status = 1013 // WS_STATUS_INVALID_MSG_SIZE
	ProtocolError        Status = 1014 // WS_STATUS_PROTOCOL_ERROR
	ReceiveQueueFull     Status = 1015 // WS_STATUS_RCV_QUEUE_FULL
	DecompressError      Status = 1016 // WS_STATUS_DECOMPRESS_ERROR
)

// explanation is what there is to say about a status.
type explanation struct {
	name    string
	meaning wire.Text
	cause   wire.Text // what brings it about here
	remedy  wire.Text
	absent  wire.Text // why it does not come about here; zero where it does
}

var explanations = join(generalStatuses, socketStatuses, tlsStatuses, webSocketStatuses)

func join(parts ...map[Status]explanation) map[Status]explanation {
	all := map[Status]explanation{}
	for _, part := range parts {
		maps.Copy(all, part)
	}
	return all
}

// Statuses returns all statuses in the order of their values.
func Statuses() iter.Seq[Status] {
	sorted := make([]Status, 0, len(explanations))
	for s := range explanations {
		sorted = append(sorted, s)
	}
	slices.SortFunc(sorted, cmp.Compare[Status])
	return slices.Values(sorted)
}

// StatusNamed returns the status with a name as PLC programs write it, such as
// WS_STATUS_BUSY.
func StatusNamed(name string) (Status, bool) {
	for s, e := range explanations {
		if e.name == name {
			return s, true
		}
	}
	return 0, false
}

// Known reports whether the manual lists the status.
func (s Status) Known() bool { return explanations[s].name != "" }

// String returns the name as PLC programs write it, and a number for what the
// manual does not list.
func (s Status) String() string {
	if e := explanations[s]; e.name != "" {
		return e.name
	}
	return fmt.Sprintf("WS_STATUS %d", int32(s))
}

// Meaning says what the status means. Of a status that the manual does not list,
// this and the other texts are zero.
func (s Status) Meaning() wire.Text { return explanations[s].meaning }

// Cause says what brings the status about.
func (s Status) Cause() wire.Text { return explanations[s].cause }

// Remedy says what helps.
func (s Status) Remedy() wire.Text { return explanations[s].remedy }

// Absent says why the status does not come from this package. It is zero for
// those that do.
func (s Status) Absent() wire.Text { return explanations[s].absent }
