//go:build linux && (amd64 || arm64) && !nolibssl

package libssl

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/ebitengine/purego"

	"stellwerk/tlsconf"
)

// function is the address of a function in C.
type function uintptr

// call calls a function. Pointers into Go's memory must be converted in the call
// itself; they are valid until it returns.
//
//go:uintptrescapes
func (f function) call(arguments ...uintptr) uintptr {
	result, _, _ := purego.SyscallN(uintptr(f), arguments...)
	return result
}

// number calls a function that returns an int.
//
//go:uintptrescapes
func (f function) number(arguments ...uintptr) int {
	result, _, _ := purego.SyscallN(uintptr(f), arguments...)
	return int(int32(result))
}

// address is what C is given for the octets of a slice.
func address(octets []byte) unsafe.Pointer {
	return unsafe.Pointer(unsafe.SliceData(octets)) //nolint:gosec // C reads and writes it during the call
}

// library is what of OpenSSL, and of C, is used.
type library struct {
	memcpy, strlen function

	bioNew, bioMethod, bioFree, bioRead, bioWrite, bioCtrlPending function

	errClear, errGet, errText function

	certificateRead, certificateWrite, certificateFree function
	keyRead, keyFree                                   function

	verifySSL, verifyIndex, verifyOwn, verifyChain, verifySetError function
	stackNum, stackValue                                           function

	contextMethod, contextNew, contextFree, contextControl, contextOptions, contextLevel function
	contextCiphers, contextCiphers13, contextCertificate, contextKey, contextAuthority   function
	contextVerify, contextVerifyCallback, contextClientKey, contextServerKey             function
	sessionNew, sessionFree, sessionBIO, sessionConnect, sessionAccept, sessionControl   function
	sessionShake, sessionRead, sessionWrite, sessionShutdown, sessionError               function
	sessionVersion, sessionCipher, cipherID, sessionReused                               function

	verify, clientKey, serverKey uintptr // what C calls
}

// symbols names the functions.
func (l *library) symbols() map[string]*function {
	return map[string]*function{
		"memcpy": &l.memcpy, "strlen": &l.strlen,

		"BIO_new": &l.bioNew, "BIO_s_mem": &l.bioMethod, "BIO_free": &l.bioFree,
		"BIO_read": &l.bioRead, "BIO_write": &l.bioWrite, "BIO_ctrl_pending": &l.bioCtrlPending,

		"ERR_clear_error": &l.errClear, "ERR_get_error": &l.errGet, "ERR_error_string_n": &l.errText,

		"d2i_X509_bio": &l.certificateRead, "i2d_X509_bio": &l.certificateWrite, "X509_free": &l.certificateFree,
		"d2i_PrivateKey_bio": &l.keyRead, "EVP_PKEY_free": &l.keyFree,

		"X509_STORE_CTX_get_ex_data": &l.verifySSL, "SSL_get_ex_data_X509_STORE_CTX_idx": &l.verifyIndex,
		"X509_STORE_CTX_get0_cert": &l.verifyOwn, "X509_STORE_CTX_get0_untrusted": &l.verifyChain,
		"X509_STORE_CTX_set_error": &l.verifySetError,
		"OPENSSL_sk_num":           &l.stackNum, "OPENSSL_sk_value": &l.stackValue,

		"TLS_method": &l.contextMethod, "SSL_CTX_new": &l.contextNew, "SSL_CTX_free": &l.contextFree,
		"SSL_CTX_ctrl": &l.contextControl, "SSL_CTX_set_options": &l.contextOptions,
		"SSL_CTX_set_security_level": &l.contextLevel,
		"SSL_CTX_set_cipher_list":    &l.contextCiphers, "SSL_CTX_set_ciphersuites": &l.contextCiphers13,
		"SSL_CTX_use_certificate": &l.contextCertificate, "SSL_CTX_use_PrivateKey": &l.contextKey,
		"SSL_CTX_add_client_CA": &l.contextAuthority,
		"SSL_CTX_set_verify":    &l.contextVerify, "SSL_CTX_set_cert_verify_callback": &l.contextVerifyCallback,
		"SSL_CTX_set_psk_client_callback": &l.contextClientKey, "SSL_CTX_set_psk_server_callback": &l.contextServerKey,

		"SSL_new": &l.sessionNew, "SSL_free": &l.sessionFree, "SSL_set_bio": &l.sessionBIO,
		"SSL_set_connect_state": &l.sessionConnect, "SSL_set_accept_state": &l.sessionAccept,
		"SSL_ctrl": &l.sessionControl, "SSL_do_handshake": &l.sessionShake,
		"SSL_read": &l.sessionRead, "SSL_write": &l.sessionWrite, "SSL_shutdown": &l.sessionShutdown,
		"SSL_get_error": &l.sessionError, "SSL_version": &l.sessionVersion,
		"SSL_get_current_cipher": &l.sessionCipher, "SSL_CIPHER_get_protocol_id": &l.cipherID,
		"SSL_session_reused": &l.sessionReused,
	}
}

// loaded is the library, for callbacks.
var loaded atomic.Pointer[library]

// load opens the library once; it stays open, as its callbacks do.
var load = sync.OnceValues(func() (*library, error) {
	l := &library{}
	var handles []uintptr
	for _, name := range []string{"libcrypto.so.3", "libssl.so.3"} {
		handle, err := purego.Dlopen(name, purego.RTLD_NOW|purego.RTLD_GLOBAL)
		if err != nil {
			return nil, fmt.Errorf("%w: %s (install libssl3)", ErrUnavailable, strings.TrimSpace(err.Error()))
		}
		handles = append(handles, handle)
	}
	for name, at := range l.symbols() {
		found := uintptr(0)
		for _, handle := range append(handles, purego.RTLD_DEFAULT) {
			if symbol, err := purego.Dlsym(handle, name); err == nil {
				found = symbol
				break
			}
		}
		if found == 0 {
			return nil, fmt.Errorf("%w: it lacks %s", ErrUnavailable, name)
		}
		*at = function(found)
	}
	loaded.Store(l)
	l.verify = purego.NewCallback(verifyCallback)
	l.clientKey = purego.NewCallback(clientKeyCallback)
	l.serverKey = purego.NewCallback(serverKeyCallback)
	return l, nil
})

// Load loads the library, once for all calls. The error wraps [ErrUnavailable].
func Load() (tlsconf.Engine, error) {
	l, err := load()
	if err != nil {
		return nil, err
	}
	return engine{l}, nil
}

// engine is OpenSSL for package tlsconf.
type engine struct{ *library }

// Name returns "OpenSSL".
func (engine) Name() string { return "OpenSSL" }

// attempt runs functions that leave their errors in the queue of the thread,
// which it empties first. Whoever asks for the error must do it in there.
func (l *library) attempt(body func()) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	l.errClear.call()
	body()
}

// reason takes the errors from the queue of the thread and puts them in words;
// it is empty where there are none.
func (l *library) reason() string {
	var reasons []string
	for len(reasons) < 8 {
		code := l.errGet.call()
		if code == 0 {
			break
		}
		text := make([]byte, 256)
		l.errText.call(code, uintptr(address(text)), uintptr(len(text)))
		line, _, _ := strings.Cut(string(text), "\x00")
		if parts := strings.Split(line, ":"); len(parts) > 4 {
			line = parts[4] // error:CODE:library:function:reason
		}
		reasons = append(reasons, line)
	}
	return strings.Join(reasons, "; ")
}

// read copies octets out of C's memory.
func (l *library) read(at uintptr, octets int) []byte {
	data := make([]byte, octets)
	if octets > 0 {
		l.memcpy.call(uintptr(address(data)), at, uintptr(octets))
	}
	return data
}

// text copies a string out of C's memory.
func (l *library) text(at uintptr) string {
	if at == 0 {
		return ""
	}
	return string(l.read(at, int(l.strlen.call(at))))
}

// write copies octets into C's memory.
func (l *library) write(at uintptr, data []byte) {
	if len(data) > 0 {
		l.memcpy.call(at, uintptr(address(data)), uintptr(len(data)))
	}
}

// within hands a buffer with data to a function, and returns what that returns.
func (l *library) within(data []byte, body func(bio uintptr) uintptr) uintptr {
	bio := l.bioNew.call(l.bioMethod.call())
	defer l.bioFree.call(bio)
	if len(data) > 0 {
		l.bioWrite.call(bio, uintptr(address(data)), uintptr(len(data)))
	}
	return body(bio)
}

// cString is a string with the 0 that C wants behind it.
func cString(s string) []byte { return append([]byte(s), 0) }
