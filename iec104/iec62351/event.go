package iec62351

import (
	"fmt"
	"net"
	"time"
)

// Kind says what an event is about.
type Kind uint8

// The kinds. Those up to PeerRefused end a connection, or keep it from being
// established.
const (
	// HandshakeFailed is a handshake that failed for none of the other
	// reasons.
	HandshakeFailed Kind = iota
	// HandshakeTimeout is a handshake that was not over in time.
	HandshakeTimeout
	// VersionRefused is a peer that has neither TLS 1.2 nor 1.3.
	VersionRefused
	// NoCertificate is a peer without a certificate, or a server that asks for
	// none.
	NoCertificate
	// UnknownAuthority is a chain that leads to none of the authorities.
	UnknownAuthority
	// Expired is a certificate that has run out.
	Expired
	// NotYetValid is a certificate whose time has not come.
	NotYetValid
	// Revoked is a certificate in the list of its authority.
	Revoked
	// RevocationUnknown is a certificate whose authority has no list, or one
	// that is out of date.
	RevocationUnknown
	// WeakKey is a key that is too short, or a signature algorithm that is
	// broken.
	WeakKey
	// NotAllowed is a certificate that is in order but not one of those
	// allowed.
	NotAllowed
	// WrongName is a server whose certificate is for another name.
	WrongName
	// CertificateInvalid is a certificate that is wrong in another way.
	CertificateInvalid
	// PeerRefused is a peer that does not accept this side.
	PeerRefused
	// Renewed tells that changed files have taken effect.
	Renewed
	// FilesBad tells that files could not be read, and that those before stay in
	// effect.
	FilesBad
	// ListOutdated tells that a list of revocations is out of date.
	ListOutdated
)

// String returns a few words.
func (k Kind) String() string {
	names := [...]string{
		HandshakeFailed:    "handshake failed",
		HandshakeTimeout:   "handshake not over in time",
		VersionRefused:     "TLS version refused",
		NoCertificate:      "no certificate",
		UnknownAuthority:   "unknown authority",
		Expired:            "certificate has expired",
		NotYetValid:        "certificate is not yet valid",
		Revoked:            "certificate is revoked",
		RevocationUnknown:  "revocation is unknown",
		WeakKey:            "weak key",
		NotAllowed:         "certificate is not allowed",
		WrongName:          "certificate is for another name",
		CertificateInvalid: "certificate is invalid",
		PeerRefused:        "refused by the peer",
		Renewed:            "files renewed",
		FilesBad:           "files are bad",
		ListOutdated:       "list of revocations is out of date",
	}
	if int(k) < len(names) {
		return names[k]
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// Event is a security event.
type Event struct {
	Time time.Time
	Kind Kind
	// Remote is the peer's network address; nil where no connection is
	// concerned.
	Remote net.Addr
	// Subject and Serial are those of the certificate concerned, as far as it
	// is known.
	Subject, Serial string
	// Err says what was wrong; nil where nothing was.
	Err error
}

// Error is why a peer was refused. What a handshake, [Conn.Read] and
// [Conn.Write] return wraps it.
type Error struct {
	Kind Kind
	// Subject and Serial are those of the certificate concerned, as far as it
	// is known.
	Subject, Serial string
	// Err is the reason.
	Err error
}

func (e *Error) Error() string {
	text := e.Kind.String()
	if e.Subject != "" {
		text = fmt.Sprintf("%s: %s, serial number %s", text, e.Subject, e.Serial)
	}
	if e.Err != nil {
		text = fmt.Sprintf("%s: %v", text, e.Err)
	}
	return text
}

// Unwrap returns the reason.
func (e *Error) Unwrap() error { return e.Err }
