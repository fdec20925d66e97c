// Package libssl is an engine for package tlsconf: OpenSSL 3, loaded from the
// system's libssl.so.3 at run time, without cgo. It knows what crypto/tls does
// not: pre-shared keys, DHE-RSA, all suites with CBC, cipher strings that are
// expressions.
//
//	engine, err := libssl.Load()
//	endpoint, err := tlsconf.New(settings, tlsconf.Client, engine)
//
// Certificates are judged by the configuration, as with every engine, and not
// by OpenSSL; its cryptography is OpenSSL's alone.
//
// Go does all reading, writing and waiting: the library works on buffers in
// memory. Connections behave as those of crypto/tls do, with deadlines, half
// close, and Close from another goroutine.
//
// There is a library for Linux on amd64 and arm64. Elsewhere, and in programs
// built with the tag nolibssl, Load fails.
package libssl

import "errors"

// ErrUnavailable says that there is no library to load.
var ErrUnavailable = errors.New("OpenSSL 3 is not available")
