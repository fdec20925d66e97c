package tlsconf

import (
	"fmt"

	"stellwerk/wire"
)

// Reason says what kind of thing is wrong.
type Reason uint8

// The reasons. Those up to Setup are found by [New], the others by a handshake.
const (
	CANotFound Reason = iota + 1
	CertificateNotFound
	KeyNotFound
	CRLNotFound
	CAInvalid
	CertificateInvalid
	KeyInvalid // the password may be wrong
	CRLInvalid
	CipherInvalid
	VersionInvalid
	PSKInvalid
	// Setup is a combination of settings that cannot be, or that no engine at
	// hand can do.
	Setup
	// VerifyFail is a peer whose certificate is not trusted, or revoked.
	VerifyFail
	CertificateExpired // or not valid yet
	NameMismatch
	// HandshakeFail is any other end of a handshake.
	HandshakeFail
)

var reasonTexts = [...]wire.Text{
	CANotFound:          {EN: "CA certificate not found", DE: "CA-Zertifikat nicht gefunden"},
	CertificateNotFound: {EN: "certificate not found", DE: "Zertifikat nicht gefunden"},
	KeyNotFound:         {EN: "private key not found", DE: "privater Schlüssel nicht gefunden"},
	CRLNotFound:         {EN: "certificate revocation list not found", DE: "Zertifikatssperrliste nicht gefunden"},
	CAInvalid:           {EN: "CA certificate not valid", DE: "CA-Zertifikat ungültig"},
	CertificateInvalid:  {EN: "certificate not valid", DE: "Zertifikat ungültig"},
	KeyInvalid:          {EN: "private key or its password not valid", DE: "privater Schlüssel oder sein Passwort ungültig"},
	CRLInvalid:          {EN: "certificate revocation list not valid", DE: "Zertifikatssperrliste ungültig"},
	CipherInvalid:       {EN: "cipher suites not valid", DE: "Cipher-Suites ungültig"},
	VersionInvalid:      {EN: "TLS version not valid", DE: "TLS-Version ungültig"},
	PSKInvalid:          {EN: "pre-shared key not valid", DE: "Pre-Shared Key ungültig"},
	Setup:               {EN: "TLS settings not possible", DE: "TLS-Einstellungen nicht möglich"},
	VerifyFail:          {EN: "certificate of the peer not trusted", DE: "Zertifikat der Gegenstelle nicht vertrauenswürdig"},
	CertificateExpired:  {EN: "certificate of the peer expired", DE: "Zertifikat der Gegenstelle abgelaufen"},
	NameMismatch:        {EN: "certificate of the peer is for another name", DE: "Zertifikat der Gegenstelle gilt für einen anderen Namen"},
	HandshakeFail:       {EN: "TLS handshake failed", DE: "TLS-Handshake fehlgeschlagen"},
}

// Text says what the reason means.
func (r Reason) Text() wire.Text {
	if int(r) >= len(reasonTexts) || r == 0 {
		return wire.Same(fmt.Sprintf("reason %d", uint8(r)))
	}
	return reasonTexts[r]
}

// String returns the reason in English.
func (r Reason) String() string { return r.Text().EN }

// Error is what is wrong with settings, or with a peer.
type Error struct {
	Reason Reason
	// Err says more: the file, the suite, what the peer said.
	Err error
}

// Error returns the reason and what is known beyond it.
func (e *Error) Error() string { return "tls: " + e.Reason.String() + ": " + e.Err.Error() }

// Unwrap returns what is known beyond the reason.
func (e *Error) Unwrap() error { return e.Err }

func fail(r Reason, format string, arguments ...any) error {
	return &Error{Reason: r, Err: fmt.Errorf(format, arguments...)}
}
