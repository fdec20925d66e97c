package frame

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"stellwerk/wire"
)

// CloseCode says why a connection is closed (RFC 6455, 7.4).
type CloseCode uint16

// The codes.
const (
	NormalClosure      CloseCode = 1000
	GoingAway          CloseCode = 1001
	ProtocolError      CloseCode = 1002
	UnsupportedData    CloseCode = 1003
	NoStatus           CloseCode = 1005 // never sent: a close frame without code
	AbnormalClosure    CloseCode = 1006 // never sent: no close frame
	InvalidPayload     CloseCode = 1007
	PolicyViolation    CloseCode = 1008
	MessageTooBig      CloseCode = 1009
	MandatoryExtension CloseCode = 1010
	InternalError      CloseCode = 1011
	ServiceRestart     CloseCode = 1012
	TryAgainLater      CloseCode = 1013
	BadGateway         CloseCode = 1014
	TLSHandshake       CloseCode = 1015 // never sent: TLS failed
)

var closeTexts = map[CloseCode]wire.Text{
	NormalClosure:      {EN: "normal closure", DE: "normal beendet"},
	GoingAway:          {EN: "going away", DE: "Gegenstelle geht"},
	ProtocolError:      {EN: "protocol error", DE: "Protokollfehler"},
	UnsupportedData:    {EN: "unsupported data", DE: "Datenart nicht unterstützt"},
	NoStatus:           {EN: "no status received", DE: "kein Code empfangen"},
	AbnormalClosure:    {EN: "abnormal closure", DE: "abgebrochen"},
	InvalidPayload:     {EN: "invalid payload", DE: "Nutzdaten ungültig"},
	PolicyViolation:    {EN: "policy violation", DE: "nicht erlaubt"},
	MessageTooBig:      {EN: "message too big", DE: "Nachricht zu groß"},
	MandatoryExtension: {EN: "extension missing", DE: "Erweiterung fehlt"},
	InternalError:      {EN: "internal error", DE: "innerer Fehler"},
	ServiceRestart:     {EN: "service restart", DE: "Dienst startet neu"},
	TryAgainLater:      {EN: "try again later", DE: "später noch einmal"},
	BadGateway:         {EN: "bad gateway", DE: "Gateway gestört"},
	TLSHandshake:       {EN: "TLS handshake failed", DE: "TLS-Handshake fehlgeschlagen"},
}

// Text says what the code means.
func (c CloseCode) Text() wire.Text {
	switch text, ok := closeTexts[c]; {
	case ok:
		return text
	case c >= 3000 && c < 4000:
		return wire.Text{EN: "registered code", DE: "registrierter Code"}
	case c >= 4000 && c < 5000:
		return wire.Text{EN: "private code", DE: "privater Code"}
	default:
		return wire.Text{EN: "reserved code", DE: "reservierter Code"}
	}
}

// String returns number and meaning, as in "1000 normal closure".
func (c CloseCode) String() string { return fmt.Sprintf("%d %s", uint16(c), c.Text().EN) }

// Sendable reports whether the code may stand in a close frame (7.4).
func (c CloseCode) Sendable() bool {
	switch {
	case c >= 3000 && c < 5000:
		return true
	case c == NoStatus, c == AbnormalClosure, c == TLSHandshake:
		return false
	default:
		_, known := closeTexts[c]
		return known
	}
}

// ErrPayload says that text is not UTF-8; the connection must be failed with
// the close code 1007.
var ErrPayload = errors.New("text is not UTF-8")

// AppendClose appends the body of a close frame. [NoStatus] makes an empty one.
// A reason that is too long is cut at a character.
func AppendClose(dst []byte, code CloseCode, reason string) ([]byte, error) {
	if code == NoStatus {
		return dst, nil
	}
	if !code.Sendable() {
		return dst, fmt.Errorf("close code %s must not be sent", code)
	}
	reason = strings.ToValidUTF8(reason, "\uFFFD")
	if most := MaxControl - 2; len(reason) > most {
		for most > 0 && !utf8.RuneStart(reason[most]) {
			most--
		}
		reason = reason[:most]
	}
	return append(binary.BigEndian.AppendUint16(dst, uint16(code)), reason...), nil
}

// DecodeClose reads the body of a close frame. An empty one has the code
// [NoStatus]. Errors wrap [ErrProtocol] or [ErrPayload].
func DecodeClose(body []byte) (code CloseCode, reason string, err error) {
	switch len(body) {
	case 0:
		return NoStatus, "", nil
	case 1:
		return 0, "", fmt.Errorf("%w: a close frame with half a code", ErrProtocol)
	}
	code = CloseCode(binary.BigEndian.Uint16(body))
	if !code.Sendable() {
		return code, "", fmt.Errorf("%w: close code %s must not be sent", ErrProtocol, code)
	}
	if !utf8.Valid(body[2:]) {
		return code, "", fmt.Errorf("%w: the reason of a close frame", ErrPayload)
	}
	return code, string(body[2:]), nil
}
