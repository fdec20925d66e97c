//go:build linux && (amd64 || arm64) && !nolibssl

package libssl

import (
	"crypto/x509"
	"sync"
	"time"

	"stellwerk/tlsconf"
)

// C calls these functions for all connections: there are few places for such
// functions in a process. They run on the thread, and within the call, that
// brought them about, so that the connection's mu is held.

// connections finds the connection of an SSL.
var connections sync.Map // uintptr -> *handshake

// handshake is what callbacks need of a connection. The connection itself must
// not be in the table: it would never be collected.
type handshake struct {
	library *library
	config  *tlsconf.Config
	host    string
	peer    [][]byte // guarded by the connection's mu, as all below
	psk     string
	err     error
}

func find(ssl uintptr) *handshake {
	found, ok := connections.Load(ssl)
	if !ok {
		return nil
	}
	return found.(*handshake) //nolint:forcetypeassert // nothing else is in there
}

// Errors of openssl/x509_vfy.h: they decide about the alert that is sent.
const (
	certificateExpired   = 10
	certificateUntrusted = 27
)

// verifyCallback is a cert_verify_callback: 1 trusts the peer.
func verifyCallback(store, _ uintptr) uintptr {
	l := loaded.Load()
	h := find(l.verifySSL.call(store, l.verifyIndex.call()))
	if h == nil {
		return 0
	}
	h.peer = h.peer[:0]
	first := l.verifyOwn.call(store)
	stack := l.verifyChain.call(store)
	certificates := []uintptr{first}
	if stack != 0 {
		for i := range min(l.stackNum.number(stack), 32) {
			if c := l.stackValue.call(stack, uintptr(i)); c != first {
				certificates = append(certificates, c)
			}
		}
	}
	for _, c := range certificates {
		if c != 0 {
			h.peer = append(h.peer, l.der(c))
		}
	}
	if h.err = h.judge(); h.err == nil {
		return 1
	}
	code := uintptr(certificateUntrusted)
	if known, ok := h.err.(*tlsconf.Error); ok && known.Reason == tlsconf.CertificateExpired { //nolint:errorlint // Verify returns it as it is
		code = certificateExpired
	}
	l.verifySetError.call(store, code)
	return 0
}

// judge asks the configuration.
func (h *handshake) judge() error {
	var peer []*x509.Certificate
	for _, der := range h.peer {
		certificate, err := x509.ParseCertificate(der)
		if err != nil {
			if h.config.Role == tlsconf.Client && h.config.NoServerCertCheck {
				return nil
			}
			return &tlsconf.Error{Reason: tlsconf.VerifyFail, Err: err}
		}
		peer = append(peer, certificate)
	}
	return h.config.Verify(peer, h.host, time.Now())
}

// der returns the octets of an X509.
func (l *library) der(certificate uintptr) []byte {
	var data []byte
	l.within(nil, func(bio uintptr) uintptr {
		l.certificateWrite.call(bio, certificate)
		data = make([]byte, l.bioCtrlPending.call(bio))
		if len(data) > 0 {
			l.bioRead.call(bio, uintptr(address(data)), uintptr(len(data)))
		}
		return 0
	})
	return data
}

// clientKeyCallback is a psk_client_callback: it writes identity and key, and
// returns the length of the key, 0 to fail.
func clientKeyCallback(ssl, _, identity, identityRoom, key, keyRoom uintptr) uintptr {
	h := find(ssl)
	if h == nil {
		return 0
	}
	name := cString(h.config.PSKIdentity)
	if len(name) > int(uint32(identityRoom)) || len(h.config.PSKKey) > int(uint32(keyRoom)) {
		return 0
	}
	h.psk = h.config.PSKIdentity
	h.library.write(identity, name)
	h.library.write(key, h.config.PSKKey)
	return uintptr(len(h.config.PSKKey))
}

// serverKeyCallback is a psk_server_callback: it writes the key for an
// identity, and returns its length, 0 for an identity that is not known.
func serverKeyCallback(ssl, identity, key, keyRoom uintptr) uintptr {
	h := find(ssl)
	if h == nil {
		return 0
	}
	name := h.library.text(identity)
	secret := h.config.KeyOf(name)
	if len(secret) == 0 || len(secret) > int(uint32(keyRoom)) {
		h.err = &tlsconf.Error{Reason: tlsconf.HandshakeFail, Err: errIdentity(name)}
		return 0
	}
	h.psk = name
	h.library.write(key, secret)
	return uintptr(len(secret))
}
